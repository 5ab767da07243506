"""A digit is a row of 28 x 28 pixels: bytes in memory, numbers in [-1, 1] for a network.

Pixels stay uint8, white 255 on black 0, as long as they lie in memory; a batch becomes float32 in
[-1, 1] as it is drawn. Shapes: images (n, 784) uint8, labels (n,) uint8.
"""

import hashlib
from functools import cached_property
from typing import NamedTuple

import numpy as np

from npgan import require
from npgan.distributions import Rows, one_hot

SIDE = 28  # of an image, pixels
PIXELS = SIDE * SIDE  # of an image
CLASSES = 10  # what an image can show


class Digits(NamedTuple):
    """n digits: images (n, 784) and what each shows, labels (n,) of 0 to 9, both uint8."""

    images: np.ndarray
    labels: np.ndarray


class Images(Rows):
    """Digits as something to train on: float32 batches in [-1, 1], every image once per epoch.

    images: (n, 784) uint8, kept as they are; only the rows of a batch are scaled, when it is drawn.
    """

    def __init__(self, images):
        super().__init__(images)
        _uint8(self.rows)

    def sample(self, n, *, rng):
        return from_pixels(super().sample(n, rng=rng))


class LabelledImages(Images):
    """Images with what each shows, for a `Conditional`: x (m, 784 + 10), the last ten the label, one-hot.

    labels: (n,) of 0 to 9, one for each image.
    """

    def __init__(self, images, labels):
        super().__init__(images)
        self.labels, self.d = require.labels(labels, len(self), CLASSES), self.d + CLASSES

    def sample(self, n, *, rng):
        now = self.draw(n, rng=rng)
        return np.concatenate([from_pixels(self.rows[now]), one_hot(self.labels[now], CLASSES)], axis=1)

    @cached_property
    def digest(self):
        """The SHA-256 of the images and their labels, (32,) uint8."""
        both = super().digest.tobytes() + self.labels.astype(np.uint8).tobytes()
        return np.frombuffer(hashlib.sha256(both).digest(), np.uint8)


def from_pixels(pixels):
    """Pixels 0 ... 255, uint8, as float32 in [-1, 1], the range of tanh."""
    x = np.subtract(_uint8(pixels), 127.5, dtype=np.float32)
    x /= 127.5
    return x


def to_pixels(x):
    """Numbers in [-1, 1] as the nearest pixels 0 ... 255, uint8; what lies outside is clipped."""
    x = np.clip(require.finite("x", np.asarray(x)), -1, 1)
    return np.rint(127.5 * x + 127.5).astype(np.uint8)


def shifted(images, *, right=0, down=0):
    """Images (n, 784) moved by whole pixels, at most 27 either way; black comes in where they leave."""
    moved, (x, y) = np.zeros_like(images), (int(right), int(down))
    if max(abs(x), abs(y)) >= SIDE:
        raise ValueError(f"images of {SIDE} pixels can be moved by less than that, got {right} and {down}")
    to, of = moved.reshape(-1, SIDE, SIDE), images.reshape(-1, SIDE, SIDE)
    to[:, max(y, 0) : SIDE + min(y, 0), max(x, 0) : SIDE + min(x, 0)] = of[
        :, max(-y, 0) : SIDE - max(y, 0), max(-x, 0) : SIDE - max(x, 0)
    ]
    return moved


def unit_pixels(images):
    """uint8 pixels as float32 in [0, 1], the scale of the published scores."""
    x = images.astype(np.float32)
    x /= 255
    return x


def _uint8(pixels):
    if getattr(pixels, "dtype", None) == np.uint8:
        return pixels
    raise ValueError(f"pixels must be an array of uint8, got {getattr(pixels, 'dtype', type(pixels))}")
