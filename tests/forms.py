"""One table of numbers in every form that it may come in, and in those that must be refused."""

import numpy as np


class Table:
    """Like a DataFrame: it has a sample of its own, and columns as attributes, and can become an array."""

    def __init__(self, rows):
        self.rows = rows
        self.d = self.shape = "a column of this name"

    def sample(self, n):
        raise AssertionError("this is not a distribution")

    def to_numpy(self):
        return np.array(self.rows)


class Tensor:
    """Like a tensor of another library."""

    def __init__(self, rows):
        self.inner = np.array(rows)

    def sample(self):
        raise AssertionError("this is not a distribution")

    def __array__(self, dtype=None, copy=None):
        return self.inner


def strided(x):
    return np.repeat(x, 2, axis=0)[::2]


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


# name: what becomes of an array of whole numbers from 0 to 119. All of these mean numbers.
GOOD = {
    "float64": lambda x: x / 7,
    "float32": lambda x: (x / 7).astype(np.float32),
    "float16": lambda x: (x / 7).astype(np.float16),
    "far": lambda x: x / 7 + 1e4,
    "float32, far": lambda x: (x / 7 + 1e4).astype(np.float32),
    "float32, further": lambda x: (x / 7 + 1e7).astype(np.float32),
    "float64, very far": lambda x: x / 7 + 1e9,
    "spread wide": lambda x: (x / 7) ** 5 * 1e6,
    "large": lambda x: x / 7 * 1e30,
    "small": lambda x: x / 7 * 1e-30,
    "longdouble": lambda x: (x / 7).astype(np.longdouble),
    "int64": lambda x: x.astype(np.int64),
    "int8": lambda x: x.astype(np.int8),
    "uint8": lambda x: x.astype(np.uint8),
    "uint64": lambda x: x.astype(np.uint64),
    "bool": lambda x: x % 2 == 0,
    "big-endian": lambda x: (x / 7).astype(">f8"),
    "list": lambda x: (x / 7).tolist(),
    "list of ints": lambda x: x.astype(int).tolist(),
    "list of arrays": lambda x: list(x / 7),
    "table": lambda x: Table(x / 7),
    "tensor": lambda x: Tensor((x / 7).astype(np.float32)),
    "Fortran order": lambda x: np.asfortranarray(x / 7),
    "every other row": lambda x: strided(x / 7),
    "backwards": lambda x: (x / 7)[::-1],
    "read-only": lambda x: read_only(x / 7),
    "as a file": lambda x: (x / 7).view(np.memmap),
}


def spoiled(x, value):
    x = x / 7
    x[(len(x) // 2, *(-1 for _ in x.shape[1:]))] = value
    return x


# These mean no numbers, or have rules of their own.
BAD = {
    "NaN": lambda x: spoiled(x, np.nan),
    "infinite": lambda x: spoiled(x, np.inf),
    "-infinite": lambda x: spoiled(x, -np.inf),
    "float32 NaN": lambda x: spoiled(x, np.nan).astype(np.float32),
    "huge": lambda x: spoiled(x, 1e301),
    "NaN in a list": lambda x: spoiled(x, np.nan).tolist(),
    "NaN in a table": lambda x: Table(spoiled(x, np.nan)),
    "masked": lambda x: np.ma.masked_array(x / 7, mask=x > 60),
    "masked, nothing hidden": lambda x: np.ma.masked_array(x / 7),
    "list of masked arrays": lambda x: [np.ma.masked_array(row / 7, mask=row > 60) for row in np.atleast_2d(x)],
    "matrix": lambda x: (x / 7).view(np.matrix),
    "complex": lambda x: x / 7 + 1j,
    "objects": lambda x: (x / 7).astype(object),
    "texts": lambda x: x.astype(str),
    "dates": lambda x: x.astype("datetime64[s]"),
    "None": lambda x: None,
    "a name": lambda x: "samples",
    "a class": lambda x: Table,
    "ragged": lambda x: [[1.0, 2.0], [3.0]],
    "none": lambda x: x[:0] / 7,
    "empty list": lambda x: [],
}


def values(x, pixels=False):
    """The same numbers, one by one, in float64; pixels: uint8 mean 255ths."""
    x = getattr(x, "rows", getattr(x, "inner", x))
    scale = 255 if pixels and getattr(x, "dtype", None) == np.uint8 else 1
    return np.array([[float(number) / scale for number in np.ravel(row)] for row in x])


