"""Faults for the lesson on mode collapse: another speed of D relative to G, another measure of collapse."""

import numpy as np

from faults.planting import fault
from npgan import models, training
from npgan.metrics import modes


@fault(7)
def d_learns_at_twice_its_rate(monkeypatch):
    """In the ready pairs: a slow D still collapses G, and one of G's rate still does not."""
    right = models.pair

    def pair(*sizes, lr, d_lr=None, **options):
        return right(*sizes, lr=lr, d_lr=2 * (lr if d_lr is None else d_lr), **options)

    monkeypatch.setattr(models, "pair", pair)


@fault(7)
def d_makes_one_move_too_many(monkeypatch):
    right = training.ORDERS["d_first"]
    monkeypatch.setitem(training.ORDERS, "d_first", lambda gan, real, noise, k: right(gan, real, noise, k + 1))


@fault(7)
def quality_in_a_square_of_three_sigma(monkeypatch):
    """Each coordinate within 3 sigma: 99.46 % of the data, not 98.89 %."""

    def per_mode(x, mixture):
        nearest = np.linalg.norm(x[:, None] - mixture.means, axis=2).argmin(axis=1)
        good = (abs(x - mixture.means[nearest]) < 3 * mixture.sigma).all(axis=1)
        return np.bincount(nearest[good], minlength=len(mixture.means))

    monkeypatch.setattr(modes, "_per_mode", per_mode)
