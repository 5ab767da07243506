"""A small Gaussian on each sample makes a density, to be drawn on the line, or to score test data with."""

import math
from typing import NamedTuple

import numpy as np


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
    for rows, squared in squared_distances(x, samples):
        nearest = squared.min(axis=1)  # taken out of the exponential, which would underflow
        excess = squared - nearest[:, None]
        for i, sigma in enumerate(sigmas):
            kernel = np.exp(excess / (-2 * float(sigma) ** 2)).mean(axis=1)
            constant = d * math.log(sigma * math.sqrt(2 * math.pi))
            out[i, rows] = np.log(kernel) - nearest / (2 * sigma**2) - constant
    return out


def squared_distances(x, y, most=5_000_000):
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
