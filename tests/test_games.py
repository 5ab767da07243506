"""Each game against the formula in probabilities, its equilibrium, and finite differences."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npgan import games, gradcheck, sigmoid

ALL = list(games.GAMES.values())
FIRST = [games.minimax, games.non_saturating, games.least_squares]  # those of games.py; variants have more


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
    a, at = np.full((4, 1), a), game.equilibrium
    V, da = game.discriminator(a, a)
    assert abs(V - at.V) < 1e-15 and abs(game.generator(a)[0] - at.loss) < 1e-15
    assert (game.judge(a) == at.D).all()
    assert abs(da[:4] + da[4:]).max() < 1e-15  # real and fake lie at the same places: the pulls cancel


def test_the_reference_values_themselves():
    assert ALL[:3] == FIRST and [game.equilibrium for game in FIRST] == [
        (-math.log(4), -math.log(2), 0.5), (-math.log(4), math.log(2), 0.5), (-0.25, 0.125, 0.5),
    ]  # fmt: skip
    assert [game.unit for game in FIRST] == ["nats", "nats", "half squares"]


@pytest.mark.parametrize("game", ALL)
def test_the_three_numbers_are_those_of_the_equilibrium(game):
    assert (game.V, game.loss, game.D) == game.equilibrium == (
        game.equilibrium.V, game.equilibrium.loss, game.equilibrium.D,
    )  # fmt: skip


@pytest.mark.parametrize("game", FIRST)
def test_d_is_read_as_the_game_reads_it(game, rng):
    """A sample is judged real the more, the larger its logit; with D(x) on the paper's scale, 0 to 1."""
    a = rng.standard_normal((5, 1))
    wanted = a if game is games.least_squares else 1 / (1 + np.exp(-a))
    assert abs(game.judge(a) - wanted).max() < 1e-15 and (game.probability(a) == game.judge(a)).all()
    assert (game.reads, game.limits, game.settings) == ("D", (0, 1), ())
    assert game.target == 1


def test_a_game_of_ones_own_may_know_no_equilibrium():
    class Critic(games.Game):
        name, unit, reads, limits = "critic", "units of x", "critic", None
        equilibrium = games.Equilibrium(V=0.0, loss=None, D=None)

        def judge(self, a):
            return a

    game = Critic()
    assert (game.V, game.loss, game.D) == (0.0, None, None) and game.probability(3.0) == 3.0


def test_finite_says_which_number_is_not():
    assert games.finite("V", -3.5) == -3.5
    for value in math.nan, math.inf, -math.inf:
        with pytest.raises(games.Diverged, match=f"^V is {value}; try a smaller learning rate"):
            games.finite("V", value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_mean_is_a_float_over_the_length_of_the_batch(dtype):
    assert games.mean(np.array([[1.0], [2.0], [6.0]], dtype)) == 3.0
    assert type(games.mean(np.ones((2, 1), dtype))) is float


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


def asks_for_a_name(tree):
    """The comparisons in a syntax tree that tell one game from another: by name, by class or by identity."""
    known = set(games.GAMES) | {type(game).__name__ for game in ALL}

    def tells(node):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            return any(map(tells, node.elts))
        if isinstance(node, ast.Attribute) and node.attr == "name":
            owner = node.value
            return getattr(owner, "id", getattr(owner, "attr", None)) == "game"
        names = (getattr(node, key, None) for key in ("id", "attr", "value"))
        return any(isinstance(name, str) and name in known for name in names)

    for node in ast.walk(tree):
        parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        if isinstance(node, ast.MatchValue):
            parts = [node.value]
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "issubclass"):
            parts = node.args
        if any(map(tells, parts)):
            yield ast.unparse(node)


def test_no_module_asks_which_game_it_is():
    pages = list(Path(games.__file__).parent.rglob("*.py"))
    assert len(pages) > 20
    for page in pages:
        assert list(asks_for_a_name(ast.parse(page.read_text(encoding="utf-8")))) == [], page


@pytest.mark.parametrize(
    "code",
    [
        "gan.game.name == other", "game.name in names", "x == 'minimax'", "name in ('minimax', 'hinge')",
        "game is games.least_squares", "isinstance(game, LeastSquares)", "isinstance(g, (games.Minimax, int))",
        "match name:\n    case 'non_saturating':\n        pass",
    ],
)  # fmt: skip
def test_which_it_would_notice(code):
    assert len(list(asks_for_a_name(ast.parse(code)))) == 1
    assert not list(asks_for_a_name(ast.parse("GAMES[game.name]; thing.name == x; x == 1; name in GAMES")))
