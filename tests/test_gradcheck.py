"""The checker passes what is right, names what is wrong, and says when it cannot tell."""

import numpy as np
import pytest
from forms import BAD, GOOD

from npgan import GAN, SGD, Dense, LeakyReLU, Network, Tanh, games, gradcheck, require
from npgan.layers import LAYERS
from npgan.variants import VARIANTS


class Square:
    """A student's own layer: y = W x^2, one weight per column."""

    def __init__(self, n):
        self.W = np.arange(1.0, n + 1)

    def forward(self, x):
        self.x = x
        return self.W * x**2

    def backward(self, dy):
        self.dW = (dy * self.x**2).sum(axis=0)
        return dy * 2 * self.W * self.x


def test_a_students_own_layer(rng):
    checks = gradcheck.check_layer(Square(3), rng.standard_normal((4, 3)), rng=rng)
    assert [check.name for check in checks] == ["Square W", "Square x"]
    assert all(check.ok and check.count == n for check, n in zip(checks, (3, 12), strict=True))


@pytest.mark.parametrize("wrong", ["sign", "factor", "axis", "mean"])
def test_wrong_gradients_are_named_with_both_numbers(wrong, rng):
    class Wrong(Square):
        def backward(self, dy):
            dx = super().backward(dy)
            if wrong == "axis":
                self.dW = np.resize((dy * self.x**2).sum(axis=1), 3)
            if wrong == "mean":
                self.dW = self.dW / len(dy)
            return {"sign": -dx, "factor": dx / 2}.get(wrong, dx)

    parameter, inputs = gradcheck.check_layer(Wrong(3), rng.standard_normal((4, 3)), rng=rng)
    culprit, fine = (inputs, parameter) if wrong in ("sign", "factor") else (parameter, inputs)
    assert fine.ok and not culprit.ok and culprit.error > 0.05
    assert "WRONG" in str(culprit) and culprit.where in str(culprit)
    assert f"{culprit.backward:+.9g}" in str(culprit) and f"{culprit.difference:+.9g}" in str(culprit)


def test_a_wrong_entry_is_found_by_its_layer_parameter_and_index(rng, monkeypatch):
    right = Dense.backward

    def wrong(self, dy, params=True, inputs=True):
        dx = right(self, dy, params=params, inputs=inputs)
        if params and self.n_in == 4:
            self.dW[2, 1] *= 1.001
        return dx

    monkeypatch.setattr(Dense, "backward", wrong)
    net = Network(Dense(3, 4), LeakyReLU(0.2), Dense(4, 2), rng=rng)
    theta, inputs = gradcheck.check_layer(net, rng.standard_normal((5, 3)), rng=rng)
    assert theta.where == "layers[2] Dense(4, 2) W[2, 1]" and not theta.ok and inputs.ok


def test_random_directions_cost_the_same_for_any_size(rng, monkeypatch):
    net = Network(Dense(50, 60), LeakyReLU(0.2), Dense(60, 1), rng=rng)
    calls = []
    forward = Network.forward
    monkeypatch.setattr(Network, "forward", lambda self, x: calls.append(1) or forward(self, x))
    checks = gradcheck.check_layer(net, rng.standard_normal((2, 50)), rng=rng, directions=5)
    assert all(check.ok and check.count == 5 for check in checks) and len(calls) < 80
    right = LeakyReLU.backward
    monkeypatch.setattr(LeakyReLU, "backward", lambda self, dy, **kw: 1.001 * right(self, dy, **kw))
    assert not gradcheck.check_layer(net, rng.standard_normal((2, 50)), rng=rng, directions=5)[0].ok


def test_a_kink_is_reported_not_failed(rng):
    x = rng.standard_normal((3, 2))
    x[1, 0] = 0.0
    (check,) = gradcheck.check_layer(LeakyReLU(0.2), x, rng=rng)
    assert check.ok and check.kinks == ["x[1, 0]"] and "1 on a kink" in str(check)


def test_a_kink_nearby_is_no_excuse_and_no_failure(rng):
    x = np.array([[3e-6, -2e-6, 1.0]])  # within the first step of the difference, but not on it
    (check,) = gradcheck.check_layer(LeakyReLU(0.2), x, rng=rng)
    assert check.ok and not check.kinks


def test_a_wrong_gradient_on_a_kink_still_fails(rng, monkeypatch):
    right = LeakyReLU.backward
    monkeypatch.setattr(LeakyReLU, "backward", lambda self, dy, **kw: 2 * right(self, dy, **kw))
    (check,) = gradcheck.check_layer(LeakyReLU(0.2), np.array([[0.0]]), rng=rng)
    assert check.kinks  # twice the left slope 0.2 lies between the slopes: only other entries can tell
    monkeypatch.setattr(LeakyReLU, "backward", lambda self, dy, **kw: -right(self, dy, **kw))
    (check,) = gradcheck.check_layer(LeakyReLU(0.2), np.array([[0.0]]), rng=rng)
    assert not check.ok


def test_a_function_that_is_not_deterministic_is_noticed(rng):
    class Dropout:
        def forward(self, x):
            self.mask = rng.random(x.shape) < 0.5
            return x * self.mask

        def backward(self, dy):
            return dy * self.mask

    with pytest.raises(ValueError, match="not deterministic: two calls gave .* and .*"):
        gradcheck.check_layer(Dropout(), rng.standard_normal((4, 3)), rng=rng)


def test_layers_that_cannot_be_checked_are_told_why(rng):
    class InPlace(Square):
        def forward(self, x):
            np.maximum(x, 0, out=x)
            return super().forward(x)

    class Silent(Square):
        def forward(self, x):
            super().forward(x)

    class Matrix(Square):
        def forward(self, x):
            return super().forward(x).view(np.matrix)

    class Masked(Square):
        def forward(self, x):
            return np.ma.masked_array(super().forward(x))

    class Forgetful(Square):
        def backward(self, dy):
            return dy * 2 * self.W * self.x

    x = rng.standard_normal((4, 3))
    for layer, message in [
        (InPlace(3), "InPlace: forward changes its input x in place"),
        (Silent(3), "Silent: forward must return an array, got NoneType"),
        (Matrix(3), "Matrix: forward must return an array, got matrix, no plain one"),
        (Masked(3), "Masked: forward must return an array, got MaskedArray, no plain one"),
        (Forgetful(3), "Forgetful has no dW after its backward"),
    ]:
        with pytest.raises(ValueError, match=message):
            gradcheck.check_layer(layer, x, rng=rng)
    with pytest.raises(ValueError, match="Square has no V and no dV after its backward"):
        gradcheck.check_layer(Square(3), x, rng=rng, parameters=["V"])
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck.check_layer(Square(3), x[:0], rng=rng, parameters=[])
    with pytest.raises(TypeError, match="rng must be"):
        gradcheck.check_layer(Square(3), x, rng=None)


@pytest.mark.parametrize("form", GOOD)
def test_x_in_any_form_is_judged_in_float64_or_refused(form, rng):
    """And a wrong layer is wrong in each of them."""

    class Doubled(Square):
        def backward(self, dy):
            return 2 * super().backward(dy)

    x = GOOD[form](np.arange(1, 7).reshape(3, 2))
    if form in ("small", "far", "float64, very far", "spread wide", "large"):
        return  # a difference of 1e-5 is lost there, or all
    if require.array("x", x).dtype == np.float64:
        assert all(check.ok for check in gradcheck.check_layer(Square(2), x, rng=rng))
        assert [check.ok for check in gradcheck.check_layer(Doubled(2), x, rng=rng)] == [True, False]
        tangent = gradcheck.check_tangent(Tanh(), x, x, rng=rng)
        assert len(tangent) == 3 and all(check.ok for check in tangent)
    else:
        with pytest.raises(ValueError, match="need a float64 array, got"):
            gradcheck.check_layer(Square(2), x, rng=rng)


@pytest.mark.parametrize("form", BAD)
def test_no_numbers_are_not_judged(form, rng):
    """As x, as the gradient, and as theta."""
    bad, good = BAD[form](np.arange(1, 7).reshape(3, 2)), np.ones((3, 2))

    class Returns(Square):
        def backward(self, dy):
            super().backward(dy)
            return bad

    with np.errstate(invalid="ignore", over="ignore"):
        with pytest.raises((ValueError, TypeError)) as error:
            gradcheck.check_layer(Square(2), bad, rng=rng)
        if form != "huge":
            with pytest.raises(ValueError):
                gradcheck.check(lambda: 1.0 * np.sum(bad), bad, good)
        if "infinite" in form or "NaN" in form or form == "huge":
            assert not gradcheck.check_layer(Returns(2), good, rng=rng)[1].ok
        else:
            with pytest.raises(ValueError):
                gradcheck.check_layer(Returns(2), good, rng=rng)
    assert "\n" not in str(error.value)


def test_a_gradient_that_is_put_elsewhere_than_the_network_looks_is_noticed(rng):
    """dW = ... makes a new array: gradcheck would find it right, and the layer would never learn."""

    class Scale:
        shapes = {"W": (3,)}

        def init(self, rng):
            self.W[...] = rng.standard_normal(3)

        def forward(self, x):
            self.x = x
            return self.W * x

        def backward(self, dy, params=True, inputs=True):
            self.dW = (dy * self.x).sum(axis=0)
            return dy * self.W

    class Kept(Scale):
        def backward(self, dy, params=True, inputs=True):
            self.dW[...] = (dy * self.x).sum(axis=0)
            return dy * self.W

    x = rng.standard_normal((4, 3))
    with pytest.raises(ValueError, match="Scale: dW is another array after backward; write it into dW"):
        gradcheck.check_layer(Scale(), x, rng=rng)
    assert all(check.ok for check in gradcheck.check_layer(Kept(), x, rng=rng))
    for layer, learns in (Scale(), False), (Kept(), True):
        net = Network(layer, rng=rng)
        net.backward(net.forward(x))
        assert net.grad.any() == learns
        if not learns:
            with pytest.raises(ValueError, match="dW of .* is another array now"):
                net.forward(x)


def test_float32_is_refused(rng):
    with pytest.raises(ValueError, match="need a float64 array, got float32: build it with dtype=np.float64"):
        gradcheck.check_layer(LeakyReLU(0.2), np.ones((2, 2), np.float32), rng=rng)
    net = Network(Dense(2, 2), rng=rng, dtype=np.float32)
    with pytest.raises(ValueError, match="float64 array, got float32"):
        gradcheck.check(lambda: 0.0, net.theta, net.grad)
    with pytest.raises(ValueError, match="float64 array, got float32"):
        gradcheck.check_layer(net, np.ones((2, 2), np.float32), rng=rng)


def test_other_bad_input(rng):
    theta = np.ones(2)
    with pytest.raises(ValueError, match="the loss must be finite, got nan"):
        gradcheck.check(lambda: float("nan"), theta, theta)
    with pytest.raises(ValueError, match=r"theta has shape \(2,\), but its gradient \(3,\)"):
        gradcheck.check(lambda: theta.sum(), theta, np.ones(3))
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck.check(lambda: 0.0, np.zeros(0), np.zeros(0))
    with pytest.raises(TypeError, match="rng must be"):
        gradcheck.check(lambda: theta.sum(), theta, theta, directions=3)


def test_a_backward_that_writes_into_dy_is_judged_by_its_numbers(rng):
    class Double:
        def forward(self, x):
            return 2 * x

        def backward(self, dy):
            dy *= 2
            return dy

    (check,) = gradcheck.check_layer(Double(), rng.standard_normal((4, 3)), rng=rng)
    assert check.ok, str(check)


def test_a_nan_gradient_fails():
    theta = np.ones(2)
    assert not gradcheck.check(lambda: float(theta.sum()), theta, np.array([1.0, np.nan])).ok


def test_theta_is_put_back_to_the_bit(rng):
    theta = rng.standard_normal(5)
    before = theta.tobytes()
    assert gradcheck.check(lambda: float((theta**3).sum()), theta, 3 * theta**2).ok
    grad = gradcheck.numerical_gradient(lambda: float((theta**3).sum()), theta)
    assert theta.tobytes() == before and abs(grad - 3 * theta**2).max() < 1e-8


def test_numerical_gradient_keeps_the_shape(rng):
    W = rng.standard_normal((2, 3))
    assert abs(gradcheck.numerical_gradient(lambda: float((W**2).sum()), W) - 2 * W).max() < 1e-9


def test_everything_the_command_checks_is_right(rng):
    """Layers and tangents, games, variants, the cross-entropy: nothing that the package has is left out."""
    checks = {check.name: check for check in gradcheck.check_everything(rng=rng)}
    assert [str(check) for check in checks.values() if not check.ok] == []
    for name, kind in LAYERS.items():
        titles = [title for title in checks if title.startswith(name)]
        assert {title.split()[-1] for title in titles} >= {"x", *getattr(make(kind), "shapes", ())}
        if hasattr(kind, "tangent"):
            titles = [title for title in checks if title.startswith(f"tangent of {name}")]
            assert {title.split()[-1] for title in titles} >= {"dt", "dx"} and len(titles) >= 3
    assert "tangent of Dense(3, 4) theta" in checks
    assert all(any(name.startswith(kind) for name in checks) for kind in ("Network", "AutoEncoder"))
    counts = {name: check.count for name, check in checks.items()}
    assert [counts[f"Dense(3, 4) {p}"] for p in ("W", "b", "x")] == [12, 4, 15]
    assert all(counts[f"{kind} x"] == 20 for kind in ("LeakyReLU(0.2)", "LeakyReLU(0)", "Tanh()", "Sigmoid()"))
    assert (counts["game minimax, V"], counts["game minimax, loss of G"]) == (9, 4)
    assert (counts["D step, minimax"], counts["G step, minimax"]) == (113, 123)
    assert counts["cross-entropy"] == 20
    for game in games.GAMES:
        assert {f"game {game}, V", f"game {game}, loss of G"} <= checks.keys()
        for kind in VARIANTS:
            title = game if kind == "GAN" else f"{kind} {game}"
            assert {f"D step, {title}", f"G step, {title}"} <= checks.keys()


def make(kind):
    return kind(*{"Dense": (3, 4), "LeakyReLU": (0.2,), "MinibatchDiscrimination": (3,)}.get(kind.__name__, ()))


@pytest.mark.parametrize("game", games.GAMES.values(), ids=games.GAMES)
def test_the_one_cache_bug_fails_the_whole_d_step(game, rng, monkeypatch):
    """Forward real, forward fake, then backward for both over the one cache: what most GANs from scratch do."""

    def one_cache(self, x, z):
        m = len(x)
        a = np.concatenate([self.D.forward(x), self.D.forward(self.G.predict(z))])
        V, da = self.game.discriminator(a[:m], a[m:])
        self.D.backward(da[:m])
        of_real = self.D.grad.copy()
        self.D.backward(da[m:])
        self.D.grad += of_real
        return V

    G = Network(Dense(1, 4), LeakyReLU(0.2), Dense(4, 1), rng=rng)
    D = Network(Dense(1, 4), LeakyReLU(0.2), Dense(4, 1), rng=rng)
    gan = GAN(G, D, SGD(G, lr=1.0), SGD(D, lr=1.0), game=game)
    x, z = 4 + rng.standard_normal((8, 1)), gan.noise(8, rng=rng)
    assert gradcheck.check_discriminator_step(gan, x, z).ok
    monkeypatch.setattr(GAN, "discriminator_gradient", one_cache)
    assert gradcheck.check_discriminator_step(gan, x, z).error > 1e-2
