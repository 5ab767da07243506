"""WGAN: D becomes a critic f, any number rather than a chance, that is kept from being steep.

The difference of its means on real and fake is then a lower bound of the distance W1 between p_data and
p_g (over the steepness allowed), and unlike the JSD that has a gradient where the two do not meet. Clipping
theta_d bounds the steepness roughly; a penalty asks for a slope of 1 on the way from the fakes to the data.
"""

import numpy as np

from npgan import require
from npgan.games import Equilibrium, Game, mean
from npgan.gan import GAN
from npgan.variants.regularised import Penalised


class Wasserstein(Game):
    """The critic ascends V = E f(x) - E f(G(z)), and G descends -E f(G(z)): f is high on real samples.

    No sigmoid, no logarithm, so f has no absolute zero: only V means something, 0 at the equilibrium.
    Code that prints -V calls it the critic's loss. Arjovsky, Chintala, Bottou 2017.
    """

    name, unit, reads, limits = "wasserstein", "units of f", "f", None
    equilibrium = Equilibrium(V=0.0, loss=None, D=None)

    def discriminator(self, a_real, a_fake):
        da = np.concatenate([np.ones_like(a_real) / len(a_real), -np.ones_like(a_fake) / len(a_fake)])
        return mean(a_real) - mean(a_fake), da

    def generator(self, a_fake):
        return -mean(a_fake), -np.ones_like(a_fake) / len(a_fake)

    def judge(self, a):
        return a


wasserstein = Wasserstein()


class Clipped(GAN):
    """After each ascent all of theta_d, weights and biases, is clipped to [-clip, clip]. Arjovsky, Chintala,
    Bottou 2017, Algorithm 1."""

    settings = {"clip": 0.01}

    def check(self):
        super().check()
        self.clip = require.number("clip", self.clip)

    def ascend(self):
        super().ascend()
        np.clip(self.D.theta, -self.clip, self.clip, out=self.D.theta)


class GradientPenalty(Penalised):
    """WGAN-GP: the penalty weight E (|g| - 1)^2 on the slopes at alpha x + (1 - alpha) G(z), each sample with
    its own alpha, uniform on [0, 1), and |g| the norm of its own slope. alpha travels as the last column of
    z: z (m, n_z + 1). Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, Algorithm 1.
    """

    settings = {"weight": 10.0}

    def check(self):
        super().check()
        self.weight = require.number("weight", self.weight, include_low=True)

    def noise(self, m, *, rng):
        z = super().noise(m, rng=rng)
        return np.concatenate([z, rng.random((m, 1), z.dtype)], axis=1)

    def unpack(self, z):
        z = require.rows("GradientPenalty", "z", z, self.G.n_in + 1)
        self.alpha = z[:, -1:]
        return np.ascontiguousarray(z[:, :-1])

    def where(self, x, fake):
        return self.alpha * x + (1 - self.alpha) * fake

    def penalty(self, g):
        norm = np.sqrt((g**2).sum(axis=1, keepdims=True))  # (m, 1)
        tiny = np.finfo(g.dtype).tiny  # a slope of 0 has no direction: leave it
        u = 2 * self.weight / len(g) * (norm - 1) * g / np.maximum(norm, tiny)
        return self.weight * mean((norm - 1) ** 2), u
