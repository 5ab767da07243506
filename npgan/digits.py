"""Digits are rows of 28 x 28 pixels with a label each: MNIST from its four files, or drawn from fonts.

Pixels stay uint8, white 255 on black 0, as long as they lie in memory; a batch becomes float32 in
[-1, 1] as it is drawn. Shapes: images (n, 784) uint8, labels (n,) uint8.
"""

import gzip
import hashlib
import io
import math
import os
import struct
import sys
import zlib
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npgan import glyphs, require
from npgan.distributions import Rows
from npgan.files import clear_leftovers, whole_file
from npgan.glyphs import SIDE

LIMIT = 60_000 * SIDE * SIDE  # bytes of pixels in MNIST's largest file; more is never read
PIECE = 2**20  # bytes read at a time
MAGIC = {b"\0\0\x08\x01": 1, b"\0\0\x08\x03": 3}  # unsigned bytes in 1 dimension or in 3
EDITION, KEEP = 1, 4  # of glyph digits: what their seed stands for, and how many sets the cache keeps
PREFIX = {"train": "train", "test": "t10k"}
DIGESTS = {  # SHA-256 of the uncompressed content: compressed, each mirror has other bytes
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
    "http://yann.lecun.com/exdb/mnist/",
)
ADVICE = (
    "put the four files into a folder and name it with --data or NPGAN_DATA, "
    "or run `npgan train digits`, which needs no download"
)


class DataError(ValueError):
    """A file of digits is missing, damaged, or not what it should be."""


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


def from_pixels(pixels):
    """Pixels 0 ... 255, uint8, as float32 in [-1, 1], the range of tanh."""
    x = np.subtract(_uint8(pixels), 127.5, dtype=np.float32)
    x /= 127.5
    return x


def to_pixels(x):
    """Numbers in [-1, 1] as the nearest pixels 0 ... 255, uint8; what lies outside is clipped."""
    x = np.clip(require.finite("x", np.asarray(x)), -1, 1)
    return np.rint(127.5 * x + 127.5).astype(np.uint8)


def _uint8(pixels):
    if getattr(pixels, "dtype", None) == np.uint8:
        return pixels
    raise ValueError(f"pixels must be an array of uint8, got {getattr(pixels, 'dtype', type(pixels))}")


# --- MNIST from its files ---


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
            looked_for = ", ".join(path.name for path in _candidates(folder, name))
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
    return Digits(images.reshape(-1, SIDE * SIDE), labels)


def mnist_folder(folder=None):
    """The folder of the IDX files: the one given, else NPGAN_DATA, else `mnist` in the user's cache."""
    folder = folder or os.environ.get("NPGAN_DATA")
    return Path(folder) if folder else cache_folder() / "mnist"


def cache_folder():
    """The folder npgan in the user's caches: XDG_CACHE_HOME or ~/.cache; on Windows %LOCALAPPDATA%.

    OSError if the user has no home.
    """
    variable, usual = "XDG_CACHE_HOME", ".cache"
    if sys.platform == "win32":
        variable, usual = "LOCALAPPDATA", "AppData/Local"
    given = os.environ.get(variable)
    if given and os.path.isabs(given):
        return Path(given) / "npgan"
    try:
        return Path.home() / usual / "npgan"
    except RuntimeError:
        raise OSError(f"there is no home folder for a cache: set {variable}, or NPGAN_DATA") from None


def read_idx(path):
    """The array in an IDX file of bytes, gzip or not: labels (n,) or images (n, rows, columns), uint8.

    The format, big-endian: four bytes 0, 0, 8 (unsigned bytes), k; k sizes of four bytes; the bytes.
    DataError unless the file holds just that, and no more bytes than MNIST; OSError if it cannot be
    read at all. At most that many bytes are uncompressed, whatever the file claims or contains.
    """
    with open(path, "rb") as file, _unzipped(file, path) as content:
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
def _unzipped(file, name):
    """An open binary file as it is, or through gzip if it starts like that; DataError where gzip objects."""
    zipped = file.read(2) == b"\x1f\x8b"
    if file.seek(0, os.SEEK_END) > LIMIT + PIECE:
        raise DataError(f"{name} is larger than MNIST's largest file")
    file.seek(0)
    try:
        with gzip.GzipFile(fileobj=file) if zipped else file as content:
            yield content
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name} is a damaged gzip file: {error}") from None


def _candidates(folder, name):
    """The paths under which `train-images-idx3-ubyte`, say, is looked for, in this order."""
    names = name, name.replace("-idx", ".idx")
    return [folder / (name + end) for name in names for end in ("", ".gz")]


def _find(folder, name):
    return next((path for path in _candidates(folder, name) if path.is_file()), None)


def _times(shape):
    return " x ".join(map(str, shape))


# --- MNIST from the network ---


def fetch(folder=None, *, mirrors=MIRRORS, digests=DIGESTS, quiet=False):
    """Download what the folder lacks of MNIST; return [(path, url)], url None for what was there.

    folder: as for `mnist`; made if need be. A file appears only when the SHA-256 of its uncompressed
    content is right; one that is there with another content is renamed to NAME.old, NAME.old-2, ...,
    never deleted. quiet: no progress bars. DataError if no mirror has a file; OSError if the folder
    cannot be written.
    """
    folder, fetched = mnist_folder(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    clear_leftovers(folder)
    for name, digest in digests.items():
        unsound, path, url = [], None, None
        for path in filter(Path.is_file, _candidates(folder, name)):
            if _is_sound(path, digest):
                break
            unsound.append(path)
        else:
            body, url = _download(name + ".gz", digest, mirrors, quiet)
        for other in unsound:  # they would be found first
            _set_aside(other)
        if url:
            path = folder / (name + ".gz")
            with whole_file(path) as file:
                file.write(body)
        fetched.append((path, url))
    return fetched


def _set_aside(path):
    """Rename a file to NAME.old, or if that is taken to NAME.old-2, ..."""
    ends = chain([".old"], (f".old-{i}" for i in count(2)))
    path.rename(next(new for end in ends if not (new := path.with_name(path.name + end)).exists()))


def _is_sound(path, digest):
    try:
        with open(path, "rb") as file:
            return _sha256(file, path) == digest
    except DataError:
        return False


def _sha256(file, name):
    """The SHA-256, in hex, of the uncompressed content of an open file, which may be no longer than MNIST."""
    total, size = hashlib.sha256(), 0
    with _unzipped(file, name) as content:
        while piece := content.read(PIECE):
            total.update(piece)
            size += len(piece)
            if size > LIMIT + PIECE:
                raise DataError(f"{name} holds more than MNIST's largest file")
    return total.hexdigest()


def _download(name, digest, mirrors, quiet):
    """(bytes, url) from the first mirror that has the file with that digest, else DataError."""
    from http.client import HTTPException
    from urllib.parse import urlsplit

    failures = {}  # what went wrong: at which hosts
    for mirror in mirrors:
        url = mirror + name
        try:
            body = _get(url, quiet)
            got = _sha256(io.BytesIO(body), "what came")
            if got == digest:
                return body, url
            reason = f"what came has SHA-256 {got[:16]}..., wanted {digest[:16]}..."
        except (OSError, HTTPException, DataError) as error:
            reason = str(error)
        failures.setdefault(reason, []).append(urlsplit(url).netloc)
    tried = "; ".join(f"{reason} (from {', '.join(hosts)})" for reason, hosts in failures.items())
    raise DataError(f"{name} could not be downloaded: {tried}. Without a network, {ADVICE}")


def _get(url, quiet):
    """The body of a web page, under a progress bar; DataError if it is cut short or too long to be MNIST."""
    from urllib.request import urlopen

    from tqdm import tqdm

    body = bytearray()
    with urlopen(url, timeout=20) as response:
        size = response.length  # None if the server does not say
        name, disable = url.rpartition("/")[2], True if quiet else None
        with tqdm(desc=name, total=size, unit="B", unit_scale=True, disable=disable) as bar:
            while len(body) <= LIMIT and (piece := response.read(2**16)):
                body += piece
                bar.update(len(piece))
    if len(body) > LIMIT:
        raise DataError("more came than MNIST's largest file holds")
    if size is not None and len(body) < size:
        raise DataError(f"only {len(body)} of {size} bytes came")
    return body


# --- digits from fonts ---


def glyph_digits(n, *, rng):
    """n labelled digits drawn from 17 fonts, as many of each kind as of any other (within 1): Digits.

    They need no download, and look like MNIST's, but printed. The same rng gives the same digits
    (another version of matplotlib may make a pixel lighter or darker by 1).
    The latest few sets are kept in the user's cache; without one they are drawn anew.
    """
    n = require.count("n", n)
    seed = int(require.generator(rng).integers(2**63))  # one draw: rng goes on alike, cached or not

    def draw():
        return np.concatenate([part.ravel() for part in glyphs.draw(n, rng=np.random.default_rng(seed))])

    pixels = SIDE * SIDE * n
    both = _cached(f"glyphs-{EDITION}-{n}-{seed:016x}", pixels + n, draw)
    return Digits(both[:pixels].reshape(n, -1), both[pixels:])


def _cached(name, size, make):
    """make(), an array of `size` bytes, or the same from the cache, trusted only if its SHA-256 is right."""
    try:
        stored = np.fromfile(cache_folder() / name, np.uint8, 32 + size)
        if len(stored) == 32 + size and hashlib.sha256(stored[32:]).digest() == stored[:32].tobytes():
            return stored[32:]
    except OSError:
        pass  # nothing there, or no cache at all
    made = make()
    try:
        path = cache_folder() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(path.parent)
        with whole_file(path) as file:
            file.write(hashlib.sha256(made).digest())
            file.write(made)
        by_age = sorted(path.parent.glob("glyphs-*"), key=lambda one: one.stat().st_mtime)
        for old in by_age[:-KEEP]:
            old.unlink(missing_ok=True)
    except OSError:
        pass
    return made
