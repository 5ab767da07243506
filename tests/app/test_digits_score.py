"""The score of digits: every number it prints, computed a second way."""

import copy
import math
import re

import numpy as np
from digit_runs import N_TEST, TINY, N

from npgan import checkpoint, digits
from npgan.app.cli import main
from npgan.app.demos import scores
from npgan.judge import judge as judge_of


def parzen(samples, validation, test):
    """(mean, standard error, sigma) by the formula, in float64, with everything in memory at once."""

    def log_likelihood(x, sigma):
        squared = ((x[:, None] - samples) ** 2).sum(axis=2)
        constant = math.log(len(samples)) + 784 * math.log(sigma * math.sqrt(2 * math.pi))
        return np.logaddexp.reduce(-squared / (2 * sigma**2), axis=1) - constant

    sigma = max(np.logspace(-1, 0, 10), key=lambda sigma: log_likelihood(validation, sigma).mean())
    on_test = log_likelihood(test, sigma)
    return on_test.mean(), on_test.std() / math.sqrt(len(test)), sigma


def frechet(f, g):
    A, B = np.cov(f.T), np.cov(g.T)
    overlap = np.sqrt(np.maximum(np.linalg.eigvals(A @ B).real, 0)).sum()
    return ((f.mean(axis=0) - g.mean(axis=0)) ** 2).sum() + np.trace(A) + np.trace(B) - 2 * overlap


def among(f, g):
    def distances(x, y):
        return np.sqrt(((x[:, None] - y) ** 2).sum(axis=2))

    radius = np.sort(distances(g, g), axis=1)[:, 3]
    return (distances(f, g) <= radius + 1e-4).any(axis=1).mean()


def shares(judge, f):
    logits = f @ judge.layers[-1].W.astype(float) + judge.layers[-1].b
    return np.bincount(logits.argmax(axis=1), minlength=10) / len(f), logits


def row(judge, f, g):
    """The five scores of features f held against g."""
    (one, logits), (other, _) = shares(judge, f), shares(judge, g)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    score = math.exp((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean())
    m = min(len(f), len(g))
    return score, frechet(f, g), abs(one - other).sum() / 2, among(f[:m], g[:m]), among(g[:m], f[:m])


def blur(images):
    padded = np.pad(images.reshape(-1, 28, 28).astype(int), ((0, 0), (1, 1), (1, 1)))
    nine = sum(padded[:, i : i + 28, j : j + 28] for i in range(3) for j in range(3))
    return (nine / 9 + 0.5).astype(np.uint8).reshape(-1, 784)


def kinds(gan, train, test, n, rng):
    """{name: pixels}: what is held against the test digits, drawn from rng as the command does."""
    found = {
        "running average of G": digits.to_pixels(gan.sample(n, rng=rng)),
        "G as it is": digits.to_pixels(gan.sample(n, rng=rng, raw=True)),
        "real test digits": test.images[:n],
    }
    copies = train.images[rng.permutation(N)[:n]]
    which = rng.integers(10, size=n)
    p = judge_of(train).probabilities(copies)
    ten = copies[np.unique(p.argmax(axis=0))]
    found["exact copies"] = copies
    moved = np.roll(copies.reshape(-1, 28, 28), 1, axis=2)
    moved[:, :, 0] = 0
    found["copies, a pixel to the right"], found["copies, blurred"] = moved.reshape(n, 784), blur(copies)
    found["ten digits, again and again"] = ten[which % len(ten)]
    new = copy.deepcopy(gan.G)
    for layer in new.layers[::2]:
        layer.init(rng)
    return found | {"an untrained G": digits.to_pixels(new.predict(gan.noise(n, rng=rng)))}


def numbers(line):
    return [float(number) for number in re.findall(r"(?<![\w.])-?\d+\.\d+", line)]


def test_score_prints_every_number_beside_its_control(mnist, capsys):
    n = 60
    assert main(["score", str(mnist), "-n", str(n), "--seed", "5"]) == 0
    table, classes, distances, views, likelihoods = capsys.readouterr().out.rstrip().split("\n\n")
    train, test = digits.mnist(), digits.mnist(split="test")
    gan, judge = checkpoint.load(mnist / "checkpoint.npz").gan, judge_of(train)
    images = kinds(gan, train, test, n, np.random.default_rng(5))

    out = table.splitlines()
    assert f"gets {(judge.classes(test.images) == test.labels).mean():.1%} of" in out[0]
    assert out[2].split() == "classifier score Frechet distance shares off precision recall".split()
    real = judge.features(test.images).astype(float)[np.random.default_rng(0).permutation(N_TEST)]
    found = {}
    for line, (name, pixels) in zip(out[3:11], images.items(), strict=True):
        f, g = judge.features(pixels).astype(float), real
        if name == "real test digits":
            f, g = real[: N_TEST // 2], real[N_TEST // 2 :]
        found[name], errors = numbers(line)[::2], numbers(line)[1::2]
        assert line.startswith(f"  {name} ") and line.count(" +- ") == 5
        tolerance = [0.006, 0.006 + 1e-4 * frechet(f, g)] + 3 * [6e-4]
        assert (np.abs(np.array(found[name]) - row(judge, f, g)) <= tolerance).all(), name
        m = min(len(f), len(g))
        left = [frechet(f[np.arange(len(f)) % 10 != i], g) for i in range(10)]
        assert abs(errors[1] - 3 * np.std(left)) < 0.01  # sqrt(9/10 * 10) times
        for share, error in zip(found[name][3:], errors[3:], strict=True):
            assert abs(error - math.sqrt(share * (1 - share) / m)) < 1e-3
    assert out[11] == f"{n} of each kind; real test digits: 60 against the other 60."
    prose = " ".join(out[12:])
    ten, blurs, copies = found["ten digits, again and again"], found["copies, blurred"], found["exact copies"]
    for text in (
        f"ten digits, again and again, have {ten[0]:.2f}, real ones {found['real test digits'][0]:.2f}.",
        f"copies have {copies[1]:.2f}. And", f"they have {found['copies, a pixel to the right'][1]:.2f}.",
        f"blurs have {blurs[2]:.3f}; ten digits, again and again, {ten[2]:.3f}.",
        f"ten digits, again and again, have {ten[3]:.3f} and {ten[4]:.3f}, blurs {blurs[3]:.3f} and "
        f"{blurs[4]:.3f}. Neither sees copying: {copies[3]:.3f} and {copies[4]:.3f}.",
    ):  # fmt: skip
        assert text in prose

    out = classes.splitlines()
    assert out[0] == "Share of each class, in the eyes of the judge:" and out[1].split() == list("0123456789")
    for line, (name, pixels) in zip(out[2:], images.items(), strict=True):
        share = 100 * shares(judge, real if name == "real test digits" else judge.features(pixels))[0]
        assert line.startswith(f"  {name} ") and len(line) == len(out[1])
        printed = [float(word.strip("%")) for word in line[len(name) + 2 :].split()]
        assert np.abs(np.array(printed) - share).max() <= 0.5 + 1e-9

    out = distances.splitlines()
    assert out[0] == f"Mean distance to the nearest of {N} training digits, pixels in [0, 1]:"
    means = {}
    for line, (name, pixels) in zip(out[1:9], images.items(), strict=True):
        least = np.sqrt(((pixels[:, None] / 255 - train.images / 255) ** 2).sum(axis=2)).min(axis=1)
        means[name], error = numbers(line)
        assert line.startswith(f"  {name} ")
        assert abs(means[name] - least.mean()) < 0.01 and abs(error - least.std() / math.sqrt(n)) < 0.01
    assert means["exact copies"] == 0
    told = "(0.00) and noise ({an untrained G:.2f}) from a new digit ({real test digits:.2f})"
    assert told.format_map(means) in " ".join(out[9:])

    out = views.splitlines()
    assert out[0] == "Mean of D(x), the chance of being real in D's eyes; D has learned against G as it is:"
    for line, (name, pixels) in zip(out[1:9], images.items(), strict=True):
        D = 1 / (1 + np.exp(-gan.D.predict((pixels / 127.5 - 1).astype(np.float32))))
        assert line.startswith(f"  {name} ") and abs(float(line.split()[-1]) - D.mean()) < 1e-3

    out = likelihoods.splitlines()
    assert out[0] == f"Parzen log-likelihood of {N_TEST} test digits, {n} samples as centres:"
    centres = {name: images[name] for name in list(images)[:2]}
    centres |= {f"{n} real training digits": train.images[:n], "the same, blurred": blur(train.images[:n])}
    for line, (name, pixels) in zip(out[1:5], centres.items(), strict=True):
        mean, error, sigma = parzen(pixels / 255, train.images[-N // 6 :] / 255, test.images / 255)
        printed = re.fullmatch(r"  (.*\S) +(-?\d+\.\d) \+- (\d+\.\d) nats \(sigma (0\.\d{3})\)", line)
        assert printed and printed[1] == name, line
        assert abs(float(printed[2]) - mean) < 0.1 and abs(float(printed[3]) - error) < 0.1
        assert abs(float(printed[4]) - sigma) < 1e-3
    assert out[5].split() == "the 2014 paper, on MNIST 225 +- 2 nats".split()
    assert out[6].startswith("This measure is only historical")
    assert f"their blurs {float(out[4].split()[3]):.1f}." in " ".join(out[6:])


def test_score_without_an_average_and_with_more_samples_than_digits(capsys):
    main(["train", "mnist", "--epochs", "1", *TINY, "--average", "0", "--out", "run"])
    capsys.readouterr()
    assert main(["score", "run", "-n", str(2 * N)]) == 0
    out = capsys.readouterr().out
    assert "running average" not in out and "G as it is" in out
    assert f"{2 * N} samples as centres" in out
    assert f"{N - N // 6} real training digits" in out  # sigma is chosen on the others
    assert f"\n{N_TEST} of each kind; real test digits: 60 against the other 60.\n" in out


def test_a_score_of_a_few_samples_says_that_they_are_too_few(mnist, capsys):
    assert main(["score", str(mnist), "-n", "7"]) == 0
    out = capsys.readouterr().out
    assert out.count("nothing to say of fewer than 20 images") == 7  # the halves of the test digits are enough
    assert "Classifier score (" not in out and "7 samples as centres" in out


def test_controls_are_what_they_are_called(mnist, folder):
    train, test = digits.mnist(), digits.mnist(split="test")
    gan = checkpoint.load(mnist / "checkpoint.npz").gan
    before = gan.G.theta.copy(), gan.average.theta.copy()
    controls = scores.controls(gan, scores.Examiner(train, test), test, 50, rng=np.random.default_rng(0))
    made = {name: make() for name, make in controls.items()}
    assert all(images.shape == (50, 784) and images.dtype == np.uint8 for images in made.values())
    rows = {row.tobytes() for row in train.images}
    assert all(row.tobytes() in rows for row in made["exact copies"])
    assert len(np.unique(made["exact copies"], axis=0)) == 50
    ten = np.unique(made["ten digits, again and again"], axis=0)
    assert len(ten) <= 10 and len(np.unique(judge_of(train).classes(ten))) >= len(ten) - 1
    assert (gan.G.theta == before[0]).all() and (gan.average.theta == before[1]).all()


def test_samples_are_the_same_by_thousands(mnist):
    gan = checkpoint.load(mnist / "checkpoint.npz").gan
    found = scores.pixels_of(gan, 1234, rng=np.random.default_rng(3))
    assert (found == digits.to_pixels(gan.sample(1234, rng=np.random.default_rng(3)))).all()
