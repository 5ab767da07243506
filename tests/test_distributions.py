"""What is sampled and what is evaluated are the same distribution."""

import math
import re

import numpy as np
import pytest
from forms import BAD, GOOD, values

from npgan import Gaussian, Mixture, Rows, Uniform, grid, ring


@pytest.mark.parametrize("p", [Gaussian(4, 1.25), Uniform(-1, 3), Mixture([[-2.0], [1.0]], 0.5)])
def test_pdf_integrates_to_one_and_has_the_moments_of_the_samples(p, rng):
    x = np.linspace(-10, 14, 240_001)
    pdf, n = p.pdf(x), 40_000
    mean, second = (np.trapezoid(f * pdf, x) for f in (x, x**2))
    assert abs(np.trapezoid(pdf, x) - 1) < 1e-4
    samples = p.sample(n, rng=rng)
    assert samples.shape == (n, 1) and samples.dtype == np.float64
    for power, moment in (1, mean), (2, second):  # four standard errors
        assert abs((samples**power).mean() - moment) < 4 * (samples**power).std() / math.sqrt(n)


def test_samples_are_the_formula_draw_by_draw():
    """Not the distribution alone: the same seed is to give the same numbers as it always did."""
    n, means = 50, np.array([[0.0, 1.0], [5.0, -2.0], [3.0, 3.0]])
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    assert (Gaussian(2, 0.5).sample(n, rng=ours) == 2 + 0.5 * theirs.standard_normal((n, 1))).all()
    assert (Uniform(-1, 3).sample(n, rng=ours) == theirs.uniform(-1, 3, (n, 1))).all()
    mode = theirs.integers(3, size=n)
    samples = Mixture(means, 0.1).sample(n, rng=ours)
    assert (samples == means[mode] + 0.1 * theirs.standard_normal((n, 2))).all()


def test_gaussian_at_known_points():
    p = Gaussian(1, 2)
    assert abs(p.pdf([1.0])[0] - 1 / (2 * math.sqrt(2 * math.pi))) < 1e-16
    assert abs(p.pdf([[3.0]])[0] / p.pdf([[1.0]])[0] - math.exp(-0.5)) < 1e-15
    assert p.log_pdf([1000.0])[0] == pytest.approx(
        -(499.5**2) / 2 - math.log(2 * math.sqrt(2 * math.pi)), rel=1e-15
    )


def test_ring_has_eight_distinct_modes_on_the_circle():
    means = ring().means
    assert means.shape == (8, 2) and abs(np.hypot(*means.T) - 1).max() < 1e-15
    gaps = np.linalg.norm(means[:, None] - means, axis=2) + 9 * np.eye(8)
    assert abs(gaps.min(axis=1) - 2 * math.sin(math.pi / 8)).max() < 1e-15  # nobody sits on anybody


def test_grid_is_the_published_one():
    means = grid().means
    assert sorted(map(tuple, means)) == [(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]
    assert grid().sigma == 0.05 and ring().sigma == 0.01


def test_mixture_in_the_plane_integrates_to_one_and_uses_every_mode_alike(rng):
    p = grid(side=2, spacing=2, sigma=0.3)
    ticks = np.linspace(-4, 4, 401)
    x = np.array(np.meshgrid(ticks, ticks)).reshape(2, -1).T
    assert abs(p.pdf(x).sum() * (ticks[1] - ticks[0]) ** 2 - 1) < 1e-9
    samples = p.sample(8000, rng=rng)
    counts = np.unique((samples > 0) @ [2, 1], return_counts=True)[1]
    assert len(counts) == 4 and abs(counts - 2000).max() < 4 * math.sqrt(8000 * 0.25 * 0.75)
    around = samples - np.sign(samples)  # means at (+-1, +-1)
    assert abs(around.std() - 0.3) < 4 * 0.3 / math.sqrt(2 * 16_000)


def test_rows_visit_every_row_once_per_epoch(rng):
    rows = Rows(np.arange(10.0)[:, None])
    drawn = np.concatenate([rows.sample(4, rng=rng) for _ in range(10)])[:, 0]  # 4 epochs in batches of 4
    for epoch in drawn.reshape(4, 10):
        assert sorted(epoch) == list(range(10))
    assert len({tuple(epoch) for epoch in drawn.reshape(4, 10)}) == 4  # shuffled anew each time


def test_rows_can_be_fewer_than_a_batch_and_go_on_from_a_saved_place():
    rows, other = Rows(np.eye(3)), Rows(np.eye(3))
    rng = np.random.default_rng(1)
    assert rows.sample(7, rng=rng).shape == (7, 3)
    state, ahead = {k: v.copy() for k, v in rows.state().items()}, rng.bit_generator.state
    wanted = rows.sample(5, rng=rng)
    rng.bit_generator.state = ahead
    other.set_state(state)
    assert (other.sample(5, rng=rng) == wanted).all()
    for order in [2], [[0]], 0:
        with pytest.raises(ValueError, match="does not fit data of 2 rows"):
            Rows(np.eye(2)).set_state(state | {"order": np.array(order, np.uint32)})
    with pytest.raises(ValueError, match="does not fit data of 3 rows"):
        other.set_state(state | {"order": np.array([0])})
    with pytest.raises(ValueError, match=r"has an order and a digest, got \['order'\]"):
        other.set_state({"order": state["order"]})
    with pytest.raises(ValueError, match="other data"):
        Rows(2 * np.eye(3)).set_state(state)


def test_an_epoch_is_shuffled_when_its_first_row_is_asked_for():
    """Not when the one before has just ended: so the numbers that rng gives others in between stay the same."""
    rows, ours, theirs = Rows(np.arange(6.0).reshape(3, 2)), np.random.default_rng(4), np.random.default_rng(4)
    assert (rows.d, len(rows)) == (2, 3)
    epoch = np.zeros(0, int)
    for n in 3, 2, 1, 3:
        epoch = epoch if len(epoch) else theirs.permutation(3)
        assert (rows.sample(n, rng=ours) == rows.rows[epoch[:n]]).all()
        epoch = epoch[n:]
        assert ours.bit_generator.state == theirs.bit_generator.state


@pytest.mark.parametrize(
    "data",
    [np.zeros(3), np.zeros((0, 2)), np.zeros((2, 0)), np.zeros((2, 2, 2))],
)
def test_rows_want_a_table_of_numbers(data):
    with pytest.raises(ValueError, match=r"data must be an array of numbers of shape \(n, d\)"):
        Rows(data)


@pytest.mark.parametrize(
    "data, kind", [(np.array([["a"]]), "<U1"), (np.zeros((1, 1), complex), "complex128"), ([[None]], "object")]
)
def test_rows_want_real_numbers(data, kind):
    with pytest.raises(ValueError, match=f"data must be an array of real numbers, got {kind}"):
        Rows(data)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_refuse_what_is_not_finite(bad):
    with pytest.raises(ValueError, match=r"data must be finite, got .* at index \(1, 0\)"):
        Rows([[0.0], [bad]])


# --- numbers in any form: those of pdf are tried with the metrics ---


@pytest.mark.parametrize("form", GOOD)
def test_rows_and_means_in_any_form_are_those_numbers(form):
    whole = np.arange(12).reshape(6, 2)
    meant = values(GOOD[form](whole))
    rows = Rows(GOOD[form](whole))
    drawn = rows.sample(6, rng=np.random.default_rng(0))
    assert type(drawn) is np.ndarray and (drawn == meant[np.random.default_rng(0).permutation(6)]).all()
    p = Mixture(GOOD[form](whole), 2)
    assert p.means.dtype == np.float64 and (p.means == meant).all()
    (drawn,) = p.sample(1, rng=np.random.default_rng(0))
    rng = np.random.default_rng(0)
    assert (drawn == meant[rng.integers(6, size=1)] + 2 * rng.standard_normal((1, 2))).all()


@pytest.mark.parametrize("form", BAD)
def test_rows_and_means_that_are_no_numbers_are_refused(form):
    bad = BAD[form](np.arange(12).reshape(6, 2))
    for make, name in (Rows, "data"), (lambda means: Mixture(means, 1), "means"):
        with pytest.raises(ValueError, match=f"^{name} must ") as error:
            make(bad)
        assert "\n" not in str(error.value)


def test_means_are_kept_and_rows_are_looked_at():
    """A Mixture is a formula, to be left alone; a data set may be larger than the memory."""
    means, rows = np.eye(2), np.eye(2)
    p, data = Mixture(means, 1), Rows(rows)
    means[0], rows[0] = 9, 9
    assert p.means[0].max() == 1 and data.rows[0].max() == 9


@pytest.mark.parametrize("bad", [math.nan, math.inf, None, "1", True, 1j, [1.0], np.array(1.0), np.ma.masked])
def test_parameters_are_numbers(bad):
    for make in (
        lambda: Gaussian(bad, 1),
        lambda: Gaussian(0, bad),
        lambda: Uniform(bad, 1),
        lambda: Uniform(0, bad),
        lambda: Mixture([[0.0]], bad),
        lambda: ring(radius=bad),
        lambda: ring(sigma=bad),
        lambda: grid(spacing=bad),
        lambda: ring(modes=bad),
        lambda: grid(side=bad),
    ):
        with pytest.raises(ValueError, match="must be a .*, got"):
            make()


def test_huge_parameters():
    """Right, or refused: the length of an interval must be a number too."""
    with pytest.raises(ValueError, match="high - low must be a number with 0 < high - low and finite, got inf"):
        Uniform(-1e308, 1e308)
    for sigma in 1e60, 1e-60, 1e-320:
        with pytest.raises(ValueError, match="sigma must be a number with 1e-50 < sigma < 1e[+]50"):
            Mixture([[0.0]], sigma)
    assert abs(Uniform(0, 1e308).pdf([1.0])[0] * 1e308 - 1) < 1e-15
    assert abs(Gaussian(1e300, 1e299).pdf([1e300])[0] * 1e299 * math.sqrt(2 * math.pi) - 1) < 1e-13


@pytest.mark.parametrize("d", [1, 2, 30, 200, 784])
@pytest.mark.parametrize("sigma", [1e-9, 0.01, 0.4, 50.0])
def test_a_mixture_in_many_dimensions_is_a_product_of_gaussians(d, sigma, rng):
    """sigma^d is 0, or infinite, long before the density at a place is."""
    p = Mixture(np.zeros((1, d)), sigma)
    x = sigma * rng.standard_normal((50, d)) * 10 ** rng.uniform(-3, 0.3, (50, 1))
    log = sum(Gaussian(0, sigma).log_pdf(column) for column in x.T)
    some = (log > -700) & (log < 700)
    assert abs(p.pdf(x[some]) / np.exp(log[some]) - 1).max(initial=0) < 1e-10
    assert (p.pdf(x[log < -750]) == 0).all()
    two = Mixture(np.stack([np.zeros(d), np.full(d, 1e4 * sigma)]), sigma)
    assert abs(two.pdf(x[some]) / np.exp(log[some]) - 0.5).max(initial=0) < 1e-10


def test_there_is_no_density_at_nan():
    for p in Gaussian(0, 1), Uniform(0, 1), Mixture([[0.0]], 1):
        with pytest.raises(ValueError, match="there is no density at NaN"):
            p.pdf([0.0, math.nan])


def test_errors(rng):
    for make in (
        lambda: Gaussian(0, 0),
        lambda: Gaussian(math.nan, 1),
        lambda: Uniform(1, 1),
        lambda: ring(modes=0),
        lambda: Mixture([[0.0]], -1),
    ):
        with pytest.raises(ValueError, match="must be a"):
            make()
    for means in [], [1.0, 2.0], np.zeros((0, 2)), np.zeros((1, 2, 2)):
        with pytest.raises(ValueError, match="means must have shape"):
            Mixture(means, 1)
    for p, shape in (ring(), (3, 1)), (ring(), (2,)), (Gaussian(0, 1), (3, 2)), (Gaussian(0, 1), (2, 1, 1)):
        with pytest.raises(ValueError, match=rf"needs x of shape \(m, {p.d}\), got {re.escape(str(shape))}"):
            p.pdf(np.zeros(shape))
    for p in Gaussian(0, 1), Uniform(0, 1), ring(), Rows([[1.0]]):
        with pytest.raises(TypeError, match="rng must be"):
            p.sample(3, rng=0)
        with pytest.raises(TypeError, match="positional"):
            p.sample(3, rng)
        with pytest.raises(ValueError, match="n must be a whole number"):
            p.sample(0, rng=rng)
