"""Whatever save accepts, load gives back equal; what it refuses leaves the file that was there untouched."""

import collections
import enum
import itertools
import math
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from checkpoints import assert_equal, make
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from benchmarks.hostile.checkpoints import Kept
from npgan import SGD, Adam, Dense, LeakyReLU, Network, RMSProp, Rows, Sigmoid, Tanh, games, train
from npgan.checkpoint import Checkpoint, load, save
from npgan.gan import GAN
from npgan.variants import VARIANTS
from npgan.variants.conditional import Conditional
from npgan.variants.energy import AutoEncoder, Energy, PullingAway
from npgan.variants.improved import Apart, FeatureMatching, MinibatchDiscrimination, Smoothed

quick = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


# --- what is good ---

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
rates = st.floats(1e-6, 0.1)
betas = st.tuples(st.floats(0, 0.99), st.floats(0, 0.999))
OPTIMISERS = st.one_of(
    st.builds(lambda **options: lambda net: SGD(net, **options), lr=rates, momentum=st.floats(0, 0.99)),
    st.builds(lambda **options: lambda net: RMSProp(net, **options), lr=rates, decay=st.floats(0.1, 0.99)),
    st.builds(lambda **options: lambda net: Adam(net, **options), lr=rates, betas=betas),
)
activations = st.one_of(
    st.just(Tanh), st.just(Sigmoid), st.builds(lambda slope: lambda: LeakyReLU(slope), st.floats(0, 0.99))
)
DTYPES = "?", "b", "i", "q", "B", "H", "I", "Q", "e", "f", "d"


@st.composite
def arrays(draw):
    dtype, shape = draw(st.sampled_from(DTYPES)), draw(st.lists(st.integers(0, 3), max_size=3))
    array = np.full(shape, draw(st.integers(0, 100)), dtype)
    return draw(st.sampled_from([array, np.asfortranarray(array), array[..., ::-1] if shape else array]))


@st.composite
def networks(draw, n_in, n_out, dtype, rng):
    sizes, layers = [n_in, *draw(st.lists(st.integers(1, 4), max_size=2)), n_out], []
    for i, size in enumerate(sizes[1:]):
        layers += [Dense(sizes[i], size), draw(activations)()]
    return Network(*layers[: draw(st.sampled_from([-1, None])) if n_out > 1 else -1], rng=rng, dtype=dtype)


OWN = {  # good values for the settings of variants and games
    "layer": st.sampled_from([0, -3]), "clip": st.floats(1e-3, 2), "margin": st.floats(1e-3, 2),
    "loud": st.floats(1e-3, 20),
    "target": st.floats(0.1, 0.99),
}  # fmt: skip


@st.composite
def discriminators(draw, kind, d, dtype, rng):
    """A D that can play in a GAN of this kind."""
    if kind is PullingAway:
        code, h = draw(st.sampled_from([0, 1, -2])), draw(st.integers(1, 3))
        return AutoEncoder(Dense(d, h), draw(activations)(), Dense(h, d), code=code, rng=rng, dtype=dtype)
    if kind is Apart and draw(st.booleans()):
        B, C = draw(st.integers(1, 3)), draw(st.integers(1, 2))
        return Network(MinibatchDiscrimination(d, B, C), Dense(d + B, 1), rng=rng, dtype=dtype)
    if kind is FeatureMatching:
        return Network(Dense(d, 2), draw(activations)(), Dense(2, 1), rng=rng, dtype=dtype)
    return draw(networks(d, 1, dtype, rng))


@st.composite
def checkpoints(draw):
    """A Checkpoint of a gan that has trained a little, or not at all."""
    rng = np.random.default_rng(draw(st.integers(0, 2**64)))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    d = draw(st.integers(1, 3))
    kind = draw(st.sampled_from(list(VARIANTS.values())))
    k = draw(st.integers(1, 3)) if kind is Conditional else 0  # columns of a label
    n_z = draw(st.integers(1, 3))
    G, D = draw(networks(n_z + k, d, dtype, rng)), draw(discriminators(kind, d + k, dtype, rng))
    options = {name: draw(OWN.get(name, st.floats(0, 2))) for name in kind.settings}
    game = draw(st.sampled_from(list(games.GAMES.values())))
    options["game"] = type(game)(**{name: draw(OWN[name]) for name in game.settings}) if game.settings else game
    options["latent"] = draw(st.sampled_from(["normal", "uniform"]))
    gan = kind(G, D, draw(OPTIMISERS)(G), draw(OPTIMISERS)(D), **options)
    data, average = Rows(rng.random((7, d + k))), draw(st.sampled_from([None, 0.9]))
    if steps := draw(st.integers(0, 3)):
        list(train(gan, data, steps=steps, batch=3, rng=rng, average=average))
    if draw(st.booleans()):
        rng.integers(9, dtype=np.uint32)  # half of a draw is now kept in the generator
    gan.set_rate(draw(st.sampled_from([1.0, 1.0, 0.25, 0.0])))
    gan.opt_g.rate = draw(st.sampled_from([gan.opt_g.rate, 0.5]))
    names = st.from_regex(r"\A[a-zA-Z_]\w{0,5}\Z")
    state = draw(st.just(data.state()) | st.dictionaries(names, arrays(), max_size=2))
    step = draw(st.just(steps) | st.integers(0, 2**53) | st.just(np.int64(steps)))
    return Checkpoint(gan, step, rng, state, draw(st.dictionaries(texts, values, max_size=3)))


def written(path, one):
    save(path, one.gan, step=one.step, rng=one.rng, data=Kept(one.data), config=one.config)


def two_steps(gan, rng):
    data = Rows(np.linspace(-1, 1, 7 * gan.D.n_in).reshape(7, -1))
    with np.errstate(all="ignore"):
        return list(train(gan, data, steps=2, batch=3, rng=rng, average=0.9 if gan.average else None))


@quick
@given(one=checkpoints())
def test_what_is_good_comes_back_equal_and_goes_on_equally(one, tmp_path):
    path = tmp_path / "c.npz"
    written(path, one)
    back = load(path)
    assert_equal(back, one)
    assert two_steps(back.gan, back.rng) == two_steps(one.gan, one.rng)
    assert_equal(back, one)


# --- what is bad ---


class MyGAN(GAN):
    pass


class MyDense(Dense):
    pass


class MyTanh(Tanh):
    pass


class MyAdam(Adam):
    pass


class MyNetwork(Network):
    pass


class MyGame(games.Minimax):  # with the name of its parent
    pass


class MyGenerator(np.random.Generator):
    pass


class MyList(list):
    pass


class Silent:
    def __repr__(self):
        raise RuntimeError


class Small(enum.IntEnum):
    ONE = 1


MyTanh.__name__, MyGAN.__name__, MyAdam.__name__, MyGame.__name__ = "Tanh", "GAN", "Adam", "Minimax"


def deep(value):
    for _ in range(900):
        value = [value]
    return value


def round_and_round():
    (value := []).append(value)
    return value


BITS = np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM
NOT_GENERATORS = [
    *(np.random.Generator(kind(0)) for kind in BITS), MyGenerator(np.random.PCG64(0)), np.random.RandomState(0),
    np.random.PCG64(0), None, 0, np.random,
]  # fmt: skip
NOT_STEPS = -1, 1.0, True, "1", None, 2**53 + 1, 10**5000, math.nan, np.float64(1), np.ones((20, 20)), -(2**63)
NOT_RATES = [
    -1, math.nan, math.inf, 10**400, "0.1", None, True, [0.1], np.float64(0.1), np.float32(0.1), np.int64(1),
    np.ones((20, 20)), 1j, Silent(),
]  # fmt: skip
NOT_PLAIN = [
    (1, 2), (), {1: 2}, {None: 1}, {(1,): 1}, math.nan, math.inf, {1}, b"a", np.int64(1), np.float64(0.5),
    np.bool_(True), np.ones((20, 20)), 1j, object(), "\ud83d\ude00", {"\ud800": 1}, MyList([1]), Small.ONE,
    collections.OrderedDict(a=1), collections.defaultdict(list), dict, Silent(), deep(0), round_and_round(),
]  # fmt: skip
NOT_CONFIGS = [
    [], "a", 1, ((1, 2),), [("a", 1)], collections.OrderedDict(), {"a": "x" * 10**6}, {"a": [0] * 20_000},
    {str(i): i for i in range(10_000)},
]  # fmt: skip
NOT_ARRAYS = [
    np.array([-1]), np.array([np.nan]), np.array([np.inf]), np.array(["a"]), np.array([b"a"]), np.array([None]),
    [1, 2], 1, None, "order", np.array([1], ">u4"), np.array([1j]), np.zeros(2, "f8,i4"), np.float64(1.0),
    np.array([1], np.longdouble), np.array(["2020"], "M8[D]"), np.ma.array([1]), np.array([2**60]),
    np.rec.array([(1, 2.0)]), np.zeros(2, "V8"), np.array([-1], np.int8),
]  # fmt: skip
NOT_REMEMBERED = [*NOT_ARRAYS, np.zeros(2), np.zeros((0, 2)), np.zeros((3, 9)), np.zeros((3, 2), np.int8)]
NOT_NAMES = "", "a/b", "a.b", "a\nb", "a" * 101, 1, None, "../a", "1a", "a\0", b"a", ("a",), "\ud800"


class Missing(Exception):
    """The gan has no such part."""


def put(thing, name, value):
    if not hasattr(thing, name):
        raise Missing
    setattr(thing, name, value)


def put_last(thing, name, value):
    if not hasattr(thing, name):
        raise Missing
    with np.errstate(all="ignore"):  # -1e300 as a float32
        getattr(thing, name).flat[-1] = value


def in_config(parts, value):
    config = parts.one.config | {"a": [1, {"b": value}]}
    return parts.one._replace(config=config)


def weights(layer):
    if not hasattr(layer, "W"):
        raise Missing
    return layer.W


def backwards(W):
    """The same memory, read from its end."""
    if W.size == 1:
        raise Missing
    return W[::-1, ::-1]


def widened(net, more):
    """Two layers that fit together still, but not to their parameters."""
    dense = [layer for layer in net.layers if hasattr(layer, "n_in")]
    if len(dense) < 2:
        raise Missing
    dense[0].n_out = dense[1].n_in = dense[0].n_out + more


def ruled(generator):
    game = games.Minimax()
    game.generator = generator
    return game


def with_setting(thing, name, value):
    setattr(thing, name, value)
    return thing


def other(net):
    """A network that is not like net."""
    return Network(Dense(net.n_in, net.n_out + 1), rng=np.random.default_rng(0), dtype=net.dtype)


CHANGES = {  # what: (other values, how they are put into the parts of a checkpoint)
    "rng": (NOT_GENERATORS, lambda p, v: p.one._replace(rng=v)),
    "step": (NOT_STEPS, lambda p, v: p.one._replace(step=v)),
    "config": (NOT_CONFIGS, lambda p, v: p.one._replace(config=v)),
    "in config": (NOT_PLAIN, in_config),
    "array of the data": (NOT_ARRAYS, lambda p, v: p.one._replace(data={"a": v})),
    "name in the data": (NOT_NAMES, lambda p, v: p.one._replace(data={v: np.zeros(1)})),
    "state of the data": ([[], None, 1, "a", collections.OrderedDict()], lambda p, v: p.one._replace(data=v)),
    "gan": ([None, 1, "GAN", GAN, games.minimax], lambda p, v: p.one._replace(gan=v)),
    "rule of a game": ([MyGame().generator], lambda p, v: put(p.gan, "game", ruled(v))),
    "class of gan": ([MyGAN], lambda p, v: put(p.gan, "__class__", v)),
    "game": ([MyGame(), games.Minimax, "minimax", None], lambda p, v: put(p.gan, "game", v)),
    "own method": (["V_gradient", "sample"], lambda p, v: put(p.gan, v, getattr(p.gan, v))),
    "own method of a layer": (["forward", "backward"], lambda p, v: put(p.layer, v, getattr(p.layer, v))),
    "latent": (["", "Normal", None, 1, ("normal",)], lambda p, v: put(p.gan, "latent", v)),
    "gamma": (NOT_RATES, lambda p, v: put(p.gan, "gamma", v)),
    "sigma": (NOT_RATES, lambda p, v: put(p.gan, "sigma", v)),
    "weight": (NOT_RATES, lambda p, v: put(p.gan, "weight", v)),
    "pull": (NOT_RATES, lambda p, v: put(p.gan, "pull", v)),
    "clip": ([0, *NOT_RATES], lambda p, v: put(p.gan, "clip", v)),
    "layer": ([-1, 2, 9, 0.0, None, "0", -4, np.int64(0)], lambda p, v: put(p.gan, "layer", v)),
    "code": ([-1, 3, 9, -4, 0.0, None, "0"], lambda p, v: put(p.gan.D, "code", v)),
    "margin": ([0, *NOT_RATES], lambda p, v: put(p.gan, "game", with_setting(Energy(), "margin", v))),
    "target": ([0, 1, *NOT_RATES], lambda p, v: put(p.gan, "game", with_setting(Smoothed(), "target", v))),
    "what is remembered": ([v for v in NOT_REMEMBERED if v is not None], lambda p, v: put(p.gan, "x", v)),
    "average": ([other, lambda net: Tanh(), lambda net: 1], lambda p, v: put(p.gan, "average", v(p.gan.G))),
    "network": ([None, "D", Dense(1, 1), Tanh], lambda p, v: put(p.gan, "D", v)),
    "class of network": ([MyNetwork], lambda p, v: put(p.net, "__class__", v)),
    "theta": ([math.nan, math.inf, -math.inf], lambda p, v: put_last(p.net, "theta", v)),
    "layers": ([MyTanh(), Dense(1, 1), Dense(2, 2), Tanh, None], lambda p, v: p.net.layers.insert(1, v)),
    "class of layer": ([MyDense, Tanh], lambda p, v: put(p.layer, "__class__", v)),
    "n_in": ([0, 2.0, None, "2", 9, np.int64(1)], lambda p, v: put(p.layer, "n_in", v)),
    "sizes": ([1, 7], lambda p, v: widened(p.net, v)),
    "n_in of network": ([0, 7, None], lambda p, v: put(p.gan.G, "n_in", v)),
    "W": (
        [np.copy, np.negative, repr, np.ravel, backwards],
        lambda p, v: put(p.layer, "W", v(weights(p.layer))),
    ),
    "optimiser": ([None, Adam, "Adam"], lambda p, v: put(p.gan, "opt_d", v)),
    "class of optimiser": ([MyAdam], lambda p, v: put(p.gan, "opt_d", v(p.gan.D, lr=0.1))),
    "net of optimiser": ([other, lambda net: None], lambda p, v: put(p.opt, "net", v(p.net))),
    "lr": ([0, 0.0, *NOT_RATES], lambda p, v: put(p.opt, "lr", v)),
    "eps": ([0, 0.0, *NOT_RATES], lambda p, v: put(p.opt, "eps", v)),
    "rate": (NOT_RATES, lambda p, v: put(p.opt, "rate", v)),
    "momentum": ([1.0, *NOT_RATES], lambda p, v: put(p.opt, "momentum", v)),
    "decay": ([0, 1.0, *NOT_RATES], lambda p, v: put(p.opt, "decay", v)),
    "betas": ([3, (0.5,), *((0.5, v) for v in NOT_RATES)], lambda p, v: put(p.opt, "betas", v)),
    "vector": ([math.nan, math.inf], lambda p, v: put_last(p.opt, p.opt.vectors[0], v)),
    "v": ([-1e-3, -1e300], lambda p, v: put_last(p.opt, "v", v)),
    "t": ([-1, 2**53 + 1, 2**63 - 1], lambda p, v: put_last(p.opt, "t", v)),
    "array": (["e", ">f4", "i8", None], lambda p, v: put(p.opt, p.opt.vectors[0], v and p.net.theta.astype(v))),
    "counts": ([3, np.array([1.0]), np.array(1), None], lambda p, v: put(p.opt, "t", v)),
}


def spoilt(one, player, change, value):
    """The Checkpoint one in which this is another than can be given back."""
    net, opt = getattr(one.gan, player), getattr(one.gan, f"opt_{player.lower()}")
    return change(SimpleNamespace(one=one, gan=one.gan, net=net, opt=opt, layer=net.layers[0]), value) or one


def refused(one, path):
    """save refuses it, in one line, and leaves the file at path as it was."""
    path.write_bytes(b"as it was")
    with pytest.raises(ValueError) as info:
        written(path, one)
    assert path.read_bytes() == b"as it was" and list(path.parent.iterdir()) == [path]
    assert str(info.value).isprintable() and len(str(info.value)) < 400, str(info.value)


@settings(quick, max_examples=250)
@given(one=checkpoints(), player=st.sampled_from("GD"), what=st.sampled_from(sorted(CHANGES)), data=st.data())
def test_what_would_not_come_back_equal_is_refused_and_the_file_left_alone(one, player, what, data, tmp_path):
    choices, change = CHANGES[what]
    try:
        bad = spoilt(one, player, change, data.draw(st.sampled_from(choices)))
    except Missing:
        assume(False)
    refused(bad, tmp_path / "c.npz")


@pytest.mark.parametrize("what", CHANGES)
def test_each_of_these_values_is_refused(what, tmp_path):
    """Each at least once, in a gan that has such a part."""
    choices, change = CHANGES[what]
    for i in range(len(choices)):
        tried = 0
        for kind, optimiser in zip(VARIANTS.values(), itertools.cycle((SGD, RMSProp, Adam)), strict=False):
            gan, rng = make(kind=kind, optimiser=optimiser)
            try:
                bad = spoilt(Checkpoint(gan, 3, rng, {}, {}), "D", change, choices[i])
            except Missing:
                continue
            refused(bad, tmp_path / "c.npz")
            tried += 1
        assert tried


@pytest.mark.parametrize("rng", NOT_GENERATORS, ids=str)
def test_only_the_usual_generator_can_be_kept(rng, tmp_path):
    with pytest.raises(ValueError, match="^rng must be a Generator on PCG64, as np.random.default_rng .*, got"):
        save(tmp_path / "c.npz", make()[0], step=1, rng=rng)


def test_what_was_not_written_as_it_should_be_is_not_left_there(tmp_path, monkeypatch):
    gan, rng = make()
    path, right = tmp_path / "c.npz", np.savez

    def astray(file, **arrays):
        right(file, **(arrays | {"G.0.bias": arrays["G.0.bias"] + 1}))

    save(path, gan, step=1, rng=rng)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", astray)
    with pytest.raises(ValueError, match="'G.0.bias' changed while it was written"):
        save(path, gan, step=2, rng=rng)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_save_takes_no_second_gan_of_memory(tmp_path, rng):
    """It makes the vectors of one optimiser at a time."""
    G = Network(Dense(100, 1000), LeakyReLU(0.2), Dense(1000, 100), rng=rng)
    D = Network(Dense(100, 2000), LeakyReLU(0.2), Dense(2000, 1), rng=rng)
    gan = GAN(G, D, Adam(G, lr=1e-3), Adam(D, lr=1e-3))
    gan.update_average(0.9, 1)
    save(tmp_path / "c.npz", gan, step=0, rng=rng)
    size = (tmp_path / "c.npz").stat().st_size
    assert size > 10_000_000
    for call, most in (lambda: save(tmp_path / "c.npz", gan, step=0, rng=rng), 0.5), (
        lambda: load(tmp_path / "c.npz"), 2.0,
    ):  # fmt: skip
        tracemalloc.start()
        try:
            call()
            assert tracemalloc.get_traced_memory()[1] < most * size + 500_000
        finally:
            tracemalloc.stop()
