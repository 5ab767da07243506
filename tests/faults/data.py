"""Faults in what goes in: the distributions, the rows of an epoch, the pixels of digits, the noise."""

import numpy as np

import npgan
from faults.planting import fault
from npgan import Gaussian, Rows, digits, distributions, latent


@fault(1)
def gaussian_samples_take_the_variance_for_the_spread(monkeypatch):
    def sample(self, n, *, rng):
        return self.mu + self.sigma**2 * rng.standard_normal((n, 1))

    monkeypatch.setattr(Gaussian, "sample", sample)


@fault(3)
def log_pdf_without_its_square(monkeypatch):
    def log_pdf(self, x):
        return -0.5 * np.abs(np.ravel(x) - self.mu) / self.sigma - np.log(self.sigma * np.sqrt(2 * np.pi))

    monkeypatch.setattr(Gaussian, "log_pdf", log_pdf)


@fault(7)
def ring_with_seven_modes(monkeypatch):
    def ring(modes=8, radius=1.0, sigma=0.01):
        angle = np.linspace(0, 2 * np.pi, modes)  # its end point is its starting point
        return npgan.Mixture(radius * np.column_stack([np.cos(angle), np.sin(angle)]), sigma)

    for module in distributions, npgan:
        monkeypatch.setattr(module, "ring", ring)


@fault(10)
def an_epoch_that_draws_with_replacement(monkeypatch):
    monkeypatch.setattr(Rows, "sample", lambda self, n, *, rng: self.rows[rng.integers(len(self), size=n)])


@fault(10)
def pixels_from_0_to_1(monkeypatch):
    """Not the range of tanh: G could never make a real black."""
    for module in digits.pixels, digits:
        monkeypatch.setattr(module, "from_pixels", lambda pixels: np.divide(pixels, 255, dtype=np.float32))


@fault(10, 14)
def walk_straight_on(monkeypatch):
    monkeypatch.setattr(latent, "walk", np.linspace)


@fault(10, 14)
def walk_half_as_far_from_the_origin(monkeypatch):
    """Trained on one noise, walked through another: G gets what it has not seen."""
    right = latent.walk
    monkeypatch.setattr(latent, "walk", lambda start, end, steps: right(start, end, steps) / 2)
