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


def settings(thing, given):
    """thing.settings, {name: default}, with the given ones put in; TypeError for a name it does not have."""
    if unknown := given.keys() - thing.settings.keys():
        has = ", ".join(thing.settings) or "no settings"
        raise TypeError(f"{type(thing).__name__} has {has}, got {', '.join(sorted(unknown))}")
    return thing.settings | given


def rows(who, name, x, width):
    """Return x if it is an array of rows (m, width) with m >= 1, else raise ValueError."""
    if getattr(x, "ndim", 0) == 2 and x.shape[1] == width and len(x):
        return x
    got = getattr(x, "shape", type(x).__name__)
    raise ValueError(f"{who} needs {name} of shape (m, {width}) with m >= 1, got {got}")


def chain(layers):
    """(n_in, n_out) of a chain of layers, each None if no layer says; ValueError if they do not fit."""
    if not layers:
        raise ValueError("a Network needs at least one layer, got none")
    if len({id(layer) for layer in layers}) < len(layers):
        raise ValueError("the same layer stands twice in one Network: make a second one")
    n_in = n_out = None
    for i, layer in enumerate(layers):
        if any(hasattr(layer, name) for name in getattr(layer, "shapes", ())):
            raise ValueError(f"layers[{i}] {layer} is in another Network already: make a new one")
        if getattr(layer, "n_in", None) is None:
            continue
        if n_out is not None and layer.n_in != n_out:
            raise ValueError(f"layers[{i}] {layer} gets {n_out} columns from the layers before it")
        n_in, n_out = layer.n_in if n_in is None else n_in, layer.n_out
    return n_in, n_out


def pair(G, D, opt_g, opt_d, game):
    """ValueError unless G, D, their optimisers and their game make a GAN."""
    if not hasattr(game, "discriminator"):
        raise ValueError(f"game must be one of npgan.games, such as games.minimax, got {game!r}")
    if G.n_in is None or D.n_in != G.n_out or D.n_out != 1:
        raise ValueError(
            f"G must end in the width D takes and D in one logit; got G {G.n_in} -> {G.n_out}, "
            f"D {D.n_in} -> {D.n_out}"
        )
    if {id(layer) for layer in G.layers} & {id(layer) for layer in D.layers}:
        raise ValueError("a layer stands in G and in D, but remembers one forward only: make a second one")
    if G.dtype != D.dtype:
        raise ValueError(f"G and D must have one dtype, got {G.dtype} and {D.dtype}")
    if opt_g.net is not G or opt_d.net is not D:
        raise ValueError("opt_g must have been made for G, and opt_d for D")


def finite(name, array):
    """Return array if all its entries are finite, else raise ValueError naming the first culprit."""
    if array.dtype.kind in "biu":  # always finite: no need for a mask as large as a data set of bytes
        return array
    ok = np.isfinite(array)
    if ok.all():
        return array
    index = tuple(int(i) for i in np.argwhere(~ok)[0])
    raise ValueError(f"{name} must be finite, got {array[index]} at index {index}")


def one_line(text, limit=800):
    """The text in one line, with control characters escaped, and its middle left out if it is too long: what
    came from a file, from the network or from a typist must not take over the screen."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return text if len(text) <= limit else f"{text[: limit // 2]} ... {text[-limit // 4 :]}"
