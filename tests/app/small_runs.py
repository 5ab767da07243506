"""What the tests of runs share: a small one, what its folder holds, how a command refuses."""

from npgan.app.cli import main
from npgan.app.demos import DEMOS
from npgan.app.folder import RunFolder
from npgan.app.run import Run

TINY = {"steps": 40, "batch": 8, "g_hidden": [4], "d_hidden": [4]}
SMALL = {"demo": "gaussian"} | DEMOS["gaussian"].settings | TINY
FEW = {"steps": 4, "anneal": False}
QUICK = {"demo": "ring"} | DEMOS["ring"].settings | TINY | FEW  # a ring takes less time to measure


def begin(out, config=SMALL, **more):
    """A run in a folder that it has claimed, not saved, and let go of."""
    with Run.new(out, config, **more) as run:
        return run


def save(out, config=SMALL, **more):
    """A run that has saved its start and let go of its folder."""
    with Run.new(out, config, **more) as run:
        run.save()
    return run


def finish(run):
    with run:
        ended = run.train(quiet=True)
        run.report()
    return ended


def resume(folder, **given):
    """A run that is taken up; its folder is locked until it is finished, or the end of a `with`."""
    return Run.resume(RunFolder(folder), **given)


def resumed(folder, **given):
    """The same, and it lets go at once."""
    with resume(folder, **given) as run:
        return run


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
