"""Two commands in one folder at once: each does its work or says in one line why not, and the folder is sound.

train, train --resume, train --overwrite and sample are started up to 300 ms apart, in a folder that is not
there yet, or holds a run, a part of one, what a killed one has left, or the user's own files. Then one more
command must bring the run to the bytes of one that was alone.
"""

import json
import time

import numpy as np

from benchmarks.hostile.kills import TRAIN, end, finished, start
from benchmarks.hostile.tables import contents, put, stopped
from npgan.app.demos import DEMOS

MINE = {"notes.txt": b"precious", "samples.png": b"too"}  # beside a run, and in nobody's way
TAKEN = MINE | {"config.json": b"{}", "progress.csv": b"my own"}  # names that a run would want
COMMANDS = {
    "train": TRAIN,
    "resume": (*TRAIN, "--resume"),
    "overwrite": (*TRAIN, "--overwrite"),
    "sample": ("sample", "run", "-n", "50", "-o"),
}
CONFIG = {"demo": "gaussian"} | DEMOS["gaussian"].settings | {"steps": 10, "batch": 4}
CONFIG |= {"g_hidden": [2], "d_hidden": [2]}
SAMPLES = "run/mine.npy", "run/mine.csv", "mine.npy"


def attack(rng, folder):
    """Two commands at once; their exit codes, as words. AssertionError for a fault."""
    kind = str(rng.choice(["nothing", "a run", "another run", "begun", "files", "taken"]))
    if (held := state(rng, kind)) is not None:
        (folder / "run").mkdir()
        put(folder / "run", held)
    names = [str(name) for name in rng.choice(list(COMMANDS), size=2, p=[0.25, 0.3, 0.3, 0.15])]
    gap = 0.0 if rng.random() < 0.3 else 0.3 * rng.random()
    processes, told = [], f"{kind}: {', '.join(names)} {1000 * gap:.0f} ms apart"
    targets = rng.permutation(SAMPLES)
    for name, target in zip(names, targets, strict=False):
        more = (str(target),) if name == "sample" else ()
        processes.append(start(folder, *COMMANDS[name], *more))
        time.sleep(gap)
    ends = [end(process) for process in processes]
    for (code, error), name, target in zip(ends, names, targets, strict=False):
        told += f"; {name}: {code} {error.strip()[-200:]!r}"
        assert code in (0, 2) and error.count("\n") <= 1 and "Traceback" not in error, told
        assert (code == 0) == (error == "") and ".npgan-part" not in error, told
        if name == "sample" and code == 0:
            check_samples(folder / target)
    check_folder(folder, kind, told)
    return " and ".join(sorted(str(code) for code, _ in ends))


def state(rng, kind):
    """What is in the folder before the two come; None if it is not there."""
    if kind == "begun":  # and killed, perhaps before its first save
        begun = [one for one in stopped(json.dumps(CONFIG)) if not any(name.endswith(".png") for name in one)]
        return MINE | begun[rng.integers(len(begun))]
    if kind in ("a run", "another run"):
        return MINE | finished("0" if kind == "a run" else "1")[0]
    return {"nothing": None, "files": MINE, "taken": TAKEN}[kind]


def check_samples(path):
    samples = np.load(path) if path.suffix == ".npy" else np.loadtxt(path, ndmin=2)
    assert samples.shape == (50, 1) and np.isfinite(samples).all(), f"{path}: {samples.shape}"


def check_folder(folder, kind, told):
    """The user's files are there, and one more command ends with a run as if it had been alone."""
    out = folder / "run"
    if kind == "taken":
        assert without_samples(out) == TAKEN, f"{told}: {sorted(contents(out))}"
        return
    code, error = end(start(folder, *COMMANDS["resume"]))
    if "nothing to resume yet" in error:
        code, error = end(start(folder, *COMMANDS["train"]))
    assert (code, error) == (0, ""), f"{told}: in the end {code}, {error}"
    mine = {} if kind == "nothing" else MINE
    found = without_samples(out)
    assert found in [mine | finished(seed)[0] for seed in ("01" if kind == "another run" else "0")], (
        f"{told}: in the end there are {sorted(found)}, and some of them differ"
    )


def without_samples(out):
    return {name: content for name, content in contents(out).items() if not name.startswith("mine.")}
