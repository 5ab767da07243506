"""A run is taken up only if all that its folder holds is what its checkpoint was saved with."""

import json
import math

from npgan.app.demos import DEMOS
from npgan.app.folder import CONFIG, HISTORY, PROGRESS
from npgan.app.tables import digests, read_arrays, read_history, read_progress
from npgan.checkpoint import CheckpointError

RESUMED = "seed", "batch", "d_steps", "order", "average", "anneal"  # the pair itself is in the checkpoint
OLDER = {"variant": "gan", "optimiser": "Adam"}  # what configs did not say at first
THREADS = "threads"  # of the matrix library: chosen when a run starts, may be told anew
DIGESTS = "digests"  # in the checkpoint's config, beside the settings: see `tables.digests`
CONFIG_LIMIT = 1_000_000  # bytes; ours have about 400


def length(config):
    """The name of the setting that says how long a run is."""
    return "epochs" if "epochs" in config else "steps"


def told(value):
    """A setting as a reader is told it."""
    return "none" if value is None else repr(value)


def prolonged(config, given, folder):
    """The settings of a saved config with the steps or epochs, and the threads, that the user states;
    ValueError if others that are given differ."""
    config = {name: value for name, value in config.items() if name != DIGESTS}
    if str(config.get("demo")) not in DEMOS:
        raise CheckpointError(f"the run in {folder} is of no demo known here: {config.get('demo')!r}")
    if missing := sorted({length(config), *RESUMED} - config.keys()):
        raise CheckpointError(f"the checkpoint in {folder} does not say {', '.join(missing)}")
    key = length(config)
    for name, value in given.items():
        if name not in (key, THREADS) and (OLDER | config).get(name) != value:
            has = f"the run in {folder} has {name} = {told((OLDER | config).get(name))}"
            raise ValueError(f"{has}, and cannot go on with {told(value)}")
    if given.get(key, config[key]) != config[key] and config["anneal"]:
        raise ValueError("the learning rates of this run fall to 0 over its steps: it cannot be prolonged")
    return config | {name: given[name] for name in (key, THREADS) if name in given}


def read_notes(path, demo, training, saved):
    """Put what the looks so far have found into a Training, and return the history of the steps: all of it
    as the Checkpoint of the run in the folder `path` knows it, or CheckpointError. Older ones know nothing."""
    step = saved.step
    check_config(path / CONFIG, training.config)
    history = read_history(path / HISTORY, step)
    training.progress = read_progress(path / PROGRESS, demo.measures, step, demo.older)
    if training.steps < step:
        raise ValueError(f"the run in {path} has {step} steps behind it, more than {training.steps}")
    try:
        demo.check_resumed(training, step)
    except ValueError as error:
        raise CheckpointError(f"{path} does not fit together: {error}") from None
    if looks := len(training.progress):
        for name, (shape, dtype) in demo.arrays.items():
            training.kept[name] = read_arrays(path / f"{name}.npy", looks, shape, dtype)
    found = digests(history, training.progress, training.kept)
    known = saved.config.get(DIGESTS, found)
    for name, digest in found.items():
        if not isinstance(known, dict) or known.get(name) != digest:
            raise CheckpointError(f"{path / name} is not as the checkpoint beside it was saved with")
    unknown = dict.fromkeys(("step", *demo.measures), math.nan)  # what older versions did not measure
    training.progress = [unknown | row for row in training.progress]
    return history


def check_config(path, config):
    """CONFIG, if it is there, must be that of the checkpoint, but for how long the run is, and its threads."""
    if not path.exists():
        return
    try:
        if not path.is_file():
            raise ValueError("it is no file")
        with open(path, "rb") as file:
            found = json.loads(file.read(CONFIG_LIMIT))
        free = {length(config): None, THREADS: None}
        if not isinstance(found, dict) or found | free != config | free:
            raise ValueError("its settings are not those of the checkpoint beside it")
    except UnicodeDecodeError:
        raise CheckpointError(f"{path} does not fit: it is no text in UTF-8") from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} does not fit: {error}") from None
