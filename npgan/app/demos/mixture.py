"""Many narrow Gaussians in the plane, on a ring or a grid: will G find every one?"""

import numpy as np

from npgan import metrics, models
from npgan.app.demos.base import Demo, pair_options
from npgan.app.figures import Picture


class MixtureDemo(Demo):
    measures = ("modes", "high_quality", "reverse_kl")
    drawn = "samples.png", "progress.png"
    threads = 1

    def __init__(self, name, summary, mixture):
        super().__init__(name, summary)
        self.mixture = mixture

    def data(self, folder=None):
        return self.mixture()

    def pair(self, config, *, rng):
        return models.mixture_pair(rng=rng, dtype=np.float32, **pair_options(config))

    def score(self, training):
        """2,500 samples of G and their coverage of the modes."""
        rng = training.looking_rng()
        samples = self.samples(training, 2500, rng=rng)
        return samples, metrics.coverage(samples, training.data, rng=rng)

    def measure(self, training):
        _, found = self.score(training)
        values = found.captured, found.high_quality, found.reverse_kl
        return dict(zip(self.measures, values, strict=True))

    def pictures(self, training):
        found = [Picture("samples.png", lambda figure: self.draw(figure, training))]
        if training.progress:
            draw = lambda figure: self.draw_progress(figure, training)  # noqa: E731
            found.append(Picture("progress.png", draw, (7, 5)))
        return found

    def lines(self, training, folder):
        _, found = self.score(training)
        return [str(found), found.per_mode()]

    def draw(self, figure, training):
        from npgan import plots

        rng = training.looking_rng()
        fake, real = self.samples(training, 2500, rng=rng), training.data.sample(2500, rng=rng)
        plots.cloud(figure.subplots(), real, fake).set_title("2,500 samples of each")

    def draw_progress(self, figure, training):
        from npgan import plots

        progress = training.progress
        above, below = figure.subplots(2, 1, sharex=True)
        step, k = [row["step"] for row in progress], len(training.data.means)
        above.plot(step, [row["modes"] for row in progress], "o-", ms=3, color=plots.GENERATOR, label="G")
        above.axhline(k, color=plots.REFERENCE, ls="--", label=f"all {k} modes")
        above.set(ylabel="modes captured", ylim=(0, 1.08 * k), title="Does G find every mode, and hit it?")
        share = [row["high_quality"] for row in progress]
        below.plot(step, share, "o-", ms=3, color=plots.GENERATOR, label="G")
        below.axhline(metrics.CEILING, color=plots.REFERENCE, ls="--", label="real samples: 98.89 %")
        below.set(xlabel="step", ylabel="share within 3 sigma", ylim=(0, 1.08))
        for ax in above, below:
            plots.legend(ax, loc="best")
