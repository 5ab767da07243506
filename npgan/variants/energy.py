"""EBGAN: D is an auto-encoder, and its verdict on a sample an energy: how badly it is reconstructed.

D learns a low energy for real samples and one of at least the margin for fakes; G goes downhill. Energies
are small where a sample is real, the other way round than a logit. Zhao, Mathieu, LeCun 2017.
"""

import numpy as np

from npgan import require
from npgan.games import Equilibrium, Game, mean
from npgan.gan import GAN
from npgan.network import Network


class Energy(Game):
    """D ascends V = -E a(x) - E max(0, margin - a(G(z))), minus the paper's L_D; G descends E a(G(z)).

    For a fixed G the best energy is 0 where p_data >= p_g and the margin elsewhere: V = -margin (1 - TV), so
    -margin at the equilibrium, where every constant energy from 0 to the margin is as good.
    """

    settings, name, unit, reads, limits = ("margin",), "energy", "units of energy", "energy", None

    def __init__(self, margin=1.0):
        self.margin = require.number("margin", margin)
        self.equilibrium = Equilibrium(V=-self.margin, loss=None, D=None)

    def discriminator(self, a_real, a_fake):
        room = np.maximum(0, self.margin - a_fake)
        real, fake = np.ones_like(a_real) / len(a_real), (room > 0).astype(a_fake.dtype) / len(a_fake)
        return -mean(a_real) - mean(room), np.concatenate([-real, fake])

    def generator(self, a_fake):
        return mean(a_fake), np.full_like(a_fake, 1 / len(a_fake))

    def judge(self, a):
        return a


class AutoEncoder(Network):
    """A Network from x (m, d) to its reconstruction r (m, d), read as the energy mean (r - x)^2, (m, 1).

    code: which layer's output is the code S (m, n_code), counted as in a list. The energy depends on x twice,
    through r and as its target, and backward follows both. ValueError if the widths do not match.
    """

    settings = ("layers", "dtype", "code")
    tangent = None  # the energy is quadratic in r - x: no Penalised variant

    def __init__(self, *layers, code, rng, dtype=np.float64):
        super().__init__(*layers, rng=rng, dtype=dtype)
        self.code = code
        self.check()

    def check(self):
        self.code = require.inner("code", self.code, self.layers) % len(self.layers)

    @staticmethod
    def ends(layers):
        n_in, n_out = require.chain(layers)
        if n_in is None or n_in != n_out:
            raise ValueError(f"an AutoEncoder must end in the width it begins with, got {n_in} -> {n_out}")
        return n_in, 1

    def forward(self, x):
        r = x
        for i, layer in enumerate(self._ready(x)):
            r = layer.forward(r)
            if i == self.code:
                self.S = r
        self.error = r - x
        a = (self.error**2).mean(axis=1, keepdims=True)
        self._y = a.shape, a.dtype
        return a

    def predict(self, x):
        return ((self.reconstruct(x) - x) ** 2).mean(axis=1, keepdims=True)

    def reconstruct(self, x):
        """r (m, d); nothing is remembered."""
        return super().predict(x)

    def backward(self, da, params=True, inputs=True, dS=0.0):
        """As in Network. dS (m, n_code): d loss / d S for what else the loss asks of the code."""
        require.gradient(da, self._y)
        dr = 2 / self.n_in * da * self.error
        dx = dr
        for i, layer in reversed(list(enumerate(self.layers))):
            if i == self.code:
                dx = dx + dS
            dx = layer.backward(dx, params=params, inputs=inputs or i > 0)
        return dx - dr if inputs else None  # the target moves with x, too


def pulling_away(S):
    """How parallel the codes S (m, n_code) are, and d/dS (m, n_code): the mean squared cosine of all pairs.

    f = 1/(m (m-1)) sum over i and j != i of (S_i . S_j / |S_i||S_j|)^2. Zhao et al. 2017.
    """
    require.count("a batch whose codes are pulled away from each other", len(S), least=2)
    norm = np.maximum(np.sqrt((S**2).sum(axis=1, keepdims=True)), np.finfo(S.dtype).tiny)  # (m, 1)
    u = S / norm
    cosine = u @ u.T  # (m, m)
    np.fill_diagonal(cosine, 0)
    pairs = len(S) * (len(S) - 1)
    du = 4 / pairs * cosine @ u  # each pair stands there twice
    return float((cosine**2).sum() / pairs), (du - (du * u).sum(axis=1, keepdims=True) * u) / norm


class PullingAway(GAN):
    """EBGAN-PT: G's loss has pull * f(S) besides, S the codes of its fakes. Needs an AutoEncoder as D."""

    settings, least_batch = {"pull": 0.1}, 2

    def check(self):
        super().check()
        self.pull = require.number("pull", self.pull, include_low=True)
        if not isinstance(self.D, AutoEncoder):
            raise ValueError(f"PullingAway needs an AutoEncoder as D, got {self.D}")

    def loss_gradient(self, fake):
        loss, da = self.game.generator(self.D.forward(fake))
        f, dS = pulling_away(self.D.S)
        dx = self.D.backward(da, params=False, dS=self.pull * dS)
        self.G.backward(dx, inputs=False)
        return loss + self.pull * f


energy = Energy()
