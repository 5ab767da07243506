"""MNIST from its four files, in the IDX format, gzip or not: nothing larger is ever read."""

import gzip
import math
import os
import struct
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from npgan import require
from npgan.archive import open_plain
from npgan.digits.cache import cache_folder
from npgan.digits.pixels import PIXELS, SIDE, Digits

LIMIT = 60_000 * PIXELS  # bytes of pixels in MNIST's largest file; more is never read
PIECE = 2**20  # bytes read at a time
MAGIC = {b"\0\0\x08\x01": 1, b"\0\0\x08\x03": 3}  # unsigned bytes in 1 dimension or in 3
PREFIX = {"train": "train", "test": "t10k"}
ADVICE = (
    "put the four files into a folder and name it with --data or NPGAN_DATA, "
    "or run `npgan train digits`, which needs no download"
)


class DataError(ValueError):
    """A file of digits is missing, damaged, or not what it should be."""


def mnist(folder=None, *, split="train"):
    """The 60,000 digits of split="train", or the 10,000 of "test": Digits.

    folder: where the IDX files are, gzip or not; by default see `mnist_folder`. Any other data in
    the same format will do, if it is no larger. DataError if files are missing, not sound, or do
    not belong together.
    """
    prefix = PREFIX[require.choice("split", split, PREFIX)]
    folder, paths = mnist_folder(folder), []
    for name in f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte":
        paths.append(_find(folder, name))
        if paths[-1] is None:
            looked_for = ", ".join(path.name for path in candidates(folder, name))
            raise DataError(
                f"no {name} in {folder} (looked for {looked_for}): run `npgan fetch mnist`, or {ADVICE}"
            )
    images, labels = map(read_idx, paths)
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise DataError(f"{paths[0]} holds {_times(images.shape)} bytes, wanted images: n x 28 x 28")
    if labels.shape != (len(images),):
        raise DataError(f"{paths[1]} holds {_times(labels.shape)} labels, wanted {len(images)}, one per image")
    if labels.max() > 9:
        i = int(np.argmax(labels > 9))
        raise DataError(f"{paths[1]} says that image {i} shows a {labels[i]}, wanted labels of 0 to 9")
    return Digits(images.reshape(-1, PIXELS), labels)


def mnist_folder(folder=None):
    """The folder of the IDX files: the one given, else NPGAN_DATA, else `mnist` in the user's cache."""
    folder = folder or os.environ.get("NPGAN_DATA")
    return Path(folder) if folder else cache_folder() / "mnist"


def read_idx(path):
    """The array in an IDX file of bytes, gzip or not: labels (n,) or images (n, rows, columns), uint8.

    The format, big-endian: four bytes 0, 0, 8 (unsigned bytes), k; k sizes of four bytes; the bytes.
    DataError unless it is a plain file that holds just that, and no more bytes than MNIST; OSError if it
    cannot be read at all. At most that many bytes are uncompressed, whatever the file claims or contains.
    """
    with _opened(path) as file, unzipped(file, path) as content:
        magic = content.read(4)
        if not magic:
            raise DataError(f"{path} is empty, wanted an IDX file")
        if magic not in MAGIC:
            raise DataError(
                f"{path} starts with the bytes {magic.hex()}, wanted an IDX file: "
                f"00000803 (images) or 00000801 (labels), gzip or not"
            )
        k = MAGIC[magic]
        sizes = content.read(4 * k)
        if len(sizes) < 4 * k:
            raise DataError(f"{path} ends within its header, after {4 + len(sizes)} of {4 + 4 * k} bytes")
        shape = struct.unpack(f">{k}I", sizes)
        count = math.prod(shape)
        if not 1 <= count <= LIMIT:
            raise DataError(f"{path} promises {_times(shape)} bytes, wanted 1 to 60000 x 28 x 28, as in MNIST")
        array = np.empty(count, np.uint8)
        for start in range(0, count, PIECE):
            rest = array[start : start + PIECE]
            piece = content.read(len(rest))
            if len(piece) < len(rest):
                got = start + len(piece)
                raise DataError(f"{path} ends after {got} of the {_times(shape)} bytes that it promises")
            rest[:] = np.frombuffer(piece, np.uint8)
        if content.read(1):
            raise DataError(f"{path} goes on after the {_times(shape)} bytes that it promises")
    return array.reshape(shape)


@contextmanager
def unzipped(file, name):
    """An open binary file as it is, or through gzip if it starts like that; DataError where gzip objects."""
    zipped = file.read(2) == b"\x1f\x8b"
    if file.seek(0, os.SEEK_END) > LIMIT + PIECE:
        raise DataError(f"{name} is larger than MNIST's largest file")
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file) if zipped else file as content:
            yield content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        reason = str(error).partition(" (b")[0]  # and not the bytes that it quotes
        raise DataError(f"{name} is a damaged gzip file: {reason}") from None


def _opened(path):
    try:
        return open_plain(path)
    except ValueError as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def candidates(folder, name):
    """The paths under which `train-images-idx3-ubyte`, say, is looked for, in this order."""
    names = name, name.replace("-idx", ".idx")
    return [folder / (name + end) for name in names for end in ("", ".gz")]


def _find(folder, name):
    return next((path for path in candidates(folder, name) if path.is_file()), None)


def _times(shape):
    return " x ".join(map(str, shape))
