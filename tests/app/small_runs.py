"""What the tests of runs share: a small one, what its folder holds, how a command refuses."""

from npgan.app.cli import main
from npgan.app.demos import DEMOS
from npgan.app.folder import RunFolder
from npgan.app.run import Run

TINY = {"steps": 40, "batch": 8, "g_hidden": [4], "d_hidden": [4]}
SMALL = {"demo": "gaussian"} | DEMOS["gaussian"].settings | TINY


def finish(run):
    ended = run.train(quiet=True)
    run.report()
    return ended


def resume(folder, **given):
    return Run.resume(RunFolder(folder), **given)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lines(path):
    return path.read_text().count("\n") if path.exists() else 0


def refused(capsys, *args, message):
    """The command ends with 2 and one line on stderr that says message."""
    capsys.readouterr()
    assert main([str(arg) for arg in args]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.startswith("npgan: error: ") and err.count("\n") == 1, err
    assert out == ""
