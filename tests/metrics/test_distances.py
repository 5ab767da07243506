"""W1 as a distance should behave, sliced or not; the JSD of histograms; floors as wide as real data
makes them."""

import itertools
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from npgan import Gaussian, Rows, Uniform, metrics, ring, theory
from npgan.digits import Images

LOG_2 = math.log(2)
numbers = st.floats(-100, 100, allow_subnormal=False)
sets = st.integers(1, 6).flatmap(lambda n: st.tuples(*[arrays(float, n, elements=numbers)] * 3))


# --- W1 ---


@given(sets)
def test_wasserstein_is_a_distance(abc):
    a, b, c = abc
    assert metrics.wasserstein(a, b) == metrics.wasserstein(b, a) >= 0
    assert metrics.wasserstein(a, a[::-1]) == 0
    assert metrics.wasserstein(a, c) <= metrics.wasserstein(a, b) + metrics.wasserstein(b, c) + 1e-12


@given(sets, numbers)
def test_wasserstein_of_a_translation_is_its_length(abc, t):
    a, b, _ = abc
    assert abs(metrics.wasserstein(a, a + t) - abs(t)) < 1e-12
    assert abs(metrics.wasserstein(a + t, b + t) - metrics.wasserstein(a, b)) < 1e-12


@given(sets)
def test_wasserstein_is_the_cheapest_way_to_pair_the_numbers_up(abc):
    a, b, _ = abc
    cheapest = min(np.abs(a - np.array(order)).mean() for order in itertools.permutations(b))
    assert abs(metrics.wasserstein(a, b) - cheapest) < 1e-12


def test_wasserstein_agrees_with_the_integral_over_the_densities():
    middle = (np.arange(100_000) + 0.5) / 100_000  # the quantiles of the uniform distribution
    x = np.linspace(-1, 4, 500_001)
    p, q = Uniform(0, 1), Uniform(0.5, 3)
    integral = theory.wasserstein(p.pdf(x), q.pdf(x), x)
    assert abs(metrics.wasserstein(middle, 0.5 + 2.5 * middle) - integral) < 1e-4
    assert abs(integral - 1.25) < 1e-4


@pytest.mark.parametrize("a, b", [([1, 2], [1, 2, 3]), ([], [])])
def test_wasserstein_says_what_it_needs(a, b):
    with pytest.raises(ValueError, match=f"same size, got {len(a)} and {len(b)}"):
        metrics.wasserstein(a, b)
    with pytest.raises(ValueError, match=r"a must be numbers on a line, \(n,\) or \(n, 1\), got \(5, 2\)"):
        metrics.wasserstein(np.ones((5, 2)), np.zeros((2, 5)))


# --- sliced W1 ---

planes = st.integers(1, 6).flatmap(lambda n: st.tuples(*[arrays(float, (n, 2), elements=numbers)] * 3))


@given(planes)
def test_sliced_wasserstein_is_a_distance(abc):
    a, b, c = abc
    assert metrics.sliced_wasserstein(a, b) == metrics.sliced_wasserstein(b, a) >= 0
    assert metrics.sliced_wasserstein(a, a[::-1]) < 1e-12
    ways = metrics.sliced_wasserstein(a, b) + metrics.sliced_wasserstein(b, c)
    assert metrics.sliced_wasserstein(a, c) <= ways + 1e-12


@pytest.mark.parametrize("t", [[3.0, 0.0], [0.0, -3.0], [1.0, 2.0]])
def test_sliced_wasserstein_of_a_translation(t, rng):
    a = rng.standard_normal((50, 2))
    wanted = 2 / np.pi * np.linalg.norm(t)  # the mean of |t . u| over all directions u
    assert abs(metrics.sliced_wasserstein(a, a + t) - wanted) < 1e-3 * wanted
    assert abs(metrics.sliced_wasserstein(a, a + t, directions=10_000) - wanted) < 1e-7 * wanted


def test_sliced_wasserstein_is_the_mean_of_w1_over_the_shadows(rng):
    a, b = rng.standard_normal((40, 2)), rng.standard_normal((40, 2)) * [1, 3]
    angles = [0, math.pi / 4, math.pi / 2, 3 * math.pi / 4]
    shadows = [
        metrics.wasserstein(a @ [math.cos(t), math.sin(t)], b @ [math.cos(t), math.sin(t)]) for t in angles
    ]
    assert abs(metrics.sliced_wasserstein(a, b, directions=4) - np.mean(shadows)) < 1e-12


def test_sliced_wasserstein_says_what_it_needs(rng):
    for a, b in [((3, 2), (4, 2)), ((3, 3), (3, 3)), ((3,), (3,)), ((0, 2), (0, 2))]:
        with pytest.raises(ValueError, match=r"\(n, 2\), got"):
            metrics.sliced_wasserstein(np.zeros(a), np.zeros(b))


# --- histogram JSD ---


@pytest.mark.parametrize("shape", [(200,), (200, 1), (200, 2)])
def test_histogram_jsd_at_both_ends(shape, rng):
    a = rng.standard_normal(shape)
    assert metrics.histogram_jsd(a, a[::-1]) == 0
    for far in (100, -100):  # all of it beyond the outermost edge
        assert abs(metrics.histogram_jsd(a + far, a) - LOG_2) < 1e-12
    assert abs(metrics.histogram_jsd(np.full(shape, a.max()), np.full(shape, a.min())) - LOG_2) < 1e-12


def test_histogram_jsd_of_a_half_overlap():
    b = np.array([0.0, 1.0])  # two bins, half the mass in each
    for a in [0.0], [0.4], [0.6], [1.0], [0.7, 0.8, 0.9]:
        wanted = theory.jsd([1, 0], [0.5, 0.5])
        assert abs(metrics.histogram_jsd(a, b, bins=2) - wanted) < 1e-15
    assert abs(metrics.histogram_jsd([0.2, 1.2], b, bins=2) - LOG_2 / 2) < 1e-15  # 1.2 lies beyond


def test_histogram_jsd_floor_is_bins_over_4n(rng):
    """To second order two histograms of n samples each, in B bins, are (B - 1) / 4n apart."""
    n, bins, tries = 5000, 50, 200
    jsd = [metrics.histogram_jsd(*rng.integers(0, bins, (2, n)), bins) for _ in range(tries)]
    error = np.std(jsd) / math.sqrt(tries)
    assert abs(np.mean(jsd) - (bins - 1) / (4 * n)) < 4 * error < 2e-4


def test_histogram_jsd_says_what_it_needs():
    for a, b in [((5, 2), (5, 1)), ((0,), (3,)), ((3,), (0,))]:
        with pytest.raises(ValueError, match="one width"):
            metrics.histogram_jsd(np.zeros(a), np.zeros(b))


@pytest.mark.parametrize("bins", [np.uint8(255), np.int8(100), np.int64(50)])
def test_the_number_of_bins_may_be_a_numpy_integer(bins, rng):
    a, b = rng.standard_normal((2, 500))
    assert metrics.histogram_jsd(a, b, bins) == metrics.histogram_jsd(a, b, int(bins))


def test_histogram_jsd_in_many_dimensions(rng):
    """More cells than there are numbers for: but only those with samples count."""
    a = rng.random((40, 784))
    assert metrics.histogram_jsd(a, a[::-1]) == 0
    assert abs(metrics.histogram_jsd(a[:20], a[20:]) - LOG_2) < 1e-12
    one_of_four = theory.jsd([1, 0], [1 / 4, 3 / 4])
    assert abs(metrics.histogram_jsd(np.repeat(a[:1], 4, axis=0), a[:4]) - one_of_four) < 1e-12


# --- floors ---


def test_a_floor_is_of_what_is_trained_on(rng):
    """Images keep bytes, and give numbers from -1 to 1."""
    images = Images(rng.integers(0, 256, (60, 784), dtype=np.uint8))

    def largest(a, b):
        return max(abs(a).max(), abs(b).max()) + (a.dtype == np.uint8) + (b.dtype == np.uint8)

    score = metrics.with_floor(largest, np.zeros((20, 784)), images, rng=rng)
    assert score.value == score.floor == 1 and len(images.order) == 0


def test_a_floor_needs_no_name(rng):
    data = Gaussian(0, 1)
    score = metrics.with_floor(partial(metrics.wasserstein), data.sample(50, rng=rng), data, rng=rng)
    assert "wasserstein" in score.name and score.value > 0


@pytest.mark.parametrize(
    "distance, data, shift",
    [
        (metrics.wasserstein, Gaussian(4.0, 1.25), [0.5]),
        (metrics.sliced_wasserstein, ring(sigma=0.1), [0.3, 0.0]),
        (metrics.histogram_jsd, ring(sigma=0.1), [0.1, 0.0]),
    ],
)
def test_a_perfect_sampler_scores_its_floor_and_others_more(distance, data, shift, rng):
    n, draws = 2000, 20
    perfect = metrics.with_floor(distance, data.sample(n, rng=rng), data, rng=rng, draws=draws)
    assert abs(perfect.value - perfect.floor) < 5 * perfect.spread  # one sampler: one draw's spread counts
    assert perfect.spread < perfect.floor / 2 and perfect.n == n
    shifted = metrics.with_floor(distance, data.sample(n, rng=rng) + shift, data, rng=rng)
    assert shifted.value > shifted.floor + 10 * shifted.spread
    collapsed = metrics.with_floor(distance, np.repeat(data.sample(1, rng=rng), n, axis=0), data, rng=rng)
    assert collapsed.value > collapsed.floor + 20 * collapsed.spread


def test_floor_of_w1_falls_with_the_square_root_of_n(rng):
    small, large = (
        metrics.with_floor(metrics.wasserstein, data.sample(n, rng=rng), data, rng=rng, draws=200).floor
        for data in [Gaussian(0, 1)]
        for n in (500, 8000)
    )
    assert 3.5 < small / large < 4.5


def test_with_floor_compares_with_the_same_real_samples_and_passes_options_on():
    seen = []

    def first(a, b, factor=1):
        seen.append((a.copy(), b.copy()))
        return factor * float(a[0, 0])

    samples = np.full((5, 1), 7.0)
    score = metrics.with_floor(first, samples, np.arange(20.0)[:, None], rng=np.random.default_rng(0), factor=2)
    values, floors = seen[:10], seen[10:]
    assert score.value == 14 and score.name == "first" and (score.name, score.n) == ("first", 5)
    assert all((a == samples).all() for a, _ in values)
    for (_, real), (more, again) in zip(values, floors, strict=True):
        assert (real == again).all() and len(more) == 5 and not np.isin(more, real).any()
    floor = [2 * more[0, 0] for more, _ in floors]
    assert abs(score.floor - np.mean(floor)) < 1e-12
    assert abs(score.spread - np.std(floor, ddof=1)) < 1e-12


def test_with_floor_takes_rows_and_leaves_their_place_alone(rng):
    data = Rows(rng.standard_normal((400, 1)))
    data.sample(10, rng=rng)
    place = data.state()["order"].copy()
    samples = rng.standard_normal((200, 1))
    one, two = (
        metrics.with_floor(metrics.wasserstein, samples, d, rng=np.random.default_rng(3))
        for d in (data, data.rows)
    )
    assert one == two and (data.state()["order"] == place).all()
    with pytest.raises(ValueError, match="floor for 201 samples needs 402 rows of real data, got 400"):
        metrics.with_floor(metrics.wasserstein, np.zeros((201, 1)), data, rng=rng)


def test_scores_print_on_one_line(rng):
    data = Gaussian(0, 1)
    score = metrics.with_floor(metrics.wasserstein, data.sample(1000, rng=rng) + 1, data, rng=rng)
    assert str(score).startswith(f"W1 {score.value:.3g} on") and abs(score.value - 1) < 0.2
    assert "1,000 samples" in str(score) and "\n" not in str(score)
    assert f"real against real: {score.floor:.3g} +- " in str(score)
