"""Scores of a classifier against cases with known answers, and their errors against many draws."""

import math

import numpy as np
import pytest

from npgan import metrics, theory


def white(n, w, rng):
    """Samples (n, w) with mean 0 and the covariance 1, both exactly."""
    x = rng.standard_normal((n, w))
    x -= x.mean(axis=0)
    return np.linalg.qr(x)[0] * math.sqrt(n - 1)


def random_covariance(w, rng):
    """S (w, w) so that white(n, w) @ S has a covariance S^T S that no other commutes with."""
    return rng.standard_normal((w, w)) @ np.diag(rng.uniform(0.1, 3, w))


# --- classifier score ---


def test_one_class_only_scores_1_and_ten_sure_ones_10(rng):
    assert metrics.classifier_score(np.eye(10)[np.full(50, 3)]) == 1
    assert abs(metrics.classifier_score(np.eye(10)[np.arange(50) % 10]) - 10) < 1e-12
    assert abs(metrics.classifier_score(np.eye(10)[np.arange(50) % 5]) - 5) < 1e-12
    one = rng.dirichlet(np.ones(10))
    assert abs(metrics.classifier_score(np.tile(one, (7, 1))) - 1) < 1e-12  # never sure, always alike


def test_it_is_the_exponential_of_the_mean_kl(rng):
    p = rng.dirichlet(0.3 * np.ones(6), size=40)
    p[0] = np.eye(6)[2]
    by_kl = math.exp(np.mean([theory.kl(row, p.mean(axis=0)) for row in p]))
    assert abs(metrics.classifier_score(p) - by_kl) < 1e-12
    assert abs(metrics.classifier_score(p.astype(np.float32)) - by_kl) < 1e-5
    by_hand = math.exp((theory.kl([0.5, 0.5], [0.75, 0.25]) + theory.kl([1, 0], [0.75, 0.25])) / 2)
    assert abs(metrics.classifier_score([[0.5, 0.5], [1, 0]]) - by_hand) < 1e-15


@pytest.mark.parametrize("p", [np.ones((3, 2)), [[-0.5, 1.5]], [0.5, 0.5], np.ones((0, 3)), [[np.nan, 1]]])
def test_no_probabilities_no_score(p):
    with pytest.raises(ValueError, match="^p must be"):
        metrics.classifier_score(p)


# --- Frechet distance ---


def test_equal_sets_are_at_0(rng):
    f = rng.standard_normal((40, 5)) @ random_covariance(5, rng) + 100
    assert metrics.frechet_distance(f, f) < 1e-9 and metrics.frechet_distance(f, f[::-1]) < 1e-9
    few = rng.standard_normal((4, 9))  # fewer rows than columns: covariances without full rank
    assert metrics.frechet_distance(few, few) < 1e-12
    assert metrics.frechet_distance(few.astype(np.float32), few.astype(np.float32)) < 1e-12


def test_shifted_and_scaled_gaussians_are_as_far_apart_as_the_formula_says(rng):
    s1, s2 = rng.uniform(0.1, 3, (2, 6))
    shift = rng.standard_normal(6)
    f, g = white(50, 6, rng) * s1, white(80, 6, rng) * s2 + shift
    wanted = (shift**2).sum() + ((s1 - s2) ** 2).sum()
    assert abs(metrics.frechet_distance(f, g) - wanted) < 1e-10
    Q = np.linalg.qr(rng.standard_normal((6, 6)))[0]  # turned together they are as far apart
    assert abs(metrics.frechet_distance(f @ Q, g @ Q) - wanted) < 1e-10
    assert abs(metrics.frechet_distance(f[:, :1], f[:, :1] + 3) - 9) < 1e-12


def test_covariances_that_do_not_commute_by_the_eigenvalues_of_their_product(rng):
    S, T = random_covariance(6, rng), random_covariance(6, rng)
    f, g = white(50, 6, rng) @ S, white(70, 6, rng) @ T
    A, B = S.T @ S, T.T @ T
    assert abs(A @ B - B @ A).max() > 0.1
    overlap = np.sqrt(np.linalg.eigvals(A @ B).real).sum()
    wanted = np.trace(A) + np.trace(B) - 2 * overlap
    assert abs(metrics.frechet_distance(f, g) - wanted) < 1e-9 * (np.trace(A) + np.trace(B))
    assert abs(metrics.frechet_distance(f, g) - metrics.frechet_distance(g, f)) < 1e-9
    apart = np.trace(A) + np.trace(B) - 2 * np.trace(np.diag(np.sqrt(np.diag(A) * np.diag(B))))
    assert abs(wanted - apart) > 0.1  # the diagonals alone would say something else


def test_fewer_samples_are_further_away(rng):
    draws = [[rng.standard_normal((n, 8)) for _ in range(2)] for n in (50, 500)]
    few, many = (metrics.frechet_distance(*pair) for pair in draws)
    assert few > 5 * many > 0


@pytest.mark.parametrize(
    "f", [np.zeros((1, 3)), np.zeros((4, 2)), np.zeros(3), np.zeros((4, 0)), [[np.inf] * 3] * 2]
)
def test_no_features_no_distance(f):
    with pytest.raises(ValueError, match="two rows or more of one width, got|f must be finite"):
        metrics.frechet_distance(f, np.zeros((5, 3)))
    with pytest.raises(ValueError, match="two rows or more of one width, got|g must be finite"):
        metrics.frechet_distance(np.zeros((5, 3)), f)


# --- shares ---


def test_shares_and_how_far_they_are_apart_by_hand():
    one, other = metrics.class_shares([0, 0, 1, 3], k=4), metrics.class_shares(np.uint8([0, 1, 2, 3]), k=4)
    assert one.tolist() == [0.5, 0.25, 0, 0.25] and other.tolist() == 4 * [0.25]
    assert theory.total_variation(one, other) == 0.25
    assert len(metrics.class_shares([9])) == 10
    assert theory.total_variation(metrics.class_shares([0]), metrics.class_shares([1, 2])) == 1


@pytest.mark.parametrize("labels", [[0, 4], [-1, 0], [0.0], [], [[1, 2]], ["1"]])
def test_shares_of_what_are_no_classes(labels):
    with pytest.raises(ValueError, match="labels"):
        metrics.class_shares(labels, k=4)


# --- errors ---


def test_the_error_of_a_mean_is_that_of_the_formula(rng):
    x = rng.standard_normal(1000)
    found = metrics.with_error(np.mean, x, parts=1000 // 2)
    assert found.value == x.mean()
    pairs = (x[:500] + x[500:]) / 2  # row i of part i % 500
    assert abs(found.error - pairs.std(ddof=1) / math.sqrt(500)) < 1e-12


SCORES = {
    "frechet": lambda x: metrics.frechet_distance(x, FIXED),
    "score": lambda x: metrics.classifier_score(np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)),
    "shares": lambda x: theory.total_variation(metrics.class_shares(x.argmax(axis=1), 3), [0.6, 0.3, 0.1]),
}
FIXED = np.random.default_rng(9).standard_normal((400, 3)) + 0.5


@pytest.mark.parametrize("score", SCORES.values(), ids=SCORES)
def test_the_error_is_the_spread_of_other_samples(score, rng):
    found = [metrics.with_error(score, rng.standard_normal((400, 3))) for _ in range(60)]
    spread = np.std([one.value for one in found], ddof=1)
    error = np.sqrt(np.mean([one.error**2 for one in found]))
    assert 0.7 < error / spread < 1.4  # 60 draws know their spread to a tenth


def test_an_error_needs_rows_enough():
    with pytest.raises(ValueError, match="an error from 10 parts needs 20 rows, got 19"):
        metrics.with_error(np.mean, np.zeros(19))
    assert str(metrics.with_error(np.mean, np.arange(20.0))) == "9.5 +- 1"
