"""Every metric and every function of the theory, with each argument in every form that numbers come in: what
comes out is what float64 gives, computed another way; and what is no number is refused in one line."""

import bisect
import math
from collections import Counter

import numpy as np
import pytest
from forms import BAD, GOOD, values

from npgan import Gaussian, Mixture, Uniform, metrics, theory
from npgan.metrics.density import squared_distances

MEANS = [[2.0, 3.0], [9.0, 4.0], [5.0, 15.0]]
MIXTURE = Mixture(MEANS, 2.0)


def seeded():
    return np.random.default_rng(5)


# --- the second ways: plain loops over Python's floats ---


def w1(a, b):
    return math.fsum(abs(s - t) for s, t in zip(sorted(a.ravel()), sorted(b.ravel()), strict=True)) / len(a)


def sliced(a, b):
    angles = [math.pi * k / 16 for k in range(16)]
    shadows = [np.array([[math.cos(t)], [math.sin(t)]]) for t in angles]
    return np.mean([w1((a - a[0]) @ u, (b - a[0]) @ u) for u in shadows])


def cells(x, b, bins=5):
    edges = np.linspace(b.min(axis=0), b.max(axis=0), bins + 1).T.tolist()
    for e in edges:
        e[-1] = math.nextafter(e[-1], math.inf)
    return Counter(tuple(map(bisect.bisect_right, edges, row)) for row in x)


def histograms(a, b):
    p, q = cells(a, b), cells(b, b)
    total = 0.0
    for cell in {*p, *q}:
        s, t = p[cell] / len(a), q[cell] / len(b)
        total += sum(u / 2 * math.log(2 * u / (s + t)) for u in (s, t) if u)
    return total


def pairs(a, b):
    return np.array([[math.fsum((s - t) ** 2 for s, t in zip(x, y, strict=True)) for y in b] for x in a])


def nearest(a, b):
    squared = pairs(a, b)
    return np.concatenate([squared.argmin(axis=1), np.sqrt(squared.min(axis=1))])


def frechet(f, g):
    """By the eigenvalues of AB, which has those of A^(1/2) B A^(1/2)."""
    A, B = np.cov(f.T), np.cov(g.T)
    overlap = np.sqrt(np.maximum(np.linalg.eigvals(A @ B).real, 0)).sum()
    return ((f.mean(axis=0) - g.mean(axis=0)) ** 2).sum() + np.trace(A) + np.trace(B) - 2 * overlap


def among(f, g, k=3):
    radius = [[sorted(row)[k] for row in pairs(x, x)] for x in (f, g)]
    return (pairs(f, g) <= radius[1]).any(axis=1).mean(), (pairs(g, f) <= radius[0]).any(axis=1).mean()


def covered(x):
    squared = pairs(x, np.array(MEANS))
    return [sum(row.argmin() == k and row.min() < 36 for row in squared) for k in range(3)]


def densities(samples, x, width):
    norm = len(samples) * width * math.sqrt(2 * math.pi)
    return [sum(math.exp(-0.5 * ((t - s) / width) ** 2) for s in samples.ravel()) / norm for t in x.ravel()]


def silverman(samples):
    s = np.sort(samples.ravel())
    low, high = np.percentile(s, [25, 75])
    return 0.9 * min(s.std(), (high - low) / 1.34) * len(s) ** -0.2 or 1e-6


def parzen(samples, validation, test):
    def log_likelihood(x, sigma):
        exponents = -pairs(x, samples) / (2 * sigma**2)
        constant = math.log(len(samples)) + samples.shape[1] * math.log(sigma * math.sqrt(2 * math.pi))
        return np.logaddexp.reduce(exponents, axis=1) - constant

    sigma = max([3.0, 5.0], key=lambda sigma: log_likelihood(validation, sigma).mean())
    got = log_likelihood(test, sigma)
    error = got.std() / math.sqrt(len(got)) if len(got) > 1 else math.nan
    return got.mean(), error, sigma


def floor(samples, data):
    score = metrics.with_floor(metrics.wasserstein, samples, data, rng=seeded(), draws=3)
    return score.value, score.floor, score.spread


def floor_by_hand(samples, data):
    rng, n, value, against = seeded(), len(samples), [], []
    for _ in range(3):
        rows = data[rng.permutation(len(data))[: 2 * n]]
        value.append(w1(samples, rows[:n]))
        against.append(w1(rows[n:], rows[:n]))
    return np.mean(value), np.mean(against), np.std(against, ddof=1)


def times_log(p, ratio):
    return p * math.log(ratio) if p else 0.0


def each(f):
    """The sum of f over the entries."""
    return lambda *arrays: math.fsum(f(*numbers) for numbers in zip(*(a.ravel() for a in arrays), strict=True))


def kl(p, q):
    return math.inf if p and not q else times_log(p, p / q) if p else 0.0


def to_middle(p, q):
    return (times_log(p, 2 * p / (p + q)) if p else 0) / 2 + (times_log(q, 2 * q / (p + q)) if q else 0) / 2


def both(p, q):
    return zip(p.ravel(), q.ravel(), strict=True)


def normal(x, mu=3.0, sigma=2.0):
    return [math.exp(-0.5 * ((t - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi)) for t in x.ravel()]


def mixed(x):
    return np.exp(-pairs(x, np.array(MEANS)) / 8).mean(axis=1) / (8 * math.pi)


ONE, TWO, FOUR, FLAT = (12, 1), (12, 2), (12, 4), (12,)

# name: shapes of the arguments, the function, the second way, how far apart the two may be, of the larger
METRICS = {
    "wasserstein": ([ONE, ONE], metrics.wasserstein, w1, 1e-14),
    "wasserstein of lines": ([FLAT, FLAT], metrics.wasserstein, w1, 1e-14),
    "sliced": ([TWO, TWO], lambda a, b: metrics.sliced_wasserstein(a, b, directions=16), sliced, 1e-13),
    "histogram": ([TWO, TWO], lambda a, b: metrics.histogram_jsd(a, b, bins=5), histograms, 1e-14),
    "histogram of lines": ([FLAT, ONE], lambda a, b: metrics.histogram_jsd(a, b, bins=5), histograms, 1e-14),
    "histogram, wide": ([(8, 40), (9, 40)], lambda a, b: metrics.histogram_jsd(a, b, 5), histograms, 1e-14),
    "with_floor": ([(5, 1), ONE], floor, floor_by_hand, 1e-13),
    "nearest": ([FOUR, FOUR], lambda a, b: np.concatenate(metrics.nearest(a, b)), nearest, 1e-7),
    "frechet_distance": ([TWO, TWO], metrics.frechet_distance, frechet, 1e-6),
    "precision_recall": ([FOUR, FOUR], metrics.precision_recall, among, 0),
    "squared_distances": (
        [FOUR, FOUR], lambda a, b: np.concatenate([s for _, s, _ in squared_distances(a, b)]), pairs, 1e-6,
    ),
    "coverage": ([TWO], lambda x: metrics.coverage(x, MIXTURE, rng=seeded()).modes, covered, 0),
    "kernel_density": (
        [ONE, ONE], metrics.kernel_density, lambda s, x: densities(s, x, silverman(s)), 1e-9,
    ),
    "kernel_density, its width": (
        [FLAT, ONE], lambda s, x: metrics.kernel_density(s, x, 2), lambda s, x: densities(s, x, 2), 1e-12,
    ),
    "parzen": (
        [FOUR] * 3, lambda *x: metrics.parzen_log_likelihood(*x, sigmas=[3, np.float32(5)]), parzen, 1e-6,
    ),
}  # fmt: skip
THEORY = {
    "optimal_d": (2, theory.optimal_d, lambda p, q: [s / (s + t) if s + t else 0.5 for s, t in both(p, q)]),
    "kl": (2, theory.kl, each(kl)),
    "jsd": (2, theory.jsd, each(to_middle)),
    "total_variation": (2, theory.total_variation, each(lambda p, q: abs(p - q) / 2)),
    "criterion": (
        2, theory.criterion, each(lambda p, q: 2 * to_middle(p, q) - (p + q) * math.log(2)),
    ),
    "integral": (1, theory.integral, each(lambda f: f)),
    "Gaussian": (1, Gaussian(3, 2).pdf, normal),
    "Gaussian, logarithm": (
        1, Gaussian(3, 2).log_pdf, lambda x: -((x.ravel() - 3) ** 2) / 8 - math.log(8 * math.pi) / 2,
    ),
    "Uniform": (1, Uniform(2, 8).pdf, lambda x: [(2 <= t < 8) / 6 for t in x.ravel()]),
}  # fmt: skip
for name, (count, function, second) in THEORY.items():
    METRICS[name] = ([FLAT] * count, function, second, 1e-12)
METRICS["Mixture"] = ([TWO], MIXTURE.pdf, mixed, 1e-12)


def whole(shapes, seed=3):
    """Whole numbers from 0 to 119, in each shape."""
    rng = np.random.default_rng(seed)
    return [rng.permuted(np.arange(120))[: math.prod(s)].reshape(s) if math.prod(s) < 120
            else rng.integers(0, 120, s) for s in shapes]  # fmt: skip


def assert_near(got, wanted, tolerance, size):
    """abs(got - wanted) <= tolerance * size, the size of the largest number that comes in or out."""
    got, wanted = np.asarray(got, float), np.asarray(wanted, float)
    assert got.shape == wanted.shape
    finite = np.isfinite(wanted)
    assert (got[~finite] == wanted[~finite]).all()
    size = max(size, abs(wanted[finite]).max(initial=0))
    assert abs(got[finite] - wanted[finite]).max(initial=0) <= tolerance * size


def forms(name, i, form):
    """The arguments, with the i-th in another form, or all of them if i is None."""
    shapes = METRICS[name][0]
    return [form(x) if i in (k, None) else x / 7 for k, x in enumerate(whole(shapes))]


SUMS = "kl", "jsd", "total_variation", "criterion", "integral"  # what cancels is as large as what comes in
DENSITIES = "Gaussian", "Gaussian, logarithm", "Uniform", "Mixture"
CASES = [(name, i) for name in METRICS for i in [*range(len(METRICS[name][0])), None]]


@pytest.mark.parametrize("form", GOOD)
@pytest.mark.parametrize("name, i", CASES)
def test_numbers_in_any_form_are_those_numbers(name, i, form):
    _, function, second, tolerance = METRICS[name]
    given = forms(name, i, GOOD[form])
    meant = [values(x, pixels=name in ("nearest", "parzen")) for x in given]
    size = sum(abs(x).sum() for x in meant) if name in SUMS else 0
    assert_near(function(*given), second(*meant), tolerance, size)


@pytest.mark.parametrize("form", BAD)
@pytest.mark.parametrize("name, i", CASES)
def test_what_is_no_number_is_refused_in_one_line(name, i, form):
    function, given = METRICS[name][1], forms(name, i, BAD[form])
    if name in DENSITIES and ("infinite" in form or form == "huge"):  # there the density is 0
        assert function(*given)[6] in (0, -math.inf)
    elif name in DENSITIES and (form == "none" or (form == "empty list" and name != "Mixture")):
        assert len(function(*given)) == 0
    elif "kernel" in name and i == 1 and form in ("none", "empty list"):
        assert len(function(*given)) == 0
    elif name == "integral" and ("infinite" in form or form == "huge"):  # of a KL, say
        assert function(*given) == pytest.approx(given[0][6], rel=1e-12)
    else:
        with pytest.raises(ValueError) as error:
            function(*given)
        assert "\n" not in str(error.value) and 20 < len(str(error.value)) < 160


def trapezoid(f, x):
    return math.fsum((s + t) / 2 * (v - u) for s, t, u, v in zip(f[:-1], f[1:], x[:-1], x[1:], strict=True))


def shifted_mass(p, q, x):
    return trapezoid([abs(trapezoid((p - q)[: i + 1], x[: i + 1])) for i in range(len(x))], x)


def with_d(p, q, x, D=1 / 3):
    return trapezoid(p * math.log(D) + q * math.log(1 - D), x)


third = np.full(12, 1 / 3)
GRIDS = {
    "integral": (lambda p, q, x: theory.integral(p, x), lambda p, q, x: trapezoid(p, x)),
    "wasserstein": (theory.wasserstein, shifted_mass),
    "value": (lambda p, q, x: theory.value(third, p, q, x), with_d),
    "value_of_logit": (lambda p, q, x: theory.value_of_logit(third - third - math.log(2), p, q, x), with_d),
}


@pytest.mark.parametrize("form", GOOD)
@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("i", range(3))
def test_densities_on_a_grid_in_any_form(name, i, form):
    function, second = GRIDS[name]
    p, q, x = whole([FLAT] * 3)
    given = [p / 7, q / 7, np.sort(x) / 7]
    given[i] = GOOD[form](np.sort(x) if i == 2 else (p, q)[i])
    meant = [values(array).ravel() for array in given]
    if not (np.diff(meant[2]) > 0).all():
        with pytest.raises(ValueError, match="grid x must be increasing"):
            function(*given)
    else:
        size = sum(meant[:2]).sum() * max(np.ptp(meant[2]), 1) ** 2
        assert_near(function(*given), second(*meant), 1e-12, size)


@pytest.mark.parametrize("form", BAD)
@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("i", range(3))
def test_grids_of_no_numbers_are_refused(name, i, form):
    given = [third, third, np.arange(12.0)]
    given[i] = BAD[form](np.arange(0, 120, 10))
    if name == "integral" and (i == 1 or (i == 0 and (form == "huge" or "infinite" in form))):
        return  # q, which it does not take; numbers that have an integral
    if i == 2 and form == "None" and name != "wasserstein":
        return  # sums, then
    with pytest.raises(ValueError) as error:
        GRIDS[name][0](*given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("form", BAD)
def test_a_d_or_a_logit_of_no_numbers_is_refused(form):
    for function in theory.value, theory.value_of_logit:
        if (function, form) != (theory.value_of_logit, "huge"):
            with pytest.raises(ValueError):
                function(BAD[form](np.arange(12)), third, third)


def test_one_sample_is_enough(rng):
    a, b = [[3.0]], [[5.0]]
    assert metrics.wasserstein(a, b) == 2 and metrics.wasserstein(3, 5) == 2
    assert metrics.sliced_wasserstein([[0, 0]], [[0, 2]], directions=2) == 1
    assert metrics.histogram_jsd(a, a) == 0 and abs(metrics.histogram_jsd(a, b) - math.log(2)) < 1e-15
    assert metrics.nearest(a, b) == (0, 2)
    assert metrics.coverage([MEANS[1]], MIXTURE, rng=rng).modes.tolist() == [0, 1, 0]
    assert abs(metrics.kernel_density(a, 5, 2.0)[0] - Gaussian(3, 2).pdf([5])[0]) < 1e-15
    assert metrics.kernel_density(a, a)[0] > 1e5  # all of it is in one place
    score = metrics.parzen_log_likelihood(a, b, b, sigmas=2.0)
    assert abs(score.mean - Gaussian(3, 2).log_pdf([5])[0]) < 1e-12
    assert math.isnan(score.error)  # of one number nobody knows
    assert metrics.with_floor(metrics.wasserstein, a, [[1], [2]], rng=rng).floor == 1
