"""Each layer against its formula, its gradient against finite differences, its inputs against nonsense."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npgan import Dense, LeakyReLU, Network, Sigmoid, Tanh, gradcheck, sigmoid
from npgan.layers import LAYERS

sizes = st.integers(1, 7)
seeds = st.integers(0, 2**32 - 1)


@given(m=sizes, n_in=sizes, n_out=sizes, seed=seeds)
def test_dense_gradients(m, n_in, n_out, seed):
    rng = np.random.default_rng(seed)
    for check in gradcheck.check_layer(Dense(n_in, n_out), rng.standard_normal((m, n_in)), rng=rng):
        assert check.ok, check


@given(m=sizes, n=sizes, slope=st.floats(0, 0.99), seed=seeds)
def test_activation_gradients(m, n, slope, seed):
    rng = np.random.default_rng(seed)
    for layer in LeakyReLU(slope), Tanh(), Sigmoid():
        (check,) = gradcheck.check_layer(layer, 2 * rng.standard_normal((m, n)), rng=rng)
        assert check.ok and not check.kinks, check


@given(m=sizes, n_in=sizes, n_out=sizes, seed=seeds)
def test_dense_equals_an_einsum(m, n_in, n_out, seed):
    rng = np.random.default_rng(seed)
    layer = Dense(n_in, n_out)
    Network(layer, rng=rng)
    x, dy = rng.standard_normal((m, n_in)), rng.standard_normal((m, n_out))
    y, dx = layer.forward(x), layer.backward(dy)
    for got, wanted in [
        (y, np.einsum("mi,io->mo", x, layer.W) + layer.b),
        (dx, np.einsum("mo,io->mi", dy, layer.W)),
        (layer.dW, np.einsum("mi,mo->io", x, dy)),
        (layer.db, np.einsum("mo->o", dy)),
    ]:
        assert abs(got - wanted).max() < 1e-13


def test_dense_starts_uniform_on_plus_minus_one_over_root_n_in(rng):
    layer = Dense(400, 300)
    Network(layer, rng=rng)
    bound = 1 / 20
    for array in layer.W, layer.b:
        assert -bound <= array.min() < -0.9 * bound and 0.9 * bound < array.max() <= bound
    # the standard deviation of a uniform is bound / sqrt(3); 120,000 draws fix it to 0.2 %
    assert abs(layer.W.std() * 3**0.5 / bound - 1) < 0.01


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_backward_gives_both_halves_unless_told_otherwise(layer):
    assert str(inspect.signature(layer.backward)) == "(self, dy, params=True, inputs=True)"


def test_leaky_relu_values_and_its_convention_at_the_kink():
    layer, x = LeakyReLU(0.2), np.array([[-2.0, 0.0, 3.0]])
    assert layer.forward(x).tolist() == [[-0.4, 0.0, 3.0]]
    assert layer.backward(np.ones((1, 3))).tolist() == [[0.2, 0.2, 1.0]]


@pytest.mark.parametrize("layer", [LeakyReLU(0.2), LeakyReLU(0), Tanh(), Sigmoid()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_keep_dtype_and_shape_and_leave_their_input_alone(layer, dtype, rng):
    x = rng.standard_normal((4, 3)).astype(dtype)
    before, dy = x.copy(), np.ones((4, 3), dtype)
    y, dx = layer.forward(x), layer.backward(dy)
    assert y.dtype == dx.dtype == dtype and y.shape == dx.shape == x.shape
    assert (x == before).all() and (dy == 1).all()


@pytest.mark.parametrize("layer", [Dense(3, 2), LeakyReLU(0.2), Tanh(), Sigmoid()])
def test_predict_does_not_touch_a_pending_backward(layer, rng):
    if isinstance(layer, Dense):
        Network(layer, rng=rng)
    x = rng.standard_normal((4, 3))
    y = layer.forward(x)
    dx = layer.backward(np.ones_like(y))
    assert (layer.predict(x) == y).all()
    layer.predict(rng.standard_normal((6, 3)))
    assert (layer.backward(np.ones_like(y)) == dx).all()


def test_dense_halves_can_be_left_out(rng):
    layer = Dense(3, 2)
    Network(layer, rng=rng)
    layer.forward(rng.standard_normal((4, 3)))
    layer.dW[...], layer.db[...] = 7.0, 7.0
    layer.backward(np.ones((4, 2)), params=False)
    assert (layer.dW == 7).all() and (layer.db == 7).all()
    assert layer.backward(np.ones((4, 2)), inputs=False) is None
    assert (layer.db == 4).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_exact_far_out(dtype):
    a = np.array([-1e4, -30.0, 0.0, 30.0, 1e4], dtype)
    y = sigmoid(a)
    assert y.dtype == dtype and y[0] == 0 and y[2] == 0.5 and y[4] == 1
    assert abs(y[1] / 9.357622968839299e-14 - 1) < 4 * np.finfo(dtype).eps  # not rounded off to 0
    assert (sigmoid(a) + sigmoid(-a) == 1).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int64, bool])
def test_sigmoid_takes_whole_numbers_as_numbers(dtype):
    """-1 is 255 in uint8, and a float16 is too coarse."""
    a = np.array([0, 1, 2, 5, 100]).astype(dtype)
    a = np.concatenate([a, -a]) if np.issubdtype(dtype, np.signedinteger) else a
    wanted = [1 / (1 + np.exp(-float(number))) for number in a]
    assert abs(sigmoid(a) - wanted).max() < 1e-15 and sigmoid(a).dtype == np.float64
    assert abs(sigmoid(3) - 1 / (1 + np.exp(-3.0))) < 1e-15


@pytest.mark.parametrize("shape", [(3, 3), (2,), (0, 2), (2, 2, 2), ()])
def test_dense_says_which_shape_it_needs(shape, rng):
    net = Network(Dense(2, 5), rng=rng)
    with pytest.raises(ValueError, match=r"Dense\(2, 5\) needs x of shape \(m, 2\) with m >= 1, got \("):
        net.forward(np.zeros(shape))


def test_dense_says_which_dtype_it_needs(rng):
    net = Network(Dense(2, 5), rng=rng, dtype=np.float32)
    with pytest.raises(ValueError, match="computes in float32, got x of float64"):
        net.forward(np.zeros((1, 2)))
    with pytest.raises(ValueError, match="got list"):
        net.forward([[1.0, 2.0]])


@pytest.mark.parametrize(
    "make", [lambda: Dense(0, 2), lambda: Dense(2, 1.5), lambda: LeakyReLU(1), lambda: LeakyReLU(-0.1)]
)
def test_layers_refuse_settings_that_make_no_sense(make):
    with pytest.raises(ValueError, match="must be a"):
        make()
