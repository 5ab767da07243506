"""The scores of a run of digits: what they are, when they are taken, and that training does not feel them."""

import csv
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from digit_runs import N_TEST, STEPS, TINY, N
from small_runs import contents

from npgan import checkpoint, digits, metrics, theory
from npgan.app.cli import main
from npgan.app.demos import DEMOS, scores
from npgan.app.demos.images import draw_progress
from npgan.app.live.session import Session
from npgan.games import Diverged
from npgan.judge import judge as judge_of

NAMES = ["frechet", "shares", "frechet_raw", "shares_raw", "frechet_real", "shares_real"]
SMALL = {"batch": 100, "g_hidden": [8], "d_hidden": [8]}


def progress(folder):
    with open(folder / "progress.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_the_scores_of_an_epoch_a_second_way(mnist):
    *_, last = progress(mnist)
    assert list(last) == ["step", "epoch", *NAMES] and last["step"] == str(STEPS)
    gan, rng = checkpoint.load(mnist / "checkpoint.npz").gan, np.random.default_rng([0, 1])  # seed 0
    train, test = digits.mnist(), digits.mnist(split="test")
    judge = judge_of(train)
    order = np.random.default_rng(0)
    order.permutation(N_TEST)
    images = {
        "": digits.to_pixels(gan.sample(N_TEST, rng=rng)),
        "_raw": digits.to_pixels(gan.sample(N_TEST, rng=rng, raw=True)),
        "_real": train.images[order.permutation(N)[:N_TEST]],
    }
    real = metrics.class_shares(judge.classes(test.images))
    for end, pixels in images.items():
        far = metrics.frechet_distance(judge.features(pixels), judge.features(test.images))
        assert abs(float(last["frechet" + end]) - far) < 1e-4 * far
        off = theory.total_variation(metrics.class_shares(judge.classes(pixels)), real)
        assert abs(float(last["shares" + end]) - off) < 1e-12
    assert float(last["frechet_real"]) < float(last["frechet"]) != float(last["frechet_raw"])


def test_the_end_of_a_run_says_them_with_errors(capsys, quick_files):
    run = ["train", "mnist", "--epochs", "1", *TINY, "--out"]
    for average in "0.9", "0":
        assert main([*run, average, "--average", average]) == 0
        out = capsys.readouterr().out.splitlines()
        (row,) = progress(Path(average))
        for line, name, form in (out[1], "frechet", ".2f"), (out[2], "shares", ".3f"):
            told = line.split(": ")[1].split(", ")
            assert all(" +- " in one for one in told) and told[-1].startswith("real training digits")
            averaged = [f"averaged G {float(row[name]):{form}}"] if average != "0" else []
            raw, real = (float(row[name + end]) for end in ("_raw", "_real"))
            wanted = [*averaged, f"G as it is {raw:{form}}", f"real training digits {real:{form}}"]
            assert [one.split(" +- ")[0] for one in told] == wanted
        assert out[1].startswith(f"Frechet distance of {N_TEST} to {N_TEST} test digits: ")
        assert (row["frechet"] == row["frechet_raw"]) == (average == "0")


def test_some_epochs_have_scores_however_long_the_run():
    assert [epoch for epoch in range(1, 22) if scores.due(epoch)] == [1, 2, 5, 10, 15, 20]


def test_training_does_not_feel_the_looks(mnist, monkeypatch, quick_files):
    monkeypatch.setattr(scores, "due", lambda epoch: False)
    assert main(["train", "mnist", "--epochs", "2", *TINY, "--out", "run"]) == 0
    rows = progress(Path() / "run")
    assert [row[name] for row in rows for name in NAMES] == 12 * ["nan"]
    assert not (Path() / "run/progress.png").exists()
    (a, b) = (checkpoint.load(path / "checkpoint.npz") for path in (mnist, Path() / "run"))
    for net in "G", "D", "average":
        assert (getattr(a.gan, net).theta == getattr(b.gan, net).theta).all()
    assert a.rng.bit_generator.state == b.rng.bit_generator.state
    assert (a.data["order"] == b.data["order"]).all()


def test_a_window_is_not_kept_waiting(monkeypatch):
    monkeypatch.setattr(scores, "Examiner", None)
    session = Session({"demo": "mnist"} | DEMOS["mnist"].settings | SMALL)
    session.advance(4)
    (row,) = session.training.progress
    assert row["epoch"] == 1 and math.isnan(row["frechet"]) and not session.ended


@pytest.mark.parametrize("test_digits", ["none", "few", "damaged"])
def test_without_test_digits_a_run_has_no_scores(test_digits, folder, tmp_path, capsys, quick_files):
    shutil.copytree(folder, "data")
    for kind in "images-idx3", "labels-idx1":
        path = tmp_path / f"data/t10k-{kind}-ubyte"
        content = path.read_bytes()
        few = content[:4] + (19).to_bytes(4, "big") + content[8 : 16 + 19 * 784 if "3" in kind else 8 + 19]
        path.unlink()
        if test_digits != "none":
            path.write_bytes(few if test_digits == "few" else content[:-1])
    run = ["train", "mnist", *TINY, "--data", "data", "--out", "run"]
    assert main([*run, "--epochs", "1"]) == 0
    assert "\nno scores: they want 20 test digits at least\n1 of 1 epochs" in capsys.readouterr().out
    assert main([*run, "--epochs", "2", "--resume"]) == 0
    rows = progress(tmp_path / "run")
    assert [row["epoch"] for row in rows] == ["1", "2"] and {row[name] for row in rows for name in NAMES} == {
        "nan"
    }


def test_a_run_of_the_days_before_scores_goes_on(mnist, monkeypatch, tmp_path, quick_files):
    """It had the epochs alone in its table; what was not measured then stays unknown."""
    with monkeypatch.context() as before:
        demo = type(DEMOS["mnist"])
        before.setattr(demo, "measures", ("epoch",))
        before.setattr(demo, "measure", lambda self, training: {"epoch": 1 + len(training.progress)})
        before.setattr(demo, "pictures", lambda self, training: [])
        assert main(["train", "mnist", "--epochs", "1", *TINY, "--out", "run"]) == 0
    assert progress(tmp_path / "run") == [{"step": "10", "epoch": "1"}]
    assert main(["train", "mnist", "--epochs", "2", "--resume", "--quiet", "--out", "run"]) == 0
    old, new = progress(tmp_path / "run")
    assert {old[name] for name in NAMES} == {"nan"} and new == progress(mnist)[1]
    now = contents(tmp_path / "run")
    assert main(["train", "mnist", "--epochs", "2", "--resume", "--quiet", "--out", "run"]) == 0
    assert contents(tmp_path / "run") == now


def test_samples_that_are_no_numbers_are_a_divergence():
    demo = DEMOS["mnist"]
    training = demo.start({"demo": "mnist"} | demo.settings | SMALL)
    training.gan.G.theta[-1] = np.nan
    with pytest.raises(Diverged, match="samples of G are no longer finite"):
        demo.measure(training)


def test_the_picture_has_the_numbers_and_the_floor():
    from matplotlib.figure import Figure

    rows = [{"epoch": e} | {name: e + i for i, name in enumerate(NAMES)} for e in (1, 2, 5)]
    for averaged in True, False:
        if not averaged:
            rows = [row | {"frechet_raw": row["frechet"], "shares_raw": row["shares"]} for row in rows]
        figure = Figure()
        draw_progress(figure, rows)
        for ax, name in zip(figure.axes, ("frechet", "shares"), strict=True):
            lines = {line.get_label().split(":")[0]: line for line in ax.lines}
            drawn = {"averaged G": "", "G as it is": "_raw"} if averaged else {"G": ""}
            assert list(lines) == [*drawn, "real training digits"]
            for label, end in drawn.items():
                assert list(lines[label].get_xdata()) == [1, 2, 5]
                assert list(lines[label].get_ydata()) == [row[name + end] for row in rows]
            assert set(lines["real training digits"].get_ydata()) == {rows[-1][name + "_real"]}
