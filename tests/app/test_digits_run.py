"""A run of digits: a picture for each epoch, every image once, the same bytes after a stop."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from digit_runs import BATCH, FILES, PICTURES, STEPS, TINY, N
from small_runs import contents, finish, lines, refused, resume

from npgan import GAN, checkpoint, digits, machine
from npgan.app.cli import main
from npgan.app.demos import DEMOS, font_digits
from npgan.app.demos.images import some_epochs
from npgan.app.run import Run


def test_a_run_leaves_a_picture_per_epoch_and_its_files(mnist):
    names = {path.name for path in mnist.iterdir()}
    assert names == FILES | PICTURES | {"strip.npy"}
    for name in PICTURES:
        assert (mnist / name).read_bytes().startswith(b"\x89PNG")
    assert (mnist / "history.csv").read_text().count("\n") == STEPS + 1
    first, *rows = (mnist / "progress.csv").read_text().splitlines()
    assert first.startswith("step,epoch,frechet,shares,")
    assert [row.split(",")[:2] for row in rows] == [[str(math.ceil(N / BATCH)), "1"], [str(STEPS), "2"]]
    config = json.loads((mnist / "config.json").read_text())
    assert config["g_hidden"] == config["d_hidden"] == [16] and config["epochs"] == 2
    saved = checkpoint.load(mnist / "checkpoint.npz")
    digests = saved.config.pop("digests")
    assert saved.step == STEPS and saved.config == config
    assert set(digests) == {"history.csv", "progress.csv", "strip.npy"}
    assert saved.gan.G.dtype == np.float32 and (saved.gan.G.n_in, saved.gan.G.n_out) == (100, 784)


def test_the_strip_holds_the_same_noise_at_each_epoch(mnist, monkeypatch):
    seen = []

    def noise(self, m, *, rng, noise=GAN.noise):
        z = noise(self, m, rng=rng)
        seen.extend([z] if m == 64 else [])
        return z

    monkeypatch.setattr(GAN, "noise", noise)
    assert main(["train", "mnist", "--epochs", "3", *TINY]) == 0
    assert len(seen) >= 3 and all((z == seen[0]).all() for z in seen)
    monkeypatch.undo()
    strip = np.load(mnist / "strip.npy", allow_pickle=False)
    saved = checkpoint.load(mnist / "checkpoint.npz")
    assert strip.shape == (2, 10, 784) and strip.dtype == np.uint8
    last = saved.gan.sample(64, rng=np.random.default_rng([0, 1]))[:10]
    assert (strip[1] == digits.to_pixels(last)).all() and (strip[0] != strip[1]).any()


def test_classic_is_the_classic_script_and_resumes(monkeypatch, capsys):
    hidden = TINY[2:]
    classic = {"batch": 64, "lr": 2e-4, "d_lr": 2e-4, "order": "d_first", "beta1": 0.5, "n_z": 100}

    def config(*more):
        assert main(["train", "mnist", "--epochs", "1", *hidden, "--out", "run", *more]) == 0
        return json.loads(Path("run/config.json").read_text())

    found = config("--classic")
    assert {name: found[name] for name in classic} == classic
    assert config("--classic", "--resume") == found
    refused(capsys, "train", "mnist", "--out", "run", "--resume", "--batch", "32", message="batch = 64")
    found = config("--classic", "--lr", "1e-3", "--overwrite")
    assert (found["lr"], found["d_lr"], found["batch"]) == (1e-3, 1e-3, 64)
    found = config("--overwrite")
    assert (found["lr"], found["d_lr"], found["batch"], found["order"]) == (8e-4, 8e-4, 256, "one_noise")


@pytest.mark.parametrize("d_steps", [1, 3])
def test_every_epoch_visits_every_image_once(d_steps, folder, monkeypatch, tmp_path):
    batches, sample = [], digits.Images.sample

    def noted(self, n, *, rng):
        batches.append(sample(self, n, rng=rng))
        return batches[-1]

    monkeypatch.setattr(digits.Images, "sample", noted)
    options = "--epochs", "2", "--d-steps", str(d_steps), "--order", "d_first", *TINY
    assert main(["train", "mnist", *options]) == 0
    assert all(batch.shape == (BATCH, 784) and batch.dtype == np.float32 for batch in batches)
    images = digits.mnist().images
    assert len(np.unique(images, axis=0)) == N
    seen = digits.to_pixels(np.concatenate(batches))
    for epoch in range(2):
        assert (np.unique(seen[N * epoch : N * (epoch + 1)], axis=0) == np.unique(images, axis=0)).all()
    assert 2 * N <= len(seen) < 2 * N + BATCH * d_steps


def test_marks_are_where_epochs_end():
    demo, data = DEMOS["mnist"], range(300)
    for batch, d_steps in (1, 1), (7, 1), (32, 1), (300, 1), (1, 5), (7, 3), (100, 3):
        config = {"epochs": 5, "batch": batch, "d_steps": d_steps}
        marks = demo.marks(config, data)
        for epoch, mark in enumerate(marks, start=1):
            assert (mark - 1) * batch * d_steps < 300 * epoch <= mark * batch * d_steps
        assert len(marks) == 5


def test_epochs_of_strips():
    assert some_epochs(1) == [1] and some_epochs(4) == [1, 2, 4]
    assert some_epochs(50) == [1, 2, 5, 10, 25, 50]


def test_digits_need_no_files(monkeypatch, elsewhere, capsys):
    monkeypatch.setenv("NPGAN_DATA", str(elsewhere / "nowhere"))
    asked, draw = [], digits.glyph_digits

    def fewer(n, *, rng):  # the full sets take seconds
        asked.append(n)
        return draw(n // 100, rng=rng)

    monkeypatch.setattr(digits, "glyph_digits", fewer)
    assert main(["train", "digits", "--epochs", "1", *TINY]) == 0
    assert asked == [30_000, 5_000]
    names = {path.name for path in (elsewhere / "runs/digits").iterdir()}
    assert names == FILES | {"strip.npy"} | PICTURES - {"epoch_002.png"}
    assert (elsewhere / "runs/digits/history.csv").read_text().count("\n") == 1 + math.ceil(300 / BATCH)
    assert "\n1 of 1 epochs; `npgan score runs" in capsys.readouterr().out
    assert main(["score", "runs/digits", "-n", "20"]) == 0
    assert asked == 2 * [30_000, 5_000] and "of 50 test digits, 20 samples" in capsys.readouterr().out


def test_the_digits_to_test_with_are_others(monkeypatch):
    asked = []
    monkeypatch.setattr(digits, "glyph_digits", lambda n, *, rng: asked.append((n, rng.integers(2**63))))
    for split in "train", "test", "train":
        font_digits(split)
    (n, seed), (n_test, seed_test), again = asked
    assert (n, n_test) == (30_000, 5_000) and seed != seed_test and again == (n, seed)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("last", [4, math.ceil(N / BATCH), 14])
def test_resuming_ends_at_the_same_bytes(last, folder, mnist, monkeypatch, tmp_path):
    """Stopped in epoch 1, at its end, or in epoch 2; and, when taken up, killed after drawing a picture."""
    new = Run.new(tmp_path / "cut", json.loads((mnist / "config.json").read_text()))
    with new as run, machine.threads(new.threads):
        for record in run.training.records:
            run.history.extend(record)
            if record.step in run.training.marks:
                run.look()
            if record.step == last:
                run.save()
                break

    def draw_and_die(self, look=Run.look):
        look(self)
        (self.folder.path / ".strip.npy.abc.npgan-part").write_bytes(b"half a f")
        raise Killed  # the picture is written, the checkpoint is an old one

    monkeypatch.setattr(Run, "look", draw_and_die)
    with pytest.raises(Killed), resume(tmp_path / "cut") as run:
        run.train(quiet=True)
    monkeypatch.undo()
    again = resume(tmp_path / "cut", data_folder=folder)
    assert again.step == last and finish(again) == ""
    assert contents(tmp_path / "cut") == contents(mnist)


def test_a_run_can_be_made_longer(mnist, tmp_path):
    shutil.copytree(mnist, tmp_path / "longer")
    assert main(["train", "mnist", "--resume", "--epochs", "3", "--out", "longer", "--quiet"]) == 0
    assert main(["train", "mnist", "--epochs", "3", *TINY, "--out", "whole"]) == 0
    assert contents(tmp_path / "longer") == contents(tmp_path / "whole")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_killed_in_the_middle_of_an_epoch_it_resumes_to_the_same_bytes(tmp_path):
    options = ["train", "mnist", "--epochs", "3", "--batch", "1", *TINY[2:], "--out"]
    assert main([*options, "whole"]) == 0
    command = [sys.executable, "-m", "npgan", *options, "cut"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while lines(tmp_path / "cut/history.csv") < 1 + N and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.03)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 1 + N <= lines(tmp_path / "cut/history.csv") < 1 + 3 * N
    assert main([*options, "cut", "--resume"]) == 0
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
