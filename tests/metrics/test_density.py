"""A density from samples against formulas: on the line, and the Parzen log-likelihood."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def gaussian_log_likelihood_of_far(x, centres, sigma):
    """The same in logarithms, one row at a time."""
    squared = np.stack([((row - centres) ** 2).sum(axis=1) for row in x])
    kernels = np.logaddexp.reduce(-squared / (2 * sigma**2), axis=1) - np.log(len(centres))
    return kernels - centres.shape[1] * np.log(sigma * np.sqrt(2 * np.pi))


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


@given(
    offset=st.sampled_from([0.0, 1e4, -1e9]), apart=st.sampled_from([0.0, 1.0, 1e3, 1e7]),
    sigma=st.floats(0.01, 100), d=st.integers(1, 50), seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float32, np.float64]),
)  # fmt: skip
def test_parzen_wherever_the_samples_lie(offset, apart, sigma, d, seed, dtype):
    """In two places, far from 0 and from each other: rounding counts over sigma^2."""
    rng = np.random.default_rng(seed)
    centres = (offset + apart * np.arange(2).repeat(10)[:, None] + rng.standard_normal((20, d))).astype(dtype)
    x = (centres[::3] + sigma * rng.standard_normal((7, d))).astype(dtype)
    score = metrics.parzen_log_likelihood(centres, x, x, sigmas=[sigma])
    wanted = gaussian_log_likelihood_of_far(x.astype(float), centres.astype(float), sigma)
    assert abs(score.mean - wanted.mean()) < 0.01 + 1e-6 * abs(wanted).max()
    assert abs(score.error - wanted.std() / np.sqrt(7)) < 0.01 + 1e-6 * abs(wanted).max()


@pytest.mark.parametrize("sigma", [0.1, 0.02])
def test_parzen_of_images_is_right_to_a_hundredth(sigma, rng):
    """In float32 where sigma is as published, else in float64."""
    centres = (rng.random((200, 784)) < 0.3).astype(np.float32)
    x = np.clip(centres[:40] + sigma * rng.standard_normal((40, 784)), 0, 1).astype(np.float32)
    score = metrics.parzen_log_likelihood(centres, x, x, sigmas=[sigma])
    wanted = gaussian_log_likelihood_of_far(x.astype(float), centres.astype(float), sigma)
    assert abs(score.mean - wanted.mean()) < (0.02 if sigma == 0.1 else 1e-7)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e9])
@pytest.mark.parametrize("offset", [0, 100])
def test_kernel_density_knows_no_unit(scale, offset, rng):
    samples, x = offset + rng.standard_normal(200), offset + np.linspace(-4, 4, 50)
    density = metrics.kernel_density(scale * samples, scale * x) * scale
    assert abs(density / metrics.kernel_density(samples, x) - 1).max() < 1e-6


@pytest.mark.parametrize("wrong", [0, -1.0, np.nan, np.inf, "1", True, [0.1], 1e60])
def test_a_bandwidth_is_a_positive_number(wrong):
    with pytest.raises(ValueError, match="bandwidth must be a number with 1e-50 < bandwidth < 1e[+]50, got"):
        metrics.kernel_density([1.0, 2.0], [0.0], wrong)


@pytest.mark.parametrize("wrong", [[0.1, 0], [-1], [np.nan], [np.inf], [], "wide", [True + 0j], None])
def test_sigmas_are_positive_numbers(wrong):
    x = np.ones((3, 2))
    if wrong is None:
        assert metrics.parzen_log_likelihood(x, x, x, sigmas=wrong).sigma == pytest.approx(0.1)
    else:
        with pytest.raises(ValueError, match="sigma"):
            metrics.parzen_log_likelihood(x, x, x, sigmas=wrong)


def test_numbers_on_a_line_are_wanted():
    for samples, x in (np.ones((3, 2)), [1.0]), ([1.0], np.ones((3, 2))), (np.ones((3, 1, 1)), [1.0]):
        with pytest.raises(ValueError, match=r"must be numbers on a line, \(n,\) or \(n, 1\), got"):
            metrics.kernel_density(samples, x)
    with pytest.raises(ValueError, match="a density needs samples, got none"):
        metrics.kernel_density([], [1.0])


def test_parzen_of_far_points_does_not_underflow():
    far = np.ones((2, 784))
    score = metrics.parzen_log_likelihood(0 * far, far, far, sigmas=[0.1])
    assert abs(score.mean - (-784 / 0.02 - 784 * np.log(0.1 * np.sqrt(2 * np.pi)))) < 0.1


def test_parzen_default_widths_are_the_published_ones(rng):
    x = rng.standard_normal((50, 2))
    assert metrics.parzen_log_likelihood(x, x + 0.01, x).sigma == pytest.approx(0.1)
    assert metrics.parzen_log_likelihood(10 * x, 3 * x + 2, x).sigma in np.logspace(-1, 0, 10)
