"""What a public call says when its input is wrong: what came, and what was wanted."""

import copy
import math

import numpy as np

PLAIN = np.ndarray, np.memmap  # other arrays have rules of their own: a mask, or a * that multiplies matrices
LARGEST = 1e100  # of numbers that are squared and summed
WHOLE, NUMBERS = (int, np.integer), (float, int, np.floating, np.integer)


# --- settings ---


def generator(rng):
    """Return rng if it is a np.random.Generator, else raise TypeError."""
    if isinstance(rng, np.random.Generator):
        return rng
    raise TypeError(f"rng must be a numpy Generator such as np.random.default_rng(0), got {rng!r}")


def count(name, value, least=1):
    """Return value as an int if it is a whole number >= least, else raise ValueError."""
    if isinstance(value, WHOLE) and not isinstance(value, bool) and value >= least:
        return int(value)
    raise ValueError(f"{name} must be a whole number >= {least}, got {value!r}")


def inner(name, value, layers):
    """Return value as an int if it is the index, as in a list, of a layer before the last, else ValueError."""
    n = len(layers)
    if isinstance(value, WHOLE) and not isinstance(value, bool) and -n <= value < n - 1 and value != -1:
        return int(value)
    ends = f"0 to {n - 2}, or {-n} to -2" if n > 1 else "and there is none"
    raise ValueError(f"{name} must be the index of a layer before the last, {ends}, got {value!r}")


def number(name, value, low=0.0, high=math.inf, *, include_low=False):
    """Return value as a float if low < value < high (<= with include_low), else ValueError."""
    if isinstance(value, NUMBERS) and not isinstance(value, bool):
        if low < value < high or (include_low and value == low):
            return float(value)
    bound = f"{low:g} {'<=' if include_low else '<'} {name}"
    bound += f" < {high:g}" if high < math.inf else " and finite"
    raise ValueError(f"{name} must be a number with {bound}, got {value!r}")


def width(name, value):
    """Return a standard deviation as a float if it can be squared without loss, else ValueError."""
    return number(name, value, LARGEST**-0.5, LARGEST**0.5)


def flag(name, value):
    """Return value if it is True or False, else raise ValueError."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise ValueError(f"{name} must be True or False, got {value!r}")


def choice(name, value, choices):
    """Return value if it is one of choices, else raise ValueError listing them."""
    if isinstance(value, str) and value in choices:
        return value
    raise ValueError(f"unknown {name} {value!r}; choose from {', '.join(choices)}")


def settings(thing, given):
    """thing.settings, {name: default}, with the given ones put in; TypeError for a name it does not have."""
    if unknown := given.keys() - thing.settings.keys():
        has = ", ".join(thing.settings) or "no settings"
        raise TypeError(f"{type(thing).__name__} has {has}, got {', '.join(sorted(unknown))}")
    return thing.settings | given


def betas(values):
    """Return Adam's two betas as a tuple of floats in [0, 1), else raise ValueError."""
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise ValueError(f"betas must be two numbers, such as (0.9, 0.999), got {values!r}")
    return tuple(number("beta", beta, 0, 1, include_low=True) for beta in values)


def dtype(value):
    """Return value as a np.dtype if it is float32 or float64, else raise ValueError."""
    try:
        got = np.dtype(value)
    except TypeError:
        got = repr(value)
    if got in (np.dtype(np.float32), np.dtype(np.float64)):
        return got
    raise ValueError(f"dtype must be np.float32 or np.float64, got {got}")


# --- parts that must fit together ---


def chain(layers):
    """(n_in, n_out) of a chain of layers, each None if no layer says; ValueError if they do not fit."""
    if not layers:
        raise ValueError("a Network needs at least one layer, got none")
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError("the same layer stands twice in one Network: make a second one")
    n_in = n_out = None
    for i, layer in enumerate(layers):
        if isinstance(layer, type) or not (hasattr(layer, "forward") or hasattr(layer, "predict")):
            raise ValueError(f"layers[{i}] must be a layer, as in Network(Dense(1, 8), Tanh()), got {layer!r}")
        if hasattr(layer, "_theta"):
            raise ValueError(f"layers[{i}] is a Network, whose theta would stay outside: put layers in")
        if hasattr(layer, "taken") or any(hasattr(layer, name) for name in getattr(layer, "shapes", ())):
            raise ValueError(f"layers[{i}] {layer} is in another Network already: make a new one")
        if getattr(layer, "n_in", None) is None:
            continue
        if n_out is not None and layer.n_in != n_out:
            raise ValueError(f"layers[{i}] {layer} gets {n_out} columns from the layers before it")
        n_in, n_out = layer.n_in if n_in is None else n_in, layer.n_out
    return n_in, n_out


def pair(gan):
    """ValueError unless its G, D, optimisers and game make a GAN."""
    G, D, game = gan.G, gan.D, gan.game
    if isinstance(game, type) or not hasattr(game, "discriminator"):
        raise ValueError(f"game must be one of npgan.games, such as games.minimax, got {game!r}")
    for name, net in ("G", G), ("D", D):
        if not hasattr(net, "theta"):
            raise ValueError(f"{name} must be a Network, got {net!r}")
    labelled, got = getattr(gan, "labelled", False), f"got G {G.n_in} -> {G.n_out}, D {D.n_in} -> {D.n_out}"
    if G.n_in is None or D.n_in is None or D.n_out != 1 or (D.n_in != G.n_out and not labelled):
        raise ValueError(f"G must end in the width D takes and D in one logit; {got}")
    if labelled and D.n_in <= G.n_out:
        raise ValueError(f"D must take what G makes and the columns of a label behind it; {got}")
    if {id(layer) for layer in G.layers} & {id(layer) for layer in D.layers}:
        raise ValueError("a layer stands in G and in D, but remembers one forward only: make a second one")
    if G.dtype != D.dtype:
        raise ValueError(f"G and D must have one dtype, got {G.dtype} and {D.dtype}")
    if getattr(gan.opt_g, "net", None) is not G or getattr(gan.opt_d, "net", None) is not D:
        raise ValueError("opt_g must have been made for G, and opt_d for D")
    for layer in D.layers:
        if hasattr(layer, "parts") and not getattr(gan, "apart", False):
            raise ValueError(f"{layer} must not see real and fake as one minibatch: make the GAN an Apart")


# --- arrays ---


def array(name, x):
    """x as a plain array of real numbers; it may be an array, a list, a table (to_numpy), a tensor (__array__).

    ValueError for texts, objects and complex numbers; and for arrays that are not plain, of which np.asarray
    would make plain ones without a word: what a masked array masks would count.
    """
    if type(x) not in PLAIN:
        if isinstance(x, np.ndarray):
            raise ValueError(f"{name} must be a plain array, got {_kind(x)}")
        if isinstance(x, (list, tuple)) and any(map(np.ma.isMaskedArray, x)):
            raise ValueError(f"{name} must be a plain array, got a {type(x).__name__} of masked arrays")
        if hasattr(x, "to_numpy") and not isinstance(x, type):
            return array(name, x.to_numpy())
        try:
            x = np.asarray(x)
        except ValueError:
            raise ValueError(f"{name} must be an array of numbers, got rows of different lengths") from None
    if x.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be an array of real numbers, got {x.dtype}")
    return np.asarray(x)


def finite(name, array):
    """Return array if all its entries are finite, else raise ValueError naming the first culprit."""
    if array.dtype.kind in "biu":  # always finite: no need for a mask as large as a data set of bytes
        return array
    ok = np.isfinite(array)
    if ok.all():
        return array
    index = tuple(int(i) for i in np.argwhere(~ok)[0])
    raise ValueError(f"{name} must be finite, got {array[index]} at index {index}")


def numbers(name, x):
    """x as a plain array of finite numbers within LARGEST of 0, else ValueError. An array is not copied."""
    x = array(name, x)
    if x.size and not -LARGEST <= float(x.min()) <= float(x.max()) <= LARGEST:  # nor is NaN
        finite(name, x)
        raise ValueError(f"{name} must lie within {LARGEST:g} of 0, got {x.min():g} to {x.max():g}")
    return x


def line(name, x):
    """x (n,) or (n, 1), in any form that `numbers` takes, as float64 (n,), else ValueError."""
    x = numbers(name, x)
    if x.shape[1:] not in ((), (1,)):
        raise ValueError(f"{name} must be numbers on a line, (n,) or (n, 1), got {x.shape}")
    return np.ravel(x).astype(float)


def rows(who, name, x, width, dtype=None):
    """Return x if it is a plain array (m, width) with m >= 1, and of dtype if one is given, else ValueError."""
    if type(x) in PLAIN and x.ndim == 2 and x.shape[1] == width and len(x):
        if x.dtype is dtype or dtype is None or x.dtype == dtype:
            return x
        raise ValueError(f"{who} computes in {dtype}, got {name} of {x.dtype}")
    got = x.shape if type(x) in PLAIN else f"{_kind(x)}, which is no plain array"
    raise ValueError(f"{who} needs {name} of shape (m, {width}) with m >= 1, got {got}")


def points(who, name, x, width, dtype):
    """x, in any form that `array` takes, as rows (m, width) of this dtype, all finite, else ValueError."""
    x = rows(who, name, array(name, x), width)
    with np.errstate(over="ignore"):  # what is too large for the dtype becomes infinite, and is named
        return finite(f"{name} in {np.dtype(dtype)}", np.asarray(x, dtype))


def noise(gan, z):
    """What gan.G gets of the noise z, which may have n_z columns or as many as gan.noise makes, as `points`."""
    z = array("z", z)
    if z.shape[1:] != (gan.G.n_in,):
        z = copy.copy(gan).unpack(z)  # a copy: what a variant keeps of z belongs to a step
    return points("G", "z", z, gan.G.n_in, gan.G.dtype)


def ends(start, end):
    """The ends of a walk, neither of them 0, as arrays (n_z,) of float32 or float64, else ValueError."""
    start, end = (numbers(name, x) for name, x in (("start", start), ("end", end)))
    if start.ndim != 1 or start.shape != end.shape or not (start.any() and end.any()):
        raise ValueError(f"a walk needs two noises (n_z,), not 0, got shapes {start.shape} and {end.shape}")
    kind = np.result_type(start, end)
    return (x.astype(kind if kind == np.float32 else float, copy=False) for x in (start, end))


def drawn(data, x, shape, dtype):
    """x, which data.sample gave, as an array of this shape and dtype, else ValueError."""
    if type(x) is not np.ndarray or x.shape != shape or x.dtype.kind not in "fiub":
        x = array(f"what {type(data).__name__}.sample gives", x)
        if x.shape != shape:
            raise ValueError(f"{type(data).__name__}.sample must give the shape {shape}, got {x.shape}")
    return np.asarray(x, dtype)


def labels(labels, n, k):
    """labels as an array (n,) of whole numbers 0 ... k - 1, else ValueError."""
    labels = array("labels", labels)
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers (n,), got {labels.dtype} of shape {labels.shape}")
    if labels.shape != (n,):
        raise ValueError(f"labels must be {n} numbers, one for each row, got shape {labels.shape}")
    if n and not 0 <= labels.min() <= labels.max() < k:
        raise ValueError(f"labels must be 0 to {k - 1}, got {labels.min()} to {labels.max()}")
    return labels


def real(x, width):
    """Return the real samples x of a D step if they are rows (m, width) of finite numbers, else ValueError."""
    rows("a D step", "real x", x, width)
    if x.dtype.kind not in "fiub":
        raise ValueError(f"a D step needs real x of real numbers, got {x.dtype}")
    if not math.isfinite(np.vdot(x, x)):  # the quickest look at all of them
        name = "real x, which data.sample gives,"
        finite(name, x)
        raise ValueError(f"{name} must be such that {x.dtype} holds its square, got {x.min():g} to {x.max():g}")
    return x


def gradient(dy, y):
    """ValueError unless dy is a plain array of the (shape, dtype) y of the latest forward (None before one)."""
    if type(dy) in PLAIN and (dy.shape, dy.dtype) == y:
        return
    if y is None:
        raise ValueError("backward needs a forward before it")
    shape, dtype = y
    if type(dy) not in PLAIN or dy.shape != shape:
        got = dy.shape if type(dy) in PLAIN else f"{_kind(dy)}, which is no plain array"
        raise ValueError(f"backward needs dy of shape {shape}, got {got}")
    raise ValueError(f"backward needs dy of {dtype}, as y is, got {dy.dtype}")


def _kind(x):
    return {"MaskedArray": "a masked array"}.get(type(x).__name__, type(x).__name__)


def one_line(text, limit=800):
    """The text in one line, with control characters escaped, and its middle left out if it is too long: what
    came from a file, from the network or from a typist must not take over the screen."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return text if len(text) <= limit else f"{text[: limit // 2]} ... {text[-limit // 4 :]}"
