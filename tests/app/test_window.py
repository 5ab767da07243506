"""The window, driven by events as a mouse and keys would send them: each control changes what it should."""

import numpy as np
import pytest
from live_sessions import changed, session, state
from matplotlib.backend_bases import KeyEvent, MouseEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from npgan.app.live.controls import CONTROLS, SPEEDS
from npgan.app.live.session import STAGES
from npgan.app.live.window import BUTTONS, NAMES, Window, hidden

NEW_NETS = {"data", "variant", "latent", "n_z", "width"}


def small(**more):
    return session(anneal=False, g_hidden=[8], d_hidden=[8], **more)


@pytest.fixture
def said():
    return []


@pytest.fixture
def window(said):
    return opened(small(), say=said.append)


def opened(played, **options):
    figure = Figure(figsize=(12.8, 7.2), dpi=50)
    FigureCanvasAgg(figure)
    return Window(figure, played, **options)


def only(*names):
    """A window with these controls alone: it is opened and drawn in half of the time."""
    return opened(small(), hide=set(NAMES) - {*names})


def mouse(window, kind, ax, x, y, button=1, step=0):
    """The mouse at (x, y) of an axes, in shares of it."""
    at = ax.transAxes.transform((x, y))
    event = MouseEvent(kind, window.figure.canvas, *at, button=button, step=step)
    window.figure.canvas.callbacks.process(kind, event)


def click(window, ax, x=0.5, y=0.5):
    mouse(window, "button_press_event", ax, x, y)
    mouse(window, "button_release_event", ax, x, y)


def press(window, name):
    click(window, window.buttons[name].ax)


def key(window, name):
    canvas = window.figure.canvas
    canvas.callbacks.process("key_press_event", KeyEvent("key_press_event", canvas, name))


def pixels(window):
    return np.asarray(window.figure.canvas.buffer_rgba()).copy()


def type_(window, name):
    key(window, BUTTONS[name][1])


@pytest.mark.parametrize("way", [press, type_])
@pytest.mark.parametrize(
    "name, what",
    [
        ("d_step", {"D", "optimisers", "rng"}),
        ("k_steps", {"D", "optimisers", "rng"}),
        ("g_step", {"G", "average", "optimisers", "rng", "history", "step"}),
        ("step", {"D", "G", "average", "optimisers", "rng", "history", "step"}),
        ("stage", {"rng"}),
    ],
)
def test_a_button_moves_what_it_says_and_is_seen(way, name, what):
    window = only(name)
    before, seen = state(window.session), pixels(window)
    way(window, name)
    assert changed(before, state(window.session)) == what
    assert not np.array_equal(seen, pixels(window)) and not window.running


def test_k_steps_are_as_many_as_k_says(window):
    by_hand = small(d_steps=3)
    for _ in range(3):
        by_hand.d_step()
    window.session.change(d_steps=3)
    press(window, "k_steps")
    assert state(window.session) == state(by_hand)


def test_it_runs_and_pauses(window):
    start = state(window.session)
    window.tick()
    assert state(window.session) == start
    press(window, "run")
    window.tick()
    window.tick()
    assert window.session.step == 2 * window.speed == 20 and window.buttons["run"].label.get_text() == "pause"
    key(window, " ")
    window.tick()
    assert window.session.step == 20 and window.buttons["run"].label.get_text() == "run"
    other = small()
    other.advance(20)
    assert state(window.session) == state(other)


def test_reset_and_a_new_seed():
    window = only("step", "reset", "seed")
    start = state(window.session)
    press(window, "step")
    press(window, "reset")
    assert state(window.session) == start
    press(window, "step")
    press(window, "seed")
    assert window.session.config["seed"] == 1 and state(window.session) == state(small(seed=1))


def test_slow_motion_shows_each_stage_and_ends_where_a_step_ends(monkeypatch):
    window = only("run", "speed")
    clock = iter(range(0, 100, 5))
    monkeypatch.setattr("npgan.app.live.window.time.monotonic", lambda: next(clock))
    window.speed = 1
    key(window, "-")
    assert window.speed == SPEEDS[0]
    press(window, "run")
    names, pictures = [], [pixels(window)]
    for _ in STAGES["d_first"](1):
        window.tick()
        names.append(window.session.stage)
        pictures.append(pixels(window))
        assert window.session.stage in window.scene.headline.get_text()
    assert tuple(names) == STAGES["d_first"](1)
    assert all(not np.array_equal(a, b) for a, b in zip(pictures[:-1], pictures[1:], strict=True))
    other = small()
    other.advance()
    assert state(window.session) == state(other)
    window.tick()
    assert window.session.stage == names[0]  # of the next step
    key(window, "+")
    assert window.session.step == 2 and window.speed == 1  # which is ended when it is left


def test_slow_motion_waits_until_a_stage_was_seen(window, monkeypatch):
    monkeypatch.setattr("npgan.app.live.window.time.monotonic", lambda: 3.0)
    window.speed = SPEEDS[0]
    press(window, "run")
    window.tick()
    first = window.session.stage
    window.tick()
    assert window.session.stage == first == "samples"


@pytest.mark.parametrize("name", [control.name for control in CONTROLS])
def test_each_control_changes_its_setting_and_no_other(name):
    window = only(name, "step")
    control = next(control for control in CONTROLS if control.name == name)
    press(window, "step")
    before, config, value = state(window.session), dict(window.session.config), control.get(window.session)
    frozen, seen, row = window.session.frozen, pixels(window), window.rows[name]
    click(window, row.ax, x=0.97 if name != "average" else 0.45)
    now, after = control.get(window.session), window.session.config
    assert now != value and control.after(window.session, 0) == now
    assert not np.array_equal(seen, pixels(window))
    if name not in ("data", "variant"):
        own = {"k": {"d_steps"}, "width": {"g_hidden", "d_hidden"}, "freeze": set()}.get(name, {name})
        assert {key for key in config if config[key] != after[key]} == own
        assert (window.session.frozen != frozen) == (name == "freeze")
    if name in NEW_NETS:
        assert window.session.step == 0
    else:
        assert changed(before, state(window.session)) <= {"optimisers"}
    shown = row.value.get_text()
    click(window, row.ax, x=0.45 if name != "average" else 0.97)
    assert control.get(window.session) == value and row.value.get_text() != shown


def test_the_wheel_does_the_same_and_the_name_does_nothing(window):
    row = window.rows["k"]
    mouse(window, "scroll_event", row.ax, 0.2, 0.5, button="up", step=1)
    assert window.session.config["d_steps"] == 2
    mouse(window, "scroll_event", row.ax, 0.2, 0.5, button="down", step=-1)
    click(window, row.ax, x=0.1)
    click(window, row.ax, x=0.45)
    assert window.session.config["d_steps"] == 1


def test_the_speed():
    window = only("speed")
    click(window, window.rows["speed"].ax, x=0.97)
    assert window.speed == 20
    for _ in range(3):
        key(window, "up")
    assert window.speed == SPEEDS[-1]


def test_what_makes_no_sense_is_said_and_changes_nothing(window):
    window.session.change(d_steps=2)
    before = state(window.session), dict(window.session.config)
    for _ in range(2):  # d_first, g_first, simultaneous
        click(window, window.rows["order"].ax, x=0.97)
    assert window.session.config == before[1] | {"order": "g_first"} and state(window.session) == before[0]
    assert window.message.get_text().startswith("no: the order 'simultaneous' has one D step per G step")


def test_data_drawn_by_hand_are_learned_and_kept(window, said, elsewhere):
    press(window, "draw")
    main = window.scene.main
    width = window.scene.view.width
    mouse(window, "button_press_event", main, 0.25, 0.5)
    for x in 0.3, 0.35, 0.4:
        mouse(window, "motion_notify_event", main, x, 0.5)
    assert len(window.ink.get_xdata()) == 24
    mouse(window, "button_release_event", main, 0.4, 0.5)
    rows = window.session.data.rows
    assert len(rows) == 24 and window.scene.view.width == width
    spots = main.transData.inverted().transform(main.transAxes.transform([(0.25, 0.5), (0.4, 0.5)]))
    assert np.abs(rows[:12].mean(axis=0) - spots[0]).max() < 0.03 * width
    assert np.abs(rows[-4:].mean(axis=0) - spots[1]).max() < 0.03 * width
    mouse(window, "button_press_event", main, 0.8, 0.8)
    mouse(window, "button_release_event", main, 0.8, 0.8)
    assert len(window.session.data.rows) == 36  # the first ones stay
    press(window, "draw")
    mouse(window, "button_press_event", main, 0.8, 0.8)
    mouse(window, "button_release_event", main, 0.8, 0.8)
    assert len(window.session.data.rows) == 36 and not window.drawing
    press(window, "step")
    assert window.session.step == 1
    key(window, "c")
    assert said[0].startswith("npgan play drawn.csv")
    assert np.array_equal(np.loadtxt("drawn.csv", delimiter=","), window.session.data.rows)
    assert window.goodbye()[0] == said[0] and len(list(elsewhere.glob("drawn*"))) == 1


def test_digits_are_not_drawn_by_hand():
    window = opened(session("gaussian"))
    press(window, "draw")
    assert not window.drawing and "in the plane first" in window.message.get_text()


def test_the_command_is_printed(window, said, monkeypatch):
    copied = []
    monkeypatch.setattr("npgan.app.live.clipboard.copy", lambda text: copied.append(text) or True)
    press(window, "copy")
    assert said == copied == [window.session.command()] and window.message.get_text() == f"copied: {said[0]}"
    window = opened(session(), hide={"lr", "optimiser"})
    assert window.command().endswith(" --hide lr,optimiser")


def test_help_shows_every_key(window):
    seen = pixels(window)
    key(window, "?")
    assert window.keys.get_visible() and not np.array_equal(seen, pixels(window))
    for _, name, what in BUTTONS.values():
        assert f"{'space' if name == ' ' else name}   {what}" in window.keys.get_text()
    press(window, "help")
    assert not window.keys.get_visible() and np.array_equal(seen, pixels(window))


@pytest.mark.parametrize("hide", [NAMES[::2], NAMES[1::2]], ids=["half", "other half"])
def test_each_control_can_be_hidden_with_its_key(hide):
    window = opened(session(), hide=hide)
    assert window.rows.keys() | window.buttons.keys() == {*NAMES} - {*hide}
    before = state(window.session), window.keys.get_visible(), window.running, window.speed, window.drawing
    for name in hide:
        key(window, BUTTONS[name][1] if name in BUTTONS else "+" if name == "speed" else "_")
    assert before == (
        state(window.session), window.keys.get_visible(), window.running, window.speed, window.drawing
    )  # fmt: skip


def test_names_to_hide():
    assert hidden("lr, optimiser") == {"lr", "optimiser"} and hidden(None) == set()
    with pytest.raises(ValueError, match="unknown control to hide 'cats'; choose from data, variant"):
        hidden("lr,cats")


def test_a_frame_is_the_same_by_blit_and_drawn_whole(window):
    press(window, "run")
    for _ in range(4):
        window.tick()
    window.scene.redraw = False
    blitted = pixels(window)
    window.show(whole=True)
    assert np.array_equal(blitted, pixels(window))


def test_the_end_of_the_steps_pauses():
    window = opened(session(steps=15), hide=set(NAMES) - {"run"})
    press(window, "run")
    for _ in range(3):
        window.tick()
    assert window.session.step == 15 and not window.running
    assert window.message.get_text().startswith("all 15 steps are done")


def test_somebody_wants_the_end():
    stopped = []
    window = opened(small(), stopped=stopped, hide=set(NAMES) - {"run"})
    press(window, "run")
    window.tick()
    stopped.append(2)
    window.tick()
    step = window.session.step
    assert window.closed and step == 10
    window.tick()
    assert window.session.step == step
    window = opened(session())
    key(window, "q")
    assert window.closed


def test_goodbye_says_when_settings_were_changed_on_the_way(window):
    assert window.goodbye() == [window.session.command()]
    press(window, "step")
    window.session.change(lr=0.5)
    assert len(window.goodbye()) == 2


def test_text_grows_with_the_window(window):
    size = window.message.get_fontsize()
    window.figure.set_size_inches(25.6, 14.4)
    window.figure.canvas.callbacks.process("resize_event", None)
    assert window.message.get_fontsize() == pytest.approx(2 * size)
    window.show(whole=True)
    texts = [text for text in window.figure.findobj(Text) if text.get_text()]
    full_screen = 10.8 / 14.4  # of 1920 x 1080 dots, 100 to an inch
    assert len(texts) > 80 and min(text.get_fontsize() for text in texts) * full_screen >= 12 * 0.8
