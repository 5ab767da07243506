"""train(): the orders of play, determinism, and what it says to nonsense."""

import numpy as np
import pytest
from forms import BAD, GOOD, Table, Tensor, values

from npgan import GAN, SGD, Adam, Diverged, Gaussian, Record, Rows, games, models, train
from npgan.training import ORDERS


def make(seed=0, optimiser=Adam, lr=1e-2, **options):
    rng = np.random.default_rng(seed)
    G, D = models.mlp((1, 4, 1), rng=rng), models.mlp((1, 4, 1), rng=rng)
    return GAN(G, D, optimiser(G, lr=lr), optimiser(D, lr=lr), **options), rng


def play(steps=5, batch=8, seed=0, data=None, **options):
    gan, rng = make(seed)
    records = list(train(gan, data or Gaussian(4, 1.25), steps=steps, batch=batch, rng=rng, **options))
    return gan, records


def test_a_record_per_step_with_what_was_measured():
    gan, records = play(steps=7)
    assert [record.step for record in records] == [1, 2, 3, 4, 5, 6, 7]
    last = records[-1]
    D = games.non_saturating.probability(gan.a_real)
    assert abs(last.d_real - D.mean()) < 1e-15 and 0 < last.d_fake < 1
    assert str(last).startswith("step     7   V -") and f"{last.loss:+.4f}" in str(last)


def test_the_same_seed_gives_the_same_bytes():
    (one, first), (two, second) = play(average=0.99), play(average=0.99)
    assert first == second
    for a, b in (one.G, two.G), (one.D, two.D), (one.average, two.average):
        assert a.theta.tobytes() == b.theta.tobytes()
    assert play(seed=1)[1] != first


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("k", [1, 3])
def test_orders_are_the_same_calls_in_another_order(order, k):
    if order in ("simultaneous", "one_noise") and k > 1:
        return
    gan, _ = play(order=order, d_steps=k)
    other, rng = make()
    data = Gaussian(4, 1.25)

    def x():
        return data.sample(8, rng=rng)

    def z():
        return other.noise(8, rng=rng)

    for _ in range(5):
        if order == "simultaneous":
            other.simultaneous_step(x(), z(), z())
            continue
        if order == "one_noise":
            real, noise = x(), z()
            other.discriminator_step(real, noise)
            other.generator_step(noise)
            continue
        if order == "g_first":
            other.generator_step(z())
        for _ in range(k):
            other.discriminator_step(x(), z())
        if order == "d_first":
            other.generator_step(z())
    assert gan.G.theta.tobytes() == other.G.theta.tobytes() and gan.D.theta.tobytes() == other.D.theta.tobytes()


def test_annealing_lets_the_rates_fall_linearly_and_gives_them_back():
    gan, rng = make()
    rates = [gan.opt_g.rate for _ in train(gan, Gaussian(0, 1), steps=4, batch=2, rng=rng, anneal=True)]
    assert rates == [1.0, 0.75, 0.5, 0.25] and gan.opt_g.rate == gan.opt_d.rate == 1.0


def test_rates_that_the_caller_has_set_are_left_alone():
    gan, rng = make()
    gan.opt_d.rate = 0.25
    list(train(gan, Gaussian(0, 1), steps=2, batch=2, rng=rng))
    assert (gan.opt_d.rate, gan.opt_g.rate) == (0.25, 1.0)


def test_average_is_made_only_when_asked_for():
    assert play()[0].average is None
    gan, _ = play(average=0.9)
    assert not (gan.average.theta == gan.G.theta).all()


@pytest.mark.parametrize("order", ORDERS)
def test_training_on_without_an_average_ends_it(order):
    """It would stay where it was, and gan.sample would draw from it."""
    gan, rng = make()
    options = {"batch": 8, "rng": rng, "order": order}
    list(train(gan, Gaussian(4, 1.25), steps=3, average=0.9, **options))
    assert gan.average is not None
    train(gan, Gaussian(4, 1.25), steps=6, start=3, **options)  # nothing has been played yet
    list(train(gan, Gaussian(4, 1.25), steps=3, start=3, **options))  # nor now
    assert gan.average is not None
    next(train(gan, Gaussian(4, 1.25), steps=6, start=3, **options))
    assert gan.average is None
    z = gan.noise(5, rng=rng)
    assert (gan.generate(z) == gan.G.predict(z)).all()
    list(train(gan, Gaussian(4, 1.25), steps=9, start=6, average=0.9, **options))
    assert not (gan.average.theta == gan.G.theta).all()


def test_a_run_cut_in_two_is_the_same_run():
    whole, records = play(steps=6, average=0.9, anneal=True)
    gan, rng = make()
    options = {"steps": 6, "batch": 8, "rng": rng, "average": 0.9, "anneal": True}
    first = [record for _, record in zip(range(3), train(gan, Gaussian(4, 1.25), **options), strict=False)]
    second = list(train(gan, Gaussian(4, 1.25), start=3, **options))
    assert first + second == records and gan.G.theta.tobytes() == whole.G.theta.tobytes()


def test_arrays_are_visited_row_by_row():
    rows = np.arange(12.0)[:, None]
    seen = []

    class Spy(Rows):
        def sample(self, n, *, rng):
            seen.extend(batch := super().sample(n, rng=rng))
            return batch

    play(steps=6, batch=4, data=Spy(rows))
    assert sorted(np.ravel(seen)) == sorted(np.tile(np.arange(12.0), 2))


def test_data_is_brought_to_the_networks_dtype():
    gan = models.gaussian_pair(rng=np.random.default_rng(0), dtype=np.float32)
    for data in Gaussian(0, 1), np.arange(5)[:, None]:
        assert len(list(train(gan, data, steps=2, batch=3, rng=np.random.default_rng(0)))) == 2
    assert gan.G.theta.dtype == np.float32


def test_data_of_ones_own_may_be_lists():
    class Lists(Gaussian):
        def sample(self, n, *, rng):
            return super().sample(n, rng=rng).tolist()

    assert play(data=Lists(4, 1.25))[1] == play(data=Gaussian(4, 1.25))[1]


class Own:
    """A distribution of one's own, whose sample gives what it is told to."""

    def __init__(self, what, d=1):
        self.what, self.d = what, d

    def sample(self, n, *, rng):
        return self.what(n, rng.standard_normal((n, self.d)))


GIVEN = {
    "rows": lambda n, x: x,
    "float32": lambda n, x: x.astype(np.float32),
    "whole numbers": lambda n, x: np.rint(x).astype(int),
    "bytes": lambda n, x: (x > 0).astype(np.uint8),
    "bools": lambda n, x: x > 0,
    "list": lambda n, x: x.tolist(),
    "table": lambda n, x: Table(x),
    "tensor": lambda n, x: Tensor(x),
}
REFUSED = {
    "NaN": (lambda n, x: np.where(np.arange(n)[:, None] == 3, np.nan, x), r"finite, got nan at index \(3, 0\)"),
    "infinite": (lambda n, x: np.where(x > 0, np.inf, x), "must be finite, got inf at"),
    "both infinities": (lambda n, x: np.where(x > 0, np.inf, -np.inf), "must be finite, got -?inf at"),
    "NaN in a list": (lambda n, x: [[float("nan")]] * n, r"must be finite, got nan at index \(0, 0\)"),
    "large": (lambda n, x: 1e200 * x, "must be such that float64 holds its square, got .*e[+]200 to"),
    "fewer rows": (lambda n, x: x[1:], r"must give the shape \(8, 1\), got \(7, 1\)"),
    "more rows": (lambda n, x: np.tile(x, (2, 1)), r"must give the shape \(8, 1\), got \(16, 1\)"),
    "no rows": (lambda n, x: x[:0], r"must give the shape \(8, 1\), got \(0, 1\)"),
    "one dimension": (lambda n, x: x[:, 0], r"must give the shape \(8, 1\), got \(8,\)"),
    "columns": (lambda n, x: np.hstack([x, x]), r"must give the shape \(8, 1\), got \(8, 2\)"),
    "turned": (lambda n, x: x.T, r"must give the shape \(8, 1\), got \(1, 8\)"),
    "nothing": (lambda n, x: None, "must be an array of real numbers, got object"),
    "objects": (lambda n, x: x.astype(object), "must be an array of real numbers, got object"),
    "texts": (lambda n, x: x.astype(str), "must be an array of real numbers, got <U"),
    "complex": (lambda n, x: x + 0j, "must be an array of real numbers, got complex128"),
    "ragged": (lambda n, x: [[1.0]] * (n - 1) + [[1.0, 2.0]], "got rows of different lengths"),
    "masked": (lambda n, x: np.ma.masked_array(x, mask=x > 0), "must be a plain array, got a masked array"),
    "matrix": (lambda n, x: x.view(np.matrix), "must be a plain array, got matrix"),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("what", GIVEN)
def test_what_a_distribution_of_ones_own_gives_is_taken_as_the_same_numbers(what, order):
    gan, rng = make(optimiser=SGD, lr=1e-9)
    other, same = make(optimiser=SGD, lr=1e-9)

    class Plain(Own):
        def sample(self, n, *, rng):
            return np.array(values(super().sample(n, rng=rng)), float)

    options = {"steps": 3, "batch": 8, "order": order}
    records = list(train(gan, Own(GIVEN[what]), rng=rng, **options))
    assert records == list(train(other, Plain(GIVEN[what]), rng=same, **options))
    assert gan.D.theta.tobytes() == other.D.theta.tobytes()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("what", REFUSED)
def test_data_at_fault_are_named_and_nothing_is_spoiled(what, order):
    gan, rng = make()
    right, wrong = 2, REFUSED[what][0]

    def late(n, x):
        nonlocal right
        right -= 1
        return x if right >= 0 else wrong(n, x)

    before = list(train(gan, Own(lambda n, x: x), steps=1, batch=8, rng=rng))
    assert len(before) == 1
    with pytest.raises(ValueError, match=f"(data|Own).sample .*{REFUSED[what][1]}") as error:
        for _ in train(gan, Own(late), steps=5, batch=8, rng=rng, order=order):
            theta = gan.D.theta.copy()
    assert "\n" not in str(error.value)
    assert right == -1 and (gan.D.theta == theta).all() and np.isfinite(gan.G.theta).all()


def test_numbers_that_float32_cannot_hold():
    gan = models.gaussian_pair(rng=np.random.default_rng(0), dtype=np.float32)
    records = train(gan, Own(lambda n, x: 1e100 * x), steps=1, batch=4, rng=np.random.default_rng(0))
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="data.sample gives, must be finite"):
        next(records)


@pytest.mark.parametrize("form", GOOD)
def test_tables_in_any_form_are_rows(form):
    """Though a table may have a sample and a d of its own, as a DataFrame has."""
    table = GOOD[form](np.arange(12).reshape(12, 1))
    (gan, rng), (other, same) = make(), make()
    if not np.abs(values(table)).max() < 1e5:
        return  # nothing is learned from these
    options = {"steps": 4, "batch": 5}
    records = list(train(gan, table, rng=rng, **options))
    assert records == list(train(other, values(table), rng=same, **options))


@pytest.mark.parametrize("form", BAD)
def test_what_is_no_table_of_numbers_is_refused_at_once(form):
    gan, rng = make()
    data = BAD[form](np.arange(12).reshape(12, 1))
    with pytest.raises(ValueError, match="^data must ") as error:
        train(gan, data, steps=4, batch=5, rng=rng)
    assert "\n" not in str(error.value)


def test_something_to_sample_needs_a_width():
    gan, rng = make()

    class Bare:
        def sample(self, n, *, rng):
            return rng.standard_normal((n, 1))

    for d, message in (None, "d of the data must be a whole"), (1.0, "got 1.0"), ("1", "got '1'"):
        bare = Bare()
        bare.d = d
        with pytest.raises(ValueError, match=message):
            train(gan, bare, steps=1, batch=1, rng=rng)
    with pytest.raises(ValueError, match=r"data with a sample\(n, rng=\) need d, the width of a sample: "):
        train(gan, Bare(), steps=1, batch=1, rng=rng)
    with pytest.raises(ValueError, match="^data must be an array of real numbers, got object"):
        train(gan, Gaussian, steps=1, batch=1, rng=rng)
    bare.d = np.int32(1)
    assert len(list(train(gan, bare, steps=1, batch=1, rng=rng))) == 1


def test_divergence_names_the_step_and_the_number():
    gan, rng = make(optimiser=SGD, lr=1e200, game=games.least_squares)
    with np.errstate(all="ignore"), pytest.raises(Diverged, match=r"step \d: (V|the loss of G) is -?(inf|nan)"):
        list(train(gan, Gaussian(4, 1.25), steps=100, batch=8, rng=rng))


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"steps": 0}, "steps must be a whole number >= 1, got 0"),
        ({"batch": -3}, "batch must be a whole number >= 1, got -3"),
        ({"batch": 2.5}, "batch must be a whole number >= 1, got 2.5"),
        ({"d_steps": 0}, "d_steps must be"),
        ({"start": -1}, "start must be"),
        ({"order": "both"}, "unknown order 'both'; choose from d_first, g_first, simultaneous, one_noise"),
        ({"order": "simultaneous", "d_steps": 2}, "'simultaneous' has one D step per G step, got d_steps=2"),
        ({"order": "one_noise", "d_steps": 2}, "'one_noise' has one D step per G step, got d_steps=2"),
        ({"steps": 3.0}, "steps must be a whole number >= 1, got 3.0"),
        ({"steps": True}, "steps must be a whole number >= 1, got True"),
        ({"steps": "3"}, "steps must be a whole number >= 1, got '3'"),
        ({"batch": np.float64(4)}, "batch must be a whole number"),
        ({"batch": np.array(4)}, "batch must be a whole number"),
        ({"batch": True}, "batch must be a whole number >= 1, got True"),
        ({"d_steps": 1.0}, "d_steps must be a whole number >= 1, got 1.0"),
        ({"d_steps": np.bool_(True)}, "d_steps must be a whole number"),
        ({"start": 0.0}, "start must be a whole number >= 0, got 0.0"),
        ({"order": None}, "unknown order None"),
        ({"anneal": 0.5}, "anneal must be True or False, got 0.5"),
        ({"anneal": "no"}, "anneal must be True or False, got 'no'"),
        ({"average": 1.0}, "average must be a number with 0 < average < 1, got 1.0"),
        ({"average": True}, "average must be a number with 0 < average < 1, got True"),
        ({"average": np.nan}, "average must be a number with 0 < average < 1, got nan"),
        ({"average": "0.9"}, "average must be a number with 0 < average < 1, got '0.9'"),
        ({"data": np.zeros((3, 2))}, "data has 2 columns, but D takes 1"),
        ({"data": np.array([[np.nan]])}, "data must be finite, got nan"),
        ({"data": np.zeros((0, 1))}, "data must be an array of numbers"),
    ],
)
def test_nonsense_is_refused_at_once(wrong, message):
    """Before the first step: at the call, not when the first record is asked for."""
    gan, rng = make()
    options = {"data": Gaussian(0, 1), "steps": 3, "batch": 4, "rng": rng} | wrong
    with pytest.raises(ValueError, match=message):
        train(gan, options.pop("data"), **options)


@pytest.mark.parametrize("rng", [0, None, np.random, np.random.RandomState(0), np.random.PCG64()])  # noqa: NPY002
def test_an_unnoticed_seed_in_place_of_a_generator(rng):
    gan, _ = make()
    with pytest.raises(TypeError, match="rng must be a numpy Generator such as"):
        train(gan, Gaussian(0, 1), steps=1, batch=1, rng=rng)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64])
def test_numpy_integers_are_whole_numbers(kind):
    """Without running over: 200 is beyond an int8, and 16 * 16 beyond an uint8."""
    assert play(steps=kind(5), batch=kind(100), d_steps=kind(2), start=kind(1)) [1] == play(
        steps=5, batch=100, d_steps=2, start=1
    )[1]


def test_a_gaussian_is_learned():
    """Small and short, but it must come near: the data are N(4, 1.25^2), G starts around 0."""
    gan = models.gaussian_pair(rng=np.random.default_rng(3), lr=1e-3)
    rng = np.random.default_rng(4)
    for record in train(gan, Gaussian(4, 1.25), steps=2500, batch=64, rng=rng, average=0.99):
        assert isinstance(record, Record)
    samples = gan.sample(4000, rng=rng)
    assert abs(samples.mean() - 4) < 0.5 and abs(samples.std() - 1.25) < 0.6
