"""A few of the attacks in benchmarks/hostile on runs find no fault; where a check is missing, they do."""

import json
import os
import re
import sys

import numpy as np
import pytest
from small_runs import resume

from benchmarks.hostile import kills, pairs, tables
from npgan.app.run import Run
from npgan.checkpoint import CheckpointError

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


def attacks(module, n, tmp_path, seed=0, **options):
    """The outcomes of n attacks, each in a folder of its own."""
    for i in range(n):
        folder = tmp_path / f"{seed}-{i}"
        folder.mkdir()
        yield module.attack(np.random.default_rng([seed, i]), folder, **options)


@posix
def test_edited_folders(tmp_path):
    outcomes = list(attacks(tables, 200, tmp_path))
    assert outcomes.count("refused") > 100 and outcomes.count("equal") > 20


@pytest.mark.parametrize("edit", set(tables.EDITS), ids=lambda edit: edit.__name__)
@posix
def test_each_kind_of_edit(edit, tmp_path):
    assert set(attacks(tables, 8, tmp_path, edits=[edit])) <= {"refused", "equal"}


@pytest.mark.parametrize("config", tables.CONFIGS, ids=lambda config: config["demo"])
def test_a_run_killed_at_any_write_goes_on_or_starts_again_to_the_same_bytes(config, tmp_path):
    """Before or after any of its files takes its name, the first list among them."""
    states = tables.stopped(json.dumps(config))
    assert not states[0].keys() & {"checkpoint.npz"} and len(states) > 50
    for i, state in enumerate(states):
        folder = tmp_path / f"{i}"
        folder.mkdir()
        tables.put(folder, state)
        with tables.small_pictures():
            try:
                run = resume(folder)
                assert "checkpoint.npz" in state
            except CheckpointError as error:
                assert "nothing to resume yet" in str(error) and "checkpoint.npz" not in state
                run = Run.new(folder, config)
            with run:
                assert run.train(quiet=True) == ""
                run.report()
        assert tables.contents(folder) == states[-1], f"killed at write {i}"


def none(*args, **options):
    return {}


WEAK = {
    "no digests": (["npgan.app.run.digests", "npgan.app.resume.digests"], none, tables.numbers),
    "foreign files": (["npgan.app.folder.RunFolder.check_foreign"], none, tables.foreign),
    "leftovers": (["npgan.app.folder.RunFolder.clear_leftovers"], none, tables.line_ends),
    "any name": (["npgan.app.folder.A_NAME"], re.compile(".*"), tables.names),
}


@pytest.mark.parametrize("places, weakness, edit", WEAK.values(), ids=WEAK)
@posix
def test_a_missing_check_is_noticed(places, weakness, edit, tmp_path, monkeypatch):
    tables.stopped.cache_clear()
    for place in places:
        monkeypatch.setattr(place, weakness)
    with pytest.raises(AssertionError, match="differ"):
        list(attacks(tables, 60, tmp_path, edits=[edit]))
    tables.stopped.cache_clear()


PLANTED = """
import sys
from npgan.app import cli, {module}
{module}.{place} = lambda *args: None
sys.exit(cli.main())
"""


@posix
def test_killed_processes(tmp_path, monkeypatch):
    assert list(attacks(kills, 1, tmp_path, seed=11)) == ["new"]
    planted = PLANTED.format(module="lock", place="Lock.release")
    monkeypatch.setattr(kills, "COMMAND", [sys.executable, "-c", planted])
    with pytest.raises(AssertionError, match=".npgan-lock differ"):
        list(attacks(kills, 1, tmp_path, seed=6))


@posix
def test_two_processes_at_once(tmp_path, monkeypatch):
    assert list(attacks(pairs, 1, tmp_path, seed=3)) in (["0 and 2"], ["0 and 0"])
    planted = PLANTED.format(module="folder", place="RunFolder.check_foreign")
    monkeypatch.setattr(kills, "COMMAND", [sys.executable, "-c", planted])
    with pytest.raises(AssertionError, match="taken: "):
        list(attacks(pairs, 1, tmp_path, seed=0))
