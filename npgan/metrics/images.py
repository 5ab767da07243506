"""Which real image comes nearest to a sample, and how near: a copy shows, and so does a blur."""

from typing import NamedTuple

import numpy as np

from npgan import require
from npgan.metrics.density import pixels, squared_distances, subtracted


class Nearest(NamedTuple):
    """For each of n samples, the row of the data that is nearest to it, and how far away it is."""

    index: np.ndarray
    distance: np.ndarray


def nearest(samples, data, *, chunk=2000):
    """The Nearest of samples (n, d) in data (m, d), by Euclidean distance; of equals, the first.

    Data or samples of uint8 are taken as pixels and scaled to [0, 1], data a chunk at a time; others must
    be on that scale too.
    """
    samples, data = pixels("samples", samples), require.array("data", data)
    if not data.size:
        raise ValueError(f"nearest needs data to look in, got none: shape {data.shape}")
    index, best = np.zeros(len(samples), int), np.full(len(samples), np.inf)
    for start in range(0, len(data), require.count("chunk", chunk)):
        part = pixels("data", data[start : start + chunk])
        for rows, squared, error in squared_distances(samples, part, wanted=np.inf):
            most = np.minimum(squared.min(axis=1) + error[:, 0], best[rows])[:, None] + error
            i, j = np.divmod(np.flatnonzero(squared <= most), len(part))  # these may be nearest: look closely
            exact = subtracted(samples[rows], part, i, j)
            order = np.lexsort((exact, i))  # by sample, then by distance; of equals, the first row is first
            i, first = np.unique(i[order], return_index=True)
            first = order[first]
            better = exact[first] < best[rows][i]
            best[rows][i[better]] = exact[first[better]]
            index[rows][i[better]] = start + j[first[better]]
    return Nearest(index, np.sqrt(best))
