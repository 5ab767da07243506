"""npgan play as a command: what it plays, what it refuses, and what is kept of a session."""

import os
import signal
import subprocess
import sys
from unittest.mock import Mock

import numpy as np
import pytest
from live_sessions import TINY, changed, config, session, state, table
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from small_runs import refused

from npgan import checkpoint
from npgan.app import cli
from npgan.app.commands import play
from npgan.app.live import clipboard, keep
from npgan.app.live import table as tables
from npgan.app.live.session import Session

SMALL = "--batch", "8", "--g-hidden", "6", "--d-hidden", "5"


def played(*words):
    return play.session(cli.parser().parse_args(["play", *map(str, words)]))


@pytest.fixture(autouse=True)
def screen(monkeypatch):
    monkeypatch.setattr(play, "check_screen", lambda: None)


def test_without_a_screen_it_says_what_else_there_is():
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    if sys.platform != "linux":
        pytest.skip("elsewhere there is always a screen")
    done = subprocess.run([sys.executable, "-m", "npgan", "play"], capture_output=True, text=True, env=env)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert "--browser" in done.stderr and "npgan record" in done.stderr


def test_what_can_be_played(elsewhere):
    assert played().config["demo"] == "ring"
    assert played("gaussian", "--seed", 3, *SMALL).config["seed"] == 3
    np.savetxt("points.csv", table(), delimiter=",")
    np.save("line.npy", table(d=1)[:, 0])
    assert np.allclose(played("points.csv").data.rows, table())
    assert played("line.npy").data.rows.shape == (60, 1)
    assert played("ring", "--variant", "r1", "--gamma", 2).config["gamma"] == 2
    assert played("ring", "--lr", 0.1).config["d_lr"] == 0.1 and played("ring", "--freeze", "G").frozen == "G"
    assert played("mnist", "--hidden", 4).config["g_hidden"] == [4, 4, 4]


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("text.csv", "x,y\n1,2\n", "text.csv: line 1 has 'x', which is no number"),
        ("nan.csv", "1,2\n3,nan\n", "nan.csv: line 2 has nan, wanted a finite number"),
        ("three.csv", "1,2,3\n", "three.csv has 3 columns, wanted 1 or 2"),
        ("empty.csv", "", "empty.csv holds no rows"),
        ("ragged.csv", "1,2\n3\n", "ragged.csv: line 2 has 1 entries, and those before it 2"),
        ("gap.csv", "1,\n", "gap.csv: line 1 has '', which is no number"),
        ("binary.csv", b"\xff\xfe", "binary.csv is no text in UTF-8"),
        ("damaged.npy", b"hello", "damaged.npy is no array as np.save writes it"),
        ("three.npy", np.zeros((4, 3)), "three.npy has 3 columns, wanted 1 or 2"),
        ("deep.npy", np.zeros((4, 2, 1)), "deep.npy must hold rows (n, 1) or (n, 2), got shape (4, 2, 1)"),
        ("empty.npy", np.zeros((0, 2)), "empty.npy holds no rows"),
        ("nan.npy", np.array([[1, 2], [np.nan, 3]]), "nan.npy has nan in row 2, column 1"),
        ("words.npy", np.array(["a"]), "words.npy must hold an array of numbers, got <U1"),
        ("objects.npy", np.array([{}]), "objects.npy is no array as np.save writes it"),
        ("folder.csv", None, "folder.csv is a folder, wanted a file"),
    ],
)
def test_files_that_are_no_tables(name, content, message, elsewhere, capsys):
    if content is None:
        (elsewhere / name).mkdir()
    elif isinstance(content, np.ndarray):
        np.save(name, content)
    else:
        (elsewhere / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(capsys, "play", name, message=message)


@pytest.mark.parametrize(
    "words, message",
    [
        (["cats"], "there are no data 'cats': choose from gaussian, ring"),
        (["cats.txt"], "there are no data 'cats.txt'"),
        (["cats.csv"], "cats.csv: No such file"),
        (["cats.npz"], "cats.npz: no such file"),
        (["empty"], "no checkpoint at empty/checkpoint.npz"),
        (["ring", "--hide", "cats"], "unknown control to hide 'cats'; choose from data"),
        (["ring", "--port", "8000"], "--port goes with --browser"),
        (["ring", "--epochs", "3"], "ring has no epochs"),
        (["ring", "--clip", "3"], "clip is no setting of the variant gan"),
        (["ring", "--lr", "0"], "lr must be a number"),
        (["ring", "--data", "x"], "the data of ring are in no folder"),
        (["ring", "--g-hidden", "0"], "n_out must be a whole number"),
    ],
)
def test_what_cannot_be_played(words, message, elsewhere, capsys):
    (elsewhere / "empty").mkdir()
    refused(capsys, "play", *words, message=message)
    assert os.listdir(elsewhere) == ["empty"]


def test_windows_line_ends_a_mark_of_unicode_and_empty_lines_are_no_text(elsewhere):
    (elsewhere / "excel.csv").write_bytes(b"\xef\xbb\xbf1;2".replace(b";", b",") + b"\r\n\r\n3,4\r\n")
    assert tables.read("excel.csv").tolist() == [[1, 2], [3, 4]]


# --- what is kept ---


@pytest.mark.parametrize("name", ["ring", "gaussian"])
@pytest.mark.parametrize("anneal", ["--anneal", "--no-anneal"])
def test_what_was_saved_goes_on_in_a_run_and_in_a_window(name, anneal, elsewhere):
    first = session(name, steps=12, anneal=anneal == "--anneal")
    first.advance(3)
    first.d_step()
    first.g_step()
    next(first.stages())
    figure = Figure(figsize=(3, 2))
    FigureCanvasAgg(figure)
    folder = keep.save(first, figure)
    assert str(folder) == os.path.join("runs", name) and (folder / "play.png").stat().st_size > 500
    assert first.step == 5  # a step in stages is ended first
    again = keep.load(folder)
    assert state(again) == state(first) and again.config == first.config
    for one in first, again:
        one.advance(7)
    assert state(again) == state(first) and first.step == 12
    assert cli.main(["train", name, "--resume", "--out", str(folder), "--quiet"]) == 0
    resumed = checkpoint.load(folder / "checkpoint.npz")
    assert resumed.step == 12
    assert resumed.gan.G.theta.tobytes() == state(first)["G"]
    assert resumed.rng.bit_generator.state == first.rng.bit_generator.state
    assert str(keep.save(first)) == os.path.join("runs", f"{name}-2")  # nothing is replaced


def test_a_checkpoint_alone_goes_on_too(gaussian):
    one, whole = keep.load(gaussian / "checkpoint.npz"), keep.load(gaussian)
    assert one.step == whole.step == 30 and len(whole.history) == 30
    moved = gaussian.parent / "moved.npz"
    moved.write_bytes((gaussian / "checkpoint.npz").read_bytes())
    alone = keep.load(moved)
    assert changed(state(whole), state(alone)) == {"history"} and len(alone.history) == 30
    for played in whole, alone:
        played.advance(2)
    assert changed(state(whole), state(alone)) == {"history"} and alone.history[30:] == whole.history[30:]


def test_a_session_that_is_longer_than_its_settings_said_goes_on(elsewhere):
    first = session(steps=3, anneal=False)
    first.advance(5)
    folder = keep.save(first)
    assert cli.main(["train", "ring", "--resume", "--out", str(folder), "--steps", "7", "--quiet"]) == 0


def test_a_frozen_player_is_saved_and_stays_frozen(elsewhere):
    first = session(anneal=False)
    first.freeze("D")
    first.advance(2)
    folder = keep.save(first)
    before = state(first)
    first.advance()
    assert "D" not in changed(before, state(first))
    assert state(keep.load(folder)) == before


def test_data_of_ones_own_are_kept_beside_the_checkpoint(elsewhere):
    first = Session(config("ring") | {"demo": "points.csv"}, table())
    first.advance(4)
    folder = keep.save(first)
    again = keep.load(folder)
    for one in first, again:
        one.advance(3)
    assert state(again) == state(first) and np.array_equal(again.data.order, first.data.order)
    (folder / "rows.npy").unlink()
    with pytest.raises(ValueError, match="holds no data to go on with: they were points.csv"):
        keep.load(folder)


def test_digits_are_kept_with_the_epochs_behind_them(elsewhere):
    first = Session(config("mnist", epochs=9, g_hidden=[4, 4, 4], d_hidden=[4, 4], n_z=3, batch=100))
    first.advance(4)
    folder = keep.save(first)
    assert state(keep.load(folder)) == state(first)
    assert cli.main(["train", "mnist", "--resume", "--out", str(folder), "--epochs", "2", "--quiet"]) == 0


def test_what_goes_on_takes_settings_that_need_no_new_nets(gaussian, capsys):
    again = played(gaussian, "--lr", "0.5", "--freeze", "G")
    assert again.gan.opt_g.lr == again.gan.opt_d.lr == 0.5 and again.step == 30 and again.frozen == "G"
    refused(capsys, "play", gaussian, "--n-z", "3", message="has n_z 1, and cannot go on with 3")


def test_a_diverged_session_is_not_saved(elsewhere):
    first = session("gaussian", optimiser="SGD")
    first.gan.G.theta = np.full_like(first.gan.G.theta, np.nan)
    with pytest.raises(ValueError, match="nothing worth saving"):
        keep.save(first)
    assert os.listdir(elsewhere) == []


def test_data_drawn_by_hand_get_a_free_name(elsewhere):
    (elsewhere / "drawn.csv").write_text("precious")
    first = session(**{name: TINY[name] for name in TINY})
    first.learn(keep.DRAWN, table(4).round(4), drawn=True)
    keep.put_down(first)
    keep.put_down(first)
    assert first.command().startswith("npgan play drawn-2.csv")
    assert (elsewhere / "drawn.csv").read_text() == "precious"
    assert np.array_equal(tables.read("drawn-2.csv"), table(4).round(4)) and len(os.listdir(elsewhere)) == 2


def test_the_clipboard_is_filled_by_what_there_is(monkeypatch):
    calls = []
    monkeypatch.setattr(clipboard.shutil, "which", lambda name: name if name in ("xclip", "xsel") else None)

    def run(program, *, input, **_):
        calls.append((program[0], input))
        return subprocess.CompletedProcess(program, 1 if program[0] == "xclip" else 0)

    monkeypatch.setattr(clipboard.subprocess, "run", run)
    assert clipboard.copy("npgan play") and calls == [("xclip", b"npgan play"), ("xsel", b"npgan play")]
    monkeypatch.setattr(clipboard.shutil, "which", lambda name: None)
    assert not clipboard.copy("npgan play")


def test_the_window_closed_or_stopped_the_command_is_printed(monkeypatch, capsys):
    from matplotlib import pyplot as plt

    windows = []

    class Timer:
        start = stop = add_callback = lambda self, *args: None

    def shown(end):
        (figure,) = map(plt.figure, plt.get_fignums())
        figure.canvas.callbacks.process("key_press_event", Mock(key="n", inaxes=None))
        windows.append(figure)
        end(figure)

    monkeypatch.setattr("matplotlib.backend_bases.FigureCanvasBase.new_timer", lambda self, **_: Timer())
    for end, code in (plt.close, 0), (lambda figure: os.kill(os.getpid(), signal.SIGINT), 130):
        monkeypatch.setattr(plt, "show", lambda end=end: shown(end))
        assert cli.main(["play", "ring", *SMALL, "--seed", "4", "--hide", "lr"]) == code
        out, err = capsys.readouterr()
        assert (out, err) == ("npgan play ring --batch 8 --g-hidden 6 --d-hidden 5 --seed 4 --hide lr\n", "")
        plt.close("all")
    assert len(windows) == 2
