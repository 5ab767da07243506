"""Faults in EBGAN: half a gradient, a hinge or a mean gone wrong, and what copies of pulling-away get wrong."""

from importlib import import_module

import numpy as np

from faults.planting import fault
from npgan.games import mean
from npgan.gan import GAN
from npgan.variants.energy import AutoEncoder, Energy, PullingAway

energy = import_module("npgan.variants.energy")  # npgan.variants.energy is the game of that name
backward, pulling_away = AutoEncoder.backward, energy.pulling_away


@fault(12)
def the_target_is_detached(monkeypatch):
    """As if it were a label: the energy's gradient through the reconstruction alone."""

    def half(self, da, params=True, inputs=True, dS=0.0):
        dx = backward(self, da, params, inputs, dS)
        return dx + 2 / self.n_in * da * self.error if inputs else None

    monkeypatch.setattr(AutoEncoder, "backward", half)


@fault(12)
def the_gradient_of_a_square_without_its_2(monkeypatch):
    monkeypatch.setattr(AutoEncoder, "backward", lambda self, da, **options: backward(self, da / 2, **options))


@fault(12)
def the_energy_sums_over_the_coordinates(monkeypatch):
    """With its gradient: consistent, and d times what it is said to be."""
    forward, predict = AutoEncoder.forward, AutoEncoder.predict
    monkeypatch.setattr(AutoEncoder, "forward", lambda self, x: self.n_in * forward(self, x))
    monkeypatch.setattr(AutoEncoder, "predict", lambda self, x: self.n_in * predict(self, x))
    monkeypatch.setattr(
        AutoEncoder, "backward", lambda self, da, **options: backward(self, self.n_in * da, **options)
    )


@fault(12)
def the_energies_are_summed_over_the_batch(monkeypatch):
    right = Energy.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return len(a_real) * V, len(a_real) * da

    monkeypatch.setattr(Energy, "discriminator", discriminator)


def hinge(monkeypatch, side, pushed):
    """Plant a hinge: its value is side(self, a_fake), its gradient in a_fake pushed(self, a_fake)."""

    def discriminator(self, a_real, a_fake):
        real = np.full_like(a_real, 1 / len(a_real))
        fake = pushed(self, a_fake).astype(a_fake.dtype) / len(a_fake)
        return -mean(a_real) - mean(side(self, a_fake)), np.concatenate([-real, fake])

    monkeypatch.setattr(Energy, "discriminator", discriminator)


@fault(12)
def the_hinge_has_the_wrong_side(monkeypatch):
    """max(0, a - margin): fakes are left alone up to the margin, and punished beyond it."""
    hinge(monkeypatch, lambda self, a: np.maximum(0, a - self.margin), lambda self, a: -1 * (a > self.margin))


@fault(12, 14)
def there_is_no_hinge(monkeypatch):
    """margin - a: fakes are pushed up for ever."""
    hinge(monkeypatch, lambda self, a: self.margin - a, lambda self, a: a < np.inf)


@fault(12)
def the_hinge_pushes_only_beyond_the_margin(monkeypatch):
    """V is right, and the mask in its gradient upside down."""
    hinge(monkeypatch, lambda self, a: np.maximum(0, self.margin - a), lambda self, a: a > self.margin)


@fault(12)
def g_climbs_the_energy(monkeypatch):
    """As it would a logit: up is real."""
    right = Energy.generator

    def generator(self, a_fake):
        loss, da = right(self, a_fake)
        return -loss, -da

    monkeypatch.setattr(Energy, "generator", generator)


def pull(monkeypatch, f):
    """Plant f(S), which returns (f, df/dS), for pulling_away."""
    monkeypatch.setattr(energy, "pulling_away", f)


def cosines(S):
    """(the cosines of all pairs, the directions, the lengths)."""
    norm = np.sqrt((S**2).sum(axis=1, keepdims=True))
    return S / norm @ (S / norm).T, S / norm, norm


@fault(12)
def pulling_away_without_the_square(monkeypatch):
    """It rewards antipodes. Its gradient is right."""

    def f(S):
        cosine, u, norm = cosines(S)
        pairs = len(S) * (len(S) - 1)
        du = 2 / pairs * (u.sum(axis=0) - u)
        return float((cosine.sum() - len(S)) / pairs), (du - (du * u).sum(axis=1, keepdims=True) * u) / norm

    pull(monkeypatch, f)


@fault(12)
def pulling_away_keeps_its_diagonal(monkeypatch):
    """N more ones in the sum, with the same gradient: f is never 0."""

    def f(S):
        value, dS = pulling_away(S)
        return value + 1 / (len(S) - 1), dS

    pull(monkeypatch, f)


@fault(12)
def pulling_away_is_a_mean_over_all_n_squared(monkeypatch):
    def f(S):
        value, dS = pulling_away(S)
        return value * (1 - 1 / len(S)), dS * (1 - 1 / len(S))

    pull(monkeypatch, f)


@fault(12)
def codes_are_normalised_over_the_batch(monkeypatch):
    """Each number of the code over its length in the batch, not each code over its own."""

    def f(S):
        u = S / np.maximum(np.sqrt((S**2).sum(axis=0)), 1e-12)
        cosine, pairs = u @ u.T, len(S) * (len(S) - 1)
        return float(((cosine**2).sum() - (np.diag(cosine) ** 2).sum()) / pairs), 4 / pairs * cosine @ u

    pull(monkeypatch, f)


@fault(12)
def codes_are_divided_by_their_squared_length(monkeypatch):
    def f(S):
        _, u, norm = cosines(S)
        product = u @ u.T / norm / norm.T
        np.fill_diagonal(product, 0)
        return float((product**2).sum() / (len(S) * (len(S) - 1))), pulling_away(S)[1]

    pull(monkeypatch, f)


@fault(12)
def the_lengths_are_taken_for_constants(monkeypatch):
    """The gradient makes codes longer or shorter, which changes no cosine."""

    def f(S):
        cosine, u, norm = cosines(S)
        np.fill_diagonal(cosine, 0)
        return pulling_away(S)[0], 4 / (len(S) * (len(S) - 1)) * cosine @ u / norm

    pull(monkeypatch, f)


@fault(12)
def the_pull_never_reaches_g(monkeypatch):
    """The loss has it, the gradient does not: the codes are detached."""

    def loss_gradient(self, fake):
        loss = GAN.loss_gradient(self, fake)
        return loss + self.pull * energy.pulling_away(self.D.S)[0]

    monkeypatch.setattr(PullingAway, "loss_gradient", loss_gradient)
