"""Resuming: other settings, and folders in which something is broken."""

import json
import shutil
from pathlib import Path

import pytest
from small_runs import SMALL, contents, finish, resume, resumed

from npgan import checkpoint
from npgan.app.folder import HISTORY
from npgan.app.run import Run
from npgan.app.tables import read_history
from npgan.checkpoint import CheckpointError

OLD_RUN = Path(__file__).parents[1] / "data" / "old_run"


def test_a_run_cannot_be_shortened(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    before = contents(tmp_path / "run")
    with pytest.raises(ValueError, match="has 40 steps behind it, more than 30"):
        resume(tmp_path / "run", steps=30)
    assert contents(tmp_path / "run") == before


def test_resuming_with_other_settings(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    with pytest.raises(ValueError, match="has batch = 8, and cannot go on with 16"):
        resume(tmp_path / "run", batch=16)
    config = tmp_path / "run" / "config.json"
    config.write_text(json.dumps(SMALL | {"steps": 60}))  # as if killed while it was prolonged
    assert resumed(tmp_path / "run").training.steps == 40
    config.write_text(json.dumps(SMALL | {"seed": 9}))
    with pytest.raises(CheckpointError, match="not those of the checkpoint"):
        resume(tmp_path / "run")
    config.write_text(json.dumps(SMALL))
    longer = resume(tmp_path / "run", steps=60)
    finish(longer)
    finish(Run.new(tmp_path / "whole", SMALL | {"steps": 60}))
    run, whole = contents(tmp_path / "run"), contents(tmp_path / "whole")
    assert run["history.csv"] == whole["history.csv"] and run["config.json"] == whole["config.json"]
    looks = []
    for name in "run", "whole":  # they were looked at after other steps, and are the same but for that
        one = checkpoint.load(tmp_path / name / "checkpoint.npz")
        looks.append(one.config["digests"].pop("progress.csv"))
        checkpoint.save(tmp_path / name / "less.npz", one.gan, step=one.step, rng=one.rng, config=one.config)
    assert (tmp_path / "run" / "less.npz").read_bytes() == (tmp_path / "whole" / "less.npz").read_bytes()
    assert looks[0] != looks[1]
    finish(Run.new(tmp_path / "annealed", SMALL | {"anneal": True}))
    with pytest.raises(ValueError, match="fall to 0 over its steps"):
        resume(tmp_path / "annealed", steps=60)


def test_resuming_nothing_or_something_broken(tmp_path):
    with pytest.raises(CheckpointError, match="no such file"):
        resume(tmp_path / "run")
    finish(Run.new(tmp_path / "run", SMALL))
    history = tmp_path / "run" / "history.csv"
    for broken in "", "step,V\n1,2\n", history.read_text()[:500], history.read_text().replace("\n3,", "\n4,"):
        history.write_text(broken)
        with pytest.raises(
            CheckpointError, match=r"history\.csv (is not a usable table|does not hold the 40 steps)"
        ):
            resume(tmp_path / "run")


def test_a_progress_table_that_is_none(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    progress = tmp_path / "run" / "progress.csv"
    good = progress.read_text()
    renamed = good.replace("w1,", "w9,")
    for broken in renamed, "hello\nworld\n", good[: good.rindex(",")], good.replace("\n", ",7,8\n", 2), "\0":
        progress.write_text(broken)
        with pytest.raises(CheckpointError, match=r"progress\.csv is not a usable table"):
            resume(tmp_path / "run")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"demo": []}, "no demo known here"),
        ({"seed": "x"}, "seed must be a whole number"),
        ({"steps": None}, "steps must be a whole number"),
        ({"anneal": ...}, "does not say anneal"),
    ],
)
def test_a_checkpoint_with_a_configuration_that_makes_no_sense(change, message, tmp_path, monkeypatch):
    finish(Run.new(tmp_path / "run", SMALL))
    saved = checkpoint.load(tmp_path / "run" / "checkpoint.npz")
    config = {name: value for name, value in (saved.config | change).items() if value is not ...}
    monkeypatch.setattr(checkpoint, "load", lambda path: saved._replace(config=config))
    before = contents(tmp_path / "run")
    with pytest.raises(ValueError, match=message):
        resume(tmp_path / "run")
    assert contents(tmp_path / "run") == before


def test_a_checkpoint_that_promises_more_steps_than_a_list_can_hold(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    with pytest.raises(CheckpointError, match="does not hold the 1000"):
        read_history(tmp_path / "run" / HISTORY, 10**30)


def test_a_run_of_the_days_before_runs_kept_lists_goes_on(tmp_path):
    """A folder with the older kind of checkpoint, of 40 steps: prolonged, it ends where one run ends."""
    shutil.copytree(OLD_RUN, tmp_path / "run")
    run = resume(tmp_path / "run", steps=60)
    assert (run.step, run.training.steps, len(run.training.progress)) == (40, 60, 20)
    history = (OLD_RUN / "history.csv").read_text()
    finish(run)
    assert (tmp_path / "run" / HISTORY).read_text().startswith(history)
    assert "checkpoint.npz" in (tmp_path / "run" / ".npgan-run").read_text().split()
    assert resumed(tmp_path / "run").step == 60
