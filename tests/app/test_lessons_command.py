"""npgan lessons: the list, the way to one, copies that replace nothing, and notebooks of the same cells."""

import json
import re
from pathlib import Path

import pytest
from small_runs import refused

from npgan.app import lessons
from npgan.app.cli import main

FOLDER = Path(__file__).parents[2] / "lessons"
NUMBERS = ["1", "2", "2b", *map(str, range(3, 11))]


def told(capsys, *args):
    assert main(["lessons", *map(str, args)]) == 0
    return capsys.readouterr().out


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_the_list_has_each_with_minutes_and_needs(capsys):
    out = told(capsys)
    found = re.findall(r"^ *(\w+)  (.+) \((\d+) minutes\)\n +needs (.+)$", out, re.MULTILINE)
    assert [number for number, *_ in found][: len(NUMBERS)] == NUMBERS
    assert len(found) == len(list(FOLDER.glob("[0-9]*_*.py")))
    assert ("3", "Find the best discriminator", "45") in [one[:3] for one in found]
    needs = dict((number, need) for number, *_, need in found)
    assert needs["3"] == "the value function V (lesson 1), backward (lesson 2), the derivative of a logarithm"
    assert needs["4"] == "the optimal discriminator D* (lesson 3)"


@pytest.mark.parametrize("typed, name", [("3", "03_optimal_d"), ("02B", "02b_one_cache_bug")])
def test_the_way_to_one_leads_to_its_file(typed, name, capsys):
    out = told(capsys, typed)
    (path,) = re.findall(r"run it +python (.+)", out)
    (answers,) = re.findall(r"its answers +(.+)", out)
    assert Path(path) == FOLDER / f"{name}.py" and Path(answers) == FOLDER / "answers" / f"{name}.py"
    assert Path(path).is_file() and Path(answers).is_file()


def test_a_way_from_above_is_short(capsys, monkeypatch):
    monkeypatch.chdir(FOLDER.parent)
    assert "python lessons/03_optimal_d.py\n" in told(capsys, 3)


def test_a_lesson_that_there_is_not(capsys, elsewhere):
    for args in ["99"], ["3", "x"], ["0", "--copy", "a"]:
        wrong = next(arg for arg in args if arg not in NUMBERS)
        refused(capsys, "lessons", *args, message=f"there is no lesson '{wrong}'; there are 1, 2, 2b, 3, 4, ")
    assert list(elsewhere.iterdir()) == []


def test_a_package_without_lessons(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("npgan.__file__", str(tmp_path / "npgan" / "__init__.py"))
    refused(capsys, "lessons", message=f"there are no lessons with this npgan, in {tmp_path / 'npgan'}")
    (tmp_path / "lessons").mkdir()  # that of another package beside it
    refused(capsys, "lessons", message="there are no lessons with this npgan")
    inside = tmp_path / "npgan" / "lessons"  # as in a wheel
    inside.mkdir(parents=True)
    for name in "00_map.md", "03_optimal_d.py":
        (inside / name).write_bytes((FOLDER / name).read_bytes())
    assert lessons.folder() == inside and "Find the best discriminator" in told(capsys)


# --- copies ---


def test_a_copy_has_every_file_and_can_be_made_again(capsys, elsewhere):
    for _ in range(2):
        assert "wrote mine/here: " in told(capsys, "--copy", "mine/here")
        copied = files(elsewhere / "mine" / "here")
        there = {name: content for name, content in files(FOLDER).items() if name.endswith((".py", ".md"))}
        assert copied == there and "answers/03_optimal_d.py" in copied and "00_map.md" in copied


@pytest.mark.parametrize("how, ending", [("--copy", ".py"), ("--notebooks", ".ipynb")])
def test_what_was_changed_is_never_lost(how, ending, capsys, elsewhere):
    told(capsys, "3", "2b", how, "mine")
    mine = elsewhere / "mine"
    names = {f"{name}{ending}" for name in ("02b_one_cache_bug", "03_optimal_d")}
    assert set(files(mine)) == names | {f"answers/{name}" for name in names}
    (mine / f"03_optimal_d{ending}").write_text("my own work")
    before = files(mine)
    refused(capsys, "lessons", how, "mine", message=f"mine/03_optimal_d{ending} is there already, and differs")
    assert files(mine) == before
    (elsewhere / "file").write_text("precious")
    refused(capsys, "lessons", how, "file", message="file")
    assert (elsewhere / "file").read_text() == "precious"


# --- notebooks ---


def test_notebooks_hold_the_cells_of_the_scripts(capsys, elsewhere):
    told(capsys, "--notebooks", "nb")
    made = files(elsewhere / "nb")
    assert len(made) == len(list(FOLDER.rglob("[0-9]*_*.py"))) >= 22
    for name, content in made.items():
        script = (FOLDER / name).with_suffix(".py").read_text(encoding="utf-8")
        cells = json.loads(content)["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        script = re.sub(r"^# %% \[markdown\]\n(#(?! %%).*\n)+", "", script, flags=re.MULTILINE)
        bodies = re.split(r"^# %%\n", script, flags=re.MULTILINE)
        assert code == [body.strip("\n") for body in bodies if body.strip()], name
        assert len({cell["id"] for cell in cells}) == len(cells)
        assert "".join(cells[0]["source"]).startswith("# ") and cells[0]["cell_type"] == "markdown"


def test_notebooks_are_valid(capsys, elsewhere):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    told(capsys, "3", "--notebooks", "nb")
    book = nbformat.read(elsewhere / "nb" / "03_optimal_d.ipynb", as_version=nbformat.NO_CONVERT)
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)


# --- percent scripts ---


def test_cells_know_their_lines():
    for lesson in lessons.lessons():
        lines = lesson.path.read_text(encoding="utf-8").splitlines()
        for cell in lesson.cells:
            if cell.prose:
                assert lines[cell.line - 1] == f"# {cell.text.splitlines()[0]}"
            else:
                assert lines[cell.line - 2].startswith("# %%")
                assert cell.text.startswith(next(filter(None, lines[cell.line - 1 :])))


@pytest.mark.parametrize(
    "prose, wanted",
    [
        ("D* is *the best* D", r"D\* is *the best* D"),
        ("**y* = p / (p + q)**.", r"**y\* = p / (p + q)**."),
        ("a *slow D*, and D*", r"a *slow D*, and D\*"),
        ("*Draw 4 * 128 noises. What becomes of D\\*?*", r"*Draw 4 \* 128 noises. What becomes of D\*?*"),
        ("`a*b` and x*, where\n\n*this*", "`a*b` and x\\*, where\n\n*this*"),
        ("an *open end\n\nD* here", "an *open end\n\nD\\* here"),
    ],
)
def test_stars_that_are_stars(prose, wanted):
    assert lessons.markdown(prose) == wanted
