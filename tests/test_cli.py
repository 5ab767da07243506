"""The command line: what it writes, prints and answers to nonsense, in one line and with its exit code."""

import os
import subprocess
import sys

import numpy as np
import pytest

from npgan import Dense, gradcheck
from npgan.cli import main


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "gaussian"
    assert main(["train", "gaussian", "--steps", "30", "--batch", "8", "--out", str(folder), "--quiet"]) == 0
    return folder


def refused(capsys, *args, message):
    """The command ends with 2 and one line on stderr that says message."""
    assert main([str(arg) for arg in args]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.startswith("npgan: error: ") and err.count("\n") == 1, err
    assert out == ""


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


def test_sample(trained, elsewhere, capsys):
    for name in "s.npy", "s.csv", "s.png":
        assert main(["sample", str(trained), "-n", "50", "-o", name, "--seed", "3"]) == 0
        assert f"wrote {name}: 50 samples of 1 numbers" in capsys.readouterr().out
    samples = np.load("s.npy", allow_pickle=False)
    assert samples.shape == (50, 1)
    assert abs(np.loadtxt("s.csv", delimiter=",", ndmin=2).reshape(50, 1) - samples).max() < 1e-7
    assert (elsewhere / "s.png").read_bytes().startswith(b"\x89PNG")
    main(["sample", str(trained / "checkpoint.npz"), "-n", "50", "-o", "t.npy", "--seed", "3"])
    assert (np.load("t.npy") == samples).all()
    main(["sample", str(trained), "-n", "50", "-o", "raw.npy", "--seed", "3", "--raw"])
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


def test_bad_settings(capsys, elsewhere):
    for option, value, message in [
        ("--steps", "0", "steps must be a whole number >= 1, got 0"),
        ("--batch", "-4", "batch must be a whole number >= 1, got -4"),
        ("--d-steps", "0", "d_steps must be"),
        ("--lr", "0", "lr must be a number with 0 < lr and finite, got 0.0"),
        ("--lr", "nan", "lr must be a number"),
        ("--seed", "-1", "seed must be a whole number >= 0, got -1"),
        ("--average", "1.5", "average must be a number with 0 < average < 1, got 1.5"),
        ("--hidden", "0", "n_out must be a whole number"),
    ]:
        refused(capsys, "train", "gaussian", option, value, message=message)
    assert os.listdir(elsewhere) == []


@pytest.mark.parametrize(
    "args",
    [["train", "gaussian", "--game", "poker"], ["train", "cats"], [], ["train", "gaussian", "--steps", "many"]],
)
def test_what_the_parser_refuses(args, capsys):
    with pytest.raises(SystemExit) as info:
        main(args)
    assert info.value.code == 2 and "usage: npgan" in capsys.readouterr().err


def test_bad_checkpoints(capsys, elsewhere, trained):
    (elsewhere / "text.npz").write_text("hello")
    (elsewhere / "out.npy").write_text("precious")
    refused(capsys, "sample", "missing.npz", "-o", "out.npy", message="missing.npz: no such file")
    refused(capsys, "sample", "text.npz", "-o", "out.npy", message="text.npz is not a usable checkpoint")
    refused(
        capsys, "sample", trained, "-n", "0", "-o", "out.npy", message="n must be a whole number >= 1, got 0"
    )
    refused(capsys, "sample", trained, "-o", "out.txt", message=".npy, .csv or .png file, got 'out.txt'")
    refused(capsys, "train", "gaussian", "--resume", message="no such file")
    assert (elsewhere / "out.npy").read_text() == "precious"
    (elsewhere / "folder.npy").mkdir()
    refused(capsys, "sample", trained, "-o", "folder.npy", message="folder.npy is a folder, wanted the name")
    refused(capsys, "sample", trained, "-o", "no/folder/out.npy", message="there is no folder no")


def test_more_numbers_than_memory_holds(capsys, elsewhere, trained):
    refused(capsys, "sample", trained, "-n", 10**17, "-o", "out.npy", message="not enough memory: ")
    refused(capsys, "train", "gaussian", "--hidden", 10**8, message="not enough memory: ")
    assert os.listdir(elsewhere) == []


def test_a_seed_of_the_gradient_check(capsys):
    refused(capsys, "gradcheck", "--seed", "-1", message="seed must be a whole number >= 0, got -1")


def test_an_output_folder_that_cannot_be_written(capsys, elsewhere):
    (elsewhere / "file").write_text("precious")
    refused(capsys, "train", "gaussian", "--out", "file", message="file: ")
    refused(capsys, "train", "gaussian", "--out", "file/run", message="file/run: ")
    assert (elsewhere / "file").read_text() == "precious"


def test_a_folder_with_a_run_in_it(capsys, trained):
    before = {path.name: path.read_bytes() for path in trained.iterdir()}
    refused(capsys, "train", "gaussian", "--out", trained, message="holds a run already")
    assert {path.name: path.read_bytes() for path in trained.iterdir()} == before


def test_divergence_exits_1_and_keeps_the_history(capsys, elsewhere):
    args = ["train", "gaussian", "--lr", "1e200", "--game", "least_squares", "--quiet", "--out", "run"]
    assert main(args) == 1
    assert "npgan: diverged at step" in capsys.readouterr().err
    assert (elsewhere / "run/history.csv").exists() and (elsewhere / "run/checkpoint.npz").exists()


def test_as_a_command(elsewhere):
    done = subprocess.run(
        [sys.executable, "-m", "npgan", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("npgan ")
    done = subprocess.run(
        [sys.executable, "-m", "npgan", "sample", "no.npz", "-o", "a.npy"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
