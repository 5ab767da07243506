"""How good are the samples? A number for each answer, and beside it what real data would score.

Samples are arrays (n, d). Every score from samples has a floor: two sets of real samples differ too.
"""

import numpy as np


def wasserstein(a, b):
    """W1 between two sets of numbers of the same size, a and b (n,) or (n, 1): the mean distance
    between their sorted values, in their unit."""
    a, b = np.ravel(a), np.ravel(b)
    if a.shape != b.shape or not a.size:
        raise ValueError(f"W1 needs two sets of the same size, got {a.size} and {b.size} numbers")
    return float(np.abs(np.sort(a) - np.sort(b)).mean())


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
