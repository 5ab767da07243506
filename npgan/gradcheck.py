"""The gradient checker: nudge a number, see how far the loss moves, compare with what backward says.

For your own layer, anything with forward(x) and backward(dy):

    for check in gradcheck.check_layer(MyLayer(), x, rng=rng):
        print(check)

Central differences, (f(v + h) - f(v - h)) / 2h, are right to about 1e-10 in float64, so 1e-7 passes
every correct gradient, and every wrong sign, axis or factor fails by many orders of magnitude.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from npgan import games, require
from npgan.classifier import cross_entropy
from npgan.layers import Dense, LeakyReLU, Sigmoid, Tanh
from npgan.network import Network
from npgan.optim import SGD
from npgan.variants import VARIANTS
from npgan.variants.conditional import Conditional
from npgan.variants.energy import AutoEncoder, PullingAway
from npgan.variants.improved import Apart, MinibatchDiscrimination

TOLERANCE = 1e-7
STEPS = (1e-5, 1e-6, 1e-7)  # a smaller h is tried where a kink spoils the larger one


@dataclass
class Check:
    """The outcome for one array: the worst relative error, where it is, and both numbers there.

    error: |backward - difference| over the largest entry of either gradient (at least a thousandth
    of the loss, or of 1), so that entries that happen to be near 0 are judged by their neighbours.
    count: how many entries, or directions, were compared. kinks: those that sit on a kink (the 0 of
    a LeakyReLU), where left and right slope differ and no gradient exists; they are not counted as
    errors as long as backward's number lies between the two.
    """

    name: str
    error: float
    where: str
    backward: float
    difference: float
    count: int
    kinks: list = field(default_factory=list)
    tolerance: float = TOLERANCE

    @property
    def ok(self):
        return self.error <= self.tolerance

    def __str__(self):
        line = f"{self.name}: {'ok' if self.ok else 'WRONG'}, relative error {self.error:.1e} at {self.where}"
        line += f" (backward {self.backward:+.9g}, difference {self.difference:+.9g}; {self.count} compared)"
        if self.kinks:
            line += f"; {len(self.kinks)} on a kink, with no gradient to compare: {', '.join(self.kinks[:3])}"
        return line


def numerical_gradient(f, theta, h=1e-5):
    """d f / d theta by central differences: an array of theta's shape.

    f(): a number computed from the array theta (float64), which is nudged in place, one entry at a
    time, and put back.
    """
    _check_inputs(f, theta)
    h, grad = require.number("h", h), np.zeros_like(theta)
    for index in np.ndindex(theta.shape):
        grad[index] = _slope(f, theta, _one_hot(theta, index), h)
    return grad


def check(
    f, theta, grad, *, name="theta", where=None, directions=None, rng=None, tolerance=TOLERANCE
):
    """Compare grad, said to be d f / d theta, with central differences; return a Check.

    f(): the loss, a number computed from the array theta, which is nudged in place and put back.
    Every entry of theta is tried; or, with directions=n, n random directions (rng says which), whose
    cost does not depend on theta's size. where(index) names an entry in the message.

    ValueError if theta is not float64 (differences in float32 are good to 1e-3 only), if f is not
    finite, or not deterministic: two calls, two numbers.
    """
    _check_inputs(f, theta)
    grad = np.array(require.array(f"the gradient of {name}", grad), dtype=float)
    if grad.shape != theta.shape:
        raise ValueError(f"{name} has shape {theta.shape}, but its gradient {grad.shape}")
    where = where or (lambda index: f"{name}{list(map(int, index))}")
    if len(bad := np.argwhere(~np.isfinite(grad))):  # no difference is needed to tell
        index = tuple(map(int, bad[0]))
        return Check(name, math.inf, where(index), float(grad[index]), math.nan, 0, tolerance=tolerance)
    if directions is None:
        tries = ((where(index), _one_hot(theta, index)) for index in np.ndindex(theta.shape))
    else:
        count = require.count("directions", directions)
        tries = ((f"direction {i}", _direction(theta, rng)) for i in range(count))

    scale = max(float(np.abs(grad).max()), 1e-3 * max(1.0, abs(f())))
    worst, kinks, count = (-1.0, "nowhere", math.nan, math.nan), [], 0
    for place, direction in tries:
        said, count = float(np.vdot(grad, direction)), count + 1
        for h in STEPS:
            seen = _slope(f, theta, direction, h)
            error = abs(said - seen) / max(scale, abs(seen))
            if error <= tolerance:
                break
        else:
            if _on_kink(f, theta, direction, said, scale):
                kinks.append(place)
                continue
        if not error <= worst[0]:  # a NaN is the worst of all
            worst = (error if error == error else math.inf, place, said, seen)
    if worst[0] < 0:  # nothing but kinks
        worst = (0.0, *worst[1:])
    return Check(name, *worst, count, kinks, tolerance)


def check_layer(layer, x, *, rng, parameters=None, directions=None, tolerance=TOLERANCE):
    """Check a layer or a Network at x (m, n): one Check per parameter array, and one for x.

    The loss is the sum of the outputs, each weighted by a random number from rng. layer: anything
    with forward(x) and backward(dy) -> dx. Its parameters are the arrays it lists in `shapes` (a
    Network is made around it, to allocate them), else those named in parameters, by default W and b
    if it has them; backward must leave the gradient of W in dW.

    ValueError, besides those of `check`, if forward returns no plain array or changes its input, if a
    parameter or its gradient is missing, or if backward puts another array in the place of one that a
    Network has allocated: an optimiser would not see it.
    """
    x = np.array(require.array("x", x))
    title = layer if hasattr(layer, "settings") else type(layer).__name__
    require.generator(rng)
    _check_array(x)
    if getattr(layer, "shapes", None) and not hasattr(layer, next(iter(layer.shapes))):
        Network(layer, rng=rng)
    before, y = x.copy(), layer.forward(x)
    if type(y) is not np.ndarray:
        raise ValueError(f"{title}: forward must return an array, got {type(y).__name__}, no plain one")
    if not np.array_equal(x, before, equal_nan=True):
        raise ValueError(f"{title}: forward changes its input x in place; let it work on a copy")
    r = rng.standard_normal(y.shape)

    def f():
        return float((r * layer.forward(x)).sum())

    f()
    allocated = {name: getattr(layer, name) for p in getattr(layer, "shapes", ()) for name in (p, f"d{p}")}
    dx = layer.backward(r.copy())  # a copy: a layer may write into dy, and r is still needed
    for name, array in allocated.items():
        if getattr(layer, name) is not array:
            raise ValueError(f"{title}: {name} is another array after backward; write it into {name}")
    options = {"directions": directions, "rng": rng, "tolerance": tolerance}
    if isinstance(layer, Network):
        arrays = [("theta", layer.theta, layer.grad.copy(), lambda index: locate(layer, index[0]))]
    else:
        if parameters is None:
            parameters = getattr(layer, "shapes", None) or [p for p in ("W", "b") if hasattr(layer, p)]
        if missing := [name for p in parameters for name in (p, f"d{p}") if not hasattr(layer, name)]:
            raise ValueError(f"{title} has no {' and no '.join(missing)} after its backward")
        arrays = [(p, getattr(layer, p), np.copy(getattr(layer, "d" + p)), None) for p in parameters]
    arrays = [one for one in arrays if one[1].size]  # a Network of activations has an empty theta
    return [
        check(f, array, grad, name=f"{title} {p}", where=where or _place(p), **options)
        for p, array, grad, where in [*arrays, ("x", x, dx, None)]
    ]


def check_tangent(layer, x, t, *, rng, tolerance=TOLERANCE):
    """Check tangent and tangent_backward of a layer at x, t (m, n): a list of Checks.

    The tangent itself is compared with differences of predict along t. Then the loss is a sum of the
    outputs and the tangents, each weighted by a random number from rng, and its gradients with respect to
    x, t and the parameters with differences.
    """
    net, x, t = Network(layer, rng=rng), np.array(require.array("x", x)), np.array(require.array("t", t))
    y, s = net.forward(x), np.zeros(1)  # at s = 0, y moves with x + s t
    dt, dy = rng.standard_normal((2, *y.shape))

    def along():
        return float((dt * net.predict(x + s * t)).sum())

    def f():
        return float((dy * layer.forward(x)).sum() + (dt * layer.tangent(t)).sum())

    said = (dt * layer.tangent(t)).sum().reshape(1)
    f()
    dt_in, dx = layer.tangent_backward(dt, dy)
    arrays = ("", s, said), ("dt", t, dt_in), ("dx", x, dx), ("theta", net.theta, net.grad.copy())
    title = f"tangent of {layer}"
    return [
        check(f if part else along, array, grad, name=f"{title} {part}".rstrip(), tolerance=tolerance)
        for part, array, grad in arrays
        if array.size
    ]


def check_discriminator_step(gan, x, z, *, directions=None, rng=None):
    """Check the whole D step of any GAN: D.grad against differences of the V that it returns with it."""

    def V():
        return gan.discriminator_gradient(x, z)

    V()
    return _check_theta(V, gan.D, f"D step, {_title(gan)}", directions, rng)


def check_generator_step(gan, z, *, directions=None, rng=None):
    """Check the whole G step of any GAN: G.grad, through D, against differences of the loss."""

    def loss():
        return gan.generator_gradient(z)

    loss()
    return _check_theta(loss, gan.G, f"G step, {_title(gan)}", directions, rng)


def check_game(game, a_real, a_fake):
    """Check both gradients of a game at logits a_real (m, 1), a_fake (m', 1): a list of two Checks."""
    a_real, a_fake = require.array("a_real", a_real), require.array("a_fake", a_fake)
    a, m = np.concatenate([a_real, a_fake]), len(a_real)
    V = check(
        lambda: game.discriminator(a[:m], a[m:])[0], a, game.discriminator(a[:m], a[m:])[1],
        name=f"game {game.name}, V", where=_place("a"),
    )  # fmt: skip
    a = np.array(a_fake)
    loss = check(
        lambda: game.generator(a)[0], a, game.generator(a)[1],
        name=f"game {game.name}, loss of G", where=_place("a"),
    )  # fmt: skip
    return [V, loss]


def check_cross_entropy(a, labels):
    """Check the gradient of the cross-entropy at logits a (m, k), for labels (m,)."""
    a = np.array(require.array("a", a))
    _, da = cross_entropy(a, labels)
    return check(lambda: cross_entropy(a, labels)[0], a, da, name="cross-entropy", where=_place("a"))


def check_everything(*, rng):
    """Yield a Check for every layer and its tangent, every game, the whole D and G step of every variant in
    every game, and the cross-entropy."""
    layers = (Dense(3, 4), 3), (LeakyReLU(0.2), 4), (LeakyReLU(0), 4), (Tanh(), 4), (Sigmoid(), 4)
    for layer, n in layers:
        yield from check_layer(layer, rng.standard_normal((5, n)), rng=rng)
    for layer, n in (Dense(3, 4), 3), *layers[1:]:
        yield from check_tangent(layer, *rng.standard_normal((2, 5, n)), rng=rng)
    deep = Dense(3, 6), LeakyReLU(0.2), Dense(6, 5), Tanh(), Dense(5, 4), Sigmoid(), Dense(4, 2)
    yield from check_layer(Network(*deep, rng=rng), rng.standard_normal((5, 3)), rng=rng)
    yield from check_layer(MinibatchDiscrimination(3, 4, 2), rng.standard_normal((5, 3)), rng=rng)
    folded = AutoEncoder(Dense(4, 3), Tanh(), Dense(3, 4), code=1, rng=rng)
    yield from check_layer(folded, rng.standard_normal((5, 4)), rng=rng)
    for game in games.GAMES.values():
        yield from check_game(game, 3 * rng.standard_normal((5, 1)), 3 * rng.standard_normal((4, 1)))
    for kind in VARIANTS.values():
        for game in games.GAMES.values():
            yield from check_steps(small_gan(kind, game, rng=rng), rng=rng)
    yield check_cross_entropy(3 * rng.standard_normal((5, 4)), rng.integers(4, size=5))


def check_steps(gan, *, m=6, rng):
    """Check the D step and the G step of a gan on m random real samples: a list of two Checks."""
    x, z = rng.standard_normal((m, gan.D.n_in)), gan.noise(m, rng=rng)
    return [check_discriminator_step(gan, x, z), check_generator_step(gan, gan.noise(m, rng=rng))]


def small_gan(kind, game, *, rng):
    """A GAN of a variant, small enough to check every parameter, with curved and with bent layers."""
    k = 2 if issubclass(kind, Conditional) else 0  # columns of a label
    G = Network(Dense(2 + k, 8), LeakyReLU(0.2), Dense(8, 8), Tanh(), Dense(8, 3), rng=rng)
    layers = [Dense(3 + k, 8), LeakyReLU(0.2), Dense(8, 8), Tanh()]
    if issubclass(kind, PullingAway):
        D = AutoEncoder(*layers, Dense(8, 3), code=1, rng=rng)
    elif issubclass(kind, Apart):
        D = Network(*layers, MinibatchDiscrimination(8, 3, 2), Dense(11, 1), rng=rng)
    else:
        D = Network(*layers, Dense(8, 1), rng=rng)
    return kind(G, D, SGD(G, lr=1.0), SGD(D, lr=1.0), game=game)


def locate(net, i):
    """The name of theta[i]: which layer, which parameter, which entry."""
    for layer, name, shape in net.parameters():
        if i < math.prod(shape):
            index = ", ".join(str(int(k)) for k in np.unravel_index(i, shape))
            return f"layers[{layer}] {net.layers[layer]} {name}[{index}]"
        i -= math.prod(shape)
    raise ValueError(f"theta has {net.theta.size} entries")


def _title(gan):
    kind = type(gan).__name__
    return gan.game.name if kind == "GAN" else f"{kind} {gan.game.name}"


def _check_theta(f, net, name, directions, rng):
    return check(
        f, net.theta, net.grad, name=name, where=lambda index: locate(net, index[0]),
        directions=directions, rng=rng,
    )  # fmt: skip


def _place(name):
    return lambda index: f"{name}[{', '.join(map(str, index))}]"


def _check_array(array):
    if type(array) not in require.PLAIN or array.dtype != np.float64:
        got = array.dtype if type(array) in require.PLAIN else type(array).__name__
        raise ValueError(f"differences need a float64 array, got {got}: build it with dtype=np.float64")


def _check_inputs(f, theta):
    _check_array(theta)
    if not theta.size:
        raise ValueError(f"there is nothing to check in an array of shape {theta.shape}")
    first, second = f(), f()
    if not math.isfinite(first):
        raise ValueError(f"the loss must be finite, got {first}")
    if first != second:
        raise ValueError(
            f"the loss is not deterministic: two calls gave {first!r} and {second!r}; "
            "draw the random numbers once, before the check"
        )


def _one_hot(theta, index):
    direction = np.zeros_like(theta)
    direction[index] = 1.0
    return direction


def _direction(theta, rng):
    direction = require.generator(rng).standard_normal(theta.shape)
    return direction / np.linalg.norm(direction)


def _slope(f, theta, direction, h, back=1.0):
    """(f(theta + h) - f(theta - back h)) / (h + back h) along the direction; theta is put back."""
    start = theta.copy()
    try:
        theta[...] = start + h * direction
        ahead = f()
        theta[...] = start - back * h * direction
        return (ahead - f()) / (h + back * h)
    finally:
        theta[...] = start


def _on_kink(f, theta, direction, said, scale):
    """Is there no derivative here, and does `said` lie between the left and the right slope?"""
    right = _slope(f, theta, direction, 1e-7, back=0.0)
    left = -_slope(f, theta, -direction, 1e-7, back=0.0)
    slack = 1e-5 * scale
    return abs(right - left) > 1e-4 * scale and min(left, right) - slack <= said <= max(left, right) + slack
