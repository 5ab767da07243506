"""Bugs to plant into the library, each with the lessons that must notice it.

A fault is a function of pytest's monkeypatch that breaks one thing; FAULTS pairs it with the number
of a lesson. A lesson that still runs to its end over a planted fault teaches something it does not
check.
"""


import npgan
from npgan import Gaussian, games, layers, theory

FAULTS = []


def fault(*lessons):
    """Mark a function as a fault that each of these lessons must notice."""

    def note(plant):
        FAULTS.extend((lesson, plant) for lesson in lessons)
        return plant

    return note


# --- lesson 1 ---


@fault(1)
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


@fault(1)
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

# --- lesson 3 ---

# --- lesson 4 ---

# --- lesson 5 ---

# --- lesson 6 ---

# --- lesson 7 ---

# --- lesson 8 ---

# --- lesson 9 ---

# --- lesson 10 ---
