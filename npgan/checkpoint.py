"""A checkpoint is one .npz file from which training goes on as if it had never stopped.

It holds plain arrays and one text, never a pickle. Weights are named and laid out as PyTorch's
Sequential names them: `G.0.weight` (n_out, n_in), `G.0.bias`, `D.0.weight`, ..., and, if there is an
averaged generator, `average.0.weight`, ... Beside them lie the optimisers' arrays (`opt_g.m`, ...),
the place in the data and what tells these data from others (`data.order`, `data.digest`), and `meta`:
JSON with [class, {setting: value}] of the gan, its game, networks, layers and optimisers, the step, the
state of the random generator, and whatever configuration the caller adds.
"""

import io
import json
import math
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npgan.files import whole_file
from npgan.games import GAMES
from npgan.gan import GAN
from npgan.layers import LAYERS
from npgan.network import NETWORKS
from npgan.optim import OPTIMISERS
from npgan.variants import VARIANTS

FORMAT, OLD_FORMAT = "npgan checkpoint 2", "npgan checkpoint 1"
GAME_CLASSES = {type(game).__name__: type(game) for game in GAMES.values()}
META_LIMIT = 1_000_000  # bytes; ours are about 2,000
TORCH_NAMES = {"W": "weight", "b": "bias"}


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
    one). config: a JSON-able dict for the caller's own use. OSError if path cannot be written;
    ValueError for a layer, a game, a variant or an optimiser that `load` would not know.
    """
    kind, settings = _spec(gan, VARIANTS)
    meta = {
        "format": FORMAT,
        "gan": [kind, settings | {"latent": gan.latent}],
        "game": _spec(gan.game, GAME_CLASSES),
        "G": _network_spec(gan.G),
        "D": _network_spec(gan.D),
        "opt_g": _spec(gan.opt_g, OPTIMISERS),
        "opt_d": _spec(gan.opt_d, OPTIMISERS),
        "averaged": gan.average is not None,
        "step": int(step),
        "rng": rng.bit_generator.state,
        "data": {name: [array.dtype.name, *array.shape] for name, array in _state(data).items()},
        "config": config or {},
    }
    arrays = _arrays(gan) | {f"data.{name}": array for name, array in _state(data).items()}
    text = json.dumps(meta)
    with whole_file(path) as file:
        np.savez(file, meta=np.array(text), **arrays)


def load(path):
    """Read a checkpoint: a Checkpoint with a GAN built anew. CheckpointError says what is wrong.

    Nothing is unpickled, every array must have the shape and dtype that the layers call for, and the
    memory that is taken is a few times the size of the file, whatever the file claims.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with zipfile.ZipFile(path) as archive:
            meta = _read_meta(archive)
            gan, wanted = _build(meta, size)
            wanted.update({f"data.{n}": (np.dtype(d), tuple(s)) for n, (d, *s) in meta["data"].items()})
            arrays = {name: _read(archive, name, *want) for name, want in wanted.items()}
        rng = np.random.Generator(np.random.PCG64())
        rng.bit_generator.state = meta["rng"]
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {path}: no such file") from None
    except IsADirectoryError:
        raise CheckpointError(f"{path} is a folder, and a checkpoint is a file in it") from None
    except PermissionError:
        raise CheckpointError(f"{path} cannot be read: permission denied") from None
    except CheckpointError as error:
        raise CheckpointError(f"{path} is not a usable checkpoint: {error}") from None
    except Exception as error:  # whatever zip, JSON or NumPy make of a damaged file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} is not a usable checkpoint: {reason}") from None
    for name, target in _arrays(gan).items():
        target[...] = arrays[name]
    data = {name: arrays[f"data.{name}"] for name in meta["data"]}
    return Checkpoint(gan, meta["step"], rng, data, meta["config"])


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


def _state(data):
    return data.state() if hasattr(data, "state") else {}


def _spec(thing, classes):
    """[class name, {setting: value}], from which `_make` makes the same thing again."""
    name = type(thing).__name__
    if classes.get(name) is not type(thing):
        known = ", ".join(classes)
        raise ValueError(f"a checkpoint can hold one of {known}, got {name}: it could not be loaded")
    return [name, {setting: getattr(thing, setting) for setting in thing.settings}]


def _network_spec(net):
    name, settings = _spec(net, NETWORKS)
    layers = [_spec(layer, LAYERS) for layer in net.layers]
    return [name, settings | {"layers": layers, "dtype": net.dtype.name}]


def _make(spec, classes, *parts, **more):
    name, settings = spec
    if name not in classes:
        raise CheckpointError(f"it needs a {name!r}, known are {', '.join(classes)}")
    return classes[name](*parts, **settings, **more)


def _make_game(spec):
    """The game of a spec: the one that `games` holds, if it is that one."""
    ready = (game for game in GAMES.values() if _spec(game, GAME_CLASSES) == spec)
    return next(ready, None) or _make(spec, GAME_CLASSES)


def _make_network(key, spec, size, rng):
    """The network of a spec; CheckpointError, before it takes memory, if it cannot be in size bytes."""
    name, settings = spec
    layers = [_make(layer, LAYERS) for layer in settings["layers"]]
    numbers = sum(math.prod(shape) for layer in layers for shape in getattr(layer, "shapes", {}).values())
    if numbers * np.dtype(settings["dtype"]).itemsize > size:
        raise CheckpointError(f"its {key} would not fit into a file of {size} bytes")
    others = {name: value for name, value in settings.items() if name != "layers"}
    return _make([name, others], NETWORKS, *layers, rng=rng)


def _read_meta(archive):
    dtype, shape = _header(archive, "meta")
    if dtype.kind != "U" or shape != () or dtype.itemsize > 4 * META_LIMIT:
        raise CheckpointError("its meta entry is not a text")
    meta = json.loads(str(_read(archive, "meta", dtype, shape)))
    if not isinstance(meta, dict) or meta.get("format") not in (FORMAT, OLD_FORMAT):
        raise CheckpointError(f"its format is neither {FORMAT!r} nor {OLD_FORMAT!r}")
    if meta["format"] == OLD_FORMAT:
        meta = _from_old(meta)
    if not isinstance(meta["step"], int) or meta["step"] < 0 or not isinstance(meta["config"], dict):
        raise CheckpointError("its step or configuration makes no sense")
    return meta


def _from_old(meta):
    """Format 2 from format 1, which knew the plain GAN alone and had [class, value, ...] in place of names."""

    def named(spec, classes):
        name, *values = spec
        return [name, dict(zip(classes[name].settings, values, strict=True))]

    def network(key):
        layers = [named(layer, LAYERS) for layer in meta[key]]
        return ["Network", {"layers": layers, "dtype": meta["dtype"]}]

    return meta | {
        "gan": ["GAN", {"latent": meta["latent"]}],
        "game": [type(GAMES[meta["game"]]).__name__, {}],
        "G": network("G"),
        "D": network("D"),
        "opt_g": named(meta["opt_g"], OPTIMISERS),
        "opt_d": named(meta["opt_d"], OPTIMISERS),
    }


def _build(meta, size):
    """The GAN that meta describes, with parameters still to be filled, and {name: (dtype, shape)}."""
    rng = np.random.default_rng(0)
    G, D = (_make_network(key, meta[key], size, rng) for key in ("G", "D"))
    parts = G, D, _make(meta["opt_g"], OPTIMISERS, G), _make(meta["opt_d"], OPTIMISERS, D)
    gan = _make(meta["gan"], VARIANTS, *parts, game=_make_game(meta["game"]))
    if meta["averaged"]:
        gan.update_average(0.5, 1)
    return gan, {name: (array.dtype, array.shape) for name, array in _arrays(gan).items()}


def _header(archive, name):
    """(dtype, shape) of an array in the archive, without reading it; pickled objects are refused."""
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise CheckpointError(f"it has no entry {name!r}") from None
    if info.compress_type != zipfile.ZIP_STORED:
        raise CheckpointError(f"its entry {name!r} is compressed, which ours never are")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in read:
            raise CheckpointError(f"its entry {name!r} has array format {version}")
        shape, _, dtype = read[version](file)
    if dtype.hasobject:
        raise CheckpointError(f"its entry {name!r} holds pickled objects, which are never loaded")
    return dtype, shape


def _read(archive, name, dtype, shape):
    """The array called name, if its header says (dtype, shape) and the numbers are all there."""
    got = _header(archive, name)
    if got != (dtype, shape):
        raise CheckpointError(f"its entry {name!r} is {got[0]} {got[1]}, wanted {dtype} {shape}")
    if archive.getinfo(f"{name}.npy").file_size > dtype.itemsize * math.prod(shape) + 10_000:
        raise CheckpointError(f"its entry {name!r} is longer than its shape {shape} says")
    array = np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise CheckpointError(f"its entry {name!r} holds numbers that are not finite")
    if array.dtype.kind == "i" and (array < 0).any():
        raise CheckpointError(f"its entry {name!r} holds a count below 0")
    return array
