"""Every lesson runs from any folder and from any cell on, shows what it claims, and fails when the library is
broken on purpose."""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from faults import FAULTS
from matplotlib.text import Text

from npgan import plots

FOLDER = Path(__file__).parents[1] / "lessons"
LESSONS = {path.name.split("_")[0]: path for path in sorted(FOLDER.glob("[0-9]*_*.py"))}
ANSWERS = {path.name.split("_")[0]: path for path in sorted(FOLDER.glob("answers/[0-9]*_*.py"))}
SHOWN = 12  # inches: a wider figure is shrunk to this width where it is shown, and its text with it


def cells(path):
    """The code cells of a percent script, as strings; prose cells are left out."""
    parts = re.split(r"^(# %%.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not parts[0].strip(), "a lesson starts with a cell"
    return [body for head, body in zip(parts[1::2], parts[2::2], strict=True) if "[markdown]" not in head]


def run(path, first=None):
    """Run each of the cells once, or the first so many."""
    namespace = {}
    for cell in cells(path)[:first]:
        exec(compile(cell, path.name, "exec"), namespace)


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    import matplotlib

    monkeypatch.setenv("NPGAN_IMG", str(tmp_path))
    with matplotlib.rc_context():  # lessons enlarge the text
        yield tmp_path


def test_there_are_lessons_and_answers():
    assert {f"{i:02d}" for i in range(1, 11)} | {"02b"} <= set(LESSONS)
    assert set(ANSWERS) == set(LESSONS)


# --- they run ---


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_cell_can_be_run_again_at_any_time(lesson):
    """Each cell twice: in order; then, with all later cells behind it, once more: the last one first, so that
    none meets what an earlier one has put right. A cell prints the same each time: so what it reads has the
    same values whatever ran before, and the cells after it can follow again."""
    path, namespace, printed = LESSONS[lesson], {}, {}

    def run_cell(i, cell):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(cell, path.name, "exec"), namespace)
        text = re.sub(r"[\d.]+ s(econds)?\b|0x[0-9a-f]+", "", out.getvalue())  # times differ
        assert printed.setdefault(i, text) == text, f"cell {i} prints something else when it is run again"

    code = list(enumerate(cells(path)))
    for i, cell in [*code, *reversed(code)]:
        run_cell(i, cell)


@pytest.mark.parametrize("lesson", LESSONS)
def test_runs_as_a_script_from_another_folder(lesson, tmp_path):
    environment = os.environ | {"NPGAN_IMG": str(tmp_path)}
    command = [sys.executable, "-W", "error", str(LESSONS[lesson])]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "picture: " in done.stdout and list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("lesson", ANSWERS)
def test_answers_run(lesson):
    run(ANSWERS[lesson])


def test_digits_without_mnist(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NPGAN_DATA", str(tmp_path / "nowhere"))
    run(LESSONS["10"], first=2)
    out = capsys.readouterr().out
    assert "THE DATA: digits drawn from fonts, for MNIST cannot be read here" in out
    assert "(no train-images-idx3-ubyte in " in out and "to learn from (6000, 784) uint8" in out


def test_lesson_14_notices_an_auroc_that_is_reversed():
    """A slip in its own lines: strangers are said to be normal, and the other way round."""
    namespace, (cell,) = {"np": np}, [cell for cell in cells(LESSONS["14"]) if "def auroc" in cell]
    exec(compile(cell, "14", "exec"), namespace)
    slips = ("return (", "return 1 - ("), ("+ 1.0", "+ 0.0"), ("[len(normal) :]", "[: len(strange)]")
    for right, wrong in slips:
        assert cell.count(right) == 1
        with pytest.raises(AssertionError):
            exec(compile(cell.replace(right, wrong), "14", "exec"), namespace)


# --- they are written as lessons: from picture to picture ---


@pytest.mark.parametrize("lesson", LESSONS)
def test_is_written_as_a_lesson(lesson):
    text = LESSONS[lesson].read_text(encoding="utf-8")
    assert text.startswith("# %% [markdown]\n# # ")
    for heading in "You will see", "You will learn", "You need", "On your own":
        assert heading.lower() in text.lower(), f"{lesson} lacks '{heading}'"
    assert re.search(r"\d+ minutes in class", text.split("# %%\n")[0]), "it does not say how long it takes"
    assert f"lessons/answers/{LESSONS[lesson].name}" in text, "it does not say where its answers are"
    for banned in "__file__", "plt.show", "__name__", "input(", "matplotlib.use", "get_ipython":
        assert banned not in text, f"{lesson} uses {banned}"
    assert text.count("assert ") >= 5


@pytest.mark.parametrize("lesson", LESSONS)
def test_fits_on_the_wall(lesson):
    path = LESSONS[lesson]
    assert path.read_text(encoding="utf-8").count("\n") <= 250
    lengths = sorted(sum(1 for line in cell.splitlines() if line.strip()) for cell in cells(path))
    assert lengths[-1] <= 20 and sum(length > 15 for length in lengths) <= 2, f"lines in cells: {lengths}"
    if lesson == "03":
        assert len(lengths) <= 15


@pytest.mark.parametrize("lesson", LESSONS)
def test_imports_npgan_before_numpy(lesson):
    """So that npgan can still say how long idle threads of the matrix library are to spin."""
    text = LESSONS[lesson].read_text(encoding="utf-8")
    roots = re.findall(r"^\s*(?:import|from) (npgan|numpy|matplotlib)\b", text, flags=re.MULTILINE)
    assert roots[0] == "npgan" and {"numpy", "matplotlib"} <= set(roots)


@pytest.mark.parametrize("lesson", LESSONS)
def test_pictures_can_be_read(lesson, monkeypatch):
    """One by the third cell; text of 12 points as shown; no legend on data; no two curves of one colour."""
    complaints, right = [], plots.finish

    def finish(fig, name):
        complaints.extend(f"{name}: {complaint}" for complaint in complain(fig))
        right(fig, name)
        seen.append(name)

    monkeypatch.setattr(plots, "finish", finish)
    namespace, seen, code = {}, [], cells(LESSONS[lesson])
    for i, cell in enumerate(code, start=1):
        exec(compile(cell, LESSONS[lesson].name, "exec"), namespace)
        assert seen or i < 3, "no picture in the first three cells"
    assert not complaints, "\n".join(complaints)
    assert len(seen) == len(set(seen)) >= (5 if lesson == "03" else 3), seen


def complain(fig):
    """Yield what is wrong with the look of a figure."""
    fig.canvas.draw()
    shrunk = min(1, SHOWN / fig.get_figwidth())
    for text in fig.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text.get_fontsize() * shrunk < 12 - 1e-6:
            yield f"{text.get_text()!r} is {text.get_fontsize() * shrunk:.1f} points high"
    for ax in fig.axes:
        lines = [line for line in ax.lines if line.get_visible() and len(line.get_xdata()) > 2]
        labelled = [line.get_color() for line in lines if not line.get_label().startswith("_")]
        if len(set(labelled)) < len(labelled):
            yield f"two curves of one colour in {ax.get_title()!r}: {labelled}"
    legends = [a.get_legend() for a in fig.axes if a.get_legend()] + list(fig.legends)
    for box in (legend.get_window_extent() for legend in legends):
        hidden = sum(int(box.contains(*point)) for ax in fig.axes for point in drawn(ax))
        if hidden:
            yield f"a legend lies on {hidden} points of the data"


def drawn(ax):
    """Points along everything that is plotted in ax as a line or as a cloud, in pixels."""
    window = ax.get_window_extent()
    for line in ax.lines:
        points = ax.transData.transform(np.ma.filled(np.ma.column_stack(line.get_data(orig=False)), np.nan))
        if line.get_visible() and len(points) > 2:
            if line.get_linestyle() not in ("None", "none", ""):
                points = np.concatenate([a + t * (b - a) for t in np.linspace(0, 1, 5)
                                         for a, b in [(points[:-1], points[1:])]])  # fmt: skip
            yield from (point for point in points if np.isfinite(point).all() and window.contains(*point))
    for cloud in ax.collections:
        offsets = cloud.get_offsets()
        if cloud.get_visible() and len(offsets) > 2:
            points = cloud.get_offset_transform().transform(np.ma.filled(offsets, np.nan))
            yield from (point for point in points if np.isfinite(point).all() and window.contains(*point))


def test_the_look_of_a_bad_figure_is_noticed():
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(24, 5))
    x = np.linspace(0, 1, 50)
    ax.plot(x, x, color="red", label="one")
    ax.plot(x, 1 - x, color="red", label="other")
    ax.plot(x, 0.98 + 0 * x, ".", label="cloud")
    ax.set_title("small", fontsize=20)
    ax.legend(loc="upper center")
    found = list(complain(fig))
    plt.close(fig)
    assert any("'small' is 10.0 points" in complaint for complaint in found)
    assert any("two curves of one colour" in complaint for complaint in found)
    assert any("a legend lies on" in complaint for complaint in found)


# --- they notice a broken library ---


@pytest.mark.parametrize("lesson, plant", FAULTS, ids=[f"{n}-{plant.__name__}" for n, plant in FAULTS])
def test_notices_a_broken_library(lesson, plant, monkeypatch):
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        run(LESSONS[lesson])


def test_every_lesson_has_faults_and_each_fault_stands_once():
    assert {lesson for lesson, _ in FAULTS} == set(LESSONS)
    assert len({plant.__name__ for _, plant in FAULTS}) == len({plant for _, plant in FAULTS})
    assert len(set(FAULTS)) == len(FAULTS)
