"""EBGAN: the energy and its two gradients, the margin, the pulling-away term; each trap by name."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npgan import GAN, SGD, Dense, LeakyReLU, Network, Sigmoid, Tanh, games, models, ring, theory, train
from npgan.gradcheck import check, check_discriminator_step, check_generator_step, check_layer
from npgan.variants.energy import AutoEncoder, Energy, PullingAway, energy, pulling_away

seeds = st.integers(0, 2**32 - 1)


def auto_encoder(rng, d=3, h=5, code=2, activation=Tanh, dtype=np.float64):
    layers = Dense(d, h), activation(), Dense(h, code), activation(), Dense(code, h), activation(), Dense(h, d)
    return AutoEncoder(*layers, code=3, rng=rng, dtype=dtype)


def pair(rng, kind=PullingAway, d=3, margin=0.4, dtype=np.float64, code=2, **options):
    G = Network(Dense(2, 6), Tanh(), Dense(6, d), rng=rng, dtype=dtype)
    D = auto_encoder(rng, d, dtype=dtype, code=code)
    return kind(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), game=Energy(margin), **options)


# --- the energy ---


def test_the_energy_is_the_mean_squared_error_of_each_sample(rng):
    D, x = auto_encoder(rng), rng.normal(size=(4, 3))
    r = D.reconstruct(x)
    assert r.shape == (4, 3) and D.n_out == 1
    wanted = [[sum((r[i, j] - x[i, j]) ** 2 for j in range(3)) / 3] for i in range(4)]
    for a in D.forward(x), D.predict(x):
        assert a.shape == (4, 1) and np.abs(a - wanted).max() < 1e-15


def test_of_the_identity_it_is_0_and_of_zeros_the_mean_square(rng):
    D, x = AutoEncoder(Dense(2, 2), Dense(2, 2), code=0, rng=rng), rng.normal(size=(4, 2))
    for layer in D.layers:
        layer.W[...], layer.b[...] = np.eye(2), 0
    assert (D.predict(x) == 0).all()
    D.theta[...] = 0
    assert np.abs(D.predict(x)[:, 0] - (x**2).mean(axis=1)).max() < 1e-15


@settings(max_examples=40)
@given(
    d=st.integers(1, 4), h=st.integers(1, 5), code=st.integers(1, 4), m=st.integers(1, 6),
    activation=st.sampled_from([lambda: LeakyReLU(0.2), Tanh, Sigmoid]), seed=seeds,
)  # fmt: skip
def test_gradient_through_the_reconstruction_and_through_the_target(d, h, code, m, activation, seed):
    rng = np.random.default_rng(seed)
    for result in check_layer(auto_encoder(rng, d, h, code, activation), rng.normal(size=(m, d)), rng=rng):
        assert result.ok, result


def test_a_target_that_is_detached_would_be_another_gradient(rng):
    D, x = auto_encoder(rng), rng.normal(size=(4, 3))
    ones = np.ones_like(D.forward(x))
    dx = D.backward(ones)
    detached = dx + 2 / 3 * (D.reconstruct(x) - x)
    assert np.abs(detached - dx).max() > 0.1
    assert check(lambda: float(D.predict(x).sum()), x, dx).ok
    assert not check(lambda: float(D.predict(x).sum()), x, detached).ok


def test_predict_leaves_a_pending_backward_alone_and_params_false_leaves_grad(rng):
    D, x = auto_encoder(rng), rng.normal(size=(4, 3))
    wanted = copy.deepcopy(D)
    a = D.forward(x)
    wanted.forward(x)
    D.predict(x + 1)
    D.grad[...] = 7
    assert (D.backward(a, params=False) == wanted.backward(a)).all() and (D.grad == 7).all()
    assert D.backward(a, inputs=False) is None and (D.grad == wanted.grad).all()


@settings(max_examples=25)
@given(seed=seeds, m=st.integers(1, 5), code=st.integers(0, 5))
def test_a_loss_on_the_code_adds_its_gradient(seed, m, code):
    """sum r a + sum s S, differentiated by both."""
    rng = np.random.default_rng(seed)
    D, x = auto_encoder(rng, d=3, h=4), rng.normal(size=(m, 3))
    D.code = code
    r, s = rng.normal(size=(m, 1)), None
    D.forward(x)
    s = rng.normal(size=D.S.shape)

    def f():
        return float((r * D.forward(x)).sum() + (s * D.S).sum())

    f()
    dx = D.backward(r, dS=s)
    grad = D.grad.copy()
    assert check(f, D.theta, grad).ok and check(f, x, dx).ok


def test_the_code_is_the_output_of_its_layer(rng):
    D, x = auto_encoder(rng, code=2), rng.normal(size=(4, 3))
    D.forward(x)
    for layer in D.layers[:4]:
        x = layer.predict(x)
    assert D.S.shape == (4, 2) and (D.S == x).all() and (D.code, D.layers[3].settings) == (3, ())


def test_auto_encoders_that_make_no_sense(rng):
    with pytest.raises(ValueError, match="must end in the width it begins with, got 3 -> 4"):
        AutoEncoder(Dense(3, 2), Dense(2, 4), code=0, rng=rng)
    with pytest.raises(ValueError, match="must end in the width it begins with, got None"):
        AutoEncoder(Tanh(), Sigmoid(), code=0, rng=rng)
    for code in 1, 2, -1, -3, 0.0, None:
        with pytest.raises(ValueError, match="code must be the index of a layer before the last, 0 to 0, or"):
            AutoEncoder(Dense(3, 2), Dense(2, 3), code=code, rng=rng)
    with pytest.raises(ValueError, match="layers.1. Dense"):
        AutoEncoder(Dense(3, 2), Dense(4, 3), code=0, rng=rng)
    with pytest.raises(ValueError, match="code must be .* and there is none, got 0"):
        AutoEncoder(Dense(3, 3), code=0, rng=rng)
    D = auto_encoder(rng)
    with pytest.raises(ValueError, match="backward needs dy of shape"):
        D.forward(np.ones((4, 3)))
        D.backward(np.ones((4, 3)))


# --- the game ---


def test_the_margin_is_a_hinge(rng):
    game = Energy(2.0)
    a_real, a_fake = np.array([[0.5], [1.5]]), np.array([[0.5], [1.0], [3.0], [9.0]])
    V, da = game.discriminator(a_real, a_fake)
    assert V == -1 - (1.5 + 1 + 0 + 0) / 4  # minus L_D of the paper
    assert da.ravel().tolist() == [-0.5, -0.5, 0.25, 0.25, 0, 0]  # beyond the margin D lets fakes be
    loss, da = game.generator(a_fake)
    assert loss == 13.5 / 4 and (da == 0.25).all()
    assert game.equilibrium == (-2, None, None) and (game.reads, game.limits) == ("energy", None)
    assert energy.margin == 1 and (game.judge(a_fake) == a_fake).all()
    for margin in 0, -1, math.inf, "1":
        with pytest.raises(ValueError, match="margin must be a number with 0 < margin"):
            Energy(margin)


@given(n=st.integers(1, 8), margin=st.floats(0.1, 20), seed=seeds)
def test_for_fixed_densities_the_best_energy_gives_m_times_1_minus_tv(n, margin, seed):
    """E* = 0 where p >= q, m elsewhere; and no energy in any direction from it does better."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.full(n, 0.5), size=2)

    def V(E):
        return -(p * E).sum() - (q * np.maximum(0, margin - E)).sum()

    best = np.where(p >= q, 0.0, margin)
    assert abs(V(best) + margin * (1 - theory.total_variation(p, q))) < 1e-12 * max(1, margin)
    for E in rng.uniform(0, 2 * margin, size=(20, n)):
        assert V(E) <= V(best) + 1e-12
    for E in (0 * p, margin + 0 * p, rng.uniform(0, margin) + 0 * p):  # p = q: every constant up to m
        assert abs(-(p * E).sum() - (p * np.maximum(0, margin - E)).sum() + margin) < 1e-12 * max(1, margin)


# --- pulling away ---


def slowly(S):
    """The formula of the paper, pair by pair."""
    m, total = len(S), 0.0
    for i in range(m):
        for j in range(m):
            if i != j:
                total += (S[i] @ S[j] / (np.linalg.norm(S[i]) * np.linalg.norm(S[j]))) ** 2
    return total / (m * (m - 1))


@given(m=st.integers(2, 7), n=st.integers(1, 5), scale=st.floats(0.01, 100), seed=seeds)
def test_pulling_away_is_the_mean_squared_cosine_of_all_pairs(m, n, scale, seed):
    S = scale * np.random.default_rng(seed).normal(size=(m, n))
    assert abs(pulling_away(S)[0] - slowly(S)) < 1e-12


@given(m=st.integers(2, 7), n=st.integers(1, 5), seed=seeds)
def test_gradient_of_pulling_away(m, n, seed):
    S = np.random.default_rng(seed).normal(size=(m, n)) + 0.1
    _, dS = pulling_away(S)
    assert (result := check(lambda: pulling_away(S)[0], S, dS)).ok, result


def test_antipodes_are_not_rewarded():
    """Without the square they would have -1, less than orthogonal codes."""
    e = np.eye(3)
    assert pulling_away(e)[0] == 0
    assert abs(pulling_away(np.array([[1.0, 2], [-1, -2]]))[0] - 1) < 1e-15
    assert abs(pulling_away(np.ones((5, 3)))[0] - 1) < 1e-15


def test_the_length_of_a_code_does_not_count(rng):
    S, length = rng.normal(size=(5, 3)), rng.uniform(0.1, 9, size=(5, 1))
    f, dS = pulling_away(S)
    assert abs(pulling_away(length * S)[0] - f) < 1e-14
    assert np.abs((dS * S).sum(axis=1)).max() < 1e-15  # so no gradient along the code itself


def test_a_code_of_zeros_gives_finite_numbers():
    for dtype in np.float32, np.float64:
        f, dS = pulling_away(np.array([[0, 0], [1, 2], [3, -1]], dtype))
        assert math.isfinite(f) and np.isfinite(dS).all() and dS.dtype == dtype


def test_it_stands_in_the_loss_of_g_alone(rng):
    gan, plain = pair(np.random.default_rng(1), pull=0.3), pair(np.random.default_rng(1), GAN)
    x, z = rng.normal(size=(7, 3)), gan.noise(7, rng=rng)
    assert gan.discriminator_gradient(x, z) == plain.discriminator_gradient(x, z)
    assert (gan.D.grad == plain.D.grad).all()
    S = gan.G.predict(z)
    for layer in gan.D.layers[:4]:
        S = layer.predict(S)
    assert abs(gan.generator_gradient(z) - plain.generator_gradient(z) - 0.3 * slowly(S)) < 1e-13
    assert np.abs(gan.G.grad - plain.G.grad).max() > 1e-4


@settings(max_examples=25)
@given(m=st.integers(2, 6), d=st.integers(1, 4), code=st.integers(1, 4), pull=st.floats(0, 3), seed=seeds)
def test_gradients_of_the_whole_steps(m, d, code, pull, seed):
    rng = np.random.default_rng(seed)
    gan = pair(rng, d=d, code=code, pull=pull)
    gan.D.theta += 0.3 * rng.normal(size=gan.D.theta.size)
    x, z = rng.normal(size=(m, d)), gan.noise(m, rng=rng)
    for result in check_discriminator_step(gan, x, z), check_generator_step(gan, gan.noise(m, rng=rng)):
        assert result.ok, result


def test_one_sample_has_nobody_to_be_pulled_from(rng):
    gan = pair(rng)
    with pytest.raises(ValueError, match="a batch whose codes .* must be a whole number >= 2, got 1"):
        gan.generator_step(gan.noise(1, rng=rng))


def test_what_makes_no_sense(rng):
    gan = pair(rng)
    assert gan.pull == 0.1
    with pytest.raises(ValueError, match="0 <= pull"):
        pair(rng, pull=-1)
    D = Network(Dense(3, 4), Tanh(), Dense(4, 1), rng=rng)
    with pytest.raises(ValueError, match="PullingAway needs an AutoEncoder as D, got Network"):
        PullingAway(gan.G, D, gan.opt_g, SGD(D, lr=0.1), game=energy)


def test_d_digs_a_valley_at_the_data_and_lifts_the_fakes_to_the_margin():
    rng, data = np.random.default_rng(0), ring()
    gan = models.mixture_pair(rng=rng, variant="ebgan", margin=0.3, code=16, d_hidden=[64])
    before = gan.D.predict(data.sample(500, rng=rng)).mean()
    for _ in range(400):
        V = gan.discriminator_step(data.sample(64, rng=rng), gan.noise(64, rng=rng))
    real, fake = gan.D.predict(data.sample(500, rng=rng)), gan.D.predict(gan.sample(500, rng=rng))
    assert real.mean() < 0.1 * before and 0.25 < fake.mean() < 0.6  # beyond the margin they are let be
    assert -0.03 < V <= 0  # a perfect D has 0, one that cannot tell them apart -margin


def test_training_keeps_both_players_finite():
    rng = np.random.default_rng(0)
    for variant in "ebgan", "ebgan-pt":
        gan = models.mixture_pair(rng=rng, variant=variant, d_hidden=[16], dtype=np.float32)
        *_, last = train(gan, ring(), steps=50, batch=16, rng=rng)
        assert math.isfinite(last.V) and math.isfinite(last.loss) and gan.D.theta.dtype == np.float32
    assert games.GAMES["energy"] is energy
