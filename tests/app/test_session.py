"""A session: whatever way a step is taken, it ends at the bytes of `npgan train`; settings apply at once."""

import shlex

import numpy as np
import pytest
from live_sessions import TINY, changed, config, session, state, table

from npgan.app import cli
from npgan.app.commands import play
from npgan.app.demos import DEMOS
from npgan.app.live.session import SAMPLES, STAGES, Session
from npgan.training import ORDERS

VARIANTS = "gan", "feature-matching", "minibatch", "ebgan-pt", "wgan", "wgan-gp", "r1", "instance-noise"


def trained(settings, steps):
    """Theta of G and D, and the records, as a run has them after so many steps."""
    training = DEMOS[settings["demo"]].start(settings)
    records = [next(training.records) for _ in range(steps)]
    return training.gan.G.theta, training.gan.D.theta, records


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name, anneal", [("ring", True), ("gaussian", False)])
def test_steps_and_stages_end_at_the_bytes_of_a_run(name, anneal, order):
    settings = config(name, order=order, anneal=anneal, d_steps=2 if order in ("d_first", "g_first") else 1)
    G, D, records = trained(settings, 6)
    whole, slow, mixed = Session(settings), Session(settings), Session(settings)
    whole.advance(6)
    for _ in range(6):
        assert tuple(slow.stages()) == STAGES[order](settings["d_steps"])
    mixed.advance(2)
    next(mixed.stages())
    mixed.advance(3)  # ends the step in stages first
    for played in whole, slow, mixed:
        assert np.array_equal(played.gan.G.theta, G) and np.array_equal(played.gan.D.theta, D)
        assert played.history == records and played.step == 6
        assert state(played) == state(whole)
    assert whole.gan.opt_g.rate == pytest.approx(1 - 5 / 40 if anneal else 1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_in_stages(variant):
    whole, slow = session(variant=variant), session(variant=variant)
    whole.advance(3)
    for _ in range(3):
        list(slow.stages())
    assert state(slow) == state(whole)


def test_one_move_moves_one_player():
    played = session(anneal=False)
    played.advance(2)
    before = state(played)
    played.d_step()
    assert changed(before, state(played)) == {"D", "optimisers", "rng"}
    assert played.pending.step == 3 and played.step == 2
    before = state(played)
    played.g_step()
    assert changed(before, state(played)) == {"G", "average", "optimisers", "rng", "history", "step"}
    assert played.pending is None


@pytest.mark.parametrize("anneal", [True, False])
def test_a_d_step_and_a_g_step_are_a_step(anneal):
    by_hand, whole = session(anneal=anneal), session(anneal=anneal)
    whole.advance(4)
    by_hand.advance(1)
    for _ in range(2):
        by_hand.d_step()
        by_hand.g_step()
    by_hand.advance(1)
    assert state(by_hand) == state(whole)


def test_reset_brings_back_the_same_bytes_or_those_of_another_seed():
    played = session()
    start = state(played)
    played.advance(3)
    after = state(played)
    assert after != start
    played.reset()
    assert state(played) == start and played.step == 0
    played.advance(3)
    assert state(played) == after
    played.reset(seed=7)
    assert played.config["seed"] == 7 and state(played) == state(session(seed=7)) != start


def test_a_player_that_is_frozen_has_gradients_and_stays():
    played = session()
    for player, moves in ("D", "G"), ("G", "D"):
        played.change(freeze=player)
        before = state(played)
        played.advance(2)
        played.d_step()
        played.g_step()
        list(played.stages())
        assert moves in changed(before, state(played)) and player not in changed(before, state(played))
    played.reset()
    before = state(played)
    played.advance()
    assert "G" not in changed(before, state(played))  # still frozen
    played.change(freeze=None)
    played.advance()
    assert {"D", "G"} <= changed(before, state(played))


IN_PLACE = {
    "lr": 0.1, "d_lr": 0.1, "beta1": 0.7, "optimiser": "SGD", "game": "minimax", "d_steps": 3,
    "order": "g_first", "batch": 4, "average": None,
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_setting_that_needs_no_new_nets_applies_to_the_next_step(name):
    played, other = session(anneal=False), session(anneal=False)
    for one in played, other:
        one.advance(3)
    before = state(played)
    played.change(**{name: IN_PLACE[name]})
    assert changed(before, state(played)) <= {"optimisers"}  # another one has nothing to remember yet
    assert played.config == other.config | {name: IN_PLACE[name]} and played.changed
    for one in played, other:
        one.advance()
    assert {"average"} <= changed(state(other), state(played))
    fresh = Session(played.config)
    for part in "opt_g", "opt_d":
        ours, new = getattr(played.gan, part), getattr(fresh.gan, part)
        assert type(ours) is type(new) and all(getattr(ours, s) == getattr(new, s) for s in ours.settings)
    assert played.gan.game is fresh.gan.game


@pytest.mark.parametrize(
    "settings",
    [{"n_z": 3}, {"latent": "normal"}, {"g_hidden": [3], "d_hidden": [3]}, {"variant": "r1"}, {"seed": 5}],
)
def test_what_needs_new_nets_starts_anew(settings):
    played = session()
    played.advance(3)
    played.change(**settings)
    assert played.step == 0 and not played.changed and played.life == 2
    assert state(played) == state(Session(played.config))
    assert {name: played.config[name] for name in settings} == settings


def test_another_variant_brings_its_own_settings_and_keeps_mine():
    played = session()
    played.change(lr=0.3)
    played.change(variant="wgan-gp")
    assert played.config == config(variant="wgan-gp", lr=0.3)
    played.change(variant="gan")
    assert played.config == config(lr=0.3)


def test_other_data_start_anew():
    played = session()
    played.advance(2)
    played.change(demo="gaussian")
    assert played.data.d == 1 and played.config == {"demo": "gaussian"} | DEMOS["gaussian"].settings
    assert played.step == 0


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"lr": -1.0}, "lr must be a number"),
        ({"game": "wasserstein"}, "the variant gan plays"),
        ({"order": "simultaneous", "d_steps": 2}, "has one D step per G step"),
        ({"demo": "cats"}, "unknown data 'cats'"),
        ({"variant": "cats"}, "unknown variant"),
        ({"n_z": 0}, "must be a whole number"),
        ({"clip": 0.1}, "there is no setting clip here"),
        ({"freeze": "z"}, "unknown player to freeze"),
        ({"batch": 0}, "batch must be a whole number"),
    ],
)
def test_a_setting_without_sense_changes_nothing(settings, message):
    played, other = session(), session()
    for one in played, other:
        one.advance(2)
    with pytest.raises(ValueError, match=message):
        played.change(**settings)
    assert played.config == other.config and played.frozen is None
    for one in played, other:
        one.advance(2)
    assert state(played) == state(other)


def test_the_end_of_falling_rates():
    played = session(steps=5)
    played.advance(9)
    assert played.step == 5 and played.ended.startswith("all 5 steps are done")
    played.change(anneal=False)
    played.advance(3)
    assert played.step == 8 and not played.ended


@pytest.mark.parametrize("way", ["advance", "d_step", "stages"])
def test_numbers_that_are_no_longer_finite_end_it(way):
    played = session("gaussian", optimiser="SGD", lr=1e30, d_lr=1e30, game="least_squares")
    for _ in range(9):
        for _ in getattr(played, way)() or ():
            pass
    assert played.ended.startswith("diverged at step ")
    played.reset()
    assert not played.ended


def test_data_of_ones_own():
    played = Session(config("ring") | {"demo": "mine.csv"}, table())
    played.advance(3)
    assert played.step == 3 and played.measure().keys() == {"w1", "w1_real"}
    line = Session(config("gaussian") | {"demo": "mine.csv"}, table(d=1))
    line.advance(2)
    assert line.data.d == 1
    with pytest.raises(ValueError, match="1 or 2 columns to be seen, got 3"):
        Session(config("ring") | {"demo": "mine.csv"}, table(d=3))


def test_other_data_for_the_same_nets():
    played = session()
    played.advance(2)
    before = state(played)
    played.learn("drawn", table(5), drawn=True)
    assert changed(before, state(played)) == set() and len(played.data) == 5 and played.drawn
    played.advance(2)
    assert played.step == 4
    line = session("gaussian")
    line.learn("drawn", table(5))
    assert line.data.d == 2 and line.gan.G.n_out == 2


@pytest.mark.parametrize(
    "settings",
    [
        {}, {"seed": 3}, {"variant": "wgan-gp", "weight": 0.5, "lr": 0.01}, {"lr": 0.01}, {"d_lr": 0.5},
        {"g_hidden": [3, 4], "average": None, "anneal": False, "d_steps": 4, "order": "g_first"},
        {"variant": "smoothed", "target": 0.7}, {"latent": "normal", "n_z": 5, "optimiser": "SGD"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["ring", "gaussian"])
def test_the_command_says_all_settings(name, settings):
    variant = settings.get("variant", "gan")
    played = Session(config(name, variant) | settings)
    again = parsed(played.command())
    assert again.config == played.config and state(again) == state(played)
    assert "--seed" in played.command()


def test_the_command_says_who_is_frozen_and_which_file():
    played = session()
    played.change(freeze="D")
    assert parsed(played.command()).frozen == "D"
    own = Session(config("ring") | {"demo": "my data.csv"}, table())
    np.savetxt("my data.csv", table(), delimiter=",", fmt="%.17g")
    assert parsed(own.command()).config == own.config and state(parsed(own.command())) == state(own)


def parsed(command):
    words = shlex.split(command)
    assert words[:2] == ["npgan", "play"]
    return play.session(cli.parser().parse_args(words[1:]))


def test_the_points_that_are_followed_have_the_same_noise():
    played = session()
    z = played.fixed_z.copy()
    played.advance(3)
    assert np.array_equal(played.fixed_z, z)
    assert len(z) > 20 and played.stage is None
    assert next(played.stages()) == SAMPLES == played.stage and len(played.batch[0]) == TINY["batch"]
