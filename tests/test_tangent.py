"""The tangent of a layer is its directional derivative, and its backward is the derivative of that."""

import copy

import numpy as np
import pytest

from npgan import Dense, LeakyReLU, Network, Sigmoid, Tanh
from npgan.gradcheck import check

LAYERS = [lambda: Dense(3, 4), lambda: LeakyReLU(0.2), Tanh, Sigmoid]


def deep(rng):
    """One of each, so that curved layers stand before and after straight ones."""
    layers = Dense(3, 5), Tanh(), Dense(5, 4), LeakyReLU(0.2), Dense(4, 5), Sigmoid(), Dense(5, 2)
    return Network(*layers, rng=rng)


@pytest.mark.parametrize("make", LAYERS)
def test_tangent_of_a_layer_is_how_far_y_moves(make, rng):
    net, x, t, h = Network(make(), rng=rng), rng.normal(size=(5, 3)), rng.normal(size=(5, 3)), 1e-6
    net.forward(x)
    moved = (net.predict(x + h * t) - net.predict(x - h * t)) / (2 * h)
    assert np.abs(net.tangent(t) - moved).max() < 1e-9


@pytest.mark.parametrize("make", LAYERS)
def test_tangent_backward_of_a_layer(make, rng):
    """A number that depends on y and on the tangent: its gradients to x, t and the parameters."""
    layer, x, t = make(), rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    net = Network(layer, rng=rng)
    dy, dt = rng.normal(size=(2, 5, net.predict(x).shape[1]))

    def f():
        return float((dy * layer.forward(x)).sum() + (dt * layer.tangent(t)).sum())

    f()
    dt_in, dx = layer.tangent_backward(dt, dy)
    for name, array, grad in ("x", x, dx), ("t", t, dt_in), ("theta", net.theta, net.grad.copy()):
        if array.size:
            assert (result := check(f, array, grad, name=f"{layer} {name}")).ok, result


def test_tangent_backward_of_a_network(rng):
    net, x, t = deep(rng), rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    dt = rng.normal(size=(6, 2))

    def f():
        net.forward(x)
        return float((dt * net.tangent(t)).sum())

    f()
    net.tangent_backward(dt)
    assert (result := check(f, net.theta, net.grad)).ok, result


def test_tangent_and_backward_are_transposes(rng):
    """dy . (J t) = (J^T dy) . t for every t and dy."""
    net, x, t = deep(rng), rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    dy = rng.normal(size=net.forward(x).shape)
    assert abs((dy * net.tangent(t)).sum() - (net.backward(dy, params=False) * t).sum()) < 1e-12


def test_a_copied_network_keeps_its_views_through_a_tangent(rng):
    net, x = copy.deepcopy(deep(rng)), rng.normal(size=(6, 3))
    ones = np.ones_like(net.forward(x))
    net.tangent(x)
    net.tangent_backward(ones)
    assert np.shares_memory(net.layers[0].dW, net.grad) and np.abs(net.layers[0].dW).min() > 0
    assert (net.layers[-1].db == 0).all()  # a constant added at the end changes no slope


def test_float32_stays_float32(rng):
    net = Network(Dense(3, 5), Tanh(), Dense(5, 4), LeakyReLU(0.2), Dense(4, 1), rng=rng, dtype=np.float32)
    x = rng.normal(size=(6, 3)).astype(np.float32)
    ones = np.ones_like(net.forward(x))
    assert net.tangent(x).dtype == np.float32
    net.tangent_backward(ones)
    assert net.grad.dtype == np.float32 and np.isfinite(net.grad).all()
