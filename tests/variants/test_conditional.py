"""The conditional GAN: both gradients from their formulas, labels that are learnt, and what is refused."""

import numpy as np
import pytest

from npgan import SGD, Adam, Dense, LeakyReLU, Network, Rows, Tanh, digits, games, models, train
from npgan.distributions import one_hot
from npgan.gradcheck import check
from npgan.training import ORDERS
from npgan.variants.conditional import Conditional

D_IN, K = 3, 2  # columns of a sample and of a label


def pair(rng, d=D_IN, k=K, n_z=2, game=games.non_saturating, dtype=np.float64, **options):
    G = Network(Dense(n_z + k, 6), LeakyReLU(0.2), Dense(6, d), rng=rng, dtype=dtype)
    D = Network(Dense(d + k, 6), Tanh(), Dense(6, 1), rng=rng, dtype=dtype)
    return Conditional(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), game=game, **options)


def labelled(gan, m, rng):
    """Samples (m, d + k) with labels of their own."""
    k = gan.k
    return np.column_stack([rng.normal(size=(m, gan.G.n_out)), np.eye(k)[rng.integers(k, size=m)]])


@pytest.mark.parametrize("game", games.GAMES.values(), ids=games.GAMES)
def test_both_gradients_from_their_formulas(game, rng):
    """D judges each sample with its own label, each fake with the one in its z; G moves the sample alone."""
    gan = pair(rng, game=game, loud=3.0)
    x, z = labelled(gan, 7, rng), gan.noise(7, rng=rng)

    def a_fake():
        fake = gan.G.predict(z)
        return gan.D.predict(np.array([[*row, *(3 * noise[2:])] for row, noise in zip(fake, z, strict=True)]))

    def V():
        return game.discriminator(gan.D.predict(x * [1, 1, 1, 3, 3]), a_fake())[0]

    def loss():
        return game.generator(a_fake())[0]

    assert abs(gan.discriminator_gradient(x, z) - V()) < 1e-14
    assert (result := check(V, gan.D.theta, gan.D.grad)).ok, result
    assert np.abs(gan.D.layers[0].dW[3:]).min() > 1e-4  # D does learn from the label
    before = gan.D.grad.copy(), gan.D.theta.copy()
    assert abs(gan.generator_gradient(z) - loss()) < 1e-14
    assert (result := check(loss, gan.G.theta, gan.G.grad)).ok, result
    assert (gan.D.grad == before[0]).all() and (gan.D.theta == before[1]).all()


def test_noise_ends_in_labels_drawn_evenly(rng):
    gan = pair(rng, k=3, latent="uniform")
    z = gan.noise(9000, rng=rng)
    assert z.shape == (9000, 5) and gan.k == 3
    assert set(map(tuple, z[:, 2:])) == set(map(tuple, np.eye(3)))
    assert np.abs(z[:, 2:].mean(axis=0) - 1 / 3).max() < 4 * np.sqrt(2 / 9 / 9000)  # 4 standard errors
    assert np.abs(z[:, :2]).max() <= np.sqrt(3) and np.abs(z[:, :2].var(axis=0) - 1).max() < 0.05
    assert np.abs(np.corrcoef(z.T)[:2, 2:]).max() < 0.05


def test_samples_are_of_the_classes_asked_for_and_of_the_same_noise(rng):
    gan, labels = pair(rng), np.array([0, 1, 1, 0, 1])
    z = gan.noise(5, rng=np.random.default_rng(3))
    z[:, 2:] = np.eye(2)[labels]
    draw = lambda **how: gan.sample(5, rng=np.random.default_rng(3), **how)  # noqa: E731
    assert (draw(labels=labels) == gan.G.predict(z)).all() and draw().shape == (5, 3)
    assert (draw(labels=labels.tolist()) == draw(labels=labels)).all()
    assert (draw(labels=1) == draw(labels=[1] * 5)).all() and (draw(labels=1) != draw(labels=0)).all()
    gan.update_average(0.5, 1)
    gan.average.theta *= 2
    assert (draw(labels=labels, raw=True) == gan.G.predict(z)).all()
    assert (draw(labels=labels) == gan.average.predict(z)).all()


CORNERS = np.array([[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]])


@pytest.mark.parametrize("order", ORDERS)
def test_labels_are_learnt(order):
    """Three classes at three corners: samples of each lie at its own. A program that mixes up the labels of
    real samples, or of the fakes that G is told about, puts them elsewhere."""
    rng = np.random.default_rng(0)
    mode = rng.integers(3, size=1500)
    rows = np.column_stack([CORNERS[mode] + 0.1 * rng.standard_normal((1500, 2)), one_hot(mode, 3)])
    sizes, options = ((5, 24, 2), (5, 32, 1)), {"lr": 4e-3, "betas": (0.5, 0.999), "loud": 1.0}
    gan = models.pair(*sizes, rng=rng, variant="conditional", **options)
    for _ in train(gan, Rows(rows), steps=500, batch=64, rng=rng, order=order, average=0.98):
        pass
    for c in range(3):
        x = gan.sample(300, rng=rng, labels=c)
        assert np.linalg.norm(x - CORNERS[c], axis=1).mean() < 0.8
        judged = gan.probability(np.column_stack([np.tile(CORNERS[c], (3, 1)), np.eye(3)]))
        assert judged.argmax() == c  # D knows, too


def test_loud_is_what_the_label_columns_of_d_are_multiplied_by(rng):
    quiet, loud = (pair(np.random.default_rng(1), **o) for o in ({}, {"loud": 4.0}))
    x, z = labelled(quiet, 7, rng), quiet.noise(7, rng=rng)
    assert quiet.loud == 1.0 and quiet.discriminator_gradient(x, z) != loud.discriminator_gradient(x, z)
    quiet.D.layers[0].W[D_IN:] *= 4
    assert abs(quiet.discriminator_gradient(x, z) - loud.discriminator_gradient(x, z)) < 1e-14
    assert np.abs(quiet.probability(x) - loud.probability(x)).max() < 1e-14
    assert np.abs(np.ravel(quiet.game.judge(quiet.D.predict(x))) - quiet.probability(x)).max() < 1e-14


def test_digits_by_their_labels_in_float32(rng):
    images, labels = rng.integers(256, size=(40, 784), dtype=np.uint8), rng.integers(10, size=40)
    small = {"g_hidden": [8], "d_hidden": [8], "n_z": 5}
    gan = models.digits_pair(rng=rng, variant="conditional", **small)
    assert (gan.G.n_in, gan.G.n_out, gan.D.n_in, gan.k, gan.loud) == (15, 784, 794, 10, 10.0)
    *_, last = train(gan, digits.LabelledImages(images, labels), steps=3, batch=16, rng=rng, average=0.9)
    assert np.isfinite(last.V) and gan.D.grad.dtype == gan.noise(2, rng=rng).dtype == np.float32
    assert gan.sample(3, rng=rng, labels=[9, 0, 9]).shape == (3, 784)
    options = {"steps": 3, "batch": 16, "rng": rng}
    with pytest.raises(ValueError, match="has 784 columns, but D takes 794, those of the label among them$"):
        train(gan, digits.Images(images), **options)
    with pytest.raises(ValueError, match="data has 794 columns, but D takes 784$"):
        train(models.digits_pair(rng=rng, **small), digits.LabelledImages(images, labels), **options)


def test_what_makes_no_sense_is_refused(rng):
    gan = pair(rng)
    for labels, message in [
        ([0, 1], "labels must be 3 numbers, one for each row"), ([0, 1, 2], "must be 0 to 1, got 0 to 2"),
        (-1, "must be 0 to 1, got -1"), ([0.0, 1.0, 1.0], "whole numbers .n,., got float64 of shape .3,."),
        (np.eye(3, dtype=int), "one for each row, got shape .3, 3."), ("7", "array of real numbers"),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=message):
            gan.sample(3, rng=rng, labels=labels)
    with pytest.raises(ValueError, match="0 < loud"):
        pair(rng, loud=0)
    with pytest.raises(ValueError, match="Conditional needs noise in front of 2 labels, but G takes 2"):
        pair(rng, n_z=0)
    with pytest.raises(ValueError, match="D must take what G makes and the columns of a label behind it; got"):
        pair(rng, k=0)
    with pytest.raises(ValueError, match="Conditional needs z of shape .m, 4."):
        gan.generator_gradient(np.ones((3, 2)))
    G, D = Network(Dense(4, 3), rng=rng), Network(Dense(5, 1), rng=rng)
    with pytest.raises(ValueError, match="G must end in the width D takes"):
        models.GAN(G, D, Adam(G, lr=1), Adam(D, lr=1))
