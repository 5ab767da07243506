"""The two steps: each moves its own player only, along the gradient that finite differences confirm."""

import copy

import numpy as np
import pytest
from forms import BAD, GOOD, values
from hypothesis import given
from hypothesis import strategies as st

from npgan import GAN, SGD, Adam, Dense, Diverged, LeakyReLU, Network, Tanh, games, gradcheck, models
from npgan.variants.regularised import R1, InstanceNoise

ALL = list(games.GAMES.values())
seeds = st.integers(0, 2**32 - 1)


def make(rng, game=games.non_saturating, n_z=2, h=5, d=3, slope=0.2, optimiser=SGD, **options):
    G = Network(Dense(n_z, h), LeakyReLU(slope), Dense(h, d), Tanh(), rng=rng)
    D = Network(Dense(d, h), LeakyReLU(slope), Dense(h, h), LeakyReLU(slope), Dense(h, 1), rng=rng)
    return GAN(G, D, optimiser(G, lr=0.1), optimiser(D, lr=0.1), game=game, **options)


@given(
    game=st.sampled_from(ALL), m=st.integers(1, 6), n_z=st.integers(1, 3), h=st.integers(1, 6),
    d=st.integers(1, 3), slope=st.floats(0, 0.9), seed=seeds,
)  # fmt: skip
def test_gradients_of_the_whole_steps(game, m, n_z, h, d, slope, seed):
    rng = np.random.default_rng(seed)
    gan = make(rng, game, n_z, h, d, slope)
    d_step = gradcheck.check_discriminator_step(gan, rng.standard_normal((m, d)), gan.noise(m, rng=rng))
    g_step = gradcheck.check_generator_step(gan, gan.noise(m, rng=rng))
    assert d_step.ok, d_step
    assert g_step.ok, g_step


@pytest.mark.parametrize("game", ALL)
def test_d_ascends_and_g_descends(game, rng):
    gan = make(rng, game)
    x, z = rng.standard_normal((8, 3)), gan.noise(8, rng=rng)
    V = [gan.discriminator_step(x, z) for _ in range(20)]
    assert V[-1] > V[0]
    losses = [gan.generator_step(z) for _ in range(20)]
    assert losses[-1] < losses[0]


def test_each_step_moves_its_own_player_only(rng):
    gan = make(rng, optimiser=Adam)
    x, z = rng.standard_normal((8, 3)), gan.noise(8, rng=rng)
    gan.G.grad = np.full_like(gan.G.grad, 7.0)
    theta_g, theta_d = gan.G.theta.tobytes(), gan.D.theta.tobytes()
    gan.discriminator_step(x, z)
    assert gan.G.theta.tobytes() == theta_g and (gan.G.grad == 7).all()
    assert gan.D.theta.tobytes() != theta_d
    theta_d, grad_d = gan.D.theta.tobytes(), gan.D.grad.tobytes()
    gan.generator_step(z)
    assert gan.D.theta.tobytes() == theta_d and gan.D.grad.tobytes() == grad_d
    assert gan.G.theta.tobytes() != theta_g


def test_no_step_computes_a_gradient_that_it_does_not_need(rng, monkeypatch):
    """(width of the layer, parameters, inputs) of every backward: D 3-5-5-1, G 2-5-3."""
    gan, calls, right = make(rng, h=5), [], Dense.backward

    def spy(layer, dy, params=True, inputs=True):
        calls.append((layer.n_out, params, inputs))
        return right(layer, dy, params=params, inputs=inputs)

    monkeypatch.setattr(Dense, "backward", spy)
    gan.discriminator_step(rng.standard_normal((8, 3)), gan.noise(8, rng=rng))
    assert calls == [(1, True, True), (5, True, True), (5, True, False)]
    calls.clear()
    gan.generator_step(gan.noise(8, rng=rng))
    assert calls[:3] == [(1, False, True), (5, False, True), (5, False, True)]
    assert calls[3:] == [(3, True, True), (5, True, False)]


def test_a_d_step_leaves_a_pending_backward_of_g_valid(rng):
    gan = make(rng)
    x, z = rng.standard_normal((8, 3)), gan.noise(8, rng=rng)
    dx = np.ones_like(gan.G.forward(z))
    gan.G.backward(dx)
    wanted = gan.G.grad.copy()
    gan.discriminator_gradient(x, gan.noise(8, rng=rng))
    gan.G.backward(dx)
    assert (gan.G.grad == wanted).all()


def test_simultaneous_takes_both_gradients_at_the_same_point(rng):
    gan = make(rng)
    x, z, z_g = rng.standard_normal((8, 3)), gan.noise(8, rng=rng), gan.noise(8, rng=rng)
    apart = copy.deepcopy(gan)
    V, loss = apart.discriminator_gradient(x, z), apart.generator_gradient(z_g)
    assert gan.simultaneous_step(x, z, z_g) == (V, loss)
    assert abs(gan.D.theta - (apart.D.theta + 0.1 * apart.D.grad)).max() < 1e-15
    assert abs(gan.G.theta - (apart.G.theta - 0.1 * apart.G.grad)).max() < 1e-15


def test_gradients_of_fakes_that_are_there_already_are_those_made_from_z(rng):
    gan = make(rng)
    x, z = rng.standard_normal((8, 3)), gan.noise(8, rng=rng)
    V, loss = gan.discriminator_gradient(x, z), gan.generator_gradient(z)
    d, g = gan.D.grad.tobytes(), gan.G.grad.tobytes()
    fake = gan.G.forward(z)
    assert (gan.V_gradient(x, fake), gan.loss_gradient(fake)) == (V, loss)
    assert gan.D.grad.tobytes() == d and gan.G.grad.tobytes() == g


def test_one_noise_is_a_d_step_then_a_g_step_on_the_same_z_with_one_forward_of_g(rng, monkeypatch):
    gan = make(rng, optimiser=Adam)
    other = copy.deepcopy(gan)
    forward, calls = Network.forward, []
    monkeypatch.setattr(Network, "forward", lambda net, x: calls.append(net) or forward(net, x))
    for _ in range(3):
        x, z = rng.standard_normal((8, 3)), gan.noise(8, rng=rng)
        calls.clear()
        got = gan.one_noise_step(x, z)
        assert [net is gan.G for net in calls] == [True, False, False]
        assert got == (other.discriminator_step(x, z), other.generator_step(z))
    assert gan.G.theta.tobytes() == other.G.theta.tobytes() and gan.D.theta.tobytes() == other.D.theta.tobytes()


def test_copies_train_on_alone(rng):
    gan = make(rng, optimiser=Adam)
    other = copy.deepcopy(gan)
    x, z = rng.standard_normal((8, 3)), gan.noise(8, rng=rng)
    for one in gan, other:
        one.discriminator_step(x, z)
        one.generator_step(z)
    assert gan.G.theta.tobytes() == other.G.theta.tobytes() and gan.D.theta.tobytes() == other.D.theta.tobytes()
    assert not np.shares_memory(gan.G.theta, other.G.theta)


@pytest.mark.parametrize("latent", ["normal", "uniform"])
def test_latents_have_mean_0_and_variance_1(latent, rng):
    z = make(rng, latent=latent, n_z=4).noise(50_000, rng=rng)
    assert z.shape == (50_000, 4)
    assert abs(z.mean(axis=0)).max() < 4 / 50_000**0.5 and abs(z.var(axis=0) - 1).max() < 0.03
    assert latent == "normal" or abs(z).max() <= 3**0.5


def test_average_follows_theta_with_the_decay_given(rng):
    gan = make(rng)
    average = gan.G.theta.copy()
    for step in 1, 2, 500:
        gan.G.theta += rng.standard_normal(gan.G.theta.shape)
        if step == 1:
            gan.update_average(0.9, step)
            average = gan.G.theta.copy()  # it starts where G is
            continue
        b = min(0.9, (1 + step) / (10 + step))
        average = b * average + (1 - b) * gan.G.theta
        gan.update_average(0.9, step)
        assert abs(gan.average.theta - average).max() < 1e-15
    assert not np.shares_memory(gan.average.theta, gan.G.theta)


def test_sample_uses_the_average_unless_told_otherwise(rng):
    gan = make(rng)
    raw = gan.sample(5, rng=np.random.default_rng(1))
    gan.update_average(0.9, 1)
    gan.average.theta *= 2
    averaged = gan.sample(5, rng=np.random.default_rng(1))
    assert (gan.sample(5, rng=np.random.default_rng(1), raw=True) == raw).all() and not (averaged == raw).all()
    z = gan.noise(5, rng=np.random.default_rng(1))
    assert (gan.generate(z) == averaged).all() and (gan.generate(z, raw=True) == raw).all()


def test_sampling_in_pieces_is_sampling(rng):
    gan = make(rng)
    z = gan.noise(2500, rng=rng)
    assert abs(gan.generate(z) - gan.G.predict(z)).max() < 1e-14
    assert gan.sample(2500, rng=rng).shape == (2500, 3)


def test_probability_is_the_games_own(rng):
    x = rng.standard_normal((4, 3))
    for game in ALL:
        gan = make(rng, game)
        a = gan.D.predict(x)[:, 0]
        raw = game is games.least_squares or not game.limits
        wanted = a if raw else 1 / (1 + np.exp(-a))
        assert abs(gan.probability(x) - wanted).max() < 1e-15


def test_divergence_is_reported_before_the_update_that_would_spoil_theta(rng):
    gan = make(rng)
    before = gan.D.theta.copy()
    gan.G.theta[0] = np.nan
    with np.errstate(invalid="ignore"), pytest.raises(Diverged, match="V is nan"):
        gan.discriminator_step(rng.standard_normal((4, 3)), gan.noise(4, rng=rng))
    with np.errstate(invalid="ignore"), pytest.raises(Diverged, match="the loss of G is nan"):
        gan.generator_step(gan.noise(4, rng=rng))
    assert (gan.D.theta == before).all()


@pytest.mark.parametrize("shape", [(0, 3), (4, 2), (4,), (2, 2, 3)])
def test_real_samples_of_the_wrong_shape(shape, rng):
    gan = make(rng)
    with pytest.raises(ValueError, match=r"real x of shape \(m, 3\) with m >= 1, got \("):
        gan.discriminator_step(np.zeros(shape), gan.noise(4, rng=rng))


# --- wrong input ---

KINDS = {"GAN": GAN, "InstanceNoise": InstanceNoise, "R1": R1}


def noisy(kind, rng, dtype=np.float64):
    G, D = models.mlp((2, 5, 3), rng=rng, dtype=dtype), models.mlp((3, 5, 1), rng=rng, dtype=dtype)
    return KINDS[kind](G, D, SGD(G, lr=0.1), SGD(D, lr=0.1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", GOOD)
def test_noise_and_samples_in_any_form_are_those_numbers(form, kind, dtype, rng):
    """For generate and probability: brought to the dtype of the networks."""
    gan = noisy(kind, rng, dtype)
    z, x = np.arange(8).reshape(4, 2), np.arange(12).reshape(4, 3)
    meant_z, meant_x = values(GOOD[form](z)).astype(dtype), values(GOOD[form](x)).astype(dtype)
    got = gan.generate(GOOD[form](z))
    assert got.dtype == dtype and (got == gan.G.predict(meant_z)).all()
    assert (gan.probability(GOOD[form](x)) == gan.game.judge(gan.D.predict(meant_x))[:, 0]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", BAD)
def test_noise_and_samples_that_are_no_numbers_are_refused(form, kind, rng):
    gan = noisy(kind, rng, np.float32)
    for use, x in (gan.generate, np.arange(8).reshape(4, 2)), (gan.probability, np.arange(12).reshape(4, 3)):
        with pytest.raises(ValueError) as error:
            use(BAD[form](x))
        assert "\n" not in str(error.value) and "finite" in str(error.value) or "got" in str(error.value)


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_as_wide_as_g_or_as_the_noise_of_a_step(kind, rng):
    """And generating from the wide one leaves alone what a step keeps of its own."""
    gan = noisy(kind, rng)
    x, z = rng.standard_normal((4, 3)), gan.noise(4, rng=rng)
    assert (gan.generate(z) == gan.generate(z[:, :2])).all()
    fake = gan.G.forward(gan.unpack(z))
    other = copy.deepcopy(gan)
    gan.generate(gan.noise(7, rng=rng))
    assert gan.V_gradient(x, fake) == other.V_gradient(x, fake)
    for width in {0, 1, 3, 7, 9, 50} - {z.shape[1]}:
        with pytest.raises(ValueError, match=r"needs z of shape \(m, \d\) with m >= 1, got \(4, \d+\)"):
            gan.generate(np.ones((4, width)))
        with pytest.raises(ValueError, match=r"needs . of shape \(m, \d\) with m >= 1, got \(4, \d+\)"):
            gan.discriminator_gradient(x, np.ones((4, width)))
        with pytest.raises(ValueError, match=r"needs . of shape \(m, \d\) with m >= 1, got \(4, \d+\)"):
            gan.generator_gradient(np.ones((4, width)))
    for width in 0, 1, 2, 4:
        with pytest.raises(ValueError, match=r"D needs x of shape \(m, 3\) with m >= 1, got \(4, \d\)"):
            gan.probability(np.ones((4, width)))
    for wrong in np.ones(2), np.ones((0, 2)), np.ones((1, 1, 2)), 1.0:
        with pytest.raises(ValueError, match="needs z of shape"):
            gan.generate(wrong)


@pytest.mark.parametrize("step", ["discriminator_step", "one_noise_step", "simultaneous_step"])
@pytest.mark.parametrize("form", BAD)
def test_a_step_refuses_real_samples_that_are_no_plain_array_of_numbers(step, form, rng):
    gan = noisy("GAN", rng)
    x, z = BAD[form](np.arange(12).reshape(4, 3)), gan.noise(4, rng=rng)
    before = gan.D.theta.copy(), gan.D.grad.copy(), gan.G.theta.copy()
    with pytest.raises(ValueError, match="real x") as error:
        getattr(gan, step)(x, *[z] * (2 if "sim" in step else 1))
    assert "\n" not in str(error.value)
    assert all((a == b).all() for a, b in zip(before, (gan.D.theta, gan.D.grad, gan.G.theta), strict=True))


@pytest.mark.parametrize("n", [0, -1, 2.0, True, "3", None, np.array(3), [3]])
def test_a_number_of_samples_is_a_whole_number(n, rng):
    with pytest.raises(ValueError, match="n must be a whole number >= 1, got"):
        noisy("GAN", rng).sample(n, rng=rng)
    assert noisy("GAN", rng).sample(np.uint8(250), rng=rng).shape == (250, 3)


@pytest.mark.parametrize("decay", [1, 1.0, 1.5, -0.1, np.nan, np.inf, "0.9", None, True, np.array(0.9)])
def test_a_decay_lies_from_0_to_1(decay, rng):
    gan = noisy("GAN", rng)
    for _ in range(2):
        with pytest.raises(ValueError, match="decay must be a number with 0 <= decay < 1, got"):
            gan.update_average(decay, 1)
        gan.update_average(0.5, 1)
    for step in 0, -20, 1.5, np.nan, True, None:
        with pytest.raises(ValueError, match="step must be a whole number >= 1, got"):
            gan.update_average(0.5, step)
    gan.G.theta += 1
    gan.update_average(0, np.int64(3))  # remembers nothing
    assert abs(gan.average.theta - gan.G.theta).max() < 1e-15


@pytest.mark.parametrize("rate", [np.nan, np.inf, -0.1, "1", None, True])
def test_a_rate_is_a_number(rate, rng):
    gan = noisy("GAN", rng)
    with pytest.raises(ValueError, match="rate must be a number with 0 <= rate and finite, got"):
        gan.set_rate(rate)
    assert gan.opt_g.rate == gan.opt_d.rate == 1
    gan.set_rate(np.float32(0.5))
    assert gan.opt_g.rate == gan.opt_d.rate == 0.5


@pytest.mark.parametrize("game", ["minimax", games.Minimax, None, 3, games])
def test_a_game_is_one_of_the_games(game, rng):
    G, D = models.mlp((2, 3), rng=rng), models.mlp((3, 1), rng=rng)
    with pytest.raises(ValueError, match="game must be one of npgan.games, such as games.minimax, got"):
        GAN(G, D, SGD(G, lr=1), SGD(D, lr=1), game=game)


def test_a_layer_in_both_networks_is_refused(rng):
    shared = LeakyReLU(0.2)
    G = Network(Dense(2, 3), shared, Dense(3, 1), rng=rng)
    with pytest.raises(ValueError, match=r"layers\[1\] LeakyReLU\(0.2\) is in another Network already"):
        Network(Dense(1, 3), shared, Dense(3, 1), rng=rng)
    D = Network(Dense(1, 3), LeakyReLU(0.2), Dense(3, 1), rng=rng)
    D.layers[1] = shared
    with pytest.raises(ValueError, match="stands in G and in D"):
        GAN(G, D, SGD(G, lr=1.0), SGD(D, lr=1.0))


def test_parts_that_do_not_fit(rng):
    def net(*sizes, **options):
        return models.mlp(sizes, rng=rng, **options)

    G, D = net(2, 3), net(3, 1)
    with pytest.raises(ValueError, match="G 2 -> 3, D 2 -> 1"):
        wrong = net(2, 1)
        GAN(G, wrong, SGD(G, lr=1), SGD(wrong, lr=1))
    with pytest.raises(ValueError, match="D in one logit"):
        wrong = net(3, 2)
        GAN(G, wrong, SGD(G, lr=1), SGD(wrong, lr=1))
    with pytest.raises(ValueError, match="one dtype, got float64 and float32"):
        wrong = net(3, 1, dtype=np.float32)
        GAN(G, wrong, SGD(G, lr=1), SGD(wrong, lr=1))
    with pytest.raises(ValueError, match="opt_g must have been made for G"):
        GAN(G, D, SGD(D, lr=1), SGD(G, lr=1))
    with pytest.raises(ValueError, match="unknown latent 'cauchy'; choose from normal, uniform"):
        GAN(G, D, SGD(G, lr=1), SGD(D, lr=1), latent="cauchy")
    with pytest.raises(ValueError, match="game must be one of npgan.games, .* got 'minimax'"):
        GAN(G, D, SGD(G, lr=1), SGD(D, lr=1), game="minimax")
    for wrong in Dense(2, 3), None, lambda z: z:
        with pytest.raises(ValueError, match="G must be a Network, got"):
            GAN(wrong, D, SGD(G, lr=1), SGD(D, lr=1))
        with pytest.raises(ValueError, match="D must be a Network, got"):
            GAN(G, wrong, SGD(G, lr=1), SGD(D, lr=1))
    for wrong in None, 1e-3, SGD:
        with pytest.raises(ValueError, match="opt_g must have been made for G"):
            GAN(G, D, wrong, SGD(D, lr=1))
        with pytest.raises(ValueError, match="opt_d for D"):
            GAN(G, D, SGD(G, lr=1), wrong)
