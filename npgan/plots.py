"""Every picture: a function that draws on the axes it is given and returns them.

One colour per role in every picture, chosen to stay apart for colour-blind eyes: data blue,
generator orange, discriminator green, references grey. Axes are nobody else's business: of the other
rooms only `app` makes figures to save, and `digits.fonts` asks matplotlib for the outlines of fonts.
"""

import os
from pathlib import Path

import matplotlib
import numpy as np

from npgan.digits import PIXELS
from npgan.games import non_saturating

DATA, GENERATOR, DISCRIMINATOR, REFERENCE = "#0072B2", "#D55E00", "#009E73", "#666666"


def finish(fig, name):
    """End a figure: show it where there is a screen, else save it as name.png and print where.

    With NPGAN_IMG set it is saved into that folder, screen or not.
    """
    import matplotlib.pyplot as plt  # not wanted to draw on axes

    folder = os.environ.get("NPGAN_IMG")
    backend = matplotlib.get_backend().lower()
    if folder is None and backend not in ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template"):
        plt.show()
        return
    path = Path(folder or ".") / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(path, dpi=120, metadata={"Software": None})
    plt.close(fig)
    print(f"picture: {path}")


def large_text():
    """Text that can be read from the back row, in every figure made from now on: 15 points, legends 12.5."""
    matplotlib.rcParams.update({"font.size": 15, "figure.constrained_layout.use": True})


WHOLE = {  # the parts of the drawing: where each stands, what it says, whose it is
    "z": ((0.5, 3.0), "noise\nz", REFERENCE),
    "G": ((2.3, 3.0), "G", GENERATOR),
    "fake": ((4.3, 3.0), "fake\nG(z)", GENERATOR),
    "real": ((4.3, 1.0), "real\nx", DATA),
    "D": ((6.3, 2.0), "D", DISCRIMINATOR),
    "a": ((8.0, 2.0), "logit\na", DISCRIMINATOR),
    "V": ((9.7, 2.0), "V\nloss", REFERENCE),
}
FORWARD = ("z", "G"), ("G", "fake"), ("fake", "D"), ("real", "D"), ("D", "a"), ("a", "V")
BACK = {  # a gradient: its stops on the way back, whose it is, where its name stands, its name
    "dV": ([(9.7, 1.6), (6.3, 1.45)], -0.35, DISCRIMINATOR, (8.0, 0.45), "dV / d$\\theta_d$: D climbs V"),
    "dloss": (
        [(9.7, 2.4), (6.3, 2.6), (2.3, 3.55)], 0.3, GENERATOR, (7.4, 4.3),
        "dloss / d$\\theta_g$, through D: G goes down",
    ),
}  # fmt: skip


def whole(ax, lit=None):
    """The whole GAN: z -> G -> fake, real or fake -> D -> a -> V, and the two gradients on their way back.

    lit: the parts at work, of WHOLE and BACK, in the colours of their players; the others are pale. None: all.
    """
    lit = {*WHOLE, *BACK} if lit is None else set(lit)
    if unknown := lit - {*WHOLE, *BACK}:
        raise ValueError(f"the whole has no part {min(unknown)!r}; its parts: {', '.join([*WHOLE, *BACK])}")
    pale, gap = "#C8C8C8", 2 * matplotlib.rcParams["font.size"]  # of arrows from the middle of a part: its text
    for name, ((x, y), text, colour) in WHOLE.items():
        colour = colour if name in lit else pale
        network = name in ("G", "D")
        box = {"boxstyle": "square,pad=0.7" if network else "round,pad=0.25", "ec": colour, "lw": 2}
        box["fc"] = colour if network else "white"
        ax.text(x, y, text, ha="center", va="center", color="white" if network else colour, bbox=box, zorder=3)
    for start, end in FORWARD:
        colour = REFERENCE if {start, end} <= lit else pale
        style = {"arrowstyle": "-|>", "color": colour, "lw": 1.6, "shrinkA": gap, "shrinkB": gap}
        ax.annotate("", WHOLE[end][0], WHOLE[start][0], arrowprops=style)
    for name, (stops, bend, colour, place, text) in BACK.items():
        colour = colour if name in lit else pale
        style = {"arrowstyle": "-|>", "color": colour, "lw": 2.4, "ls": "--"}
        for start, end in zip(stops[:-1], stops[1:], strict=True):
            ax.annotate("", end, start, arrowprops=style | {"connectionstyle": f"arc3,rad={bend}"})
        ax.text(*place, text, ha="center", va="center", color=colour)
    ax.set(xlim=(0, 10.4), ylim=(0, 5))
    ax.axis("off")
    return ax


def densities(ax, x, p, q, D=None, d_star=None, game=non_saturating):
    """The paper's Figure 1 over a grid x (n,): p_data, p_g, and on a second scale D and D*.

    p, q: densities (n,). D, d_star: (n,), as the game reads them: probabilities, or what it has in their
    place. The right axis is returned as ax.right. Both scales end well above their curves: the strip on top
    is free for a legend.
    """
    ax.fill_between(x, p, color=DATA, alpha=0.12, lw=0)
    ax.fill_between(x, q, color=GENERATOR, alpha=0.12, lw=0)
    ax.plot(x, p, color=DATA, ls=":", lw=2.5, label="p_data", zorder=3)  # seen where p_g lies on it
    ax.plot(x, q, color=GENERATOR, lw=2, label="p_g")
    ax.set(xlabel="x", ylabel="density", xlim=(x[0], x[-1]))
    ax.set_ylim(0, 1.3 * max(np.max(p), np.max(q)))
    ax.right = ax.twinx()
    ax.right.set(ylabel=f"{game.reads}(x)")
    if game.limits:
        ax.right.set(ylim=(0, 1.3), yticks=[0, 0.25, 0.5, 0.75, 1])
        half = f"D = {game.target:g}/2" if game.target != 1 else "D = 1/2"
        ax.right.axhline(game.equilibrium.D, color=REFERENCE, lw=0.8, ls="--", label=half)
    if d_star is not None:
        smoothed = f"D* = {game.target:g} p_data/(p_data+p_g)"
        label = "D* = p_data / (p_data + p_g)" if game.target == 1 else smoothed
        ax.right.plot(x, d_star, color=REFERENCE, alpha=0.45, lw=4, label=label)
    if D is not None:
        ax.right.plot(x, D, color=DISCRIMINATOR, lw=2, ls="--", label=game.reads)
        if not game.limits:
            low, high = np.min(D), np.max(D)
            ax.right.set_ylim(low - 0.05 * (high - low) - 1e-6, high + 0.35 * (high - low) + 1e-6)
    return ax


def legend(ax, *more, **options):
    """One legend for the lines of ax and of further axes, ax.right first among them.

    options are matplotlib's; a loc that starts with "outside" puts the legend beside all the axes of
    the figure.
    """
    everything = [ax, *([ax.right] if hasattr(ax, "right") else []), *more]
    handles, labels = zip(*(one.get_legend_handles_labels() for one in everything), strict=True)
    options = {"frameon": False, "fontsize": "small"} | options
    where = ax.figure if str(options.get("loc")).startswith("outside") else ax
    where.legend(sum(handles, []), sum(labels, []), **options)
    return ax


def mapping(ax, z, x):
    """Arrows from noise z (n,) on the lower line to x = G(z) (n,) on the upper one."""
    z, x = np.ravel(z), np.ravel(x)
    arrow = {"arrowstyle": "-|>", "color": GENERATOR, "lw": 0.8, "shrinkA": 0, "shrinkB": 0}
    for start, end in zip(z, x, strict=True):
        ax.annotate("", xy=(end, 1), xytext=(start, 0), arrowprops=arrow)
    ax.plot(z, np.zeros_like(z), ".", color=REFERENCE, ms=4)
    ax.axhline(0, color=REFERENCE, lw=0.8)
    ax.axhline(1, color=REFERENCE, lw=0.8)
    ax.set(yticks=[0, 1], yticklabels=["z", "x = G(z)"], ylim=(-0.1, 1.1))
    return ax


def pushes(ax, z, x, push, scale=1):
    """A dot for each noise z (n,), at its sample x = G(z) (n,), and from it an arrow, scale * push (n,) long in
    the unit of x: the way in which G's loss would move it, say."""
    z, x, push = np.ravel(z), np.ravel(x), np.ravel(push)
    ax.plot(x, z, "o", color=GENERATOR)
    ax.quiver(x, z, scale * push, 0 * push, angles="xy", scale_units="xy", scale=1, width=0.004, zorder=3)
    ax.set(xlabel="x = G(z)", ylabel="z")
    return ax


def over_time(ax, steps, y, color, label):
    """y (n,) at each of the steps (n,); if they are many, faint, and the mean of every hundredth part bold."""
    part = max(1, len(y) // 100)
    x_mean, y_mean = (a[: len(a) // part * part].reshape(-1, part).mean(axis=1) for a in (steps, y))
    if part > 1:
        ax.plot(steps, y, color=color, lw=0.5, alpha=0.25, zorder=1)
    ax.plot(x_mean, y_mean, color=color, lw=1.6 if part > 1 else 0.8, label=label)
    ax.set_xlabel(f"step (bold: the mean of {part} steps)" if part > 1 else "step")
    return ax


def losses(ax, steps, V, loss, game):
    """What each player optimises over the steps, with the values at equilibrium, if the game has such, as
    dashed lines."""
    over_time(ax, steps, V, DISCRIMINATOR, "V, climbed by D")
    over_time(ax, steps, loss, GENERATOR, "loss of G")
    at = game.equilibrium
    for level, colour, who in (at.V, DISCRIMINATOR, "V"), (at.loss, GENERATOR, "loss of G"):
        if level is not None:
            ax.axhline(level, color=colour, ls="--", lw=1.2, label=f"{who} at equilibrium: {level:.3f}")
    ax.set_ylabel(f"{game.unit}, {game.name}")
    return legend(ax)


def probabilities(ax, steps, d_real, d_fake, game=non_saturating):
    """The means of D(x) and D(G(z)) over the steps, as the game reads them, with the line both should come
    to, if there is one."""
    over_time(ax, steps, d_real, DATA, f"{game.reads}(x), real")
    over_time(ax, steps, d_fake, GENERATOR, f"{game.reads}(G(z)), fake")
    level = game.equilibrium.D
    if level is not None:
        ax.axhline(level, color=REFERENCE, ls="--", lw=1.2, label=f"equilibrium: {level:g}")
    ax.set_ylabel(f"mean of {game.reads} over the batch")
    if game.limits:
        low, high = game.limits
        ax.set(ylim=(low, high + 0.15 * (high - low)), yticks=np.linspace(low, high, 5))
    return legend(ax, loc="upper center", ncols=3)


def cloud(ax, real, fake):
    """Real and generated points (n, 2) in the plane; the legend stands beside the axes."""
    ax.plot(*real.T, ".", color=DATA, ms=2, alpha=0.4, label="data")
    ax.plot(*fake.T, ".", color=GENERATOR, ms=2, alpha=0.4, label="G(z)")
    ax.set(xlabel="x1", ylabel="x2", aspect="equal")
    return legend(ax, loc="lower left", bbox_to_anchor=(1, 0.9), markerscale=5)


def drawable(n, d):
    """ValueError unless samples (n, d) have a picture, that of `samples`: at most 1,000 if they are images."""
    if d not in (1, 2, PIXELS):
        raise ValueError(f"samples of {d} numbers have no picture; write them to .npy or .csv")
    if d == PIXELS and n > 1000:
        raise ValueError(f"a picture takes at most 1000 images, got {n}: choose fewer, or a .npy file")


def samples(ax, x):
    """Samples (n, d) as they come: a histogram for d = 1, points in the plane for d = 2, images for
    d = 784. ValueError if they are not drawable."""
    drawable(*x.shape)
    if x.shape[1] == 1:
        ax.hist(x[:, 0], min(100, 1 + len(x) // 10), color=GENERATOR)
        ax.set(xlabel="x = G(z)", ylabel="samples")
    elif x.shape[1] == 2:
        ax.plot(*x.T, ".", color=GENERATOR, ms=3, alpha=0.5)
        ax.set(xlabel="x1", ylabel="x2", aspect="equal")
    else:
        images(ax, x, columns=round(len(x) ** 0.5))
    ax.set_title(f"{len(x):,} samples of G")
    return ax


def sheet(x, columns, *, pair=False):
    """Images of 28 x 28, rows of x (n, 784) in [-1, 1], side by side on one sheet with a thin gap: (30 rows,
    30 columns) numbers. pair: let every second gap vanish, so that two and two belong together."""
    rows = -(-len(x) // columns)
    sheet = np.ones((rows, 30, columns, 30), np.float32)  # white between the black tiles
    tiles = np.ones((rows * columns, 28, 28), np.float32)
    tiles[: len(x)] = np.reshape(x, (-1, 28, 28))
    tiles = tiles.reshape(rows, columns, 28, 28).transpose(0, 2, 1, 3)  # (rows, 28, columns, 28)
    if pair:
        sheet[:, 1:29, 0::2, 2:30], sheet[:, 1:29, 1::2, 0:28] = tiles[:, :, 0::2], tiles[:, :, 1::2]
    else:
        sheet[:, 1:29, :, 1:29] = tiles
    return sheet.reshape(30 * rows, 30 * columns)


def images(ax, x, columns, *, pair=False):
    """The `sheet` of images x (n, 784)."""
    enlarge = {"interpolation": "nearest", "interpolation_stage": "data"}  # numbers, not colours: less memory
    ax.imshow(sheet(x, columns, pair=pair), cmap="gray", vmin=-1, vmax=1, **enlarge)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    return ax
