"""The ready pairs have the sizes and settings they say."""

import numpy as np
import pytest

from npgan import Tanh, models


@pytest.mark.parametrize(
    "make, g, d, dtype",
    [
        (models.gaussian_pair, 1 * 16 + 16 + 16 * 16 + 16 + 16 + 1, 321, np.float64),
        (
            models.mixture_pair,
            2 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2,
            2 * 64 + 64 + 64 * 64 + 64 + 64 + 1,
            np.float64,
        ),
        (models.digits_pair, 1_486_352, 533_505, np.float32),
    ],
)
def test_number_of_parameters(make, g, d, dtype, rng):
    gan = make(rng=rng)
    assert (gan.G.theta.size, gan.D.theta.size) == (g, d)
    assert gan.G.dtype == gan.D.dtype == dtype


def test_digits_are_the_classic_pair(rng):
    gan = models.digits_pair(rng=rng)
    assert repr(gan.G).startswith("Network(Dense(100, 256), LeakyReLU(0.2), Dense(256, 512)")
    assert isinstance(gan.G.layers[-1], Tanh) and repr(gan.D.layers[-1]) == "Dense(256, 1)"
    assert gan.opt_g.lr == gan.opt_d.lr == 2e-4 and gan.opt_g.betas == (0.5, 0.999)


def test_knobs_are_turned(rng):
    gan = models.gaussian_pair(rng=rng, hidden=7, n_z=3, lr=1e-2, d_lr=2e-2, latent="uniform", betas=(0.5, 0.9))
    assert (gan.G.n_in, gan.G.layers[0].n_out, gan.latent) == (3, 7, "uniform")
    assert (gan.opt_g.lr, gan.opt_d.lr, gan.opt_d.betas) == (1e-2, 2e-2, (0.5, 0.9))
