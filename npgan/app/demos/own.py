"""A data set of the user's own: a table of numbers, on the line or in the plane, out of a file or drawn."""

import numpy as np

from npgan import metrics, models, require
from npgan.app.demos.base import Demo, pair_options
from npgan.distributions import Rows

LIKE = {1: "gaussian", 2: "ring"}  # whose settings serve for so many columns
FEWEST = 10  # rows that a distance is measured to


class OwnDemo(Demo):
    """rows (n, 1) or (n, 2), learned with the settings of the ready data set that is most like them."""

    measures = ("w1", "w1_real")
    threads = 1

    def __init__(self, name, rows):
        self.rows = Rows(rows).rows
        if self.rows.shape[1] not in LIKE:
            raise ValueError(f"{name}: data must have 1 or 2 columns to be seen, got {self.rows.shape[1]}")
        self.like = LIKE[self.rows.shape[1]]
        super().__init__(name, f"{len(self.rows)} rows of {require.one_line(name)}")

    def settings_of(self, variant):
        return models.settings(self.like, variant) | {"seed": 0}

    def data(self, folder=None):
        return Rows(self.rows)

    def pair(self, config, *, rng):
        if self.rows.shape[1] == 1:
            return models.gaussian_pair(rng=rng, **pair_options(config))
        return models.mixture_pair(rng=rng, dtype=np.float32, **pair_options(config))

    def measure(self, training):
        """The distance from G to the rows, in the unit of the rows, and that of real ones to real ones; nothing
        if they are too few."""
        rng, n = training.looking_rng(), min(1000, len(training.data) // 2)
        if 2 * n < FEWEST:
            return {}
        distance = metrics.wasserstein if training.data.d == 1 else metrics.sliced_wasserstein
        samples = self.samples(training, n, rng=rng)
        score = metrics.with_floor(distance, samples, training.data, rng=rng, draws=4)
        return dict(zip(self.measures, (score.value, score.floor), strict=True))
