"""The window: a Scene with widgets around it, keys, and a tick that a timer calls; it runs on any backend.

Only what moves is drawn at a tick (a blit); the whole figure is drawn when more has changed.
"""

import time

import numpy as np

from npgan import require
from npgan.app.live import clipboard, keep
from npgan.app.live.controls import CONTROLS, SPEEDS, told
from npgan.app.live.scene import Scene, sized
from npgan.app.live.views import PlaneView

STAGE = 0.8  # seconds for which a stage is seen in slow motion
PAUSE = 15  # milliseconds between two ticks
LEFT, BELOW, ROW = 0.205, 0.095, 0.058  # the room of the controls
BUTTONS = {  # {name: (what stands on it, its key, what it does)}
    "run": ("run", " ", "run or pause"),
    "d_step": ("D step", "d", "one step of D"),
    "g_step": ("G step", "g", "one step of G"),
    "k_steps": ("k D steps", "k", "as many steps of D as k says"),
    "step": ("step", "n", "one whole step"),
    "stage": ("stage", ".", "the next stage of a step in slow motion"),
    "reset": ("reset", "r", "start anew with the same seed"),
    "seed": ("new seed", "e", "start anew with the next seed"),
    "draw": ("draw data", "w", "draw data with the mouse; again: end it"),
    "copy": ("copy", "c", "copy and print the command that repeats this"),
    "save": ("save", "s", "save picture and checkpoint"),
    "help": ("?", "?", "show or hide the keys"),
}
NAMES = [*(control.name for control in CONTROLS), "speed", *BUTTONS]


def hidden(text):
    """The names in the argument of --hide; ValueError lists those that there are."""
    names = {name.strip() for name in (text or "").split(",")} - {""}
    for name in sorted(names):
        require.choice("control to hide", name, NAMES)
    return names


class Window:
    """figure: empty, with a canvas, which may be another by `start`. session: what is played. hide: names of
    controls to leave out. say(line): prints. stopped: non-empty as soon as somebody wants the end.

    running, speed: does it go on, and how many steps a frame. closed: is it over.
    """

    def __init__(self, figure, session, hide=(), *, say=print, stopped=()):
        self.figure, self.session, self.hide, self.say, self.stopped = figure, session, set(hide), say, stopped
        self.running, self.closed, self.drawing = False, False, False
        self.speed = 1 if session.demo.pixels else 10
        self.background, self.artists, self.timer, self.pen, self.until = None, [], None, [], 0.0
        self.height = figure.get_figheight()
        self.scene = Scene(figure, session, area=(LEFT, BELOW, 1.0, 1.0))
        with self.scene.fonts():
            self.place()
        for name, react in {
            "key_press_event": self.key, "button_press_event": self.press, "motion_notify_event": self.move,
            "button_release_event": self.release, "draw_event": self.drawn, "resize_event": self.resized,
            "close_event": self.over,
        }.items():  # fmt: skip
            figure.canvas.mpl_connect(name, react)
        self.tell("space: run    ?: all keys")
        self.show(whole=True)

    # --- the widgets ---

    def place(self):
        from npgan.app.live.widgets import Press, Row

        font, self.rows, self.buttons = 0.9 * self.scene.font, {}, {}
        rows = [control for control in CONTROLS if control.name not in self.hide]
        for i, control in enumerate(rows):
            ax = self.figure.add_axes([0.008, 0.93 - ROW * i, LEFT - 0.012, 0.9 * ROW])
            step = lambda way, control=control: self.turn(control, way)  # noqa: E731
            self.rows[control.name] = Row(ax, control.label, step, font)
        if "speed" not in self.hide:
            ax = self.figure.add_axes([0.008, 0.93 - ROW * (len(rows) + 0.4), LEFT - 0.012, 0.9 * ROW])
            self.rows["speed"] = Row(ax, "steps a frame", self.faster, font)
        shown = [name for name in BUTTONS if name not in self.hide]
        for i, name in enumerate(shown):
            ax = self.figure.add_axes([0.008 + 0.082 * i, 0.043, 0.076, 0.04])
            self.buttons[name] = Press(ax, BUTTONS[name][0], getattr(self, f"do_{name}"), font)
        self.message = self.figure.text(0.008, 0.018, "", va="center", fontsize=font)
        shown = [BUTTONS[name] for name in shown]
        text = "\n".join(f"{key if key != ' ' else 'space':>6s}   {what}" for _, key, what in shown)
        box = {"boxstyle": "round,pad=1", "fc": "white", "ec": "#444444"}
        text = f"{text}\n   + -   faster, slower\n     q   close the window"
        style = {"family": "monospace", "bbox": box, "zorder": 100, "fontsize": 1.3 * font, "ma": "left"}
        self.keys = self.figure.text(0.42, 0.55, text, va="center", ha="center", visible=False, **style)
        with sized(self.scene.font):
            (self.ink,) = self.scene.main.plot([], [], ".", ms=4)

    def label(self):
        """Let the widgets say what is."""
        for control in CONTROLS:
            if control.name in self.rows:
                self.rows[control.name].say(told(control.get(self.session)))
        if "speed" in self.rows:
            self.rows["speed"].say(told(self.speed))
        if "run" in self.buttons:
            self.buttons["run"].say("pause" if self.running else "run")
        if "draw" in self.buttons:
            self.buttons["draw"].say("enough" if self.drawing else "draw data")

    def tell(self, text):
        """One line on the screen."""
        self.message.set_text(require.one_line(text, limit=170))

    # --- what controls and buttons do ---

    def turn(self, control, way):
        value = control.after(self.session, way)
        self.attempt(lambda: self.session.change(**control.settings(self.session, value)))

    def attempt(self, act):
        """Do it, and show what came of it, or why not."""
        self.tell("")
        try:
            act()
        except (ValueError, OSError) as error:
            self.tell(f"no: {error}")
        if self.session.ended:
            self.running = False
            self.tell(self.session.ended)
        self.show(whole=True)

    def faster(self, way):
        self.speed = SPEEDS[min(max(SPEEDS.index(self.speed) + way, 0), len(SPEEDS) - 1)]
        self.attempt(self.session.finish)

    def do_run(self):
        self.running = not self.running and not self.session.ended
        self.attempt(lambda: None)

    def by_hand(self, act):
        self.running = False
        self.attempt(act)

    def do_d_step(self):
        self.by_hand(self.session.d_step)

    def do_g_step(self):
        self.by_hand(self.session.g_step)

    def do_k_steps(self):
        self.by_hand(lambda: [self.session.d_step() for _ in range(self.session.config["d_steps"])])

    def do_step(self):
        self.by_hand(self.session.advance)

    def do_stage(self):
        self.by_hand(self.stage)

    def stage(self):
        """The next stage of a step in slow motion, of a new step if none is under way."""
        session = self.session
        if not session.ended and (session.slow is None or next(session.slow, None) is None):
            next(session.stages(), None)

    def do_reset(self):
        self.attempt(self.session.reset)

    def do_seed(self):
        self.attempt(lambda: self.session.reset(self.session.config["seed"] + 1))

    def do_draw(self):
        plane = isinstance(self.scene.view, PlaneView)
        self.drawing = plane and not self.drawing
        self.attempt(lambda: None)
        wait = "" if plane else "choose data in the plane first: ring, say"
        self.tell("press and drag in the plane" if self.drawing else wait)
        self.show(whole=True)

    def do_copy(self):
        self.attempt(lambda: self.tell(self.print_command()))

    def do_save(self):
        self.attempt(lambda: self.tell(f"saved {keep.save(self.session, self.figure)}"))

    def do_help(self):
        self.keys.set_visible(not self.keys.get_visible())
        self.show(whole=True)

    def command(self):
        """What repeats this: a line, and maybe what it leaves out. Data drawn by hand are put into a file."""
        keep.put_down(self.session)
        hide = f" --hide {','.join(sorted(self.hide))}" if self.hide else ""
        return self.session.command() + hide

    def print_command(self):
        command = self.command()
        self.say(command)
        return f"{'copied' if clipboard.copy(command) else 'printed'}: {command}"

    def goodbye(self):
        """The lines to end with."""
        lines = [self.command()]
        if self.session.changed:
            lines.append("(settings were changed on the way: that starts with the last ones)")
        return lines

    # --- keys and the mouse ---

    def key(self, event):
        acts = {key: name for name, (_, key, _) in BUTTONS.items()}
        if event.key in acts and acts[event.key] not in self.hide:
            getattr(self, f"do_{acts[event.key]}")()
        elif event.key in ("+", "up", "-", "down") and "speed" not in self.hide:
            self.faster(1 if event.key in ("+", "up") else -1)
        elif event.key == "q":
            self.close()

    def press(self, event):
        if self.drawing and event.inaxes is self.scene.main and event.button == 1:
            self.pen = [] if self.pen is None else self.pen
            self.pressed = True
            self.dab(event, 12)

    pressed = False

    def move(self, event):
        if self.pressed and event.inaxes is self.scene.main:
            self.dab(event, 4)

    def dab(self, event, n):
        """n points where the mouse is, a little spread."""
        rng, width = np.random.default_rng(len(self.pen)), self.scene.view.width
        spots = (event.xdata, event.ydata) + 0.012 * width * rng.standard_normal((n, 2))
        self.pen += spots.round(4).tolist()
        self.show()

    def release(self, event):
        if self.pressed:
            self.pressed = False
            rows, self.pen = self.pen, []
            self.attempt(lambda: self.learn([*keep.drawn_rows(self.session), *rows]))

    def learn(self, rows):
        self.session.learn(keep.DRAWN, rows, drawn=True)

    # --- drawing ---

    def tick(self):
        """One frame: train, if it runs, and show it."""
        if self.closed:
            return
        if self.stopped:
            self.close()
        elif self.running:
            if self.speed == SPEEDS[0]:
                if time.monotonic() < self.until:
                    return
                self.until = time.monotonic() + STAGE
                self.stage()
            else:
                self.session.advance(self.speed)
            if self.session.ended:
                self.attempt(lambda: None)
            self.show()

    def show(self, whole=False):
        """Bring the picture up to date; whole: also the widgets."""
        from npgan import plots

        if self.closed:
            return
        self.artists = self.scene.update(self.session.stage)
        if self.ink.axes is not self.scene.main or self.ink not in self.scene.main.lines:
            (self.ink,) = self.scene.main.plot([], [], ".", ms=4, color=plots.DATA, scalex=False, scaley=False)
        self.ink.set_data(*(np.transpose(self.pen) if self.pen else ([], [])))
        self.artists.append(self.ink)
        for artist in self.artists:
            artist.set_animated(True)
        canvas = self.figure.canvas
        if whole or self.scene.redraw or self.background is None:
            self.label()
            canvas.draw()
        else:
            canvas.restore_region(self.background)
            self.draw_moving()
            canvas.blit(self.figure.bbox)

    def drawn(self, event):
        """The whole figure has just been drawn without what moves: keep it, and add that."""
        canvas = self.figure.canvas
        if not canvas.is_saving() and hasattr(canvas, "copy_from_bbox"):
            self.background = canvas.copy_from_bbox(self.figure.bbox)
            self.draw_moving()

    def draw_moving(self):
        for artist in self.artists:
            self.figure.draw_artist(artist)
        if self.keys.get_visible():
            self.figure.draw_artist(self.keys)

    def resized(self, event):
        """Text grows with the figure."""
        from matplotlib.text import Text

        times, self.height = self.figure.get_figheight() / self.height, self.figure.get_figheight()
        if abs(times - 1) > 1e-3:
            for text in self.figure.findobj(Text):
                text.set_fontsize(times * text.get_fontsize())
            self.scene.font *= times
            for ax in self.figure.axes:
                ax.tick_params(labelsize=self.scene.font)
            self.background = None

    # --- beginning and end ---

    def start(self):
        """Let a timer call tick from now on; matplotlib's own keys, such as s and q, do nothing any more."""
        if self.figure.canvas.manager is not None:
            self.figure.canvas.mpl_disconnect(self.figure.canvas.manager.key_press_handler_id)
        self.timer = self.figure.canvas.new_timer(interval=PAUSE)
        self.timer.add_callback(self.tick)
        self.timer.start()

    def close(self):
        """Close the window."""
        import matplotlib.pyplot as plt

        self.over()
        plt.close(self.figure)

    def over(self, event=None):
        self.closed, self.running = True, False
        if self.timer is not None:
            self.timer.stop()
