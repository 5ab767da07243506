"""What a public call says when its input is wrong: what came, and what was wanted."""

import math

import numpy as np


def generator(rng):
    """Return rng if it is a np.random.Generator, else raise TypeError."""
    if isinstance(rng, np.random.Generator):
        return rng
    raise TypeError(f"rng must be a numpy Generator such as np.random.default_rng(0), got {rng!r}")


def count(name, value, least=1):
    """Return value as an int if it is a whole number >= least, else raise ValueError."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")


def number(name, value, low=0.0, high=math.inf, *, include_low=False):
    """Return value as a float if low < value < high (<= with include_low), else ValueError."""
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        if low < value < high or (include_low and value == low):
            return float(value)
    bound = f"{low:g} {'<=' if include_low else '<'} {name}"
    bound += f" < {high:g}" if high < math.inf else " and finite"
    raise ValueError(f"{name} must be a number with {bound}, got {value!r}")


def choice(name, value, choices):
    """Return value if it is one of choices, else raise ValueError listing them."""
    if isinstance(value, str) and value in choices:
        return value
    raise ValueError(f"unknown {name} {value!r}; choose from {', '.join(choices)}")


def finite(name, array):
    """Return array if all its entries are finite, else raise ValueError naming the first culprit."""
    if array.dtype.kind in "biu":  # always finite: no need for a mask as large as a data set of bytes
        return array
    ok = np.isfinite(array)
    if ok.all():
        return array
    index = tuple(int(i) for i in np.argwhere(~ok)[0])
    raise ValueError(f"{name} must be finite, got {array[index]} at index {index}")
