"""The digits demos, on small files of digits: what a run leaves, resuming it, its score, its walks."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import weakref

import numpy as np
import pytest
from matplotlib.figure import Figure
from test_digits import write

from npgan import GAN, checkpoint, demos, digits, plots
from npgan.cli import main
from npgan.gan import walk
from npgan.runs import Run

N, N_TEST, BATCH = 300, 120, 32
TINY = ["--batch", str(BATCH), "--g-hidden", "16", "--d-hidden", "16", "--quiet"]
STEPS = math.ceil(2 * N / BATCH)  # 19: the tenth step takes the rest of epoch 1 and some of epoch 2
FILES = {"checkpoint.npz", "config.json", "history.csv", "progress.csv"}
PICTURES = {"epoch_001.png", "epoch_002.png", "strip.png", "nearest.png", "losses.png"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """IDX files of 300 digits to learn from and 120 to test with."""
    folder = tmp_path_factory.mktemp("idx")
    for prefix, n, seed in ("train", N, 0), ("t10k", N_TEST, 1):
        images, labels = digits.glyph_digits(n, rng=np.random.default_rng(seed))
        write(folder, images.reshape(n, 28, 28), labels, prefix=prefix)
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("NPGAN_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """A whole run of two epochs."""
    out = tmp_path_factory.mktemp("runs") / "mnist"
    assert main(["train", "mnist", "--epochs", "2", *TINY, "--data", str(folder), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def gaussian(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "gaussian"
    main(["train", "gaussian", "--steps", "3", "--batch", "8", "--quiet", "--out", str(out)])
    return out


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(capsys, *args, message):
    """The command ends with 2 and one line on stderr that says message."""
    capsys.readouterr()
    assert main([str(arg) for arg in args]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.startswith("npgan: error: ") and err.count("\n") == 1, err
    assert out == ""


# --- a run ---


def test_a_run_leaves_a_picture_per_epoch_and_its_files(trained):
    names = {path.name for path in trained.iterdir()}
    assert names == FILES | PICTURES | {"strip.npy"}
    for name in PICTURES:
        assert (trained / name).read_bytes().startswith(b"\x89PNG")
    assert (trained / "history.csv").read_text().count("\n") == STEPS + 1
    assert (trained / "progress.csv").read_text() == f"step,epoch\n{math.ceil(N / BATCH)},1\n{STEPS},2\n"
    config = json.loads((trained / "config.json").read_text())
    assert config["g_hidden"] == config["d_hidden"] == [16] and config["epochs"] == 2
    saved = checkpoint.load(trained / "checkpoint.npz")
    assert saved.step == STEPS and saved.config == config
    assert saved.gan.G.dtype == np.float32 and (saved.gan.G.n_in, saved.gan.G.n_out) == (100, 784)


def test_the_strip_holds_the_same_noise_at_each_epoch(trained, monkeypatch):
    seen = []

    def noise(self, m, *, rng, noise=GAN.noise):
        z = noise(self, m, rng=rng)
        seen.extend([z] if m == 64 else [])
        return z

    monkeypatch.setattr(GAN, "noise", noise)
    assert main(["train", "mnist", "--epochs", "3", *TINY]) == 0
    assert len(seen) == 3 and (seen[0] == seen[1]).all() and (seen[0] == seen[2]).all()
    monkeypatch.undo()
    strip = np.load(trained / "strip.npy", allow_pickle=False)
    saved = checkpoint.load(trained / "checkpoint.npz")
    assert strip.shape == (2, 10, 784) and strip.dtype == np.uint8
    last = saved.gan.sample(64, rng=np.random.default_rng([0, 1]))[:10]
    assert (strip[1] == digits.to_pixels(last)).all() and (strip[0] != strip[1]).any()


@pytest.mark.parametrize("d_steps", [1, 3])
def test_every_epoch_visits_every_image_once(d_steps, folder, monkeypatch, tmp_path):
    batches, sample = [], digits.Images.sample

    def noted(self, n, *, rng):
        batches.append(sample(self, n, rng=rng))
        return batches[-1]

    monkeypatch.setattr(digits.Images, "sample", noted)
    assert main(["train", "mnist", "--epochs", "2", "--d-steps", str(d_steps), *TINY]) == 0
    assert all(batch.shape == (BATCH, 784) and batch.dtype == np.float32 for batch in batches)
    images = digits.mnist().images
    assert len(np.unique(images, axis=0)) == N
    seen = digits.to_pixels(np.concatenate(batches))
    for epoch in range(2):
        assert (np.unique(seen[N * epoch : N * (epoch + 1)], axis=0) == np.unique(images, axis=0)).all()
    assert 2 * N <= len(seen) < 2 * N + BATCH * d_steps


def test_marks_are_where_epochs_end():
    demo, data = demos.DEMOS["mnist"], range(300)
    for batch, d_steps in (1, 1), (7, 1), (32, 1), (300, 1), (1, 5), (7, 3), (100, 3):
        config = {"epochs": 5, "batch": batch, "d_steps": d_steps}
        marks = demo.marks(config, data)
        for epoch, mark in enumerate(marks, start=1):
            assert (mark - 1) * batch * d_steps < 300 * epoch <= mark * batch * d_steps
        assert demo.steps(config, data) == marks[-1] and len(marks) == 5


def test_epochs_of_strips():
    assert demos.some_epochs(1) == [1] and demos.some_epochs(4) == [1, 2, 4]
    assert demos.some_epochs(50) == [1, 2, 5, 10, 25, 50]


def test_digits_need_no_files(monkeypatch, elsewhere, capsys):
    monkeypatch.setenv("NPGAN_DATA", str(elsewhere / "nowhere"))
    asked, draw = [], digits.glyph_digits

    def fewer(n, *, rng):  # the full sets take seconds
        asked.append(n)
        return draw(n // 100, rng=rng)

    monkeypatch.setattr(digits, "glyph_digits", fewer)
    assert main(["train", "digits", "--epochs", "1", *TINY]) == 0
    assert asked == [30_000]
    names = {path.name for path in (elsewhere / "runs/digits").iterdir()}
    assert names == FILES | {"strip.npy"} | PICTURES - {"epoch_002.png"}
    assert (elsewhere / "runs/digits/history.csv").read_text().count("\n") == 1 + math.ceil(300 / BATCH)
    assert capsys.readouterr().out.startswith("1 of 1 epochs; `npgan score runs")
    assert main(["score", "runs/digits", "-n", "20"]) == 0
    assert asked == [30_000, 30_000, 5_000] and "of 50 test digits, 20 samples" in capsys.readouterr().out


def test_the_digits_to_test_with_are_others(monkeypatch):
    asked = []
    monkeypatch.setattr(digits, "glyph_digits", lambda n, *, rng: asked.append((n, rng.integers(2**63))))
    for split in "train", "test", "train":
        demos.font_digits(split)
    (n, seed), (n_test, seed_test), again = asked
    assert (n, n_test) == (30_000, 5_000) and seed != seed_test and again == (n, seed)


# --- going on with it ---


class Killed(BaseException):
    pass


@pytest.mark.parametrize("last", [4, math.ceil(N / BATCH), 14])
def test_resuming_ends_at_the_same_bytes(last, folder, trained, monkeypatch, tmp_path):
    """Stopped in epoch 1, at its end, or in epoch 2; and, when taken up, killed after drawing a picture."""
    run = Run.new(tmp_path / "cut", json.loads((trained / "config.json").read_text()))
    for record in run.records:
        run.history.extend(record)
        if record.step in run.demo.marks(run.config, run.data):
            run.look()
        if record.step == last:
            run.save()
            break

    def draw_and_die(self, run, look=demos.DigitsDemo.look):
        look(self, run)
        (run.folder / ".strip.npy.abc.npgan-part").write_bytes(b"half a f")
        raise Killed  # the picture and the strip are written, the checkpoint is an old one

    monkeypatch.setattr(demos.DigitsDemo, "look", draw_and_die)
    with pytest.raises(Killed):
        Run.resume(tmp_path / "cut").train(quiet=True)
    monkeypatch.undo()
    again = Run.resume(tmp_path / "cut", data_folder=folder)
    assert again.step == last and again.train(quiet=True) == ""
    again.report()
    assert contents(tmp_path / "cut") == contents(trained)


def test_a_run_can_be_made_longer(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "longer")
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


def lines(path):
    return path.read_text().count("\n") if path.exists() else 0


def test_a_saved_figure_does_not_stay_in_memory(tmp_path):
    seen = []

    def draw(figure):
        seen.append(weakref.ref(figure))
        figure.subplots().plot([1, 2])

    demos.save_figure(tmp_path / "a.png", draw)
    assert (tmp_path / "a.png").exists() and seen[0]() is None


# --- its score ---


def parzen(samples, validation, test):
    """(mean, standard error, sigma) by the formula, in float64, with everything in memory at once."""

    def log_likelihood(x, sigma):
        squared = ((x[:, None] - samples) ** 2).sum(axis=2)
        constant = math.log(len(samples)) + 784 * math.log(sigma * math.sqrt(2 * math.pi))
        return np.logaddexp.reduce(-squared / (2 * sigma**2), axis=1) - constant

    sigma = max(np.logspace(-1, 0, 10), key=lambda sigma: log_likelihood(validation, sigma).mean())
    on_test = log_likelihood(test, sigma)
    return on_test.mean(), on_test.std() / math.sqrt(len(test)), sigma


def test_score_prints_every_number_beside_its_control(trained, capsys):
    n = 40
    assert main(["score", str(trained), "-n", str(n), "--seed", "5"]) == 0
    out = capsys.readouterr().out.splitlines()
    train, test = digits.mnist(), digits.mnist(split="test")
    gan, rng = checkpoint.load(trained / "checkpoint.npz").gan, np.random.default_rng(5)
    real, unseen = train.images / 255, test.images / 255
    samples = {
        "running average of G": (gan.sample(n, rng=rng) + 1) / 2.0,
        "G as it is": (gan.sample(n, rng=rng, raw=True) + 1) / 2.0,
        f"{n} real training digits": real[:n],
    }
    assert out[0] == f"Parzen log-likelihood of {N_TEST} test digits, {n} samples as centres:"
    for line, (name, centres) in zip(out[1:4], samples.items(), strict=True):
        mean, error, sigma = parzen(centres, real[-N // 6 :], unseen)
        found = re.fullmatch(r"  (.*\S) +(-?\d+\.\d) \+- (\d+\.\d) nats \(sigma (0\.\d{3})\)", line)
        assert found and found[1] == name, line
        assert abs(float(found[2]) - mean) < 0.1 and abs(float(found[3]) - error) < 0.1
        assert abs(float(found[4]) - sigma) < 1e-3
    assert out[4].split() == "the 2014 paper, on MNIST 225 +- 2 nats".split()
    assert out[5].startswith("This measure is only historical")

    assert out[8] == f"Mean distance to the nearest of {N} training digits, pixels in [0, 1]:"
    samples.pop(f"{n} real training digits")
    samples["real test digits"] = unseen[:n]
    nearest = {}
    for line, (name, rows) in zip(out[9:12], samples.items(), strict=True):
        distance = np.sqrt(((rows[:, None] - real) ** 2).sum(axis=2))
        nearest[name], least = distance.argmin(axis=1), distance.min(axis=1)
        found = re.fullmatch(r"  (.*\S) +(\d+\.\d\d) \+- (\d+\.\d\d)", line)
        assert found and found[1] == name, line
        assert abs(float(found[2]) - least.mean()) < 0.01
        assert abs(float(found[3]) - least.std() / math.sqrt(n)) < 0.01

    assert out[14] == "Mean of D(x), the chance of being real in D's eyes; D has learned against G as it is:"
    for line, (name, rows) in zip(out[15:18], samples.items(), strict=True):
        D = 1 / (1 + np.exp(-gan.D.predict((2 * rows - 1).astype(np.float32))))
        assert line.startswith(f"  {name} ") and abs(float(line.split()[-1]) - D.mean()) < 1e-3

    assert out[19] == f"Share of each class among the nearest training digits, of {n} samples:"
    assert out[20].split() == list("0123456789")
    for line, (name, index) in zip(out[21:], nearest.items(), strict=True):
        share = [100 * np.mean(train.labels[index] == digit) for digit in range(10)]
        assert line.startswith(f"  {name} ") and len(line) == len(out[20])
        printed = [float(word.strip("%")) for word in line[len(name) + 2 :].split()]
        assert np.abs(np.array(printed) - share).max() <= 0.5 + 1e-9


def test_score_without_an_average_and_with_more_samples_than_digits(capsys):
    main(["train", "mnist", "--epochs", "1", *TINY, "--average", "0", "--out", "run"])
    capsys.readouterr()
    assert main(["score", "run", "-n", str(2 * N)]) == 0
    out = capsys.readouterr().out
    assert "running average" not in out and "G as it is" in out
    assert f"{2 * N} samples as centres" in out
    assert f"{N - N // 6} real training digits" in out  # sigma is chosen on the others
    assert f"of {N_TEST} samples:" in out


# --- its samples ---


def test_walks_samples_and_nearest_digits(trained, elsewhere, capsys):
    gan = checkpoint.load(trained / "checkpoint.npz").gan
    assert main(["sample", str(trained), "--walk", "-n", "3", "-o", "walk.npy", "--seed", "2"]) == 0
    assert "wrote walk.npy: 30 samples of 784 numbers" in capsys.readouterr().out
    walks = np.load("walk.npy", allow_pickle=False).reshape(3, 10, 784)
    z = gan.noise(6, rng=np.random.default_rng(2))
    for i in range(3):
        ends = gan.generate(z[2 * i : 2 * i + 2])
        assert np.abs(walks[i, [0, -1]] - ends).max() < 1e-6
        middle = gan.generate(walk(z[2 * i], z[2 * i + 1], 10)[4:5])
        assert np.abs(walks[i, 4] - middle).max() < 1e-6 and np.abs(walks[i, 4] - walks[i, 0]).max() > 1e-3
    assert main(["sample", str(trained), "-n", "5", "-o", "five.npy", "--seed", "2"]) == 0
    five = np.load("five.npy", allow_pickle=False)
    assert five.shape == (5, 784) and np.abs(five - gan.generate(z[:5])).max() < 1e-6
    assert main(["sample", str(trained), "--walk", "-n", "3", "-o", "raw.npy", "--seed", "2", "--raw"]) == 0
    raw = np.load("raw.npy", allow_pickle=False)
    assert np.abs(raw - walks.reshape(30, 784)).max() > 1e-3
    assert np.abs(raw[0] - gan.G.predict(z[:1])[0]).max() < 1e-6
    assert main(["sample", str(trained), "--walk", "-o", "walk.npy"]) == 0
    assert np.load("walk.npy", allow_pickle=False).shape == (8 * 10, 784)
    for options in ["--walk", "-n", "101"], ["--nearest", "-n", "501"], ["-n", "1001"]:
        message = "a picture takes at most 1000 images"
        refused(capsys, "sample", trained, *options, "-o", "a.png", message=message)
    for options in ["--walk", "-n", "2"], ["--nearest", "-n", "7"], ["-n", "9"]:
        assert main(["sample", str(trained), *options, "-o", "a.png"]) == 0
        assert (elsewhere / "a.png").read_bytes().startswith(b"\x89PNG")
        (elsewhere / "a.png").unlink()


def test_nearest_draws_each_sample_beside_the_digit_nearest_to_it(monkeypatch):
    drawn, images = [], demos.digits.from_pixels(digits.mnist().images)

    def note(ax, x, columns, *, pair):
        drawn.append((x, columns, pair))
        return ax

    monkeypatch.setattr(plots, "images", note)
    samples = np.clip(images[[7, 250, 99]] * 0.9, -1, 1)
    demos.draw_nearest(Figure(), samples, digits.mnist().images)
    ((x, columns, pair),) = drawn
    assert columns % 2 == 0 and pair
    assert (x[0::2] == samples).all() and (x[1::2] == images[[7, 250, 99]]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_walk_keeps_its_ends_and_its_length(dtype, rng):
    for n_z in 2, 100:
        start, end = rng.standard_normal((2, n_z)).astype(dtype)
        path = walk(start, end, 7)
        assert path.shape == (7, n_z) and path.dtype == dtype
        assert (path[0] == start).all() and (path[-1] == end).all()
        start, end = (5 * a / np.linalg.norm(a) for a in (start, end))
        path = walk(start, end, 7)
        assert np.abs(np.linalg.norm(path, axis=1) - 5).max() < 20 * np.finfo(dtype).eps
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        assert np.ptp(steps) < 50 * np.finfo(dtype).eps  # equal angles
        angle = math.acos(float(start @ end) / 25)
        assert abs(steps[0] - 10 * math.sin(angle / 12)) < 50 * np.finfo(dtype).eps


def test_a_walk_between_equal_or_opposite_ends_is_straight():
    z = np.array([3.0, 4.0])
    assert (walk(z, z, 4) == z).all()
    assert np.abs(walk(z, 2 * z, 3) - np.outer([1, 1.5, 2], z)).max() < 1e-12
    assert np.abs(walk(z, -z, 5) - np.outer([1, 0.5, 0, -0.5, -1], z)).max() < 1e-12
    with pytest.raises(ValueError, match="steps must be a whole number >= 2"):
        walk(z, -z, 1)


# --- nonsense ---


def test_what_makes_no_images_has_no_score_and_no_walk(gaussian, trained, capsys, elsewhere):
    main(["train", "ring", "--steps", "3", "--batch", "8", "--hidden", "4", "--quiet", "--out", "ring"])
    wanted = "makes no images of digits: it was trained on "
    refused(capsys, "score", gaussian, message=wanted + "one Gaussian on the line")
    for options in (["--walk", "-o", "a.npy"], ["--walk", "-o", "a.png"], ["--nearest", "-o", "a.png"]):
        refused(capsys, "sample", "ring", *options, message=wanted + "eight Gaussians")
    refused(capsys, "sample", trained, "--nearest", "-o", "a.npy", message="make a .png file, got 'a.npy'")
    refused(capsys, "score", "nowhere", message="nowhere: no such file")
    refused(capsys, "score", trained, "-n", "0", message="n must be a whole number >= 1, got 0")
    assert not list(elsewhere.glob("a.*"))


def test_a_checkpoint_that_only_says_it_is_of_digits(gaussian, capsys, elsewhere):
    saved = checkpoint.load(gaussian / "checkpoint.npz")
    checkpoint.save("odd.npz", saved.gan, step=3, rng=saved.rng, config={"demo": "mnist"})
    refused(capsys, "score", "odd.npz", message="odd.npz makes no images of digits: its G ends in 1, not 784")
    refused(capsys, "sample", "odd.npz", "--walk", "-o", "a.png", message="ends in 1, not 784")
    checkpoint.save("odd.npz", saved.gan, step=3, rng=saved.rng, config={})
    refused(capsys, "score", "odd.npz", message="odd.npz makes no images of digits")


def test_without_data_nothing_is_written(trained, capsys, elsewhere):
    shutil.copytree(trained, elsewhere / "run")
    for command in (
        ["train", "mnist", "--out", "new"],
        ["train", "mnist", "--out", "run", "--overwrite"],
        ["train", "mnist", "--out", "run", "--resume", "--epochs", "9"],
        ["sample", "run", "--nearest", "-o", "a.png"],
        ["score", "run"],
    ):
        refused(capsys, *command, "--data", "nowhere", message="no train-images-idx3-ubyte in nowhere")
    assert contents(elsewhere / "run") == contents(trained)
    assert {path.name for path in elsewhere.iterdir()} <= {"run", "cache"}


def test_overwriting_removes_everything_that_a_run_leaves(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    Run.new(tmp_path / "run", json.loads((trained / "config.json").read_text()), overwrite=True)
    assert contents(tmp_path / "run") == {"config.json": b""}


def test_resuming_without_what_the_epochs_left_behind(trained, capsys, tmp_path):
    resume = ["train", "mnist", "--resume", "--epochs", "3", "--out", "run"]
    for name, content, message in [
        ("strip.npy", None, "strip.npy cannot be read"),
        ("strip.npy", b"", "strip.npy cannot be read"),
        ("strip.npy", np.zeros(3), "strip.npy holds float64 (3,), wanted uint8 (2, 10, 784)"),
        ("strip.npy", np.array(5), "strip.npy holds int64 (), wanted uint8 (2, 10, 784)"),
        ("strip.npy", b"PK\3\4junk", "strip.npy cannot be read"),
        ("progress.csv", None, "has notes on 0 epochs, wanted 2"),
        ("progress.csv", b"step,epoch\n5,1\n19,2\n", "has notes on 2 epochs, wanted 2, one on each"),
        ("config.json", b'{"seed": 9}', "config.json does not fit: its settings are not those"),
        ("config.json", b"[", "config.json does not fit"),
    ]:
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        shutil.copytree(trained, tmp_path / "run")
        (tmp_path / "run" / name).unlink()
        if isinstance(content, bytes):
            (tmp_path / "run" / name).write_bytes(content)
        elif content is not None:
            np.save(tmp_path / "run" / name, content)
        before = contents(tmp_path / "run")
        refused(capsys, *resume, message=message)
        assert contents(tmp_path / "run") == before


def test_resuming_a_run_of_something_else(gaussian, trained, capsys, tmp_path):
    before = contents(gaussian), contents(trained)
    resume = ["train", "mnist", "--resume", "--out"]
    refused(capsys, *resume, gaussian, message="has demo = 'gaussian', and cannot go on with 'mnist'")
    refused(capsys, *resume, trained, "--g-hidden", "32", message="g_hidden = [16], and cannot go on with [32]")
    assert (contents(gaussian), contents(trained)) == before
    fewer = write(tmp_path / "fewer", np.zeros((40, 28, 28)), np.zeros(40))
    shutil.copytree(trained, tmp_path / "run")
    refused(capsys, *resume, "run", "--data", fewer, message="does not fit data of 40 rows")
    other = write(tmp_path / "other", np.zeros((N, 28, 28)), np.zeros(N))
    refused(capsys, *resume, "run", "--data", other, message="other data")


@pytest.mark.parametrize("text", ["wide", "16,", "16,,8", "1.5", ""])
def test_widths_that_are_none(text, capsys, elsewhere):
    with pytest.raises(SystemExit) as info:
        main(["train", "mnist", "--g-hidden", text])
    error = capsys.readouterr().err.splitlines()[-1]
    assert info.value.code == 2 and f"widths are whole numbers with commas between, got {text!r}" in error
    for option in "--g-hidden", "--d-hidden":
        refused(capsys, "train", "mnist", option, "16,0", message="n_out must be a whole number >= 1, got 0")
    refused(capsys, "train", "mnist", "--epochs", "0", message="epochs must be a whole number >= 1, got 0")
    refused(capsys, "train", "mnist", "--epochs", 10**8, message="epochs must be at most 100000, got 100000000")
    refused(capsys, "train", "mnist", "--batch", N + 1, message=f"must be at most the {N} images there are")
    assert not (elsewhere / "runs").exists()
