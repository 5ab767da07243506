"""Faults for lesson 4: noises that are not equally likely, a mixture of mass 2, a V that spares D its worst."""

import numpy as np

from faults.planting import fault
from npgan import Mixture, latent, theory


@fault(4)
def even_noise_at_equal_steps(monkeypatch):
    """From -3 to 3: as dense in the tails as in the middle."""
    monkeypatch.setattr(latent, "even", lambda latent, n: np.linspace(-3, 3, n)[:, None])


@fault(4)
def mixture_adds_up_its_parts(monkeypatch):
    """Where it should take their mean: k modes, a mass of k."""
    right = Mixture.pdf
    monkeypatch.setattr(Mixture, "pdf", lambda self, x: len(self.means) * right(self, x))


@fault(4)
def value_keeps_d_away_from_0_and_1(monkeypatch):
    """For safety, so that no logarithm is infinite: then the best D is no longer the best."""
    right = theory.value

    def value(D, p, q, x=None):
        return right(np.clip(D, 1e-9, 1 - 1e-9), p, q, x)

    monkeypatch.setattr(theory, "value", value)
