"""The commands: what each writes and prints."""

import json

import numpy as np
import pytest
from small_runs import refused

from npgan import Dense, gradcheck
from npgan.app.cli import main


@pytest.mark.parametrize(
    "data, picture", [("gaussian", "densities.png"), ("ring", "samples.png"), ("grid", "samples.png")]
)
def test_train(data, picture, capsys, elsewhere):
    assert main(["train", data, "--steps", "20", "--batch", "8", "--hidden", "4"]) == 0
    names = {path.name for path in (elsewhere / "runs" / data).iterdir()}
    assert {"checkpoint.npz", "config.json", "history.csv", "losses.png", picture} <= names
    out = capsys.readouterr().out
    assert "wrote runs" in out
    if data == "gaussian":
        assert "learned mean" in out and "distance to the data: W1" in out and "real against real" in out


@pytest.mark.parametrize(
    "options",
    [
        ["--d-steps", "3", "--game", "minimax", "--latent", "uniform", "--n-z", "3"],
        ["--order", "g_first", "--game", "least_squares", "--average", "0"],
        ["--order", "simultaneous", "--lr", "0.01", "--beta1", "0.5", "--anneal", "--seed", "5"],
    ],
)
def test_train_options(options, elsewhere):
    assert main(["train", "gaussian", "--steps", "10", "--batch", "8", "--quiet", *options]) == 0


def test_lr_sets_both_rates_unless_told_otherwise(elsewhere):
    main(["train", "gaussian", "--steps", "1", "--lr", "0.01", "--quiet", "--out", "a"])
    main(["train", "gaussian", "--steps", "1", "--lr", "0.01", "--d-lr", "0.02", "--quiet", "--out", "b"])
    assert '"lr": 0.01,' in (elsewhere / "a/config.json").read_text()
    assert '"d_lr": 0.01,' in (elsewhere / "a/config.json").read_text()
    assert '"d_lr": 0.02,' in (elsewhere / "b/config.json").read_text()
    assert main(["train", "gaussian", "--resume", "--lr", "0.01", "--out", "b", "--quiet"]) == 0


def test_a_second_run_gets_a_folder_of_its_own_and_resume_takes_the_latest(elsewhere, capsys):
    for _ in range(2):
        main(["train", "gaussian", "--steps", "5", "--quiet"])
    assert (elsewhere / "runs/gaussian-2/checkpoint.npz").exists()
    assert main(["train", "gaussian", "--steps", "8", "--quiet", "--resume"]) == 0
    assert (elsewhere / "runs/gaussian-2/history.csv").read_text().count("\n") == 9
    assert (elsewhere / "runs/gaussian/history.csv").read_text().count("\n") == 6


def test_a_resumed_run_says_what_it_has_written_itself(elsewhere, capsys):
    train = ["train", "gaussian", "--quiet", "--out", "run", "--steps"]
    main([*train, "5"])
    (elsewhere / "run/samples.png").touch()
    with open("run/.npgan-run", "a") as file:
        file.write("samples.png\n")  # as of a run that went on under another version
    capsys.readouterr()
    assert main([*train, "8", "--resume"]) == 0
    wrote = capsys.readouterr().out.splitlines()[-1]
    assert "losses.png" in wrote and "checkpoint.npz" in wrote and "samples.png" not in wrote


def test_divergence_exits_1_and_keeps_the_history(capsys, elsewhere):
    args = ["train", "gaussian", "--lr", "1e200", "--game", "least_squares", "--quiet", "--out", "run"]
    assert main(args) == 1
    assert "npgan: diverged at step" in capsys.readouterr().err
    assert (elsewhere / "run/history.csv").exists() and (elsewhere / "run/checkpoint.npz").exists()


def test_sample(gaussian, elsewhere, capsys):
    for name in "s.npy", "s.csv", "s.png":
        assert main(["sample", str(gaussian), "-n", "50", "-o", name, "--seed", "3"]) == 0
        assert f"wrote {name}: 50 samples of 1 numbers" in capsys.readouterr().out
    samples = np.load("s.npy", allow_pickle=False)
    assert samples.shape == (50, 1)
    assert abs(np.loadtxt("s.csv", delimiter=",", ndmin=2).reshape(50, 1) - samples).max() < 1e-7
    assert (elsewhere / "s.png").read_bytes().startswith(b"\x89PNG")
    main(["sample", str(gaussian / "checkpoint.npz"), "-n", "50", "-o", "t.npy", "--seed", "3"])
    assert (np.load("t.npy") == samples).all()
    main(["sample", str(gaussian), "-n", "50", "-o", "raw.npy", "--seed", "3", "--raw"])
    assert not (np.load("raw.npy") == samples).all()


def test_gradcheck_prints_a_table_and_passes(capsys):
    assert main(["gradcheck"]) == 0
    out = capsys.readouterr().out
    for what in (
        "Dense(3, 4) W",
        "LeakyReLU(0.2) x",
        "Tanh() x",
        "Sigmoid() x",
        "game minimax, V",
        "D step, non_saturating",
        "G step, least_squares",
    ):
        assert what in out
    assert "every gradient agrees" in out


def test_gradcheck_exits_1_on_a_wrong_gradient(capsys, monkeypatch):
    right = Dense.backward
    monkeypatch.setattr(Dense, "backward", lambda self, dy, **kw: right(self, dy * (1 + 2e-7), **kw))
    assert main(["gradcheck"]) == 1
    out = capsys.readouterr().out
    assert "WRONG" in out and "every gradient agrees" not in out
    assert gradcheck.TOLERANCE == 1e-7


def test_a_seed_of_the_gradient_check(capsys):
    refused(capsys, "gradcheck", "--seed", "-1", message="seed must be a whole number >= 0, got -1")


def test_one_width_for_every_hidden_layer(elsewhere):
    options = ["train", "ring", "--steps", "1", "--batch", "8", "--quiet"]
    assert main([*options, "--hidden", "5", "--out", "a"]) == 0
    assert main([*options, "--hidden", "5", "--d-hidden", "7,6", "--out", "b"]) == 0
    a, b = (json.loads((elsewhere / name / "config.json").read_text()) for name in "ab")
    assert (a["g_hidden"], a["d_hidden"]) == ([5, 5, 5], [5, 5])
    assert (b["g_hidden"], b["d_hidden"]) == ([5, 5, 5], [7, 6])
