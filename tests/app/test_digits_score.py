"""The score of digits: every number it prints, computed a second way."""

import copy
import math
import re

import numpy as np
from digit_runs import N_TEST, TINY, N

from npgan import checkpoint, digits
from npgan.app.cli import main


def parzen(samples, validation, test):
    """(mean, standard error, sigma) by the formula, in float64, with everything in memory at once."""

    def log_likelihood(x, sigma):
        squared = ((x[:, None] - samples) ** 2).sum(axis=2)
        constant = math.log(len(samples)) + 784 * math.log(sigma * math.sqrt(2 * math.pi))
        return np.logaddexp.reduce(-squared / (2 * sigma**2), axis=1) - constant

    sigma = max(np.logspace(-1, 0, 10), key=lambda sigma: log_likelihood(validation, sigma).mean())
    on_test = log_likelihood(test, sigma)
    return on_test.mean(), on_test.std() / math.sqrt(len(test)), sigma


def test_score_prints_every_number_beside_its_control(mnist, capsys):
    n = 40
    assert main(["score", str(mnist), "-n", str(n), "--seed", "5"]) == 0
    out = capsys.readouterr().out.splitlines()
    train, test = digits.mnist(), digits.mnist(split="test")
    gan, rng = checkpoint.load(mnist / "checkpoint.npz").gan, np.random.default_rng(5)
    real, unseen = train.images / 255, test.images / 255
    samples = {
        "running average of G": (gan.sample(n, rng=rng) + 1) / 2.0,
        "G as it is": (gan.sample(n, rng=rng, raw=True) + 1) / 2.0,
        f"{n} real training digits": real[:n],
    }
    assert out[0] == f"Parzen log-likelihood of {N_TEST} test digits, {n} samples as centres:"
    for line, (name, centres) in zip(out[1:4], samples.items(), strict=True):
        mean, error, sigma = parzen(centres, real[-N // 6 :], unseen)
        found = re.fullmatch(r"  (.*\S) +(-?\d+\.\d) \+- (\d+\.\d) nats \(sigma (0\.\d{3})\)", line)
        assert found and found[1] == name, line
        assert abs(float(found[2]) - mean) < 0.1 and abs(float(found[3]) - error) < 0.1
        assert abs(float(found[4]) - sigma) < 1e-3
    assert out[4].split() == "the 2014 paper, on MNIST 225 +- 2 nats".split()
    assert out[5].startswith("This measure is only historical")

    assert out[8] == f"Mean distance to the nearest of {N} training digits, pixels in [0, 1]:"
    samples.pop(f"{n} real training digits")
    samples["real test digits"] = unseen[:n]
    samples["exact copies"] = real[:n]
    samples["copies, a pixel to the right"] = np.roll(real[:n].reshape(-1, 28, 28), 1, axis=2).reshape(n, 784)
    new = copy.deepcopy(gan.G)
    for layer in new.layers[::2]:
        layer.init(rng)
    samples["an untrained G"] = (new.predict(gan.noise(n, rng=rng)) + 1) / 2.0
    nearest = {}
    for line, (name, rows) in zip(out[9:15], samples.items(), strict=True):
        distance = np.sqrt(((rows[:, None] - real) ** 2).sum(axis=2))
        nearest[name], least = distance.argmin(axis=1), distance.min(axis=1)
        found = re.fullmatch(r"  (.*\S) +(\d+\.\d\d) \+- (\d+\.\d\d)", line)
        assert found and found[1] == name, line
        assert abs(float(found[2]) - least.mean()) < 0.01
        assert abs(float(found[3]) - least.std() / math.sqrt(n)) < 0.01
    assert float(out[12].split()[-3]) == 0  # exact copies
    assert "It cannot tell a new digit from a copy" in out[15]

    assert out[19] == "Mean of D(x), the chance of being real in D's eyes; D has learned against G as it is:"
    for line, (name, rows) in zip(out[20:26], samples.items(), strict=True):
        D = 1 / (1 + np.exp(-gan.D.predict((2 * rows - 1).astype(np.float32))))
        assert line.startswith(f"  {name} ") and abs(float(line.split()[-1]) - D.mean()) < 1e-3

    assert out[27] == f"Share of each class among the nearest training digits, of {n} samples:"
    assert out[28].split() == list("0123456789")
    for line, (name, index) in zip(out[29:], nearest.items(), strict=True):
        share = [100 * np.mean(train.labels[index] == digit) for digit in range(10)]
        assert line.startswith(f"  {name} ") and len(line) == len(out[28])
        printed = [float(word.strip("%")) for word in line[len(name) + 2 :].split()]
        assert np.abs(np.array(printed) - share).max() <= 0.5 + 1e-9


def test_score_without_an_average_and_with_more_samples_than_digits(capsys):
    main(["train", "mnist", "--epochs", "1", *TINY, "--average", "0", "--out", "run"])
    capsys.readouterr()
    assert main(["score", "run", "-n", str(2 * N)]) == 0
    out = capsys.readouterr().out
    assert "running average" not in out and "G as it is" in out
    assert f"{2 * N} samples as centres" in out
    assert f"{N - N // 6} real training digits" in out  # sigma is chosen on the others
    assert f"of {N_TEST} samples:" in out
