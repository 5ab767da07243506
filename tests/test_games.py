"""Each game against the formula in probabilities, its equilibrium, and finite differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npgan import games, gradcheck, sigmoid

ALL = list(games.GAMES.values())


@given(
    game=st.sampled_from(ALL),
    m=st.integers(1, 6),
    n=st.integers(1, 6),
    scale=st.floats(0.1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_gradients(game, m, n, scale, seed):
    rng = np.random.default_rng(seed)
    a_real, a_fake = scale * rng.standard_normal((m, 1)), scale * rng.standard_normal((n, 1))
    for check in gradcheck.check_game(game, a_real, a_fake):
        assert check.ok, check


def test_logits_and_probabilities_tell_the_same_value(rng):
    a_real, a_fake = rng.standard_normal((5, 1)), rng.standard_normal((7, 1))
    D_real, D_fake = 1 / (1 + np.exp(-a_real)), 1 / (1 + np.exp(-a_fake))
    V = np.log(D_real).mean() + np.log(1 - D_fake).mean()
    for game in games.minimax, games.non_saturating:
        assert abs(game.discriminator(a_real, a_fake)[0] - V) < 1e-14
    assert abs(games.minimax.generator(a_fake)[0] - np.log(1 - D_fake).mean()) < 1e-14
    assert abs(games.non_saturating.generator(a_fake)[0] + np.log(D_fake).mean()) < 1e-14


def test_least_squares_value(rng):
    a_real, a_fake = rng.standard_normal((5, 1)), rng.standard_normal((7, 1))
    V, _ = games.least_squares.discriminator(a_real, a_fake)
    assert abs(V + 0.5 * np.mean((a_real - 1) ** 2) + 0.5 * np.mean(a_fake**2)) < 1e-14
    assert abs(games.least_squares.generator(a_fake)[0] - 0.5 * np.mean((a_fake - 1) ** 2)) < 1e-14


@pytest.mark.parametrize(
    "game, a", [(games.minimax, 0.0), (games.non_saturating, 0.0), (games.least_squares, 0.5)]
)
def test_values_at_equilibrium(game, a):
    """There D says 1/2 everywhere, V and the loss have their reference values, and D has nothing to climb."""
    a = np.full((4, 1), a)
    V, da = game.discriminator(a, a)
    assert abs(V - game.V) < 1e-15 and abs(game.generator(a)[0] - game.loss) < 1e-15
    assert (game.probability(a) == game.D).all()
    assert abs(da[:4] + da[4:]).max() < 1e-15  # real and fake lie at the same places: the pulls cancel


def test_the_reference_values_themselves():
    assert abs(games.minimax.V + math.log(4)) < 1e-15 and abs(games.minimax.loss + math.log(2)) < 1e-15
    assert games.non_saturating.V == games.minimax.V and games.non_saturating.loss == math.log(2)


def test_the_two_generators_want_the_same_but_not_equally_loudly():
    a = np.array([[-10.0]])
    saturating, loud = games.minimax.generator(a)[1], games.non_saturating.generator(a)[1]
    assert abs(saturating + 4.5398e-5) < 1e-9 and abs(loud + 0.9999546) < 1e-7


@pytest.mark.parametrize("game", [games.minimax, games.non_saturating])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand_are_harmless(game, dtype):
    a = np.array([[-1e4], [1e4]], dtype)
    V, da = game.discriminator(a, a)
    loss, dg = game.generator(a)
    assert math.isclose(V, -1e4, rel_tol=1e-6) and math.isfinite(loss)
    assert np.isfinite(da).all() and np.isfinite(dg).all() and da.dtype == dg.dtype == dtype


@pytest.mark.parametrize("game", ALL)
def test_terms_are_means_over_their_own_batch(game, rng):
    """Real and fake may differ in number; repeating a batch changes no value and halves each entry."""
    a_real, a_fake = rng.standard_normal((3, 1)), rng.standard_normal((5, 1))
    V, da = game.discriminator(a_real, a_fake)
    V2, da2 = game.discriminator(np.tile(a_real, (2, 1)), a_fake)
    assert abs(V - V2) < 1e-15 and abs(da2[:3] - da[:3] / 2).max() < 1e-15 and (da2[6:] == da[3:]).all()
    assert da.shape == (8, 1)


def test_by_name():
    assert games.by_name("minimax") is games.minimax
    with pytest.raises(
        ValueError, match="unknown game 'poker'; choose from minimax, non_saturating, least_squares"
    ):
        games.by_name("poker")


def test_softplus_is_minus_the_log_of_sigmoid():
    a = np.linspace(-30, 30, 101)
    assert abs(games.softplus(-a) + np.log(sigmoid(a))).max() < 1e-12
