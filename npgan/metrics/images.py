"""Which real image comes nearest to a sample, and how near: a copy shows, and so does a blur."""

from typing import NamedTuple

import numpy as np

from npgan.metrics.density import squared_distances


class Nearest(NamedTuple):
    """For each of n samples, the row of the data that is nearest to it, and how far away it is."""

    index: np.ndarray
    distance: np.ndarray


def nearest(samples, data, *, chunk=2000):
    """The Nearest of samples (n, d) in data (m, d), by Euclidean distance.

    Data of uint8 are taken as pixels and scaled to [0, 1], a chunk at a time; samples then must be on
    that scale too.
    """
    samples, data = np.asarray(samples, np.float32), np.asarray(data)
    if not len(data):
        raise ValueError("nearest needs data to look in, got none")
    index, best = np.zeros(len(samples), int), np.full(len(samples), np.inf, np.float32)
    for start in range(0, len(data), chunk):
        part = data[start : start + chunk].astype(np.float32)
        if data.dtype == np.uint8:
            part /= 255
        for rows, squared in squared_distances(samples, part):
            here = squared.argmin(axis=1)
            closest = squared[np.arange(len(here)), here]
            better = closest < best[rows]
            best[rows][better] = closest[better]
            index[rows][better] = start + here[better]
    return Nearest(index, np.sqrt(best))
