"""The folder of a run: its name, and what is replaced in it."""

import os
import shutil

import pytest
from small_runs import SMALL, begin, contents, finish, save

from npgan.app.demos import DEMOS
from npgan.app.folder import RunFolder
from npgan.app.run import Run


def test_names_of_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert RunFolder.old(None, "gaussian").path.name == "gaussian"
    names = []
    for _ in range(3):
        names.append(save(None).folder.path.as_posix())
    assert names == ["runs/gaussian", "runs/gaussian-2", "runs/gaussian-3"]
    assert RunFolder.old(None, "gaussian").path.as_posix() == "runs/gaussian-3"
    assert RunFolder.old("elsewhere", "gaussian").path.as_posix() == "elsewhere"


def test_a_folder_with_a_run_is_not_overwritten_unless_asked(tmp_path):
    save(tmp_path / "run")
    before = contents(tmp_path / "run")
    with pytest.raises(
        ValueError, match="holds a run already: choose another --out, or add --resume or --overwrite"
    ):
        Run.new(tmp_path / "run", SMALL)
    assert contents(tmp_path / "run") == before
    names = "mine.png", "epoch_001.png", "samples.png", ".a.csv.x8f.npgan-part"
    mine = {name: b"a picture" for name in names}
    for name in *mine, ".checkpoint.npz.x8f.npgan-part":
        (tmp_path / "run" / name).write_bytes(b"a picture")
    begin(tmp_path / "run", overwrite=True)
    assert contents(tmp_path / "run") == mine | {".npgan-run": b""}


def test_of_runs_that_start_at_once_each_gets_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Run.new(None, SMALL) as one, Run.new(None, SMALL) as two, Run.new(None, SMALL) as three:
        folders = [run.folder.path.as_posix() for run in (one, two, three)]  # none has saved yet
    assert folders == ["runs/gaussian", "runs/gaussian-2", "runs/gaussian-3"]
    assert begin(None).folder.path.as_posix() == "runs/gaussian"  # as nothing has come of the first


def test_a_batch_that_does_not_fit_leaves_the_old_run_alone(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    before = contents(tmp_path / "run")
    with pytest.raises(MemoryError):
        Run.new(tmp_path / "run", SMALL | {"batch": 10**8, "n_z": 10**6}, overwrite=True)
    assert contents(tmp_path / "run") == before


def test_the_run_saved_last_is_resumed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in range(3):
        finish(Run.new(None, SMALL | {"seed": seed}))
    shutil.rmtree("runs/gaussian-2")
    os.utime("runs/gaussian-3/checkpoint.npz", (1, 1))
    assert RunFolder.old(None, "gaussian").path.as_posix() == "runs/gaussian"
    save(None)
    assert RunFolder.old(None, "gaussian").path.as_posix() == "runs/gaussian-2"


@pytest.mark.parametrize("demo", ["gaussian", "ring"])
def test_overwriting_removes_everything_that_a_run_leaves(demo, tmp_path):
    config = {"demo": demo} | DEMOS[demo].settings | {"steps": 20, "batch": 8, "g_hidden": [4], "d_hidden": [4]}
    finish(Run.new(tmp_path / "run", config))
    begin(tmp_path / "run", config, overwrite=True)
    assert contents(tmp_path / "run") == {".npgan-run": b""}


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"batch": -1}, {"lr": 0}, {"game": "poker"}, {"seed": -1}, {"g_hidden": [0]}]
)
def test_settings_that_make_no_sense_write_nothing(wrong, tmp_path):
    save(tmp_path / "run")
    before = contents(tmp_path / "run")
    for folder in "run", "new":
        with pytest.raises(ValueError):
            Run.new(tmp_path / folder, SMALL | wrong, overwrite=True)
    assert contents(tmp_path / "run") == before and not (tmp_path / "new").exists()
