"""A network is a list of layers and one long vector theta; the layers look into the vector.

theta (size,) holds every W and b one after the other, grad (size,) their gradients in the same
order. `layer.W` is a view of theta and `layer.dW` a view of grad, so an optimiser, weight clipping,
an average of weights, a gradient norm are each one line on one array:

    net.theta -= lr * net.grad
    np.clip(net.theta, -c, c, out=net.theta)
    np.linalg.norm(net.grad)
"""

import copy
import math

import numpy as np

from npgan import require


class Network:
    """Layers applied one after the other: x (m, n_in) -> y (m, n_out).

    Network(Dense(1, 32), LeakyReLU(0.2), Dense(32, 1), rng=rng)

    rng: the np.random.Generator the parameters are drawn from. dtype: np.float64 (the default, for
    tight checks) or np.float32 (for images). ValueError if the sizes of the layers do not fit
    together, or if a layer sits in another network already.
    """

    settings, ends = ("layers", "dtype"), staticmethod(require.chain)  # (n_in, n_out), None where no Dense says

    def __init__(self, *layers, rng, dtype=np.float64):
        require.generator(rng)
        dtype = require.dtype(dtype)
        self.layers = list(layers)
        self.n_in, self.n_out = self.ends(self.layers)
        size = sum(math.prod(shape) for _, _, shape in self.parameters())
        self._theta, self._grad = np.zeros(size, dtype), np.zeros(size, dtype)
        self._carve()
        for layer in self.layers:
            if hasattr(layer, "init"):
                layer.init(rng)

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))}, dtype={self.dtype})"

    @property
    def theta(self):
        """Every parameter, (size,). `net.theta = new` writes into this vector: the views stay."""
        return self._theta

    @theta.setter
    def theta(self, new):
        self._write("theta", new)

    @property
    def grad(self):
        """d loss / d theta, (size,), overwritten by backward."""
        return self._grad

    @grad.setter
    def grad(self, new):
        self._write("grad", new)

    @property
    def dtype(self):
        return self._theta.dtype

    def forward(self, x):
        """The output y (m, n_out) for x (m, n_in); every layer remembers what backward needs."""
        for layer in self._ready(x):
            x = layer.forward(x)
        self._y = x.shape, x.dtype
        return x

    def predict(self, x):
        """The same y as forward, but nothing is remembered: a pending backward stays valid."""
        for layer in self._ready(x):
            x = layer.predict(x)
        return x

    def backward(self, dy, params=True, inputs=True):
        """Given dy = d loss / d y (m, n_out), overwrite grad and return dx (m, n_in). It belongs to the
        latest forward. params=False leaves grad as it was; inputs=False skips the first layer's dx, which
        is dear when x is wide, and returns None."""
        require.gradient(dy, self._y)
        first = self.layers[0]
        for layer in reversed(self.layers):
            dy = layer.backward(dy, params=params, inputs=inputs or layer is not first)
        return dy if inputs else None

    def tangent(self, t):
        """How y moves as x moves along t (m, n_in), by the latest forward: the directional derivative
        (m, n_out), row by row."""
        for layer in self.layers:
            t = layer.tangent(t)
        return t

    def tangent_backward(self, dt):
        """Given dt = d loss / d tangent (m, n_out), overwrite grad. It belongs to the latest tangent. y
        itself is not part of the loss, but the tangent depends on it wherever a layer is curved."""
        dy = 0.0
        for layer in reversed(self.layers):
            dt, dy = layer.tangent_backward(dt, dy)

    def parameters(self):
        """Yield (index of the layer, name, shape) of each parameter, in the order of theta."""
        for i, layer in enumerate(self.layers):
            for name, shape in getattr(layer, "shapes", {}).items():
                yield i, name, shape

    _y = None  # shape and dtype of the latest forward's output

    def _carve(self):
        """Give each layer its views: W and b into theta, dW and db into grad."""
        self._views, start = [], 0  # (layer, name, view)
        for i, name, shape in self.parameters():
            stop = start + math.prod(shape)
            for key, vector in (name, self._theta), ("d" + name, self._grad):
                setattr(self.layers[i], key, vector[start:stop].reshape(shape))
                self._views.append((self.layers[i], key, getattr(self.layers[i], key)))
            start = stop
        for layer in self.layers:
            layer.taken = True  # by this network, and by no other: it remembers one forward

    def _ready(self, x):
        """The layers, once x is a plain array and each of them still has the views it was given."""
        if type(x) not in require.PLAIN:
            require.rows("a Network", "x", x, self.n_in)
        for layer, name, view in self._views:
            if getattr(layer, name) is not view:
                raise ValueError(f"{name} of {layer} is another array now: write into it, {name}[...] = new")
        return self.layers

    def __setstate__(self, state):
        """copy.deepcopy and pickle copy each view on its own; carve them again."""
        self.__dict__.update(state)
        self._carve()

    def __copy__(self):
        return copy.deepcopy(self)  # or two networks would have one layer

    def _write(self, name, new):
        new, target = require.array(name, new), getattr(self, name)
        if new.shape != target.shape:
            raise ValueError(f"{name} has shape {target.shape}, got {new.shape}")
        target[...] = new


NETWORKS = {"Network": Network}
