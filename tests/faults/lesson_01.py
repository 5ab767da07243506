"""Faults that only the first lesson is sure to meet: labels, the weights of a batch, who is paid what."""

from faults.planting import fault
from npgan import games
from npgan.layers import sigmoid


@fault(1)
def swapped_labels_and_a_swapped_reading(monkeypatch):
    """Label 0 is real, and D(x) the probability of a fake: every gradient still fits its value."""
    right, other = games.Minimax.discriminator, games.Minimax.generator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, -a_real, -a_fake)
        return V, -da

    def generator(self, a_fake):
        loss, da = other(self, -a_fake)
        return loss, -da

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)
    monkeypatch.setattr(games.Minimax, "generator", generator)
    monkeypatch.setattr(games.Minimax, "judge", lambda self, a: sigmoid(-a))


@fault(1)
def v_is_a_mean_over_all_rows(monkeypatch):
    """Twice the mean over the whole batch, in the place of two means: the same, while it is half real."""
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        n, (_, da) = len(a_real) + len(a_fake), right(self, a_real, a_fake)
        V = -2 * float(games.softplus(-a_real).sum() + games.softplus(a_fake).sum()) / n
        da[: len(a_real)] *= 2 * len(a_real) / n
        da[len(a_real) :] *= 2 * len(a_fake) / n
        return V, da

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(1)
def minimax_reports_the_loss_that_it_does_not_descend(monkeypatch):
    """-log D(G(z)) is shown, log(1 - D(G(z))) is descended."""
    right = games.Minimax.generator

    def generator(self, a_fake):
        return games.mean(games.softplus(-a_fake)), right(self, a_fake)[1]

    monkeypatch.setattr(games.Minimax, "generator", generator)


@fault(1)
def the_non_saturating_game_is_zero_sum(monkeypatch):
    """It is minimax under another name."""
    monkeypatch.setattr(games.NonSaturating, "generator", games.Minimax.generator)
