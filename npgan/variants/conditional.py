"""Conditional GAN: G is told what to make, and D what it ought to see.

A label is k more columns, one-hot, behind the noise that G gets, and behind the sample that D gets. All else
is the plain GAN. Mirza, Osindero 2014.
"""

import numpy as np

from npgan import require
from npgan.distributions import one_hot
from npgan.gan import GAN


class Conditional(GAN):
    """G maps z (m, n_z + k), whose last k columns are a label, to samples (m, d); D maps samples with their
    labels, (m, d + k), to logits. Data for it yield x (m, d + k), as `digits.LabelledImages` do.

    loud: what D's label columns are multiplied by; beside the many columns of an image it hardly hears a 1.
    The labels of fakes are drawn evenly, whatever the shares of the classes in the data are: G cannot change
    them, so class by class p_g is still best at p_data. Only V at the equilibrium is then a little higher.
    """

    settings, labelled = {"loud": 1.0}, True  # labelled: D takes more than G makes, as `require.pair` asks

    def check(self):
        super().check()
        self.loud = require.number("loud", self.loud)
        if self.G.n_in <= self.k:
            raise ValueError(f"Conditional needs noise in front of {self.k} labels, but G takes {self.G.n_in}")

    @property
    def k(self):
        """How many classes there are."""
        return self.D.n_in - self.G.n_out

    def noise(self, m, *, rng):
        """z (m, n_z + k): the noise, and behind it the labels of what is to be made of it."""
        z = super().noise(m, rng=rng)
        z[:, -self.k :] = one_hot(rng.integers(self.k, size=m), self.k)
        return z

    def unpack(self, z):
        self.y = require.rows("Conditional", "z", z, self.G.n_in)[:, -self.k :]  # (m, k) labels of the fakes
        return z

    def heard(self, x, y):
        """What D gets, (m, d + k), of samples x (m, d) and their labels y (m, k)."""
        return np.concatenate([x, self.loud * y], axis=1)

    def V_gradient(self, x, fake):
        x, y = np.split(x, [self.G.n_out], axis=1)
        return super().V_gradient(self.heard(x, y), self.heard(fake, self.y))

    def loss_gradient(self, fake):
        loss, da = self.game.generator(self.D.forward(self.heard(fake, self.y)))
        dx = self.D.backward(da, params=False)[:, : self.G.n_out]  # the labels are not G's to move
        self.G.backward(dx, inputs=False)
        return loss

    def probability(self, x):
        """As in GAN, for samples with their labels, (n, d + k)."""
        x = require.points("D", "x", x, self.D.n_in, self.D.dtype)
        return super().probability(self.heard(*np.split(x, [self.G.n_out], axis=1)))

    def sample(self, n, *, rng, raw=False, labels=None):
        """n samples, (n, d), of the classes `labels`, whole numbers 0 to k - 1, (n,) or one for all; by default
        drawn evenly. The noise is the same whatever the labels are. The generator as in GAN."""
        z = self.noise(require.count("n", n), rng=rng)
        if labels is not None:
            z[:, -self.k :] = one_hot(labels if np.ndim(labels) else [labels] * n, self.k, n)
        return self.generate(z, raw=raw)
