"""The folder of a run: its name, and what is replaced in it."""

import os
import shutil
from pathlib import Path

import pytest
from small_runs import QUICK, SMALL, begin, contents, finish, refused, resume, resumed, save

from npgan.app.demos import DEMOS
from npgan.app.folder import A_NAME, CHECKPOINT, CONFIG, HISTORY, LIST, PROGRESS, RunFolder
from npgan.app.run import Run, files
from npgan.checkpoint import CheckpointError

pytestmark = pytest.mark.usefixtures("quick_files")
NAMES = [CHECKPOINT, CONFIG, HISTORY, PROGRESS, "losses.png", "densities.png", "progress.png"]


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
    names = "mine.png", "epoch_001.png", "samples.png", ".a.csv.x8f.npgan-part"  # no Gaussian writes these
    mine = {name: b"a picture" for name in names}
    for name in *mine, ".checkpoint.npz.x8f.npgan-part":
        (tmp_path / "run" / name).write_bytes(b"a picture")
    begin(tmp_path / "run", overwrite=True)
    assert contents(tmp_path / "run") == mine | {".npgan-run": b""}


@pytest.mark.parametrize("name", NAMES)
def test_what_no_run_has_written_is_not_replaced(name, tmp_path):
    """In a folder that never was a run, or has one, or a copy of one without its list: by no command."""
    save(tmp_path / "run")
    shutil.copytree(tmp_path / "run", tmp_path / "unlisted")
    (tmp_path / "unlisted" / LIST).unlink()
    (tmp_path / "mine").mkdir()
    for folder in tmp_path / "mine", tmp_path / "run", tmp_path / "unlisted":
        path = folder / name
        listed = folder.name == "run" and path.exists()
        if not path.exists():
            path.write_text("precious")
        before = contents(folder)
        for overwrite in {False, not listed}:
            with pytest.raises(ValueError, match="not in .npgan-run as written by a run|holds a run already"):
                Run.new(folder, SMALL, overwrite=overwrite)
        if before[name] == b"precious":
            with pytest.raises(ValueError, match=f"{name} (is|does)|{CHECKPOINT}$"):
                resume(folder)
        assert contents(folder) == before


@pytest.mark.parametrize("name", [HISTORY, PROGRESS, "losses.png"])
def test_what_the_user_puts_there_during_a_run_is_not_replaced_either(name, tmp_path):
    with Run.new(tmp_path / "run", SMALL) as run:
        run.save_checkpoint()
        (tmp_path / "run" / name).write_text("precious")
        with pytest.raises(ValueError, match=f"{name} is there, but not in .npgan-run as written by a run"):
            run.folder.own(name)
    assert (tmp_path / "run" / name).read_text() == "precious"


def test_links_and_folders_are_no_files_of_a_run(tmp_path):
    finish(Run.new(tmp_path / "whole", QUICK))
    for name in HISTORY, "losses.png", LIST:
        for kind in "folder", "link":
            shutil.copytree(tmp_path / "whole", tmp_path / kind)
            path = tmp_path / kind / name
            os.rename(path, tmp_path / "moved")
            path.mkdir() if kind == "folder" else path.symlink_to(tmp_path / "moved")
            before = {one.name: one.lstat().st_mtime_ns for one in (tmp_path / kind).iterdir()}
            with pytest.raises(ValueError, match=f"{name} is (no plain file|not the list of a run)"):
                Run.new(tmp_path / kind, QUICK, overwrite=True)
            with pytest.raises(ValueError, match=f"{name} is (no plain file|not a usable table|not the list)"):
                resume(tmp_path / kind)
            assert {one.name: one.lstat().st_mtime_ns for one in (tmp_path / kind).iterdir()} == before
            shutil.rmtree(tmp_path / kind)


@pytest.mark.parametrize("demo", ["gaussian", "ring", "grid"])
def test_the_names_that_a_run_may_write_are_those_it_writes(demo, tmp_path):
    config = {"demo": demo} | DEMOS[demo].settings | {"steps": 20, "batch": 8, "g_hidden": [4], "d_hidden": [4]}
    run = Run.new(tmp_path / "run", config)
    finish(run)
    found = sorted(files(run.demo, run.training))
    assert sorted(contents(tmp_path / "run")) == [LIST, *found] and all(map(A_NAME.fullmatch, found))


OTHERS = "notes.txt", "../notes.txt", "/notes.txt", "", ".", ".npgan-run", "a\0b", "ä", "a.png/", "x" * 10**6


@pytest.mark.parametrize("line", OTHERS, ids=lambda line: line[:12])
def test_a_list_with_anything_else_in_it_removes_nothing(line, tmp_path, capsys):
    save(tmp_path / "run")
    for path in tmp_path / "notes.txt", tmp_path / "run" / "notes.txt":
        path.write_text("precious")
    with open(tmp_path / "run" / LIST, "a", encoding="utf-8") as file:
        file.write(line + "\n")
    before = contents(tmp_path / "run")
    for how in [], ["--overwrite"], ["--resume"]:
        message = "run/.npgan-run is not the list of a run: line 4 names none of its files"
        refused(capsys, "train", "gaussian", "--out", "run", *how, message=message)
    assert contents(tmp_path / "run") == before and (tmp_path / "notes.txt").read_text() == "precious"


def test_a_list_in_another_order_or_with_a_file_that_is_gone(tmp_path):
    finish(Run.new(tmp_path / "run", QUICK))
    before = contents(tmp_path / "run")
    names = before[LIST].decode().split()
    pictures = [name for name in names if name.endswith(".png")]
    for listed in names[::-1], names * 2, [*names, "densities.png"], pictures:
        (tmp_path / "run" / LIST).write_text("\r\n".join(listed))
        finish(resume(tmp_path / "run"))
        assert contents(tmp_path / "run") == before


def test_of_runs_that_start_at_once_each_gets_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Run.new(None, SMALL) as one, Run.new(None, SMALL) as two, Run.new(None, SMALL) as three:
        folders = [run.folder.path.as_posix() for run in (one, two, three)]  # none has saved yet
        with pytest.raises(ValueError, match="is going on here"):
            Run.new(folders[0], SMALL)
    assert folders == ["runs/gaussian", "runs/gaussian-2", "runs/gaussian-3"]


def test_a_folder_in_which_a_run_came_to_nothing_is_free(tmp_path, monkeypatch):
    """Killed before its first checkpoint, it has left a list, perhaps with names in it, a lock, half a file."""
    monkeypatch.chdir(tmp_path)
    assert begin(None, QUICK).folder.path.as_posix() == begin(None, QUICK).folder.path.as_posix() == "runs/ring"
    finish(Run.new("whole", QUICK))
    for names in "", f"{CHECKPOINT}\n", f"{CHECKPOINT}\n{HISTORY}\n":
        for left in [], [".npgan-lock"], [".checkpoint.npz.x8f.npgan-part", "..npgan-run.x8f.npgan-part"]:
            folder = tmp_path / "runs" / "ring"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / LIST).write_text(names)
            for name in left:
                (folder / name).write_text("half")
            with pytest.raises(CheckpointError, match="there is nothing to resume yet: no such file as "):
                resume(folder)
            run = Run.new(None, QUICK)
            assert run.folder.path.as_posix() == "runs/ring"
            finish(run)
            assert contents(folder) == contents(tmp_path / "whole")


@pytest.mark.parametrize("last", [1, 2, 4, 7])
def test_overwriting_that_is_killed_leaves_the_old_run_or_none(last, tmp_path, monkeypatch):
    """None: a part that looks like a run is worse. The same command once more makes it whole."""
    finish(Run.new(tmp_path / "run", QUICK))
    whole, removed, unlink = contents(tmp_path / "run"), [], Path.unlink

    def killed(self, missing_ok=False):
        if self.name != ".npgan-lock":
            removed.append(self.name)
            if len(removed) == last:
                raise KeyboardInterrupt
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        Run.new(tmp_path / "run", QUICK, overwrite=True)
    monkeypatch.setattr(Path, "unlink", unlink)
    assert contents(tmp_path / "run") == whole or CHECKPOINT not in contents(tmp_path / "run")
    finish(Run.new(tmp_path / "run", QUICK, overwrite=True))
    assert contents(tmp_path / "run") == whole


def test_a_run_without_its_checkpoint_is_still_not_replaced(tmp_path):
    finish(Run.new(tmp_path / "run", QUICK))
    (tmp_path / "run" / CHECKPOINT).unlink()
    before = contents(tmp_path / "run")
    with pytest.raises(ValueError, match="holds a run already: choose another --out, or add --overwrite"):
        Run.new(tmp_path / "run", QUICK)
    with pytest.raises(CheckpointError, match="nothing to resume"):
        resume(tmp_path / "run")
    assert contents(tmp_path / "run") == before


def test_a_batch_that_does_not_fit_leaves_the_old_run_alone(tmp_path):
    finish(Run.new(tmp_path / "run", SMALL))
    before = contents(tmp_path / "run")
    with pytest.raises(MemoryError):
        Run.new(tmp_path / "run", SMALL | {"batch": 10**8, "n_z": 10**6}, overwrite=True)
    assert contents(tmp_path / "run") == before


def test_the_run_saved_last_is_resumed_or_overwritten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed in range(3):
        save(None, SMALL | {"seed": seed})
    shutil.rmtree("runs/gaussian-2")
    os.utime("runs/gaussian-3/checkpoint.npz", (1, 1))
    assert RunFolder.old(None, "gaussian").path.as_posix() == "runs/gaussian"
    save(None)
    for name in "gaussian-2-backup", "gaussian-old", "gaussian2":  # a copy is no run of ours
        shutil.copytree("runs/gaussian-2", f"runs/{name}")
    assert RunFolder.old(None, "gaussian").path.as_posix() == "runs/gaussian-2"
    assert begin(None, SMALL | {"seed": 5}, overwrite=True).folder.path.as_posix() == "runs/gaussian-2"
    assert begin(None, overwrite=True).folder.path.as_posix() == "runs/gaussian"
    assert resumed("runs/gaussian-3").training.config["seed"] == 2
    shutil.rmtree("runs")
    assert begin(None, overwrite=True).folder.path.as_posix() == "runs/gaussian"


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
