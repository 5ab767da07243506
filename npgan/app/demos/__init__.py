"""The demos, by name: what `npgan train` can learn."""

import numpy as np

from npgan import digits
from npgan.app.demos.base import Demo, Training
from npgan.app.demos.gaussian import GaussianDemo
from npgan.app.demos.images import DigitsDemo
from npgan.app.demos.mixture import MixtureDemo
from npgan.distributions import grid, ring

__all__ = ["DEMOS", "Demo", "Training"]


def mnist(split, folder=None):
    return digits.mnist(folder, split=split)


def font_digits(split, folder=None):
    """30,000 digits to learn from, or 5,000 others to test with; the same ones every time."""
    if folder is not None:
        raise ValueError(f"digits drawn from fonts are in no folder, got {folder}")
    n, seed = {"train": (30_000, 0), "test": (5_000, 1)}[split]
    return digits.glyph_digits(n, rng=np.random.default_rng(seed))


DEMOS = {
    demo.name: demo
    for demo in (
        GaussianDemo("gaussian", "one Gaussian on the line, N(4, 1.25^2)"),
        MixtureDemo("ring", "eight Gaussians on a circle", ring),
        MixtureDemo("grid", "25 Gaussians on a square grid", grid),
        DigitsDemo("mnist", "handwritten digits, 28 x 28 (MNIST)", mnist, reads_files=True),
        DigitsDemo("digits", "digits drawn from fonts, which need no download", font_digits),
    )
}
