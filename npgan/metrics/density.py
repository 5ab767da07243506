"""A small Gaussian on each sample makes a density, to be drawn on the line, or to score test data with."""

import math
from typing import NamedTuple

import numpy as np

from npgan import require


def kernel_density(samples, x, bandwidth=None):
    """A density (m,) on the points x (m,) from samples (n,) or (n, 1): a small Gaussian on each sample.

    bandwidth: its standard deviation; by default Silverman's 0.9 min(std, IQR / 1.34) n^(-1/5), or
    1e-6 if that is 0, as after a collapse.
    """
    samples, x = np.sort(require.line("samples", samples)), require.line("x", x)
    if not len(samples):
        raise ValueError("a density needs samples, got none")
    if bandwidth is None:
        quartiles = np.percentile(samples, [25, 75])
        spread = min(samples.std(), np.diff(quartiles)[0] / 1.34)
        bandwidth = 0.9 * spread * len(samples) ** -0.2 or 1e-6
    u = (x[:, None] - samples) / require.width("bandwidth", bandwidth)
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
    [0, 1], to which uint8 are scaled, m = n = 10,000, 1,000 for validation. Right to about 0.01 nats. It takes
    60 MB beside its arguments, or 150 MB if they lie so far apart for their sigma that it needs float64.

    The measure is of historical interest. It hardly sees whether samples look right: it rewards
    covering the data with blurs, and a model may score above real data. Goodfellow et al. 2014, section
    5; Theis, van den Oord, Bethge 2016.
    """
    named = {"samples": samples, "validation": validation, "test": test}
    samples, validation, test = (pixels(name, x) for name, x in named.items())
    sigmas = require.line("sigmas", np.logspace(-1, 0, 10) if sigmas is None else sigmas)
    sigmas = [require.width("sigma", sigma) for sigma in sigmas]
    if not sigmas:
        raise ValueError("sigmas must hold the widths to choose from, got none")
    on_validation = [likelihood.mean() for likelihood in _log_likelihoods(samples, validation, sigmas)]
    sigma = sigmas[int(np.argmax(on_validation))]
    (on_test,) = _log_likelihoods(samples, test, [sigma])
    error = on_test.std() / math.sqrt(len(test)) if len(test) > 1 else math.nan
    return Parzen(float(on_test.mean()), float(error), sigma)


def _log_likelihoods(samples, x, sigmas):
    """log p of each row of x (n, d), for each sigma: (len(sigmas), n)."""
    out = np.empty((len(sigmas), len(x)))
    for rows, squared, _ in squared_distances(x, samples, wanted=0.01 * min(sigmas) ** 2):
        nearest = squared.min(axis=1)  # taken out of the exponential, which would underflow
        squared -= nearest[:, None]
        nearest = np.maximum(nearest.astype(float), 0)  # rounding may have gone below
        for i, sigma in enumerate(sigmas):
            kernel = np.exp(squared * (-0.5 / sigma**2)).mean(axis=1)
            constant = samples.shape[1] * math.log(sigma * math.sqrt(2 * math.pi))
            out[i, rows] = np.log(kernel) - nearest / (2 * sigma**2) - constant
    return out


def pixels(name, x):
    """x as rows (n, d) of finite numbers, with uint8, which are taken as pixels, scaled to [0, 1]."""
    x = require.numbers(name, x)
    if x.ndim != 2:
        raise ValueError(f"{name} must be rows (n, d), got shape {x.shape}")
    return np.divide(x, 255, dtype=np.float32) if x.dtype == np.uint8 else x


def squared_distances(x, y, wanted=0.0, most=2_500_000):
    """Yield (rows, squared, error): |x_i - y_j|^2 for some rows of x (n, d) and all of y (m, d), at most `most`
    numbers or one row of them; error (k, 1) is what they may be off by, in the worst case.

    |x|^2 + |y|^2 - 2 x.y is quick, but rounds as its terms do. So the origin is put in the middle of y. In
    float32 that will do if `wanted` is above the rounding to be expected; else it is float64, and what is a
    thousand times nearer to each other than to the origin is subtracted: right to a millionth of itself.
    """
    x, y = require.numbers("x", x), require.numbers("y", y)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or not x.size or not y.size:
        raise ValueError(f"distances need rows of one width, got shapes {x.shape} and {y.shape}")
    d, wide = x.shape[1], max(float(x.max()), float(y.max())) - min(float(x.min()), float(y.min()))
    quick = 1e-15 < wide < 1e15 and 2.0**-24 * d * wide**2 <= wanted
    dtype = np.float32 if quick else np.float64
    origin, rounding = y.mean(axis=0, dtype=float), (2 * d + 8) * np.finfo(dtype).eps
    from_origin = np.subtract(y, origin, out=np.empty(y.shape, dtype), casting="same_kind")
    lengths, chunk = np.einsum("ij,ij->i", from_origin, from_origin), max(1, most // len(y))
    for start in range(0, len(x), chunk):
        rows = slice(start, start + chunk)
        here = np.subtract(x[rows], origin).astype(dtype)
        own = np.einsum("ij,ij->i", here, here)[:, None]
        squared = here @ from_origin.T
        squared *= -2
        squared += lengths
        squared += own
        if not quick:
            near = np.nonzero(squared < 1e-6 * (lengths + own))
            squared[near] = subtracted(x[rows], y, *near)
        yield rows, squared, rounding * (own + lengths.max())


def subtracted(x, y, i, j, most=2_500_000):
    """|x_i - y_j|^2 for each pair (i, j) of i (k,) and j (k,), number by number, in float64: (k,)."""
    squared = np.empty(len(i))
    for start in range(0, len(i), chunk := max(1, most // x.shape[1])):
        some = slice(start, start + chunk)
        difference = np.subtract(x[i[some]], y[j[some]], dtype=float)
        squared[some] = np.einsum("ij,ij->i", difference, difference)
    return squared
