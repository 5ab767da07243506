"""An optimiser moves one vector, net.theta, along another, net.grad, in place.

ascend() goes up the gradient (D on V), descend() goes down it (G on its loss). The learning rate in
use is lr * rate: lr is what the optimiser was given, rate the fraction of it that a schedule leaves
(1, unless something sets it). An optimiser is the vectors it remembers, and one update.
"""

from functools import partial

import numpy as np

from npgan import require
from npgan.machine import in_blocks


class Optimiser:
    """Has `settings`, the names of the arguments that make it again, `vectors`, the names of its arrays of
    theta's shape, which start at 0, and update(lr, theta, grad, *vectors), which changes theta and the
    vectors in place, lr > 0 to ascend. It sees a piece of each array at a time: see `machine`."""

    settings, vectors = ("lr",), ()
    rate = 1.0

    def __init__(self, net, lr):
        self.net, self.lr = net, require.number("lr", lr)
        for name in self.vectors:
            setattr(self, name, np.zeros_like(net.theta))

    def ascend(self):
        self.move(+self.lr * self.rate)

    def descend(self):
        self.move(-self.lr * self.rate)

    def move(self, lr):
        vectors = [getattr(self, name) for name in self.vectors]
        in_blocks(partial(self.update, lr), self.net.theta, self.net.grad, *vectors)

    def state(self):
        """{name: array}: what a checkpoint must keep besides the settings."""
        return {name: getattr(self, name) for name in self.vectors}


class SGD(Optimiser):
    """theta += +-lr u, with u = momentum u + grad; momentum 0 is the plain gradient step."""

    settings, vectors = ("lr", "momentum"), ("u",)

    def __init__(self, net, lr, momentum=0.0):
        super().__init__(net, lr)
        self.momentum = require.number("momentum", momentum, 0, 1, include_low=True)

    def update(self, lr, theta, grad, u):
        u *= self.momentum
        u += grad
        theta += lr * u


class RMSProp(Optimiser):
    """theta += +-lr grad / (sqrt(v) + eps), v the running mean of grad^2 (Tieleman, Hinton 2012)."""

    settings, vectors = ("lr", "decay", "eps"), ("v",)

    def __init__(self, net, lr, decay=0.99, eps=1e-8):
        super().__init__(net, lr)
        self.decay, self.eps = require.number("decay", decay, 0, 1), require.number("eps", eps)

    def update(self, lr, theta, grad, v):
        v += (1 - self.decay) * (grad**2 - v)
        theta += lr * grad / (np.sqrt(v) + self.eps)


class Adam(Optimiser):
    """theta += +-lr m_hat / (sqrt(v_hat) + eps), with running means m_hat of grad and v_hat of grad^2.

    m_hat and v_hat are weighted means over all t steps so far: the sums m = beta1 m + grad and
    v = beta2 v + grad^2, over the sums of their weights, (1 - beta^t) / (1 - beta). Kingma, Ba 2015,
    Algorithm 1, where m and v have the factor 1 - beta in them.
    """

    settings, vectors = ("lr", "betas", "eps"), ("m", "v")

    def __init__(self, net, lr, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(net, lr)
        self.betas, self.eps = require.betas(betas), require.number("eps", eps)
        self.t = np.zeros(1, int)  # steps so far

    def move(self, lr):
        self.t += 1
        super().move(lr)

    def update(self, lr, theta, grad, m, v):
        t, (beta1, beta2) = int(self.t[0]), self.betas
        weight1, weight2 = (1 - beta1**t) / (1 - beta1), (1 - beta2**t) / (1 - beta2)
        m *= beta1
        m += grad
        v *= beta2
        step = grad**2  # the one array that is made here: for grad^2, and then for the step
        v += step
        np.sqrt(v, out=step)  # m_hat / (sqrt(v_hat) + eps), after both sides are multiplied by sqrt(weight2)
        step += weight2**0.5 * self.eps
        np.divide(m, step, out=step)
        step *= lr * weight2**0.5 / weight1
        theta += step

    def state(self):
        return super().state() | {"t": self.t}


def move_average(average, theta, decay, step):
    """average <- b average + (1 - b) theta in place, both (n,), with b = min(decay, (1 + step) / (10 + step)):
    the first steps, far from any good place, are soon forgotten. step counts from 1."""
    decay, step = require.number("decay", decay, 0, 1, include_low=True), require.count("step", step)
    b = min(decay, (1 + step) / (10 + step))

    def update(average, theta):
        way = theta - average
        way *= 1 - b
        average += way

    in_blocks(update, average, theta)


OPTIMISERS = {optimiser.__name__: optimiser for optimiser in (SGD, RMSProp, Adam)}
