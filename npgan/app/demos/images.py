"""Images of digits, 28 x 28: MNIST, or digits drawn from fonts, which need no download."""

import math

import numpy as np

from npgan import digits, metrics, models, require
from npgan.app.demos.base import Demo, pair_options
from npgan.app.figures import Picture
from npgan.latent import walk

STRIP = 10  # samples of each epoch, for the picture of how G learns


class DigitsDemo(Demo):
    measures = ("epoch",)
    arrays = {"strip": ((STRIP, digits.PIXELS), np.uint8)}
    drawn = "nearest.png", "strip.png"
    pixels, classic = digits.PIXELS, models.CLASSIC

    def __init__(self, name, summary, load, reads_files=False):
        """load(split, folder): the Digits of "train" or "test"."""
        super().__init__(name, summary)
        self.load, self.reads_files = load, reads_files

    def data(self, folder=None):
        return digits.Images(self.load("train", folder).images)

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
        return {"epoch": 1 + len(training.progress)}

    def fixed_samples(self, training, n):
        """n samples (n, 784), from the noise that is the same at every epoch."""
        return self.samples(training, n, rng=training.looking_rng())

    def picture_names(self, training):
        return [*self.drawn, *map(of_epoch, range(1, len(training.marks) + 1))]

    def keep(self, training):
        return {"strip": digits.to_pixels(self.fixed_samples(training, 64)[:STRIP])}

    def pictures_now(self, training):
        epoch, samples = len(training.progress), self.fixed_samples(training, 64)
        title = f"{self.name}, epoch {epoch}"
        return [Picture(of_epoch(epoch), lambda figure: draw_grid(figure, samples, title))]

    def pictures(self, training):
        samples, rows = self.fixed_samples(training, 24), training.data.rows
        draw = lambda figure: draw_nearest(figure, samples, rows)  # noqa: E731
        found = [Picture("nearest.png", draw, nearest_size(samples))]
        if training.progress:
            strip = digits.from_pixels(np.array(training.kept["strip"]))
            epochs = some_epochs(len(strip))
            size = 7, 0.63 * len(epochs) + 0.45
            found.append(Picture("strip.png", lambda figure: draw_strip(figure, strip, epochs), size))
        return found

    def lines(self, training, folder):
        epochs = f"{len(training.progress)} of {training.config['epochs']} epochs"
        return [f"{epochs}; `npgan score {folder}` says how good the digits are"]

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


# --- pictures ---


def draw_grid(figure, samples, title):
    from npgan import plots

    plots.images(figure.subplots(), samples, columns=8).set_title(title)


def draw_strip(figure, strip, epochs):
    """strip (epochs so far, 10, 784): one column per noise vector, one row for each of the epochs."""
    from npgan import plots

    ax = plots.images(figure.subplots(), np.concatenate([strip[e - 1] for e in epochs]), columns=STRIP)
    rows = 14 + 30 * np.arange(len(epochs))
    ax.set(yticks=rows, yticklabels=[f"epoch {epoch}" for epoch in epochs])
    ax.set_title("One column: the same noise, as G learns")


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


def walks(gan, *, n, rng, raw=False):
    """n walks of ten steps through the noise: samples (10 n, 784). The generator as in `gan.sample`."""
    ends = gan.noise(2 * n, rng=rng).reshape(n, 2, -1)
    return gan.generate(np.concatenate([walk(start, end, 10) for start, end in ends]), raw=raw)
