"""How good are the samples? A number for each answer, and beside it what real data would score.

Samples are arrays (n, d). Every score from samples has a floor: two sets of real samples differ too.

    print(metrics.with_floor(metrics.wasserstein, samples, data, rng=rng))
    print(metrics.coverage(samples, ring(), rng=rng))        # for mixtures in the plane
    print(metrics.frechet_distance(f, g))                    # for images: features of a classifier
"""

from npgan.metrics.density import Parzen, kernel_density, parzen_log_likelihood
from npgan.metrics.distances import NAMES, Score, histogram_jsd, sliced_wasserstein, wasserstein, with_floor
from npgan.metrics.images import Estimate, class_shares, classifier_score, frechet_distance, with_error
from npgan.metrics.modes import CEILING, Coverage, coverage
from npgan.metrics.neighbours import Nearest, PrecisionRecall, nearest, precision_recall

__all__ = [
    "CEILING", "NAMES", "Coverage", "Estimate", "Nearest", "Parzen", "PrecisionRecall", "Score",
    "class_shares", "classifier_score", "coverage", "frechet_distance", "histogram_jsd", "kernel_density",
    "nearest", "parzen_log_likelihood", "precision_recall", "sliced_wasserstein", "wasserstein",
    "with_error", "with_floor",
]  # fmt: skip
