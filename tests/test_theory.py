"""The theorems of the paper, each by two routes."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from npgan import Gaussian, Uniform, theory

x = np.linspace(-30, 30, 60_001)
seeds = st.integers(0, 2**32 - 1)


def gaussians(mu=1.0, sigma=2.0):
    return Gaussian(0, 1).pdf(x), Gaussian(mu, sigma).pdf(x)


def discrete(seed, n=6, zeros=False):
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.ones(n), 2)
    if zeros:
        p, q = p * (rng.random(n) < 0.6), q * (rng.random(n) < 0.6)
        p[0], q[-1] = p[0] + 0.1, q[-1] + 0.1
    return p / p.sum(), q / q.sum()


def test_kl_between_gaussians_has_a_closed_form():
    p, q = gaussians()
    wanted = math.log(2) + (1 + 1) / (2 * 4) - 0.5
    assert abs(theory.kl(p, q, x) - wanted) < 1e-12
    assert abs(theory.kl(q, p, x) - (-math.log(2) + (4 + 1) / 2 - 0.5)) < 1e-10  # not symmetric


@given(seed=seeds, zeros=st.booleans())
def test_criterion_is_minus_log_4_plus_twice_the_jsd(seed, zeros):
    p, q = discrete(seed, zeros=zeros)
    jsd = theory.jsd(p, q)
    assert abs(theory.criterion(p, q) - (-math.log(4) + 2 * jsd)) < 1e-14
    assert -1e-15 < jsd < math.log(2) + 1e-15
    assert abs(theory.jsd(q, p) - jsd) < 1e-15
    assert abs(theory.value(theory.optimal_d(p, q), p, q) - theory.criterion(p, q)) < 1e-14


@given(mu=st.floats(-5, 5), sigma=st.floats(0.3, 3))
def test_criterion_on_a_grid(mu, sigma):
    p, q = gaussians(mu, sigma)
    assert abs(theory.criterion(p, q, x) - (-math.log(4) + 2 * theory.jsd(p, q, x))) < 1e-10


@given(seed=seeds)
def test_no_rival_beats_the_optimal_discriminator(seed):
    p, q = discrete(seed)
    best = theory.value(theory.optimal_d(p, q), p, q)
    rivals = np.random.default_rng(seed).random((20, len(p)))
    assert all(theory.value(D, p, q) <= best for D in rivals)


def test_equality_and_the_extremes():
    p, q = gaussians()
    assert abs(theory.criterion(p, p, x) + math.log(4)) < 1e-12 and abs(theory.jsd(p, p, x)) < 1e-15
    assert abs(theory.value(np.full(x.shape, 0.5), p, q, x) + math.log(4)) < 1e-12
    one, two = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert theory.jsd(one, two) == math.log(2) and theory.criterion(one, two) == 0
    assert theory.kl(one, two) == math.inf and theory.total_variation(one, two) == 1
    assert theory.value(one, one, two) == 0  # a perfect D
    assert theory.value(two, one, two) == -math.inf  # fooled
    assert theory.optimal_d([0.0], [0.0]) == [0.5]


line = np.linspace(-14, 16, 30_001)
mus, sigmas, masses = st.floats(-9, 11), st.floats(0.05, 4), st.floats(0, 1e150)


@given(mu=mus, sigma=sigmas, mu_g=mus, sigma_g=sigmas)
@example(mu=0.0, sigma=1.0, mu_g=3.0, sigma_g=0.7)
@example(mu=3.0, sigma=0.7, mu_g=0.0, sigma_g=1.0)
def test_the_value_of_the_optimal_discriminator_is_the_criterion(mu, sigma, mu_g, sigma_g):
    """On a grid so wide that one density is far below the last digit of the other; whichever is the data's."""
    p, q = Gaussian(mu, sigma).pdf(line), Gaussian(mu_g, sigma_g).pdf(line)
    D = theory.optimal_d(p, q)
    assert abs(theory.value(D, p, q, line) - theory.criterion(p, q, line)) < 1e-9
    assert (D[q > 0] < 1).all() and (D[p > 0] > 0).all()


@given(p=masses, q=masses)
@example(p=0.0, q=1.0)
@example(p=1.0, q=0.0)
@example(p=5e-324, q=1e150)
@example(p=1e150, q=5e-324)
def test_the_optimal_discriminator_is_sure_only_where_one_density_is_0(p, q):
    (D,) = theory.optimal_d([p], [q])
    assert 0 <= D <= 1 and (D < 1 or q == 0) and (D > 0 or p == 0)
    assert p + q == 0 or abs(D - p / (p + q)) < 2e-16
    if (p > 0) != (q > 0):
        assert D == (p > 0)


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_a_d_that_is_sure_and_wrong_is_worth_minus_infinity(sure):
    p, q = gaussians(mu=0, sigma=1)
    for x0 in 0, 5:  # even where the density is small
        D = np.where(abs(x - x0) < 0.01, sure, 0.5)
        assert theory.value(D, p, q, x) == -math.inf
    assert theory.value(np.where(p > 0, 0.5, sure), p, q, x) > -2  # far out both are 0, and all is forgiven


def test_value_of_logit_goes_on_where_probabilities_round():
    p, q = gaussians(mu=3, sigma=1)
    a = np.log(p / q)
    assert abs(theory.value_of_logit(a, p, q, x) - theory.criterion(p, q, x)) < 1e-12
    near = abs(x) < 8
    D = 1 / (1 + np.exp(-a[near]))
    assert (
        abs(
            theory.value(D, p[near], q[near], x[near])
            - theory.value_of_logit(a[near], p[near], q[near], x[near])
        )
        < 1e-12
    )


def test_jsd_survives_a_probability_whose_half_is_0():
    tiny = 5e-324  # the smallest float: tiny / 2 rounds to 0, and tiny / 0 is no ratio
    assert abs(theory.jsd([1 - tiny, tiny], [1, 0])) < 1e-15


def test_wasserstein_is_the_distance_of_a_shift():
    p, q = Gaussian(0, 1).pdf(x), Gaussian(2.5, 1).pdf(x)
    assert abs(theory.wasserstein(p, q, x) - 2.5) < 1e-9
    assert abs(theory.wasserstein(q, p, x) - 2.5) < 1e-9
    u, v = Uniform(0, 1).pdf(x), Uniform(10, 11).pdf(x)
    assert abs(theory.wasserstein(u, v, x) - 10) < 0.02  # the steps of the densities fall between grid points


def test_total_variation_of_sliding_intervals():
    u, v = Uniform(0, 1).pdf(x), Uniform(0.25, 1.25).pdf(x)
    assert abs(theory.total_variation(u, v, x) - 0.25) < 2e-3


@pytest.mark.parametrize("f", [theory.kl, theory.jsd, theory.criterion, theory.total_variation])
def test_errors(f):
    with pytest.raises(ValueError, match=r"one shape; got \(2,\) and \(3,\)"):
        f([0.5, 0.5], [1.0, 0.0, 0.0])
    for wrong in [1.5, -0.5], [math.nan, 0.5]:
        with pytest.raises(ValueError, match="density must be >= 0"):
            f(wrong, [0.5, 0.5])
        with pytest.raises(ValueError, match="density must be >= 0"):
            f([0.5, 0.5], wrong)
    with pytest.raises(ValueError, match="grid x must be increasing"):
        f([0.5, 0.5], [0.5, 0.5], [1.0, 0.0])
    with pytest.raises(ValueError, match="one grid"):
        f([0.5, 0.5], [0.5, 0.5], [1.0, 2.0, 3.0])


def test_a_grid_is_a_line_of_two_points_or_more():
    assert theory.integral([1.0, 3.0], [0.0, 2.0]) == 4.0
    for f, grid in ([1.0], [0.0]), (np.ones((2, 2)), np.array([[0.0, 1.0], [0.0, 1.0]])), (1.0, 0.0):
        with pytest.raises(ValueError, match="grid x must be increasing, with 2 points or more"):
            theory.integral(f, grid)


def test_a_probability_outside_the_unit_interval_is_refused():
    with pytest.raises(ValueError, match=r"D must lie in \[0, 1\], got 0.5 to 1.5"):
        theory.value([0.5, 1.5], [0.5, 0.5], [0.5, 0.5])
