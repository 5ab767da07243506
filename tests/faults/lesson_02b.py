"""Faults around the one-cache bug: a predict that remembers, a D step that drops rows, other distances."""

import numpy as np

from faults.planting import fault
from npgan import GAN, Network, metrics


@fault("02b")
def predict_remembers_too(monkeypatch):
    """So that a look at D between its forward and its backward spoils the gradient."""
    monkeypatch.setattr(Network, "predict", Network.forward)


@fault("02b")
def the_discriminator_sees_half_of_the_real_rows(monkeypatch):
    """Each of them twice: V is that of another batch, and its gradient fits it."""
    right = GAN.V_gradient

    def V_gradient(self, x, fake):
        return right(self, np.resize(x[: -(-len(x) // 2)], x.shape), fake)

    monkeypatch.setattr(GAN, "V_gradient", V_gradient)


@fault("02b")
def wasserstein_is_the_root_mean_square(monkeypatch):
    """W2: the same for two sets that differ by a shift, larger for others."""

    def wasserstein(a, b):
        return float(np.sqrt(np.mean((np.sort(np.ravel(a)) - np.sort(np.ravel(b))) ** 2)))

    monkeypatch.setattr(metrics, "wasserstein", wasserstein)


@fault("02b")
def wasserstein_in_units_of_the_spread(monkeypatch):
    right = metrics.wasserstein
    monkeypatch.setattr(metrics, "wasserstein", lambda a, b: right(a, b) / np.std(b))
