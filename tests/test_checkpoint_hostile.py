"""A few hundred of the attacks in benchmarks/hostile find no fault; where a check is missing, they do."""

import os

import numpy as np
import pytest
from checkpoints import make, refused, rewritten

from benchmarks.hostile import checkpoints as hostile
from npgan import Rows, archive, checkpoint, require, specs
from npgan.app.demos import DEMOS
from npgan.app.demos.base import Demo
from npgan.checkpoint import Checkpoint, load

unix = pytest.mark.skipif(os.name == "nt", reason="the attacks use pipes, links and SIGALRM")


def attacks(n, tmp_path, kinds=None, seed=0):
    """The outcomes of n attacks, each in a folder of its own."""
    for i in range(n):
        (folder := tmp_path / str(i)).mkdir()
        yield hostile.attack(np.random.default_rng([seed, i]), folder, kinds)


@unix
def test_attacks_are_refused_or_load_to_what_trains_on(tmp_path):
    outcomes = list(attacks(120, tmp_path))
    assert outcomes.count("refused") > 60 and outcomes.count("equal") > 8


@unix
@pytest.mark.parametrize("kind", hostile.KINDS[4:], ids=lambda kind: kind.__name__)
def test_attacks_of_each_kind(kind, tmp_path):
    assert {*attacks(12, tmp_path, [kind], seed=1)} <= {"refused", "equal"}


def trusting(path):
    return open(path, "rb", buffering=0)


def unchecked(name, value):
    return value


def unchecked_rng(state):
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = state
    return rng


MEMORY, PATHS = "MB of memory for a file of", hostile.odd_path
WEAKNESSES = {  # a check, another in its place, the attack that should notice, and what it should say
    "a pipe is opened": (checkpoint, "open_plain", trusting, PATHS, "took more than"),
    "any piece is read": (archive, "PIECE", 2**30, hostile.many, MEMORY),
    "what overlaps is read": (archive, "LOCAL", -(10**9), hostile.overlapping, MEMORY),
    "no size is too large": (specs, "_bytes", lambda spec: 0, hostile.large, MEMORY),
    "any number will do": (checkpoint, "_check_numbers", unchecked, hostile.numbers, "is not finite"),
    "any value will do": (checkpoint, "plain", unchecked, hostile.crafted_meta, "is not plain JSON"),
    "any state will do": (checkpoint, "_make_rng", unchecked_rng, hostile.stuck, "stands still"),
    "texts as they are": (require, "one_line", lambda text, limit: str(text), PATHS, "not one line"),
}


@unix
@pytest.mark.parametrize("weakness", WEAKNESSES)
def test_the_attacks_notice_a_check_that_is_missing(weakness, tmp_path, monkeypatch):
    module, name, other, kind, message = WEAKNESSES[weakness]
    hostile.good()
    monkeypatch.setattr(module, name, other)
    monkeypatch.setattr(hostile, "SECONDS", 1)
    monkeypatch.setattr(hostile, "SIZES", [300_000])
    with pytest.raises(AssertionError, match=message):
        list(attacks(150, tmp_path, [kind], seed=2))


# --- what the classes of attacks above were made of ---


@pytest.mark.parametrize(
    "change, message",
    [
        ({"meta": {"data": {"a": ["a", 4 * 10**9]}}}, "unknown dtype 'a'; choose from bool"),
        ({"meta": {"data": {"a": ["float64", 4 * 10**9]}}}, "'data.a' is float64"),
        ({"meta": {"data": {"a\nb": ["float64", 2]}}}, r"must be named as variables are, got 'a\\nb'$"),
        ({"meta": {"config": {"a": float("nan")}}}, r"config\['a'\] must be a dict, list, .*, got float nan"),
        ({"meta": {"rates": [1, -1]}}, "must be a number of at least 0, got -1"),
        ({"meta": {"rates": [1]}}, "not enough values"),
        ({"meta": {"averaged": 1}}, "averaged must be of type bool, got 1"),
        ({"meta": {"step": 2**53 + 1}}, "a whole number from 0 to 9007199254740992, got 9007199254740993"),
        ({"opt_d.t": np.array([2**63 - 1])}, "'opt_d.t' holds a count below 0 or above 9007199254740992"),
        ({"opt_d.v": -np.ones(17)}, "'opt_d.v' holds a sum of squares below 0"),
        ({"meta": np.array("[" * 100_000)}, "20000 of"),
        ({"meta": np.array("[" * 15_000)}, "recursion"),
        ({"meta": np.array("{}")}, "its format is neither"),
        ({"meta": np.array('{"format": "npgan checkpoint 2"}')}, "it does not say 'gan'"),
        ({"meta": np.array('{"format": "npgan checkpoint 1"}')}, "it does not say 'latent'"),
    ],
)
def test_what_is_crafted_is_refused(change, message, saved, tmp_path):
    change = {"data.a": np.zeros(2)} | change
    refused(rewritten(saved, tmp_path / "c.npz", **change), message)


def test_a_generator_that_never_moves_is_refused(saved, tmp_path):
    state = 2**128 // 3
    step = state * (1 - 0x2360ED051FC65DA44385DF649FCCF645) % 2**128
    bits = np.random.PCG64()
    bits.state = bits.state | {"state": {"state": state, "inc": step}}
    assert bits.random_raw() == bits.random_raw() == bits.random_raw()
    rng = {"bit_generator": "PCG64", "state": {"state": state, "inc": step}, "has_uint32": 0, "uinteger": 0}
    refused(rewritten(saved, tmp_path / "c.npz", meta={"rng": rng}), "its rng is no state of PCG64")


@pytest.mark.parametrize(
    "change",
    [{"state": {"state": 1.5, "inc": 1}}, {"state": {"inc": 1}}, {"state": 0}, {"more": 1}, {"uinteger": -1}],
)
def test_a_state_that_PCG64_would_not_say_of_itself_is_refused(change, saved, tmp_path):
    rng = np.random.default_rng(0).bit_generator.state | change
    refused(rewritten(saved, tmp_path / "c.npz", meta={"rng": rng}), "its rng is no state of PCG64")


def test_meta_is_a_text_that_could_be_written_again(saved, tmp_path):
    """One in plain ASCII, and not over the limit when its numbers and texts are written as JSON writes them."""
    with np.load(saved, allow_pickle=False) as file:
        meta = str(file["meta"])
    assert r"t\u00e4st" in meta
    path, raw = tmp_path / "c.npz", meta.replace(r"t\u00e4st", "täst")
    refused(rewritten(saved, path, meta=np.array(raw)), "its format is neither")
    numbers, filler = ",".join(["1e15"] * 19_000), "x" * 800_000
    long = meta.replace(r'"t\u00e4st"', f'["{filler}",{numbers}]')
    assert len(long) < 1_000_000
    refused(rewritten(saved, path, meta=np.array(long)), r"1000000 characters .*, got 1\d{6} and 19")
    filler = "x" * 500_000
    short = meta.replace(r'"t\u00e4st"', f'["{filler}",{numbers}]')
    assert load(rewritten(saved, path, meta=np.array(short))).config["note"] == [filler, *[1e15] * 19_000]


class DataDemo(Demo):
    """A demo of these data, with a pair of 2 columns."""

    def __init__(self, data):
        super().__init__("gaussian", "data")
        self.data = lambda folder: data


class NoPlace:
    d = 2
    sample = None


@pytest.mark.parametrize("has, wanted", [(True, False), (False, True)])
def test_a_demo_refuses_a_checkpoint_with_another_kind_of_data(has, wanted):
    """A place where its data have none; none where its data have one. The right kind goes on."""
    rows = Rows(np.ones((9, 2)))
    gan, rng = make()
    saved = Checkpoint(gan, 0, rng, rows.state() if has else {}, {})
    config = DEMOS["gaussian"].settings
    with pytest.raises(ValueError, match=f"holds {'a' if has else 'no'} place in its data, gaussian wants"):
        DataDemo(rows if wanted else NoPlace()).start(config, saved=saved)
    DataDemo(rows if has else NoPlace()).start(config, saved=saved)
