"""Digits are rows of 28 x 28 pixels with a label each: MNIST from its four files, or drawn from fonts."""

from npgan.digits.cache import KEEP, cache_folder
from npgan.digits.download import DIGESTS, MIRRORS, fetch
from npgan.digits.fonts import EDITION, glyph_digits
from npgan.digits.idx import ADVICE, LIMIT, MAGIC, PIECE, PREFIX, DataError, mnist, mnist_folder, read_idx
from npgan.digits.pixels import (
    CLASSES,
    PIXELS,
    SIDE,
    Digits,
    Images,
    LabelledImages,
    from_pixels,
    shifted,
    to_pixels,
    unit_pixels,
)

__all__ = [
    "ADVICE", "CLASSES", "DIGESTS", "EDITION", "KEEP", "LIMIT", "MAGIC", "MIRRORS", "PIECE", "PIXELS", "PREFIX",
    "SIDE", "DataError", "Digits", "Images", "LabelledImages", "cache_folder", "fetch", "from_pixels",
    "glyph_digits", "mnist", "mnist_folder", "read_idx", "shifted", "to_pixels", "unit_pixels",
]  # fmt: skip
