"""A game is what D climbs and what G descends, as functions of D's logits, with both gradients.

D ends in a logit a, and D(x) = sigmoid(a): so log D = -softplus(-a) and log(1 - D) = -softplus(a),
which stay exact where sigmoid rounds to 0 or 1 and its logarithm would be -infinity.

    V, da = game.discriminator(a_real, a_fake)    V to be maximised by D; da (m_real + m_fake, 1) is
                                                  dV/da, the real rows first, as D saw them
    loss, da = game.generator(a_fake)             loss to be minimised by G; da (m, 1) is dloss/da

Each term is a mean over its batch, a_real (m_real, 1), a_fake (m_fake, 1). A game carries its own
reading too: the `unit` of V and loss, their values at the `equilibrium` with that of D, and judge(a),
what D says of a sample whose logit is a.
"""

import math
from typing import NamedTuple

import numpy as np

from npgan import require
from npgan.layers import sigmoid


class Diverged(ArithmeticError):
    """The value of the game or G's loss is no longer a finite number."""


class Equilibrium(NamedTuple):
    """V, G's loss and D where p_g = p_data and both play their best; None where theory has no number."""

    V: float | None
    loss: float | None
    D: float | None


class Game:
    """What games share: no settings, and a D whose reading is called D(x), means a probability, and is to be 1,
    the target, for real samples."""

    settings, reads, limits, target = (), "D", (0, 1), 1.0
    V, loss, D = (property(lambda self, i=i: self.equilibrium[i]) for i in range(3))  # at equilibrium

    def probability(self, a):
        """The same as judge(a): the chance, in D's eyes, that a sample is real."""
        return self.judge(a)


class Minimax(Game):
    """The value function of the paper: D maximises V, G minimises it.

    V = E log D(x) + E log(1 - D(G(z))). Goodfellow et al. 2014, equation 1. G's gradient vanishes
    where D rejects its samples: see NonSaturating.
    """

    name, unit = "minimax", "nats"
    equilibrium = Equilibrium(V=-math.log(4), loss=-math.log(2), D=0.5)

    def discriminator(self, a_real, a_fake):
        V = -mean(softplus(-a_real)) - mean(softplus(a_fake))
        da = np.concatenate([sigmoid(-a_real) / len(a_real), -sigmoid(a_fake) / len(a_fake)])
        return V, da

    def generator(self, a_fake):
        """E log(1 - D(G(z))), the one term of V that G can move."""
        return -mean(softplus(a_fake)), -sigmoid(a_fake) / len(a_fake)

    def judge(self, a):
        return sigmoid(a)


class NonSaturating(Minimax):
    """D plays as in Minimax; G descends -E log D(G(z)) instead: same fixed point, other dynamics.

    Goodfellow et al. 2014, section 3.
    """

    name = "non_saturating"
    equilibrium = Equilibrium(V=-math.log(4), loss=math.log(2), D=0.5)

    def generator(self, a_fake):
        return mean(softplus(-a_fake)), -sigmoid(-a_fake) / len(a_fake)


class LeastSquares(Game):
    """D regresses real samples to 1 and fakes to 0, with no sigmoid; G wants its fakes at 1.

    V = -E (a_real - 1)^2 / 2 - E a_fake^2 / 2 and loss = E (a_fake - 1)^2 / 2. The best D for a
    fixed G is again p_data / (p_data + p_g), so the output a itself plays the part of D(x).
    Mao et al. 2017 (LSGAN).
    """

    name, unit = "least_squares", "half squares"
    equilibrium = Equilibrium(V=-0.25, loss=0.125, D=0.5)

    def discriminator(self, a_real, a_fake):
        V = -mean((a_real - 1) ** 2) / 2 - mean(a_fake**2) / 2
        da = np.concatenate([(1 - a_real) / len(a_real), -a_fake / len(a_fake)])
        return V, da

    def generator(self, a_fake):
        return mean((a_fake - 1) ** 2) / 2, (a_fake - 1) / len(a_fake)

    def judge(self, a):
        return a


minimax, non_saturating, least_squares = Minimax(), NonSaturating(), LeastSquares()
GAMES = {game.name: game for game in (minimax, non_saturating, least_squares)}


def by_name(name):
    """The game called name; ValueError lists the names there are."""
    return GAMES[require.choice("game", name, GAMES)]


def softplus(a):
    """log(1 + exp(a)), elementwise, without overflow."""
    return np.logaddexp(0.0, a)


def mean(a):
    """The mean over a batch a (m, 1), as a float. (Where m is small, a.mean() is several times slower.)"""
    return float(np.add.reduce(a, axis=None)) / len(a)


def finite(name, value):
    """Return value, a float, if it is finite, else raise Diverged."""
    if not math.isfinite(value):
        raise Diverged(f"{name} is {value}; try a smaller learning rate")
    return value
