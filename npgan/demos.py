"""A demo is a data set, a pair that learns it, its settings, and what to show of it.

Each has a name, a summary, `settings` (the defaults of `npgan train NAME`) and

    data(folder=None)        what to learn, for train; folder: where its files are, if it has any
    pair(config, rng=)       the GAN that learns it
    steps(config, data)      how many steps a run has
    marks(config, data)      those after which a run is saved and looked at, the last one among them
    look(run)                a dict of numbers: how good the samples are now; `measures` has their names
    report(run)              draw this demo's own pictures, return the lines to print
    check_resumed(run)       if there is one: an error where something is missing that the run has left behind

config is the settings with the user's choices put in, a dict of plain JSON values. A run (see `runs`)
has the gan, the data, the folder, its config, the progress so far (what `look` found, with the step),
and another_rng(), a generator of randomness that is not training's own.
"""

import gc
import math

import numpy as np

from npgan import digits, games, metrics, models, require
from npgan.checkpoint import CheckpointError
from npgan.distributions import Gaussian, grid, ring
from npgan.files import whole_file
from npgan.gan import walk
from npgan.theory import optimal_d

COMMON = {
    "batch": 128,
    "d_steps": 1,
    "game": "non_saturating",
    "order": "d_first",
    "latent": "normal",
    "average": 0.999,
    "seed": 0,
}


class GaussianDemo:
    """One Gaussian on the line: the setting of the paper's Figure 1."""

    name, summary = "gaussian", "one Gaussian on the line, N(4, 1.25^2)"
    measures = ("mean", "std", "w1", "w1_real")
    settings = COMMON | {
        "steps": 8000, "lr": 5e-4, "d_lr": 4e-3, "beta1": 0.0, "hidden": 16, "n_z": 1, "anneal": False,
    }  # fmt: skip

    def data(self, folder=None):
        return Gaussian(4.0, 1.25)

    def pair(self, config, *, rng):
        return models.gaussian_pair(rng=rng, **_pair_options(config))

    def steps(self, config, data):
        return config["steps"]

    def marks(self, config, data):
        return evenly(config["steps"], 20)

    def look(self, run):
        samples, score = self.score(run.gan, rng=run.another_rng())
        values = samples.mean(), samples.std(), score.value, score.floor
        return dict(zip(self.measures, values, strict=True))

    def score(self, gan, *, rng, n=10_000):
        """n samples and their W1 to the data, beside that of n real ones."""
        samples = gan.sample(n, rng=rng)
        return samples, metrics.with_floor(metrics.wasserstein, samples, self.data(), rng=rng, draws=5)

    def report(self, run):
        samples, score = self.score(run.gan, rng=run.another_rng())
        data = self.data()
        save_figure(run.folder / "densities.png", self.draw, run.gan, samples)
        if run.progress:
            save_figure(run.folder / "progress.png", self.draw_progress, run.progress, size=(7, 4))
        return [
            f"learned mean {samples.mean():.3f}, std {samples.std():.3f}   "
            f"(the data: mean {data.mu:g}, std {data.sigma:g})",
            f"distance to the data: {score}",
        ]

    def draw_progress(self, figure, progress):
        from npgan import plots

        step = [row["step"] for row in progress]
        ax = figure.subplots()
        w1, floor = ([row[name] for row in progress] for name in ("w1", "w1_real"))
        ax.plot(step, w1, "o-", ms=3, color=plots.GENERATOR, label="G(z) to the data")
        ax.plot(step, floor, "--", color=plots.DATA, label="real to real samples")
        ax.set(xlabel="step", ylabel="W1 of 10,000 samples", ylim=(0, None), title="How far G is from the data")
        plots.legend(ax)

    def draw(self, figure, gan, samples):
        """Densities with D and D*, and under them how G maps noise to samples."""
        from npgan import plots

        data = self.data()
        x = np.linspace(data.mu - 5 * data.sigma, data.mu + 5 * data.sigma, 400)
        p, q = data.pdf(x), metrics.kernel_density(samples, x)
        top, below = figure.subplots(2, 1, height_ratios=[4, 1])
        plots.densities(top, x, p, q, gan.probability(x[:, None]), optimal_d(p, q))
        plots.legend(top, loc="upper center", ncols=5)
        top.set_title("What G learned, and what D thinks of it")
        if gan.G.n_in == 1:
            z = np.linspace(-2, 2, 21)[:, None]
            plots.mapping(below, z, gan.generate(z.astype(gan.G.dtype)))
            below.set(xlim=(x[0], x[-1]), xlabel="z below, x = G(z) above, on one scale")
        else:
            below.hist(samples[:, 0], 100, color=plots.GENERATOR)
            below.set(xlim=(x[0], x[-1]), xlabel="x = G(z)", ylabel="samples")


class MixtureDemo:
    """Many narrow Gaussians in the plane, on a ring or a grid: will G find every one?"""

    measures = ("modes", "high_quality", "reverse_kl")

    def __init__(self, name, summary, data, **settings):
        self.name, self.summary, self.mixture = name, summary, data
        self.settings = COMMON | {
            "lr": 2e-3, "d_lr": 2e-3, "beta1": 0.0, "hidden": 128, "n_z": 2, "batch": 256,
            "latent": "uniform", "anneal": True,
        } | settings  # fmt: skip

    def pair(self, config, *, rng):
        return models.mixture_pair(rng=rng, dtype=np.float32, **_pair_options(config))

    def data(self, folder=None):
        return self.mixture()

    def steps(self, config, data):
        return config["steps"]

    def marks(self, config, data):
        return evenly(config["steps"], 20)

    def look(self, run):
        rng = run.another_rng()
        found = metrics.coverage(run.gan.sample(2500, rng=rng), run.data, rng=rng)
        values = found.captured, found.high_quality, found.reverse_kl
        return dict(zip(self.measures, values, strict=True))

    def report(self, run):
        rng = run.another_rng()
        fake, real = run.gan.sample(2500, rng=rng), run.data.sample(2500, rng=rng)
        found = metrics.coverage(fake, run.data, rng=rng)
        save_figure(run.folder / "samples.png", self.draw, real, fake)
        if run.progress:
            save_figure(run.folder / "progress.png", self.draw_progress, run.progress, size=(7, 5))
        return [str(found), found.per_mode()]

    def draw(self, figure, real, fake):
        from npgan import plots

        plots.cloud(figure.subplots(), real, fake).set_title("2,500 samples of each")

    def draw_progress(self, figure, progress):
        from npgan import plots

        above, below = figure.subplots(2, 1, sharex=True)
        step, k = [row["step"] for row in progress], len(self.data().means)
        above.plot(step, [row["modes"] for row in progress], "o-", ms=3, color=plots.GENERATOR, label="G")
        above.axhline(k, color=plots.REFERENCE, ls="--", label=f"all {k} modes")
        above.set(ylabel="modes captured", ylim=(0, 1.08 * k), title="Does G find every mode, and hit it?")
        share = [row["high_quality"] for row in progress]
        below.plot(step, share, "o-", ms=3, color=plots.GENERATOR, label="G")
        below.axhline(metrics.CEILING, color=plots.REFERENCE, ls="--", label="real samples: 98.89 %")
        below.set(xlabel="step", ylabel="share within 3 sigma", ylim=(0, 1.08))
        for ax in above, below:
            plots.legend(ax, loc="best")


class DigitsDemo:
    """Images of digits, 28 x 28: MNIST, or digits drawn from fonts, which need no download."""

    measures = ("epoch",)

    def __init__(self, name, summary, load):
        self.name, self.summary, self.load = name, summary, load
        self.settings = COMMON | {
            "epochs": 50, "batch": 64, "lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "anneal": False,
            "n_z": 100, "g_hidden": [256, 512, 1024], "d_hidden": [512, 256],
        }  # fmt: skip

    def data(self, folder=None):
        return digits.Images(self.load("train", folder).images)

    def pair(self, config, *, rng):
        keys = "lr", "d_lr", "n_z", "latent", "g_hidden", "d_hidden"
        options = {key: config[key] for key in keys} | _game_and_betas(config)
        return models.digits_pair(rng=rng, **options)

    def steps(self, config, data):
        return self.marks(config, data)[-1]

    def marks(self, config, data):
        """The step at which each epoch is complete; a batch may run over from one to the next."""
        epochs, batch, d_steps = (require.count(key, config[key]) for key in ("epochs", "batch", "d_steps"))
        if epochs > 100_000:
            raise ValueError(f"epochs must be at most 100000, got {epochs}")
        seen = batch * d_steps  # images in a step
        if seen > len(data):
            raise ValueError(f"batch x d_steps must be at most the {len(data)} images there are, got {seen}")
        return [math.ceil(epoch * len(data) / seen) for epoch in range(1, epochs + 1)]

    def look(self, run):
        """A picture of the samples from the noise that is the same at every epoch."""
        epoch = 1 + len(run.progress)
        samples = run.gan.sample(64, rng=run.another_rng())
        save_figure(run.folder / f"epoch_{epoch:03d}.png", draw_grid, samples, f"{self.name}, epoch {epoch}")
        before = self.strip(run)  # (epochs so far, 10, 784): for the picture at the end
        with whole_file(run.folder / "strip.npy") as file:
            np.save(file, np.array([*before, digits.to_pixels(samples[:10])]))
        return {"epoch": epoch}

    def report(self, run):
        samples = run.gan.sample(24, rng=run.another_rng())
        save_figure(run.folder / "nearest.png", draw_nearest, samples, run.data.rows, size=(8, 2.95))
        if run.progress:
            strip = digits.from_pixels(self.strip(run))
            epochs = some_epochs(len(strip))
            save_figure(
                run.folder / "strip.png", self.draw_strip, strip, epochs, size=(7, 0.63 * len(epochs) + 0.45)
            )
        epochs = f"{len(run.progress)} of {run.config['epochs']} epochs"
        return [f"{epochs}; `npgan score {run.folder}` says how good the digits are"]

    def strip(self, run):
        """Ten samples (epochs so far, 10, 784) uint8 of each epoch; CheckpointError if they are not there."""
        path, epochs = run.folder / "strip.npy", len(run.progress)
        if not epochs:
            return np.zeros((0, 10, 784), np.uint8)
        try:
            with open(path, "rb") as file:
                strip = np.lib.format.read_array(file, allow_pickle=False)
        except Exception as error:  # whatever NumPy makes of a damaged file
            raise CheckpointError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
        if strip.shape[1:] != (10, 784) or len(strip) < epochs or strip.dtype != np.uint8:
            raise CheckpointError(f"{path} holds {strip.dtype} {strip.shape}, wanted uint8 {(epochs, 10, 784)}")
        return strip[:epochs]

    def check_resumed(self, run):
        """The epochs behind the run must all be there, since pictures and steps are numbered by them."""
        ends = [mark for mark in self.marks(run.config, run.data) if mark <= run.step]
        if [row["step"] for row in run.progress] != ends:
            n = len(run.progress)
            raise CheckpointError(f"{run.folder} has notes on {n} epochs, wanted {len(ends)}, one on each")
        self.strip(run)

    def walks(self, gan, *, n, rng, raw=False):
        """n walks of ten steps through the noise: samples (10 n, 784). The generator as in `gan.sample`."""
        ends = gan.noise(2 * n, rng=rng).reshape(n, 2, -1)
        return gan.generate(np.concatenate([walk(start, end, 10) for start, end in ends]), raw=raw)

    def draw_strip(self, figure, strip, epochs):
        """One column per noise vector, one row for each of the epochs."""
        from npgan import plots

        ax = plots.images(figure.subplots(), strip[[e - 1 for e in epochs]].reshape(-1, 784), columns=10)
        rows = 14 + 30 * np.arange(len(epochs))
        ax.set(yticks=rows, yticklabels=[f"epoch {epoch}" for epoch in epochs])
        ax.set_title("One column: the same noise, as G learns")

    def score_lines(self, gan, *, n=10_000, rng, folder=None):
        """Yield lines that say how good n samples are: Parzen, nearest digits, and the same for real data."""
        train, test = self.load("train", folder), self.load("test", folder)
        fit = len(train.images) - len(train.images) // 6  # the last sixth chooses sigma: MNIST's 10,000
        validation = pixels(train.images[fit:][:1000])
        unseen, looked_at = pixels(test.images), {}
        yield f"Parzen log-likelihood of {len(unseen):,} test digits, {n:,} samples as centres:"
        for name, raw in ([("running average of G", False)] if gan.average else []) + [("G as it is", True)]:
            samples = gan.sample(n, rng=rng, raw=raw)
            samples += 1
            samples /= 2  # in place: these are the most numbers here
            yield f"  {name:28s} {metrics.parzen_log_likelihood(samples, validation, unseen)}"
            looked_at[name] = samples[:1000].copy()
            del samples
        real = pixels(train.images[:fit][:n])
        name = f"{len(real):,} real training digits"
        yield f"  {name:28s} {metrics.parzen_log_likelihood(real, validation, unseen)}"
        yield f"  {'the 2014 paper, on MNIST':28s} 225 +- 2 nats"
        yield "This measure is only historical: it rewards covering the data with blurs, and can put a"
        yield "generator above the real digits. What is true shows in the distances below, and in pictures."
        n = min(1000, n, len(unseen))
        looked_at = {name: samples[:n] for name, samples in (looked_at | {"real test digits": unseen}).items()}
        yield from self.look_lines(gan, looked_at, train)

    def look_lines(self, gan, looked_at, train):
        """The same beyond the likelihood. looked_at: {name: (n, 784) samples in [0, 1]}."""
        yield f"\nMean distance to the nearest of {len(train.images):,} training digits, pixels in [0, 1]:"
        shares = {}
        for name, samples in looked_at.items():
            found, n = metrics.nearest(samples, train.images), len(samples)
            shares[name] = np.bincount(train.labels[found.index], minlength=10) / n
            yield f"  {name:28s} {found.distance.mean():.2f} +- {found.distance.std() / math.sqrt(n):.2f}"
        yield "Well below the test digits': G has copied or blurred. Well above: not yet digits."
        yield "\nMean of D(x), the chance of being real in D's eyes; D has learned against G as it is:"
        for name, samples in looked_at.items():
            yield f"  {name:28s} {gan.probability(2 * samples - 1).mean():.3f}"
        yield f"\nShare of each class among the nearest training digits, of {n:,} samples:"
        yield f"  {'':28s} {'  '.join(f'{digit:4d}' for digit in range(10))}"
        for name, share in shares.items():
            yield f"  {name:28s} {'  '.join(f'{s:4.0%}' for s in share)}"


def some_epochs(last):
    """1, 2, 5, 10, 25, 50, ... and the last one."""
    return sorted({epoch for epoch in (1, 2, 5, 10, 25, 50, 100, 200) if epoch < last} | {last})


def pixels(images):
    """uint8 pixels as float32 in [0, 1], the scale of the published scores."""
    x = images.astype(np.float32)
    x /= 255
    return x


def draw_grid(figure, samples, title):
    from npgan import plots

    plots.images(figure.subplots(), samples, columns=8).set_title(title)


def draw_nearest(figure, samples, rows):
    """Each sample (n, 784), and to its right the image of rows (m, 784) uint8 that is nearest to it."""
    from npgan import plots

    found = metrics.nearest((samples + 1) / 2, rows)
    pairs = np.stack([samples, digits.from_pixels(rows[found.index])], axis=1).reshape(-1, 784)
    ax = plots.images(figure.subplots(), pairs, columns=12, pair=True)
    ax.set_title("Left of each pair: a sample. Right: the training digit nearest to it")


def evenly(steps, count):
    """At most count steps, evenly spread over 1 ... steps, the last one among them."""
    return sorted({round(steps * (i + 1) / count) for i in range(count)} - {0})


def _pair_options(config):
    options = {key: config[key] for key in ("lr", "d_lr", "hidden", "n_z", "latent")}
    return options | _game_and_betas(config)


def _game_and_betas(config):
    return {"game": games.by_name(config["game"]), "betas": (config["beta1"], 0.999)}


def save_figure(path, draw, *args, size=(7, 6)):
    """Call draw(figure, *args) on an empty figure and save it to path as a PNG, whole or not at all."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure, *args)
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    del figure
    gc.collect()  # a figure refers to itself: else dozens would stay in memory before Python looks


def mnist(split, folder=None):
    return digits.mnist(folder, split=split)


def font_digits(split, folder=None):
    """30,000 digits to learn from, or 5,000 others to test with; the same ones every time."""
    n, seed = {"train": (30_000, 0), "test": (5_000, 1)}[split]
    return digits.glyph_digits(n, rng=np.random.default_rng(seed))


DEMOS = {
    demo.name: demo
    for demo in (
        GaussianDemo(),
        MixtureDemo("ring", "eight Gaussians on a circle", ring, steps=28_000),
        MixtureDemo("grid", "25 Gaussians on a square grid", grid, steps=45_000),
        DigitsDemo("mnist", "handwritten digits, 28 x 28 (MNIST)", mnist),
        DigitsDemo("digits", "digits drawn from fonts, which need no download", font_digits),
    )
}
