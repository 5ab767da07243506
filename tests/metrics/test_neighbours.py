"""The nearest row of the data is the one that brute force finds; who lies among whom, by hand."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npgan import metrics
from npgan.metrics import neighbours
from npgan.metrics.density import squared_distances


def test_nearest_is_brute_force(rng):
    samples, data = rng.standard_normal((40, 5)), rng.standard_normal((1234, 5))
    found = metrics.nearest(samples, data, chunk=100)
    distance = np.linalg.norm(samples[:, None] - data, axis=2)
    assert (found.index == distance.argmin(axis=1)).all()
    assert abs(found.distance - distance.min(axis=1)).max() < 1e-5


def test_nearest_takes_pixels(rng):
    data = rng.integers(0, 256, (50, 784)).astype(np.uint8)
    found = metrics.nearest(data[[7, 3]] / 255, data)
    assert found.index.tolist() == [7, 3] and found.distance.max() < 2e-6  # a 255th is rounded to float32
    for same in data, data.astype(np.float32) / 255:
        found = metrics.nearest(same[[7, 3]], data)
        assert found.index.tolist() == [7, 3] and found.distance.max() == 0
    found = metrics.nearest(data[[7, 3]], data[::-1] / 255)
    assert found.index.tolist() == [42, 46] and found.distance.max() < 2e-6


def exact(samples, data):
    """|x_i - y_j|, by subtraction."""
    return np.sqrt(((samples[:, None] - data) ** 2).sum(axis=2))


places = st.sampled_from([0.0, 1.0, -3.0, 1e4, 1e8, -1e12])
widths = st.sampled_from([1e-6, 1e-3, 1.0, 1e3, 1e9])


@given(
    clusters=st.lists(st.tuples(places, widths, st.integers(1, 9)), min_size=1, max_size=4),
    d=st.integers(1, 6), chunk=st.integers(1, 20), dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_nearest_wherever_the_data_lie(clusters, d, chunk, dtype, seed):
    """Far from 0, far from each other, on each other: rounding must not make all distances equal."""
    rng = np.random.default_rng(seed)
    data = np.concatenate([place + width * rng.standard_normal((n, d)) for place, width, n in clusters])
    data = data.astype(dtype)
    moved = data + rng.choice([1e-6, 1.0]) * rng.standard_normal(data.shape)
    samples = np.concatenate([data, moved]).astype(dtype)
    found = metrics.nearest(samples, data, chunk=chunk)
    distance = exact(samples.astype(float), data.astype(float))
    least = distance.min(axis=1)
    assert (distance[np.arange(len(samples)), found.index] <= least * (1 + 1e-12)).all()
    assert (abs(found.distance - least) <= 1e-12 * least).all()


@given(seed=st.integers(0, 2**32 - 1), chunk=st.integers(1, 12), offset=st.sampled_from([0, 2**20, 2**30]))
def test_of_rows_that_are_equally_near_the_first_is_taken(seed, chunk, offset):
    rng = np.random.default_rng(seed)
    samples, data = offset + rng.integers(0, 3, (9, 3)), offset + rng.integers(0, 3, (12, 3))
    found, distance = metrics.nearest(samples, data, chunk=chunk), exact(samples, data)
    assert (found.index == distance.argmin(axis=1)).all() and (found.distance == distance.min(axis=1)).all()


@pytest.mark.parametrize("offset", [0, 1e4, 1e7])
def test_images_far_from_0_are_found_as_at_0(offset, rng):
    """By float32 as it is: at 1e7 only whole numbers are left."""
    data = np.rint(100 * rng.random((300, 784))).astype(np.float32) + np.float32(offset)
    samples = data[::3] + np.rint(rng.standard_normal((100, 784))).astype(np.float32)
    found = metrics.nearest(samples, data)
    assert found.index.tolist() == list(range(0, 300, 3))
    assert (found.distance == np.linalg.norm(samples.astype(float) - data[::3], axis=1)).all()


def test_bytes_are_scaled_a_chunk_at_a_time(rng):
    data = rng.integers(0, 256, (20_000, 784), dtype=np.uint8)  # 16 MB, and 63 MB in float32
    samples = data[:50] / np.float32(255)
    tracemalloc.start()
    found = metrics.nearest(samples, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.index.tolist() == list(range(50)) and peak < 25e6


def test_a_culprit_in_a_later_chunk_is_found(rng):
    data = rng.random((50, 3))
    data[41, 1] = np.nan
    with pytest.raises(ValueError, match="data must be finite, got nan at index"):
        metrics.nearest(data[:3], data, chunk=10)


def test_distances_want_rows_of_one_width(rng):
    with pytest.raises(ValueError, match=r"rows of one width, got shapes \(2, 3\) and \(2, 4\)"):
        metrics.nearest(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="needs data to look in, got none"):
        metrics.nearest(np.zeros((2, 3)), np.zeros((0, 3)))


# --- who lies among whom ---


def test_far_sets_share_nothing_and_equal_ones_everything(rng):
    x = rng.standard_normal((300, 4))
    assert metrics.precision_recall(x, x[::-1]) == (1, 1)
    assert metrics.precision_recall(x, x + 100) == (0, 0)


def test_samples_without_variety_are_precise_and_recall_nothing(rng):
    data = rng.standard_normal((500, 4))
    collapsed = 0.1 * data[:1] + 0.01 * rng.standard_normal((500, 4))
    found = metrics.precision_recall(collapsed, data)
    assert found.precision == 1 and found.recall < 0.02
    assert metrics.precision_recall(data, collapsed) == found[::-1]
    wide = metrics.precision_recall(3 * rng.standard_normal((500, 4)), data)
    assert wide.precision < 0.5 and wide.recall > 0.9
    half = metrics.precision_recall(np.where(data[:, :1] > 0, data, data + 50), data)
    assert half.precision == np.mean(data[:, 0] > 0) and 0.5 < half.recall < 0.7  # some of the border


def test_precision_and_recall_by_hand():
    """On the line, k = 1: a radius is the distance to the nearest of its own."""
    data, samples = np.array([[0.0], [1], [3], [7]]), np.array([[1.5], [1.7], [20]])
    # radii of the data 1, 1, 2, 4; of the samples 0.2, 0.2, 18.3
    assert metrics.precision_recall(samples, data, k=1) == (2 / 3, 1 / 2)
    assert metrics.precision_recall(samples - 10, data, k=1) == (1 / 3, 1)
    # k = 2: 3, 2, 3, 6; and 18.5, 18.3, 18.5
    assert metrics.precision_recall(samples + 2, data, k=2) == (2 / 3, 1)


def test_who_lies_among_whom_is_brute_force_in_pieces(rng, monkeypatch):
    f, g = rng.standard_normal((90, 3)), 0.3 + rng.standard_normal((70, 3))
    radius = [np.sort(exact(x, x), axis=1)[:, 3] for x in (f, g)]
    wanted = (exact(f, g) <= radius[1]).any(axis=1).mean(), (exact(g, f) <= radius[0]).any(axis=1).mean()
    assert metrics.precision_recall(f, g) == wanted and 0.3 < min(wanted) < max(wanted) < 1
    monkeypatch.setattr(neighbours, "squared_distances", partial(squared_distances, most=500))
    assert metrics.precision_recall(f, g) == wanted


def test_a_set_needs_more_rows_than_neighbours():
    with pytest.raises(ValueError, match="the 3 nearest of a set need more than 3 rows, got 3"):
        metrics.precision_recall(np.zeros((3, 2)), np.zeros((9, 2)))
    with pytest.raises(ValueError, match=r"rows of one width, got shapes \(5, 2\) and \(9, 3\)"):
        metrics.precision_recall(np.zeros((5, 2)), np.zeros((9, 3)))
