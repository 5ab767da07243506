"""Noise, and walks through it."""

import math

import numpy as np
import pytest
from forms import BAD, GOOD, values

from npgan.latent import LATENTS, even, walk


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_is_these_draws(dtype):
    ours, theirs = np.random.default_rng(1), np.random.default_rng(1)
    z = LATENTS["normal"](ours, (4, 3), dtype)
    assert (z == theirs.standard_normal((4, 3), dtype)).all() and z.dtype == dtype
    z = LATENTS["uniform"](ours, (1000, 3), dtype)
    wanted = (2 * theirs.random((1000, 3), dtype) - 1) * math.sqrt(3)  # on (-sqrt(3), sqrt(3)): variance 1
    assert abs(z - wanted).max() < 8 * np.finfo(dtype).eps and z.dtype == dtype


@pytest.mark.parametrize("latent", LATENTS)
def test_even_noise_is_noise_without_its_jitter(latent, rng):
    z, random = even(latent, 20_000), np.sort(LATENTS[latent](rng, (20_000, 1), np.float64), axis=0)
    assert z.shape == (20_000, 1) and (np.diff(z[:, 0]) > 0).all() and abs(z + z[::-1]).max() < 1e-12
    assert abs(z.std() - 1) < 1e-3 and np.abs(z - random).mean() < 0.02
    assert len(even(latent, 1)) == 1
    with pytest.raises(ValueError, match="n must be a whole number >= 1, got 0"):
        even(latent, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_walk_keeps_its_ends_and_its_length(dtype, rng):
    for n_z in 2, 100:
        start, end = rng.standard_normal((2, n_z)).astype(dtype)
        path = walk(start, end, 7)
        assert path.shape == (7, n_z) and path.dtype == dtype
        assert (path[0] == start).all() and (path[-1] == end).all()
        start, end = (5 * a / np.linalg.norm(a) for a in (start, end))
        path = walk(start, end, 7)
        assert np.abs(np.linalg.norm(path, axis=1) - 5).max() < 20 * np.finfo(dtype).eps
        steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
        assert np.ptp(steps) < 50 * np.finfo(dtype).eps  # equal angles
        angle = math.acos(float(start @ end) / 25)
        assert abs(steps[0] - 10 * math.sin(angle / 12)) < 50 * np.finfo(dtype).eps


@pytest.mark.parametrize("form", GOOD)
def test_a_walk_from_noise_in_any_form(form):
    """Whole numbers too: a walk has places between them."""
    start, end = np.array([1, 2, 3]), np.array([3, 1, 2])
    one, two = (values(GOOD[form](x)).ravel() for x in (start, end))
    path = walk(GOOD[form](start), GOOD[form](end), 5)
    angle = math.acos(min(1, one @ two / (np.linalg.norm(one) * np.linalg.norm(two))))
    t = np.linspace(0, 1, 5)[:, None]
    weights = np.sin([(1 - t) * angle, t * angle]) / math.sin(angle) if angle > 1e-6 else (1 - t, t)
    wanted = weights[0] * one + weights[1] * two
    eps = np.finfo(path.dtype).eps
    assert path.dtype == (np.float32 if form.startswith(("float32", "tensor")) else np.float64)
    assert abs(path - wanted).max() < 1000 * eps * abs(wanted).max() / max(angle, 1e-3)


@pytest.mark.parametrize("form", BAD)
def test_a_walk_goes_between_numbers(form):
    good, bad = np.array([1.0, 2.0, 3.0]), BAD[form](np.array([1, 2, 3]))
    for ends in (good, bad), (bad, good):
        with pytest.raises(ValueError, match="start|end|walk needs"):
            walk(*ends, 4)


def test_a_walk_has_two_ends_of_one_width_and_none_at_0():
    z = np.ones(3)
    for start, end in (z, 0 * z), (0 * z, z), (z, z[:2]), (z[:, None], z[:, None]), (1.0, 1.0):
        with pytest.raises(ValueError, match=r"a walk needs two noises \(n_z,\), not 0, got shapes"):
            walk(start, end, 4)


def test_a_walk_between_equal_or_opposite_ends_is_straight():
    z = np.array([3.0, 4.0])
    assert (walk(z, z, 4) == z).all()
    assert np.abs(walk(z, 2 * z, 3) - np.outer([1, 1.5, 2], z)).max() < 1e-12
    assert np.abs(walk(z, -z, 5) - np.outer([1, 0.5, 0, -0.5, -1], z)).max() < 1e-12
    rounded = 0
    for z in np.random.default_rng(0).standard_normal((100, 3)):
        rounded += z @ z / (np.linalg.norm(z) * np.linalg.norm(z)) > 1  # a cosine above 1
        assert abs(walk(z, z, 4) - z).max() < 1e-15 and np.isfinite(walk(z, -z, 4)).all()
    assert rounded
    z = np.array([3.0, 4.0])
    with pytest.raises(ValueError, match="steps must be a whole number >= 2"):
        walk(z, -z, 1)
