"""Faults in the games: a value, or one of its two gradients, is another one than it should be."""

import numpy as np

import npgan
from faults.planting import fault
from npgan import games, layers


@fault(1, 2, 9)
def the_game_loses_its_second_term(monkeypatch):
    """And its gradient with it, so that finite differences agree."""

    def discriminator(self, a_real, a_fake):
        da = np.concatenate([games.sigmoid(-a_real) / len(a_real), 0 * a_fake])
        return float(-games.softplus(-a_real).mean()), da

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


@fault(2)
def the_game_forgets_to_divide_by_m(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return V, da * len(a_real)

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(8, 14)
def d_learns_from_fakes_alone(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        da[: len(a_real)] = 0
        return V, da

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(1)
def the_gradient_of_log_1_minus_d_has_the_wrong_slope(monkeypatch):
    """-(1 - D), the slope of -log D, in the place of -D."""

    def generator(self, a_fake):
        return float(-games.softplus(a_fake).mean()), -layers.sigmoid(-a_fake) / len(a_fake)

    monkeypatch.setattr(games.Minimax, "generator", generator)


@fault(6)
def the_gradient_of_minus_log_d_has_the_wrong_slope(monkeypatch):
    """-D, the slope of log(1 - D), in the place of -(1 - D)."""

    def generator(self, a_fake):
        return float(games.softplus(-a_fake).mean()), -games.sigmoid(a_fake) / len(a_fake)

    monkeypatch.setattr(games.NonSaturating, "generator", generator)


@fault(6)
def saturation_the_wrong_way_round(monkeypatch):
    minimax, other = games.Minimax.generator, games.NonSaturating.generator
    monkeypatch.setattr(games.Minimax, "generator", other)
    monkeypatch.setattr(games.NonSaturating, "generator", minimax)


@fault(2)
def the_gradient_of_g_points_up_its_loss(monkeypatch):
    right = games.NonSaturating.generator

    def generator(self, a_fake):
        loss, da = right(self, a_fake)
        return loss, -da

    monkeypatch.setattr(games.NonSaturating, "generator", generator)


@fault(6)
def the_loss_of_g_is_summed_over_the_batch(monkeypatch):
    for game in games.Minimax, games.NonSaturating:
        right = game.generator

        def generator(self, a_fake, right=right):
            loss, da = right(self, a_fake)
            return loss * len(a_fake), da * len(a_fake)

        monkeypatch.setattr(game, "generator", generator)


@fault(1, 2)
def sigmoid_of_twice_the_logit(monkeypatch):
    for module in layers, games, npgan:
        monkeypatch.setattr(module, "sigmoid", lambda a: 1 / (1 + np.exp(-2.0 * np.clip(a, -50, 50))))


@fault(3, 5)
def the_gradients_of_the_game_use_twice_the_logit(monkeypatch):
    right = games.sigmoid
    monkeypatch.setattr(games, "sigmoid", lambda a: right(2 * a))


@fault(1)
def softplus_overflows(monkeypatch):
    @np.errstate(over="ignore")
    def softplus(a):
        return np.log(1 + np.exp(a))

    monkeypatch.setattr(games, "softplus", softplus)


@fault(1, 5)
def v_settles_at_log_2(monkeypatch):
    """Half of -log 4, as in scripts that average its two terms."""
    halved = games.Minimax.equilibrium._replace(V=-np.log(2))
    monkeypatch.setattr(games.Minimax, "equilibrium", halved)
