"""One Gaussian on the line: the setting of the paper's Figure 1."""

import numpy as np

from npgan import metrics, models, theory
from npgan.app.demos.base import Demo, pair_options
from npgan.app.figures import Picture
from npgan.distributions import Gaussian
from npgan.latent import even


class GaussianDemo(Demo):
    measures = ("mean", "std", "w1", "w1_real")
    drawn = "densities.png", "progress.png"
    threads = 1

    def data(self, folder=None):
        return Gaussian(4.0, 1.25)

    def pair(self, config, *, rng):
        return models.gaussian_pair(rng=rng, **pair_options(config))

    def score(self, training, n=10_000):
        """n samples and their W1 to the data, beside that of n real ones."""
        rng = training.looking_rng()
        samples = self.samples(training, n, rng=rng)
        return samples, metrics.with_floor(metrics.wasserstein, samples, training.data, rng=rng, draws=5)

    def measure(self, training):
        samples, score = self.score(training)
        values = samples.mean(), samples.std(), score.value, score.floor
        return dict(zip(self.measures, values, strict=True))

    def pictures(self, training):
        found = [Picture("densities.png", lambda figure: self.draw(figure, training))]
        if training.progress:
            draw = lambda figure: self.draw_progress(figure, training.progress)  # noqa: E731
            found.append(Picture("progress.png", draw, (7, 4)))
        return found

    def lines(self, training, folder):
        (samples, score), data = self.score(training), training.data
        variation, floor = self.total_variation(samples, data, rng=training.looking_rng())
        return [
            f"learned mean {samples.mean():.3f}, std {samples.std():.3f}   "
            f"(the data: mean {data.mu:g}, std {data.sigma:g})",
            f"distance to the data: {score}",
            f"total variation from p_data: {variation:.3f}   (real samples: {floor:.3f})",
        ]

    def total_variation(self, samples, data, *, rng):
        """That between the density of the data and one estimated from samples (n, 1); and from n real ones."""
        x = np.linspace(data.mu - 8 * data.sigma, data.mu + 8 * data.sigma, 1001)
        both = samples, data.sample(len(samples), rng=rng)
        return [theory.total_variation(data.pdf(x), metrics.kernel_density(one, x), x) for one in both]

    def draw(self, figure, training):
        """Densities with D and D*, and under them how G maps noise to samples."""
        from npgan import plots

        gan, data, line = training.gan, training.data, training.gan.G.n_in == 1
        z = even(gan.latent, 10_000) if line else gan.noise(10_000, rng=training.looking_rng())
        samples = gan.generate(z)
        x = np.linspace(data.mu - 5 * data.sigma, data.mu + 5 * data.sigma, 400)
        p, q = data.pdf(x), metrics.kernel_density(samples, x, bandwidth=0.08 if line else None)
        top, below = figure.subplots(2, 1, height_ratios=[4, 1])
        seen = np.where(p + q > 1e-3, theory.optimal_d(p, q, gan.game.target), np.nan)  # where there is any
        alone = not hasattr(gan, "apart")  # else D of a sample depends on the whole batch
        D, seen = gan.probability(x[:, None]) if alone else None, seen if alone and gan.game.limits else None
        plots.densities(top, x, p, q, D, seen, gan.game)
        plots.legend(top, loc="upper center", ncols=5)
        top.set_title("What G learned, and what D thinks of it")
        if line:
            z = np.linspace(-2, 2, 21)[:, None]
            fakes = gan.generate(z.astype(gan.G.dtype))
            name, sign = ("z", 1) if fakes[-1] > fakes[0] else ("-z", -1)  # p_z is even: -z is as good a noise
            plots.mapping(below, sign * z, fakes)
            below.set(xlim=(x[0], x[-1]), xlabel=f"{name} below, x = G(z) above, on one scale")
            below.set_yticks([0, 1], [name, "x = G(z)"])
        else:
            below.hist(samples[:, 0], 100, color=plots.GENERATOR)
            below.set(xlim=(x[0], x[-1]), xlabel="x = G(z)", ylabel="samples")

    def draw_progress(self, figure, progress):
        from npgan import plots

        step = [row["step"] for row in progress]
        ax = figure.subplots()
        w1, floor = ([row[name] for row in progress] for name in ("w1", "w1_real"))
        ax.plot(step, w1, "o-", ms=3, color=plots.GENERATOR, label="G(z) to the data")
        ax.plot(step, floor, "--", color=plots.DATA, label="real to real samples")
        ax.set(xlabel="step", ylabel="W1 of 10,000 samples", ylim=(0, None), title="How far G is from the data")
        plots.legend(ax)
