"""A demo is a data set, a pair that learns it, its settings, and what to show at the end.

Each has a name, `settings` (the defaults of `npgan train NAME`), data(), pair(config, rng=) and
report(gan, rng=, folder=), which draws the pictures that only this demo has and returns the lines
to print. config is the settings with the user's choices put in, a dict of plain JSON values.
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
    """One Gaussian on the line, N(4, 1.25^2): the Figure 1 of the paper."""

    name = "gaussian"
    settings = COMMON | {
        "steps": 8000, "lr": 1e-3, "d_lr": 4e-3, "beta1": 0.0, "hidden": 16, "n_z": 1, "anneal": False,
    }  # fmt: skip

    def data(self):
        return Gaussian(4.0, 1.25)

    def pair(self, config, *, rng):
        return models.gaussian_pair(rng=rng, **_pair_options(config))

    def report(self, gan, *, rng, folder):
        n, data = 10_000, self.data()
        samples, real, more = (s.sample(n, rng=rng) for s in (gan, data, data))
        save_figure(folder / "densities.png", self.draw, gan, samples)
        return [
            f"learned mean {samples.mean():.3f}, std {samples.std():.3f}   "
            f"(the data: mean {data.mu:g}, std {data.sigma:g})",
            f"W1 to the data {metrics.wasserstein(samples, real):.3f} on {n:,} samples   "
            f"(real against real: {metrics.wasserstein(more, real):.3f})",
        ]

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

    def __init__(self, name, data, **settings):
        self.name, self.data = name, data
        self.settings = COMMON | {
            "lr": 2e-3, "d_lr": 2e-3, "beta1": 0.5, "hidden": 64, "n_z": 2, "anneal": True,
        } | settings  # fmt: skip

    def pair(self, config, *, rng):
        return models.mixture_pair(rng=rng, dtype=np.float32, **_pair_options(config))

    def report(self, gan, *, rng, folder):
        real, fake = self.data().sample(2500, rng=rng), gan.sample(2500, rng=rng)
        save_figure(folder / "samples.png", self.draw, real, fake)
        return []

    def draw(self, figure, real, fake):
        from npgan import plots

        plots.cloud(figure.subplots(), real, fake).set_title("2,500 samples of each")


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
        MixtureDemo("ring", ring, steps=15_000),
        MixtureDemo("grid", grid, steps=25_000),
    )
}
