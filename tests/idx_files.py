"""Small files of digits for the tests: what an IDX file holds, folders of them, and bombs."""

import gzip
import os
import struct
import zlib

import numpy as np
import pytest

from npgan import digits

NAMES = list(digits.DIGESTS)
REAL = os.environ.get("NPGAN_DATA")
needs_mnist = pytest.mark.skipif(not REAL, reason="NPGAN_DATA names no folder with MNIST")


def idx(array):
    """The content of an IDX file of bytes."""
    array = np.asarray(array, np.uint8)
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def small(n=5, *, rng):
    return rng.integers(256, size=(n, 28, 28), dtype=np.uint8), rng.integers(10, size=n, dtype=np.uint8)


def write(folder, images, labels, prefix="train", end="", zipped=False):
    folder.mkdir(exist_ok=True)
    for name, array in (f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels):
        content = idx(array)
        (folder / (name + end)).write_bytes(gzip.compress(content) if zipped else content)
    return folder


GOOD = idx(np.arange(24).reshape(2, 3, 4))


def zeros(count, before=b""):
    """gzip of `before` and then so many zeros, made without holding them."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(before)]
    for start in range(0, count, 2**20):
        parts.append(packer.compress(bytes(min(2**20, count - start))))
    return b"".join(parts) + packer.flush()
