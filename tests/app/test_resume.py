"""Resuming: other settings, and folders in which something is broken."""

import json
import math
import shutil
import tracemalloc
from pathlib import Path

import pytest
from small_runs import QUICK, SMALL, contents, finish, refused, resume, resumed, save

from npgan import checkpoint
from npgan.app.folder import HISTORY
from npgan.app.run import Run
from npgan.app.tables import read_history
from npgan.checkpoint import CheckpointError

pytestmark = pytest.mark.usefixtures("quick_files")
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


def other_end(rows, change):
    """Rows of which the third has another last entry."""
    return [*rows[:2], (*rows[2][:-1], change(rows[2][-1])), *rows[3:]]


EDITS = {
    "a column more": lambda rows: [row + ("more" if i == 0 else "1",) for i, row in enumerate(rows)],
    "columns in another order": lambda rows: [row[:-2] + row[-1:] + row[-2:-1] for row in rows],
    "a row less": lambda rows: rows[:2] + rows[3:],
    "the last row less": lambda rows: rows[:-1],
    "a row twice": lambda rows: rows[:3] + rows[2:],
    "two rows swapped": lambda rows: rows[:2] + rows[3:1:-1] + rows[4:],
    "entries swapped": lambda rows: [*rows[:2], rows[2][:-2] + rows[3][-2:], *rows[3:]],
    "the last bit": lambda rows: other_end(rows, lambda text: str(math.nextafter(float(text), 9))),
    "a sign": lambda rows: other_end(rows, lambda text: "-" + text),
}


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("name", ["history.csv", "progress.csv"])
def test_a_table_that_was_edited_is_refused(name, change, tmp_path):
    with Run.new(tmp_path / "run", SMALL | {"steps": 4}) as run:
        run.train(quiet=True)
    path = tmp_path / "run" / name
    rows = [tuple(line.split(",")) for line in path.read_text().splitlines()]
    path.write_text("".join(",".join(row) + "\n" for row in change(rows)))
    before = contents(tmp_path / "run")
    for steps in 4, 8:
        with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
            resume(tmp_path / "run", steps=steps)
    assert contents(tmp_path / "run") == before


def test_the_same_numbers_written_in_another_way_are_the_same(tmp_path):
    finish(Run.new(tmp_path / "run", QUICK))
    before = contents(tmp_path / "run")
    for name in "history.csv", "progress.csv":
        (tmp_path / "run" / name).write_bytes(before[name].replace(b"\n", b"\r\n"))
    finish(resume(tmp_path / "run"))
    assert contents(tmp_path / "run") == before


def test_a_checkpoint_from_before_digests_goes_on_and_gets_them(tmp_path, monkeypatch):
    monkeypatch.setattr("npgan.app.run.DIGESTS", "nothing")
    finish(Run.new(tmp_path / "run", QUICK))
    monkeypatch.undo()
    saved = checkpoint.load(tmp_path / "run" / "checkpoint.npz")
    del saved.config["nothing"]
    state = {"step": saved.step, "rng": saved.rng, "config": saved.config}
    checkpoint.save(tmp_path / "run" / "checkpoint.npz", saved.gan, **state)
    finish(resume(tmp_path / "run"))
    finish(Run.new(tmp_path / "whole", QUICK))
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


HORRORS = {
    "nested": "[" * 10**5,
    "nested in it": '{"a":' * 10**5 + "1" + "}" * 10**5,
    "many digits": '{"seed": ' + "9" * 5000 + "}",
    "NaN": '{"seed": NaN}',
    "a list": "[1]",
    "a number": "1",
    "no JSON": "{seed: 1}",
    "large": '"' + "a" * 10**7 + '"',
    "surrogate": '{"\\ud800": 1}',
    "no UTF-8": b'{"seed": "\xff"}',
    "NUL": b"\0" * 100,
}


@pytest.mark.parametrize("text", HORRORS.values(), ids=HORRORS)
def test_settings_that_are_none(text, tmp_path, capsys):
    save(tmp_path / "run", QUICK)
    (tmp_path / "run" / "config.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    before = contents(tmp_path / "run")
    refused(capsys, "train", "ring", "--resume", "--out", "run", message="config.json does not fit: ")
    assert contents(tmp_path / "run") == before


@pytest.mark.parametrize("name", ["history.csv", "progress.csv", ".npgan-run", "config.json"])
@pytest.mark.parametrize("more", [b"9", b"9,9,9,9,9\n", b"losses.png\n", b" ", b"[", b'"', b"\n"])
@pytest.mark.parametrize("where", ["in front", "behind"])
def test_a_file_that_has_grown_does_not_fill_the_memory(name, more, where, tmp_path):
    with Run.new(tmp_path / "run", QUICK) as run:
        run.train(quiet=True)
    path = tmp_path / "run" / name
    old, more = path.read_bytes(), more * ((1_000_000 if b"\n" in more else 8_000_000) // len(more))
    path.write_bytes(more + old if where == "in front" else old + more)
    tracemalloc.start()
    try:
        resumed(tmp_path / "run")
    except ValueError as error:
        assert len(str(error)) < 300
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4_000_000


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
