"""Ready pairs: the sizes, starts and learning rates with which each data set is learned well.

Each function returns a GAN; hyper-parameters are keyword arguments, so a lesson can turn one knob.
SETTINGS holds for each data set the whole of it, the training too, by the names that `npgan train` has;
RECIPES what each variant is made of; settings(data, variant) puts the two together.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from npgan import games, require
from npgan.gan import GAN
from npgan.layers import Dense, LeakyReLU, Tanh
from npgan.network import Network
from npgan.optim import OPTIMISERS
from npgan.variants.conditional import Conditional
from npgan.variants.energy import AutoEncoder, Energy, PullingAway
from npgan.variants.improved import Apart, FeatureMatching, MinibatchDiscrimination, Smoothed
from npgan.variants.regularised import R1, InstanceNoise
from npgan.variants.wasserstein import Clipped, GradientPenalty, Wasserstein

COMMON = {
    "batch": 128, "d_steps": 1, "game": "non_saturating", "order": "d_first", "latent": "normal",
    "average": 0.999, "optimiser": "Adam", "variant": "gan",
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
    "epochs": 40, "batch": 256, "lr": 8e-4, "d_lr": 8e-4, "beta1": 0.5, "anneal": False, "order": "one_noise",
    "n_z": 100, "g_hidden": [256, 512, 1024], "d_hidden": [512, 256],
}  # fmt: skip
CLASSIC = {"batch": 64, "lr": 2e-4, "d_lr": 2e-4, "order": "d_first"}  # of digits, in the classic script
SETTINGS = {"gaussian": GAUSSIAN, "ring": RING, "grid": GRID, "mnist": DIGITS, "digits": DIGITS}
BETA2 = 0.999


def chain(sizes, activation):
    """A list of Dense layers of the given sizes, with an activation between each two."""
    layers = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [Dense(n_in, n_out), activation()]
    return layers[:-1]


def mlp(sizes, *, rng, slope=0.2, activation=None, dtype=np.float64, end=()):
    """Dense layers of the given sizes, (2, 64, 64, 1) say, with an activation between each two.

    activation: makes one, Tanh say; by default LeakyReLU(slope). end: layers after the last Dense.
    """
    return Network(*chain(sizes, activation or partial(LeakyReLU, slope)), *end, rng=rng, dtype=dtype)


def comparing_mlp(sizes, *, kernels, dims, activation=None, **options):
    """The same with MinibatchDiscrimination before the last Dense, which gets its features, too."""
    *below, last, out = sizes
    activation = activation or partial(LeakyReLU, 0.2)
    layers = [*chain((*below, last), activation), activation(), MinibatchDiscrimination(last, kernels, dims)]
    return Network(*layers, Dense(last + kernels, out), **options)


def auto_encoder(sizes, *, code, activation=None, **options):
    """An AutoEncoder with a code of that width: sizes (2, 64, 1) and code 8 make 2-64-8-64-2."""
    activation, down = activation or partial(LeakyReLU, 0.2), (*sizes[:-1], code)
    encoder, decoder = chain(down, activation), chain(down[::-1], activation)
    return AutoEncoder(*encoder, *decoder, code=len(encoder) - 1, **options)


class Recipe(NamedTuple):
    """What a variant is made of: the class of its GAN, its game if it has one of its own, how its D is built.

    own: {setting: default} of these three, those of the paper. others: games that it can play as well.
    """

    summary: str
    kind: type = GAN
    own: dict = {}
    game: type = None
    d: callable = mlp
    others: tuple = ("minimax", "non_saturating", "least_squares")

    def part(self, thing, own):
        """Those of the settings `own` that are one thing's."""
        names = {mlp: (), comparing_mlp: ("kernels", "dims"), auto_encoder: ("code",)}
        wanted = names[thing] if thing in names else thing.settings
        return {name: own[name] for name in wanted}


RECIPES = {
    "gan": Recipe("the plain GAN"),
    "smoothed": Recipe("D is to say 0.9 of real samples, not 1", own={"target": 0.9}, game=Smoothed, others=()),
    "feature-matching": Recipe("G matches the mean features of D", FeatureMatching, {"layer": -2}),
    "minibatch": Recipe("D sees how close samples lie", Apart, {"kernels": 50, "dims": 5}, d=comparing_mlp),
    "ebgan": Recipe("D is an auto-encoder", GAN, {"margin": 10.0, "code": 16}, Energy, auto_encoder, ()),
    "ebgan-pt": Recipe(
        "D is an auto-encoder, and G pushes codes apart", PullingAway,
        {"margin": 10.0, "code": 16, "pull": 0.1}, Energy, auto_encoder, (),
    ),
    "wgan": Recipe("a critic whose weights are clipped", Clipped, {"clip": 0.01}, Wasserstein),
    "wgan-gp": Recipe("a critic with a penalty on its slope", GradientPenalty, {"weight": 10.0}, Wasserstein),
    "r1": Recipe("a penalty on D's slope at real samples", R1, {"gamma": 1.0}),
    "instance-noise": Recipe("noise on all that D sees", InstanceNoise, {"sigma": 0.1}),
    "conditional": Recipe("G and D are told the class, of data with labels", Conditional, {"loud": 10.0}),
}  # fmt: skip
AUTO = {"margin": 1.0, "code": 16, "d_hidden": [128]}
OF_THE_PAPER = {"batch": 64, "d_steps": 5, "order": "d_first"}  # of WGAN, for images
OF_MIXTURES = {
    "minibatch": {"kernels": 8, "dims": 2, "batch": 64}, "ebgan": AUTO, "ebgan-pt": AUTO | {"pull": 0.001},
    "wgan": {
        "steps": 8000, "clip": 0.1, "optimiser": "RMSProp", "lr": 1e-3, "d_lr": 2e-3, "d_steps": 2,
        "order": "d_first",
    },
    "wgan-gp": {"weight": 0.1}, "r1": {"gamma": 0.003}, "instance-noise": {"sigma": 0.01},
}  # fmt: skip
OF_DIGITS = {
    "conditional": {"n_z": 32}, "minibatch": {"batch": 128, "lr": 4e-4, "d_lr": 4e-4},
    "ebgan": AUTO | {"code": 32, "d_hidden": [256]}, "ebgan-pt": AUTO | {"code": 32, "d_hidden": [256]},
    "wgan": OF_THE_PAPER | {"optimiser": "RMSProp", "lr": 5e-5, "d_lr": 5e-5},
    "wgan-gp": OF_THE_PAPER | {"lr": 1e-4, "d_lr": 1e-4, "beta1": 0.0},
}  # fmt: skip
TUNED = {  # {data: {variant: what is better for it than the defaults of both}}
    "gaussian": {
        "minibatch": {"kernels": 8, "dims": 2, "batch": 64}, "ebgan": {"margin": 1.0, "code": 8},
        "ebgan-pt": {"margin": 1.0, "code": 8}, "wgan": {"clip": 0.1, "optimiser": "RMSProp", "d_lr": 2e-3},
        "wgan-gp": {"weight": 0.1}, "r1": {"gamma": 0.1},
    },
    "ring": OF_MIXTURES, "grid": OF_MIXTURES, "mnist": OF_DIGITS, "digits": OF_DIGITS,
}  # fmt: skip


def settings(name, variant="gan"):
    """{setting: default} of a variant on a data set."""
    recipe = RECIPES[require.choice("variant", variant, RECIPES)]
    game = {"game": recipe.game.name} if recipe.game else {}
    return SETTINGS[name] | game | {"variant": variant} | recipe.own | TUNED.get(name, {}).get(variant, {})


def pair(
    g_sizes, d_sizes, *, rng, lr, d_lr=None, betas=(0.9, BETA2), game=None, latent="normal", activation=None,
    g_activation=None, dtype=np.float64, end=(), variant="gan", optimiser="Adam", **own,
):  # fmt: skip
    """A GAN of two such networks, each with its optimiser.

    d_lr: D's learning rate, by default lr too. betas: of Adam; the first is also SGD's momentum. game: what
    they play, or its name; by default the variant's own, else non_saturating. g_activation: G's, by default the
    same as D's. end: G's last layers. own: the variant's settings, see RECIPES; ValueError for others.
    """
    recipe = RECIPES[require.choice("variant", variant, RECIPES)]
    own = own_settings(variant, own)
    G = mlp(g_sizes, rng=rng, activation=g_activation or activation, dtype=dtype, end=end)
    D = recipe.d(d_sizes, rng=rng, activation=activation, dtype=dtype, **recipe.part(recipe.d, own))
    kind = OPTIMISERS[require.choice("optimiser", optimiser, OPTIMISERS)]
    more = {"Adam": {"betas": betas}, "SGD": {"momentum": betas[0]}}.get(optimiser, {})
    opt_g, opt_d = kind(G, lr=lr, **more), kind(D, lr=lr if d_lr is None else d_lr, **more)
    parts = {"game": make_game(variant, game, own), "latent": latent, **recipe.part(recipe.kind, own)}
    return recipe.kind(G, D, opt_g, opt_d, **parts)


def own_settings(variant, given):
    """The settings that a variant has of its own, with the given ones put in; ValueError for others'."""
    own = RECIPES[variant].own
    for name in given:
        if name not in own:
            has = f"its own settings are {', '.join(own)}" if own else "it has none of its own"
            raise ValueError(f"{name} is no setting of the variant {variant}: {has}")
    return own | given


def make_game(variant, game, own):
    """The game that a variant plays: a Game is taken as it is; a name must be one that it can play."""
    recipe = RECIPES[variant]
    known = ([recipe.game.name] if recipe.game else []) + list(recipe.others)
    if game is not None and not isinstance(game, str):
        return game
    if game is None and not recipe.game:
        return games.non_saturating
    if game in (None, known[0]) and recipe.game:
        return recipe.game(**recipe.part(recipe.game, own))
    if game not in known:
        raise ValueError(f"the variant {variant} plays {' or '.join(known)}, got the game {game!r}")
    return games.by_name(game)


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
    8e-4 for batches of 256, where the classic script has 2e-4 for 64: see CLASSIC. variant="conditional": both
    take ten columns more.
    """
    k = 10 if options.get("variant") == "conditional" else 0
    sizes = (n_z + k, *g_hidden, 784), (784 + k, *d_hidden, 1)
    return pair(*sizes, rng=rng, lr=lr, d_lr=d_lr, betas=betas, dtype=dtype, end=(Tanh(),), **options)
