"""How many threads of the matrix library a run of digits takes: chosen once, told, kept, obeyed."""

import json
from pathlib import Path

import pytest
from digit_runs import TINY
from small_runs import contents, finish, refused

from npgan import checkpoint, machine
from npgan.app import run as runs
from npgan.app.cli import main
from npgan.app.demos import DEMOS
from npgan.app.run import Run

pytestmark = pytest.mark.usefixtures("quick_files")
ONE_EPOCH = ["train", "mnist", "--epochs", "1", *TINY]


@pytest.fixture
def obeyed(monkeypatch):
    """The numbers of threads that trainings are run on; measured ones are not among them."""
    seen, threads = [], machine.threads

    def watched(count):
        seen.append(count)
        return threads(count)

    monkeypatch.setattr(runs, "machine", Watched(watched))
    return seen


class Watched:
    """machine, as run.py sees it."""

    def __init__(self, threads):
        self.threads = threads

    def __getattr__(self, name):
        return getattr(machine, name)


def measures(monkeypatch, seconds):
    """Let the threads take so many seconds each, and every net be large enough to measure them."""
    monkeypatch.setattr(machine, "choices", lambda: list(seconds))
    monkeypatch.setattr(machine, "time_threads", lambda work, counts: work() is not None and seconds)
    monkeypatch.setattr(runs, "SMALL", 0)


def never(*args, **options):
    raise AssertionError("nothing is to be measured")


def config(folder="run"):
    kept = json.loads(Path(folder, "config.json").read_text())
    saved = checkpoint.load(Path(folder, "checkpoint.npz")).config
    assert saved.pop("digests") and saved == kept
    return kept


def test_the_quickest_is_chosen_told_kept_and_taken_up_again(obeyed, monkeypatch, capsys):
    for quickest, seconds in (2, {1: 0.02, 2: 0.0125}), (1, {1: 0.02, 2: 0.08}):
        measures(monkeypatch, seconds)
        obeyed.clear()
        assert main([*ONE_EPOCH, "--out", f"run{quickest}"]) == 0
        told = capsys.readouterr().out.splitlines()
        times = f"20.0 ms on 1, {1e3 * seconds[2]:.1f} ms on 2"
        assert told[1].startswith(f"threads {quickest}: ") and times in told[1]
        assert told[0].endswith(f"threads {quickest}") and config(f"run{quickest}")["threads"] == quickest
        assert obeyed == [quickest, quickest]  # the training, and the measures and pictures in the end
        monkeypatch.setattr(machine, "time_threads", never)
        assert main([*ONE_EPOCH, "--out", f"run{quickest}", "--resume", "--epochs", "2"]) == 0
        assert config(f"run{quickest}")["threads"] == quickest and obeyed == 4 * [quickest]
        assert "threads 1:" not in (out := capsys.readouterr().out) and "threads 2:" not in out


def test_threads_that_are_told_are_not_measured(obeyed, monkeypatch, capsys):
    monkeypatch.setattr(machine, "time_threads", never)
    assert main([*ONE_EPOCH, "--out", "run", "--threads", "2"]) == 0
    assert config()["threads"] == 2 and obeyed == [2, 2]
    assert capsys.readouterr().out.startswith("mnist: ")
    assert main([*ONE_EPOCH, "--out", "run", "--resume", "--epochs", "2", "--threads", "1"]) == 0
    assert config()["threads"] == 1 and obeyed == [2, 2, 1, 1]
    assert main([*ONE_EPOCH, "--out", "run", "--resume", "--epochs", "3"]) == 0
    assert config()["threads"] == 1 and obeyed[4:] == [1, 1]


def test_a_run_from_before_they_were_chosen_goes_on_as_it_was(obeyed, monkeypatch):
    settings = {"demo": "mnist"} | DEMOS["mnist"].settings
    settings |= {"epochs": 1, "batch": 32, "g_hidden": [16], "d_hidden": [16]}
    finish(Run.new("run", settings))
    monkeypatch.setattr(machine, "time_threads", never)
    assert "threads" not in config() and obeyed == [None, None]
    assert main([*ONE_EPOCH, "--out", "run", "--resume", "--epochs", "2"]) == 0
    assert "threads" not in config() and obeyed == 4 * [None]


def test_measuring_touches_nothing_of_the_training(monkeypatch):
    monkeypatch.setattr(runs, "SMALL", 0)
    monkeypatch.setattr(machine, "choices", lambda: [1, 2])
    monkeypatch.setattr(machine, "quickest", lambda seconds: min(seconds))
    assert main([*ONE_EPOCH, "--out", "measured"]) == 0
    monkeypatch.setattr(machine, "time_threads", never)
    assert main([*ONE_EPOCH, "--out", "told", "--threads", "1"]) == 0
    assert contents(Path("measured")) == contents(Path("told"))


def test_small_nets_take_one_thread(monkeypatch):
    monkeypatch.setattr(machine, "choices", lambda: [1, 2, 4])
    monkeypatch.setattr(machine, "time_threads", never)
    assert main([*ONE_EPOCH, "--out", "run"]) == 0
    assert config()["threads"] == 1
    with pytest.raises(SystemExit):
        main(["train", "ring", "--threads", "1"])


@pytest.fixture(autouse=True)
def four_processors(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 4)


@pytest.mark.parametrize("number, wanted", [(0, "a whole number >= 1"), (5, "at most 4"), (1025, "at most 4")])
def test_numbers_of_threads_that_make_no_sense(number, wanted, capsys):
    refused(capsys, *ONE_EPOCH, "--out", "run", "--threads", number, message=f"threads must be {wanted}")
    assert main([*ONE_EPOCH, "--out", "run", "--threads", "1"]) == 0
    before = contents(Path("run"))
    refused(capsys, *ONE_EPOCH, "--out", "run", "--resume", "--threads", number, message="threads must be")
    assert contents(Path("run")) == before
