"""Samples of digits: walks through the noise, and the nearest training digit beside each."""

import numpy as np
from matplotlib.figure import Figure
from small_runs import refused

from npgan import checkpoint, digits, plots
from npgan.app.cli import main
from npgan.app.demos.images import draw_nearest
from npgan.latent import walk


def test_walks_samples_and_nearest_digits(mnist, elsewhere, capsys):
    gan = checkpoint.load(mnist / "checkpoint.npz").gan
    assert main(["sample", str(mnist), "--walk", "-n", "3", "-o", "walk.npy", "--seed", "2"]) == 0
    assert "wrote walk.npy: 30 samples of 784 numbers" in capsys.readouterr().out
    walks = np.load("walk.npy", allow_pickle=False).reshape(3, 10, 784)
    z = gan.noise(6, rng=np.random.default_rng(2))
    for i in range(3):
        ends = gan.generate(z[2 * i : 2 * i + 2])
        assert np.abs(walks[i, [0, -1]] - ends).max() < 1e-6
        middle = gan.generate(walk(z[2 * i], z[2 * i + 1], 10)[4:5])
        assert np.abs(walks[i, 4] - middle).max() < 1e-6 and np.abs(walks[i, 4] - walks[i, 0]).max() > 1e-3
    assert main(["sample", str(mnist), "-n", "5", "-o", "five.npy", "--seed", "2"]) == 0
    five = np.load("five.npy", allow_pickle=False)
    assert five.shape == (5, 784) and np.abs(five - gan.generate(z[:5])).max() < 1e-6
    assert main(["sample", str(mnist), "--walk", "-n", "3", "-o", "raw.npy", "--seed", "2", "--raw"]) == 0
    raw = np.load("raw.npy", allow_pickle=False)
    assert np.abs(raw - walks.reshape(30, 784)).max() > 1e-3
    assert np.abs(raw[0] - gan.G.predict(z[:1])[0]).max() < 1e-6
    assert main(["sample", str(mnist), "--walk", "-o", "walk.npy"]) == 0
    assert np.load("walk.npy", allow_pickle=False).shape == (8 * 10, 784)
    for options in ["--walk", "-n", "101"], ["--nearest", "-n", "501"], ["-n", "1001"]:
        message = "a picture takes at most 1000 images"
        refused(capsys, "sample", mnist, *options, "-o", "a.png", message=message)
    for options in ["--walk", "-n", "2"], ["--nearest", "-n", "7"], ["-n", "9"]:
        assert main(["sample", str(mnist), *options, "-o", "a.png"]) == 0
        assert (elsewhere / "a.png").read_bytes().startswith(b"\x89PNG")
        (elsewhere / "a.png").unlink()


def test_nearest_draws_each_sample_beside_the_digit_nearest_to_it(monkeypatch):
    drawn, images = [], digits.from_pixels(digits.mnist().images)

    def note(ax, x, columns, *, pair):
        drawn.append((x, columns, pair))
        return ax

    monkeypatch.setattr(plots, "images", note)
    samples = np.clip(images[[7, 250, 99]] * 0.9, -1, 1)
    draw_nearest(Figure(), samples, digits.mnist().images)
    ((x, columns, pair),) = drawn
    assert columns % 2 == 0 and pair
    assert (x[0::2] == samples).all() and (x[1::2] == images[[7, 250, 99]]).all()
