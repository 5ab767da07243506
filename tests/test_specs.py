"""A gan is made again of its specs, and only if its numbers fit into so many bytes."""

import json

import numpy as np
import pytest
from checkpoints import make

from npgan import SGD, Adam, RMSProp
from npgan.optim import OPTIMISERS
from npgan.specs import build, describe, plain, shown
from npgan.variants import VARIANTS


@pytest.mark.parametrize("kind", VARIANTS.values())
@pytest.mark.parametrize("optimiser", [SGD, RMSProp, Adam])
@pytest.mark.parametrize("averaged", [False, True])
def test_what_is_built_is_described_alike_and_fits_into_just_its_bytes(kind, optimiser, averaged):
    gan, _ = make(kind=kind, optimiser=optimiser, dtype=np.float32 if averaged else np.float64)
    if averaged:
        gan.update_average(0.9, 1)
    gan.opt_g.rate = 0.25
    told = json.loads(json.dumps(describe(gan)))
    vectors = len(optimiser.vectors)
    G, D = gan.G.theta.nbytes * (1 + vectors + averaged), gan.D.theta.nbytes * (1 + vectors)
    assert describe(build(told, G + D)) == told
    for size in G + D - 1, G:
        with pytest.raises(ValueError, match=f"its D would not fit into a file of {size} bytes"):
            build(told, size)
    with pytest.raises(ValueError, match="its G would not fit"):
        build(told, G - 1)


class Halved(SGD):
    """An optimiser whose constructor does not take what it is given."""

    def __init__(self, net, lr, momentum=0.0):
        super().__init__(net, lr / 2, momentum)


def test_a_part_that_would_be_another_is_noticed(monkeypatch):
    monkeypatch.setitem(OPTIMISERS, "Halved", Halved)
    gan, _ = make()
    gan.opt_d = Halved(gan.D, lr=0.5)
    with pytest.raises(ValueError, match="this Halved: it has {'lr': 0.25, .*, wanted {'lr': 0.125"):
        describe(gan)


def test_plain_names_the_place():
    plain("config", {"a": [1, 0.5, "b", None, True, {}], "ä": -(10**30)})
    for value, place in ({"a": [0, (1,)]}, "['a'][1]"), ({"\n": {"b": 1j}}, r"['\n']['b']"), ([{2: 1}], "[0]"):
        with pytest.raises(ValueError) as info:
            plain("config", value)
        assert str(info.value).startswith(f"config{place} must")


def test_depth_is_counted():
    for deep, good in (20, True), (21, False):
        value = 1
        for _ in range(deep):
            value = [value]
        if good:
            plain("config", value)
        else:
            with pytest.raises(ValueError, match=r"config(\[0\]){20} must not lie deeper than 20"):
                plain("config", value)


def test_values_are_shown_on_one_line_and_cut():
    assert shown("Äpfel\n\x1b\x00\ud800") == r"'Äpfel\n\x1b\x00\ud800'"
    assert shown("a") == "'a'" and len(shown("a" * 999)) < 80 and shown(10**5000) == "a int"
