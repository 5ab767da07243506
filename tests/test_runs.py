"""A run is a folder that is whole at any time, and goes on to the same bytes, even after a kill."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest

from npgan import Diverged, demos, runs
from npgan.checkpoint import CheckpointError
from npgan.runs import Run

SMALL = {"demo": "gaussian"} | demos.DEMOS["gaussian"].settings | {"steps": 40, "batch": 8, "hidden": 4}


def finish(run):
    ended = run.train(quiet=True)
    run.report()
    return ended


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_leaves_its_files_and_the_same_seed_the_same_bytes(tmp_path):
    for name in "one", "two":
        assert finish(Run.new(tmp_path / name, SMALL)) == ""
    one = contents(tmp_path / "one")
    pictures = {"densities.png", "losses.png", "progress.png"}
    assert set(one) == {"checkpoint.npz", "config.json", "history.csv", "progress.csv"} | pictures
    assert one == contents(tmp_path / "two")
    assert json.loads(one["config.json"]) == SMALL
    rows = one["history.csv"].decode().splitlines()
    assert rows[0] == "step,V,loss,d_real,d_fake" and len(rows) == 41
    finish(Run.new(tmp_path / "three", SMALL | {"seed": 1}))
    assert contents(tmp_path / "three")["history.csv"] != one["history.csv"]


@pytest.mark.parametrize("demo", ["gaussian", "ring"])
def test_resuming_ends_at_the_same_bytes(demo, tmp_path, monkeypatch):
    config = SMALL | {"demo": demo} if demo == "gaussian" else {"demo": demo} | demos.DEMOS[demo].settings
    config |= {"steps": 40, "batch": 8, "hidden": 4}
    finish(Run.new(tmp_path / "whole", config))

    class Killed(BaseException):
        pass

    run, saves = Run.new(tmp_path / "cut", config), []

    def save(self, save=Run.save):
        save(self)
        saves.append(self.step)
        if self.step == 12:
            raise Killed

    monkeypatch.setattr(Run, "save", save)
    with pytest.raises(Killed):
        run.train(quiet=True)
    monkeypatch.undo()
    assert finish(Run.resume(tmp_path / "cut")) == ""
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_killed_in_the_middle_it_still_resumes_to_the_same_bytes(tmp_path):
    options = ["train", "gaussian", "--steps", "3000", "--batch", "16", "--quiet"]
    command = [sys.executable, "-m", "npgan", *options, "--out"]
    subprocess.run([*command, str(tmp_path / "whole")], check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, str(tmp_path / "cut")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while lines(tmp_path / "cut" / "history.csv") < 300 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 300 <= lines(tmp_path / "cut" / "history.csv") < 3001
    subprocess.run([*command, str(tmp_path / "cut"), "--resume"], check=True, capture_output=True)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_with_history_and_a_valid_checkpoint(tmp_path):
    command = [
        sys.executable,
        "-m",
        "npgan",
        "train",
        "gaussian",
        "--steps",
        "1000000",
        "--out",
        str(tmp_path / "run"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "run" / "checkpoint.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped at step" in err and "Traceback" not in err
    run = Run.resume(tmp_path / "run")
    assert run.step > 0 and run.table()[-1, 0] == run.step
    assert {"losses.png", "densities.png", "history.csv"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }


def lines(path):
    return path.read_text().count("\n") if path.exists() else 0


def test_memory_stays_flat(tmp_path, monkeypatch):
    """The history takes 40 bytes a step, with room to grow; a list of records would take 250."""
    looks = []

    def look(self):
        gc.collect()
        looks.append((self.step, tracemalloc.get_traced_memory()[0]))

    monkeypatch.setattr(Run, "look", look)
    run = Run.new(tmp_path / "run", SMALL | {"steps": 2000})
    tracemalloc.start()
    try:
        run.train(quiet=True)
    finally:
        tracemalloc.stop()
    (early, before), (late, after) = looks[len(looks) // 4], looks[-1]
    assert late - early >= 1000 and (after - before) / (late - early) < 60


def test_divergence_keeps_what_there_was(tmp_path):
    run = Run.new(tmp_path / "run", SMALL | {"game": "least_squares", "lr": 1e200, "d_lr": 1e200})
    ended = run.train(quiet=True)
    assert ended.startswith("diverged at step ") and "nan" in ended or "inf" in ended
    back = Run.resume(tmp_path / "run")
    assert back.step == run.step and np.isfinite(back.gan.G.theta).all()


def test_divergence_that_spoils_the_parameters_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    """In float32 the squares in Adam overflow while V is still finite: this, too, is a divergence."""
    run = Run.new(tmp_path / "run", SMALL)

    def look(self, look=Run.look):
        look(self)
        if self.step >= 20:
            self.gan.opt_d.v[3] = np.inf

    monkeypatch.setattr(Run, "look", look)
    ended = run.train(quiet=True)
    assert ended == "diverged at step 22: the parameters are no longer finite"
    assert Run.resume(tmp_path / "run").step == 18 and lines(tmp_path / "run" / "history.csv") == 23


def test_a_run_cannot_be_shortened(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    before = contents(tmp_path / "run")
    with pytest.raises(ValueError, match="has 40 steps behind it, more than 30"):
        Run.resume(tmp_path / "run", steps=30)
    assert contents(tmp_path / "run") == before


def test_names_of_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runs.old_folder(None, "gaussian").name == "gaussian"
    names = []
    for _ in range(3):
        run = Run.new(None, SMALL)
        run.save()
        names.append(run.folder.as_posix())
    assert names == ["runs/gaussian", "runs/gaussian-2", "runs/gaussian-3"]
    assert runs.old_folder(None, "gaussian").as_posix() == "runs/gaussian-3"
    assert runs.old_folder("elsewhere", "gaussian").as_posix() == "elsewhere"


def test_a_folder_with_a_run_is_not_overwritten_unless_asked(tmp_path):
    Run.new(tmp_path / "run", SMALL).save()
    before = contents(tmp_path / "run")
    with pytest.raises(
        ValueError, match="holds a run already: choose another --out, or add --resume or --overwrite"
    ):
        Run.new(tmp_path / "run", SMALL)
    assert contents(tmp_path / "run") == before
    names = "epoch_001.png", "strip.npy", "losses.png", ".checkpoint.npz.x8f.npgan-part"
    for name in *names, "mine.png", "epoch_of_mine.png":
        (tmp_path / "run" / name).write_bytes(b"a picture")
    Run.new(tmp_path / "run", SMALL, overwrite=True)
    assert contents(tmp_path / "run") == {
        "mine.png": b"a picture", "epoch_of_mine.png": b"a picture", "config.json": b"",
    }  # fmt: skip


def test_of_runs_that_start_at_once_each_gets_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = [Run.new(None, SMALL).folder.as_posix() for _ in range(3)]  # none has saved yet
    assert folders == ["runs/gaussian", "runs/gaussian-2", "runs/gaussian-3"]
    with pytest.raises(ValueError, match="holds a run already"):
        Run.new(folders[0], SMALL)


def test_a_batch_that_does_not_fit_leaves_the_old_run_alone(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    before = contents(tmp_path / "run")
    with pytest.raises(MemoryError):
        Run.new(tmp_path / "run", SMALL | {"batch": 10**13}, overwrite=True)
    assert contents(tmp_path / "run") == before


def test_the_run_saved_last_is_resumed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in range(3):
        finish(Run.new(None, SMALL | {"seed": seed}))
    shutil.rmtree("runs/gaussian-2")
    os.utime("runs/gaussian-3/checkpoint.npz", (1, 1))
    assert runs.old_folder(None, "gaussian").as_posix() == "runs/gaussian"
    Run.new(None, SMALL).save()
    assert runs.old_folder(None, "gaussian").as_posix() == "runs/gaussian-2"


@pytest.mark.parametrize("demo", ["gaussian", "ring"])
def test_overwriting_removes_everything_that_a_run_leaves(demo, tmp_path):
    config = {"demo": demo} | demos.DEMOS[demo].settings | {"steps": 20, "batch": 8, "hidden": 4}
    finish(Run.new(tmp_path / "run", config))
    Run.new(tmp_path / "run", config, overwrite=True)
    assert contents(tmp_path / "run") == {"config.json": b""}


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"batch": -1}, {"lr": 0}, {"game": "poker"}, {"seed": -1}, {"hidden": 0}]
)
def test_settings_that_make_no_sense_write_nothing(wrong, tmp_path):
    Run.new(tmp_path / "run", SMALL).save()
    before = contents(tmp_path / "run")
    for folder in "run", "new":
        with pytest.raises(ValueError):
            Run.new(tmp_path / folder, SMALL | wrong, overwrite=True)
    assert contents(tmp_path / "run") == before and not (tmp_path / "new").exists()


def test_resuming_with_other_settings(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    with pytest.raises(ValueError, match="has batch = 8, and cannot go on with 16"):
        Run.resume(tmp_path / "run", batch=16)
    config = tmp_path / "run" / "config.json"
    config.write_text(json.dumps(SMALL | {"steps": 60}))  # as if killed while it was prolonged
    assert Run.resume(tmp_path / "run").steps == 40
    config.write_text(json.dumps(SMALL | {"seed": 9}))
    with pytest.raises(CheckpointError, match="not those of the checkpoint"):
        Run.resume(tmp_path / "run")
    config.write_text(json.dumps(SMALL))
    longer = Run.resume(tmp_path / "run", steps=60)
    finish(longer)
    finish(Run.new(tmp_path / "whole", SMALL | {"steps": 60}))
    run, whole = contents(tmp_path / "run"), contents(tmp_path / "whole")
    for file in "checkpoint.npz", "history.csv", "config.json":  # it was looked at after other steps
        assert run[file] == whole[file]
    finish(Run.new(tmp_path / "annealed", SMALL | {"anneal": True}))
    with pytest.raises(ValueError, match="fall to 0 over its steps"):
        Run.resume(tmp_path / "annealed", steps=60)


def test_resuming_nothing_or_something_broken(tmp_path):
    with pytest.raises(CheckpointError, match="no such file"):
        Run.resume(tmp_path / "run")
    finish(Run.new(tmp_path / "run", SMALL))
    history = tmp_path / "run" / "history.csv"
    for broken in "", "step,V\n1,2\n", history.read_text()[:500], history.read_text().replace("\n3,", "\n4,"):
        history.write_text(broken)
        with pytest.raises(
            CheckpointError, match=r"history\.csv (is not a usable table|does not hold the 40 steps)"
        ):
            Run.resume(tmp_path / "run")


def test_a_progress_table_that_is_none(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    progress = tmp_path / "run" / "progress.csv"
    good = progress.read_text()
    renamed = good.replace("w1,", "w9,")
    for broken in renamed, "hello\nworld\n", good[: good.rindex(",")], good.replace("\n", ",7,8\n", 2), "\0":
        progress.write_text(broken)
        with pytest.raises(CheckpointError, match=r"progress\.csv is not a usable table"):
            Run.resume(tmp_path / "run")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"demo": []}, "no demo known here"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"steps": None}, "steps must be a whole number"),
        ({"anneal": ...}, "does not say anneal"),
    ],
)
def test_a_checkpoint_with_a_configuration_that_makes_no_sense(change, message, tmp_path, monkeypatch):
    finish(Run.new(tmp_path / "run", SMALL))
    saved = runs.checkpoint.load(tmp_path / "run" / "checkpoint.npz")
    config = {name: value for name, value in (saved.config | change).items() if value is not ...}
    monkeypatch.setattr(runs.checkpoint, "load", lambda path: saved._replace(config=config))
    before = contents(tmp_path / "run")
    with pytest.raises(ValueError, match=message):
        Run.resume(tmp_path / "run")
    assert contents(tmp_path / "run") == before


def test_a_checkpoint_that_promises_more_steps_than_a_list_can_hold(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    with pytest.raises(CheckpointError, match="does not hold the 1000"):
        runs.read_history(tmp_path / "run" / "history.csv", 10**30)


def test_what_diverged_means():
    assert issubclass(Diverged, ArithmeticError)
