"""Digits with their labels, from the command line: trained, resumed, sampled class by class, played, scored."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from digit_runs import TINY
from idx_files import write
from live_sessions import state
from matplotlib.figure import Figure
from small_runs import contents, refused

from npgan import checkpoint, digits, plots
from npgan.app.cli import main
from npgan.app.demos import DEMOS, scores
from npgan.app.demos.images import draw_grid
from npgan.app.live.scene import Scene
from npgan.app.live.session import Session
from npgan.latent import walk
from npgan.variants.conditional import Conditional


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    """A run of two epochs; to be read and copied only."""
    out = tmp_path_factory.mktemp("runs") / "conditional"
    options = [*TINY, "--conditional", "--n-z", "4", "--data", str(folder), "--out", str(out)]
    assert main(["train", "mnist", "--epochs", "2", *options]) == 0
    return out


@pytest.fixture
def gan(run):
    return checkpoint.load(run / "checkpoint.npz").gan


def sampled(run, *options, out="a.npy"):
    assert main(["sample", str(run), "-o", out, *map(str, options)]) == 0
    return np.load(out, allow_pickle=False)


def test_the_run_is_of_the_variant(run, gan):
    config = json.loads((run / "config.json").read_text())
    assert config["variant"] == "conditional" and config["loud"] == 10.0 and config["n_z"] == 4
    assert type(gan) is Conditional and gan.loud == 10.0
    assert (gan.G.n_in, gan.G.n_out, gan.D.n_in, gan.k) == (14, 784, 794, 10)


@pytest.mark.usefixtures("quick_files")
def test_resumed_it_ends_at_the_same_bytes(elsewhere):
    options = [*TINY, "--variant", "conditional", "--order", "g_first"]
    assert main(["train", "mnist", *options, "--epochs", "2", "--out", "whole"]) == 0
    assert main(["train", "mnist", *options, "--epochs", "1", "--out", "cut"]) == 0
    again = "--resume", "--conditional", "--epochs", "2", "--quiet", "--out", "cut"
    assert main(["train", "mnist", *again]) == 0
    one, other = (contents(elsewhere / name) for name in ("whole", "cut"))
    assert one == other and "epoch_002.png" in one


def test_it_cannot_go_on_without_the_labels_it_had(run, folder, elsewhere, capsys):
    images, labels = digits.mnist(folder)
    other = write(elsewhere / "other", images.reshape(-1, 28, 28), (labels + 1) % 10)
    before = contents(run)
    resume = "train", "mnist", "--resume", "--epochs", "3", "--out", run
    refused(capsys, *resume, "--data", other, message="the saved place is one in other data")
    refused(capsys, *resume, "--variant", "gan", message="variant = 'conditional', and cannot go on with 'gan'")
    assert contents(run) == before


def test_samples_of_the_classes_asked_for(run, gan, capsys):
    seeded = lambda labels, n: gan.sample(n, rng=np.random.default_rng(2), labels=labels)  # noqa: E731
    assert np.array_equal(sampled(run, "-n", 6, "--seed", 2, "--label", 7), seeded(7, 6))
    assert "6 samples of 784 numbers; labels, in this order: 7\n" in capsys.readouterr().out
    assert np.array_equal(sampled(run, "-n", 6, "--seed", 2, "--label", "3,1,4"), seeded([3, 3, 1, 1, 4, 4], 6))
    assert "labels, in this order: 3, 1, 4\n" in capsys.readouterr().out
    assert np.array_equal(sampled(run, "--seed", 2), seeded(np.repeat(np.arange(10), 100), 1000))
    assert np.array_equal(sampled(run, "-n", 2, "--seed", 2, "--label", "9,0"), seeded([9, 0], 2))
    assert len(sampled(run, "--label", "5,6")) == 200 and len(sampled(run, "--label", 5)) == 1000
    raw = sampled(run, "-n", 2, "--seed", 2, "--label", "9,0", "--raw")
    assert np.array_equal(raw, gan.sample(2, rng=np.random.default_rng(2), labels=[9, 0], raw=True))
    assert not np.array_equal(raw, seeded([9, 0], 2))


def test_a_walk_keeps_its_label(run, gan):
    walks = sampled(run, "--walk", "-n", 3, "--seed", 2, "--label", "8,2,5").reshape(3, 10, 784)
    z = gan.noise(6, rng=np.random.default_rng(2))[:, :4].reshape(3, 2, 4)
    for found, ends, label in zip(walks, z, (8, 2, 5), strict=True):
        labels = np.tile(np.eye(10, dtype=np.float32)[label], (10, 1))
        wanted = gan.generate(np.concatenate([walk(*ends, 10), labels], axis=1))
        assert np.abs(found - wanted).max() < 1e-6
    assert len(sampled(run, "--walk")) == 100


def test_pictures_have_a_row_for_each_class(run, monkeypatch):
    drawn = []
    monkeypatch.setattr("npgan.app.commands.sample.save_figure", lambda path, draw, size: drawn.append(draw))
    for options in [], ["--label", "3,1"], ["--label", "3"], ["-n", "15"], ["--walk"], ["--nearest"]:
        assert main(["sample", str(run), "-o", "a.png", *options]) == 0
    figures = [Figure() for _ in drawn]
    for draw, figure in zip(drawn, figures, strict=True):
        draw(figure)
    names = [[text.get_text() for text in figure.axes[0].get_yticklabels()] for figure in figures]
    assert names == [list("0123456789"), ["3", "1"], [], [], [], []]
    sheets = [figure.axes[0].images[0].get_array().shape for figure in figures]
    assert sheets == [(300, 300), (60, 300), (960, 960), (120, 120), (300, 300), (300, 360)]


def test_the_pictures_of_an_epoch(run, gan):
    """Ten rows of ten, and of them the first of each class in the strip."""
    labels = np.repeat(np.arange(10), 10)
    samples = gan.sample(100, rng=np.random.default_rng([0, 1]), labels=labels)
    strip = np.load(run / "strip.npy", allow_pickle=False)
    assert strip.shape == (2, 10, 784) and np.array_equal(strip[1], digits.to_pixels(samples[::10]))
    figure = Figure()
    draw_grid(figure, samples, "epoch 2", [*range(10)])
    sheet = figure.axes[0].images[0].get_array()
    assert np.array_equal(sheet, plots.sheet(samples, 10)) and len(figure.axes[0].get_yticks()) == 10


def test_labels_that_g_does_not_know(run, mnist, capsys, elsewhere):
    for label in "10", "3,-1", 10**30:
        bad = str(label).split(",")[-1]
        refused(capsys, "sample", run, f"--label={label}", "-o", "b.npy", message=f"must be 0 to 9, got {bad}")
    wanted = "this G was trained without labels; `npgan train mnist --conditional` has them"
    for options in [], ["--walk"], ["--nearest"]:
        refused(capsys, "sample", mnist, "--label", "7", *options, "-o", "b.png", message=wanted)
    for text in "x", "3,", "", "1.5":
        with pytest.raises(SystemExit) as info:
            main(["sample", str(run), "--label", text, "-o", "b.npy"])
        error = capsys.readouterr().err.splitlines()[-1]
        assert info.value.code == 2 and f"labels are whole numbers with commas between, got {text!r}" in error
    assert not list(elsewhere.glob("b.*"))


def test_data_without_labels(capsys, elsewhere):
    for command in ["train", "ring"], ["train", "gaussian"], ["record", "grid", "-o", "a.png"]:
        wanted = f"the variant conditional needs data with labels, and {command[1]} has none"
        refused(capsys, *command, "--conditional", message=wanted)
    with pytest.raises(SystemExit):
        main(["train", "mnist", "--conditional", "--variant", "wgan"])
    assert "not allowed with" in capsys.readouterr().err
    assert [path.name for path in elsewhere.iterdir() if path.name != "cache"] == []


def test_score_leaves_out_what_d_alone_cannot_say(run, capsys):
    assert main(["score", str(run), "-n", "20"]) == 0
    text = capsys.readouterr().out
    assert "running average of G" in text and "untrained G" in text and "Mean of D(x)" not in text
    assert "20 samples that are of the class asked for" in text


def test_how_often_it_draws_what_it_is_asked_for(rng):
    """Of a G that draws the next class in place of every fourth, and pixel k for class k."""

    def sample(n, *, rng, raw, labels):
        assert raw and (labels == np.arange(n) % 10).all()
        images = np.full((n, 784), -1.0)
        images[np.arange(n), (labels + (np.arange(n) % 4 == 3)) % 10] = 1
        return images

    gan = SimpleNamespace(k=10, sample=sample)
    examiner = SimpleNamespace(judge=SimpleNamespace(classes=lambda x: x.argmax(axis=1)))
    _, line = scores.obeyed_lines(gan, examiner, {"G as it is": True}, 40, rng=rng)
    assert line.split() == ["G", "as", "it", "is", "0.750", "+-", f"{(0.75 * 0.25 / 40) ** 0.5:.3f}", "0.250"]


def test_it_is_played():
    """D is shown with the labels that it judged: its histogram is that of the logits it gives."""
    tiny = {"demo": "mnist", "batch": 8, "g_hidden": [6], "d_hidden": [5], "epochs": 1}
    played, unseen = (Session(DEMOS["mnist"].settings_of("conditional") | tiny) for _ in "12")
    scene = Scene(Figure(figsize=(6, 4)), played)
    scene.update()
    played.advance(2)
    list(played.stages())
    scene.update()
    unseen.advance(3)
    assert state(played) == state(unseen) and np.array_equal(played.data.order, unseen.data.order)
    gan, z = played.gan, played.fixed_z
    seen = np.concatenate([gan.generate(z, raw=True), 10 * z[:, 32:]], axis=1)
    D = gan.game.judge(gan.D.predict(seen))
    counts, _ = np.histogram(D, np.linspace(0, 1, 21))
    assert np.abs(scene.view.histograms[1].get_data().values - counts / 64).max() < 1e-12
    assert " --variant conditional " in played.command()
    with pytest.raises(ValueError, match="needs data with labels, and ring has none"):
        played.change(demo="ring", variant="conditional")
    played.change(demo="ring")
    assert played.config["variant"] == "gan" and "conditional" not in played.demo.variants
