"""Two cures for a discriminator that is too sure: a penalty on its slope, and noise on what it sees.

Where the supports of p_data and p_g hardly meet, the best D is a cliff: G gets no gradient, or a
wild one, and near the equilibrium the two players circle each other. R1 keeps D flat around the
data; instance noise makes the supports meet. Each is a GAN with another D step or G step.
"""

import numpy as np

from npgan import require
from npgan.gan import GAN


class R1(GAN):
    """D ascends V - gamma/2 E |grad_x a(x)|^2, the mean over real x, a the logit of D; G plays as before.

    ValueError if a layer of D has no tangent. Mescheder, Geiger, Nowozin 2018.
    """

    def __init__(self, *args, gamma, **options):
        self.gamma = require.number("gamma", gamma, include_low=True)
        super().__init__(*args, **options)
        for layer in self.D.layers:
            if not hasattr(layer, "tangent"):
                name = type(layer).__name__
                raise ValueError(f"R1 needs tangent and tangent_backward in every layer of D; {name} has none")

    def discriminator_gradient(self, x, z, fake=None):
        """Fill D.grad with d (V - penalty) / d theta_d and return V - penalty, to be maximised."""
        V = super().discriminator_gradient(x, z, fake)
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

    def __init__(self, *args, sigma, **options):
        self.sigma = require.number("sigma", sigma, include_low=True)
        super().__init__(*args, **options)

    def noise(self, m, *, rng):
        """z (m, n_z + 2d): G's noise, then the noise on the fakes, then the noise on the real."""
        z = super().noise(m, rng=rng)
        e = rng.standard_normal((m, 2 * self.G.n_out)).astype(z.dtype, copy=False)
        return np.concatenate([z, e], axis=1)

    def split(self, z):
        """(z, e_fake, e_real) from a z of `noise`."""
        n, d = self.G.n_in, self.G.n_out
        return z[:, :n], z[:, n : n + d], z[:, n + d :]

    def discriminator_gradient(self, x, z, fake=None):
        """As in GAN, with noise on x and on the fakes."""
        z, e_fake, e_real = self.split(z)
        fake = self.G.predict(z) if fake is None else fake
        return super().discriminator_gradient(x + self.sigma * e_real, z, fake + self.sigma * e_fake)

    def generator_gradient(self, z, fake=None):
        """As in GAN, with noise on the fakes; it does not depend on theta_g, so dx stays as it is."""
        z, e_fake, _ = self.split(z)
        fake = self.G.forward(z) if fake is None else fake
        return super().generator_gradient(z, fake + self.sigma * e_fake)

    def generate(self, z, raw=False):
        """G(z) without noise; only G's own columns of z are used."""
        return super().generate(z[:, : self.G.n_in], raw=raw)
