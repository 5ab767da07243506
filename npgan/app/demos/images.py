"""Images of digits, 28 x 28: MNIST, or digits drawn from fonts, which need no download."""

import math
from functools import cache

import numpy as np

from npgan import digits, metrics, models, require
from npgan.app.demos import scores
from npgan.app.demos.base import Demo, pair_options
from npgan.app.figures import Picture
from npgan.distributions import one_hot
from npgan.latent import walk
from npgan.variants.conditional import Conditional

STRIP = 10  # samples of each epoch, for the picture of how G learns


class DigitsDemo(Demo):
    measures, older = ("epoch", *scores.MEASURES), ("epoch",)
    arrays = {"strip": ((STRIP, digits.PIXELS), np.uint8)}
    drawn = "nearest.png", "strip.png", "progress.png"
    pixels, classic, labelled = digits.PIXELS, models.CLASSIC, True

    def __init__(self, name, summary, load, reads_files=False):
        """load(split, folder): the Digits of "train" or "test"."""
        super().__init__(name, summary)
        self.load, self.reads_files = load, reads_files

    def data(self, folder=None, labels=False):
        train = self.load("train", folder)
        data = digits.LabelledImages(*train) if labels else digits.Images(train.images)
        data.examiner = cache(lambda: scores.examiner(train, lambda: self.load("test", folder)))
        return data

    def pair(self, config, *, rng):
        return models.digits_pair(rng=rng, **pair_options(config))

    def marks(self, config, data):
        """The step at which each epoch is complete; a batch may run over from one to the next."""
        epochs, batch, d_steps = (require.count(key, config[key]) for key in ("epochs", "batch", "d_steps"))
        seen = batch * d_steps  # images in a step
        if seen > len(data):
            raise ValueError(f"batch x d_steps must be at most the {len(data)} images there are, got {seen}")
        return [math.ceil(epoch * len(data) / seen) for epoch in range(1, epochs + 1)]

    def measure(self, training):
        """The epoch, and after some of them the scores: about a second, and at the first one 10 s more, if no
        judge is in the cache."""
        found = dict.fromkeys(self.measures, math.nan) | {"epoch": 1 + len(training.progress)}
        if training.live or not scores.due(found["epoch"]):
            return found
        return found | scores.numbers(training.data.examiner(), *self.drawing(training))

    def drawing(self, training):
        """draw(k, raw), which makes k more samples, of the same noise at each look; and is there an average?"""
        rng = training.looking_rng()
        draw = lambda k, raw: self.samples(training, k, rng=rng, raw=raw)  # noqa: E731
        return draw, training.gan.average is not None

    def fixed_samples(self, training, n):
        """n samples (n, 784), from the noise that is the same at every epoch."""
        return self.samples(training, n, rng=training.looking_rng(), **by_class(training.gan, n))

    def grid(self, training):
        """The samples in the picture of an epoch: 64, or a row of ten for each class."""
        return self.fixed_samples(training, 10 * len(classes(training.gan)) or 64)

    def picture_names(self, training):
        return [*self.drawn, *map(of_epoch, range(1, len(training.marks) + 1))]

    def keep(self, training):
        samples, labels = self.grid(training), classes(training.gan)
        return {"strip": digits.to_pixels(samples[:: 10 if labels else 1][:STRIP])}

    def pictures_now(self, training):
        epoch, samples, labels = len(training.progress), self.grid(training), classes(training.gan)
        title = f"{self.name}, epoch {epoch}"
        return [Picture(of_epoch(epoch), lambda figure: draw_grid(figure, samples, title, labels))]

    def pictures(self, training):
        samples, rows = self.fixed_samples(training, 24), training.data.rows
        draw = lambda figure: draw_nearest(figure, samples, rows)  # noqa: E731
        found = [Picture("nearest.png", draw, nearest_size(samples))]
        if training.progress:
            strip = digits.from_pixels(np.array(training.kept["strip"]))
            epochs = some_epochs(len(strip))
            size = 7, 0.63 * len(epochs) + 0.45
            found.append(Picture("strip.png", lambda figure: draw_strip(figure, strip, epochs), size))
        if scored := [row for row in training.progress if not math.isnan(row["frechet"])]:
            found.append(Picture("progress.png", lambda figure: draw_progress(figure, scored), (7, 5)))
        return found

    def lines(self, training, folder):
        epochs = f"{len(training.progress)} of {training.config['epochs']} epochs"
        found = scores.lines(training.data.examiner(), *self.drawing(training))
        return [*found, f"{epochs}; `npgan score {folder}` says how good the digits are"]

    def check_resumed(self, training, step):
        """The epochs behind a run must all be there, since pictures and steps are numbered by them."""
        ends = [mark for mark in training.marks if mark <= step]
        if [row["step"] for row in training.progress] != ends:
            notes = f"there are notes on {len(training.progress)} epochs"
            raise ValueError(f"{notes}, wanted {len(ends)}, one on each")


def of_epoch(epoch):
    """The name of the picture of an epoch."""
    return f"epoch_{epoch:03d}.png"


def some_epochs(last):
    """1, 2, 5, 10, 25, 50, ... and the last one."""
    return sorted({epoch for epoch in (1, 2, 5, 10, 25, 50, 100, 200) if epoch < last} | {last})


# --- classes ---


def classes(gan):
    """[0, 1, ... k - 1] of a conditional GAN; none of others."""
    return list(range(gan.k)) if isinstance(gan, Conditional) else []


def by_class(gan, n, wanted=None):
    """{"labels": (n,)} for `gan.sample`: first those of the first class wanted, then as many of the next; by
    default of every class, or {} if there are none. ValueError for classes that gan does not have."""
    if wanted and not classes(gan):
        raise ValueError("this G was trained without labels; `npgan train mnist --conditional` has them")
    if unknown := set(wanted or ()) - set(classes(gan)):
        raise ValueError(f"labels must be 0 to {gan.k - 1}, got {min(unknown)}")
    wanted = wanted or classes(gan)
    return {"labels": np.array(wanted)[np.arange(n) * len(wanted) // n]} if wanted else {}


# --- pictures ---


def draw_grid(figure, samples, title, labels=()):
    """Samples (n, 784), eight in a row; or as many rows as there are labels, and a label before each."""
    from npgan import plots

    ax = plots.images(figure.subplots(), samples, columns=len(samples) // len(labels) if labels else 8)
    ax.set(yticks=14 + 30 * np.arange(len(labels)), yticklabels=labels, title=title)


def draw_strip(figure, strip, epochs):
    """strip (epochs so far, 10, 784): one column per noise vector, one row for each of the epochs."""
    from npgan import plots

    ax = plots.images(figure.subplots(), np.concatenate([strip[e - 1] for e in epochs]), columns=STRIP)
    rows = 14 + 30 * np.arange(len(epochs))
    ax.set(yticks=rows, yticklabels=[f"epoch {epoch}" for epoch in epochs])
    ax.set_title("One column: the same noise, as G learns")


def draw_progress(figure, rows):
    """The scores of the epochs that have some: rows {measure: number}."""
    from npgan import plots

    above, below = figure.subplots(2, 1, sharex=True)
    epoch = [row["epoch"] for row in rows]
    for ax, name in (above, "frechet"), (below, "shares"):
        averaged, raw, real = ([row[name + end] for row in rows] for end in scores.ENDS)
        both = averaged != raw
        ax.plot(epoch, averaged, "o-", ms=3, color=plots.GENERATOR, label="averaged G" if both else "G")
        if both:
            ax.plot(epoch, raw, "o:", ms=3, color=plots.GENERATOR, alpha=0.6, label="G as it is")
        ax.axhline(real[-1], color=plots.DATA, ls="--", label=f"real training digits: {real[-1]:.2g}")
    above.set(ylabel="Frechet distance", yscale="log", title="How far G is from the test digits")
    below.set(xlabel="epoch", ylabel="class shares off", ylim=(0, None), xlim=(0, 1.05 * epoch[-1]))
    below.xaxis.get_major_locator().set_params(integer=True)
    for ax in above, below:
        plots.legend(ax, loc="best")


def draw_nearest(figure, samples, rows):
    """Each sample (n, 784), and to its right the image of rows (m, 784) uint8 that is nearest to it."""
    from npgan import plots

    found = metrics.nearest((samples + 1) / 2, rows)
    pairs = np.concatenate([samples, digits.from_pixels(rows[found.index])], axis=1)  # (n, 2 * 784)
    ax = plots.images(figure.subplots(), pairs.reshape(-1, digits.PIXELS), columns=12, pair=True)
    ax.set_title("Left of each pair: a sample. Right: the training digit nearest to it")


def nearest_size(samples):
    return 8, 0.3 + 0.665 * -(-len(samples) // 6)  # inches: six pairs in a row


def walks_size(samples):
    return 7, 0.5 + 0.07 * len(samples)


def draw_walks(figure, samples):
    from npgan import plots

    plots.images(figure.subplots(), samples, columns=10).set_title("Each row: a walk from one noise to another")


def walks(gan, *, n, rng, raw=False, labels=None):
    """n walks of ten steps through the noise: samples (10 n, 784), of one class each if there are labels (n,).
    The generator as in `gan.sample`."""
    z = gan.noise(2 * n, rng=rng)
    z = z if labels is None else z[:, : -gan.k]
    z = np.concatenate([walk(start, end, 10) for start, end in z.reshape(n, 2, -1)])
    if labels is not None:
        z = np.concatenate([z, np.repeat(one_hot(labels, gan.k), 10, axis=0)], axis=1)
    return gan.generate(z, raw=raw)
