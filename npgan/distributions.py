"""A distribution here can be sampled and evaluated, so that what G learns has a formula beside it.

sample(n, rng=rng) -> (n, d), float64; pdf(x) -> (m,) for x of shape (m, d), or (m,) when d = 1.
"""

import hashlib
import math
from functools import cached_property

import numpy as np

from npgan import require


class Gaussian:
    """The normal distribution N(mu, sigma^2) on the line; sigma is the standard deviation."""

    d = 1

    def __init__(self, mu, sigma):
        self.mu = require.number("mu", mu, -math.inf)
        self.sigma = require.number("sigma", sigma)

    def __repr__(self):
        return f"Gaussian({self.mu:g}, {self.sigma:g})"

    def sample(self, n, *, rng):
        n = require.count("n", n)
        return self.mu + self.sigma * require.generator(rng).standard_normal((n, 1))

    def log_pdf(self, x):
        with np.errstate(over="ignore"):  # far out: -infinity
            u = (_points(x, 1)[:, 0] - self.mu) / self.sigma
            return -0.5 * u**2 - math.log(self.sigma * math.sqrt(2 * math.pi))

    def pdf(self, x):
        return np.exp(self.log_pdf(x))


class Uniform:
    """The uniform distribution on the interval [low, high)."""

    d = 1

    def __init__(self, low, high):
        self.low = require.number("low", low, -math.inf)
        self.high = require.number("high", high, self.low)
        require.number("high - low", self.high - self.low)

    def __repr__(self):
        return f"Uniform({self.low:g}, {self.high:g})"

    def sample(self, n, *, rng):
        return require.generator(rng).uniform(self.low, self.high, (require.count("n", n), 1))

    def pdf(self, x):
        x = _points(x, 1)[:, 0]
        return ((self.low <= x) & (x < self.high)) / (self.high - self.low)


class Mixture:
    """Equal parts of round Gaussians: means (k, d), one standard deviation sigma for all."""

    def __init__(self, means, sigma):
        self.means, self.sigma = require.numbers("means", means).astype(float), require.width("sigma", sigma)
        if self.means.ndim != 2 or not self.means.size:
            raise ValueError(f"means must have shape (k, d) with k, d >= 1, got {self.means.shape}")
        self.d = self.means.shape[1]

    def __repr__(self):
        return f"Mixture({len(self.means)} means in {self.d}-D, sigma={self.sigma:g})"

    def sample(self, n, *, rng):
        mode = require.generator(rng).integers(len(self.means), size=require.count("n", n))
        return self.means[mode] + self.sigma * rng.standard_normal((n, self.d))

    def pdf(self, x):
        x, log = _points(x, self.d), -math.inf
        with np.errstate(over="ignore"):  # far out: |x - mean|^2 may be infinite, and the density is 0
            for mean in self.means:
                log = np.logaddexp(log, -0.5 * (((x - mean) / self.sigma) ** 2).sum(axis=1))
        log -= math.log(len(self.means)) + self.d * math.log(self.sigma * math.sqrt(2 * math.pi))
        return np.exp(log)


class Rows:
    """A data set as a distribution: its rows in random order, every row once per epoch.

    rows: a table (n, d) of finite numbers, n, d >= 1: an array, a list, or what NumPy can read. A batch
    that runs over the end of one epoch takes its rest from the next, so batches are always full. state()
    is the place in the epoch and what tells these rows from others, for a checkpoint; set_state puts the
    place back, ValueError if the rows are others.
    """

    def __init__(self, rows):
        rows = require.numbers("data", rows)
        if rows.ndim != 2 or not rows.size:
            raise ValueError(
                f"data must be an array of numbers of shape (n, d) with n, d >= 1, "
                f"got {rows.dtype} of shape {rows.shape}"
            )
        self.rows, self.d = rows, rows.shape[1]
        self.order = np.zeros(0, np.uint32)  # the row numbers still to come in this epoch

    def __len__(self):
        return len(self.rows)

    def sample(self, n, *, rng):
        """The next n rows, (n, d); rng shuffles at the start of each epoch."""
        return self.rows[self.draw(n, rng=rng)]

    def draw(self, n, *, rng):
        """The numbers of the next n rows, (n,)."""
        require.count("n", n)
        require.generator(rng)
        while len(self.order) < n:
            self.order = np.append(self.order, rng.permutation(len(self)).astype(np.uint32))
        now, self.order = self.order[:n], self.order[n:]
        return now

    def state(self):
        return {"order": self.order, "digest": self.digest}

    def set_state(self, state):
        if set(state) != {"order", "digest"}:
            raise ValueError(f"a saved place in the data has an order and a digest, got {sorted(state)}")
        order = state["order"]
        if order.dtype != np.uint32 or order.ndim != 1 or (order >= len(self)).any():
            raise ValueError(f"the saved place in the data does not fit data of {len(self)} rows")
        if not np.array_equal(state["digest"], self.digest):
            raise ValueError("the saved place is one in other data: these rows have another SHA-256")
        self.order = order

    @cached_property
    def digest(self):
        """The SHA-256 of the rows, (32,) uint8."""
        return np.frombuffer(hashlib.sha256(np.ascontiguousarray(self.rows)).digest(), np.uint8)


def one_hot(labels, k, n=None):
    """Labels (m,), whole numbers 0 to k - 1, as rows (m, k) of zeros with a one where the label says.

    ValueError for labels that are out of range, or not n, if n is given.
    """
    return np.eye(k, dtype=np.float32)[require.labels(labels, np.size(labels) if n is None else n, k)]


def distribution(data):
    """data as something to draw from: itself if it has sample and d, else the Rows of the table that it is.

    What NumPy can read is a table, though it may have a `sample` of its own, as a DataFrame has.
    """
    table = isinstance(data, type) or hasattr(data, "__array__") or hasattr(data, "to_numpy")
    if table or not hasattr(data, "sample"):
        return Rows(data)
    if not hasattr(data, "d"):
        raise ValueError(f"data with a sample(n, rng=) need d, the width of a sample: {data!r} has none")
    require.count("d of the data", data.d)
    return data


def ring(modes=8, radius=1.0, sigma=0.01):
    """Gaussians on a circle, centres at angles 2 pi i / modes. The published ring (PacGAN)."""
    angle = 2 * np.pi * np.arange(require.count("modes", modes)) / modes
    radius = require.number("radius", radius, -math.inf)
    return Mixture(radius * np.column_stack([np.cos(angle), np.sin(angle)]), sigma)


def grid(side=5, spacing=2.0, sigma=0.05):
    """side x side Gaussians, `spacing` apart, centred at the origin. The published grid (PacGAN)."""
    spacing = require.number("spacing", spacing, -math.inf)
    ticks = spacing * (np.arange(require.count("side", side)) - (side - 1) / 2)
    return Mixture(np.array([(x, y) for x in ticks for y in ticks]), sigma)


def _points(x, d):
    """x as an array (m, d); a plain list of numbers will do where d = 1."""
    x = np.asarray(require.array("x", x), dtype=float)
    if d == 1 and x.ndim == 1:
        x = x[:, None]
    if x.ndim != 2 or x.shape[1] != d:
        raise ValueError(f"this distribution needs x of shape (m, {d}), got {x.shape}")
    if np.isnan(x).any():
        raise ValueError("there is no density at NaN, which x holds")
    return x
