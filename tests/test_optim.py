"""Each optimiser against its formula written out with plain numbers."""

import warnings

import numpy as np
import pytest

from npgan import SGD, Adam, Dense, Network, RMSProp, machine
from npgan.machine import BLOCK
from npgan.optim import move_average

GRADS = [np.array([0.5, -2.0]), np.array([1.0, 3.0]), np.array([-0.25, 0.0])]


def moved(make, grads=GRADS, direction="descend", dtype=np.float64):
    """How far theta (2,) has moved after one step along each of grads."""
    net = Network(Dense(1, 1), rng=np.random.default_rng(0), dtype=dtype)
    optimiser, start = make(net), net.theta.copy()
    for grad in grads:
        net.grad = grad
        getattr(optimiser, direction)()
    return net.theta - start


def test_sgd():
    assert abs(moved(lambda net: SGD(net, lr=0.1)) + 0.1 * sum(GRADS)).max() < 1e-15


def test_sgd_with_momentum():
    u = total = 0.0
    for grad in GRADS:
        u = 0.9 * u + grad
        total = total + u
    assert abs(moved(lambda net: SGD(net, lr=0.1, momentum=0.9)) + 0.1 * total).max() < 1e-15


def test_rmsprop():
    v = total = 0.0
    for grad in GRADS:
        v = 0.9 * v + 0.1 * grad**2
        total = total + grad / (np.sqrt(v) + 1e-8)
    assert abs(moved(lambda net: RMSProp(net, lr=0.1, decay=0.9)) + 0.1 * total).max() < 1e-14


def test_adam():
    m = v = total = 0.0
    for t, grad in enumerate(GRADS, start=1):
        m, v = 0.5 * m + 0.5 * grad, 0.99 * v + 0.01 * grad**2
        total = total + (m / (1 - 0.5**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    assert abs(moved(lambda net: Adam(net, lr=0.1, betas=(0.5, 0.99))) + 0.1 * total).max() < 1e-14


def test_adam_without_memory_goes_by_signs():
    grads = [np.array([2.0, -3.0]), np.array([-0.5, -9.0])]
    steps = moved(lambda net: Adam(net, lr=0.1, betas=(0, 0)), grads)
    assert abs(steps - [0.0, 0.2]).max() < 1e-8


def test_adam_makes_steps_of_lr_from_the_first_on():
    """With a constant gradient every step is lr long; without the power t in the correction it is not."""
    steps = moved(lambda net: Adam(net, lr=0.1, betas=(0.5, 0.999)), grads=[np.array([2.0, -3.0])] * 50)
    assert abs(steps - [-5.0, 5.0]).max() < 1e-6


@pytest.mark.parametrize(
    "make",
    [
        lambda net: SGD(net, lr=0.1, momentum=0.5),
        lambda net: RMSProp(net, lr=0.1),
        lambda net: Adam(net, lr=0.1),
    ],
)
def test_ascend_is_descend_on_minus_the_gradient(make):
    up = moved(make, direction="ascend")
    down = moved(make, grads=[-grad for grad in GRADS])
    assert (up == down).all() and abs(up).min() > 0


@pytest.mark.parametrize(
    "make", [lambda net: SGD(net, lr=0.1), lambda net: RMSProp(net, lr=0.1), lambda net: Adam(net, lr=0.1)]
)
@pytest.mark.parametrize("direction", ["ascend", "descend"])
def test_rate_scales_the_step(make, direction):
    def slowed(net):
        optimiser = make(net)
        assert optimiser.rate == 1
        optimiser.rate = 0.3
        return optimiser

    assert abs(moved(slowed, direction=direction) - 0.3 * moved(make, direction=direction)).max() < 1e-15


def test_defaults_are_the_usual_ones():
    net = Network(Dense(1, 1), rng=np.random.default_rng(0))
    assert SGD(net, lr=0.1).momentum == 0
    assert (RMSProp(net, lr=0.1).decay, RMSProp(net, lr=0.1).eps) == (0.99, 1e-8)
    assert (Adam(net, lr=0.1).betas, Adam(net, lr=0.1).eps) == ((0.9, 0.999), 1e-8)


def test_a_running_average_soon_forgets_the_first_steps():
    for step, decay, b in (1, 0.9, 2 / 11), (2, 0.9, 3 / 12), (500, 0.9, 0.9), (1, 0.1, 0.1):
        average = np.array([1.0, -2.0])
        move_average(average, np.array([3.0, 0.0]), decay, step)
        assert abs(average - [1 + 2 * (1 - b), -2 + 2 * (1 - b)]).max() < 1e-15


def test_long_vectors_are_treated_like_short_ones(rng):
    """The blocks in which a long vector is updated must not show."""
    n = 2 * BLOCK + 12_345
    net = Network(Dense(n - 1, 1), rng=rng, dtype=np.float32)
    grads = rng.standard_normal((3, n)).astype(np.float32)
    start, adam = net.theta.copy(), Adam(net, lr=0.1, betas=(0.5, 0.99))
    for grad in grads:
        net.grad = grad
        adam.descend()
    for i in 0, BLOCK - 1, BLOCK, 2 * BLOCK, n // 2, n // 2 + 1, n - 1:
        one = moved(lambda net: Adam(net, lr=0.1, betas=(0.5, 0.99)), [np.full(2, g[i]) for g in grads])
        assert abs(net.theta[i] - start[i] - one[0]) < 1e-6


def test_threads_take_overflows_as_their_caller_does(rng):
    net = Network(Dense(2 * BLOCK, 1), rng=rng, dtype=np.float32)
    adam = Adam(net, lr=0.1)
    net.grad = np.full(net.grad.shape, 1e30)  # its square is beyond float32
    with np.errstate(over="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error")
        adam.descend()
    assert np.isinf(adam.v).all()
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        adam.descend()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_state_keeps_the_dtype_and_is_alive(dtype):
    net = Network(Dense(1, 1), rng=np.random.default_rng(0), dtype=dtype)
    for optimiser in SGD(net, lr=0.1, momentum=0.9), RMSProp(net, lr=0.1), Adam(net, lr=0.1):
        net.grad = np.ones(2)
        optimiser.descend()
        assert net.theta.dtype == dtype
        for name, array in optimiser.state().items():
            assert array.any() and (name == "t" or array.dtype == dtype)
    assert list(optimiser.state()) == ["m", "v", "t"] and optimiser.state()["t"].tolist() == [1]


@pytest.mark.parametrize(
    "betas", [(0, 0.9, 0.9), (0.9,), (), 0.9, None, "ab", {0.5, 0.9}, {0.5: 1, 0.9: 2}, np.ones(2), iter("01")]
)
def test_betas_are_two_numbers(betas):
    with pytest.raises(ValueError, match=r"betas must be two numbers, such as \(0.9, 0.999\), got"):
        Adam(Network(Dense(1, 1), rng=np.random.default_rng(0)), lr=0.1, betas=betas)


@pytest.mark.parametrize("betas", [(0, np.nan), (True, 0.9), ("0.5", 0.9), (0, None), (0, [0.9]), (0, np.inf)])
def test_each_beta_is_a_number(betas):
    with pytest.raises(ValueError, match="beta must be a number with 0 <= beta < 1, got"):
        Adam(Network(Dense(1, 1), rng=np.random.default_rng(0)), lr=0.1, betas=betas)
    net = Network(Dense(1, 1), rng=np.random.default_rng(0))
    assert Adam(net, lr=0.1, betas=[0, np.float32(0.5)]).betas == (0.0, 0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda net: SGD(net, lr=0),
        lambda net: SGD(net, lr=float("nan")),
        lambda net: SGD(net, lr=0.1, momentum=1),
        lambda net: RMSProp(net, lr=0.1, decay=1.5),
        lambda net: RMSProp(net, lr=0.1, decay=0),
        lambda net: Adam(net, lr=-1),
        lambda net: Adam(net, lr=0.1, betas=(0.5, 1)),
        lambda net: Adam(net, lr=0.1, betas=(-0.1, 0.5)),
        lambda net: Adam(net, lr=0.1, eps=0),
    ],
)
def test_settings_that_make_no_sense(make):
    with pytest.raises(ValueError, match="must be a number with"):
        make(Network(Dense(1, 1), rng=np.random.default_rng(0)))


def test_a_step_has_the_same_bytes_on_one_thread_and_on_two(rng, monkeypatch):
    """And those of the formula as it stands, on whole arrays: no block is left out or met twice."""
    start, grads = rng.standard_normal(3 * BLOCK + 5), rng.standard_normal((2, 3 * BLOCK + 5))
    m, v, theta, average = np.zeros_like(start), np.zeros_like(start), start.copy(), start / 2
    for t, grad in enumerate(grads, start=1):
        m, v = 0.5 * m + grad, 0.99 * v + grad**2
        w1, w2 = (1 - 0.5**t) / (1 - 0.5), (1 - 0.99**t) / (1 - 0.99)
        theta = theta + m / (np.sqrt(v) + w2**0.5 * 1e-8) * (-0.1 * w2**0.5 / w1)
        average = average + (1 - 0.9) * (theta - average)
    for workers in 1, 2:
        monkeypatch.setattr(machine, "workers", workers)
        net = Network(Dense(len(start) - 1, 1), rng=rng)
        net.theta, moved = start, start / 2
        adam = Adam(net, lr=0.1, betas=(0.5, 0.99))
        for grad in grads:
            net.grad = grad
            adam.descend()
            move_average(moved, net.theta, 0.9, 1000)
        assert (net.theta == theta).all() and (moved == average).all()
        assert (adam.m == m).all() and (adam.v == v).all()
