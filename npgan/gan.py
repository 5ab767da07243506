"""A GAN is a generator, a discriminator and a game: one D step and one G step, as in Algorithm 1.

Shapes: x (m, d) real samples, z (m, n_z) noise, a (m, 1) logits of D. Each step is two halves, fill
grad and apply it, so that alternating updates, simultaneous updates (both gradients first) and the
variants of the game are orders and exchanges of the same four calls.
"""

import copy
import math

import numpy as np

from npgan import require
from npgan.games import non_saturating
from npgan.optim import in_blocks

LATENTS = {  # each with mean 0 and variance 1
    "normal": lambda rng, shape, dtype: rng.standard_normal(shape, dtype),
    "uniform": lambda rng, shape, dtype: math.sqrt(12) * (rng.random(shape, dtype) - 0.5),
}


def walk(start, end, steps):
    """steps points from noise start (n_z,) to end (n_z,), both included, on an arc: (steps, n_z).

    Along the straight line the noise would grow short in the middle, where G has seen none: in n_z
    dimensions almost all normal noise is about sqrt(n_z) long. White 2016.
    """
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = math.acos(min(1.0, max(-1.0, cosine)))
    t = np.linspace(0, 1, require.count("steps", steps, least=2))[:, None]
    if math.sin(angle) < 1e-6:  # one direction, or opposite ones: there is no arc
        points = (1 - t) * start + t * end
    else:
        points = np.sin((1 - t) * angle) / math.sin(angle) * start + np.sin(t * angle) / math.sin(angle) * end
    return points.astype(start.dtype)


class Diverged(ArithmeticError):
    """The value of the game or G's loss is no longer a finite number."""


class GAN:
    """G maps noise (m, n_z) to samples (m, d); D maps samples (m, d) to logits (m, 1).

    opt_g and opt_d move G and D. game: what they play, see `games`. latent: the noise, "normal" or
    "uniform", each with mean 0 and variance 1. ValueError if the parts do not fit together.
    """

    def __init__(self, G, D, opt_g, opt_d, game=non_saturating, latent="normal"):
        self.G, self.D, self.opt_g, self.opt_d, self.game = G, D, opt_g, opt_d, game
        if not hasattr(game, "discriminator"):
            raise ValueError(f"game must be one of npgan.games, such as games.minimax, got {game!r}")
        self.latent = require.choice("latent", latent, LATENTS)
        self.average = None  # a second generator with the running average of G's theta
        self.a_real = self.a_fake = None  # the logits that the latest D step saw, (m, 1) each
        self._check()

    def _check(self):
        G, D = self.G, self.D
        if G.n_in is None or D.n_in != G.n_out or D.n_out != 1:
            raise ValueError(
                f"G must end in the width D takes and D in one logit; got G {G.n_in} -> {G.n_out}, "
                f"D {D.n_in} -> {D.n_out}"
            )
        if {id(layer) for layer in G.layers} & {id(layer) for layer in D.layers}:
            raise ValueError("a layer stands in G and in D, but remembers one forward only: make a second one")
        if G.dtype != D.dtype:
            raise ValueError(f"G and D must have one dtype, got {G.dtype} and {D.dtype}")
        if self.opt_g.net is not G or self.opt_d.net is not D:
            raise ValueError("opt_g must have been made for G, and opt_d for D")

    def noise(self, m, *, rng):
        """z (m, n_z) from p_z, in G's dtype."""
        return LATENTS[self.latent](require.generator(rng), (m, self.G.n_in), self.G.dtype)

    def discriminator_gradient(self, x, z, fake=None):
        """Fill D.grad with dV / d theta_d and return V, to be maximised; G is left alone.

        Real and fake go through D as one batch: a layer remembers only its latest forward. fake: G(z),
        if it is known already.
        """
        G, D, m = self.G, self.D, len(x)
        if np.ndim(x) != 2 or x.shape[1] != D.n_in or not m:
            raise ValueError(f"a D step needs real x of shape (m, {D.n_in}) with m >= 1, got {np.shape(x)}")
        if fake is None:
            fake = G.predict(z)  # (m, d): G is fixed here, so nothing is remembered
        a = D.forward(np.concatenate([x, fake]))  # (2m, 1)
        V, da = self.game.discriminator(a[:m], a[m:])
        D.backward(da, inputs=False)
        self.a_real, self.a_fake = a[:m], a[m:]
        return V

    def generator_gradient(self, z, fake=None):
        """Fill G.grad with d loss / d theta_g and return G's loss; D.theta and D.grad are left alone.

        fake: G(z), if it is known already from G's latest forward.
        """
        G, D = self.G, self.D
        if fake is None:
            fake = G.forward(z)  # (m, d)
        loss, da = self.game.generator(D.forward(fake))
        dx = D.backward(da, params=False)  # (m, d): how the loss changes with each fake
        G.backward(dx, inputs=False)
        return loss

    def discriminator_step(self, x, z, **known):
        """Ascend V in theta_d by one step; return V before it. Diverged, before moving, if not finite."""
        V = _finite("V", self.discriminator_gradient(x, z, **known))
        self.opt_d.ascend()
        return V

    def generator_step(self, z, **known):
        """Descend G's loss in theta_g by one step; return the loss before it. Diverged as above."""
        loss = _finite("the loss of G", self.generator_gradient(z, **known))
        self.opt_g.descend()
        return loss

    def simultaneous_step(self, x, z_d, z_g):
        """Both gradients at the same point, then both updates; return (V, loss)."""
        V = _finite("V", self.discriminator_gradient(x, z_d))
        loss = _finite("the loss of G", self.generator_gradient(z_g))
        self.opt_d.ascend()
        self.opt_g.descend()
        return V, loss

    def update_average(self, decay, step):
        """Move the averaged generator to the mean of its theta and G's: average <- b average + (1-b) G.

        b = min(decay, (1 + step) / (10 + step)), so that early steps, far from any good generator,
        are soon forgotten. step counts from 1.
        """
        if self.average is None:
            self.average = copy.deepcopy(self.G)
        b = min(decay, (1 + step) / (10 + step))

        def update(average, theta):
            average += (1 - b) * (theta - average)

        in_blocks(update, self.average.theta, self.G.theta)

    def sample(self, n, *, rng, raw=False):
        """n samples G(z), (n, d). From the averaged generator if there is one, unless raw is true."""
        z = self.noise(require.count("n", n), rng=rng)
        return self.generate(z, raw=raw)

    def generate(self, z, raw=False):
        """G(z) for noise z (n, n_z), a thousand rows at a time. The generator as in `sample`."""
        G = self.G if raw or self.average is None else self.average
        x = np.empty((len(z), G.n_out), G.dtype)
        for i in range(0, len(z), 1000):
            x[i : i + 1000] = G.predict(z[i : i + 1000])
        return x

    def probability(self, x):
        """D(x), (n,), for samples x (n, d): the chance, in D's eyes, that each is real."""
        return self.game.probability(self.D.predict(np.asarray(x, self.D.dtype)))[:, 0]


def _finite(name, value):
    if not math.isfinite(value):
        raise Diverged(f"{name} is {value}; try a smaller learning rate")
    return value
