"""What a classifier makes of images: how sure it is, which classes it sees, how its features are spread.

p (n, k): p(y|x) for each image, rows that sum to 1. f, g (n, w), (m, w): features. None of these scores is
about images as such: all depend on the classifier, and on n. Compare like with like, beside real ones.
"""

import math
from typing import NamedTuple

import numpy as np

from npgan import require


def classifier_score(p):
    """exp of the mean over x of KL(p(y|x) || p(y)), p(y) the mean of p(y|x): from 1 to k, for p (n, k).

    k if each image is of one class without doubt and the k classes are equally frequent; 1 if p(y|x) is the
    same for all. It sees nothing within a class. Salimans et al. 2016, who score ten parts of 50,000 images,
    with a classifier of photographs (the Inception score).
    """
    p = require.numbers("p", p).astype(float)
    if p.ndim != 2 or not p.size or p.min() < 0 or abs(p.sum(axis=1) - 1).max() > 1e-4:
        raise ValueError(f"p must be probabilities (n, k), each row with the sum 1, got shape {p.shape}")
    return math.exp(_entropy(p.mean(axis=0)) - _entropy(p).mean())  # that mean KL is a difference of entropies


def _entropy(p):
    """-sum p log p over the last axis, nats, with 0 for p = 0."""
    return -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)


def frechet_distance(f, g):
    """The squared Frechet distance of two Gaussians with the means and covariances of f (n, w) and g (m, w):
    |mean_f - mean_g|^2 + tr(A + B - 2 (AB)^(1/2)), in the unit of the features squared.

    With the roots S S = A and T T = B, tr (AB)^(1/2) is the sum of the singular values of S T. Two sets of one
    kind are not at 0: the fewer there are, the further apart, so only distances of equal n and m compare.
    Heusel et al. 2017, with a classifier of photographs (the FID), which has other units.
    """
    f, g = (require.numbers(name, x) for name, x in (("f", f), ("g", g)))
    if f.ndim != 2 or g.ndim != 2 or f.shape[1] != g.shape[1] or not f.shape[1] or min(len(f), len(g)) < 2:
        raise ValueError(f"this distance needs two rows or more of one width, got {f.shape} and {g.shape}")
    (mean_f, A), (mean_g, B) = map(_moments, (f, g))
    overlap = np.linalg.svd(_root(A) @ _root(B), compute_uv=False).sum()
    distance = ((mean_f - mean_g) ** 2).sum() + np.trace(A) + np.trace(B) - 2 * overlap
    return max(0.0, float(distance))  # rounding may have gone below


def _moments(x):
    """The mean (w,) and the covariance (w, w) of x (n, w), in float64, a thousand rows at a time."""
    mean = x.mean(axis=0, dtype=float)
    from_mean = (np.subtract(x[i : i + 1000], mean).astype(float) for i in range(0, len(x), 1000))
    return mean, sum(some.T @ some for some in from_mean) / (len(x) - 1)


def _root(A):
    """The symmetric root of a covariance A (w, w)."""
    squares, U = np.linalg.eigh(A)
    return U * np.sqrt(np.maximum(squares, 0)) @ U.T


def class_shares(labels, k=10):
    """The share of each class among labels (n,), whole numbers 0 ... k - 1: (k,). How far two such are apart
    is their `theory.total_variation`: what part of the samples is of the wrong class."""
    labels = require.labels(labels, np.size(labels), require.count("k", k))
    if not labels.size:
        raise ValueError("the shares of classes need labels, got none")
    return np.bincount(labels, minlength=k) / len(labels)


class Estimate(NamedTuple):
    """A number from samples, and its standard error."""

    value: float
    error: float

    def __str__(self):
        return f"{self.value:.3g} +- {self.error:.1g}"

    def __format__(self, form):
        return f"{self.value:{form}} +- {self.error:{form}}" if form else str(self)


def with_error(score, x, *, parts=10):
    """The Estimate of score(x), a number for samples x (n, ...), whatever it is: by the jackknife.

    Each of the parts, every tenth row, is left out in turn; if v_i are the scores of what is left, the error
    is sqrt((parts - 1) / parts * sum (v_i - mean v)^2). It says how far other samples of the same kind would
    score, and not what another classifier, or other real images to compare with, would change. Tukey 1958.
    """
    x, parts = np.asarray(require.array("x", x)), require.count("parts", parts, least=2)
    if len(np.atleast_1d(x)) < 2 * parts:
        raise ValueError(f"an error from {parts} parts needs {2 * parts} rows, got {len(np.atleast_1d(x))}")
    part = np.arange(len(x)) % parts
    left = np.array([score(x[part != i]) for i in range(parts)])
    error = math.sqrt((parts - 1) / parts * ((left - left.mean()) ** 2).sum())
    return Estimate(float(score(x)), error)
