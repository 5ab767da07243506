"""Faults for lesson 3: a D* that is wrong at its ends, a distance of another kind, a D that trains half."""

import numpy as np

from faults.planting import fault
from npgan import theory
from npgan.optim import Optimiser


@fault(3)
def the_discriminator_moves_at_every_second_step(monkeypatch):
    """Half-trained, and close to D* all the same."""
    right = Optimiser.ascend

    def ascend(self):
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls % 2:
            right(self)

    monkeypatch.setattr(Optimiser, "ascend", ascend)


@fault(3)
def d_star_is_half_where_one_of_the_two_is_missing(monkeypatch):
    """Where a real x can be told with certainty, it says that it cannot."""
    right = theory.optimal_d

    def optimal_d(p, q):
        return np.where(np.multiply(p, q) > 0, right(p, q), 0.5)

    monkeypatch.setattr(theory, "optimal_d", optimal_d)


@fault(3)
def d_star_is_0_where_nothing_is(monkeypatch):
    """0/0 taken for 0: fakes for sure, where there are none."""
    right = theory.optimal_d
    monkeypatch.setattr(theory, "optimal_d", lambda p, q: np.where(np.add(p, q) > 0, right(p, q), 0.0))


@fault(3)
def total_variation_is_the_largest_gap(monkeypatch):
    """Of the densities, where it should be their whole difference."""
    monkeypatch.setattr(theory, "total_variation", lambda p, q, x=None: float(abs(np.subtract(p, q)).max()))
