"""A density from samples against formulas: on the line, and the Parzen log-likelihood."""

import numpy as np
import pytest

from npgan import Gaussian, metrics, theory


def test_kernel_density_is_a_gaussian_on_each_sample():
    x = np.linspace(-6, 8, 2001)
    wanted = (Gaussian(0, 0.5).pdf(x) + Gaussian(2, 0.5).pdf(x)) / 2
    assert np.abs(metrics.kernel_density([2.0, 0.0], x, bandwidth=0.5) - wanted).max() < 1e-12


def test_kernel_density_comes_near_the_density(rng):
    data, x = Gaussian(4.0, 1.25), np.linspace(-3, 11, 500)
    density = metrics.kernel_density(data.sample(20_000, rng=rng), x)
    assert abs(theory.integral(density, x) - 1) < 1e-3
    assert np.abs(density - data.pdf(x)).max() < 0.02
    assert np.isfinite(metrics.kernel_density(np.full(100, 4.0), x)).all()  # a collapsed G has no spread


def gaussian_log_likelihood(x, centres, sigma):
    """The formula as it stands, one pair at a time."""
    d = centres.shape[1]
    kernels = np.exp(-((x[:, None] - centres) ** 2).sum(axis=2) / (2 * sigma**2))
    return np.log(kernels.mean(axis=1)) - d * np.log(sigma * np.sqrt(2 * np.pi))


def test_parzen_is_the_formula(rng):
    centres, validation, test = rng.random((30, 3)), rng.random((600, 3)), rng.random((700, 3))
    sigmas = [0.05, 0.2, 0.8]
    score = metrics.parzen_log_likelihood(centres, validation, test, sigmas=sigmas)
    best = max(sigmas, key=lambda sigma: gaussian_log_likelihood(validation, centres, sigma).mean())
    wanted = gaussian_log_likelihood(test, centres, best)
    assert score.sigma == best == 0.2
    assert abs(score.mean - wanted.mean()) < 1e-4  # float32
    assert abs(score.error - wanted.std() / np.sqrt(700)) < 1e-4
    assert str(score) == f"{wanted.mean():.1f} +- {score.error:.1f} nats (sigma 0.200)"


def test_parzen_of_far_points_does_not_underflow():
    far = np.ones((2, 784))
    score = metrics.parzen_log_likelihood(0 * far, far, far, sigmas=[0.1])
    assert abs(score.mean - (-784 / 0.02 - 784 * np.log(0.1 * np.sqrt(2 * np.pi)))) < 0.1


def test_parzen_default_widths_are_the_published_ones(rng):
    x = rng.standard_normal((50, 2))
    assert metrics.parzen_log_likelihood(x, x + 0.01, x).sigma == pytest.approx(0.1)
    assert metrics.parzen_log_likelihood(10 * x, 3 * x + 2, x).sigma in np.logspace(-1, 0, 10)
