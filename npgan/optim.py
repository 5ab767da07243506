"""An optimiser moves one vector, net.theta, along another, net.grad, in place.

ascend() goes up the gradient (D on V), descend() goes down it (G on its loss). The learning rate in
use is lr * rate: lr is what the optimiser was given, rate the fraction of it that a schedule leaves
(1, unless something sets it). `settings` names the arguments that would make the same optimiser
again; state() holds the arrays that a checkpoint must keep beside them.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from npgan import require

BLOCK = 1 << 17  # entries: a piece of each array of an update fits into the processor's cache
THREADS = ThreadPoolExecutor(2, thread_name_prefix="npgan")  # started when first used


def in_blocks(update, *arrays):
    """Call update(*pieces) on matching pieces of the arrays (n,): views, to be changed in place.

    A short vector is one piece. The pieces of a long one are shared out to two threads (NumPy computes
    outside Python's lock); as each entry depends on its own place only, no result depends on the order.
    """
    if len(arrays[0]) <= BLOCK:
        return update(*arrays)
    errors = np.geterr()  # how NumPy is to take an overflow: each thread has a setting of its own

    def update_piece(start):
        with np.errstate(**errors):
            update(*(array[start : start + BLOCK] for array in arrays))

    for _ in THREADS.map(update_piece, range(0, len(arrays[0]), BLOCK)):
        pass  # an exception in a thread comes out here


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
        def update(theta, grad, u):
            u *= self.momentum
            u += grad
            theta += lr * u

        in_blocks(update, self.net.theta, self.net.grad, self.u)

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
        def update(theta, grad, v):
            v += (1 - self.decay) * (grad**2 - v)
            theta += lr * grad / (np.sqrt(v) + self.eps)

        in_blocks(update, self.net.theta, self.net.grad, self.v)

    def state(self):
        return {"v": self.v}


class Adam:
    """theta += +-lr m_hat / (sqrt(v_hat) + eps), with running means m_hat of grad and v_hat of grad^2.

    m_hat and v_hat are weighted means over all t steps so far: the sums m = beta1 m + grad and
    v = beta2 v + grad^2, over the sums of their weights, (1 - beta^t) / (1 - beta). Kingma, Ba 2015,
    Algorithm 1, where m and v have the factor 1 - beta in them.
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
        weight1, weight2 = ((1 - beta ** int(self.t[0])) / (1 - beta) for beta in self.betas)

        def update(theta, grad, m, v):
            m *= beta1
            m += grad
            v *= beta2
            v += grad**2
            step = np.sqrt(v)  # m_hat / (sqrt(v_hat) + eps), after both sides are multiplied by sqrt(weight2)
            step += weight2**0.5 * self.eps
            np.divide(m, step, out=step)
            step *= lr * weight2**0.5 / weight1
            theta += step

        in_blocks(update, self.net.theta, self.net.grad, self.m, self.v)

    def state(self):
        return {"m": self.m, "v": self.v, "t": self.t}


OPTIMISERS = {optimiser.__name__: optimiser for optimiser in (SGD, RMSProp, Adam)}
