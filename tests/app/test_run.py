"""A run leaves its files, whole at any time, and goes on to the same bytes, even after a kill."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest
from small_runs import SMALL, contents, finish, lines, resume, resumed

from npgan import Diverged
from npgan.app.demos import DEMOS
from npgan.app.run import Run
from npgan.training import ORDERS


def test_a_run_leaves_its_files_and_the_same_seed_the_same_bytes(tmp_path):
    for name in "one", "two":
        assert finish(Run.new(tmp_path / name, SMALL)) == ""
    one = contents(tmp_path / "one")
    pictures = {"densities.png", "losses.png", "progress.png"}
    assert set(one) == {".npgan-run", "checkpoint.npz", "config.json", "history.csv", "progress.csv"} | pictures
    assert one == contents(tmp_path / "two")
    assert json.loads(one["config.json"]) == SMALL
    rows = one["history.csv"].decode().splitlines()
    assert rows[0] == "step,V,loss,d_real,d_fake" and len(rows) == 41
    finish(Run.new(tmp_path / "three", SMALL | {"seed": 1}))
    assert contents(tmp_path / "three")["history.csv"] != one["history.csv"]


@pytest.mark.parametrize("demo", ["gaussian", "ring"])
def test_resuming_ends_at_the_same_bytes(demo, tmp_path, monkeypatch):
    config = SMALL | {"demo": demo} if demo == "gaussian" else {"demo": demo} | DEMOS[demo].settings
    config |= {"steps": 40, "batch": 8, "g_hidden": [4], "d_hidden": [4]}
    finish(Run.new(tmp_path / "whole", config))

    class Killed(BaseException):
        pass

    saves = []

    def save(self, save=Run.save):
        save(self)
        saves.append(self.step)
        if self.step == 12:
            raise Killed

    monkeypatch.setattr(Run, "save", save)
    with pytest.raises(Killed), Run.new(tmp_path / "cut", config) as run:
        run.train(quiet=True)
    monkeypatch.undo()
    assert finish(resume(tmp_path / "cut")) == ""
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
    command = [sys.executable, "-m", "npgan", "train", "gaussian", "--steps", "1000000"]
    command += ["--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "run" / "checkpoint.npz").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "stopped at step" in err and "Traceback" not in err
    run = resumed(tmp_path / "run")
    assert run.step > 0 and run.table()[-1, 0] == run.step
    assert {"losses.png", "densities.png", "history.csv"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }


def test_memory_stays_flat(tmp_path, monkeypatch):
    """The history takes 40 bytes a step, with room to grow; a list of records would take 250."""
    looks = []

    def look(self):
        gc.collect()
        looks.append((self.step, tracemalloc.get_traced_memory()[0]))

    monkeypatch.setattr(Run, "look", look)
    with Run.new(tmp_path / "run", SMALL | {"steps": 2000}) as run:
        tracemalloc.start()
        try:
            run.train(quiet=True)
        finally:
            tracemalloc.stop()
    (early, before), (late, after) = looks[len(looks) // 4], looks[-1]
    assert late - early >= 1000 and (after - before) / (late - early) < 60


@pytest.mark.parametrize("order", ORDERS)
def test_a_run_that_diverged_does_so_again_when_resumed_and_leaves_the_same_bytes(order, tmp_path):
    """At the step in which D or G overflows, D has already moved, or G: no place to go on from."""
    config = SMALL | {"game": "least_squares", "lr": 1e200, "d_lr": 1e-3, "order": order, "steps": 400}
    with Run.new(tmp_path / "run", config) as run:
        ended = run.train(quiet=True)
    assert ended.startswith("diverged at step ") and ("nan" in ended or "inf" in ended or "finite" in ended)
    before = contents(tmp_path / "run")
    with resume(tmp_path / "run") as back:
        assert back.step <= run.step and np.isfinite(back.training.gan.G.theta).all()
        assert back.train(quiet=True) == ended and back.step == run.step
    assert contents(tmp_path / "run") == before


def test_divergence_that_spoils_the_parameters_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    """In float32 the squares in Adam overflow while V is still finite: this, too, is a divergence."""

    def look(self, look=Run.look):
        look(self)
        if self.step >= 20:
            self.training.gan.opt_d.v[3] = np.inf

    monkeypatch.setattr(Run, "look", look)
    with Run.new(tmp_path / "run", SMALL) as run:
        ended = run.train(quiet=True)
    assert ended == "diverged at step 22: the parameters are no longer finite"
    assert resumed(tmp_path / "run").step == 18 and lines(tmp_path / "run" / "history.csv") == 23


def test_what_diverged_means():
    assert issubclass(Diverged, ArithmeticError)
