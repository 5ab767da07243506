"""train(): the orders of play, determinism, and what it says to nonsense."""

import numpy as np
import pytest

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
        ({"average": 1.0}, "average must be a number with 0 < average < 1, got 1.0"),
        ({"data": np.zeros((3, 2))}, "data has 2 columns, but G makes 1"),
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


def test_an_unnoticed_seed_in_place_of_a_generator():
    gan, _ = make()
    with pytest.raises(TypeError, match="rng must be"):
        train(gan, Gaussian(0, 1), steps=1, batch=1, rng=0)


def test_a_gaussian_is_learned():
    """Small and short, but it must come near: the data are N(4, 1.25^2), G starts around 0."""
    gan = models.gaussian_pair(rng=np.random.default_rng(3), lr=1e-3)
    rng = np.random.default_rng(4)
    for record in train(gan, Gaussian(4, 1.25), steps=2500, batch=64, rng=rng, average=0.99):
        assert isinstance(record, Record)
    samples = gan.sample(4000, rng=rng)
    assert abs(samples.mean() - 4) < 0.5 and abs(samples.std() - 1.25) < 0.6
