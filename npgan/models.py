"""Ready pairs: the sizes, starts and learning rates with which each data set is learned well.

Each function returns a GAN; hyper-parameters are keyword arguments, so a lesson can turn one knob.
SETTINGS holds for each data set the whole of it, the training too, by the names that `npgan train` has.
"""

from functools import partial

import numpy as np

from npgan.games import non_saturating
from npgan.gan import GAN
from npgan.layers import Dense, LeakyReLU, Tanh
from npgan.network import Network
from npgan.optim import Adam

COMMON = {
    "batch": 128, "d_steps": 1, "game": "non_saturating", "order": "d_first", "latent": "normal",
    "average": 0.999,
}  # fmt: skip
GAUSSIAN = COMMON | {
    "steps": 8000, "lr": 5e-4, "d_lr": 4e-3, "beta1": 0.0, "anneal": False, "n_z": 1,
    "g_hidden": [32], "d_hidden": [32],
}  # fmt: skip
RING = COMMON | {
    "steps": 10_000, "batch": 256, "lr": 2e-3, "d_lr": 2e-3, "beta1": 0.0, "anneal": True, "latent": "uniform",
    "n_z": 2, "g_hidden": [64, 64, 64], "d_hidden": [128, 128],
}  # fmt: skip
GRID = RING | {"steps": 24_000, "order": "one_noise", "g_hidden": [128, 128]}
DIGITS = COMMON | {
    "epochs": 50, "batch": 256, "lr": 8e-4, "d_lr": 8e-4, "beta1": 0.5, "anneal": False, "order": "one_noise",
    "n_z": 100, "g_hidden": [256, 512, 1024], "d_hidden": [512, 256],
}  # fmt: skip
CLASSIC = {"batch": 64, "lr": 2e-4, "d_lr": 2e-4, "order": "d_first"}  # of digits, in the classic script
SETTINGS = {"gaussian": GAUSSIAN, "ring": RING, "grid": GRID, "mnist": DIGITS, "digits": DIGITS}
BETA2 = 0.999


def mlp(sizes, *, rng, slope=0.2, activation=None, dtype=np.float64, end=()):
    """Dense layers of the given sizes, (2, 64, 64, 1) say, with an activation between each two.

    activation: makes one, Tanh say; by default LeakyReLU(slope). end: layers after the last Dense.
    """
    activation, layers = activation or partial(LeakyReLU, slope), []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [Dense(n_in, n_out), activation()]
    return Network(*layers[:-1], *end, rng=rng, dtype=dtype)


def pair(
    g_sizes, d_sizes, *, rng, lr, d_lr=None, betas=(0.9, BETA2), game=non_saturating, latent="normal",
    activation=None, g_activation=None, dtype=np.float64, end=(),
):  # fmt: skip
    """A GAN of two such networks, each with its Adam. d_lr: D's learning rate, by default lr too.
    g_activation: G's, by default the same as D's. end: G's last layers."""
    G = mlp(g_sizes, rng=rng, activation=g_activation or activation, dtype=dtype, end=end)
    D = mlp(d_sizes, rng=rng, activation=activation, dtype=dtype)
    opt_g, opt_d = Adam(G, lr=lr, betas=betas), Adam(D, lr=lr if d_lr is None else d_lr, betas=betas)
    return GAN(G, D, opt_g, opt_d, game=game, latent=latent)


def gaussian_pair(
    *, rng, g_hidden=GAUSSIAN["g_hidden"], d_hidden=GAUSSIAN["d_hidden"], n_z=GAUSSIAN["n_z"],
    lr=GAUSSIAN["lr"], d_lr=GAUSSIAN["d_lr"], betas=(GAUSSIAN["beta1"], BETA2), activation=Tanh, **options,
):  # fmt: skip
    """For 1-D data: G and D 1-32-1, with Tanh: smooth, and one layer, so that G does not fold the line.

    No momentum (beta1 = 0) and a D that learns faster than G: with beta1 = 0.5 and equal rates the
    pair circles its equilibrium instead of settling, and the spread of G swings with it.
    """
    sizes = (n_z, *g_hidden, 1), (1, *d_hidden, 1)
    return pair(*sizes, rng=rng, lr=lr, d_lr=d_lr, betas=betas, activation=activation, **options)


def mixture_pair(
    *, rng, g_hidden=RING["g_hidden"], d_hidden=RING["d_hidden"], n_z=RING["n_z"], lr=RING["lr"], d_lr=None,
    betas=(RING["beta1"], BETA2), latent=RING["latent"], slope=0.0, **options,
):  # fmt: skip
    """For 2-D mixtures, the ring by default: G 2-64-64-64-2, D 2-128-128-1.

    slope: of G's LeakyReLU. With 0 G can fold a whole region of z onto one point, and so needs no
    bridges between the modes; D has 0.2.
    """
    sizes, g_activation = ((n_z, *g_hidden, 2), (2, *d_hidden, 1)), partial(LeakyReLU, slope)
    options |= {"betas": betas, "latent": latent, "g_activation": g_activation}
    return pair(*sizes, rng=rng, lr=lr, d_lr=d_lr, **options)


def digits_pair(
    *, rng, n_z=DIGITS["n_z"], g_hidden=DIGITS["g_hidden"], d_hidden=DIGITS["d_hidden"], lr=DIGITS["lr"],
    d_lr=None, betas=(DIGITS["beta1"], BETA2), dtype=np.float32, **options,
):  # fmt: skip
    """For 28 x 28 images in [-1, 1]: by default the classic fully connected pair, in float32.

    G n_z-256-512-1024-784 ending in Tanh, D 784-512-256-1; LeakyReLU 0.2; Adam with betas (0.5, 0.999), and
    8e-4 for batches of 256, where the classic script has 2e-4 for 64: see CLASSIC.
    """
    sizes = (n_z, *g_hidden, 784), (784, *d_hidden, 1)
    return pair(*sizes, rng=rng, lr=lr, d_lr=d_lr, betas=betas, dtype=dtype, end=(Tanh(),), **options)
