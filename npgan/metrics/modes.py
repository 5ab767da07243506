"""How many modes of a mixture in the plane do samples find, how well, and how evenly?"""

import math
from dataclasses import dataclass

import numpy as np

from npgan import require, theory
from npgan.distributions import Mixture

CEILING = -math.expm1(-4.5)  # 98.89 %: how much of a Gaussian in the plane lies within 3 sigma


@dataclass(frozen=True, eq=False)
class Coverage:
    """How samples spread over the k modes of a mixture, by the protocol of VEEGAN and PacGAN.

    n: the number of samples. modes (k,): how many of them are of high quality, that is within 3 sigma
    of the nearest mode, for each mode. real: the same for n real samples, the floor (or None).
    """

    n: int
    modes: np.ndarray
    real: "Coverage | None" = None

    @property
    def high_quality(self):
        """The share of the samples that is of high quality. Real samples score CEILING; more than that
        is no better, but a sign that the samples are narrower than the data."""
        return float(self.modes.sum() / self.n)

    @property
    def captured(self):
        """How many modes have at least one sample of high quality. Weak: one stray sample is enough."""
        return int((self.modes > 0).sum())

    @property
    def reverse_kl(self):
        """KL(h || uniform) in nats, h the shares of the modes among the high-quality samples.

        0 if all k modes have equal shares, log k if one has everything, log(8/6) = 0.288 if two of eight
        have nothing and the rest is even; NaN if no sample is of high quality. Real samples score about
        (k - 1) / 2n by chance. Reverse, because the model stands first, in the place of the data.
        """
        if not self.captured:
            return math.nan
        k = len(self.modes)
        return theory.kl(self.modes / self.modes.sum(), np.full(k, 1 / k))

    def per_mode(self):
        """One more line: the samples of each mode."""
        even = self.n / len(self.modes)
        return f"high quality per mode: {' '.join(map(str, self.modes))}   (even: {even:.0f})"

    def __str__(self):
        k, real = len(self.modes), self.real
        floor = "", "", ""
        if real:
            floor = (
                f" (real: {real.captured})",
                f" (real: {real.high_quality:.2%}, expected {CEILING:.2%})",
                f" (real: {real.reverse_kl:.4f})",
            )
        return (
            f"modes {self.captured} of {k}{floor[0]}   high quality {self.high_quality:.2%}{floor[1]}   "
            f"reverse KL {self.reverse_kl:.4f}{floor[2]}"
        )


def coverage(samples, mixture, *, rng):
    """The Coverage of samples (n, 2) over the modes of a Mixture in the plane; rng draws its floor.

    Published figures are for n = 2,500. Each sample belongs to the nearest mode, and counts if it is
    less than 3 sigma away; modes should be further than 6 sigma apart, or the ceiling is higher.
    """
    samples = require.numbers("samples", samples).astype(float)
    if not isinstance(mixture, Mixture) or mixture.d != 2 or samples.shape[1:] != (2,) or not len(samples):
        raise ValueError(
            f"coverage needs samples (n, 2) and a Mixture in the plane, got {samples.shape} and {mixture}"
        )
    real = mixture.sample(len(samples), rng=rng)
    return Coverage(len(samples), _per_mode(samples, mixture), Coverage(len(real), _per_mode(real, mixture)))


def _per_mode(x, mixture):
    """How many of the points x (n, 2) lie within 3 sigma of each mode, (k,)."""
    squared = np.stack([((x - mean) ** 2).sum(axis=1) for mean in mixture.means], axis=1)  # (n, k)
    good = squared.min(axis=1) < (3 * mixture.sigma) ** 2
    return np.bincount(squared.argmin(axis=1)[good], minlength=len(mixture.means))
