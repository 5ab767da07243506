"""The theory of the 2014 paper as functions on a grid: every theorem is a number that can be wrong.

p and q are two densities (p_data and p_g) evaluated on the same increasing grid x, all of shape
(n,), and integrals are trapezoid sums; or, with x=None, two lists of probabilities, and integrals
are plain sums. All results are in nats. Goodfellow et al. 2014, section 4.
"""

import numpy as np

from npgan import require


def integral(f, x=None):
    """The integral of f (n,) over the grid x (n,), or the plain sum of f if x is None. f may be infinite."""
    (f,) = _same_shape(f)
    if np.isnan(f).any():
        raise ValueError("f has no integral: it is NaN somewhere")
    if x is None:
        return float(np.sum(f))
    f, x = _same_shape(f, x)
    return float(np.trapezoid(f, _increasing(x)))


def optimal_d(p, q, target=1.0):
    """The discriminator that maximises V for fixed densities: D*(x) = p / (p + q).

    p, q: densities on the same grid, shape (n,), >= 0. Returns shape (n,), in [0, 1]; where both
    are 0 every D is optimal and 1/2 is returned. D* is 0 or 1 only where p or q is 0, else at least the
    nearest number inside. Raises ValueError if the shapes differ. Goodfellow et al. 2014, Proposition 1.
    target: what D is to say of real samples; with one-sided label smoothing D* is target times that
    (Salimans et al. 2016).
    """
    p, q = _densities(p, q)
    D = np.divide(p, p + q, out=np.full(p.shape, 0.5), where=p + q > 0)
    D = np.clip(D, np.where(p > 0, np.nextafter(0, 1), 0), np.where(q > 0, np.nextafter(1, 0), 1))
    return require.number("target", target, 0, np.nextafter(1, 2)) * D


def value(D, p, q, x=None):
    """V = E_p log D + E_q log(1 - D), to be maximised by D. Goodfellow et al. 2014, equation 1.

    D: probabilities on the grid, shape (n,). Where D is exactly 0 or 1 against a positive density,
    V is -inf; a float64 D rounds to 1 beyond a logit of 37, where value_of_logit goes on.
    """
    p, q = _densities(p, q)
    D, p = _same_shape(D, p)
    if not ((D >= 0) & (D <= 1)).all():
        raise ValueError(f"D must lie in [0, 1], got {D.min():g} to {D.max():g}")
    return integral(_times_log(p, D) + _times_log(q, 1 - D), x)


def value_of_logit(a, p, q, x=None):
    """V for D = sigmoid(a), computed from the logit a (n,): exact however sure D is."""
    p, q = _densities(p, q)
    a, p = _same_shape(a, p)
    require.finite("the logit a", a)
    return integral(-p * np.logaddexp(0, -a) - q * np.logaddexp(0, a), x)


def kl(p, q, x=None):
    """KL(p || q) = E_p log(p / q), >= 0 and not symmetric; inf where p > 0 = q."""
    p, q = _densities(p, q)
    return integral(_times_log(p, p, q), x)


def jsd(p, q, x=None):
    """Jensen-Shannon divergence: the mean of KL(p || m) and KL(q || m), m = (p + q) / 2.

    Between 0 (p = q) and log 2 (nowhere both positive).
    """
    p, q = _densities(p, q)
    to_m = _times_log(p, 2 * p, p + q) + _times_log(q, 2 * q, p + q)  # m itself may underflow to 0
    return integral(to_m, x) / 2


def criterion(p, q, x=None):
    """C(G) = max_D V = E_p log(p / (p + q)) + E_q log(q / (p + q)): what G faces if D is optimal.

    Between -log 4 (p = q) and 0 (disjoint); equals -log 4 + 2 JSD. Goodfellow et al. 2014, Theorem 1.
    """
    p, q = _densities(p, q)
    return integral(_times_log(p, p, p + q) + _times_log(q, q, p + q), x)


def total_variation(p, q, x=None):
    """Half the integral of |p - q|, between 0 and 1."""
    p, q = _densities(p, q)
    return integral(np.abs(p - q), x) / 2


def wasserstein(p, q, x):
    """The earth mover's distance W1 in one dimension: the integral of |F_p - F_q| over the grid x.

    F is the distribution function, here the cumulative trapezoid sum; in the unit of x.
    """
    p, q = _densities(p, q)
    p, x = _same_shape(p, x)
    step = np.diff(_increasing(x))
    F_p = np.concatenate([[0.0], np.cumsum((p[1:] + p[:-1]) / 2 * step)])
    F_q = np.concatenate([[0.0], np.cumsum((q[1:] + q[:-1]) / 2 * step)])
    return integral(np.abs(F_p - F_q), x)


def _times_log(p, num, den=1.0):
    """p log(num / den), with 0 where p = 0, and -inf or inf where num or den is 0 under a p > 0."""
    out = np.zeros(np.shape(p))
    with np.errstate(divide="ignore"):
        np.subtract(np.log(num), np.log(den), out=out, where=p > 0)
    return np.multiply(p, out, out=out, where=p > 0)


def _same_shape(*arrays):
    arrays = [np.asarray(require.array("what is on a grid", array), dtype=float) for array in arrays]
    if not arrays[0].size:
        raise ValueError(f"what is on a grid must be one number at least, got none: shape {arrays[0].shape}")
    if len({array.shape for array in arrays}) > 1:
        shapes = " and ".join(str(array.shape) for array in arrays)
        raise ValueError(f"these must lie on one grid, with one shape; got {shapes}")
    return arrays


def _increasing(x):
    x = require.numbers("the grid x", x)
    if x.ndim != 1 or len(x) < 2 or not (np.diff(x) > 0).all():
        raise ValueError(f"the grid x must be increasing, with 2 points or more; got shape {x.shape}")
    return x


def _densities(p, q):
    p, q = _same_shape(p, q)
    if not ((p >= 0).all() and (q >= 0).all() and max(p.max(), q.max()) <= 1e300):
        raise ValueError("a density must be >= 0 everywhere, at most 1e300, and not NaN")
    return p, q
