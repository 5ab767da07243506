"""A checkpoint is one .npz file from which training goes on as if it had never stopped.

It holds plain arrays and one text, never a pickle. Weights are named and laid out as PyTorch's
Sequential names them: `G.0.weight` (n_out, n_in), `G.0.bias`, `D.0.weight`, ..., and, if there is an
averaged generator, `average.0.weight`, ... Beside them lie the optimisers' arrays (`opt_g.m`, ...), what a
variant remembers (`memory.x`), the place in the data and what tells these data from others (`data.order`,
`data.digest`), and `meta`: JSON with [class, {setting: value}] of the gan, its game, networks, layers and
optimisers, the step, the state of the random generator, and whatever configuration the caller adds. What
save accepts, load gives back equal.
"""

import copy
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npgan import require
from npgan.archive import Archive, open_plain
from npgan.files import whole_file
from npgan.games import GAMES
from npgan.gan import GAN
from npgan.layers import LAYERS
from npgan.optim import OPTIMISERS
from npgan.specs import build, describe, named, plain, shown

FORMAT, OLD_FORMAT = "npgan checkpoint 2", "npgan checkpoint 1"
META_LIMIT = 1_000_000  # characters; ours are about 2,000
MARKS_LIMIT = 20_000  # of [ { , : in them: each value takes memory, however short it is; ours are about 200
COUNT_LIMIT = 2**53  # of steps: beyond, floats leave some out
DATA_DTYPES = {np.dtype(code).name: np.dtype(code) for code in "?bhiqBHIQefd"}
TORCH_NAMES = {"W": "weight", "b": "bias"}
META = {  # what meta says, and as what
    "gan": list, "game": list, "G": list, "D": list, "opt_g": list, "opt_d": list, "averaged": bool,
    "rates": list, "memory": dict, "step": int, "rng": dict, "data": dict, "config": dict,
}  # fmt: skip
OLDER = {"rates": [1.0, 1.0], "memory": {}}  # what meta did not say at first


class CheckpointError(ValueError):
    """The file is not a checkpoint that can be read here."""


class Checkpoint(NamedTuple):
    """What load gives back; data is a dict of arrays, config the caller's own dict."""

    gan: GAN
    step: int
    rng: np.random.Generator
    data: dict
    config: dict


def save(path, gan, *, step, rng, data=None, config=None):
    """Write everything that the next step depends on to path, whole or not at all.

    step: how many are done. data: the object that train draws from (its state() is kept, if it has
    one). config: a dict for the caller's own use, of values that JSON gives back as they are. OSError if
    path cannot be written; ValueError, before it is touched, for what `load` would not give back equal: a
    class of one's own, a number that is not finite, a tuple in config, a generator other than PCG64.
    """
    state = {"data": _state("data", data, "state"), "memory": _state("gan", gan, "memory")}
    meta = {
        "format": FORMAT,
        **describe(gan),
        "step": int(step) if isinstance(step, np.integer) else step,
        "rng": _rng_state(rng),
        "config": {} if config is None else config,
    }
    if state["memory"]:
        copy.copy(gan).remember(**state["memory"])  # would it take them back?
    arrays = _arrays(gan)
    for key, kept in state.items():
        meta[key] = {name: [array.dtype.name, *array.shape] for name, array in kept.items()}
        arrays.update({f"{key}.{name}": array for name, array in kept.items()})
    _check_meta(meta)
    text = _check_length(json.dumps(meta))
    for name, array in arrays.items():
        _check_numbers(name, array)
    with whole_file(path, "w+b") as file:
        np.savez(file, meta=np.array(text), **arrays)
        _check_written(file, arrays)


def load(path):
    """Read a checkpoint: a Checkpoint with a GAN built anew. CheckpointError says what is wrong.

    Nothing is unpickled, every array must have the shape and dtype that the layers call for, and the
    memory that is taken is a few times the size of the file, whatever the file claims.
    """
    where = require.one_line(Path(path), limit=4000)
    try:
        with open_plain(path) as file:
            archive = Archive(file)
            meta = _read_meta(archive)
            gan, rng = build(meta, archive.size), _make_rng(meta["rng"])
            for name, target in _arrays(gan).items():
                target[...] = _check_numbers(name, archive.read(name, target.dtype, target.shape))
            memory, data = (_read_state(archive, key, meta[key]) for key in ("memory", "data"))
            if memory:
                gan.remember(**memory)
        return Checkpoint(gan, meta["step"], rng, data, meta["config"])
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {where}: no such file") from None
    except IsADirectoryError:
        raise CheckpointError(f"{where} is a folder, and a checkpoint is a file in it") from None
    except PermissionError:
        raise CheckpointError(f"{where} cannot be read: permission denied") from None
    except Exception as error:  # whatever JSON, NumPy or a constructor make of a crafted file
        reason = f"it does not say {error}" if isinstance(error, KeyError) else str(error)
        reason = require.one_line(reason or type(error).__name__, limit=300)
        raise CheckpointError(f"{where} is not a usable checkpoint: {reason}") from None


def is_finite(gan):
    """Are all parameters and all of the optimisers' arrays finite, so that a checkpoint could be loaded?"""
    return all(np.isfinite(array).all() for array in _arrays(gan).values())


def state_dict(net):
    """{"0.weight": W^T (n_out, n_in), "0.bias": b, ...}, views of theta, as torch.nn.Sequential names them."""
    return {
        f"{i}.{TORCH_NAMES.get(name, name)}": getattr(net.layers[i], name).T
        for i, name, _ in net.parameters()
    }


def _arrays(gan):
    """Every array that training changes, by its name in the file; views, to be saved or filled."""
    nets = {"G": gan.G, "D": gan.D} | ({"average": gan.average} if gan.average else {})
    out = {f"{n}.{key}": array for n, net in nets.items() for key, array in state_dict(net).items()}
    for n, optimiser in {"opt_g": gan.opt_g, "opt_d": gan.opt_d}.items():
        out.update({f"{n}.{key}": array for key, array in optimiser.state().items()})
    return out


# --- what save asks of a run, and load of a file ---


def _check_meta(meta):
    """ValueError unless meta says all that it should, and JSON gives it back as it is."""
    for name, kind in META.items():
        if type(meta[name]) is not kind:
            raise ValueError(f"{name} must be of type {kind.__name__}, got {shown(meta[name])}")
    for name, value in meta.items():
        plain(name, value)
    for key in "data", "memory":
        for name in meta[key]:
            if not name.isidentifier() or len(name) > 100:
                raise ValueError(f"arrays of the {key} must be named as variables are, got {shown(name)}")
    if not 0 <= meta["step"] <= COUNT_LIMIT:
        raise ValueError(f"step must be a whole number from 0 to {COUNT_LIMIT}, got {shown(meta['step'])}")


def _check_length(text):
    """Return text, the JSON of meta, if it takes little memory to read."""
    marks = sum(map(text.count, "[{,:"))
    if len(text) <= META_LIMIT and marks <= MARKS_LIMIT:
        return text
    most = f"{META_LIMIT} characters and {MARKS_LIMIT} of [ {{ , : in JSON"
    raise ValueError(f"config and settings may have {most}, got {len(text)} and {marks}")


def _check_numbers(name, array):
    """Return array if its numbers are such that training can go on from them."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name!r} holds numbers that are not finite")
    if array.dtype.kind == "i" and ((array < 0) | (array > COUNT_LIMIT)).any():
        raise ValueError(f"{name!r} holds a count below 0 or above {COUNT_LIMIT}")
    if name in ("opt_g.v", "opt_d.v") and (array < 0).any():
        raise ValueError(f"{name!r} holds a sum of squares below 0")
    return array


# --- on the way out ---


def _state(name, thing, method):
    """{name: array} of what the data or the gan remember besides, if they do."""
    state = getattr(thing, method)() if hasattr(thing, method) else {}
    if type(state) is not dict:
        raise ValueError(f"the {method} of the {name} must be a dict of arrays, got {shown(state)}")
    for key, array in state.items():
        if type(array) is not np.ndarray or DATA_DTYPES.get(array.dtype.name) != array.dtype:
            got = shown(getattr(array, "dtype", type(array)))
            raise ValueError(f"the {method} of the {name} must be arrays of numbers, got {shown(key)} of {got}")
    return state


def _rng_state(rng):
    if type(rng) is np.random.Generator and type(rng.bit_generator) is np.random.PCG64:
        return _make_rng(rng.bit_generator.state).bit_generator.state
    raise ValueError(f"rng must be a Generator on PCG64, as np.random.default_rng makes it, got {shown(rng)}")


def _check_written(file, arrays):
    """ValueError unless load would find just these arrays in the open file."""
    archive = Archive(file)
    for name, array in arrays.items():
        if not np.array_equal(archive.read(name, array.dtype, array.shape), array):
            raise ValueError(f"{name!r} changed while it was written")


# --- on the way in ---


def _read_meta(archive):
    dtype, shape = archive.kind("meta")
    if dtype.kind != "U" or shape != () or not 0 < dtype.itemsize <= 4 * META_LIMIT:
        raise CheckpointError("its meta entry is not a text")
    text = str(archive.read("meta", dtype, shape))
    meta = json.loads(_check_length(text)) if text.isascii() else None
    if not isinstance(meta, dict) or meta.get("format") not in (FORMAT, OLD_FORMAT):
        raise CheckpointError(f"its format is neither {FORMAT!r} nor {OLD_FORMAT!r}")
    meta = OLDER | (_from_old(meta) if meta["format"] == OLD_FORMAT else meta)
    _check_meta(meta)
    _check_length(json.dumps(meta))
    return meta


def _from_old(meta):
    """Format 2 from format 1, which knew the plain GAN alone and had [class, value, ...] in place of names."""

    def network(key):
        return ["Network", {"layers": [named(layer, LAYERS) for layer in meta[key]], "dtype": meta["dtype"]}]

    return meta | {
        "gan": ["GAN", {"latent": meta["latent"]}],
        "game": [type(GAMES[require.choice("game", meta["game"], GAMES)]).__name__, {}],
        "G": network("G"),
        "D": network("D"),
        "opt_g": named(meta["opt_g"], OPTIMISERS),
        "opt_d": named(meta["opt_d"], OPTIMISERS),
    }


def _make_rng(state):
    """The generator in that state. An even step, which PCG64 never has, could give one number for ever."""
    rng = np.random.Generator(np.random.PCG64())
    try:
        rng.bit_generator.state = state
    except (TypeError, ValueError, KeyError, OverflowError):
        raise ValueError("its rng is no state of PCG64") from None
    if rng.bit_generator.state != state or state["state"]["inc"] % 2 == 0:
        raise ValueError("its rng is no state of PCG64")
    return rng


def _read_state(archive, key, kinds):
    """{name: array} of the arrays key.name, each of the dtype and shape that meta says."""

    def read(name, dtype, *shape):
        dtype, name = DATA_DTYPES[require.choice("dtype", dtype, DATA_DTYPES)], f"{key}.{name}"
        return _check_numbers(name, archive.read(name, dtype, tuple(shape)))

    return {name: read(name, *kind) for name, kind in kinds.items()}
