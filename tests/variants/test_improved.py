"""Improved GAN: feature matching, minibatch discrimination, one-sided smoothing; each trap by name."""

import copy
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npgan import GAN, SGD, Dense, LeakyReLU, Network, Rows, Tanh, games, sigmoid, theory, train
from npgan.checkpoint import load, save
from npgan.gradcheck import check, check_discriminator_step, check_generator_step, check_layer
from npgan.variants.improved import Apart, FeatureMatching, MinibatchDiscrimination, Smoothed, smoothed

seeds = st.integers(0, 2**32 - 1)


def generator(rng, d, dtype=np.float64):
    return Network(Dense(2, 6), Tanh(), Dense(6, d), rng=rng, dtype=dtype)


def matching(rng, d=3, h=5, dtype=np.float64, kind=FeatureMatching, **options):
    G = generator(rng, d, dtype)
    layers = Dense(d, h), LeakyReLU(0.2), Dense(h, h + 1), Tanh(), Dense(h + 1, 1)
    D = Network(*layers, rng=rng, dtype=dtype)
    return kind(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), **options)


def comparing(rng, d=3, h=4, B=3, C=2, dtype=np.float64, kind=Apart, first=False):
    """A GAN whose D compares samples: their features, or the samples themselves."""
    G = generator(rng, d, dtype)
    if first:
        layers = MinibatchDiscrimination(d, B, C), Dense(d + B, h), Tanh(), Dense(h, 1)
    else:
        layers = Dense(d, h), Tanh(), MinibatchDiscrimination(h, B, C), Dense(h + B, 1)
    D = Network(*layers, rng=rng, dtype=dtype)
    return kind(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1))


def features(D, x, layer):
    for one in D.layers[: layer + 1]:
        x = one.predict(x)
    return x


# --- feature matching ---


@pytest.mark.parametrize("layer, index", [(-2, 3), (-4, 1), (-5, 0), (2, 2), (0, 0), (3, 3)])
def test_the_loss_is_the_squared_difference_of_the_mean_features(layer, index, rng):
    """Of the means, not the mean of the squared differences, and of any layer but the last."""
    gan = matching(rng, layer=layer)
    x, z = rng.normal(size=(7, 3)), gan.noise(5, rng=rng)
    gan.discriminator_gradient(x, gan.noise(7, rng=rng))
    f_real, f_fake = features(gan.D, x, index), features(gan.D, gan.G.predict(z), index)
    wanted = ((f_real.mean(axis=0) - f_fake.mean(axis=0)) ** 2).sum()
    assert abs(gan.generator_gradient(z) - wanted) < 1e-14
    assert (result := check(lambda: gan.generator_gradient(z), gan.G.theta, gan.G.grad.copy())).ok, result


@settings(max_examples=30)
@given(m=st.integers(1, 6), d=st.integers(1, 4), h=st.integers(1, 5), layer=st.integers(0, 3), seed=seeds)
def test_gradients_of_the_whole_steps(m, d, h, layer, seed):
    rng = np.random.default_rng(seed)
    gan = matching(rng, d, h, layer=layer, game=list(games.GAMES.values())[seed % len(games.GAMES)])
    x, z = rng.normal(size=(m, d)), gan.noise(m, rng=rng)
    for result in check_discriminator_step(gan, x, z), check_generator_step(gan, gan.noise(m, rng=rng)):
        assert result.ok, result


def test_d_plays_as_ever_and_is_left_alone_by_g(rng):
    gan, plain = (matching(np.random.default_rng(1), kind=kind) for kind in (FeatureMatching, GAN))
    x, z = rng.normal(size=(7, 3)), gan.noise(7, rng=rng)
    assert gan.discriminator_gradient(x, z) == plain.discriminator_gradient(x, z)
    assert (gan.D.grad == plain.D.grad).all()
    before = gan.D.grad.copy(), gan.D.theta.copy()
    gan.generator_step(z)
    assert (gan.D.grad == before[0]).all() and (gan.D.theta == before[1]).all()


def test_equal_mean_features_leave_nothing_to_learn(rng):
    """Fakes that are the real samples in another order, and fakes that differ but have the same mean."""
    gan = matching(rng, layer=0)  # linear features: the mean of x says all
    z = gan.noise(8, rng=rng)
    fake = gan.G.forward(z)
    for x in fake[::-1].copy(), np.tile(fake.mean(axis=0), (8, 1)):
        gan.x = x
        gan.G.forward(z)
        assert gan.loss_gradient(fake) < 1e-28 and np.abs(gan.G.grad).max() < 1e-14


def test_before_it_has_seen_real_samples_g_plays_the_game_itself(rng):
    gan, plain = (matching(np.random.default_rng(1), kind=kind) for kind in (FeatureMatching, GAN))
    z = gan.noise(6, rng=rng)
    assert gan.generator_gradient(z) == plain.generator_gradient(z) and (gan.G.grad == plain.G.grad).all()
    gan.discriminator_gradient(rng.normal(size=(6, 3)), z)
    assert gan.generator_gradient(z) != plain.generator_gradient(z)


def test_the_real_samples_come_back_with_a_checkpoint(rng, tmp_path):
    """In the order g_first the next step begins with them."""
    gan = matching(rng)
    data = Rows(rng.normal(size=(20, 3)))
    list(train(gan, data, steps=3, batch=6, order="g_first", rng=rng))
    save(tmp_path / "c.npz", gan, step=3, rng=rng, data=data)
    back = load(tmp_path / "c.npz")
    assert (back.gan.x == gan.x).all() and back.gan.x.shape == (6, 3)
    z = gan.noise(6, rng=rng)
    assert back.gan.generator_gradient(z) == gan.generator_gradient(z)


def test_a_layer_that_is_none_of_the_inner_ones(rng):
    assert matching(rng).layer == -2
    for layer in 4, -1, -6, 1.0, None, "1", True:
        with pytest.raises(ValueError, match="index of a layer before the last, 0 to 3, or -5 to -2, got"):
            matching(rng, layer=layer)


# --- minibatch discrimination ---


def slowly(x, T):
    """The formula, sample by sample: [x, o]."""
    m, (_, B, C) = len(x), T.shape
    o = np.zeros((m, B))
    for i in range(m):
        for j in range(m):
            for b in range(B):
                if j != i:
                    M_i, M_j = x[i] @ T[:, b], x[j] @ T[:, b]
                    o[i, b] += math.exp(-sum(abs(M_i[c] - M_j[c]) for c in range(C)))
    return np.concatenate([x, o], axis=1)


@settings(max_examples=30)
@given(m=st.integers(2, 6), A=st.integers(1, 4), B=st.integers(1, 4), C=st.integers(1, 3), seed=seeds)
def test_the_layer_is_the_formula_and_its_gradient(m, A, B, C, seed):
    rng = np.random.default_rng(seed)
    layer, x = MinibatchDiscrimination(A, B, C), rng.normal(size=(m, A))
    net = Network(layer, rng=rng)
    net.theta = rng.normal(size=net.theta.size)
    wanted = slowly(x, layer.T)
    assert np.abs(net.forward(x) - wanted).max() < 1e-13 and np.abs(net.predict(x) - wanted).max() < 1e-13
    assert (net.n_in, net.n_out) == (A, A + B)
    for result in check_layer(net, x, rng=rng):
        assert result.ok, result


@settings(max_examples=20)
@given(sizes=st.lists(st.integers(2, 4), min_size=1, max_size=3), seed=seeds)
def test_minibatches_in_one_batch_do_not_see_each_other(sizes, seed):
    rng = np.random.default_rng(seed)
    layer, x = MinibatchDiscrimination(3, 2, 2), rng.normal(size=(sum(sizes), 3))
    net, dy = Network(layer, rng=rng), rng.normal(size=(sum(sizes), 5))
    layer.parts = tuple(sizes)
    y, dx, grad = net.forward(x), net.backward(dy), net.grad.copy()
    layer.parts, total, ends = None, 0, np.cumsum(sizes)
    for start, end in zip(ends - sizes, ends, strict=True):
        assert np.abs(net.forward(x[start:end]) - y[start:end]).max() < 1e-14
        assert np.abs(net.backward(dy[start:end]) - dx[start:end]).max() < 1e-14
        total = total + net.grad
    assert np.abs(total - grad).max() < 1e-13


def test_its_predict_remembers_nothing_and_grad_is_left_alone_without_params(rng):
    layer, x = MinibatchDiscrimination(3, 2, 2), rng.normal(size=(4, 3))
    net, dy = Network(layer, rng=rng), rng.normal(size=(4, 5))
    net.forward(x)
    dx = net.backward(dy)
    net.predict(x[:2] + 1)
    net.grad[...] = 7
    assert (net.backward(dy, params=False) == dx).all() and (net.grad == 7).all()
    assert net.backward(dy, inputs=False) is None


@pytest.mark.parametrize("first", [False, True])
@settings(max_examples=15)
@given(m=st.integers(2, 5), d=st.integers(1, 3), seed=seeds)
def test_gradients_of_the_whole_steps_with_real_and_fake_kept_apart(first, m, d, seed):
    rng = np.random.default_rng(seed)
    gan = comparing(rng, d, first=first)
    x, z = rng.normal(size=(m, d)), gan.noise(m, rng=rng)
    for result in check_discriminator_step(gan, x, z), check_generator_step(gan, gan.noise(m, rng=rng)):
        assert result.ok, result


@pytest.mark.parametrize("first", [False, True])
def test_d_judges_the_real_among_the_real_and_the_fakes_among_the_fakes(first, rng):
    gan = comparing(rng, first=first)
    x, z = rng.normal(size=(6, 3)), gan.noise(6, rng=rng)
    V = gan.discriminator_gradient(x, z)
    fake = gan.G.predict(z)
    assert np.abs(gan.a_real - gan.D.predict(x)).max() < 1e-14
    assert np.abs(gan.a_fake - gan.D.predict(fake)).max() < 1e-14
    together = gan.D.predict(np.concatenate([x, fake]))
    assert np.abs(gan.a_real - together[:6]).max() > 1e-3
    assert V == gan.game.discriminator(gan.a_real, gan.a_fake)[0]
    assert all(getattr(layer, "parts", None) is None for layer in gan.D.layers)


def test_a_plain_gan_must_not_have_such_a_layer(rng):
    with pytest.raises(ValueError, match="must not see real and fake as one minibatch: make the GAN an Apart"):
        comparing(rng, kind=GAN)
    with pytest.raises(ValueError, match="MinibatchDiscrimination.* make the GAN an Apart"):
        comparing(rng, kind=FeatureMatching)


def test_a_collapsed_batch_is_closer_than_a_wide_one(rng):
    layer = MinibatchDiscrimination(2, 8, 3)
    net = Network(layer, rng=rng)
    wide, narrow = rng.normal(size=(50, 2)), 0.01 * rng.normal(size=(50, 2))
    o = [net.predict(x)[:, 2:].mean() for x in (wide, narrow)]
    assert 10 < o[0] < 45 < o[1] < 49  # 49: all at one point
    assert abs(net.predict(np.zeros((50, 2)))[:, 2:] - 49).max() < 1e-12


def test_t_starts_so_that_distances_are_about_1(rng):
    for A, B, C in (64, 50, 5), (256, 20, 3), (2, 50, 10):
        layer = MinibatchDiscrimination(A, B, C)
        net = Network(layer, rng=rng)
        M = np.tensordot(rng.normal(size=(200, A)), net.layers[0].T, 1)
        distance = np.abs(M[:100] - M[100:]).sum(axis=2)
        assert 0.7 < distance.mean() < 1.8, (A, B, C)


def test_a_minibatch_of_one_sample_has_nothing_to_compare(rng):
    gan = comparing(rng)
    z = gan.noise(1, rng=rng)
    theta = gan.D.theta.copy()
    for step in (lambda: gan.discriminator_step(np.zeros((1, 3)), z)), (lambda: gan.generator_step(z)):
        with pytest.raises(ValueError, match="in which samples are compared must be .* >= 2, got 1"):
            step()
    with pytest.raises(ValueError, match="batch must be a whole number >= 2, got 1"):
        train(gan, Rows(np.zeros((4, 3))), steps=1, batch=1, rng=rng)
    assert (gan.D.theta == theta).all() and gan.D.layers[2].parts is None


def test_layers_that_make_no_sense(rng):
    for sizes in (0, 1, 1), (1, 0, 1), (1, 1, 0), (1.5, 1, 1), (1, None, 1):
        with pytest.raises(ValueError, match="must be a whole number >= 1"):
            MinibatchDiscrimination(*sizes)
    net = Network(MinibatchDiscrimination(3), rng=rng)
    assert net.n_out == 53 and repr(net.layers[0]) == "MinibatchDiscrimination(3, 50, 5)"
    with pytest.raises(ValueError, match=r"MinibatchDiscrimination\(3, 50, 5\) needs x of shape \(m, 3\)"):
        net.forward(np.ones((4, 2)))


def test_many_samples_are_judged_a_hundred_or_so_at_a_time(rng):
    gan = comparing(rng)
    x = rng.normal(size=(250, 3))
    p = gan.probability(x)
    assert p.shape == (250,) and (p[:125] == gan.probability(x[:125])).all()
    assert np.abs(p[125:] - sigmoid(gan.D.predict(x[125:]))[:, 0]).max() < 1e-14
    assert np.abs(gan.probability(x[:5]) - sigmoid(gan.D.predict(x[:5]))[:, 0]).max() < 1e-14


def test_memory_is_bounded_at_batch_256(rng):
    """Both minibatches of a D step: c (B, m, m) of each, and no array with B, C, m and m in it."""
    layer = MinibatchDiscrimination(64, 50, 5)
    net, x = Network(layer, rng=rng, dtype=np.float32), rng.normal(size=(512, 64)).astype(np.float32)
    layer.parts = 256, 256
    tracemalloc.start()
    try:
        net.backward(net.forward(x))
        assert tracemalloc.get_traced_memory()[1] < 45e6  # the c are 26 MB; the large array would be 131
    finally:
        tracemalloc.stop()


# --- one-sided label smoothing ---


@given(target=st.floats(0.05, 0.99), p=st.floats(1e-3, 1), q=st.floats(1e-3, 1))
def test_the_best_smoothed_d_is_target_times_d_star(target, p, q):
    """The logit of it is where the derivative of p [t log D + (1 - t) log(1 - D)] + q log(1 - D) is 0."""
    D = float(theory.optimal_d([p], [q], target)[0])
    assert abs(D - target * p / (p + q)) < 1e-15
    a = np.array([[math.log(D / (1 - D))]])
    _, da = Smoothed(target).discriminator(a, a)
    assert abs(p * da[0, 0] + q * da[1, 0]) < 1e-14


def test_without_smoothing_it_is_d_star(rng):
    p, q = rng.random((2, 9))
    assert (theory.optimal_d(p, q, 1.0) == theory.optimal_d(p, q)).all()
    for target in 0, -1, 1.5, math.nan, "1":
        with pytest.raises(ValueError, match="target must be"):
            theory.optimal_d(p, q, target)


def test_only_real_labels_are_smoothed(rng):
    a_real, a_fake = rng.normal(size=(4, 1)), rng.normal(size=(3, 1))
    D_real, D_fake = sigmoid(a_real), sigmoid(a_fake)
    V, _ = Smoothed(0.7).discriminator(a_real, a_fake)
    wanted = (0.7 * np.log(D_real) + 0.3 * np.log(1 - D_real)).mean() + np.log(1 - D_fake).mean()
    assert abs(V - wanted) < 1e-14
    plain = games.non_saturating.generator(a_fake)
    loss, da = Smoothed(0.7).generator(a_fake)
    assert loss == plain[0] and (da == plain[1]).all()


def test_smoothing_is_off_unless_it_is_asked_for(rng):
    assert matching(rng, kind=GAN).game is games.non_saturating and games.non_saturating.target == 1
    assert smoothed.target == 0.9 and smoothed.settings == ("target",)


@pytest.mark.parametrize("target", [0.5, 0.9])
def test_smoothed_at_equilibrium(target):
    game = Smoothed(target)
    a = np.full((4, 1), math.log(target / (2 - target)))
    V, da = game.discriminator(a, a)
    assert abs(V - game.equilibrium.V) < 1e-15 and abs(game.generator(a)[0] - game.equilibrium.loss) < 1e-15
    assert np.abs(game.judge(a) - game.equilibrium.D).max() < 1e-15 and game.equilibrium.D == target / 2
    assert np.abs(da[:4] + da[4:]).max() < 1e-15
    for target in 0, 1, 1.5, None:
        with pytest.raises(ValueError, match="0 < target < 1"):
            Smoothed(target)


def test_copies_are_whole(rng):
    gan = comparing(rng)
    other = copy.deepcopy(gan)
    x, z = rng.normal(size=(6, 3)), gan.noise(6, rng=rng)
    assert other.discriminator_step(x, z) == gan.discriminator_step(x, z)
    assert np.shares_memory(other.D.layers[2].T, other.D.theta)
