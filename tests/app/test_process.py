"""The command as a process: where its output goes, and what Ctrl-C does to it at any time."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from npgan import interrupts

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX streams and signals")
NPGAN = [sys.executable, "-m", "npgan"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
ENVIRONMENT |= {"PYTHONPATH": str(Path(interrupts.__file__).parents[1])}


def npgan(*args, command=NPGAN, streams="", **environment):
    """A finished `npgan ARGS`, its streams directed by a shell."""
    command = ["sh", "-c", f'"$@" {streams}', "sh", *command, *args]
    return subprocess.run(
        command, env=ENVIRONMENT | environment, capture_output=True, text=True, encoding="utf-8", timeout=60
    )


@pytest.fixture
def script(tmp_path):
    """The console script that an installation makes."""
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    module, function = re.search(r'^npgan = "(.*):(.*)"', text, re.MULTILINE).groups()
    path = tmp_path / "bin" / "npgan"
    path.parent.mkdir()
    path.write_text(f"import re\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    return [sys.executable, str(path)]


# --- where its output goes ---

PRINTING = {"help": ["--help"], "version": ["--version"], "one line": ["sample", ..., "-o", "a.npy"]}


def with_run(words, gaussian):
    return [str(gaussian) if word is ... else word for word in words]


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", PRINTING.values(), ids=PRINTING)
def test_a_full_disk_is_told_in_one_line(words, unbuffered, gaussian):
    done = npgan(*with_run(words, gaussian), streams="> /dev/full", PYTHONUNBUFFERED=unbuffered)
    assert done.returncode == 2
    assert done.stderr == "npgan: error: standard output: No space left on device\n"


@pytest.mark.parametrize("words", [*PRINTING.values(), ["gradcheck"]], ids=[*PRINTING, "many lines"])
def test_a_pipe_that_nobody_reads_ends_quietly(words, gaussian):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*NPGAN, *with_run(words, gaussian)], stdout=write, stderr=subprocess.PIPE, env=ENVIRONMENT, timeout=60
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_lead_nowhere(streams, gaussian):
    done = npgan("sample", str(gaussian), "-o", "a.npy", streams=streams)
    assert done.returncode == 0 and not done.stderr and bool(done.stdout) == (">&-" not in streams.split())
    assert np.load("a.npy").shape == (1000, 1)  # and nothing that was printed is in it
    done = npgan("sample", "nothing", "-o", "b.npy", streams=streams)
    assert done.returncode == 2 and not done.stdout and done.stderr.count("\n") == ("2>&-" not in streams)


def test_no_file_gets_the_number_of_a_closed_stream(tmp_path):
    code = "from npgan import __main__; __main__.open_streams(); raise SystemExit(open('a', 'w').fileno())"
    command = ["sh", "-c", '"$@" <&- >&- 2>&-', "sh", sys.executable, "-c", code]
    assert subprocess.run(command, env=ENVIRONMENT, timeout=60).returncode > 2


@pytest.mark.parametrize("words", [["sample", "nothing", "-o", "a.npy"], ["train", "gaussian", "--steps", "x"]])
def test_errors_that_cannot_be_told_keep_their_exit_code(words, script):
    for command in NPGAN, script:
        assert npgan(*words, command=command, streams="2> /dev/full > /dev/full").returncode == 2


@pytest.mark.parametrize(
    "encoding, name, told",
    [
        ("ascii", "\u00e9.npy", "\\xe9.npy"),
        ("utf-8", "\u00e9.npy", "\u00e9.npy"),
        ("utf-8", os.fsdecode(b"\xff.npy"), "\\udcff.npy"),
        ("ascii", "a\nb\x1b[31m.npy", "a\\nb\\x1b[31m.npy"),
    ],
)
def test_what_cannot_be_encoded_is_escaped(encoding, name, told, gaussian, tmp_path):
    done = npgan("sample", str(gaussian), "-n", "2", "-o", name, PYTHONIOENCODING=f"{encoding}:strict")
    assert done.returncode == 0 and done.stderr == "" and (tmp_path / name).exists()
    assert done.stdout == f"wrote {told}: 2 samples of 1 numbers\n"


@pytest.mark.parametrize("streams", ["| cat >> log", ">> log", "2>> log"])
def test_samples_into_a_standard_stream_are_alone_in_it(streams, gaussian, tmp_path):
    """What the shell has put there stays, too; a file that is renamed over it would lose both."""
    (tmp_path / "log").write_text("7\n")
    (tmp_path / "link.csv").symlink_to("/dev/stderr" if streams[0] == "2" else "/dev/stdout")
    done = npgan("sample", str(gaussian), "-n", "20", "-o", "link.csv", streams=streams)
    log = np.loadtxt(tmp_path / "log")
    assert log.shape == (21,) and log[0] == 7 and (tmp_path / "link.csv").is_symlink()
    assert done.returncode == 0 and done.stdout + done.stderr == "wrote link.csv: 20 samples of 1 numbers\n"


# --- Ctrl-C ---

AT = '''
import os, signal, sys

class At:
    """Ctrl-C as Python looks for the so many-th module, from npgan's own on."""
    left = int(os.environ["AT"])

    def find_spec(self, name, path=None, target=None):
        if name == "npgan.machine" or "npgan.machine" in sys.modules:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, At())
'''


@pytest.mark.parametrize("at", [1, 2, 20, 60, 100, 140])
def test_ctrl_c_while_modules_are_imported(at, script, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(AT)
    path = os.pathsep.join([str(tmp_path), ENVIRONMENT["PYTHONPATH"]])
    for command in [*NPGAN, "--version"], [*script, "--version"]:
        environment = ENVIRONMENT | {"AT": str(at), "PYTHONPATH": path}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stdout) == (130, "")
        assert done.stderr == "npgan: error: interrupted\n"


@pytest.mark.parametrize("at", [280, 400])
def test_ctrl_c_while_matplotlib_is_imported(at, script, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(AT)
    environment = ENVIRONMENT | {"AT": str(at)}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), ENVIRONMENT["PYTHONPATH"]])
    command = [*script, "train", "gaussian", "--steps", "1", "--out", "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "npgan: error: interrupted\n")


IN_MAIN = """
import sys
sys.argv = ["npgan", "--version"]
import os, signal, weakref
from npgan import __main__
from npgan.app import cli
from npgan.files import whole_file

class Thing:
    pass

def clear_away():
    \"\"\"Python would say "Exception ignored" and go on.\"\"\"
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.default_int_handler(2, None))
    del thing

def write():
    \"\"\"No half file shall stay.\"\"\"
    with whole_file("a.npy") as file:
        os.kill(os.getpid(), signal.SIGINT)

cli.main = {}
sys.exit(__main__.main())
"""


@pytest.mark.parametrize("what", ["clear_away", "write"])
def test_ctrl_c_while_the_command_does_something(what, tmp_path):
    command = [sys.executable, "-c", IN_MAIN.replace("{}", what)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "npgan: error: interrupted\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "argv, orig_argv, is_it",
    [
        (["/usr/bin/npgan", "--help"], ["python", "/usr/bin/npgan", "--help"], True),
        (["-m", "train"], ["python", "-W", "error", "-m", "npgan", "train"], True),
        (["-m"], ["python", "-mnpgan"], True),
        (["-m", "npgan"], ["python", "-m", "pytest", "npgan"], False),
        (["script.py", "npgan"], ["python", "script.py", "npgan"], False),
        (["-c"], ["python", "-c", "import npgan"], False),
        ([""], ["python"], False),
        ([], ["python"], False),
    ],
)
def test_only_the_command_touches_signals(argv, orig_argv, is_it, monkeypatch):
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(sys, "orig_argv", orig_argv)
    assert interrupts.is_the_command() == is_it
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_process_that_ignores_ctrl_c_goes_on_ignoring_it():
    code = "import signal, npgan; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"
    script = f"trap '' INT; exec \"$@\" -c 'import sys; sys.argv = [\"npgan\"]; {code}'"
    command = ["sh", "-c", script, "sh", sys.executable]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n"
