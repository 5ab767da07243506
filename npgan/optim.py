"""An optimiser moves one vector, net.theta, along another, net.grad, in place.

ascend() goes up the gradient (D on V), descend() goes down it (G on its loss). The learning rate in
use is lr * rate: lr is what the optimiser was given, rate the fraction of it that a schedule leaves
(1, unless something sets it). `settings` names the arguments that would make the same optimiser
again; state() holds the arrays that a checkpoint must keep beside them.
"""

import numpy as np

from npgan import require

BLOCK = 1 << 16  # entries; an update takes a long vector in pieces that stay in the processor's cache


def blocks(*arrays):
    """Yield the arrays, all of one length, in pieces of BLOCK entries: views, to be updated in place."""
    for start in range(0, len(arrays[0]), BLOCK):
        yield [array[start : start + BLOCK] for array in arrays]


class SGD:
    """theta += +-lr u, with u = momentum u + grad; momentum 0 is the plain gradient step."""

    settings = ("lr", "momentum")
    rate = 1.0

    def __init__(self, net, lr, momentum=0.0):
        self.net, self.lr = net, require.number("lr", lr)
        self.momentum = require.number("momentum", momentum, 0, 1, include_low=True)
        self.u = np.zeros_like(net.theta)

    def ascend(self):
        self._step(+self.lr * self.rate)

    def descend(self):
        self._step(-self.lr * self.rate)

    def _step(self, lr):
        for theta, grad, u in blocks(self.net.theta, self.net.grad, self.u):
            u *= self.momentum
            u += grad
            theta += lr * u

    def state(self):
        return {"u": self.u}


class RMSProp:
    """theta += +-lr grad / (sqrt(v) + eps), v the running mean of grad^2 (Tieleman, Hinton 2012)."""

    settings = ("lr", "decay", "eps")
    rate = 1.0

    def __init__(self, net, lr, decay=0.99, eps=1e-8):
        self.net, self.lr = net, require.number("lr", lr)
        self.decay, self.eps = require.number("decay", decay, 0, 1), require.number("eps", eps)
        self.v = np.zeros_like(net.theta)

    def ascend(self):
        self._step(+self.lr * self.rate)

    def descend(self):
        self._step(-self.lr * self.rate)

    def _step(self, lr):
        for theta, grad, v in blocks(self.net.theta, self.net.grad, self.v):
            v += (1 - self.decay) * (grad**2 - v)
            theta += lr * grad / (np.sqrt(v) + self.eps)

    def state(self):
        return {"v": self.v}


class Adam:
    """theta += +-lr m_hat / (sqrt(v_hat) + eps), with running means m of grad and v of grad^2.

    m_hat = m / (1 - beta1^t) and v_hat = v / (1 - beta2^t) undo that both start at 0; t counts the
    steps. Kingma, Ba 2015, Algorithm 1.
    """

    settings = ("lr", "betas", "eps")
    rate = 1.0

    def __init__(self, net, lr, betas=(0.9, 0.999), eps=1e-8):
        self.net, self.lr = net, require.number("lr", lr)
        self.betas = tuple(require.number("beta", beta, 0, 1, include_low=True) for beta in betas)
        self.eps = require.number("eps", eps)
        self.m, self.v, self.t = np.zeros_like(net.theta), np.zeros_like(net.theta), np.zeros(1, int)

    def ascend(self):
        self._step(+self.lr * self.rate)

    def descend(self):
        self._step(-self.lr * self.rate)

    def _step(self, lr):
        beta1, beta2 = self.betas
        self.t += 1
        bias1, bias2 = (1 - beta ** int(self.t[0]) for beta in self.betas)
        for theta, grad, m, v in blocks(self.net.theta, self.net.grad, self.m, self.v):
            m += (1 - beta1) * (grad - m)
            v += (1 - beta2) * (grad**2 - v)
            theta += lr / bias1 * m / (np.sqrt(v / bias2) + self.eps)

    def state(self):
        return {"m": self.m, "v": self.v, "t": self.t}


OPTIMISERS = {optimiser.__name__: optimiser for optimiser in (SGD, RMSProp, Adam)}
