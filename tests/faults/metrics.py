"""Faults in the metrics: a score in another unit, without its normaliser, or of other things."""

import numpy as np

from faults.planting import fault
from npgan import metrics
from npgan.metrics import density, modes


@fault(7)
def quality_without_the_three_sigma(monkeypatch):
    def per_mode(x, mixture):
        nearest = np.linalg.norm(x[:, None] - mixture.means, axis=2).argmin(axis=1)
        return np.bincount(nearest, minlength=len(mixture.means))

    monkeypatch.setattr(modes, "_per_mode", per_mode)


@fault(7)
def reverse_kl_in_bits(monkeypatch):
    right = modes.Coverage.reverse_kl.fget
    monkeypatch.setattr(modes.Coverage, "reverse_kl", property(lambda self: right(self) / np.log(2)))


@fault(10)
def parzen_without_its_normaliser(monkeypatch):
    right = density._log_likelihoods

    def log_likelihoods(samples, x, sigmas):
        constant = samples.shape[1] * np.log(np.asarray(sigmas) * np.sqrt(2 * np.pi))
        return right(samples, x, sigmas) + constant[:, None]

    monkeypatch.setattr(density, "_log_likelihoods", log_likelihoods)


@fault(10)
def parzen_sums_where_it_should_average(monkeypatch):
    right = density._log_likelihoods
    monkeypatch.setattr(density, "_log_likelihoods", lambda s, x, sigmas: right(s, x, sigmas) + np.log(len(s)))


@fault(10)
def parzen_in_bits(monkeypatch):
    right = density._log_likelihoods
    monkeypatch.setattr(density, "_log_likelihoods", lambda s, x, sigmas: right(s, x, sigmas) / np.log(2))


@fault(10)
def nearest_among_bytes_that_are_not_scaled(monkeypatch):
    right = metrics.nearest
    monkeypatch.setattr(metrics, "nearest", lambda samples, data: right(samples, data.astype(np.float32)))
