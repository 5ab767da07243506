"""Faults that show only where two distributions differ by more than a shift, or where D's gradient is exact."""

import numpy as np

from faults.planting import fault
from npgan import games, theory
from npgan.gan import GAN
from npgan.variants.regularised import InstanceNoise


@fault(8)
def wasserstein_of_the_means(monkeypatch):
    """Right for every shift, and blind to a width."""

    def wasserstein(p, q, x):
        return abs(theory.integral(np.multiply(p, x), x) - theory.integral(np.multiply(q, x), x))

    monkeypatch.setattr(theory, "wasserstein", wasserstein)


@fault(8)
def total_variation_as_the_largest_gap(monkeypatch):
    """Between the distribution functions: the distance of Kolmogorov and Smirnov, the same for a shift."""

    def total_variation(p, q, x=None):
        step = 1 if x is None else x[1] - x[0]
        return float(np.abs(np.cumsum(np.subtract(p, q)) * step).max())

    monkeypatch.setattr(theory, "total_variation", total_variation)


@fault(8)
def d_learns_half_as_much_again_from_the_real(monkeypatch):
    """As if the classes were not balanced: the best D is then 1.5 p / (1.5 p + q)."""
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        da[: len(a_real)] *= 1.5
        return V, da

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(8)
def log_1_minus_d_with_a_hundredth_in_it(monkeypatch):
    """log(1 - D + 0.01), so that it stays finite."""

    def generator(self, a_fake):
        D = games.sigmoid(a_fake)
        return float(np.log(1 - D + 0.01).mean()), -D * (1 - D) / (1 - D + 0.01) / len(a_fake)

    monkeypatch.setattr(games.Minimax, "generator", generator)


@fault(8)
def instance_noise_that_is_uniform(monkeypatch):
    """Of variance 1, too, but it ends somewhere: far off the supports still do not meet."""

    def noise(self, m, *, rng):
        z = GAN.noise(self, m, rng=rng)
        return np.concatenate([z, np.sqrt(12) * (rng.random((m, 2 * self.G.n_out)) - 0.5)], axis=1)

    monkeypatch.setattr(InstanceNoise, "noise", noise)
