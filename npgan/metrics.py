"""How good are the samples? A number for each answer, and beside it what real data would score.

Samples are arrays (n, d). Every score from samples has a floor: two sets of real samples differ too.

    print(metrics.with_floor(metrics.wasserstein, samples, data, rng=rng))
    print(metrics.coverage(samples, ring(), rng=rng))        # for mixtures in the plane
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from npgan import require, theory
from npgan.distributions import Mixture


def wasserstein(a, b):
    """W1 between two sets of numbers of the same size, a and b (n,) or (n, 1): the mean distance
    between their sorted values, in their unit."""
    a, b = np.asarray(a), np.asarray(b)
    for x in a, b:
        if x.ndim > 1 and x.shape[1:] != (1,):
            raise ValueError(f"W1 needs sets of numbers, (n,) or (n, 1), got {x.shape}")
    a, b = np.ravel(a), np.ravel(b)
    if a.shape != b.shape or not a.size:
        raise ValueError(f"W1 needs two sets of the same size, got {a.size} and {b.size} numbers")
    return float(np.abs(np.sort(a) - np.sort(b)).mean())


def sliced_wasserstein(a, b, directions=64):
    """The mean over directions u of W1 between the shadows a.u and b.u, for points a and b (n, 2).

    The directions are spread evenly over half a turn, so no randomness enters. Two sets that are the
    same but for a shift t are 2 |t| / pi apart. Rabin et al. 2011 (there W2, random directions).
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.ndim != 2 or a.shape[1] != 2 or a.shape != b.shape or not len(a):
        raise ValueError(f"sliced W1 needs two sets of points of one shape (n, 2), got {a.shape} and {b.shape}")
    angle = np.pi * np.arange(require.count("directions", directions)) / directions
    u = np.array([np.cos(angle), np.sin(angle)])  # (2, directions)
    return float(np.abs(np.sort(a @ u, axis=0) - np.sort(b @ u, axis=0)).mean())


def histogram_jsd(a, b, bins=50):
    """JSD in nats between the histograms of samples a (n, d) and b (m, d), or (n,) and (m,).

    Each column of b is cut into `bins` equal bins from its least to its greatest value, with an open
    bin on either side for what lies beyond. The result depends on bins and on the number of samples,
    and is not 0 for two sets from one distribution: never show it without its floor.
    """
    a, b = (x[:, None] if x.ndim == 1 else x for x in (np.asarray(a, dtype=float), np.asarray(b, dtype=float)))
    if a.shape[1:] != b.shape[1:] or not a.size or not b.size:
        raise ValueError(f"the histograms need samples of one width, got shapes {a.shape} and {b.shape}")
    edges = np.linspace(b.min(axis=0), b.max(axis=0), require.count("bins", bins) + 1)  # (bins + 1, d)
    edges[-1] = np.nextafter(edges[-1], np.inf)  # the greatest value is in the last bin, not beyond it
    columns = np.concatenate([a, b]).T  # (d, n + m)
    cells = [np.searchsorted(e, x, side="right") for e, x in zip(edges.T, columns, strict=True)]
    cell = np.ravel_multi_index(cells, [bins + 2] * len(cells))  # (n + m,): one number for each cell
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

    data: a distribution, or an array of real rows, 2n at least. Each of the draws takes two sets of
    n real samples that share none: the first is compared with the samples, and with the second.
    """
    draws, n = require.count("draws", draws, least=2), len(samples)
    pairs = [_two_real_sets(data, n, rng) for _ in range(draws)]
    values = [distance(samples, real, **options) for real, _ in pairs]
    floors = [distance(more, real, **options) for real, more in pairs]
    name = NAMES.get(distance) or distance.__name__
    return Score(name, n, float(np.mean(values)), float(np.mean(floors)), float(np.std(floors, ddof=1)))


def _two_real_sets(data, n, rng):
    rows = getattr(data, "rows", data)  # of a data set: its place in the epoch is left alone
    if hasattr(rows, "sample"):
        return rows.sample(n, rng=rng), rows.sample(n, rng=rng)
    if len(rows) < 2 * n:
        raise ValueError(f"a floor for {n} samples needs {2 * n} rows of real data, got {len(rows)}")
    rows = np.asarray(rows)[require.generator(rng).permutation(len(rows))[: 2 * n]]
    return rows[:n], rows[n:]


CEILING = -math.expm1(-4.5)  # 98.89 %: how much of a Gaussian in the plane lies within 3 sigma


@dataclass(frozen=True, eq=False)
class Coverage:
    """How samples spread over the k modes of a mixture, by the protocol of VEEGAN and PacGAN.

    n: the number of samples. modes (k,): how many of them are of high quality, that is within 3 sigma
    of the nearest mode, for each mode. real: the same for n real samples, the floor (or None).
    """

    n: int
    modes: np.ndarray
    real: "Coverage | None" = None

    @property
    def high_quality(self):
        """The share of the samples that is of high quality. Real samples score CEILING; more than that
        is no better, but a sign that the samples are narrower than the data."""
        return float(self.modes.sum() / self.n)

    @property
    def captured(self):
        """How many modes have at least one sample of high quality. Weak: one stray sample is enough."""
        return int((self.modes > 0).sum())

    @property
    def reverse_kl(self):
        """KL(h || uniform) in nats, h the shares of the modes among the high-quality samples.

        0 if all k modes have equal shares, log k if one has everything, log(8/6) = 0.288 if two of eight
        have nothing and the rest is even; NaN if no sample is of high quality. Real samples score about
        (k - 1) / 2n by chance. Reverse, because the model stands first, in the place of the data.
        """
        if not self.captured:
            return math.nan
        k = len(self.modes)
        return theory.kl(self.modes / self.modes.sum(), np.full(k, 1 / k))

    def per_mode(self):
        """One more line: the samples of each mode."""
        even = self.n / len(self.modes)
        return f"high quality per mode: {' '.join(map(str, self.modes))}   (even: {even:.0f})"

    def __str__(self):
        k, real = len(self.modes), self.real
        floor = "", "", ""
        if real:
            floor = (
                f" (real: {real.captured})",
                f" (real: {real.high_quality:.2%}, expected {CEILING:.2%})",
                f" (real: {real.reverse_kl:.4f})",
            )
        return (
            f"modes {self.captured} of {k}{floor[0]}   high quality {self.high_quality:.2%}{floor[1]}   "
            f"reverse KL {self.reverse_kl:.4f}{floor[2]}"
        )


def coverage(samples, mixture, *, rng):
    """The Coverage of samples (n, 2) over the modes of a Mixture in the plane; rng draws its floor.

    Published figures are for n = 2,500. Each sample belongs to the nearest mode, and counts if it is
    less than 3 sigma away; modes should be further than 6 sigma apart, or the ceiling is higher.
    """
    samples = np.asarray(samples, dtype=float)
    if not isinstance(mixture, Mixture) or mixture.d != 2 or samples.shape[1:] != (2,) or not len(samples):
        raise ValueError(
            f"coverage needs samples (n, 2) and a Mixture in the plane, got {samples.shape} and {mixture}"
        )
    real = mixture.sample(len(samples), rng=rng)
    return Coverage(len(samples), _per_mode(samples, mixture), Coverage(len(real), _per_mode(real, mixture)))


def _per_mode(x, mixture):
    """How many of the points x (n, 2) lie within 3 sigma of each mode, (k,)."""
    require.finite("samples", x)
    squared = np.stack([((x - mean) ** 2).sum(axis=1) for mean in mixture.means], axis=1)  # (n, k)
    good = squared.min(axis=1) < (3 * mixture.sigma) ** 2
    return np.bincount(squared.argmin(axis=1)[good], minlength=len(mixture.means))


def kernel_density(samples, x, bandwidth=None):
    """A density (m,) on the points x (m,) from samples (n,) or (n, 1): a small Gaussian on each sample.

    bandwidth: its standard deviation; by default Silverman's 0.9 min(std, IQR / 1.34) n^(-1/5).
    """
    samples, x = np.sort(np.ravel(samples)), np.ravel(x)
    if bandwidth is None:
        quartiles = np.percentile(samples, [25, 75])
        spread = min(samples.std(), np.diff(quartiles)[0] / 1.34)
        bandwidth = max(0.9 * spread * len(samples) ** -0.2, 1e-6)
    u = (x[:, None] - samples) / bandwidth
    return np.exp(-0.5 * u**2).mean(axis=1) / (bandwidth * np.sqrt(2 * np.pi))


class Parzen(NamedTuple):
    """A mean log-likelihood of test data, nats, its standard error, and the kernel width it took."""

    mean: float
    error: float
    sigma: float

    def __str__(self):
        return f"{self.mean:.1f} +- {self.error:.1f} nats (sigma {self.sigma:.3f})"


def parzen_log_likelihood(samples, validation, test, *, sigmas=None):
    """How likely test data (n, d) are under a Gaussian of width sigma around each sample (m, d): a Parzen.

    log p(x) = log mean_i exp(-|x - s_i|^2 / 2 sigma^2) - d log(sigma sqrt(2 pi)). Of sigmas, by default
    logspace(-1, 0, 10), the one is taken that is best for the validation data. As published: pixels in
    [0, 1], m = n = 10,000, 1,000 for validation. It takes about 100 MB beside its arguments, however many.

    The measure is of historical interest. It hardly sees whether samples look right: it rewards
    covering the data with blurs, and a model may score above real data. Goodfellow et al. 2014, section
    5; Theis, van den Oord, Bethge 2016.
    """
    samples, validation, test = (np.asarray(x, np.float32) for x in (samples, validation, test))
    if sigmas is None:
        sigmas = np.logspace(-1, 0, 10)
    on_validation = [likelihood.mean() for likelihood in _log_likelihoods(samples, validation, sigmas)]
    sigma = float(sigmas[int(np.argmax(on_validation))])
    (on_test,) = _log_likelihoods(samples, test, [sigma])
    return Parzen(float(on_test.mean()), float(on_test.std() / math.sqrt(len(test))), sigma)


def _log_likelihoods(samples, x, sigmas):
    """log p of each row of x (n, d), for each sigma: (len(sigmas), n)."""
    out, d = np.empty((len(sigmas), len(x))), samples.shape[1]
    for rows, squared in _squared_distances(x, samples):
        nearest = squared.min(axis=1)  # taken out of the exponential, which would underflow
        excess = squared - nearest[:, None]
        for i, sigma in enumerate(sigmas):
            kernel = np.exp(excess / (-2 * float(sigma) ** 2)).mean(axis=1)
            constant = d * math.log(sigma * math.sqrt(2 * math.pi))
            out[i, rows] = np.log(kernel) - nearest / (2 * sigma**2) - constant
    return out


def _squared_distances(x, y, most=5_000_000):
    """Yield (rows, squared): |x_i - y_j|^2 for some rows of x (n, d), and all of y (m, d): at most `most`
    numbers, which is 20 MB, or one row of them."""
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or not len(x) or not len(y):
        raise ValueError(f"distances need rows of one width, got shapes {x.shape} and {y.shape}")
    lengths, chunk = np.einsum("ij,ij->i", y, y), max(1, most // len(y))  # (m,)
    for start in range(0, len(x), chunk):
        rows = slice(start, start + chunk)
        squared = -2 * (x[rows] @ y.T)
        squared += lengths
        squared += (x[rows] ** 2).sum(axis=1)[:, None]
        yield rows, np.maximum(squared, 0, out=squared)  # rounding may take it below


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
        for rows, squared in _squared_distances(samples, part):
            here = squared.argmin(axis=1)
            closest = squared[np.arange(len(here)), here]
            better = closest < best[rows]
            best[rows][better] = closest[better]
            index[rows][better] = start + here[better]
    return Nearest(index, np.sqrt(best))
