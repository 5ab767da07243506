"""Bugs to plant into the library, each with the lessons that must notice it.

A fault is a function of pytest's monkeypatch that breaks one thing; FAULTS pairs it with the number
of a lesson. A lesson that still runs to its end over a planted fault teaches something it does not
check.
"""

from dataclasses import replace

import numpy as np

import npgan
from npgan import Gaussian, games, gradcheck, layers, theory

FAULTS = []


def fault(*lessons):
    """Mark a function as a fault that each of these lessons must notice."""

    def note(plant):
        FAULTS.extend((lesson, plant) for lesson in lessons)
        return plant

    return note


# --- lesson 1 ---


@fault(1, 2)
def the_game_loses_its_second_term(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        return float(-games.softplus(-a_real).mean()), right(self, a_real, a_fake)[1]

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(1)
def the_game_swaps_real_and_fake(monkeypatch):
    right = games.Minimax.discriminator
    monkeypatch.setattr(games.Minimax, "discriminator", lambda self, a, b: right(self, b, a))


@fault(1)
def the_game_halves_its_value(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return V / 2, da / 2

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(1)
def value_has_log_d_in_its_second_term(monkeypatch):
    monkeypatch.setattr(theory, "value", lambda D, p, q, x: theory.integral(p * np.log(D) - q * np.log(D), x))


@fault(1)
def value_in_bits(monkeypatch):
    right = theory.value
    monkeypatch.setattr(theory, "value", lambda D, p, q, x: right(D, p, q, x) / np.log(2))


@fault(1, 2)
def sigmoid_of_twice_the_logit(monkeypatch):
    for module in layers, games, npgan:
        monkeypatch.setattr(module, "sigmoid", lambda a: 1 / (1 + np.exp(-2.0 * np.clip(a, -50, 50))))


@fault(1)
def softplus_overflows(monkeypatch):
    @np.errstate(over="ignore")
    def softplus(a):
        return np.log(1 + np.exp(a))

    monkeypatch.setattr(games, "softplus", softplus)


@fault(1)
def the_gradient_of_log_1_minus_d_has_the_wrong_slope(monkeypatch):
    """-(1 - D), the slope of -log D, in the place of -D."""

    def generator(self, a_fake):
        return float(-games.softplus(a_fake).mean()), -layers.sigmoid(-a_fake) / len(a_fake)

    monkeypatch.setattr(games.Minimax, "generator", generator)


@fault(1)
def gaussian_samples_take_the_variance_for_the_spread(monkeypatch):
    def sample(self, n, *, rng):
        return self.mu + self.sigma**2 * rng.standard_normal((n, 1))

    monkeypatch.setattr(Gaussian, "sample", sample)

# --- lesson 2 ---


@fault(2)
def dense_averages_its_bias_gradient(monkeypatch):
    right = layers.Dense.backward

    def backward(self, dy, params=True, inputs=True):
        dx = right(self, dy, params, inputs)
        if params:
            self.db /= len(dy)
        return dx

    monkeypatch.setattr(layers.Dense, "backward", backward)


@fault(2)
def leaky_relu_without_its_mask(monkeypatch):
    monkeypatch.setattr(layers.LeakyReLU, "backward", lambda self, dy, params=True, inputs=True: dy)


@fault(2)
def leaky_relu_with_its_mask_turned_round(monkeypatch):
    def backward(self, dy, params=True, inputs=True):
        return dy * np.where(self.x > 0, self.slope, 1.0)

    monkeypatch.setattr(layers.LeakyReLU, "backward", backward)


@fault(2)
def tanh_forgets_the_square(monkeypatch):
    monkeypatch.setattr(
        layers.Tanh, "backward", lambda self, dy, params=True, inputs=True: dy * (1 - self.y)
    )


@fault(2)
def the_game_forgets_to_divide_by_m(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return V, da * len(a_real)

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(2)
def the_generator_climbs(monkeypatch):
    right = games.NonSaturating.generator

    def generator(self, a_fake):
        loss, da = right(self, a_fake)
        return loss, -da

    monkeypatch.setattr(games.NonSaturating, "generator", generator)


@fault(2)
def layers_hold_copies_of_theta(monkeypatch):
    right = npgan.Network._carve

    def carve(self):
        right(self)
        for i, name, _ in self.parameters():
            setattr(self.layers[i], name, getattr(self.layers[i], name).copy())

    monkeypatch.setattr(npgan.Network, "_carve", carve)


@fault(2)
def the_generator_step_spoils_the_gradient_of_d(monkeypatch):
    right = npgan.Network.backward
    monkeypatch.setattr(npgan.Network, "backward", lambda self, dy, params=True, inputs=True: right(self, dy))


@fault(2)
def the_generator_step_moves_d(monkeypatch):
    right = npgan.GAN.generator_step

    def generator_step(self, z):
        loss = right(self, z)
        self.opt_d.descend()
        return loss

    monkeypatch.setattr(npgan.GAN, "generator_step", generator_step)


@fault(2)
def two_forwards_one_cache(monkeypatch):
    def discriminator_gradient(self, x, z):
        D, m = self.D, len(x)
        self.a_real, self.a_fake = D.forward(x), D.forward(self.G.predict(z))
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        D.backward(da[:m])
        real_part = D.grad.copy()
        D.backward(da[m:])
        D.grad += real_part
        return V

    monkeypatch.setattr(npgan.GAN, "discriminator_gradient", discriminator_gradient)


@fault(2)
def differences_to_one_side_only(monkeypatch):
    right = gradcheck._slope
    monkeypatch.setattr(gradcheck, "_slope", lambda f, theta, way, h, back=1.0: right(f, theta, way, h, 0.0))


@fault(2)
def a_checker_that_sees_nothing(monkeypatch):
    right = gradcheck.check
    monkeypatch.setattr(gradcheck, "check", lambda *args, **kwargs: replace(right(*args, **kwargs), error=0.0))

# --- lesson 3 ---

# --- lesson 4 ---

# --- lesson 5 ---

# --- lesson 6 ---

# --- lesson 7 ---

# --- lesson 8 ---

# --- lesson 9 ---

# --- lesson 10 ---
