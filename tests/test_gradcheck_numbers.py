"""The numbers of a Check: what an error is relative to, which h is taken, and what counts as a kink."""

import math

import numpy as np
import pytest

from npgan import Dense, LeakyReLU, Network, Tanh, gradcheck


def of(f, said, at=None, **options):
    """The Check of `said`, a list, as the gradient of f(theta) at a point (by default 0)."""
    theta = np.zeros(len(said)) if at is None else np.array(at, dtype=float)
    return gradcheck.check(lambda: float(f(theta)), theta, said, **options)


@pytest.mark.parametrize(
    "slopes, said, at, error, where",
    [
        ([2.0, 0.0], [2.0, 1e-3], [0, 0], 1e-3 / 2, 1),  # relative to the largest entry of what is said,
        ([4.0], [1.0], [0], 3 / 4, 0),  # or of what is seen;
        ([0.0], [1e-5], [0], 1e-5 / 1e-3, 0),  # or to a thousandth of 1,
        ([0.1], [0.1 - 1e-3], [500], 1e-3 / (50e-3 + 0.05), 0),  # or of the loss
        ([-2.0, 3.0, 5.0], [-2.2, 3.3, 5.1], [0, 0, 0], 0.3 / 5.1, 1),  # the worst of three
        ([3.0, -2.0, 5.0], [3.3, -2.3, 5.0], [0, 0, 0], 0.3 / 5.0, 0),
    ],
)
def test_an_error_is_relative(slopes, said, at, error, where):
    constant = 50 if at == [500] else 0  # so that the loss is 100 there
    check = of(lambda theta: slopes @ theta + constant, said, at)
    assert abs(check.error / error - 1) < 1e-3 and check.where == f"theta[{where}]"
    assert check.backward == said[where] and abs(check.difference - slopes[where]) < 1e-7
    assert check.count == len(said) and not check.ok and check.kinks == []


@pytest.mark.parametrize("c, h", [(0.1, 1e-5), (10, 1e-6), (500, 1e-7)])
def test_h_shrinks_only_as_far_as_it_must(c, h):
    """The central difference of c theta^3 at 0 is c h^2, where the slope is 0."""
    check = of(lambda theta: c * theta[0] ** 3, [0.0])
    assert check.ok and abs(check.difference / (c * h**2) - 1) < 1e-6
    theta = np.zeros(1)
    grad = gradcheck.numerical_gradient(lambda: c * theta[0] ** 3, theta)
    assert abs(grad[0] / (c * 1e-10) - 1) < 1e-6


def test_beyond_the_smallest_h_it_is_wrong():
    check = of(lambda theta: 50_000 * theta[0] ** 3, [0.0])
    assert not check.ok and abs(check.error / 5e-7 - 1) < 1e-6


def bent(kink):
    """Slope 1 left of 0, 1 + kink right of it."""
    return lambda theta: theta[0] + kink * max(theta[0], 0)


@pytest.mark.parametrize(
    "kink, said, excused",
    [
        (0.8, 1.0, True), (0.8, 1.8, True), (0.8, 1.3, True), (-0.8, 0.5, True),
        (0.8, 0.99, False), (0.8, 1.81, False), (0.8, -1.0, False), (-0.8, 1.01, False), (-0.8, 0.19, False),
        (0.8, 1.0 - 0.5e-5, True), (0.8, 1.0 - 2e-5, False),  # rounding apart
        (0.8, 1.8 + 0.5e-5, True), (0.8, 1.8 + 4e-5, False),
        (2e-4, 1.0, True), (0.5e-4, 1.0, False),  # no kink to speak of: a curve has such slopes too
    ],
)  # fmt: skip
def test_on_a_kink_any_number_between_the_two_slopes_will_do(kink, said, excused):
    check = of(bent(kink), [said])
    assert check.ok == excused and check.kinks == excused * ["theta[0]"]
    if excused:  # and nothing is left to compare
        assert (check.error, check.where, check.count) == (0.0, "nowhere", 1) and math.isnan(check.backward)


def test_a_thousand_times_the_loss_is_a_thousand_times_the_kink():
    for said, excused in (1000.0, True), (1000.0 - 5e-3, True), (999.97, False):
        assert of(lambda theta: 1000 * bent(0.8)(theta), [said]).ok == excused
    assert not of(lambda theta: 1000 * bent(0.5e-4)(theta), [1000.0]).kinks


def test_what_is_on_a_kink_hides_nothing_beside_it():
    def f(theta):
        return bent(0.8)(theta[:1]) + 2 * theta[1]

    assert of(f, [1.0, 2.0]).ok
    check = of(f, [1.0, 2.1])
    assert not check.ok and check.where == "theta[1]" and check.kinks == ["theta[0]"]


def test_nan_and_infinity_are_wrong_where_they_stand():
    for bad in math.nan, math.inf, -math.inf:
        for said in [bad, 9.0, 9.0], [9.0, bad, bad]:  # at the first, if there are two
            check = of(lambda theta: theta.sum(), said, tolerance=1e9)
            assert check.error == math.inf and check.where == f"theta[{said.index(bad)}]" and not check.ok
            assert str(bad) in str(check)


def test_a_loss_that_is_not_finite_nearby_is_an_error_too():
    def f(theta):
        return math.nan if theta[0] > 0 else 0.0

    check = of(f, [0.0, 1.0])
    assert check.error == math.inf and check.where == "theta[0]"


def test_directions_are_of_length_one():
    check = of(lambda theta: 3 * theta[0], [4.0], directions=1, rng=np.random.default_rng(0))
    assert (check.where, abs(check.backward), check.count) == ("direction 0", 4.0, 1)
    assert abs(check.error - 1 / 4) < 1e-9
    check = of(lambda theta: theta @ theta, 10 * [0.0], 10 * [1.0], directions=3, rng=np.random.default_rng(0))
    assert check.where in ("direction 0", "direction 1", "direction 2") and 0.1 < abs(check.difference) < 6.4


def test_the_tolerance_is_the_callers_and_reaches_every_check(rng):
    assert gradcheck.TOLERANCE == 1e-7 and of(lambda theta: 0.0, [0.0]).tolerance == 1e-7
    said = [0.0, 2.0 + 2e-4]
    for tolerance, ok in (1e-7, False), (0.9e-4, False), (1.1e-4, True):
        assert of(lambda theta: 2 * theta[1], said, tolerance=tolerance).ok == ok
    x = rng.standard_normal((2, 2, 3))
    for checks in gradcheck.check_layer(Tanh(), x[0], rng=rng, tolerance=0.0), gradcheck.check_tangent(
        Tanh(), *x, rng=rng, tolerance=0.0
    ):
        assert checks and all(not check.ok and check.error < 1e-7 for check in checks)
    assert gradcheck.Check("", 0.5, "", 0, 0, 1, tolerance=0.5).ok


def test_a_line_names_three_kinks_and_counts_all():
    check = gradcheck.Check("D", 2e-9, "W[1]", 0.25, -0.5, 7, ["a", "b", "c", "d"])
    assert str(check) == (
        "D: ok, relative error 2.0e-09 at W[1] (backward +0.25, difference -0.5; 7 compared); "
        "4 on a kink, with no gradient to compare: a, b, c"
    )


def test_every_entry_of_theta_has_a_name_of_its_own(rng):
    net = Network(Dense(2, 3), LeakyReLU(0.2), Dense(3, 1), rng=rng)
    names = [gradcheck.locate(net, i) for i in range(net.theta.size)]
    assert names == [
        *(f"layers[0] Dense(2, 3) W[{i}, {j}]" for i in range(2) for j in range(3)),
        *(f"layers[0] Dense(2, 3) b[{j}]" for j in range(3)),
        *(f"layers[2] Dense(3, 1) W[{i}, 0]" for i in range(3)),
        "layers[2] Dense(3, 1) b[0]",
    ]
    with pytest.raises(ValueError, match="theta has 13 entries"):
        gradcheck.locate(net, 13)
