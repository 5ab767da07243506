"""A GAN is two gradients and two moves; everything else is the order in which they are played.

    V_gradient(x, fake)     fills D.grad with dV / d theta_d            ascend()    moves theta_d up it
    loss_gradient(fake)     fills G.grad with d loss / d theta_g        descend()   moves theta_g down it

A variant overrides what it changes of these four; every order, gradcheck and checkpoints then work.
Shapes: x (m, d) real samples, z (m, n_z) noise, fake (m, d) what G makes of it, a (m, 1) logits of D.
"""

import copy

import numpy as np

from npgan import require
from npgan.games import finite, mean, non_saturating
from npgan.latent import LATENTS, walk  # noqa: F401  (walk had its place here once)
from npgan.optim import move_average


class GAN:
    """G maps noise (m, n_z) to samples (m, d); D maps samples (m, d) to logits (m, 1).

    opt_g and opt_d move G and D. game: what they play, see `games`. latent: the noise, "normal" or
    "uniform", each with mean 0 and variance 1. ValueError if the parts do not fit together. A variant
    names its own `settings` with their defaults: they are keyword arguments and attributes.
    """

    settings = {}

    def __init__(self, G, D, opt_g, opt_d, game=non_saturating, latent="normal", **settings):
        self.G, self.D, self.opt_g, self.opt_d, self.game = G, D, opt_g, opt_d, game
        self.latent = require.choice("latent", latent, LATENTS)
        self.__dict__.update(require.settings(self, settings))
        self.average = None  # a second generator with the running average of G's theta
        self.a_real = self.a_fake = None  # the logits that the latest V_gradient saw, (m, 1) each
        self.check()

    def check(self):
        """ValueError unless the parts fit together; a variant adds what its settings must be."""
        require.pair(self)

    # --- two gradients ---

    def V_gradient(self, x, fake):
        """Fill D.grad with dV / d theta_d and return V, to be maximised; G is left alone. Real and fake go
        through D as one batch: a layer remembers only its latest forward."""
        m = len(x)
        a = self.D.forward(np.concatenate([x, fake]))  # (2m, 1)
        V, da = self.game.discriminator(a[:m], a[m:])
        self.D.backward(da, inputs=False)
        self.a_real, self.a_fake = a[:m], a[m:]
        return V

    def loss_gradient(self, fake):
        """Fill G.grad with d loss / d theta_g and return G's loss; D.theta and D.grad are left alone.

        fake: what G's latest forward returned.
        """
        loss, da = self.game.generator(self.D.forward(fake))
        dx = self.D.backward(da, params=False)  # (m, d): how the loss changes with each fake
        self.G.backward(dx, inputs=False)
        return loss

    # --- two moves ---

    def ascend(self):
        self.opt_d.ascend()

    def descend(self):
        self.opt_g.descend()

    # --- the orders they are played in: V and the loss come back, Diverged before a move if not finite ---

    def discriminator_gradient(self, x, z):
        """V_gradient with fakes made from z; G is fixed here, so it remembers nothing."""
        fake = self.G.predict(self.unpack(z))
        return self.V_gradient(require.real(x, self.D.n_in), fake)

    def generator_gradient(self, z):
        """loss_gradient with fakes made from z."""
        return self.loss_gradient(self.G.forward(self.unpack(z)))

    def discriminator_step(self, x, z):
        V = finite("V", self.discriminator_gradient(x, z))
        self.ascend()
        return V

    def generator_step(self, z):
        loss = finite("the loss of G", self.generator_gradient(z))
        self.descend()
        return loss

    def simultaneous_step(self, x, z_d, z_g):
        """Both gradients at the same point, then both moves; return (V, loss)."""
        V = finite("V", self.discriminator_gradient(x, z_d))
        loss = finite("the loss of G", self.generator_gradient(z_g))
        self.ascend()
        self.descend()
        return V, loss

    def one_noise_step(self, x, z):
        """D ascends, then G descends on the same fakes, for which it ran forward once; (V, loss)."""
        x, fake = require.real(x, self.D.n_in), self.G.forward(self.unpack(z))
        V = finite("V", self.V_gradient(x, fake))
        self.ascend()
        loss = finite("the loss of G", self.loss_gradient(fake))
        self.descend()
        return V, loss

    # --- noise, samples, and what D thinks of them ---

    def noise(self, m, *, rng):
        """z (m, n_z) from p_z, in G's dtype. A variant puts what else a step draws into further columns."""
        return LATENTS[self.latent](require.generator(rng), (m, self.G.n_in), self.G.dtype)

    def unpack(self, z):
        """The columns of z that G gets; a variant keeps its further ones for the gradients to use."""
        return z

    def sample(self, n, *, rng, raw=False):
        """n samples G(z), (n, d). From the averaged generator if there is one, unless raw is true."""
        return self.generate(self.noise(require.count("n", n), rng=rng), raw=raw)

    def generate(self, z, raw=False):
        """G(z) for noise z (n, n_z), a thousand rows at a time. The generator as in `sample`."""
        G = self.G if raw or self.average is None else self.average
        z = require.noise(self, z)
        x = np.empty((len(z), G.n_out), G.dtype)
        for i in range(0, len(z), 1000):
            x[i : i + 1000] = G.predict(z[i : i + 1000])
        return x

    def update_average(self, decay, step):
        """Move the averaged generator, at first a copy of G, towards G; step counts from 1."""
        if self.average is None:
            self.average = copy.deepcopy(self.G)
        move_average(self.average.theta, self.G.theta, decay, step)

    def set_rate(self, rate):
        """Let both optimisers take the fraction `rate` of their learning rates."""
        self.opt_d.rate = self.opt_g.rate = require.number("rate", rate, include_low=True)

    def probability(self, x):
        """D(x), (n,), for samples x (n, d), as the game reads D's logits."""
        x = require.points("D", "x", x, self.D.n_in, self.D.dtype)
        return self.game.judge(self.D.predict(x))[:, 0]

    def judged(self):
        """(D(x), D(G(z))): the means over the batches of the latest V_gradient."""
        return tuple(mean(self.game.judge(a)) for a in (self.a_real, self.a_fake))
