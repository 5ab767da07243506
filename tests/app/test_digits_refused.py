"""What is no run of digits, or lacks a part of one, is refused in one line, and nothing is written."""

import json
import shutil

import numpy as np
import pytest
from digit_runs import N
from idx_files import write
from small_runs import begin, contents, refused

from npgan import checkpoint
from npgan.app.cli import main


def test_what_makes_no_images_has_no_score_and_no_walk(gaussian, mnist, capsys, elsewhere):
    main(["train", "ring", "--steps", "3", "--batch", "8", "--hidden", "4", "--quiet", "--out", "ring"])
    wanted = "makes no images of digits: it was trained on "
    refused(capsys, "score", gaussian, message=wanted + "one Gaussian on the line")
    for options in (["--walk", "-o", "a.npy"], ["--walk", "-o", "a.png"], ["--nearest", "-o", "a.png"]):
        refused(capsys, "sample", "ring", *options, message=wanted + "eight Gaussians")
    refused(capsys, "sample", mnist, "--nearest", "-o", "a.npy", message="make a .png file, got 'a.npy'")
    refused(capsys, "score", "nowhere", message="nowhere: no such file")
    refused(capsys, "score", mnist, "-n", "0", message="n must be a whole number >= 1, got 0")
    assert not list(elsewhere.glob("a.*"))


def test_a_checkpoint_that_only_says_it_is_of_digits(gaussian, capsys, elsewhere):
    saved = checkpoint.load(gaussian / "checkpoint.npz")
    checkpoint.save("odd.npz", saved.gan, step=3, rng=saved.rng, config={"demo": "mnist"})
    refused(capsys, "score", "odd.npz", message="odd.npz makes no images of digits: its G ends in 1, not 784")
    refused(capsys, "sample", "odd.npz", "--walk", "-o", "a.png", message="ends in 1, not 784")
    checkpoint.save("odd.npz", saved.gan, step=3, rng=saved.rng, config={})
    refused(capsys, "score", "odd.npz", message="odd.npz makes no images of digits")


def test_without_data_nothing_is_written(mnist, capsys, elsewhere):
    shutil.copytree(mnist, elsewhere / "run")
    for command in (
        ["train", "mnist", "--out", "new"],
        ["train", "mnist", "--out", "run", "--overwrite"],
        ["train", "mnist", "--out", "run", "--resume", "--epochs", "9"],
        ["sample", "run", "--nearest", "-o", "a.png"],
        ["score", "run"],
    ):
        refused(capsys, *command, "--data", "nowhere", message="no train-images-idx3-ubyte in nowhere")
    assert contents(elsewhere / "run") == contents(mnist)
    assert {path.name for path in elsewhere.iterdir()} <= {"run", "cache"}


def test_overwriting_removes_everything_that_a_run_leaves(mnist, tmp_path):
    shutil.copytree(mnist, tmp_path / "run")
    begin(tmp_path / "run", json.loads((mnist / "config.json").read_text()), overwrite=True)
    assert contents(tmp_path / "run") == {".npgan-run": b""}


def test_resuming_without_what_the_epochs_left_behind(mnist, capsys, tmp_path):
    resume = ["train", "mnist", "--resume", "--epochs", "3", "--out", "run"]
    for name, content, message in [
        ("strip.npy", None, "strip.npy cannot be read"),
        ("strip.npy", b"", "strip.npy cannot be read"),
        ("strip.npy", np.zeros(3), "strip.npy holds float64 (3,), wanted uint8 (2, 10, 784)"),
        ("strip.npy", np.array(5), "strip.npy holds int64 (), wanted uint8 (2, 10, 784)"),
        ("strip.npy", b"PK\3\4junk", "strip.npy cannot be read"),
        ("strip.npy", np.zeros((2, 10, 784), np.uint8), "strip.npy is not as the checkpoint beside it"),
        ("progress.csv", b"step,epoch\n10,1\n19,3\n", "progress.csv is not as the checkpoint beside it"),
        ("progress.csv", None, "there are notes on 0 epochs, wanted 2"),
        ("progress.csv", b"step,epoch\n5,1\n19,2\n", "there are notes on 2 epochs, wanted 2, one on each"),
        ("config.json", b'{"seed": 9}', "config.json does not fit: its settings are not those"),
        ("config.json", b"[", "config.json does not fit"),
    ]:
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        shutil.copytree(mnist, tmp_path / "run")
        (tmp_path / "run" / name).unlink()
        if isinstance(content, bytes):
            (tmp_path / "run" / name).write_bytes(content)
        elif content is not None:
            np.save(tmp_path / "run" / name, content)
        before = contents(tmp_path / "run")
        refused(capsys, *resume, message=message)
        assert contents(tmp_path / "run") == before


def test_resuming_a_run_of_something_else(gaussian, mnist, capsys, tmp_path):
    before = contents(gaussian), contents(mnist)
    resume = ["train", "mnist", "--resume", "--out"]
    refused(capsys, *resume, gaussian, message="has demo = 'gaussian', and cannot go on with 'mnist'")
    refused(capsys, *resume, mnist, "--g-hidden", "32", message="g_hidden = [16], and cannot go on with [32]")
    assert (contents(gaussian), contents(mnist)) == before
    fewer = write(tmp_path / "fewer", np.zeros((40, 28, 28)), np.zeros(40))
    shutil.copytree(mnist, tmp_path / "run")
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
