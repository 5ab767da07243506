"""Saving a figure: whatever the user's matplotlib is set to, and whatever goes wrong in it."""

import os
import subprocess
import sys
import weakref

import matplotlib
import pytest
from digit_runs import TINY
from matplotlib.figure import Figure
from small_runs import SMALL, contents, refused

from npgan import Diverged
from npgan.app import console
from npgan.app.cli import main
from npgan.app.figures import Picture, check_drawing, save_figure
from npgan.app.run import Run

STYLE = {
    "text.usetex": True, "font.family": "no such font", "font.size": 30, "figure.facecolor": "red",
    "figure.dpi": 7, "savefig.format": "pdf", "savefig.bbox": "tight", "axes.grid": True, "lines.linewidth": 9,
    "axes.prop_cycle": matplotlib.cycler(color=["pink"]), "path.simplify": False, "figure.autolayout": True,
}  # fmt: skip


def draw(figure):
    figure.subplots().plot([1, 2])


def test_a_saved_figure_does_not_stay_in_memory(tmp_path):
    seen = []

    def noted(figure):
        seen.append(weakref.ref(figure))
        draw(figure)

    save_figure(tmp_path / "a.png", noted)
    assert (tmp_path / "a.png").exists() and seen[0]() is None


def test_the_style_of_the_user_plays_no_part(tmp_path):
    save_figure(tmp_path / "a.png", draw)
    with matplotlib.rc_context(STYLE):
        save_figure(tmp_path / "b.png", draw)
        assert matplotlib.rcParams["text.usetex"] and matplotlib.rcParams["lines.linewidth"] == 9  # for others
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_the_backend_of_the_user_plays_no_part(tmp_path):
    """Figures are made without pyplot, which is slow to import, and would look for a screen."""
    train = ["train", "gaussian", "--steps", "3", "--quiet", "--out"]
    code = f"""
import sys
sys.argv = ["npgan", *{train}, "b"]
from npgan.__main__ import main
assert main() == 0 and "matplotlib" in sys.modules and "matplotlib.pyplot" not in sys.modules
"""
    assert main([*train, "a"]) == 0
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"MPLBACKEND": "nonsense"}, check=True)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


# --- what goes wrong ---

FAULTS = RuntimeError("no latex:\nsee\nthere"), ValueError(""), ImportError("libpng\x1b[31m")


def broken(fault):
    def break_(*_, **__):
        raise fault

    return break_


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_broken_matplotlib_is_found_before_training(fault, capsys, elsewhere, gaussian, monkeypatch):
    monkeypatch.setattr(Figure, "savefig", broken(fault))
    before = contents(gaussian)
    name = type(fault).__name__
    for args in ["train", "ring"], ["train", "gaussian", "--resume", "--out", gaussian, "--steps", "40"]:
        refused(capsys, *args, message=f"matplotlib cannot draw here: {name}")
    refused(capsys, "sample", gaussian, "-o", "a.png", message=f"matplotlib cannot draw here: {name}")
    assert os.listdir(elsewhere) == [] and contents(gaussian) == before


def test_fonts_that_are_missing_are_found_before_training(capsys, elsewhere, monkeypatch):
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "findfont", broken(ValueError("no fonts")))
    refused(capsys, "train", "gaussian", message="matplotlib cannot draw here: ValueError: no fonts")
    assert os.listdir(elsewhere) == []


RUNS = ["ring", "--steps", "5", "--batch", "8", "--hidden", "4", "--quiet"], ["mnist", "--epochs", "2", *TINY]


@pytest.mark.parametrize("run, fault", [*((RUNS[0], fault) for fault in FAULTS), (RUNS[1], FAULTS[0])])
def test_pictures_that_fail_cost_a_line_each_and_no_run(run, fault, capsys, elsewhere, monkeypatch):
    monkeypatch.setattr("npgan.app.run.complain", console.complain)
    train = ["train", *run]
    assert main([*train, "--out", "good"]) == 0
    capsys.readouterr()
    drawn = set()

    def save(path, *args):
        if path.name != "losses.png":
            drawn.add(path.name)
            raise fault
        save_figure(path, *args)

    monkeypatch.setattr("npgan.app.run.save_figure", save)
    assert main([*train, "--out", "bad"]) == 0
    out, err = capsys.readouterr()
    starts = sorted(f"npgan: warning: no {name}: {type(fault).__name__}: " for name in drawn)
    assert [line[: len(start)] for line, start in zip(sorted(err.splitlines()), starts, strict=True)] == starts
    assert "\x1b" not in err
    wrote = out.splitlines()[-1]
    assert "losses.png" in wrote and not any(name in wrote for name in drawn)
    good, bad = contents(elsewhere / "good"), contents(elsewhere / "bad")
    assert drawn == good.keys() - bad.keys() and bad.items() <= good.items()


def test_a_divergence_that_is_found_while_drawing_is_one(tmp_path):
    run = Run.new(tmp_path / "run", SMALL)
    with pytest.raises(Diverged):
        run.draw([Picture("a.png", broken(Diverged("no samples")))])


def test_a_matplotlib_that_can_draw_is_quiet(capfd, recwarn):
    check_drawing()
    assert capfd.readouterr() == ("", "") and not [w for w in recwarn.list if w.category is not ResourceWarning]
