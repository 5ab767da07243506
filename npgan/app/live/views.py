"""A view draws what is seen of a session on the axes it is given: the plane, the line, or digits.

View(axes, session).update() brings its artists up to date and returns those that may have changed, from the
undermost to the topmost; `redraw` is then True if more than these changed, a scale, say. Every number comes
from the package, and looking disturbs nothing: not the random numbers, nor a gradient that is pending.
"""

import copy

import numpy as np

from npgan import metrics, plots, theory
from npgan.latent import even

CELLS = 48  # squares of the heat map on each side
NODES = 17  # lines of the grid of z, each way
LONGEST = 0.1  # of an arrow, in widths of the view


class Ear:
    """Stands where G is, and hears what G would be told: d loss / d x for each sample."""

    def backward(self, dx, **_):
        self.dx = dx


def pushes(gan, z):
    """The samples x = G(z) (m, d) of G as D sees them, and where the loss, whichever it is, sends each of them:
    -dL_G/dx of a sample's own term, (m, d). gan is left as it is."""
    other = copy.copy(gan)
    x, other.D, other.G = gan.G.predict(other.unpack(z)), copy.deepcopy(gan.D), Ear()
    other.loss_gradient(x)
    return x, -len(x) * other.G.dx  # the loss is a mean over the batch


def shortened(push, width):
    """Arrows for pushes (m, d), in the unit of x: in proportion while they are short, at most LONGEST of the
    width of the view. A loss that changes by 1 over that width has half of the longest one."""
    push = push.astype(float) * width
    return LONGEST * width * push / (1 + np.sqrt((push**2).sum(axis=1, keepdims=True)))


def arrows_of(push, width, game):
    """The same, of what a game pushes: a critic or an energy has a unit of its own, so there half of the arrows
    are shorter than half the longest one can be."""
    if not game.limits:
        push = push.astype(float)
        push = push / (width * np.median(np.sqrt((push**2).sum(axis=1))) + 1e-300)
    return shortened(push, width)


def looked_at(data, n):
    """n samples of the data, always the same; its place in an epoch is left alone."""
    data = copy.copy(data)
    if hasattr(data, "order"):
        data.order = data.order[:0]
    return data.sample(n, rng=np.random.default_rng(0))


def as_seen(gan, x, z):
    """What D sees of the samples x that G made of z: x, and behind it the label in z, if D wants one."""
    k = gan.D.n_in - gan.G.n_out
    return np.concatenate([x, z[:, z.shape[1] - k :]], axis=1)


def chance(gan, x):
    """D(x) (n,), or None if D does not see samples one by one."""
    return None if hasattr(gan, "apart") else gan.probability(x)


def tints():
    """From a tint of the generator's colour through white to one of the data's."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("D", ["#E9A77F", "#F6DDCE", "#FFFFFF", "#CFE3F0", "#83BADB"])


def greens():
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("f", ["#FFFFFF", "#6CC4A8"])


class View:
    """What views share: they begin anew when the session has, or when it learns other data or another game."""

    width = None  # of what is seen, in the unit of x

    def __init__(self, axes, session, beside=None):
        """axes: to draw on. beside: further ones, for a view that needs them; else it takes a part of axes."""
        self.axes, self.session, self.beside = axes, session, beside
        self.key, self.redraw, self.artists = None, True, []

    def update(self):
        session = self.session
        key = session.life, session.data, session.gan.game.reads, session.gan.game.limits
        self.redraw = key != self.key
        if self.redraw:
            self.clear()
            self.key, self.artists = key, list(self.begin())
        self.show()
        return self.artists

    def clear(self):
        for axes in getattr(self, "more", ()):
            axes.remove()
        self.more = []
        self.axes.clear()


class PlaneView(View):
    """Real points, D as a heat map with its 1/2 line, the grid of z as G warps it, G's samples, and followed
    ones with arrows."""

    def begin(self):
        from matplotlib.collections import LineCollection, PolyCollection

        ax, session = self.axes, self.session
        self.real = looked_at(session.data, min(600, len(getattr(session.data, "rows", range(600)))))
        if not session.drawn or self.width is None:  # else the plane stays where it was drawn in
            low, high = self.real.min(axis=0), self.real.max(axis=0)
            self.middle, self.width = (low + high) / 2, 1.5 * float(max(high - low)) or 2.0
        self.axis = np.linspace(-0.5, 0.5, CELLS) * self.width
        x, y = (self.axis + m for m in self.middle)
        self.xy = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        limits = session.gan.game.limits
        self.heat = ax.pcolormesh(
            x, y, np.zeros((CELLS, CELLS)), shading="nearest", cmap=tints() if limits else greens(),
            vmin=0, vmax=1, antialiased=False, zorder=0,
        )  # fmt: skip
        self.half = LineCollection([], colors=plots.DISCRIMINATOR, linewidths=2, zorder=2)
        self.warped = PolyCollection([], zorder=1)
        self.cloud = ax.plot([], [], ".", color=plots.GENERATOR, ms=3.5, alpha=0.6, label="G(z)", zorder=3)[0]
        self.dots = ax.plot(*self.real.T, ".", color=plots.DATA, ms=4, alpha=0.7, label="data", zorder=4)[0]
        style = {"mfc": "none", "mew": 0.7, "ms": 5, "zorder": 5}
        self.batch = [ax.plot([], [], "o", mec=c, **style)[0] for c in (plots.DATA, plots.GENERATOR)]
        self.points = ax.plot([], [], "o", color=plots.GENERATOR, mec="white", mew=0.6, ms=5.5, zorder=6)[0]
        self.points.set_label("the same z all the time, arrows: $-\\partial$ loss / $\\partial$x")
        zero, style = np.zeros(len(session.fixed_z)), {"scale_units": "xy", "scale": 1, "width": 0.0035}
        self.arrows = ax.quiver(zero, zero, zero, zero, color="#222222", zorder=7, **style)
        for collection in self.half, self.warped:
            ax.add_collection(collection, autolim=False)
        ax.set(xlim=x[[0, -1]], ylim=y[[0, -1]], aspect="equal", xlabel="x1", ylabel="x2")
        if limits:
            self.half.set_label(f"{session.gan.game.reads} = {session.gan.game.equilibrium.D:g}")
        style = {"columnspacing": 1, "handletextpad": 0.3, "markerscale": 1.5}
        plots.legend(ax, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, **style)
        self.z = grid_of_noise(session.gan)
        return self.heat, self.warped, self.half, self.cloud, self.dots, *self.batch, self.points, self.arrows

    def show(self):
        gan, z = self.session.gan, self.session.fixed_z
        self.show_d(gan)
        self.cloud.set_data(*gan.generate(more_noise(gan)).T)
        x, push = pushes(gan, z)
        self.points.set_data(*x.T)
        self.arrows.set_offsets(x)
        self.arrows.set_UVC(*arrows_of(push, self.width, gan.game).T)
        x, z = self.session.batch or (None, None)  # of a step in slow motion
        for line, spots in zip(self.batch, (x, z if z is None else gan.generate(z, raw=True)), strict=True):
            line.set_data(*([], []) if spots is None else spots.T)
        if self.z is not None:
            verts, opacity = warped_grid(gan.generate(self.z), self.width)
            self.warped.set(verts=verts)
            self.warped.set_facecolor([(*rgb(plots.GENERATOR), a) for a in opacity])
            self.warped.set(edgecolor=(*rgb(plots.GENERATOR), 0.35), linewidth=0.4)

    def show_d(self, gan):
        from contourpy import contour_generator

        D, game = chance(gan, self.xy.astype(gan.D.dtype)), gan.game
        self.heat.set_visible(D is not None)
        lines = []
        if D is not None:
            D = D.reshape(CELLS, CELLS)
            low, high = game.limits or (D.min(), D.max() + 1e-9)
            self.heat.set(array=D, clim=(low, high))
            if game.limits:
                x, y = self.axis + self.middle[0], self.axis + self.middle[1]
                lines = contour_generator(x, y, D).lines(game.equilibrium.D)
        self.half.set_segments(lines)


def rgb(colour):
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def more_noise(gan, n=300):
    """The same n noises at every look."""
    return gan.noise(n, rng=np.random.default_rng(1))


def grid_of_noise(gan):
    """Noises (NODES^2, 2) on a grid whose cells are equally likely; None if z has not two dimensions."""
    if gan.G.n_in != 2:
        return None
    line = even(gan.latent, NODES)[:, 0]
    return np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2).astype(gan.G.dtype)


def warped_grid(x, width):
    """The cells of the grid of z where G puts them, (cells, 4, 2), from its nodes x (NODES^2, 2); and how dense
    p_g is in each, as an opacity (cells,): all cells are equally likely, so the smaller the denser."""
    x = x.reshape(NODES, NODES, 2)
    cells = np.stack([x[:-1, :-1], x[:-1, 1:], x[1:, 1:], x[1:, :-1]], axis=2).reshape(-1, 4, 2).astype(float)
    a, b = cells[:, 2] - cells[:, 0], cells[:, 3] - cells[:, 1]
    area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2
    times = width**2 / len(cells) / (area + 1e-9 * width**2)  # as dense as if spread over the view
    return cells, 0.55 * times / (times + 10)


class LineView(View):
    """The paper's Figure 1: p_data, p_g, D and D*, and under them how G sends noise z to samples x."""

    def begin(self):
        ax, data, gan = self.axes, self.session.data, self.session.gan
        some = looked_at(data, min(1000, len(getattr(data, "rows", range(1000)))))
        middle, spread = float(some.mean()), float(some.std()) or 1.0
        low, high = min(middle - 5 * spread, -2.6), max(middle + 5 * spread, 2.6)
        self.x, self.width = np.linspace(low, high, 240), high - low
        self.p = data.pdf(self.x) if hasattr(data, "pdf") else metrics.kernel_density(some, self.x)
        top = 1.5 * float(self.p.max())
        self.line = even(gan.latent, 1000).astype(gan.G.dtype) if gan.G.n_in == 1 else None
        self.mapped = even(gan.latent, 21).astype(gan.G.dtype) if gan.G.n_in == 1 else None
        ax.right = ax.twinx()
        self.more = [ax.right]
        ax.set(xlim=(low, high), ylim=(-0.5 * top, top), xlabel="x", ylabel="density")
        ax.set_yticks([t for t in ax.get_yticks() if 0 <= t <= top])
        for level in (0, -0.14 * top, -0.44 * top):
            ax.axhline(level, color=plots.REFERENCE, lw=0.8)
        ax.text(low, -0.13 * top, " x = G(z)", va="bottom", color=plots.GENERATOR)
        if self.line is not None:
            ax.text(low, -0.43 * top, " z", va="bottom", color=plots.REFERENCE)
        ax.fill_between(self.x, self.p, color=plots.DATA, alpha=0.12, lw=0)
        self.top = top
        return self.curves(ax)

    def curves(self, ax):
        game, x = self.session.gan.game, self.x
        data = ax.plot(x, self.p, color=plots.DATA, ls=":", lw=3, label="p_data")[0]
        self.q = ax.plot([], [], color=plots.GENERATOR, lw=2.5, label="p_g")[0]
        self.average = ax.plot([], [], color=plots.GENERATOR, lw=1.2, ls="-.", label="of the average")[0]
        self.star = ax.right.plot([], [], color=plots.REFERENCE, alpha=0.45, lw=5)[0]
        if game.limits:
            self.star.set_label("D*")
        self.D = ax.right.plot([], [], color=plots.DISCRIMINATOR, lw=2.5, ls="--", label=game.reads)[0]
        self.scale((0.0, 1.0) if game.limits else (-1.0, 1.0))
        if game.limits:
            ax.right.axhline(game.equilibrium.D, color=plots.REFERENCE, lw=0.8, ls="--")
        ax.right.set_ylabel(f"{game.reads}(x)")
        n = 0 if self.mapped is None else len(self.mapped)
        at = np.zeros(n), np.full(n, -0.44 * self.top)
        style = {"angles": "xy", "scale_units": "xy", "scale": 1}
        self.arrows = ax.quiver(*at, *at, color=plots.GENERATOR, width=0.002, **style)
        followed = min(24, len(self.session.fixed_z))
        at = np.zeros(followed), np.full(followed, -0.14 * self.top)
        self.push = ax.quiver(*at, 0 * at[0], 0 * at[0], color="#222222", width=0.004, zorder=5, **style)
        self.points = ax.plot([], [], "o", color=plots.GENERATOR, mec="white", mew=0.6, ms=6, zorder=6)[0]
        lines = self.star, self.D, data, self.q, self.average
        plots.legend(ax, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5)
        return *lines, self.arrows, self.points, self.push

    def scale(self, limits):
        """The right scale: its limits stand at density 0 and near the top."""
        self.limits = low, high = limits
        size = high - low
        self.axes.right.set_ylim(low - 0.5 * 1.2 * size, low + 1.2 * size)
        ticks = np.linspace(low, high, 5)
        self.axes.right.set_yticks(ticks, [f"{tick:.2g}" for tick in ticks])
        self.redraw = True

    def show(self):
        gan, game, x = self.session.gan, self.session.gan.game, self.x
        noise = more_noise(gan, 1000) if self.line is None else self.line
        q = self.density(gan.generate(noise, raw=True))
        self.q.set_data(x, q)
        has = gan.average is not None
        self.average.set_data((x, self.density(gan.generate(noise))) if has else ([], []))
        seen = np.where(self.p + q > 1e-3 * self.top, theory.optimal_d(self.p, q, game.target), np.nan)
        self.star.set_data(x, seen if game.limits else np.full(len(x), np.nan))
        D = chance(gan, x[:, None].astype(gan.D.dtype))
        self.D.set_data(([], []) if D is None else (x, D))
        if D is not None and not game.limits:
            self.fit(float(D.min()), float(D.max()))
        if self.mapped is not None:
            z, to = np.ravel(self.mapped), np.ravel(gan.generate(self.mapped, raw=True))
            self.arrows.set_offsets(np.column_stack([z, np.full(len(z), -0.44 * self.top)]))
            self.arrows.set_UVC(to - z, np.full(len(z), 0.3 * self.top))
        at, push = pushes(gan, self.session.fixed_z)
        at, push = (array[: self.push.N] for array in (at, push))
        level = np.full(len(at), -0.14 * self.top)
        self.points.set_data(np.ravel(at), level)
        self.push.set_offsets(np.column_stack([np.ravel(at), level]))
        self.push.set_UVC(np.ravel(arrows_of(push, self.width, game)), 0 * level)

    def density(self, samples):
        bandwidth = None if self.line is None else self.width / 150
        return metrics.kernel_density(samples, self.x, bandwidth=bandwidth)

    def fit(self, low, high):
        """Let the right scale hold low to high, with room, and change as seldom as possible."""
        size = max(high - low, 1e-6)
        if low < self.limits[0] or high > self.limits[1] or size < 0.25 * (self.limits[1] - self.limits[0]):
            self.scale((low - 0.25 * size, high + 0.25 * size))


class DigitsView(View):
    """64 samples of G, always of the same noise, and beside them what D makes of real ones and of fakes."""

    def begin(self):
        ax, game = self.axes, self.session.gan.game
        ax.axis("off")
        left = ax if self.beside else ax.inset_axes([0, 0.02, 0.62, 0.96])
        right = self.beside or ax.inset_axes([0.7, 0.12, 0.3, 0.76])
        self.more = [one for one in (left, right) if one not in (ax, self.beside)]
        if self.beside:
            right.clear()
        plots.images(left, np.full((64, 784), -1.0), columns=8)
        left.set_title("G of the same 64 noises")
        self.real = looked_at(self.session.data, 300)
        self.bars = right
        self.histograms = [
            right.stairs(np.zeros(20), np.linspace(0, 1, 21), fill=True, color=colour, alpha=0.5, label=label)
            for colour, label in ((plots.DATA, "real"), (plots.GENERATOR, "fake"))
        ]
        right.set(xlabel=f"{game.reads}, of 300 real and 64 fakes", ylabel="share", ylim=(0, 1.25))
        if game.limits:
            right.axvline(game.equilibrium.D, color=plots.REFERENCE, lw=1, ls="--")
        right.legend(frameon=False, loc="upper center", ncols=2)
        self.range = None
        return left.images[0], *self.histograms

    def show(self):
        gan, z = self.session.gan, self.session.fixed_z
        fake = gan.generate(z)
        self.artists[0].set_data(plots.sheet(fake, 8)) if self.artists else None
        judged = [gan.probability(x) for x in (self.real, as_seen(gan, gan.generate(z, raw=True), z))]
        low, high = gan.game.limits or (min(map(np.min, judged)), max(map(np.max, judged)))
        if self.range is None or low < self.range[0] or high > self.range[1]:
            pad = 0 if gan.game.limits else 0.3 * (high - low) + 1e-6
            self.range, self.redraw = (low - pad, high + pad), True
            self.bars.set_xlim(*self.range)
        edges = np.linspace(*self.range, 21)
        for bars, values in zip(self.histograms, judged, strict=True):
            counts, _ = np.histogram(np.clip(values, *self.range), edges)
            bars.set_data(counts / len(values), edges)


def view_of(session):
    """The class of the view that suits its data."""
    return {1: LineView, 2: PlaneView}.get(session.data.d, DigitsView)
