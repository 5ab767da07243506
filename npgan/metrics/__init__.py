"""How good are the samples? A number for each answer, and beside it what real data would score.

Samples are arrays (n, d). Every score from samples has a floor: two sets of real samples differ too.

    print(metrics.with_floor(metrics.wasserstein, samples, data, rng=rng))
    print(metrics.coverage(samples, ring(), rng=rng))        # for mixtures in the plane
"""

from npgan.metrics.density import Parzen, kernel_density, parzen_log_likelihood
from npgan.metrics.distances import NAMES, Score, histogram_jsd, sliced_wasserstein, wasserstein, with_floor
from npgan.metrics.images import Nearest, nearest
from npgan.metrics.modes import CEILING, Coverage, coverage

__all__ = [
    "CEILING", "NAMES", "Coverage", "Nearest", "Parzen", "Score", "coverage", "histogram_jsd",
    "kernel_density", "nearest", "parzen_log_likelihood", "sliced_wasserstein", "wasserstein", "with_floor",
]  # fmt: skip
