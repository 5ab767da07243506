"""The contract of a GAN, two gradients and two moves: every variant in every game and every order."""

import copy
import math
from types import SimpleNamespace

import numpy as np
import pytest

from npgan import GAN, Record, Rows, gradcheck, train
from npgan.games import GAMES
from npgan.training import ORDERS
from npgan.variants import VARIANTS

kinds = pytest.mark.parametrize("kind", VARIANTS.values(), ids=VARIANTS)
games = pytest.mark.parametrize("game", GAMES.values(), ids=GAMES)
orders = pytest.mark.parametrize("order", ORDERS)


def small(kind=GAN, game=GAMES["minimax"], seed=0, lr=0.05):
    gan = gradcheck.small_gan(kind, game, rng=np.random.default_rng(seed))
    gan.opt_g.lr = gan.opt_d.lr = lr
    return gan


def batch(gan, m=6, seed=1):
    """x and two z for a step of gan."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, gan.D.n_in)), gan.noise(m, rng=rng), gan.noise(m, rng=rng)


def play(gan, order, steps=1, seed=1, **options):
    rng = np.random.default_rng(seed)
    data = Rows(rng.standard_normal((20, gan.D.n_in)))
    return list(train(gan, data, steps=steps, batch=8, rng=rng, order=order, **options))


def theta(gan):
    return gan.G.theta.tobytes(), gan.D.theta.tobytes()


@kinds
@games
@orders
def test_every_variant_trains_in_every_order_with_gradients_that_are_right(kind, game, order):
    gan, other = small(kind, game), small(kind, game)
    start, records = theta(gan), play(gan, order, steps=5)
    assert [record.step for record in records] == [1, 2, 3, 4, 5]
    for record in records:
        assert type(record) is Record and all(math.isfinite(number) for number in record)
    assert records[-1][3:] == gan.judged()
    assert np.isfinite(gan.G.theta).all() and np.isfinite(gan.D.theta).all()
    assert all(now != before for now, before in zip(theta(gan), start, strict=True))
    assert play(other, order, steps=5) == records and theta(other) == theta(gan)
    for check in gradcheck.check_steps(gan, rng=np.random.default_rng(2)):
        assert check.error < 1e-7 and check.count > 100, check


@kinds
@games
def test_the_other_orders_are_the_same_two_gradients_and_two_moves(kind, game):
    gan = small(kind, game)
    x, z, z_g = batch(gan)
    one, apart = copy.deepcopy(gan), copy.deepcopy(gan)
    assert one.one_noise_step(x, z) == (apart.discriminator_step(x, z), apart.generator_step(z))
    assert theta(one) == theta(apart)
    both, apart = copy.deepcopy(gan), copy.deepcopy(gan)
    assert both.simultaneous_step(x, z, z_g) == (
        apart.discriminator_gradient(x, z), apart.generator_gradient(z_g),
    )  # fmt: skip
    apart.descend()
    apart.ascend()
    assert theta(both) == theta(apart)


@kinds
def test_a_step_of_one_player_leaves_the_other_alone(kind):
    gan = small(kind)
    x, z, z_g = batch(gan)
    gan.G.grad[...] = 7
    before = theta(gan)
    gan.discriminator_step(x, z)
    assert theta(gan)[0] == before[0] and theta(gan)[1] != before[1] and (gan.G.grad == 7).all()
    before, grad = theta(gan), gan.D.grad.tobytes()
    gan.generator_step(z_g)
    assert theta(gan)[0] != before[0] and theta(gan)[1] == before[1] and gan.D.grad.tobytes() == grad


# --- variants of one's own: one method, and every order has it ---


class Clipped(GAN):
    """A move: WGAN's D stays in a box."""

    settings = {"clip": 0.01}

    def ascend(self):
        super().ascend()
        np.clip(self.D.theta, -self.clip, self.clip, out=self.D.theta)


@orders
def test_a_move_that_clips_is_made_in_every_order(order):
    clipped, plain = small(Clipped), small()
    play(clipped, order, steps=4)
    play(plain, order, steps=4)
    assert np.abs(clipped.D.theta).max() == 0.01 == Clipped.settings["clip"] < np.abs(plain.D.theta).max()
    assert np.abs(clipped.G.theta).max() > 0.01


class PushedD(GAN):
    """A gradient that is known to be off by 1, 2, 3, ..."""

    def V_gradient(self, x, fake):
        V = super().V_gradient(x, fake)
        self.D.grad += 1.0 + np.arange(self.D.grad.size)
        return V


class PushedG(GAN):
    def loss_gradient(self, fake):
        loss = super().loss_gradient(fake)
        self.G.grad += 1.0 + np.arange(self.G.grad.size)
        return loss


@orders
@pytest.mark.parametrize("kind, net, sign", [(PushedD, "D", +1), (PushedG, "G", -1)])
def test_a_changed_gradient_is_followed_in_every_order(kind, net, sign, order):
    plain, pushed = small(), small(kind)
    play(plain, order)
    play(pushed, order)
    moved = getattr(pushed, net).theta - getattr(plain, net).theta
    assert np.abs(moved - sign * 0.05 * (1 + np.arange(moved.size))).max() < 1e-12


@pytest.mark.parametrize(
    "order, wanted",
    [
        ("d_first", "V_gradient ascend V_gradient ascend loss_gradient descend"),
        ("g_first", "loss_gradient descend V_gradient ascend V_gradient ascend"),
        ("simultaneous", "V_gradient loss_gradient ascend descend"),
        ("one_noise", "V_gradient ascend loss_gradient descend"),
    ],
)
def test_an_order_is_these_gradients_and_moves(order, wanted, monkeypatch):
    gan, calls = small(), []
    for name in "V_gradient", "loss_gradient", "ascend", "descend":
        right = getattr(gan, name)
        monkeypatch.setattr(gan, name, lambda *x, name=name, right=right: calls.append(name) or right(*x))
    play(gan, order, steps=3, d_steps=2 if order.endswith("first") else 1)
    assert calls == 3 * wanted.split()


class Seen:
    """Stands for a gan, shows of its networks D's width and dtype alone, and notes what it is asked for."""

    def __init__(self, gan):
        self.gan, self.names = gan, set()

    def __getattr__(self, name):
        self.names.add(name)
        if name == "D":
            return SimpleNamespace(n_in=self.gan.D.n_in, dtype=self.gan.D.dtype)
        return getattr(self.gan, name)


@orders
def test_train_calls_nothing_but_steps(order):
    seen = Seen(small())
    steps = {"d_first": {"discriminator_step", "generator_step"}}
    steps["g_first"] = steps["d_first"]
    records = play(seen, order, steps=3, average=0.9, anneal=True)
    others = {"D", "noise", "judged", "set_rate", "update_average", "least_batch"}
    assert seen.names == others | steps.get(order, {f"{order}_step"})
    assert records == play(small(), order, steps=3, average=0.9, anneal=True)


# --- the gradient checker meets whatever is in VARIANTS ---


def negated(grad):
    return -grad


def doubled(grad):
    return 2 * grad


def projected(grad):
    """The part of the gradient along one direction: it still climbs."""
    u = np.ones_like(grad) / math.sqrt(grad.size)
    return (u @ grad) * u


def last_layer_only(grad):
    return np.where(np.arange(grad.size) < grad.size - 9, 0, grad)


@pytest.mark.parametrize("spoil", [negated, doubled, projected, last_layer_only])
@pytest.mark.parametrize("step", ["D step", "G step"])
@pytest.mark.parametrize("directions", [None, 5])
def test_a_wrong_variant_fails_its_own_step_only(spoil, step, directions):
    gan = small(wrong(spoil, step))
    x, z, z_g = batch(gan)
    options = {"directions": directions, "rng": np.random.default_rng(3)}
    d_step = gradcheck.check_discriminator_step(gan, x, z, **options)
    g_step = gradcheck.check_generator_step(gan, z_g, **options)
    assert d_step.ok == (step == "G step") and g_step.ok == (step == "D step")
    assert max(d_step.error, g_step.error) > 0.01


def test_check_everything_finds_a_new_variant_by_itself(monkeypatch):
    monkeypatch.setitem(VARIANTS, "Awry", wrong(doubled, "G step"))
    checks = list(gradcheck.check_everything(rng=np.random.default_rng(0)))
    assert [check.name for check in checks if not check.ok] == [f"G step, Awry {game}" for game in GAMES]
    assert [check.name for check in checks if "D step, Awry" in check.name and check.ok]


def wrong(spoil, step):
    """A variant whose gradient of one step is spoiled."""

    class Awry(GAN):
        def V_gradient(self, x, fake):
            V = super().V_gradient(x, fake)
            if step == "D step":
                self.D.grad = spoil(self.D.grad)
            return V

        def loss_gradient(self, fake):
            loss = super().loss_gradient(fake)
            if step == "G step":
                self.G.grad = spoil(self.G.grad)
            return loss

    return Awry
