"""Improved GAN: give G another aim, let D see a batch as a whole, or teach D to doubt.

Feature matching, minibatch discrimination and one-sided label smoothing of Salimans, Goodfellow, Zaremba,
Cheung, Radford, Chen 2016. m: samples in a batch, A features of each, B kernels of C dimensions.
"""

import math

import numpy as np

from npgan import require
from npgan.games import Equilibrium, NonSaturating, mean, softplus
from npgan.gan import GAN
from npgan.layers import sigmoid


class FeatureMatching(GAN):
    """G descends |mean f(x) - mean f(G(z))|^2, f the output of one hidden layer of D; D plays as before.

    The difference of two means over a batch, not of samples. layer: which of D.layers, counted as in a list.
    x are the real samples of D's latest step; before there are any, G descends the game's own loss.
    """

    settings = {"layer": -2}

    def check(self):
        super().check()
        self.layer = require.inner("layer", self.layer, self.D.layers)
        self.x = None

    def V_gradient(self, x, fake):
        self.x = x
        return super().V_gradient(x, fake)

    def loss_gradient(self, fake):
        if self.x is None:
            return super().loss_gradient(fake)
        hidden, f, f_real = self.D.layers[: self.layer + 1], fake, self.x
        for layer in hidden:
            f_real, f = layer.predict(f_real), layer.forward(f)
        gap = f.mean(axis=0) - f_real.mean(axis=0)  # (A,)
        df = np.tile(2 / len(f) * gap, (len(f), 1))  # each sample moves the mean by 1/m
        for layer in reversed(hidden):
            df = layer.backward(df, params=False)
        self.G.backward(df, inputs=False)
        return float(gap @ gap)

    def memory(self):
        """What a checkpoint must keep: in the order "g_first" the next step begins with it."""
        return {} if self.x is None else {"x": self.x}

    def remember(self, x):
        self.x = require.rows("FeatureMatching", "x", x, self.D.n_in, self.D.dtype)


class MinibatchDiscrimination:
    """A layer that adds to each sample's features how close it lies to the others of its batch: (m, A) to
    (m, A + B).

    M_i = x_i T, T (A, B, C); c_b(i, j) = exp(-|M_ib - M_jb|_1); o_b(i) = the sum of c_b(i, j) over j != i.
    `parts`, (m_1, m_2, ...), splits the rows of the next batches into minibatches that do not see each other.
    ValueError for a minibatch of one sample. No gradient exists where two rows of M meet.
    """

    settings = ("n_in", "n_kernels", "n_dims")
    parts = None

    def __init__(self, n_in, n_kernels=50, n_dims=5):
        self.n_in, self.n_kernels, self.n_dims = map(require.count, self.settings, (n_in, n_kernels, n_dims))
        self.n_out, self.shapes = self.n_in + self.n_kernels, {"T": (self.n_in, self.n_kernels, self.n_dims)}

    def __repr__(self):
        return f"MinibatchDiscrimination({self.n_in}, {self.n_kernels}, {self.n_dims})"

    def init(self, rng):
        """T starts normal, so small that distances are about 1: of larger ones exp(-distance) sees nothing."""
        self.T[...] = rng.normal(0, 1 / (self.n_dims * math.sqrt(self.n_in)), self.T.shape)

    def predict(self, x):
        return np.concatenate([x, self.look(x)[2]], axis=1)

    def forward(self, x):
        self.x, (self.M, self.c, o) = x, self.look(x)
        return np.concatenate([x, o], axis=1)

    def look(self, x):
        """M (B, C, m), c, (B, m_i, m_i) for each minibatch i, and o (m, B)."""
        M = np.tensordot(self.T, require.rows(self, "x", x, self.n_in, self.T.dtype), (0, 1))
        c = [closeness(part) for part in self.split(M)]
        return M, c, np.concatenate([one.sum(axis=2).T for one in c])

    def split(self, array):
        return np.split(array, np.cumsum(self.parts or array.shape[-1:])[:-1], axis=-1)

    def backward(self, dy, params=True, inputs=True):
        do = self.split(dy[:, self.n_in :].T)
        dM = np.concatenate([*map(closeness_gradient, self.split(self.M), self.c, do)], axis=2)  # (B, C, m)
        if params:
            self.dT[...] = np.tensordot(self.x, dM, (0, 2))
        return dy[:, : self.n_in] + np.tensordot(dM, self.T, ([0, 1], [1, 2])) if inputs else None


def closeness(M):
    """c_b(i, j) = exp(-|M_ib - M_jb|_1), (B, m, m), with 0 for i = j; M (B, C, m). Kernel by kernel, so that
    (C, m, m) stays in the cache. ValueError for one sample: it has none to be compared with."""
    m = require.count("a minibatch in which samples are compared", M.shape[2], least=2)
    c = np.empty((len(M), m, m), M.dtype)
    for Mb, cb in zip(M, c, strict=True):  # (C, m), (m, m)
        np.exp(-np.abs(Mb[:, :, None] - Mb[:, None, :]).sum(axis=0), out=cb)
        np.fill_diagonal(cb, 0)
    return c


def closeness_gradient(M, c, do):
    """d loss / dM (B, C, m), given do = d loss / do (B, m), with o_b(i) = sum_j c_b(i, j)."""
    dM = np.empty_like(M)
    for b, Mb in enumerate(M):
        pull = c[b] * (do[b, :, None] + do[b])  # c(i, j) is in o(i) and in o(j)
        dM[b] = -np.einsum("ij,cij->ci", pull, np.sign(Mb[:, :, None] - Mb[:, None, :]))
    return dM


class Apart(GAN):
    """The GAN for a D with MinibatchDiscrimination: real and fake, one batch for all other layers, are two
    minibatches for that one."""

    apart, least_batch = True, 2  # what `require.pair` and `train` ask for

    def V_gradient(self, x, fake):
        layers = [layer for layer in self.D.layers if hasattr(layer, "parts")]
        for layer in layers:
            layer.parts = len(x), len(fake)
        try:
            return super().V_gradient(x, fake)
        finally:
            for layer in layers:
                layer.parts = None

    def probability(self, x):
        """As in GAN, but of x among 100 to 199 of its neighbours in x, or all of fewer."""
        parts = np.array_split(require.array("x", x), max(1, len(x) // 100))
        return np.concatenate([super(Apart, self).probability(part) for part in parts])


class Smoothed(NonSaturating):
    """One-sided label smoothing: D is to say `target`, not 1, of real samples, and 0 of fakes as before.

    V = E [t log D(x) + (1 - t) log(1 - D(x))] + E log(1 - D(G(z))), whose best D is t p_data/(p_data + p_g)
    (`theory.optimal_d` with its target). Were fakes smoothed too, p_g would stand above the fraction: a D that
    likes G where G is.
    """

    name, settings = "smoothed", ("target",)

    def __init__(self, target=0.9):
        self.target = require.number("target", target, 0, 1)  # what plots and theory ask for
        half, t = self.target / 2, self.target
        V = t * math.log(half) + (2 - t) * math.log(1 - half)
        self.equilibrium = Equilibrium(V=V, loss=-math.log(half), D=half)

    def discriminator(self, a_real, a_fake):
        t = self.target
        V = -mean(t * softplus(-a_real) + (1 - t) * softplus(a_real)) - mean(softplus(a_fake))
        da = np.concatenate([(t - sigmoid(a_real)) / len(a_real), -sigmoid(a_fake) / len(a_fake)])
        return V, da


smoothed = Smoothed()
