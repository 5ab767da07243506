"""The nearest row of the data is the one that brute force finds."""

import numpy as np
import pytest

from npgan import metrics


def test_nearest_is_brute_force(rng):
    samples, data = rng.standard_normal((40, 5)), rng.standard_normal((1234, 5))
    found = metrics.nearest(samples, data, chunk=100)
    distance = np.linalg.norm(samples[:, None] - data, axis=2)
    assert (found.index == distance.argmin(axis=1)).all()
    assert abs(found.distance - distance.min(axis=1)).max() < 1e-5


def test_nearest_takes_pixels(rng):
    data = rng.integers(0, 256, (50, 784)).astype(np.uint8)
    found = metrics.nearest(data[[7, 3]] / 255, data)
    assert found.index.tolist() == [7, 3] and found.distance.max() < 0.05  # float32: the root of a rounded 0


def test_distances_want_rows_of_one_width(rng):
    with pytest.raises(ValueError, match=r"rows of one width, got shapes \(2, 3\) and \(2, 4\)"):
        metrics.nearest(np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="needs data to look in, got none"):
        metrics.nearest(np.zeros((2, 3)), np.zeros((0, 3)))
