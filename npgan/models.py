"""Ready pairs: the sizes, starts and learning rates with which each data set is learned well.

Each function returns a GAN; hyper-parameters are keyword arguments, so a lesson can turn one knob.
SETTINGS holds for each data set the whole of it, the training too, by the names that `npgan train` has.
"""

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
    "steps": 8000, "lr": 5e-4, "d_lr": 4e-3, "beta1": 0.0, "hidden": 16, "n_z": 1, "anneal": False,
}  # fmt: skip
MIXTURE = COMMON | {
    "lr": 2e-3, "d_lr": 2e-3, "beta1": 0.0, "hidden": 128, "n_z": 2, "batch": 256, "latent": "uniform",
    "anneal": True,
}  # fmt: skip
DIGITS = COMMON | {
    "epochs": 50, "batch": 64, "lr": 2e-4, "d_lr": 2e-4, "beta1": 0.5, "anneal": False, "n_z": 100,
    "g_hidden": [256, 512, 1024], "d_hidden": [512, 256],
}  # fmt: skip
SETTINGS = {
    "gaussian": GAUSSIAN,
    "ring": MIXTURE | {"steps": 28_000},
    "grid": MIXTURE | {"steps": 45_000},
    "mnist": DIGITS,
    "digits": DIGITS,
}
BETA2 = 0.999


def mlp(sizes, *, rng, slope=0.2, dtype=np.float64, end=()):
    """Dense layers of the given sizes, (2, 64, 64, 1) say, with a LeakyReLU between each two."""
    layers = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [Dense(n_in, n_out), LeakyReLU(slope)]
    return Network(*layers[:-1], *end, rng=rng, dtype=dtype)


def pair(
    g_sizes, d_sizes, *, rng, lr, d_lr=None, betas=(0.9, BETA2),
    game=non_saturating, latent="normal", dtype=np.float64, end=(),
):  # fmt: skip
    """A GAN of two such networks, each with its Adam; d_lr: D's learning rate, by default lr too."""
    G = mlp(g_sizes, rng=rng, dtype=dtype, end=end)
    D = mlp(d_sizes, rng=rng, dtype=dtype)
    opt_g, opt_d = Adam(G, lr=lr, betas=betas), Adam(D, lr=lr if d_lr is None else d_lr, betas=betas)
    return GAN(G, D, opt_g, opt_d, game=game, latent=latent)


def gaussian_pair(
    *, rng, hidden=GAUSSIAN["hidden"], n_z=GAUSSIAN["n_z"], lr=GAUSSIAN["lr"], d_lr=GAUSSIAN["d_lr"],
    betas=(GAUSSIAN["beta1"], BETA2), **options,
):  # fmt: skip
    """For 1-D data: G and D 1-16-16-1.

    No momentum (beta1 = 0) and a D that learns faster than G: with beta1 = 0.5 and equal rates the
    pair circles its equilibrium instead of settling, and the spread of G swings with it.
    """
    sizes = (n_z, hidden, hidden, 1), (1, hidden, hidden, 1)
    return pair(*sizes, rng=rng, lr=lr, d_lr=d_lr, betas=betas, **options)


def mixture_pair(
    *, rng, hidden=MIXTURE["hidden"], n_z=MIXTURE["n_z"], lr=MIXTURE["lr"], d_lr=None,
    betas=(MIXTURE["beta1"], BETA2), latent=MIXTURE["latent"], **options,
):  # fmt: skip
    """For 2-D mixtures, ring and grid: G and D 2-128-128-2 and 2-128-128-1."""
    sizes = (n_z, hidden, hidden, 2), (2, hidden, hidden, 1)
    return pair(*sizes, rng=rng, lr=lr, d_lr=d_lr, betas=betas, latent=latent, **options)


def digits_pair(
    *, rng, n_z=DIGITS["n_z"], g_hidden=DIGITS["g_hidden"], d_hidden=DIGITS["d_hidden"], lr=DIGITS["lr"],
    d_lr=None, betas=(DIGITS["beta1"], BETA2), dtype=np.float32, **options,
):  # fmt: skip
    """For 28 x 28 images in [-1, 1]: by default the classic fully connected pair, in float32.

    G n_z-256-512-1024-784 ending in Tanh, D 784-512-256-1; LeakyReLU 0.2; Adam 2e-4, betas (0.5, 0.999).
    """
    sizes = (n_z, *g_hidden, 784), (784, *d_hidden, 1)
    return pair(*sizes, rng=rng, lr=lr, d_lr=d_lr, betas=betas, dtype=dtype, end=(Tanh(),), **options)
