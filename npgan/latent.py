"""The noise z that G turns into samples: where it comes from, and how to walk through it."""

import math
from statistics import NormalDist

import numpy as np

from npgan import require

LATENTS = {  # each with mean 0 and variance 1
    "normal": lambda rng, shape, dtype: rng.standard_normal(shape, dtype),
    "uniform": lambda rng, shape, dtype: math.sqrt(12) * (rng.random(shape, dtype) - 0.5),
}


def even(latent, n):
    """n equally likely noises in one dimension, (n, 1), in rising order: through them, G's density without
    the jitter of random ones."""
    chance = (np.arange(n) + 0.5) / require.count("n", n)
    if require.choice("latent", latent, LATENTS) == "uniform":
        return math.sqrt(12) * (chance - 0.5)[:, None]
    return np.array([[NormalDist().inv_cdf(c)] for c in chance])


def walk(start, end, steps):
    """steps points from noise start (n_z,) to end (n_z,), both included, on an arc: (steps, n_z).

    Along the straight line the noise would grow short in the middle, where G has seen none: in n_z
    dimensions almost all normal noise is about sqrt(n_z) long. White 2016.
    """
    start, end = require.ends(start, end)
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = math.acos(min(1.0, max(-1.0, cosine)))
    t = np.linspace(0, 1, require.count("steps", steps, least=2))[:, None]
    if math.sin(angle) < 1e-6:  # one direction, or opposite ones: there is no arc
        points = (1 - t) * start + t * end
    else:
        points = np.sin((1 - t) * angle) / math.sin(angle) * start + np.sin(t * angle) / math.sin(angle) * end
    return points.astype(start.dtype)
