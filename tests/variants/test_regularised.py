"""R1 and instance noise: every gradient against finite differences, every claim against a formula."""

import numpy as np
import pytest

from npgan import GAN, SGD, Dense, Gaussian, LeakyReLU, Network, Sigmoid, Tanh, games, train
from npgan.gradcheck import check
from npgan.variants.regularised import R1, InstanceNoise

ACTIVATIONS = [lambda: LeakyReLU(0.2), Tanh, Sigmoid]


def pair(kind, rng, d=3, activation=Tanh, game=games.non_saturating, dtype=np.float64, **options):
    G = Network(Dense(2, 6), LeakyReLU(0.2), Dense(6, d), rng=rng, dtype=dtype)
    layers = Dense(d, 6), activation(), Dense(6, 5), activation(), Dense(5, 1)
    D = Network(*layers, rng=rng, dtype=dtype)
    D.theta *= 2  # bends it, so that second derivatives count
    return kind(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), game=game, **options)


def slopes(D, x, h=1e-6):
    """grad_x a by central differences, (m, d)."""
    steps = h * np.eye(x.shape[1])
    return np.concatenate([(D.predict(x + e) - D.predict(x - e)) / (2 * h) for e in steps], axis=1)


# --- R1 ---


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("d", [1, 3])
def test_penalty_is_half_gamma_times_the_mean_squared_slope(activation, d, rng):
    gan, x = pair(R1, rng, d, activation, gamma=3.0), rng.normal(size=(7, d))
    expected = 3.0 / 2 * (slopes(gan.D, x) ** 2).sum(axis=1).mean()
    assert abs(gan.penalty_gradient(x) - expected) < 1e-8


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("d", [1, 3])
def test_gradient_of_the_penalty(activation, d, rng):
    gan, x = pair(R1, rng, d, activation, gamma=3.0), rng.normal(size=(7, d))
    gan.penalty_gradient(x)
    assert np.abs(gan.D.grad).max() > 0.01
    assert (result := check(lambda: gan.penalty_gradient(x), gan.D.theta, gan.D.grad)).ok, result


@pytest.mark.parametrize("game", games.GAMES.values(), ids=games.GAMES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_of_the_whole_d_step(game, activation, rng):
    gan = pair(R1, rng, activation=activation, game=game, gamma=0.7)
    x, z = rng.normal(size=(7, 3)), gan.noise(7, rng=rng)

    def f():
        a_real, a_fake = gan.D.predict(x), gan.D.predict(gan.G.predict(z))
        penalty = 0.35 * (slopes(gan.D, x, h=1e-4) ** 2).sum(axis=1).mean()
        return game.discriminator(a_real, a_fake)[0] - penalty

    assert abs(gan.discriminator_gradient(x, z) - f()) < 1e-7
    grad = gan.D.grad.copy()
    assert (result := check(lambda: gan.discriminator_gradient(x, z), gan.D.theta, grad)).ok, result


def test_of_a_linear_d_by_hand(rng):
    """a = psi x: the slope is psi at every x, the penalty gamma/2 psi^2, its gradient gamma psi."""
    G, D = Network(Dense(1, 1), rng=rng), Network(Dense(1, 1), rng=rng)
    gan = R1(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), gamma=0.6)
    D.theta = [1.5, 0.2]
    assert abs(gan.penalty_gradient(rng.normal(size=(9, 1))) - 0.3 * 1.5**2) < 1e-15
    assert np.abs(D.grad - [0.6 * 1.5, 0]).max() < 1e-15


def test_defaults(rng):
    assert pair(R1, rng).gamma == 1.0 and pair(InstanceNoise, rng).sigma == 0.1


def test_gamma_0_is_the_plain_gan(rng):
    gan = pair(R1, rng, gamma=0)
    plain = GAN(gan.G, gan.D, gan.opt_g, gan.opt_d)
    x, z = rng.normal(size=(7, 3)), gan.noise(7, rng=rng)
    V, grad = plain.discriminator_gradient(x, z), gan.D.grad.copy()
    assert gan.discriminator_gradient(x, z) == V and (gan.D.grad == grad).all()


def test_penalty_looks_at_real_data_only_and_leaves_g_alone(rng):
    gan, plain = (pair(kind, np.random.default_rng(1), **o) for kind, o in ((R1, {"gamma": 2.0}), (GAN, {})))
    x, z = rng.normal(size=(7, 3)), gan.noise(7, rng=rng)
    differences = []
    for fakes in z, z + 1:
        plain.discriminator_gradient(x, fakes)
        before = gan.G.theta.copy(), gan.G.grad.copy()
        gan.discriminator_gradient(x, fakes)
        assert (gan.G.theta == before[0]).all() and (gan.G.grad == before[1]).all()
        differences.append(gan.D.grad - plain.D.grad)
    assert np.abs(differences[0]).max() > 0.01 and np.abs(differences[0] - differences[1]).max() < 1e-15
    assert gan.generator_gradient(z) == plain.generator_gradient(z)


def test_r1_flattens_d(rng):
    """One pair, trained with and without: a larger gamma leaves smaller slopes at the data."""
    size, data = [], Gaussian(4.0, 1.25)
    for gamma in 0.0, 0.3, 3.0:
        gan, rng = pair(R1, np.random.default_rng(0), d=1, gamma=gamma), np.random.default_rng(1)
        for _ in range(100):
            gan.discriminator_step(data.sample(64, rng=rng), gan.noise(64, rng=rng))
        size.append((slopes(gan.D, data.sample(500, rng=rng)) ** 2).mean())
    assert size[0] > size[1] > size[2] > 0


def test_r1_trains_in_float32_and_rejects_what_makes_no_sense(rng):
    gan = pair(R1, rng, d=1, dtype=np.float32, gamma=1.0)
    *_, last = train(gan, Gaussian(0.0, 1.0), steps=5, batch=8, rng=rng)
    assert np.isfinite(last.V) and gan.D.theta.dtype == gan.D.grad.dtype == np.float32
    with pytest.raises(ValueError, match="0 <= gamma"):
        pair(R1, rng, gamma=-1.0)

    class Square:
        def predict(self, x):
            return x**2

    with pytest.raises(ValueError, match="R1 needs tangent and tangent_backward .* Square"):
        pair(R1, rng, activation=Square, gamma=1.0)


# --- instance noise ---


@pytest.mark.parametrize("game", games.GAMES.values(), ids=games.GAMES)
def test_gradients_through_the_noise(game, rng):
    gan = pair(InstanceNoise, rng, game=game, sigma=0.5)
    x, z = rng.normal(size=(7, 3)), gan.noise(7, rng=rng)
    assert z.shape == (7, 2 + 3 + 3)

    def fake():
        return gan.G.predict(z[:, :2]) + 0.5 * z[:, 2:5]

    def V():
        return game.discriminator(gan.D.predict(x + 0.5 * z[:, 5:]), gan.D.predict(fake()))[0]

    def loss():
        return game.generator(gan.D.predict(fake()))[0]

    assert abs(gan.discriminator_gradient(x, z) - V()) < 1e-15
    assert (result := check(V, gan.D.theta, gan.D.grad)).ok, result
    before = gan.D.grad.copy(), gan.D.theta.copy()
    assert abs(gan.generator_gradient(z) - loss()) < 1e-15
    assert (result := check(loss, gan.G.theta, gan.G.grad)).ok, result
    assert (gan.D.grad == before[0]).all() and (gan.D.theta == before[1]).all()


def test_sigma_0_is_the_plain_gan(rng):
    gan = pair(InstanceNoise, rng, sigma=0)
    plain = GAN(gan.G, gan.D, gan.opt_g, gan.opt_d)
    x, z = rng.normal(size=(7, 3)), gan.noise(7, rng=rng)
    V, grad = plain.discriminator_gradient(x, z[:, :2]), gan.D.grad.copy()
    assert gan.discriminator_gradient(x, z) == V and (gan.D.grad == grad).all()
    loss, grad = plain.generator_gradient(z[:, :2]), gan.G.grad.copy()
    assert gan.generator_gradient(z) == loss and (gan.G.grad == grad).all()


def test_both_sides_get_independent_noise_of_variance_sigma_squared(rng):
    """G and x at 0: all that D sees is noise. D is the identity, so its logits show it."""
    G, D = Network(Dense(1, 2), rng=rng), Network(Dense(2, 1), rng=rng)
    G.theta, D.theta = 0.0 * G.theta, [1, 0, 0]
    gan = InstanceNoise(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), latent="uniform", sigma=2.0)
    n = 20_000
    gan.discriminator_gradient(np.zeros((n, 2)), gan.noise(n, rng=rng))
    seen = np.column_stack([gan.a_real, gan.a_fake])
    bound = 4 * 4 * np.sqrt(2 / n)  # 4 standard errors of a variance of 4
    assert np.abs(np.cov(seen.T) - 4 * np.eye(2)).max() < bound
    assert np.abs(seen).max() > 6  # normal, though the latent noise is uniform


def test_samples_are_clean(rng):
    gan = pair(InstanceNoise, rng, sigma=5.0)
    z = gan.noise(10, rng=rng)
    assert (gan.generate(z) == gan.G.predict(z[:, :2])).all()
    assert (gan.generate(z[:, :2]) == gan.generate(z)).all()
    assert gan.sample(10, rng=rng).shape == (10, 3)


def test_instance_noise_trains_in_float32_and_rejects_what_makes_no_sense(rng):
    gan = pair(InstanceNoise, rng, d=1, dtype=np.float32, sigma=0.5)
    for order in "d_first", "simultaneous":
        *_, last = train(gan, Gaussian(0.0, 1.0), steps=5, batch=8, order=order, average=0.9, rng=rng)
        assert np.isfinite(last.V) and gan.G.theta.dtype == np.float32
    with pytest.raises(ValueError, match="0 <= sigma"):
        pair(InstanceNoise, rng, sigma=-1.0)
