"""Two cures for a discriminator that is too sure: a penalty on its slope, and noise on what it sees.

Where the supports of p_data and p_g hardly meet, the best D is a cliff: G gets no gradient, or a
wild one, and near the equilibrium the two players circle each other. R1 keeps D flat around the
data; instance noise makes the supports meet.
"""

import numpy as np

from npgan import require
from npgan.gan import GAN


class R1(GAN):
    """D ascends V - gamma/2 E |grad_x a(x)|^2, the mean over real x, a the logit of D; G plays as before.

    ValueError if a layer of D has no tangent. Mescheder, Geiger, Nowozin 2018.
    """

    settings = {"gamma": 1.0}

    def check(self):
        super().check()
        self.gamma = require.number("gamma", self.gamma, include_low=True)
        for layer in self.D.layers:
            if not hasattr(layer, "tangent"):
                name = type(layer).__name__
                raise ValueError(f"R1 needs tangent and tangent_backward in every layer of D; {name} has none")

    def V_gradient(self, x, fake):
        """Fill D.grad with d (V - penalty) / d theta_d and return V - penalty, to be maximised."""
        V = super().V_gradient(x, fake)
        dV = self.D.grad.copy()
        penalty = self.penalty_gradient(x)
        self.D.grad = dV - self.D.grad
        return V - penalty

    def penalty_gradient(self, x):
        """Fill D.grad with d penalty / d theta_d, and return the penalty gamma/2 mean |grad_x a|^2.

        Half a square has the gradient g . dg: with g = grad_x a held fixed, that is the gradient of
        the derivative of a in the direction g.
        """
        D, m = self.D, len(x)
        ones = np.ones_like(D.forward(x))  # (m, 1)
        g = D.backward(ones, params=False)  # (m, d): grad_x a, row by row
        D.tangent(g)  # (m, 1): |g|^2
        D.tangent_backward(self.gamma / m * ones)
        return float(self.gamma / 2 * (g**2).sum() / m)


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
