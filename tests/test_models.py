"""The ready pairs have the sizes and settings they say."""

import numpy as np
import pytest

from npgan import Tanh, gradcheck, models
from npgan.app.demos import DEMOS


@pytest.mark.parametrize(
    "make, g, d, dtype",
    [
        (models.gaussian_pair, 32 + 32 + 32 + 1, 97, np.float64),
        (models.mixture_pair, 2 * 64 + 64 + 2 * (64 * 64 + 64) + 64 * 2 + 2, 17_025, np.float64),
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
    assert gan.opt_g.betas == (0.5, 0.999) and models.CLASSIC["lr"] == models.CLASSIC["d_lr"] == 2e-4


def test_gradients_at_the_size_of_digits(rng):
    gan = models.digits_pair(rng=rng, dtype=np.float64)
    x, z = rng.uniform(-1, 1, (4, 784)), gan.noise(4, rng=rng)
    for check in (
        gradcheck.check_discriminator_step(gan, x, z, directions=3, rng=rng),
        gradcheck.check_generator_step(gan, z, directions=3, rng=rng),
    ):
        assert check.ok, check


def test_knobs_are_turned(rng):
    knobs = {"g_hidden": [7], "n_z": 3, "lr": 1e-2, "d_lr": 2e-2, "latent": "uniform", "betas": (0.5, 0.9)}
    gan = models.gaussian_pair(rng=rng, **knobs)
    assert (gan.G.n_in, gan.G.layers[0].n_out, gan.latent) == (3, 7, "uniform")
    assert (gan.opt_g.lr, gan.opt_d.lr, gan.opt_d.betas) == (1e-2, 2e-2, (0.5, 0.9))


def test_the_settings_of_a_data_set_stand_once(rng):
    """The pairs' defaults and what `npgan train` takes are the same values."""
    for name, pair in (
        ("gaussian", models.gaussian_pair), ("ring", models.mixture_pair),
        ("mnist", models.digits_pair),
    ):  # fmt: skip
        settings, gan = models.SETTINGS[name], pair(rng=rng)
        assert (gan.opt_g.lr, gan.opt_d.lr) == (settings["lr"], settings["d_lr"])
        assert gan.opt_g.betas == gan.opt_d.betas == (settings["beta1"], models.BETA2)
        assert (gan.G.n_in, gan.latent) == (settings["n_z"], settings["latent"])
        assert gan.game.name == settings["game"]
        assert DEMOS[name].settings == settings | {"seed": 0}
