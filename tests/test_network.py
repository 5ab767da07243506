"""One vector theta: what the layers see of it, and that nothing ever detaches their views."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npgan import Dense, LeakyReLU, Network, Sigmoid, Tanh, gradcheck


def small(rng, dtype=np.float64):
    return Network(Dense(3, 5), LeakyReLU(0.2), Dense(5, 2), rng=rng, dtype=dtype)


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


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda net: pickle.loads(pickle.dumps(net))])
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
