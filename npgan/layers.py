"""A layer is a forward and the backward that belongs to it, written side by side.

Shapes: x (m, n_in) goes in, y (m, n_out) comes out, a row per sample; dx and dy, shaped like x and y,
are the gradients of one number (a loss) with respect to them. Every layer has

    predict(x)    y, and nothing is remembered
    forward(x)    y, and what backward will need is remembered
    backward(dy, params=True, inputs=True)    dx for the latest forward. A layer with parameters also
                  writes into dW, db if params, and may return None in place of dx if not inputs.

Two more, for a loss on the slopes of a network (the penalties in `variants`); t (m, n_in) is a
direction in which x moves, and y then moves along its tangent dy/dx t (m, n_out):

    tangent(t)    the tangent at the latest forward's x; t is remembered
    tangent_backward(dt, dy)    (dt, dx) for the input, given those for tangent and y, the gradients of one
                  number; dy is the float 0.0 if no layer above is curved. Also overwrites dW, db.

A layer with parameters names their `shapes` and fills them in `init(rng)`; the Network it is put into
hands it W, b, dW, db. `settings` names the arguments that make the same layer again.
"""

from functools import lru_cache

import numpy as np

from npgan import require

ones = lru_cache(np.ones)  # the same few at every step


class Dense:
    """y = x W + b, x (m, n_in), W (n_in, n_out), b (n_out,). ValueError if x has another shape or dtype."""

    settings = ("n_in", "n_out")

    def __init__(self, n_in, n_out):
        self.n_in, self.n_out = require.count("n_in", n_in), require.count("n_out", n_out)
        self.shapes = {"W": (self.n_in, self.n_out), "b": (self.n_out,)}

    def __repr__(self):
        return f"Dense({self.n_in}, {self.n_out})"

    def init(self, rng):
        """W and b start uniform on (-1/sqrt(n_in), 1/sqrt(n_in)), as PyTorch's Linear does."""
        bound = self.n_in**-0.5
        self.W[...] = rng.uniform(-bound, bound, self.W.shape)
        self.b[...] = rng.uniform(-bound, bound, self.b.shape)

    def predict(self, x):
        y = np.dot(require.rows(self, "x", x, self.n_in, self.W.dtype), self.W)
        y += self.b
        return y

    def forward(self, x):
        self.x = x
        return self.predict(x)

    def backward(self, dy, params=True, inputs=True):
        if params:
            np.dot(self.x.T, dy, out=self.dW)  # sum over the batch of x_i dy_j
            np.dot(ones(len(dy), dy.dtype), dy, out=self.db)  # the sum over the batch, by BLAS: faster
        return np.dot(dy, self.W.T) if inputs else None

    def tangent(self, t):
        self.t = t
        return np.dot(t, self.W)

    def tangent_backward(self, dt, dy):
        self.dW[...] = self.db[...] = 0.0
        dx = dy if isinstance(dy, float) else self.backward(dy)
        self.dW += np.dot(self.t.T, dt)
        return np.dot(dt, self.W.T), dx


class Activation:
    """A layer without parameters, each y from its own x alone: dy and t are both multiplied by the slope
    dy/dx, which y tells. Each kind adds predict, backward, and bend: slope * bend is tangent_backward's dx."""

    settings = ()

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{getattr(self, name):g}' for name in self.settings)})"

    def forward(self, x):
        self.y = self.predict(x)
        return self.y

    def tangent(self, t):
        self.t = t
        return self.backward(t)

    def tangent_backward(self, dt, dy):
        dy = self.bend(dt, dy)
        return self.backward(dt), dy if isinstance(dy, float) else self.backward(dy)


class LeakyReLU(Activation):
    """y = x where x > 0, slope x elsewhere (at the kink x = 0 too), 0 <= slope < 1; 0: the plain ReLU."""

    settings = ("slope",)

    def __init__(self, slope):
        self.slope = require.number("slope", slope, 0, 1, include_low=True)

    def predict(self, x):
        y = self.slope * x
        return np.maximum(x, y, out=y)

    def backward(self, dy, params=True, inputs=True):
        dx = (self.y > 0.0).astype(dy.dtype)  # 1 where x > 0, else 0: np.where would be ten times slower
        dx *= 1 - self.slope
        dx += self.slope  # now 1 or slope
        return np.multiply(dx, dy, out=dx)

    def bend(self, dt, dy):
        return dy  # straight on either side of the kink


class Tanh(Activation):
    """y = tanh(x), in (-1, 1); dy/dx = 1 - y^2, and its own derivative is -2 y dy/dx."""

    def predict(self, x):
        return np.tanh(x)

    def backward(self, dy, params=True, inputs=True):
        return dy * (1 - self.y**2)

    def bend(self, dt, dy):
        return dy - 2 * self.y * self.t * dt


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)), in (0, 1); dy/dx = y (1 - y), its slope (1 - 2y) dy/dx. No D here ends in it."""

    def predict(self, x):
        return sigmoid(x)

    def backward(self, dy, params=True, inputs=True):
        return dy * self.y * (1 - self.y)

    def bend(self, dt, dy):
        return dy + (1 - 2 * self.y) * self.t * dt


def sigmoid(a):
    """1 / (1 + exp(-a)), elementwise, of integers too; exp never overflows, tiny values keep their digits."""
    return np.exp(np.minimum(a, 0.0)) / (1.0 + np.exp(-1.0 * np.abs(a)))


LAYERS = {layer.__name__: layer for layer in (Dense, LeakyReLU, Tanh, Sigmoid)}
