"""The classifier: its loss against formula and differences, what it says of x, and what it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npgan import Adam, LeakyReLU, gradcheck, layers
from npgan.classifier import Classifier, classifier, cross_entropy, learn, scaled, softmax

SIZES = {"m": st.integers(1, 6), "k": st.integers(2, 7), "seed": st.integers(0, 2**32 - 1)}


@given(**SIZES)
def test_the_gradient_of_the_cross_entropy_is_that_of_differences(m, k, seed):
    rng = np.random.default_rng(seed)
    check = gradcheck.check_cross_entropy(3 * rng.standard_normal((m, k)), rng.integers(k, size=m))
    assert check.ok and check.count == m * k and not check.kinks, check


@given(**SIZES)
def test_the_loss_is_minus_the_mean_log_of_what_the_right_class_gets(m, k, seed):
    rng = np.random.default_rng(seed)
    a, labels = 3 * rng.standard_normal((m, k)), rng.integers(k, size=m)
    p = [[math.exp(s) / sum(map(math.exp, row)) for s in row] for row in a.tolist()]
    loss, da = cross_entropy(a, labels)
    assert abs(softmax(a) - p).max() < 1e-14
    assert abs(loss + np.mean([math.log(row[y]) for row, y in zip(p, labels, strict=True)])) < 1e-12
    assert abs(da.sum(axis=1)).max() < 1e-15 and (np.argwhere(da < 0)[:, 1] == labels).all()


def test_of_k_classes_it_knows_nothing_of_the_loss_is_log_k():
    assert abs(cross_entropy(np.zeros((3, 10)), np.arange(3))[0] - math.log(10)) < 1e-15


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_overflows_and_a_sure_mistake_still_has_a_slope(dtype):
    largest = np.finfo(dtype).max / 4
    a = np.array([[largest, 0, -largest], [1e4, 1e4, -1e4]], dtype)  # every error of NumPy is raised here
    assert (softmax(a) == [[1, 0, 0], [0.5, 0.5, 0]]).all() and softmax(a).dtype == dtype
    loss, da = cross_entropy(a[1:], [2])
    assert abs(loss - 2e4) < 1 and abs(da - [0.5, 0.5, -1]).max() < 1e-6 and da.dtype == dtype


def pixels(n, rng):
    """n "images" of 40 pixels in three classes, each with a stripe of its own that is lighter."""
    labels = rng.integers(3, size=n).astype(np.uint8)
    x = rng.integers(0, 120, (n, 40), dtype=np.uint8)
    x.reshape(n, 4, 10)[np.arange(n), labels] += 100
    return x, labels


@pytest.fixture(scope="module")
def learned():
    rng = np.random.default_rng(0)
    x, labels = pixels(300, rng)
    return learn(x, labels, rng=rng, hidden=(16, 8), k=3, epochs=12, batch=32)


def test_it_learns_and_says_what_it_has_learned(learned, rng):
    x, labels = pixels(2345, rng)  # more than it takes at a time
    f, p, classes = learned.features(x), learned.probabilities(x), learned.classes(x)
    assert (classes == labels).mean() > 0.95 and (classes == p.argmax(axis=1)).all()
    assert f.shape == (2345, 8) and p.shape == (2345, 3) and p.dtype == f.dtype == np.float32
    assert abs(p.sum(axis=1) - 1).max() < 1e-6
    logits = learned.predict(scaled(x))
    assert abs(p - softmax(logits)).max() < 1e-6
    assert (learned.features(x / np.float32(127.5) - 1) - f).max() < 1e-5  # no pixels, but the same numbers


def test_features_are_what_the_last_layer_gets(learned, rng):
    x, _ = pixels(5, rng)
    logits, last = learned.forward(scaled(x)), learned.layers[-1]
    assert isinstance(last, layers.Dense) and isinstance(learned.layers[-2], LeakyReLU)
    assert (learned.features(x) == last.x).all() and abs(last.predict(last.x) - logits).max() < 1e-6


def test_questions_leave_a_pending_backward_alone(learned, rng):
    x, labels = pixels(6, rng)

    def grad(ask):
        _, da = cross_entropy(learned.forward(scaled(x)), labels)
        if ask:
            learned.classes(x[:3])
        learned.backward(da)
        return learned.grad.copy()

    assert (grad(False) == grad(True)).all()


def test_the_same_seed_the_same_classifier_and_every_sample_once_an_epoch(monkeypatch):
    x, labels = pixels(70, np.random.default_rng(1))
    seen, rates = [], []
    forward, descend = Classifier.forward, Adam.descend
    monkeypatch.setattr(Adam, "descend", lambda opt: (rates.append(opt.rate), descend(opt)))
    monkeypatch.setattr(Classifier, "forward", lambda net, x: (seen.append(x), forward(net, x))[1])
    options = {"hidden": (4,), "k": 3, "epochs": 2, "batch": 32}
    one, two = (learn(x, labels, rng=np.random.default_rng(2), **options) for _ in range(2))
    assert (one.theta == two.theta).all() and list(map(len, seen)) == 4 * [32, 32, 6]
    assert np.abs(np.array(rates) - 2 * [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]).max() < 1e-12  # it falls to 0
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:6])
    assert (np.unique(first, axis=0) == np.unique(scaled(x), axis=0)).all()
    assert (np.unique(second, axis=0) == np.unique(scaled(x), axis=0)).all() and (first != second).any()


def test_numbers_of_either_dtype_can_be_learned_from(rng):
    x, labels = pixels(40, rng)
    options = {"hidden": (4,), "k": 3, "epochs": 1}
    nets = [
        learn(kind(scaled(x)), labels, rng=np.random.default_rng(0), **options)
        for kind in (np.float32, np.float64)
    ]
    assert (nets[0].theta == nets[1].theta).all() and nets[1].dtype == np.float32


LABELS = [  # for four rows and three classes
    ([0, 1, 2], r"4 numbers, one for each row, got shape \(3,\)"),
    ([[0], [1], [2], [0]], r"one for each row, got shape \(4, 1\)"),
    (1, r"got shape \(\)"),
    ([0, 1, 2, 3], "labels must be 0 to 2, got 0 to 3"),
    ([0, -1, 2, 1], "labels must be 0 to 2, got -1 to 2"),
    ([0.0, 1.0, 2.0, 0.0], "whole numbers .n,., got float64"),
    ([True, False, True, True], "whole numbers .n,., got bool"),
    (["0", "1", "2", "0"], "array of real numbers, got <U1"),
    (None, "array of real numbers, got object"),
    (np.ma.masked_equal([0, 1, 2, 0], 1), "plain array, got a masked array"),
]


@pytest.mark.parametrize("labels, message", LABELS)
def test_labels_that_are_none(labels, message, rng):
    for refuse in (
        lambda: cross_entropy(np.zeros((4, 3)), labels),
        lambda: learn(np.zeros((4, 6)), labels, rng=rng, k=3, epochs=1),
    ):
        with pytest.raises(ValueError, match=message):
            refuse()


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((4, 41)), r"a Classifier needs x of shape \(m, 40\) with m >= 1, got \(4, 41\)"),
        (np.zeros(40), r"x of shape \(m, 40\) with m >= 1, got \(40,\)"),
        (np.zeros((0, 40), np.uint8), r"got \(0, 40\)"),
        (np.full((2, 40), np.nan), "must be finite, got nan at index"),
        ([["a"] * 40], "array of real numbers"),
    ],
)
def test_x_that_it_cannot_judge(x, message, learned):
    for ask in learned.features, learned.probabilities, learned.classes:
        with pytest.raises(ValueError, match=message):
            ask(x)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": np.zeros(5)}, r"learn needs x of shape .* got \(5,\)"),
        ({"x": np.zeros((0, 6)), "labels": []}, r"learn needs x of shape \(m, 6\) with m >= 1"),
        ({"x": np.full((5, 6), np.nan)}, "x must be finite, got nan"),
        ({"k": 1}, "k must be a whole number >= 2, got 1"),
        ({"epochs": 0}, "epochs must be a whole number >= 1, got 0"),
        ({"batch": 0.5}, "batch must be a whole number >= 1, got 0.5"),
        ({"lr": -1}, "lr must be a number"),
        ({"hidden": (0,)}, "n_out must be a whole number >= 1, got 0"),
    ],
)
def test_what_nothing_can_be_learned_from(change, message, rng):
    options = {"x": np.zeros((5, 6)), "labels": [0, 1, 0, 1, 0], "k": 2, "rng": rng} | change
    with pytest.raises(ValueError, match=message):
        learn(options.pop("x"), options.pop("labels"), **options)
    with pytest.raises(TypeError, match="rng must be a numpy Generator"):
        learn(np.zeros((5, 6)), [0, 1, 0, 1, 0], rng=3)


def test_an_untrained_one_has_the_widths_that_were_asked_for(rng):
    assert repr(classifier(7, (5, 4), 3, rng=rng)) == (
        "Classifier(Dense(7, 5), LeakyReLU(0.2), Dense(5, 4), LeakyReLU(0.2), Dense(4, 3), dtype=float32)"
    )
