"""One vector theta: what the layers see of it, and that nothing ever detaches their views."""

import copy
import pickle

import numpy as np
import pytest
from forms import BAD, GOOD, values
from hypothesis import given
from hypothesis import strategies as st

from npgan import Dense, LeakyReLU, Network, Sigmoid, Tanh, gradcheck


def small(rng, dtype=np.float64):
    return Network(Dense(3, 5), LeakyReLU(0.2), Dense(5, 2), rng=rng, dtype=dtype)


def repickled(net):
    return pickle.loads(pickle.dumps(net))


def assert_views(net):
    for i, name, _ in net.parameters():
        assert np.shares_memory(getattr(net.layers[i], name), net.theta)
        assert np.shares_memory(getattr(net.layers[i], "d" + name), net.grad)
    before = net.layers[-1].b.copy()
    net.theta += 1.0
    assert (net.layers[-1].b == before + 1).all()


def test_theta_holds_each_layers_w_and_b_in_order(rng):
    net = small(rng)
    first, _, last = net.layers
    assert (net.theta == np.concatenate([first.W.ravel(), first.b, last.W.ravel(), last.b])).all()
    assert net.theta.shape == net.grad.shape == (3 * 5 + 5 + 5 * 2 + 2,)
    assert (net.n_in, net.n_out, net.dtype) == (3, 2, np.float64)
    assert_views(net)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, repickled])
def test_copies_keep_their_own_views(copied, rng):
    net = small(rng)
    other = copied(net)
    assert (other.theta == net.theta).all()
    assert_views(other)
    assert_views(net)


def test_deep_copies_are_independent(rng):
    net = small(rng)
    other = copy.deepcopy(net)
    x = rng.standard_normal((4, 3))
    y = net.predict(x)
    other.theta *= 2
    assert (net.predict(x) == y).all() and not (other.predict(x) == y).all()


def test_assigning_theta_or_grad_writes_into_the_buffer(rng):
    net = small(rng)
    theta, grad = net.theta, net.grad
    net.theta, net.grad = np.arange(32.0), np.ones(32)
    assert net.theta is theta and net.grad is grad and net.layers[0].W[0, 1] == 1.0
    assert_views(net)
    for wrong in np.zeros(31), np.zeros((32, 1)), 1.0:
        with pytest.raises(ValueError, match=r"theta has shape \(32,\), got"):
            net.theta = wrong


@given(
    m=st.integers(1, 6), n=st.integers(1, 4), h=st.integers(1, 6), slope=st.floats(0, 0.9),
    seed=st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_gradients_of_a_whole_network(m, n, h, slope, seed):
    rng = np.random.default_rng(seed)
    layers = Dense(n, h), LeakyReLU(slope), Dense(h, h), Tanh(), Dense(h, 3), Sigmoid()
    for check in gradcheck.check_layer(Network(*layers, rng=rng), rng.standard_normal((m, n)), rng=rng):
        assert check.ok, check


def test_backward_overwrites_grad_and_belongs_to_the_latest_forward(rng):
    net, dy = small(rng), np.ones((4, 2))
    x = rng.standard_normal((4, 3))
    net.forward(x)
    net.backward(dy)
    once = net.grad.copy()
    net.backward(dy)
    assert (net.grad == once).all()
    net.forward(x + 1)
    net.predict(x)
    net.backward(dy)
    assert not (net.grad == once).all()


def test_halves_of_backward(rng):
    net, dy = small(rng), np.ones((4, 2))
    net.forward(rng.standard_normal((4, 3)))
    dx, grad = net.backward(dy), net.grad.copy()
    net.grad = 7.0 * np.ones_like(grad)
    assert (net.backward(dy, params=False) == dx).all() and (net.grad == 7).all()
    assert net.backward(dy, inputs=False) is None and (net.grad == grad).all()


def test_the_first_layer_alone_skips_its_dx(rng, monkeypatch):
    net, dy = Network(Dense(3, 5), Dense(5, 4), Dense(4, 2), rng=rng), np.ones((4, 2))
    net.forward(rng.standard_normal((4, 3)))
    net.backward(dy)
    grad, calls, right = net.grad.copy(), [], Dense.backward

    def spy(layer, dy, params=True, inputs=True):
        calls.append((layer.n_in, params, inputs))
        return right(layer, dy, params=params, inputs=inputs)

    monkeypatch.setattr(Dense, "backward", spy)
    net.backward(dy, inputs=False)
    assert calls == [(4, True, True), (5, True, True), (3, True, False)] and (net.grad == grad).all()


def test_the_same_seed_gives_the_same_bytes():
    one, two = small(np.random.default_rng(5)), small(np.random.default_rng(5))
    assert one.theta.tobytes() == two.theta.tobytes()


# --- what layers look into, and whose they are ---


class Scale:
    """A layer of one's own, with a parameter: y = V x."""

    def __init__(self, n):
        self.shapes = {"V": (n,)}

    def init(self, rng):
        self.V[...] = rng.standard_normal(self.V.shape)

    def predict(self, x):
        return x * self.V

    def forward(self, x):
        self.x = x
        return self.predict(x)

    def backward(self, dy, params=True, inputs=True):
        if params:
            np.sum(dy * self.x, axis=0, out=self.dV)
        return dy * self.V


VIEWS = [(i, name) for i, names in ((0, "W b dW db"), (1, "V dV"), (3, "W b dW db")) for name in names.split()]


def with_scale(rng):
    return Network(Dense(3, 4), Scale(4), LeakyReLU(0.2), Dense(4, 2), rng=rng)


@pytest.mark.parametrize("how", [lambda net: net, copy.copy, copy.deepcopy, repickled])
@pytest.mark.parametrize("i, name", VIEWS)
def test_a_view_that_is_replaced_is_noticed_and_one_that_is_written_into_is_not(i, name, how, rng):
    """layer.W = new would never train: theta is what is trained."""
    net, x = how(with_scale(rng)), rng.standard_normal((5, 3))
    layer = net.layers[i]
    array = getattr(layer, name)
    array[...] = 2.0
    array -= 1.0
    setattr(layer, name, array)  # as layer.W -= 1.0 ends
    vector = net.grad if name.startswith("d") else net.theta
    assert (array == 1).all() and np.shares_memory(getattr(layer, name), vector)
    net.predict(x)
    net.backward(net.forward(x))
    setattr(layer, name, array.copy())
    for use in net.forward, net.predict:
        with pytest.raises(ValueError, match=rf"^{name} of .* is another array now: write into it, {name}\["):
            use(x)
    setattr(layer, name, array)
    net.predict(x)


def test_a_network_with_a_layer_of_ones_own_has_its_gradient(rng):
    for check in gradcheck.check_layer(with_scale(rng), rng.standard_normal((5, 3)), rng=rng):
        assert check.ok, check


@pytest.mark.parametrize("make", [lambda: Dense(2, 2), lambda: LeakyReLU(0), Tanh, Sigmoid, lambda: Scale(2)])
@pytest.mark.parametrize("how", [lambda net: net, copy.copy, copy.deepcopy])
def test_a_layer_is_in_one_network_only(make, how, rng):
    """It remembers one forward: with two, a backward would use the activations of the other one."""
    layer, other = make(), make()
    net = how(Network(Dense(2, 2), layer, rng=rng))
    with pytest.raises(ValueError, match=r"layers\[1\] .* is in another Network already: make a new one"):
        Network(Dense(2, 2), net.layers[1], rng=rng)
    with pytest.raises(ValueError, match=r"layers\[0\] .* is in another Network already: make a new one"):
        Network(layer, rng=rng)
    x = rng.standard_normal((3, 2))
    net.backward(net.forward(x))
    grad = net.grad.copy()
    net.forward(x)
    Network(Dense(2, 2), other, rng=rng).forward(-x)
    net.backward(net.predict(x))
    assert (net.grad == grad).all()


def test_copies_share_no_layer(rng):
    net = small(rng)
    for other in copy.copy(net), copy.deepcopy(net), repickled(net):
        assert not {id(layer) for layer in other.layers} & {id(layer) for layer in net.layers}


def test_a_network_in_a_network_is_refused(rng):
    """Its theta would not be in the outer theta, and so never move."""
    with pytest.raises(ValueError, match=r"layers\[0\] is a Network, whose theta would stay outside"):
        Network(small(rng), Dense(2, 1), rng=rng)


@pytest.mark.parametrize("wrong", [[Dense(1, 1)], (Tanh(),), Tanh, None, "Tanh", 3])
def test_what_is_no_layer_is_refused(wrong, rng):
    with pytest.raises(ValueError, match=r"^layers\[0\] must be a layer, as in Network\(Dense\(1, 8\), "):
        Network(wrong, rng=rng)
    with pytest.raises(ValueError, match=r"layers\[1\] must be a layer, .* got"):
        Network(Dense(1, 1), wrong, rng=rng)


# --- what comes in ---

START = [lambda: [Dense(2, 3)], lambda: [LeakyReLU(0.2)], lambda: [Tanh()], lambda: [Scale(2), Dense(2, 3)]]


@pytest.mark.parametrize("start", START)
@pytest.mark.parametrize("form", BAD)
def test_an_x_that_is_no_plain_array_is_refused(form, start, rng):
    """A matrix multiplies by *, a masked array hides numbers: gradients come out wrong."""
    net, x = Network(*start(), rng=rng), BAD[form](np.arange(6).reshape(3, 2))
    if type(x) is np.ndarray:
        return  # NaN: the caller's business
    for use in net.forward, net.predict:
        with pytest.raises(ValueError, match="which is no plain array"):
            use(x)


@pytest.mark.parametrize("start", START)
def test_a_dy_that_is_not_like_y_is_refused(start, rng):
    for dtype, other in (np.float32, np.float64), (np.float64, np.float32):
        net = Network(*start(), rng=rng, dtype=dtype)
        y = net.forward(np.ones((4, 2), dtype))
        assert y.dtype == dtype
        for wrong in other, int, bool, complex, object:
            with pytest.raises(ValueError, match=f"backward needs dy of {np.dtype(dtype)}, as y is, got"):
                net.backward(np.ones(y.shape, wrong))
        for wrong in np.ma.masked_array(y), y.view(np.matrix), y.tolist(), None, 1.0:
            with pytest.raises(ValueError, match="backward needs dy of shape .* which is no plain array"):
                net.backward(wrong)
        net.backward(y)


@pytest.mark.parametrize("form", GOOD)
def test_theta_and_grad_may_be_set_from_numbers_in_any_form(form, rng):
    net = small(rng)
    given, meant = GOOD[form](np.arange(32)), values(GOOD[form](np.arange(32))).ravel()
    for name in "theta", "grad":
        setattr(net, name, given)
        assert (getattr(net, name) == meant).all()
        assert all(np.shares_memory(layer.W, net.theta) for layer in net.layers[::2])


@pytest.mark.parametrize("form", BAD)
def test_theta_and_grad_are_not_set_from_what_is_no_number(form, rng):
    net = small(rng)
    before = net.theta.copy()
    for name in "theta", "grad":
        if "NaN" not in form and "infinite" not in form and form != "huge":  # these are Diverged's business
            with pytest.raises(ValueError, match="theta|grad"):
                setattr(net, name, BAD[form](np.arange(32)))
    assert (net.theta == before).all()


@pytest.mark.parametrize("dtype", ["chess", object(), object, int, bool, complex, ">f8", np.longdouble])
def test_a_dtype_is_float32_or_float64(dtype, rng):
    with pytest.raises(ValueError, match="dtype must be np.float32 or np.float64, got"):
        Network(Dense(1, 1), rng=rng, dtype=dtype)
    for good in "float32", "f8", float, np.dtype("f4"):
        assert Network(Dense(1, 1), rng=rng, dtype=good).dtype == np.dtype(good)


def test_errors_say_what_came_and_what_was_wanted(rng):
    with pytest.raises(ValueError, match=r"layers\[1\] Dense\(4, 1\) gets 5 columns"):
        Network(Dense(2, 5), Dense(4, 1), rng=rng)
    with pytest.raises(ValueError, match="at least one layer"):
        Network(rng=rng)
    layer = Dense(2, 2)
    with pytest.raises(ValueError, match="stands twice"):
        Network(layer, layer, rng=rng)
    Network(layer, rng=rng)
    with pytest.raises(ValueError, match="is in another Network already"):
        Network(layer, rng=rng)
    with pytest.raises(ValueError, match="dtype must be np.float32 or np.float64, got float16"):
        Network(Dense(2, 2), rng=rng, dtype=np.float16)
    with pytest.raises(TypeError, match="rng must be"):
        Network(Dense(2, 2), rng=0)
    net = small(rng)
    with pytest.raises(ValueError, match="needs a forward before it"):
        net.backward(np.ones((4, 2)))
    net.forward(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"needs dy of shape \(4, 2\), got \(3, 2\)"):
        net.backward(np.ones((3, 2)))
