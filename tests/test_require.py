"""Wrong input is named together with what was wanted."""

import inspect
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npgan import checkpoint, distributions, gan, gradcheck, models, network, require, training
from npgan.variants import regularised


@pytest.mark.parametrize("bad", [0, -1, 1.0, True, "3", None, math.nan])
def test_count_wants_a_whole_number_of_at_least_one(bad):
    with pytest.raises(ValueError, match=r"steps must be a whole number >= 1, got"):
        require.count("steps", bad)


def test_count_takes_numpy_integers():
    assert require.count("n", np.int32(3)) == 3 and require.count("n", 0, least=0) == 0


@pytest.mark.parametrize("bad", [0, -1.0, math.nan, math.inf, True, "1", None])
def test_number_wants_a_finite_number_inside_its_bounds(bad):
    with pytest.raises(ValueError, match="lr must be a number with 0 < lr and finite, got"):
        require.number("lr", bad)


def test_number_may_include_its_lower_bound():
    assert require.number("slope", 0, 0, 1, include_low=True) == 0.0
    with pytest.raises(ValueError, match="0 <= slope < 1, got 1"):
        require.number("slope", 1, 0, 1, include_low=True)


def test_choice_lists_the_choices():
    with pytest.raises(ValueError, match="unknown game 'chess'; choose from go, ludo"):
        require.choice("game", "chess", ["go", "ludo"])
    with pytest.raises(ValueError, match="unknown game"):
        require.choice("game", ["go"], ["go", "ludo"])


@pytest.mark.parametrize("bad", [0, None, np.random, np.random.RandomState(0)])  # noqa: NPY002
def test_generator_refuses_seeds_and_the_old_interface(bad):
    with pytest.raises(TypeError, match=r"np.random.default_rng\(0\), got"):
        require.generator(bad)


def test_rng_is_named_wherever_it_is_an_argument():
    """gan.sample(5, rng): of which generator, or is it a seed? So it is keyword-only."""
    found = 0
    for page in distributions, gan, gradcheck, models, network, training, checkpoint, regularised:
        kinds = [thing for thing in vars(page).values() if getattr(thing, "__module__", "") == page.__name__]
        methods = [method for kind in kinds if inspect.isclass(kind) for method in vars(kind).values()]
        for function in filter(inspect.isfunction, kinds + methods):
            rng = inspect.signature(function).parameters.get("rng")
            if rng and (function.__name__ == "__init__" or not function.__name__.startswith("_")):
                found += 1
                assert rng.kind is rng.KEYWORD_ONLY, function
    assert found > 20


def test_finite_names_the_first_culprit():
    x = np.zeros((2, 3))
    x[1, 2] = np.inf
    with pytest.raises(ValueError, match=r"data must be finite, got inf at index \(1, 2\)"):
        require.finite("data", x)


def test_finite_makes_no_mask_for_whole_numbers():
    x = np.ones(1_000_000, np.uint8)
    tracemalloc.start()
    assert require.finite("data", x) is x
    assert tracemalloc.get_traced_memory()[1] < 10_000
    tracemalloc.stop()


@given(st.text(max_size=3000) | st.text("ab\n\x1b\u202e\udcff", max_size=3000))
def test_one_line_is_one_and_short_and_what_can_be_shown_stays(text):
    line = require.one_line(text)
    assert line.isprintable() and len(line) <= 800
    if text.isprintable() and len(text) <= 800:
        assert line == text


def test_what_one_line_makes_of_what_it_cannot_show():
    assert require.one_line("a\nb\x1b[31m\u202e\udcff\u00e9") == "a\\nb\\x1b[31m\\u202e\\udcff\u00e9"
    assert require.one_line(ValueError("no")) == "no"
    assert require.one_line("a" * 500 + "z" * 500, limit=8) == "aaaa ... zz"
