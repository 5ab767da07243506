"""WGAN and WGAN-GP: the critic's game, clipping, and the penalty, each trap by name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npgan import GAN, SGD, Dense, Gaussian, LeakyReLU, Network, RMSProp, Sigmoid, Tanh, games, train
from npgan.gradcheck import check, check_discriminator_step, check_generator_step
from npgan.variants.energy import AutoEncoder
from npgan.variants.wasserstein import Clipped, GradientPenalty, wasserstein

ACTIVATIONS = [lambda: LeakyReLU(0.2), Tanh, Sigmoid]
seeds = st.integers(0, 2**32 - 1)


def pair(kind, rng, d=2, activation=Tanh, game=wasserstein, dtype=np.float64, h=5, **options):
    G = Network(Dense(2, 6), Tanh(), Dense(6, d), rng=rng, dtype=dtype)
    D = Network(Dense(d, h), activation(), Dense(h, h), activation(), Dense(h, 1), rng=rng, dtype=dtype)
    D.theta *= 2  # bends it, so that second derivatives count
    return kind(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), game=game, **options)


def slopes(D, x, h=1e-6):
    """grad_x f by central differences, (m, d)."""
    steps = h * np.eye(x.shape[1])
    return np.concatenate([(D.predict(x + e) - D.predict(x - e)) / (2 * h) for e in steps], axis=1)


# --- the game ---


def test_the_critic_is_high_on_real_samples_and_g_climbs_it():
    """V = E f(x) - E f(G(z)), to be maximised: the sign of the paper, and no sigmoid anywhere."""
    a_real, a_fake = np.array([[3.0], [5.0]]), np.array([[1.0], [0.0], [-4.0]])
    V, da = wasserstein.discriminator(a_real, a_fake)
    assert V == 4 - (-1) and da.ravel().tolist() == [1 / 2] * 2 + [-1 / 3] * 3
    loss, da = wasserstein.generator(a_fake)
    assert loss == 1 and da.ravel().tolist() == [-1 / 3] * 3
    assert (wasserstein.judge(a_fake) == a_fake).all() and wasserstein.limits is None
    assert wasserstein.equilibrium == (0, None, None) and wasserstein.reads == "f"


def test_only_differences_of_f_count(rng):
    a_real, a_fake = rng.normal(size=(4, 1)), rng.normal(size=(3, 1))
    V = wasserstein.discriminator(a_real, a_fake)[0]
    assert abs(wasserstein.discriminator(a_real + 7, a_fake + 7)[0] - V) < 1e-14


# --- clipping ---


def test_clipping_reaches_weights_and_biases_after_the_move(rng):
    gan = pair(Clipped, rng, clip=0.03)
    gan.D.theta[...] = 0.5
    gan.D.theta[::2] = -0.5
    x, z = rng.normal(size=(7, 2)), gan.noise(7, rng=rng)
    gan.discriminator_step(x, z)
    for layer in gan.D.layers:
        for name in getattr(layer, "shapes", ()):
            assert np.abs(getattr(layer, name)).max() == 0.03, name
    assert np.abs(gan.D.theta).min() < 0.03 or (np.abs(gan.D.theta) == 0.03).all()


def test_clipping_moves_first_and_leaves_what_is_inside(rng):
    clipped, plain = (pair(kind, np.random.default_rng(3)) for kind in (Clipped, GAN))
    clipped.clip = 0.4
    x, z = rng.normal(size=(7, 2)), plain.noise(7, rng=rng)
    clipped.discriminator_step(x, z)
    plain.discriminator_step(x, z)
    assert (clipped.D.theta == np.clip(plain.D.theta, -0.4, 0.4)).all()
    inside = np.abs(plain.D.theta) < 0.4
    assert inside.any() and not inside.all()
    before = clipped.D.theta.copy()
    clipped.generator_step(z)
    assert (clipped.D.theta == before).all()


def test_the_default_clip_is_the_papers(rng):
    assert pair(Clipped, rng).clip == 0.01
    for clip in 0, -0.1, np.nan, "0.1":
        with pytest.raises(ValueError, match="clip must be a number with 0 < clip"):
            pair(Clipped, rng, clip=clip)


def test_a_clipped_critic_trains_with_rmsprop_in_float32(rng):
    gan = pair(Clipped, rng, d=1, dtype=np.float32, clip=0.1)
    gan.opt_g, gan.opt_d = RMSProp(gan.G, lr=1e-3), RMSProp(gan.D, lr=1e-3)
    *_, last = train(gan, Gaussian(0.0, 1.0), steps=20, batch=8, d_steps=5, rng=rng)
    assert np.isfinite(last.V) and gan.D.theta.dtype == np.float32
    assert np.abs(gan.D.theta).max() <= np.float32(0.1)


# --- the penalty ---


@settings(max_examples=40)
@given(
    d=st.integers(1, 4), m=st.integers(1, 6), h=st.integers(1, 6), kind=st.sampled_from(ACTIVATIONS),
    seed=seeds,
)  # fmt: skip
def test_the_penalty_and_its_gradient(d, m, h, kind, seed):
    """weight E (|g| - 1)^2, the norm of each sample's own slope, for straight and for curved activations."""
    rng = np.random.default_rng(seed)
    gan, x = pair(GradientPenalty, rng, d, kind, h=h, weight=3.0), rng.normal(size=(m, d))
    norm = np.linalg.norm(slopes(gan.D, x), axis=1)
    assert abs(gan.penalty_gradient(x) - 3 * ((norm - 1) ** 2).mean()) < 1e-7
    result = check(lambda: gan.penalty_gradient(x), gan.D.theta, gan.D.grad.copy())
    assert result.ok, result


@settings(max_examples=30)
@given(d=st.integers(1, 3), m=st.integers(1, 6), kind=st.sampled_from(ACTIVATIONS), seed=seeds)
def test_gradients_of_the_whole_steps(d, m, kind, seed):
    rng = np.random.default_rng(seed)
    game = list(games.GAMES.values())[seed % len(games.GAMES)]
    gan = pair(GradientPenalty, rng, d, kind, game, weight=0.7)
    x, z = rng.normal(size=(m, d)), gan.noise(m, rng=rng)
    for result in check_discriminator_step(gan, x, z), check_generator_step(gan, gan.noise(m, rng=rng)):
        assert result.ok, result


def test_v_is_that_of_the_game_minus_the_penalty_between_the_two(rng):
    gan = pair(GradientPenalty, rng, weight=0.7)
    x, z = rng.normal(size=(7, 2)), gan.noise(7, rng=rng)
    assert z.shape == (7, 3)
    fake, alpha = gan.G.predict(z[:, :2]), z[:, 2:]
    V = wasserstein.discriminator(gan.D.predict(x), gan.D.predict(fake))[0]
    norm = np.linalg.norm(slopes(gan.D, alpha * x + (1 - alpha) * fake), axis=1)
    assert abs(gan.discriminator_gradient(x, z) - (V - 0.7 * ((norm - 1) ** 2).mean())) < 1e-8


def test_one_alpha_for_each_sample_and_for_all_its_numbers(rng):
    gan = pair(GradientPenalty, rng, d=3)
    z = gan.noise(1000, rng=rng)
    assert (gan.unpack(z) == z[:, :2]).all()
    x, fake = np.ones((1000, 3)), np.zeros((1000, 3))
    where = gan.where(x, fake)
    assert (where == where[:, :1]).all() and (where[:, 0] == z[:, 2]).all()  # one for all coordinates
    assert len(np.unique(where[:, 0])) == 1000 and 0 <= where.min() < 0.01 and 0.99 < where.max() < 1
    assert abs(where.mean() - 0.5) < 4 / np.sqrt(12 * 1000)


def test_the_norm_is_that_of_each_sample_not_of_the_batch(rng):
    """A critic of slope exactly 1 everywhere is not penalised, however many samples there are."""
    gan = pair(GradientPenalty, rng, d=2)
    g = np.tile([[0.6, -0.8]], (9, 1))
    P, u = gan.penalty(g)
    assert abs(P) < 1e-30 and np.abs(u).max() < 1e-15
    g = np.array([[3.0, 4.0], [0.3, 0.4]])
    P, u = gan.penalty(g)
    assert abs(P - 10 * (16 + 0.25) / 2) < 1e-12
    assert np.abs(u - 10 * np.array([[4 * 0.6, 4 * 0.8], [-0.5 * 0.6, -0.5 * 0.8]])).max() < 1e-12


def test_a_slope_of_0_is_penalised_and_gives_finite_numbers(rng):
    for dtype in np.float32, np.float64:
        gan = pair(GradientPenalty, rng, dtype=dtype)
        gan.D.theta[...] = 0
        P = gan.penalty_gradient(np.ones((3, 2), dtype))
        assert P == 10 and np.isfinite(gan.D.grad).all()


def test_weight_0_is_the_plain_critic(rng):
    gan = pair(GradientPenalty, rng, weight=0)
    plain = GAN(gan.G, gan.D, gan.opt_g, gan.opt_d, game=wasserstein)
    x, z = rng.normal(size=(7, 2)), gan.noise(7, rng=rng)
    V, grad = plain.discriminator_gradient(x, z[:, :2]), gan.D.grad.copy()
    assert gan.discriminator_gradient(x, z) == V and (gan.D.grad == grad).all()


def test_a_step_pulls_slopes_towards_1(rng):
    data = Gaussian(3.0, 1.0)
    gan = pair(GradientPenalty, rng, d=1, weight=10.0)
    gan.G.theta *= 0.1
    gan.opt_d = SGD(gan.D, lr=0.01)
    for _ in range(1500):
        gan.discriminator_step(data.sample(64, rng=rng), gan.noise(64, rng=rng))
    between = np.linspace(0.5, 2.5, 20)[:, None]
    assert np.abs(slopes(gan.D, between) - 1).max() < 0.25  # f rises towards the data


def test_what_makes_no_sense(rng):
    with pytest.raises(ValueError, match="0 <= weight"):
        pair(GradientPenalty, rng, weight=-1.0)
    gan = pair(GradientPenalty, rng)
    assert gan.weight == 10
    with pytest.raises(ValueError, match=r"GradientPenalty needs z of shape \(m, 3\)"):
        gan.discriminator_gradient(rng.normal(size=(4, 2)), rng.normal(size=(4, 2)))
    D = AutoEncoder(Dense(2, 3), Tanh(), Dense(3, 2), code=0, rng=rng)
    with pytest.raises(ValueError, match="GradientPenalty needs tangent .* AutoEncoder has none"):
        GradientPenalty(gan.G, D, gan.opt_g, SGD(D, lr=0.1), game=wasserstein)
