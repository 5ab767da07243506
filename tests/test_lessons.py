"""Every lesson runs from any folder, each cell twice, and fails when the library is broken on purpose."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from faults import FAULTS

LESSONS = {path.name[:2]: path for path in sorted(Path(__file__).parents[1].glob("lessons/[0-9]*.py"))}
NAMES = [path.stem for path in LESSONS.values()]


def cells(path):
    """The code cells of a percent script, as strings; prose cells are left out."""
    parts = re.split(r"^(# %%.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not parts[0].strip(), "a lesson starts with a cell"
    return [body for head, body in zip(parts[1::2], parts[2::2], strict=True) if "[markdown]" not in head]


def run(path, times=1, first=None):
    """Run each of the cells, or of the first so many, a number of times."""
    namespace = {}
    for cell in cells(path)[:first]:
        code = compile(cell, path.name, "exec")
        for _ in range(times):
            exec(code, namespace)


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    monkeypatch.setenv("NPGAN_IMG", str(tmp_path))
    return tmp_path


def test_there_are_lessons():
    assert list(LESSONS) == [f"{i:02d}" for i in range(1, len(LESSONS) + 1)] and len(LESSONS) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_each_cell_runs_twice(name):
    run(LESSONS[name[:2]], times=2)


@pytest.mark.parametrize("name", NAMES)
def test_runs_as_a_script_from_another_folder(name, tmp_path):
    environment = os.environ | {"NPGAN_IMG": str(tmp_path)}
    command = [sys.executable, "-W", "error", str(LESSONS[name[:2]])]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "picture: " in done.stdout and list(tmp_path.glob("*.png"))


def test_digits_without_mnist(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NPGAN_DATA", str(tmp_path / "nowhere"))
    run(LESSONS["10"], first=2)
    out = capsys.readouterr().out
    assert "THE DATA: digits drawn from fonts, for MNIST cannot be read here" in out
    assert "(no train-images-idx3-ubyte in " in out and "to learn from (6000, 784) uint8" in out


@pytest.mark.parametrize("name", NAMES)
def test_is_written_as_a_lesson(name):
    text = LESSONS[name[:2]].read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n# # ")
    for heading in "You will see", "You will learn", "You need", "On your own":
        assert heading.lower() in text.lower(), f"{name} lacks '{heading}'"
    for banned in "__file__", "plt.show", "__name__", "input(", "matplotlib.use", "get_ipython":
        assert banned not in text, f"{name} uses {banned}"
    assert text.count("assert ") >= 5


@pytest.mark.parametrize("name", NAMES)
def test_imports_npgan_before_numpy(name):
    """So that npgan can still say how long idle threads of the matrix library are to spin."""
    text = LESSONS[name[:2]].read_text(encoding="utf-8")
    roots = re.findall(r"^\s*(?:import|from) (npgan|numpy|matplotlib)\b", text, flags=re.MULTILINE)
    assert roots[0] == "npgan" and {"numpy", "matplotlib"} <= set(roots)


@pytest.mark.parametrize("lesson, plant", FAULTS, ids=[f"{n}-{plant.__name__}" for n, plant in FAULTS])
def test_notices_a_broken_library(lesson, plant, monkeypatch):
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run(LESSONS[f"{lesson:02d}"])


def test_every_lesson_has_faults_and_each_fault_stands_once():
    assert {lesson for lesson, _ in FAULTS} == {int(number) for number in LESSONS}
    assert len({plant.__name__ for _, plant in FAULTS}) == len({plant for _, plant in FAULTS})
    assert len(set(FAULTS)) == len(FAULTS)
