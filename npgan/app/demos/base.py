"""A demo is a data set, a pair that learns it, its settings, and what to show of it; it touches no file.

It sets up a Training, whose records are the steps to come; measures what G has learned so far, and
draws it on a figure. What to do with numbers and pictures is up to a run (see `run`), or to whoever
plays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from npgan import models, require
from npgan.games import Diverged
from npgan.gan import GAN
from npgan.training import train

MOST = {"steps": 10**9, "epochs": 100_000, "threads": 1024}  # others 10^8: else products fit no number
TOO_FAR = 1e30  # for a sample
SIZES = "steps", "epochs", "batch", "d_steps", "n_z", "g_hidden", "d_hidden", "threads"


@dataclass
class Training:
    """A demo at work: the gan, what it learns, the records to come, and what was seen of it so far.

    config: the settings, a dict of plain JSON values. marks: the steps after which to look, the last
    step among them. progress: a dict of numbers for each look. kept: {name: a list of arrays, one for
    each look}. live: is somebody watching, so that no look may take a second?
    """

    config: dict
    gan: GAN
    data: object
    rng: np.random.Generator
    records: Iterator
    steps: int
    marks: list
    progress: list = field(default_factory=list)
    kept: dict = field(default_factory=dict)
    live: bool = False

    def looking_rng(self):
        """Randomness for looking at samples: the same at every look, and not training's own."""
        return np.random.default_rng([self.config["seed"], 1])


class Demo:
    """What every demo has; one has at least data, pair, marks, measures, measure, pictures and lines.

    name, summary: for the command line. settings: {name: default} of `npgan train NAME`. classic: those
    that the classic script has otherwise, if there is one. measures: the names of the numbers that measure
    finds; older: the first of them, if earlier versions knew no more. arrays: {name: (shape, dtype)} of what
    keep keeps. pixels: how many an image has, if the data are images. reads_files: are they in a folder that
    the user may name? labelled: does each come with its class?
    threads: of the matrix library; small nets gain nothing from a second one, and on a busy machine they
    lose. None: a run chooses, and keeps the number in its config. drawn: the names of the pictures at the end.
    """

    measures, arrays, drawn, classic, pixels, threads = (), {}, (), None, None, None
    reads_files, labelled, older = False, False, None

    def __init__(self, name, summary):
        self.name, self.summary = name, summary
        self.settings = self.settings_of("gan")

    def settings_of(self, variant):
        """{setting: default} of a variant on these data."""
        return models.settings(self.name, variant) | {"seed": 0}

    @property
    def variants(self):
        """Those that can learn it: a conditional GAN needs to be told the class of each."""
        return [name for name in models.RECIPES if name != "conditional" or self.labelled]

    def start(self, config, *, saved=None, data_folder=None):
        """The Training of a config, from step 1 or from a Checkpoint; ValueError for a config without sense."""
        check_sizes(config)
        if data_folder is not None and not self.reads_files:
            raise ValueError(f"the data of {self.name} are in no folder, got {data_folder}")
        conditional = config.get("variant") == "conditional"
        if conditional and not self.labelled:
            raise ValueError(f"the variant conditional needs data with labels, and {self.name} has none")
        data = self.data(data_folder, **({"labels": True} if conditional else {}))
        marks = self.marks(config, data)
        seed = require.count("seed", config["seed"], least=0)
        if config.get("threads") is not None:
            require.count("threads", config["threads"])
        if saved:
            gan, rng = saved.gan, saved.rng
            if bool(saved.data) != hasattr(data, "set_state"):
                has, wanted = ("a place", "none") if saved.data else ("no place", "one")
                raise ValueError(f"the checkpoint holds {has} in its data, {self.name} wants {wanted}")
            if saved.data:
                data.set_state(saved.data)
        else:
            rng = np.random.default_rng(seed)
            gan = self.pair(config, rng=rng)
        options = {key: config[key] for key in ("batch", "d_steps", "order", "average", "anneal")}
        start = saved.step if saved else 0
        records = train(gan, data, rng=rng, steps=marks[-1], start=start, **options)
        return Training(config, gan, data, rng, records, marks[-1], marks)

    def data(self, folder=None):
        """What to learn, for train; folder: where its files are, if it reads any."""
        raise NotImplementedError

    def pair(self, config, *, rng):
        """The GAN that learns it."""
        raise NotImplementedError

    def marks(self, config, data):
        """The steps after which to look and to save: 20 of them, evenly spread, and the last step."""
        return evenly(require.count("steps", config["steps"]), 20)

    def samples(self, training, n, *, rng, **options):
        """n samples of G, (n, d), as `gan.sample` draws them; Diverged unless they are numbers that one can
        measure, square and add up."""
        with np.errstate(over="ignore", invalid="ignore"):
            samples = training.gan.sample(n, rng=rng, **options)
        if not (np.abs(samples) < TOO_FAR).all():
            raise Diverged("the samples of G are no longer finite")
        return samples

    def measure(self, training):
        """{name: number} for each of measures: how good the samples are now."""
        raise NotImplementedError

    def keep(self, training):
        """{name: array} for each of arrays: what the pictures at the end will need of now."""
        return {}

    def pictures_now(self, training):
        """The Pictures of this look alone."""
        return []

    def picture_names(self, training):
        """The names of all pictures that there may be by the end."""
        return self.drawn

    def pictures(self, training):
        """The Pictures at the end."""
        raise NotImplementedError

    def lines(self, training, folder):
        """The lines to print at the end; folder: the name of the run's."""
        raise NotImplementedError

    def check_resumed(self, training, step):
        """ValueError if something is missing of what was seen in the steps so far."""


def evenly(steps, count):
    """At most count steps, evenly spread over 1 ... steps, the last one among them."""
    return sorted({round(steps * (i + 1) / count) for i in range(count)} - {0})


def check_sizes(config):
    """ValueError if one is so large that numbers made of it would overflow."""
    for name in SIZES:
        most, values = MOST.get(name, 10**8), config.get(name)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int) and value > most:
                got = value if value < 10**20 else f"one of {len(str(value))} digits"
                raise ValueError(f"{name} must be at most {most}, got {got}")


def pair_options(config):
    """The options that a pair of `models` takes from a config."""
    names = "lr", "d_lr", "n_z", "latent", "g_hidden", "d_hidden", "game", "variant", "optimiser"
    own = models.RECIPES[require.choice("variant", config["variant"], models.RECIPES)].own
    return {name: config[name] for name in (*names, *own)} | {"betas": (config["beta1"], models.BETA2)}
