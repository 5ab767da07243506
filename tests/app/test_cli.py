"""The command line: what it answers to nonsense, in one line and with its exit code."""

import os
import subprocess
import sys

import pytest
from small_runs import refused

from npgan.app.cli import main


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


def test_bad_checkpoints(capsys, elsewhere, gaussian):
    (elsewhere / "text.npz").write_text("hello")
    (elsewhere / "out.npy").write_text("precious")
    refused(capsys, "sample", "missing.npz", "-o", "out.npy", message="missing.npz: no such file")
    refused(capsys, "sample", "text.npz", "-o", "out.npy", message="text.npz is not a usable checkpoint")
    refused(
        capsys, "sample", gaussian, "-n", "0", "-o", "out.npy", message="n must be a whole number >= 1, got 0"
    )
    refused(capsys, "sample", gaussian, "-o", "out.txt", message=".npy, .csv or .png file, got 'out.txt'")
    refused(capsys, "train", "gaussian", "--resume", message="no such file")
    assert (elsewhere / "out.npy").read_text() == "precious"
    (elsewhere / "folder.npy").mkdir()
    refused(capsys, "sample", gaussian, "-o", "folder.npy", message="folder.npy is a folder, wanted the name")
    refused(capsys, "sample", gaussian, "-o", "no/folder/out.npy", message="there is no folder no")


def test_more_numbers_than_memory_holds(capsys, elsewhere, gaussian):
    refused(capsys, "sample", gaussian, "-n", 10**17, "-o", "out.npy", message="not enough memory: ")
    refused(capsys, "train", "gaussian", "--g-hidden", f"{10**8},{10**8}", message="not enough memory: ")
    assert os.listdir(elsewhere) == []


def test_an_output_folder_that_cannot_be_written(capsys, elsewhere):
    (elsewhere / "file").write_text("precious")
    refused(capsys, "train", "gaussian", "--out", "file", message="file: ")
    refused(capsys, "train", "gaussian", "--out", "file/run", message="file/run: ")
    assert (elsewhere / "file").read_text() == "precious"


def test_a_folder_with_a_run_in_it(capsys, gaussian):
    before = {path.name: path.read_bytes() for path in gaussian.iterdir()}
    refused(capsys, "train", "gaussian", "--out", gaussian, message="holds a run already")
    assert {path.name: path.read_bytes() for path in gaussian.iterdir()} == before


def test_as_a_command(elsewhere):
    done = subprocess.run(
        [sys.executable, "-m", "npgan", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("npgan ")
    done = subprocess.run(
        [sys.executable, "-m", "npgan", "sample", "no.npz", "-o", "a.npy"], capture_output=True, text=True
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
