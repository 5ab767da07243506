"""Small files of digits for the tests: what an IDX file holds, folders of them, and bombs."""

import gzip
import os

import numpy as np
import pytest

from benchmarks.hostile.idx import GOOD, idx, zeros  # noqa: F401  (for the tests)
from npgan import digits

NAMES = list(digits.DIGESTS)
REAL = os.environ.get("NPGAN_DATA")
needs_mnist = pytest.mark.skipif(not REAL, reason="NPGAN_DATA names no folder with MNIST")


def small(n=5, *, rng):
    return rng.integers(256, size=(n, 28, 28), dtype=np.uint8), rng.integers(10, size=n, dtype=np.uint8)


def write(folder, images, labels, prefix="train", end="", zipped=False):
    folder.mkdir(exist_ok=True)
    for name, array in (f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels):
        content = idx(array)
        (folder / (name + end)).write_bytes(gzip.compress(content) if zipped else content)
    return folder
