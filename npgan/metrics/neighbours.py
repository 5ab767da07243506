"""Who lies near whom: the real image nearest to a sample, and whether samples and data lie among each other."""

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


class PrecisionRecall(NamedTuple):
    """precision: the share of the samples that lie among the data; recall: of the data, among the samples."""

    precision: float
    recall: float


def precision_recall(samples, data, *, k=3):
    """The PrecisionRecall of samples (n, d) and data (m, d), features of a classifier, say.

    A point lies among others if it is no further from one of them than that one's k-th nearest among its own.
    Samples without variety have a high precision, and a recall near 0. It depends on n and m: a few thousand
    each; two sets of real ones have their floor. Kynkaanniemi et al. 2019.
    """
    k, sets = require.count("k", k), [require.numbers("samples", samples), require.numbers("data", data)]
    if (fewest := min(len(np.atleast_1d(x)) for x in sets)) <= k:
        raise ValueError(f"the {k} nearest of a set need more than {k} rows, got {fewest}")
    radii = [_squared_radii(x, k) for x in sets]
    return PrecisionRecall(_among(*sets, radii[1]), _among(*sets[::-1], radii[0]))


def _squared_radii(x, k):
    """For each row of x (n, d) the squared distance to the k-th nearest other, (n,)."""
    rows = squared_distances(x, x, wanted=np.inf)  # a row is the nearest to itself
    return np.concatenate([np.partition(squared, k, axis=1)[:, k] for _, squared, _ in rows])


def _among(x, others, squared_radii):
    """The share of the rows of x (n, d) that are within the radius (m,) of one of the others (m, d)."""
    found = [
        (squared <= squared_radii + error).any(axis=1)
        for _, squared, error in squared_distances(x, others, wanted=np.inf)
    ]
    return float(np.concatenate(found).mean())
