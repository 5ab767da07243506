"""Faults in the critic: its sign, how it is kept from being steep, and the gradient of the penalty."""

import numpy as np

from faults.planting import fault
from npgan import layers, theory
from npgan.gan import GAN
from npgan.variants.regularised import Penalised
from npgan.variants.wasserstein import Clipped, GradientPenalty, Wasserstein


def penalise(monkeypatch, P_and_u):
    """Another penalty in WGAN-GP: P_and_u(weight, g) gives it and what is held fixed for its gradient."""
    monkeypatch.setattr(GradientPenalty, "penalty", lambda self, g: P_and_u(self.weight, g))


def norms(g, axis=1):
    return np.sqrt((g**2).sum(axis=axis, keepdims=True))


@fault(13)
def the_norm_of_the_whole_batch(monkeypatch):
    def P_and_u(weight, g):
        norm = norms(g, axis=None)
        return weight * float((norm[0, 0] - 1) ** 2), 2 * weight * (norm - 1) * g / norm

    penalise(monkeypatch, P_and_u)


@fault(13)
def a_norm_for_each_pixel(monkeypatch):
    def P_and_u(weight, g):
        return weight * float(((abs(g) - 1) ** 2).mean()), 2 * weight / g.size * (abs(g) - 1) * np.sign(g)

    penalise(monkeypatch, P_and_u)


@fault(13)
def slopes_are_to_be_0(monkeypatch):
    def P_and_u(weight, g):
        return weight * float((g**2).sum()) / len(g), 2 * weight / len(g) * g

    penalise(monkeypatch, P_and_u)


@fault(13)
def the_norm_without_its_root(monkeypatch):
    def P_and_u(weight, g):
        squares = (g**2).sum(axis=1, keepdims=True)
        return weight * float(((squares - 1) ** 2).mean()), 4 * weight / len(g) * (squares - 1) * g

    penalise(monkeypatch, P_and_u)


@fault(13)
def the_gradient_of_the_norm_without_its_own_length(monkeypatch):
    """As if d|g|/dg were g, not g/|g|: right where the slope is 1."""
    right = GradientPenalty.penalty

    def penalty(self, g):
        P, u = right(self, g)
        return P, u * norms(g)

    monkeypatch.setattr(GradientPenalty, "penalty", penalty)


@fault(13)
def the_penalty_forgets_that_tanh_bends(monkeypatch):
    """Without the second derivative: right for a D of straight pieces."""
    monkeypatch.setattr(layers.Tanh, "bend", lambda self, dt, dy: dy)


@fault(13)
def the_penalty_is_counted_and_not_differentiated(monkeypatch):
    """As if the slopes did not depend on theta_d: V goes down by P, D's gradient stays."""

    def V_gradient(self, x, fake):
        V = GAN.V_gradient(self, x, fake)
        dV = self.D.grad.copy()
        P = self.penalty_gradient(self.where(x, fake))
        self.D.grad = dV
        return V - P

    monkeypatch.setattr(Penalised, "V_gradient", V_gradient)


@fault(13)
def one_alpha_for_the_whole_batch(monkeypatch):
    def noise(self, m, *, rng):
        z = GAN.noise(self, m, rng=rng)
        return np.concatenate([z, np.full((m, 1), rng.random())], axis=1)

    monkeypatch.setattr(GradientPenalty, "noise", noise)


@fault(13)
def an_alpha_for_each_pixel(monkeypatch):
    """A point of the box between x and G(z), not of the line."""

    def where(self, x, fake):
        alpha = np.random.default_rng(0).random(x.shape)
        return alpha * x + (1 - alpha) * fake

    monkeypatch.setattr(GradientPenalty, "where", where)


@fault(13)
def slopes_at_real_samples_alone(monkeypatch):
    monkeypatch.setattr(GradientPenalty, "where", lambda self, x, fake: x)


@fault(13)
def alpha_that_is_normal(monkeypatch):
    def noise(self, m, *, rng):
        z = GAN.noise(self, m, rng=rng)
        return np.concatenate([z, rng.normal(0.5, 0.2, (m, 1))], axis=1)

    monkeypatch.setattr(GradientPenalty, "noise", noise)


@fault(13)
def a_critic_that_is_low_on_real_samples(monkeypatch):
    """D's half of the other convention, with G's half of this one."""
    right = Wasserstein.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return -V, -da

    monkeypatch.setattr(Wasserstein, "discriminator", discriminator)


@fault(13)
def both_halves_of_the_other_convention(monkeypatch):
    """A GAN that learns as well; but f is low on real samples, and V as the lesson has it is negative."""
    a_critic_that_is_low_on_real_samples(monkeypatch)
    right = Wasserstein.generator

    def generator(self, a_fake):
        loss, da = right(self, a_fake)
        return -loss, -da

    monkeypatch.setattr(Wasserstein, "generator", generator)


@fault(13)
def clipping_that_skips_biases(monkeypatch):
    def ascend(self):
        GAN.ascend(self)
        for layer in self.D.layers:
            if hasattr(layer, "W"):
                np.clip(layer.W, -self.clip, self.clip, out=layer.W)

    monkeypatch.setattr(Clipped, "ascend", ascend)


@fault(13)
def clipping_the_gradient_in_place_of_the_weights(monkeypatch):
    def ascend(self):
        np.clip(self.D.grad, -self.clip, self.clip, out=self.D.grad)
        GAN.ascend(self)

    monkeypatch.setattr(Clipped, "ascend", ascend)


@fault(13)
def wasserstein_as_the_difference_of_the_means(monkeypatch):
    """Right for every shift; here the means are 0.5 apart and W1 is 1.2."""

    def wasserstein(p, q, x):
        return abs(theory.integral(np.multiply(p, x), x) - theory.integral(np.multiply(q, x), x))

    monkeypatch.setattr(theory, "wasserstein", wasserstein)


@fault(13)
def a_mean_over_both_batches(monkeypatch):
    """Each term divided by 2m, the rows that D saw: the critic feels half of V, and the penalty in full."""
    right = Wasserstein.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return V, da / 2

    monkeypatch.setattr(Wasserstein, "discriminator", discriminator)
