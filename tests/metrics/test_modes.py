"""Coverage of a ring and a grid: a perfect sampler, a collapsed, a shifted one, one that misses two modes."""

import math

import numpy as np
import pytest

from npgan import Gaussian, grid, metrics, ring
from npgan.distributions import Mixture


def share_within(shift):
    """How much of a round Gaussian (sigma 1) lies within 3 of a point `shift` from its centre: an integral."""
    x = np.linspace(-8, 8, 2001)
    y = x[:, None]
    density = np.exp(-(x**2 + y**2) / 2) / (2 * np.pi)
    return float((density * ((x - shift) ** 2 + y**2 < 9)).sum() * (x[1] - x[0]) ** 2)


def test_ceiling():
    assert abs(metrics.CEILING - (1 - math.exp(-4.5))) < 1e-15
    assert f"{metrics.CEILING:.2%}" == "98.89%"
    assert abs(metrics.CEILING - share_within(0)) < 1e-4


@pytest.mark.parametrize("mixture", [ring(), grid()], ids=["ring", "grid"])
def test_coverage_of_a_perfect_sampler(mixture, rng):
    n, k = 250_000, len(mixture.means)
    c = metrics.coverage(mixture.sample(n, rng=rng), mixture, rng=rng)
    for one in c, c.real:
        assert abs(one.high_quality - metrics.CEILING) < 4 * math.sqrt(metrics.CEILING * math.exp(-4.5) / n)
        assert one.captured == k and one.modes.sum() == one.high_quality * n and one.n == n
        assert np.abs(one.modes / n - metrics.CEILING / k).max() < 5 * math.sqrt(1 / k / n)
        assert 0 < one.reverse_kl < 3 * (k - 1) / (2 * n)
    assert (c.modes != c.real.modes).any()


def test_reverse_kl_floor_is_modes_over_2n(rng):
    mixture, n = ring(), 2500
    kl = [metrics.coverage(mixture.means, mixture, rng=rng).reverse_kl for _ in range(3)]
    assert kl == [0, 0, 0]
    floors = [
        metrics.coverage(mixture.sample(n, rng=rng), mixture, rng=rng).real.reverse_kl for _ in range(300)
    ]
    error = np.std(floors) / math.sqrt(300)
    assert abs(np.mean(floors) - 7 / (2 * n * metrics.CEILING)) < 4 * error < 2e-4


@pytest.mark.parametrize("mixture", [ring(), grid()], ids=["ring", "grid"])
def test_coverage_of_a_collapsed_sampler(mixture, rng):
    k = len(mixture.means)
    c = metrics.coverage(np.repeat(mixture.means[[3]], 2500, axis=0), mixture, rng=rng)
    assert (c.high_quality, c.captured) == (1.0, 1)
    assert abs(c.reverse_kl - math.log(k)) < 1e-12
    assert list(np.flatnonzero(c.modes)) == [3] and c.modes[3] == 2500


@pytest.mark.parametrize("shift", [1.0, 3.0, 5.0])
def test_coverage_of_a_shifted_sampler(shift, rng):
    mixture, n = ring(), 100_000
    c = metrics.coverage(mixture.sample(n, rng=rng) + [0, shift * mixture.sigma], mixture, rng=rng)
    wanted = share_within(shift)
    assert abs(c.high_quality - wanted) < 4 * math.sqrt(wanted * (1 - wanted) / n) + 1e-4
    assert c.captured == 8


def test_coverage_of_a_sampler_that_misses_two_modes(rng):
    mixture = ring()
    some = Mixture(mixture.means[[0, 1, 2, 4, 5, 7]], mixture.sigma)
    c = metrics.coverage(some.sample(250_000, rng=rng), mixture, rng=rng)
    assert c.captured == 6 and list(np.flatnonzero(c.modes == 0)) == [3, 6]
    assert abs(c.reverse_kl - math.log(8 / 6)) < 1e-4
    assert abs(c.high_quality - metrics.CEILING) < 1e-3


def test_three_sigma_is_where_quality_ends(rng):
    mixture = ring(sigma=0.1)
    at = mixture.means[0]
    for distance, good in [(0.299, 1), (0.301, 0)]:
        for direction in [1, 0], [0, 1], [-0.6, 0.8]:  # a disc, not a square
            c = metrics.coverage([at + distance * np.array(direction)], mixture, rng=rng)
            assert c.modes.sum() == good
    assert math.isnan(c.reverse_kl) and c.captured == 0 and c.high_quality == 0
    assert "modes 0 of 8" in str(c)


def test_one_stray_sample_captures_a_mode(rng):
    mixture = ring()
    x = np.repeat(mixture.means[[0]], 2500, axis=0)
    x[17] = mixture.means[5]
    c = metrics.coverage(x, mixture, rng=rng)
    assert c.captured == 2 and c.modes[5] == 1


def test_coverage_prints_on_one_line(rng):
    c = metrics.coverage(ring().sample(2500, rng=rng).astype(np.float32), ring(), rng=rng)
    for line in str(c), c.per_mode(), str(c.real):
        assert "\n" not in line
    assert str(c).startswith("modes 8 of 8 (real: 8)") and "expected 98.89%" in str(c)
    assert all(str(m) in c.per_mode() for m in c.modes) and "even: 312" in c.per_mode()


def test_coverage_says_what_it_needs(rng):
    for samples, mixture in [
        (np.zeros((5, 3)), ring()),
        (np.zeros(5), ring()),
        (np.zeros((0, 2)), ring()),
        (np.zeros((5, 2)), Gaussian(0, 1)),
        (np.zeros((5, 1)), Mixture([[0.0], [1.0]], 0.1)),
    ]:
        with pytest.raises(ValueError, match="coverage needs samples"):
            metrics.coverage(samples, mixture, rng=rng)
    with pytest.raises(ValueError, match="samples must be finite, got nan at index"):
        metrics.coverage(np.full((5, 2), np.nan), ring(), rng=rng)
