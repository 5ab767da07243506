"""Cures for a discriminator that is too sure: a penalty on its slope, and noise on what it sees.

Where the supports of p_data and p_g hardly meet, the best D is a cliff: G gets no gradient, or a
wild one, and near the equilibrium the two players circle each other. A penalty keeps D flat where it is
looked at; instance noise makes the supports meet.
"""

import numpy as np

from npgan import require
from npgan.gan import GAN


class Penalised(GAN):
    """D ascends V - P, with a penalty P on g = grad_x a, the slopes of its logit; G plays as before.

    Another penalty is two methods: where(x, fake), the points (m, d) that are looked at, and penalty(g),
    which gives P and dP/dg (m, d), for slopes g (m, d). ValueError if a layer of D has no tangent.
    """

    def check(self):
        super().check()
        for part in (self.D, *self.D.layers):
            if not getattr(part, "tangent", None):
                who, name = type(self).__name__, type(part).__name__
                wanted = "tangent and tangent_backward in D and every layer of it"
                raise ValueError(f"{who} needs {wanted}; {name} has none")

    def V_gradient(self, x, fake):
        """Fill D.grad with d (V - P) / d theta_d and return V - P, to be maximised."""
        V = super().V_gradient(x, fake)
        dV = self.D.grad.copy()
        P = self.penalty_gradient(self.where(x, fake))
        self.D.grad = dV - self.D.grad
        return V - P

    def penalty_gradient(self, x):
        """Fill D.grad with dP / d theta_d for the slopes at x (m, d), and return P.

        By the chain rule that is the gradient of g . u with u = dP/dg held fixed; and g . u is how fast
        the logit changes as x moves along u, which is what `tangent` computes.
        """
        ones = np.ones_like(self.D.forward(x))  # (m, 1)
        P, u = self.penalty(self.D.backward(ones, params=False))  # of g (m, d), row by row
        self.D.tangent(u)
        self.D.tangent_backward(ones)
        return P


class R1(Penalised):
    """The penalty gamma/2 E |g|^2, the mean over real x. Mescheder, Geiger, Nowozin 2018."""

    settings = {"gamma": 1.0}

    def check(self):
        super().check()
        self.gamma = require.number("gamma", self.gamma, include_low=True)

    def where(self, x, fake):
        return x

    def penalty(self, g):
        u = self.gamma / len(g) * g
        return float((u * g).sum() / 2), u


class InstanceNoise(GAN):
    """D sees real and fake through one fog: x + sigma e and G(z) + sigma e, with fresh e ~ N(0, I).

    So p_data and p_g are both convolved with N(0, sigma^2 I), have the same support, and are equal
    only if they were equal before. The noise e travels in z, whose first n_z columns are G's own:
    z (m, n_z + 2d). Samples come without it. sigma may be lowered while training goes on.
    Sonderby et al. 2017; Arjovsky, Bottou 2017.
    """

    settings = {"sigma": 0.1}

    def check(self):
        super().check()
        self.sigma = require.number("sigma", self.sigma, include_low=True)

    def noise(self, m, *, rng):
        """z (m, n_z + 2d): G's noise, then the noise on the fakes, then the noise on the real."""
        z = super().noise(m, rng=rng)
        e = rng.standard_normal((m, 2 * self.G.n_out)).astype(z.dtype, copy=False)
        return np.concatenate([z, e], axis=1)

    def unpack(self, z):
        n_z, d = self.G.n_in, self.G.n_out
        z = require.rows("InstanceNoise", "z", z, n_z + 2 * d)
        z, self.e_fake, self.e_real = np.split(z, [n_z, n_z + d], axis=1)
        return z

    def V_gradient(self, x, fake):
        """As in GAN, with noise on x and on the fakes."""
        return super().V_gradient(x + self.sigma * self.e_real, fake + self.sigma * self.e_fake)

    def loss_gradient(self, fake):
        """As in GAN, with noise on the fakes; it does not depend on theta_g, so dx stays as it is."""
        return super().loss_gradient(fake + self.sigma * self.e_fake)
