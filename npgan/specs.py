"""A spec is [class name, {setting: value}], in plain JSON values, from which the same thing is made again.

describe(gan) gives those of all its parts, and proves them on the spot: each part is made again, one at a
time, and compared. build(told, size) makes a gan of specs that may come from anybody.
"""

import math

import numpy as np

from npgan import require
from npgan.games import GAMES
from npgan.gan import GAN
from npgan.layers import LAYERS
from npgan.network import NETWORKS
from npgan.optim import OPTIMISERS
from npgan.variants import VARIANTS

GAME_CLASSES = {type(game).__name__: type(game) for game in GAMES.values()}
DEPTH_LIMIT = 20  # of lists and dicts in each other


def describe(gan):
    """What `build` makes the same gan of, but for the numbers in its arrays: the specs of "gan", "game", "G",
    "D", "opt_g", "opt_d"; is it "averaged"; the "rates" of the optimisers.

    ValueError for what would not come back equal: a class of one's own, a setting that its class refuses,
    parts that do not belong together.
    """
    _known(gan, VARIANTS)
    told = {
        "game": _spec(gan.game, GAME_CLASSES),
        "G": _network_spec(gan.G),
        "D": _network_spec(gan.D),
        "opt_g": _spec(gan.opt_g, OPTIMISERS, gan.G),
        "opt_d": _spec(gan.opt_d, OPTIMISERS, gan.D),
        "averaged": gan.average is not None,
        "rates": [gan.opt_g.rate, gan.opt_d.rate],
    }
    _check_rates(told["rates"])
    if gan.average is not None and _network_spec(gan.average) != told["G"]:
        raise ValueError(f"the averaged generator must be built like G, got {shown(gan.average)}")
    return {"gan": _spec(gan, VARIANTS, gan.G, gan.D, gan.opt_g, gan.opt_d)} | told


def build(told, size):
    """The gan of which `describe` would say the same, with arrays still to be filled.

    ValueError, before they take memory, if they have more than size bytes; what else makes no sense raises
    whatever the constructors raise.
    """
    rng, room, parts = np.random.default_rng(0), size, {}
    for key, opt in ("G", "opt_g"), ("D", "opt_d"):
        copies = 1 + len(_class(told[opt][0], OPTIMISERS).vectors) + (key == "G" and told["averaged"])
        room -= copies * _bytes(told[key])
        if room < 0:
            raise ValueError(f"its {key} would not fit into a file of {size} bytes")
        parts[key] = _make_network(told[key], rng)
        parts[opt] = _make(told[opt], OPTIMISERS, parts[key])
    gan = _make(told["gan"], VARIANTS, **parts, game=_make_game(told["game"]))
    gan.opt_g.rate, gan.opt_d.rate = _check_rates(told["rates"])
    if told["averaged"]:
        gan.update_average(0.5, 1)
    return gan


def named(spec, classes):
    """A spec from one of an older kind, [class name, value, ...], without the names of the settings."""
    name, *values = spec
    return [name, dict(zip(_class(name, classes).settings, values, strict=True))]


def plain(name, value, depth=DEPTH_LIMIT):
    """ValueError, naming the place, unless JSON gives value back as it is, of the same types throughout."""
    kind = type(value)
    if kind in (dict, list) and depth:
        for key, one in value.items() if kind is dict else enumerate(value):
            if kind is dict and not _is_text(key):
                raise ValueError(f"{name} must have keys of text, got {shown(key)}")
            plain(f"{name}[{shown(key)}]", one, depth - 1)
    elif kind in (dict, list):
        raise ValueError(f"{name} must not lie deeper than {DEPTH_LIMIT} lists and dicts in each other")
    elif kind not in (type(None), bool, int) and not _is_text(value) and not _is_finite(value):
        wanted = "a dict, list, text, bool, int, finite float or None, as JSON has them"
        raise ValueError(f"{name} must be {wanted}, got {kind.__name__} {shown(value)}")


def shown(value):
    """repr(value) on one line that is not too long, for a message."""
    try:
        return require.one_line(repr(value), limit=80)
    except Exception:  # of a class of one's own, or a number of a million digits
        return f"a {type(value).__name__}"


def _is_finite(value):
    return type(value) is float and math.isfinite(value)


def _is_text(value):
    """Is it a str, and without halves of characters, of which JSON makes whole ones?"""
    return type(value) is str and (value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value))


# --- from a thing to its spec ---


def _known(thing, classes):
    """The name of its class, which must be one of classes itself, and its methods those of the class."""
    name = type(thing).__name__
    if classes.get(name) is not type(thing):
        known = ", ".join(classes)
        raise ValueError(f"a checkpoint can hold one of {known}, got {name}: it could not be loaded")
    for method in vars(thing):
        if callable(getattr(type(thing), method, None)):
            raise ValueError(f"a checkpoint can hold no {name} with its own {method}: it could not be loaded")
    return name


def _settings(thing):
    """{setting: value}, with lists for tuples, as JSON has it."""
    names = [*thing.settings, "latent"] if isinstance(thing, GAN) else thing.settings
    values = {name: getattr(thing, name) for name in names}
    return {name: list(value) if type(value) is tuple else value for name, value in values.items()}


def _arrays(thing):
    """{name: "float64 (17,)", say} of the arrays that it remembers."""
    state = thing.state() if hasattr(thing, "state") else {}
    return {name: f"{getattr(array, 'dtype', type(array))} {np.shape(array)}" for name, array in state.items()}


def _spec(thing, classes, *parts):
    """The spec from which `_make` makes the same thing again, with the same parts."""
    name = _known(thing, classes)
    try:
        settings = _settings(thing)
        plain(name, settings)
        again = _make([name, settings], classes, *parts)
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        reason = require.one_line(error, limit=300)
        raise ValueError(f"a checkpoint cannot hold this {name}: {reason}") from None
    for got, wanted in (settings, _settings(again)), (_arrays(thing), _arrays(again)):
        if got != wanted:
            differs = f"it has {shown(got)}, wanted {shown(wanted)}"
            raise ValueError(f"a checkpoint cannot hold this {name}: {differs}")
    return [name, settings]


def _network_spec(net):
    """The spec of a network whose layers still look into its theta, as they did when it was made. (Only they
    are made again: a second theta would take memory, and its random start as long as to write the file.)"""
    name = _known(net, NETWORKS)
    specs = [_spec(layer, LAYERS) for layer in net.layers]
    again = [_make(spec, LAYERS) for spec in specs]
    if (*net.ends(again), _shapes(again)) != (net.n_in, net.n_out, _shapes(net.layers)):
        raise ValueError(f"the layers of a {name} were changed after it was made: it is now {shown(net)}")
    start = 0
    for i, one, shape in net.parameters():
        view = net.theta[start : start + math.prod(shape)].reshape(shape)
        start += view.size
        if _place(getattr(net.layers[i], one, None)) != _place(view):
            raise ValueError(f"layers[{i}].{one} is another array now: write into it, {one}[...] = new")
    own = {setting: getattr(net, setting) for setting in net.settings if setting not in ("layers", "dtype")}
    plain(name, own)
    if own:
        net.check()
    return [name, {"layers": specs, "dtype": net.dtype.name} | own]


def _place(array):
    """Where in memory an array is, and how it lies there."""
    return getattr(array, "__array_interface__", None)


def _shapes(layers):
    """{parameter: shape} of each of the layers."""
    return [getattr(layer, "shapes", {}) for layer in layers]


# --- and back ---


def _class(name, classes):
    if isinstance(name, str) and name in classes:
        return classes[name]
    raise ValueError(f"it needs a {shown(name)}, known are {', '.join(classes)}")


def _make(spec, classes, *parts, **more):
    name, settings = spec
    return _class(name, classes)(*parts, **settings, **more)


def _make_game(spec):
    """The game of a spec: the one that `games` holds, if it is that one."""
    ready = (game for game in GAMES.values() if _spec(game, GAME_CLASSES) == spec)
    return next(ready, None) or _make(spec, GAME_CLASSES)


def _bytes(spec):
    """How many bytes the parameters of a network have."""
    layers = [_make(layer, LAYERS) for layer in spec[1]["layers"]]
    numbers = sum(math.prod(shape) for shapes in _shapes(layers) for shape in shapes.values())
    return numbers * np.dtype(require.choice("dtype", spec[1]["dtype"], ("float32", "float64"))).itemsize


def _make_network(spec, rng):
    name, settings = spec
    layers = [_make(layer, LAYERS) for layer in settings["layers"]]
    others = {setting: value for setting, value in settings.items() if setting != "layers"}
    return _make([name, others], NETWORKS, *layers, rng=rng)


def _check_rates(rates):
    """Return the fractions that a schedule leaves of the rates of opt_g and opt_d, if they are numbers >= 0."""
    rate_g, rate_d = rates
    for rate in rate_g, rate_d:
        if type(rate) not in (int, float) or not 0 <= rate <= 1e300:
            raise ValueError(f"the rate of an optimiser must be a number of at least 0, got {shown(rate)}")
    return rate_g, rate_d
