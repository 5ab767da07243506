"""A demo is a data set, a pair that learns it, its settings, and what to show at the end.

Each has a name, a summary, `settings` (the defaults of `npgan train NAME`) and

    data()                      what to learn, for train
    pair(config, rng=)          the GAN that learns it
    marks(config)               the steps after which a run is saved and looked at, the last one among them
    look(gan, rng=)             a dict of numbers: how good the samples are now
    report(gan, progress, rng=, folder=)
                                draw this demo's own pictures, return the lines to print; progress is the
                                list of what `look` found, each with its step

config is the settings with the user's choices put in, a dict of plain JSON values.
"""

import numpy as np

from npgan import games, metrics, models
from npgan.distributions import Gaussian, grid, ring
from npgan.files import whole_file
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
    settings = COMMON | {
        "steps": 8000, "lr": 1e-3, "d_lr": 4e-3, "beta1": 0.0, "hidden": 16, "n_z": 1, "anneal": False,
    }  # fmt: skip

    def data(self):
        return Gaussian(4.0, 1.25)

    def pair(self, config, *, rng):
        return models.gaussian_pair(rng=rng, **_pair_options(config))

    def marks(self, config):
        return evenly(config["steps"], 20)

    def look(self, gan, *, rng):
        samples, score = self.score(gan, rng=rng)
        return {
            "mean": samples.mean(), "std": samples.std(), "w1": score.value, "w1_real": score.floor,
        }  # fmt: skip

    def score(self, gan, *, rng, n=10_000):
        """n samples and their W1 to the data, beside that of n real ones."""
        samples = gan.sample(n, rng=rng)
        return samples, metrics.with_floor(metrics.wasserstein, samples, self.data(), rng=rng, draws=5)

    def report(self, gan, progress, *, rng, folder):
        samples, score = self.score(gan, rng=rng)
        data = self.data()
        save_figure(folder / "densities.png", self.draw, gan, samples)
        save_figure(folder / "progress.png", self.draw_progress, progress, size=(7, 4))
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
        ax.set(xlabel="step", ylabel="W1 of 10,000 samples", yscale="log", title="How far G is from the data")
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

    def __init__(self, name, summary, data, **settings):
        self.name, self.summary, self.data = name, summary, data
        self.settings = COMMON | {
            "lr": 2e-3, "d_lr": 2e-3, "beta1": 0.5, "hidden": 64, "n_z": 2, "anneal": True,
        } | settings  # fmt: skip

    def pair(self, config, *, rng):
        return models.mixture_pair(rng=rng, dtype=np.float32, **_pair_options(config))

    def marks(self, config):
        return evenly(config["steps"], 20)

    def look(self, gan, *, rng):
        found = metrics.coverage(gan.sample(2500, rng=rng), self.data(), rng=rng)
        return {
            "modes": found.captured, "high_quality": found.high_quality, "reverse_kl": found.reverse_kl,
        }  # fmt: skip

    def report(self, gan, progress, *, rng, folder):
        real, fake = self.data().sample(2500, rng=rng), gan.sample(2500, rng=rng)
        found = metrics.coverage(fake, self.data(), rng=rng)
        save_figure(folder / "samples.png", self.draw, real, fake)
        save_figure(folder / "progress.png", self.draw_progress, progress, size=(7, 5))
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
            plots.legend(ax, loc="lower right")


def evenly(steps, count):
    """At most count steps, evenly spread over 1 ... steps, the last one among them."""
    return sorted({round(steps * (i + 1) / count) for i in range(count)} - {0})


def _pair_options(config):
    options = {key: config[key] for key in ("lr", "d_lr", "hidden", "n_z", "latent")}
    return options | {"game": games.by_name(config["game"]), "betas": (config["beta1"], 0.999)}


def save_figure(path, draw, *args, size=(7, 6)):
    """Call draw(figure, *args) on an empty figure and save it to path as a PNG, whole or not at all."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure, *args)
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})


DEMOS = {
    demo.name: demo
    for demo in (
        GaussianDemo(),
        MixtureDemo("ring", "eight Gaussians on a circle", ring, steps=15_000),
        MixtureDemo("grid", "25 Gaussians on a square grid", grid, steps=25_000),
    )
}
