"""A distance from samples to the data is a number that is not 0 for real samples either: hence its floor."""

import copy
from typing import NamedTuple

import numpy as np

from npgan import require, theory
from npgan.distributions import Rows, distribution


def wasserstein(a, b):
    """W1 between two sets of numbers of the same size, a and b (n,) or (n, 1): the mean distance
    between their sorted values, in their unit."""
    a, b = require.line("a", a), require.line("b", b)
    if a.shape != b.shape or not a.size:
        raise ValueError(f"W1 needs two sets of the same size, got {a.size} and {b.size} numbers")
    return float(np.abs(np.sort(a) - np.sort(b)).mean())


def sliced_wasserstein(a, b, directions=64):
    """The mean over directions u of W1 between the shadows a.u and b.u, for points a and b (n, 2).

    The directions are spread evenly over half a turn, so no randomness enters. Two sets that are the
    same but for a shift t are 2 |t| / pi apart. Rabin et al. 2011 (there W2, random directions).
    """
    a, b = require.numbers("a", a).astype(float), require.numbers("b", b).astype(float)
    if a.ndim != 2 or a.shape[1] != 2 or a.shape != b.shape or not len(a):
        raise ValueError(f"sliced W1 needs two sets of points of one shape (n, 2), got {a.shape} and {b.shape}")
    angle = np.pi * np.arange(require.count("directions", directions)) / directions
    u = np.array([np.cos(angle), np.sin(angle)])  # (2, directions)
    middle = (a.mean(axis=0) + b.mean(axis=0)) / 2  # the origin, or far from it the shadows would be rounded
    return float(np.abs(np.sort((a - middle) @ u, axis=0) - np.sort((b - middle) @ u, axis=0)).mean())


def histogram_jsd(a, b, bins=50):
    """JSD in nats between the histograms of samples a (n, d) and b (m, d), or (n,) and (m,).

    Each column of b is cut into `bins` equal bins from its least to its greatest value, with an open
    bin on either side for what lies beyond. The result depends on bins and on the number of samples,
    and is not 0 for two sets from one distribution: never show it without its floor.
    """
    a, b = require.numbers("a", a).astype(float), require.numbers("b", b).astype(float)
    a, b = (x[:, None] if x.ndim == 1 else x for x in (a, b))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or not a.size or not b.size:
        raise ValueError(f"the histograms need samples of one width, got shapes {a.shape} and {b.shape}")
    bins = require.count("bins", bins)
    edges = np.linspace(b.min(axis=0), b.max(axis=0), bins + 1)  # (bins + 1, d)
    edges[-1] = np.nextafter(edges[-1], np.inf)  # the greatest value is in the last bin, not beyond it
    cell = np.zeros(len(a) + len(b), int)  # one number for each cell that has samples
    for column, x in zip(edges.T, np.concatenate([a, b]).T, strict=True):
        cell = (bins + 2) * cell + np.searchsorted(column, x, side="right")
        _, cell = np.unique(cell, return_inverse=True)
    p, q = (np.bincount(part, minlength=cell.max() + 1) for part in np.split(cell, [len(a)]))
    return theory.jsd(p / len(a), q / len(b))


NAMES = {wasserstein: "W1", sliced_wasserstein: "sliced W1", histogram_jsd: "histogram JSD"}


class Score(NamedTuple):
    """A distance from samples to the data, and the same distance from more real samples: its floor.

    value, floor: means over several draws of n real samples, of the same size n as the samples.
    spread: the standard deviation of one such real-against-real distance.
    """

    name: str
    n: int
    value: float
    floor: float
    spread: float

    def __str__(self):
        return (
            f"{self.name} {self.value:.3g} on {self.n:,} samples   "
            f"(real against real: {self.floor:.3g} +- {self.spread:.2g})"
        )


def with_floor(distance, samples, data, *, rng, draws=10, **options):
    """The Score of samples (n, d) under distance(a, b, **options), a number for two sets of n.

    data: what `train` takes: a distribution, or a table of real rows, 2n at least. Each of the draws takes
    two sets of n real samples that share none: the first is compared with the samples, and with the second.
    """
    draws, samples = require.count("draws", draws, least=2), require.numbers("samples", samples)
    if not samples.size:
        raise ValueError(f"a distance needs samples, got none: shape {samples.shape}")
    n, data = len(np.atleast_1d(samples)), distribution(data)
    pairs = [_two_real_sets(data, n, rng) for _ in range(draws)]
    values = [distance(samples, real, **options) for real, _ in pairs]
    floors = [distance(more, real, **options) for real, more in pairs]
    name = NAMES.get(distance) or getattr(distance, "__name__", str(distance))
    return Score(name, n, float(np.mean(values)), float(np.mean(floors)), float(np.std(floors, ddof=1)))


def _two_real_sets(data, n, rng):
    if not isinstance(data, Rows):
        return data.sample(n, rng=rng), data.sample(n, rng=rng)
    if len(data) < 2 * n:
        raise ValueError(f"a floor for {n} samples needs {2 * n} rows of real data, got {len(data)}")
    data = copy.copy(data)  # its place in the epoch is left alone
    data.order = data.order[:0]
    both = data.sample(2 * n, rng=rng)  # from one epoch: no row twice
    return both[:n], both[n:]
