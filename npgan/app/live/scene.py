"""The whole picture without its widgets: the view, the drawing of the whole GAN, and three curves over time."""

import math

import numpy as np

from npgan import metrics, plots, require
from npgan.app.live import session as stages
from npgan.app.live.views import view_of

LIT = {  # the parts of the drawing that are at work in each stage
    stages.SAMPLES: ("z", "G", "fake", "real"),
    stages.D_GRADIENT: ("fake", "real", "D", "a", "V", "dV"),
    stages.D_MOVES: ("D", "dV"),
    stages.G_GRADIENT: ("z", "G", "fake", "D", "a", "V", "dloss"),
    stages.G_MOVES: ("G", "dloss"),
}
PARTS = 120  # points of a curve, at most twice as many
MAIN = 0.07, 0.09, 0.59, 0.9  # left, bottom, right, top of the view
LOOK = 10  # updates from one measurement to the next


def sized(font):
    """A context in which text is made at that size, in points."""
    import matplotlib

    return matplotlib.rc_context({"font.size": font, "axes.titlesize": 1.1 * font})


class Track:
    """A long table of numbers, one row for each step, as the means of at most 2 * PARTS parts."""

    def __init__(self, width):
        self.rows, self.size, self.rest, self.done = np.empty((0, width)), 1, [], 0

    def follow(self, history):
        """Take in what is new in a history, a list of tuples."""
        self.rest += history[self.done :]
        self.done = len(history)
        n = len(self.rest) // self.size * self.size
        if n:
            parts = np.array(self.rest[:n], float).reshape(-1, self.size, self.rows.shape[1])
            self.rows, self.rest = np.concatenate([self.rows, parts.mean(axis=1)]), self.rest[n:]
        while len(self.rows) > 2 * PARTS:
            n = len(self.rows) // 2 * 2
            self.rest = [*map(tuple, np.repeat(self.rows[n:], self.size, axis=0)), *self.rest]
            self.rows, self.size = self.rows[:n].reshape(-1, 2, self.rows.shape[1]).mean(axis=1), 2 * self.size

    def columns(self, *last):
        """The columns, with a last row, if there is one."""
        return np.concatenate([self.rows, np.reshape(last, (-1, self.rows.shape[1]))]).T


class Scene:
    """The picture of a session, on the part `area` of a figure: left, bottom, right, top, from 0 to 1.

    update() returns the artists that may have changed, from the undermost on, and sets `redraw`: True if more
    than these changed, so that the whole figure must be drawn. font: the size of its text, points.
    """

    def __init__(self, figure, session, area=(0.0, 0.0, 1.0, 1.0), font=None):
        self.figure, self.session, self.area, self.frames = figure, session, area, 0
        self.font = font or 1.35 * figure.get_figheight()
        self.key = self.lit = None
        self.view, self.redraw = None, True
        with self.fonts():
            self.place()

    def fonts(self):
        return sized(self.font)

    def place(self):
        """Put the axes where they belong."""
        self.main = self.axes(*MAIN)
        self.whole = self.axes(0.65, 0.74, 0.985, 0.985)
        self.losses = self.axes(0.71, 0.52, 0.975, 0.70)
        self.judged = self.axes(0.71, 0.305, 0.975, 0.485)
        self.distance = self.axes(0.71, 0.09, 0.975, 0.27)
        top = self.axes(0.0, 0.95, 0.64, 1.0)
        top.axis("off")
        self.headline = top.text(0.02, 0.4, "", va="center", fontsize=1.1 * self.font)

    def at(self, x, y):
        left, bottom, right, top = self.area
        return left + x * (right - left), bottom + y * (top - bottom)

    def axes(self, x0, y0, x1, y1):
        (left, bottom), (right, top) = self.at(x0, y0), self.at(x1, y1)
        return self.figure.add_axes([left, bottom, right - left, top - bottom])

    # --- what does not move ---

    def begin(self):
        """Draw anew what depends on the session's data and game."""
        session, game = self.session, self.session.gan.game
        if self.view is None or not isinstance(self.view, view_of(session)):
            if self.view is not None:
                self.view.clear()
                self.main.remove()
                self.main = self.axes(*MAIN)
            self.view = view_of(session)(self.main, session, self.distance)
        self.track, self.found, self.right = Track(5), [], 0.0
        self.timed = [self.losses, self.judged, *([] if session.demo.pixels else [self.distance])]
        for ax in self.timed:
            ax.clear()
        players = (plots.DISCRIMINATOR, "V, up"), (plots.GENERATOR, "loss of G, down")
        self.V, self.loss = self.lines(self.losses, *players)
        for level, (colour, _) in zip(game.equilibrium, players, strict=False):
            if level is not None:
                self.losses.axhline(level, color=colour, ls="--", lw=1.2)
        self.losses.set(ylabel=game.unit, ylim=self.room(game.equilibrium))
        names = (plots.DATA, f"{game.reads}(x)"), (plots.GENERATOR, f"{game.reads}(G(z))")
        self.d_real, self.d_fake = self.lines(self.judged, *names)
        if game.equilibrium.D is not None:
            self.judged.axhline(game.equilibrium.D, color=plots.REFERENCE, ls="--", lw=1.2)
        low, high = game.limits or (-1, 1)
        self.judged.set(ylabel=f"mean {game.reads}", ylim=(low - 0.05, high + 0.3))
        if game.limits:
            self.judged.set_yticks([low, (low + high) / 2, high])
        self.begin_distance()
        for ax in self.timed:
            if ax.get_legend_handles_labels()[0]:
                ax.legend(frameon=False, loc="upper right", ncols=2, fontsize="small", borderaxespad=0.1)

    def lines(self, ax, *names):
        return [ax.plot([], [], color=colour, lw=1.8, label=label)[0] for colour, label in names]

    def room(self, at):
        levels = [level for level in (at.V, at.loss) if level is not None] or [0.0]
        return min(levels) - 1.0, max(levels) + 1.5

    def begin_distance(self):
        """The lowest curve: W1 and its floor, or modes and quality, or nothing."""
        found, ax = self.session.measure(), self.distance
        self.names = [name for name in ("w1", "high_quality", "modes") if name in found]
        self.scores = []
        if self.names == ["w1"]:
            self.scores = self.lines(ax, (plots.GENERATOR, "W1, G to data"))
            ax.axhline(found["w1_real"], color=plots.DATA, ls="--", lw=1.2, label="real to real")
            ax.set(yscale="log", ylim=(0.5 * found["w1_real"], 4 * max(found["w1"], found["w1_real"])))
        elif self.names:
            modes = f"modes, of {len(self.session.data.means)}"
            self.scores = self.lines(ax, (plots.GENERATOR, "within 3 sigma"), (plots.REFERENCE, modes))
            ax.axhline(metrics.CEILING, color=plots.DATA, ls="--", lw=1.2)
            ax.set(ylim=(0, 1.3), yticks=[0, 0.5, 1])
        self.timed[-1].set(xlabel="step")

    # --- what moves ---

    def update(self, lit=None):
        """Bring everything up to date. lit: a stage of a step, or parts of the drawing; None: all of them."""
        with self.fonts(), np.errstate(over="ignore", invalid="ignore"):
            session = self.session
            key = session.life, session.data, session.gan.game
            self.redraw = key != self.key
            if self.redraw:
                self.begin()
                self.key = key
            self.light(LIT.get(lit, lit))
            artists = [*self.view.update(), *self.curves()]
            self.headline.set_text(self.status())
            self.redraw |= self.view.redraw
            self.frames += 1
        return [*artists, self.headline]

    def light(self, lit):
        if self.lit != (lit,):
            self.whole.clear()
            with sized(0.83 * self.font):
                plots.whole(self.whole, lit)
            self.lit, self.redraw = (lit,), True

    def curves(self):
        session = self.session
        self.track.follow(session.history)
        step, V, loss, d_real, d_fake = self.track.columns(*filter(None, [session.pending]))
        for line, y in (self.V, V), (self.loss, loss), (self.d_real, d_real), (self.d_fake, d_fake):
            line.set_data(step, y)
        self.stretch(self.losses, V, loss)
        if not session.gan.game.limits:
            self.stretch(self.judged, d_real, d_fake)
        if session.step > self.right or not self.right:
            self.right = max(50, 2 * session.step)
            for ax in self.timed:
                ax.set_xlim(0, self.right)
                ax.tick_params(labelbottom=ax is self.timed[-1])
            self.redraw = True
        return [self.V, self.loss, self.d_real, self.d_fake, *self.measured()]

    def stretch(self, ax, *ys):
        """Let the scale of ax hold all of ys, and change as seldom as possible."""
        y = np.concatenate(ys)
        y = y[np.isfinite(y)]
        low, high = ax.get_ylim()
        if len(y) and not low <= y.min() <= y.max() <= high:
            size = max(high, y.max()) - min(low, y.min())
            low = low if y.min() >= low else y.min() - 0.3 * size
            ax.set_ylim(low, high if y.max() <= high else y.max() + 0.3 * size)
            self.redraw = True

    def measured(self):
        session = self.session
        last = self.found[-1][0] if self.found else None
        due = self.frames % LOOK == 0 or session.step - (last or 0) == 1
        if self.names and session.step != last and (due or last is None):
            found = session.measure()
            if found:
                self.found.append((session.step, found))
        for name, line in zip(self.names, self.scores, strict=True):
            scale = len(session.data.means) if name == "modes" else 1
            line.set_data([step for step, _ in self.found], [found[name] / scale for _, found in self.found])
        return self.scores

    def status(self):
        """The headline: where training is, and how good G is."""
        session = self.session
        words = [f"{name_of(session)}   step {session.step:,}"]
        if session.stage:
            words.append(session.stage)
        elif self.found:
            words.append(said(self.found[-1][1], session))
        return "     ".join(words)


def name_of(session):
    return require.one_line(session.config["demo"], limit=40)


def said(found, session):
    """What was measured, in words."""
    if "w1" in found:
        return f"W1 {found['w1']:.3g}   (real to real: {found['w1_real']:.3g})"
    quality = "" if math.isnan(found["high_quality"]) else f",  {found['high_quality']:.0%} within 3 sigma"
    return f"{found['modes']} of {len(session.data.means)} modes{quality}   (real: {metrics.CEILING:.0%})"
