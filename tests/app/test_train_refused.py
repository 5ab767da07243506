"""What `npgan train` refuses before it claims a folder, and what it takes for a divergence."""

import os

import numpy as np
import pytest
from digit_runs import TINY
from small_runs import QUICK, SMALL, contents, finish, refused, resume

from npgan import GAN, digits
from npgan.app.cli import main
from npgan.app.demos import DEMOS
from npgan.app.run import Run
from npgan.digits import Digits
from npgan.games import Diverged

pytestmark = pytest.mark.usefixtures("quick_files")
SIZES = "steps", "batch", "d_steps", "n_z", "g_hidden", "d_hidden", "hidden"


@pytest.mark.parametrize("name", SIZES)
def test_numbers_beyond_all_sense_name_their_option(name, capsys, elsewhere):
    most = 10**9 if name == "steps" else 10**8
    for number in most + 1, 2**63:
        option = f"--{name.replace('_', '-')}"
        refused(capsys, "train", "ring", option, number, message=f"{name} must be at most {most}, got {number}")
    assert os.listdir(elsewhere) == []


@pytest.mark.parametrize("name", SIZES[:-1])
def test_numbers_that_no_machine_can_hold(name, tmp_path):
    number = [10**400] if "hidden" in name else 10**400
    with pytest.raises(ValueError, match=f"{name} must be at most 10+, got one of 401 digits"):
        Run.new(tmp_path / "run", QUICK | {name: number})
    number = [-(10**400)] if "hidden" in name else -(10**400)
    with pytest.raises(ValueError, match=" must be a whole number >= 1"):
        Run.new(tmp_path / "run", QUICK | {name: number})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("product", [{"n_z": 10**8, "g_hidden": [10**8]}, {"batch": 10**8, "n_z": 10**6}])
def test_numbers_whose_product_is_too_much_claim_no_folder(product, tmp_path):
    with pytest.raises(MemoryError):
        Run.new(tmp_path / "run", QUICK | product)
    assert not (tmp_path / "run").exists()


def test_a_seed_of_hundreds_of_digits_is_a_seed(tmp_path):
    finish(Run.new(tmp_path / "run", QUICK | {"seed": 10**400 + 7}))
    before = contents(tmp_path / "run")
    finish(resume(tmp_path / "run"))
    assert contents(tmp_path / "run") == before


@pytest.mark.parametrize("option", ["--out=", "--out=--", "--steps=--", "--g-hidden=--", "--game=--"])
def test_options_that_were_given_nothing(option, capsys, elsewhere):
    try:
        assert main(["train", "ring", option, "--quiet"]) == 2
    except SystemExit as error:  # as some versions of Python have it
        assert error.code == 2
    error = capsys.readouterr().err
    assert option.split("=")[0] in error.splitlines()[-1] and "Traceback" not in error
    assert os.listdir(elsewhere) == []


def test_a_folder_of_data_is_refused_where_there_is_none(capsys, elsewhere, monkeypatch):
    few = Digits(np.zeros((40, 784), np.uint8), np.zeros(40, np.uint8))
    monkeypatch.setattr(digits, "glyph_digits", lambda n, *, rng: few)
    assert main(["train", "digits", "--epochs", "1", *TINY, "--out", "run"]) == 0
    before = contents(elsewhere / "run")
    for command in ["score", "run"], ["sample", "run", "--nearest", "-o", "a.png"]:
        refused(capsys, *command, "--data", "x", message="digits drawn from fonts are in no folder, got x")
    for name in "digits", "ring", "gaussian":
        config = {"demo": name} | DEMOS[name].settings
        with pytest.raises(ValueError, match=f"the data of {name} are in no folder, got x"):
            Run.new(elsewhere / "new", config, data_folder="x")
    with pytest.raises(ValueError, match="the data of digits are in no folder"):
        resume(elsewhere / "run", data_folder="x")
    assert contents(elsewhere / "run") == before and not (elsewhere / "new").exists()


def test_no_average_is_none(capsys, elsewhere):
    options = ["train", "ring", "--steps", "2", "--batch", "8", "--hidden", "4", "--quiet", "--out", "run"]
    assert main([*options, "--average", "0"]) == 0
    assert main([*options, "--average", "0", "--resume"]) == 0
    message = "has average = none, and cannot go on with 0.9"
    refused(capsys, *options, "--average", "0.9", "--resume", message=message)
    assert main([*options, "--average", "0.9", "--overwrite"]) == 0
    message = "has average = 0.9, and cannot go on with none"
    refused(capsys, *options, "--average", "0", "--resume", message=message)


def test_help_says_what_overwrite_and_resume_take(capsys):
    with pytest.raises(SystemExit):
        main(["train", "ring", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    latest = "the run in the folder, without --out the latest of runs/ring, runs/ring-2, ..."
    assert f"go on with {latest}" in text and f"replace {latest}; files that no run has written stay" in text


def test_overwrite_without_a_folder_takes_the_latest(capsys, elsewhere):
    options = ["train", "ring", "--steps", "2", "--batch", "8", "--hidden", "4", "--quiet"]
    for seed in "012":
        assert main([*options, "--seed", seed]) == 0
    os.utime("runs/ring-2/checkpoint.npz", (2**33, 2**33))
    one, three = contents(elsewhere / "runs/ring"), contents(elsewhere / "runs/ring-3")
    assert main([*options, "--overwrite"]) == 0
    assert contents(elsewhere / "runs/ring-2") == one and contents(elsewhere / "runs/ring-3") == three
    assert sorted(os.listdir("runs")) == ["ring", "ring-2", "ring-3"]


# --- divergence: exit 1, and the step ---


@pytest.mark.parametrize("average", ["0", "0.999"])
@pytest.mark.parametrize("demo", ["ring", "grid"])
@pytest.mark.parametrize("steps", [1, 2, 20, 45])
def test_samples_that_overflow_are_a_divergence(steps, demo, average, capsys, elsewhere):
    options = ["--lr", "1e12", "--d-lr", "1e-30", "--steps", str(steps), "--batch", "8", "--average", average]
    assert main(["train", demo, *options, "--quiet", "--out", "run"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("npgan: diverged at step ") and error.count("\n") == 1
    before = contents(elsewhere / "run")
    assert main(["train", demo, "--resume", "--quiet", "--out", "run"]) == 1
    assert capsys.readouterr().err == error and contents(elsewhere / "run") == before


@pytest.mark.parametrize("far", [np.nan, np.inf, -np.inf, 1e200, 1e31])
@pytest.mark.parametrize("demo", ["gaussian", "ring"])
def test_samples_that_cannot_be_measured_are_a_divergence(demo, far, tmp_path, monkeypatch):
    with Run.new(tmp_path / "run", (SMALL if demo == "gaussian" else QUICK) | {"steps": 40}) as run:
        sample = GAN.sample

        def spoilt(gan, n, *, rng, raw=False):
            samples = sample(gan, n, rng=rng, raw=raw).astype(float)
            if run.step >= 7:
                samples[-1, -1] = far
            return samples

        monkeypatch.setattr(GAN, "sample", spoilt)
        assert run.train(quiet=True) == "diverged at step 8: the samples of G are no longer finite"
        assert len(run.training.progress) == 3
        with pytest.raises(Diverged, match="the samples of G are no longer finite"):
            run.report()
        monkeypatch.undo()
    with resume(tmp_path / "run") as run:
        assert run.step == 6


def test_a_run_that_was_stopped_where_its_samples_overflow_has_diverged(capsys, elsewhere, monkeypatch):
    """No look was due when it was stopped: the report at the end finds it out."""

    def stopped(self, *, quiet):
        self.training.gan.G.theta[:] = 1e30
        self.history.extend(range(5))
        self.training.gan.average = None
        return "stopped at step 1"

    monkeypatch.setattr(Run, "train", stopped)
    assert main(["train", "ring", "--steps", "40", "--quiet", "--out", "run"]) == 1
    assert capsys.readouterr().err == "npgan: diverged at step 1: the samples of G are no longer finite\n"
