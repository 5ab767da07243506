"""Stopped runs: a run that gets a signal at any moment is resumed, or started again, and ends all the same.

The run is a process. Ctrl-C, SIGTERM or SIGKILL comes any time from its first millisecond on, or just after
one of its files has appeared; so do the next two; the last process is left alone. Then the folder must hold
what one whole run leaves, to the byte, and the user's own files. No process says more than one line.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import npgan
from benchmarks.hostile.tables import MINE, contents, put
from npgan.app.lock import LOCK
from npgan.files import PART

COMMAND = [sys.executable, "-m", "npgan"]
TRAIN = "train", "gaussian", "--steps", "10", "--batch", "4", "--hidden", "2", "--quiet", "--out", "run"
SIGNALS = signal.SIGKILL, signal.SIGINT, signal.SIGTERM
ENDS = {signal.SIGKILL: (0, -9), signal.SIGINT: (0, 130, -2), signal.SIGTERM: (0, 130, -15)}
MARKS = ".npgan-run", "checkpoint.npz", "history.csv", "config.json", "progress.csv", "losses.png"
WAIT = 60  # seconds for one process, on a busy machine


def attack(rng, folder):
    """One run that is stopped once to three times; what it was, "new" say. AssertionError for a fault."""
    kind, out, told = str(rng.choice(["new", "beside files", "over a run"])), folder / "run", []
    old = finished("1")[0] if kind == "over a run" else {}
    if kind != "new":
        out.mkdir()
        put(out, MINE if kind == "beside files" else MINE | old)
    for _ in range(rng.integers(1, 4)):
        options = next_options(kind, out)
        number = SIGNALS[rng.integers(len(SIGNALS))]
        before = around(out)
        process = start(folder, *TRAIN, *options)
        told.append(f"{' '.join(options)} {number.name} {moment(rng, process, out)}")
        process.send_signal(number)
        code, error = end(process)
        told.append(f"exit {code} {error[-300:]!r}")
        untouched = around(out) == before
        if not (number == signal.SIGINT and untouched):  # Python itself was still starting
            assert code in ENDS[number] and error.count("\n") <= 1 and "Traceback" not in error, told
        if old and around(out).get("checkpoint.npz") == old["checkpoint.npz"]:
            assert around(out) == MINE | old, f"{told}: a part of the run to be overwritten is left"
    if not (out / "checkpoint.npz").exists():
        code, error = end(start(folder, *TRAIN, "--resume"))
        assert code == 2 and error.count("\n") == 1 and "nothing to resume yet" in error, f"{told}: {error}"
    code, error = end(start(folder, *TRAIN, *next_options(kind, out)))
    assert (code, error) == (0, ""), f"{told}: in the end {code}, {error}"
    wanted, found = (MINE if kind != "new" else {}) | finished("0")[0], contents(out)
    others = [name for name in wanted | found if wanted.get(name) != found.get(name)]
    assert not others, f"{told}: {', '.join(sorted(others))} differ"
    return kind


def next_options(kind, out):
    """What one types to get on: --resume if there is anything to be resumed, or the same once more."""
    if kind == "over a run":
        return ["--overwrite"]
    return ["--resume"] if (out / "checkpoint.npz").exists() else []


def moment(rng, process, out):
    """Wait for a moment of a process; words for which."""
    if rng.random() < 0.5:
        seconds = 1.1 * finished("0")[1] * rng.random()
        time.sleep(seconds)
        return f"after {1000 * seconds:.0f} ms"
    name, seconds = str(rng.choice(MARKS)), 0.02 * rng.random()
    had = stamp(out / name)
    while process.poll() is None and stamp(out / name) == had:
        time.sleep(0.001)
    time.sleep(seconds)
    return f"{1000 * seconds:.0f} ms after {name}"


def stamp(path):
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def around(out):
    """The files in a folder, but for what a killed process may leave beside them."""
    found = contents(out) if out.exists() else {}
    return {name: content for name, content in found.items() if name != LOCK and not name.endswith(PART)}


def start(folder, *args):
    """An npgan process with these arguments, in a folder."""
    env = os.environ | {"PYTHONPATH": str(Path(npgan.__file__).parents[1])}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, *args], cwd=folder, env=env, text=True, **pipes)


def end(process):
    """(exit code, what it said on stderr) of a process; AssertionError if it hangs."""
    try:
        _, error = process.communicate(timeout=WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"a process hung for {WAIT} s: {process.args}") from None
    return process.returncode, error


@cache
def finished(seed):
    """What a whole run leaves, and how many seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        code, error = end(start(folder, *TRAIN, "--seed", seed))
        assert (code, error) == (0, ""), error
        return contents(Path(folder) / "run"), time.monotonic() - begun
