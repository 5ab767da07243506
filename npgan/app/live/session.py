"""A session is a training that is played by hand: one D step, one G step, whole steps, or one step in stages.

Whatever way a step is taken, it ends at the same bytes: those of `npgan train` with the same settings.
"""

import math
import shlex
from itertools import islice

import numpy as np

from npgan import checkpoint, require
from npgan.app.demos import DEMOS
from npgan.app.demos.own import OwnDemo
from npgan.games import Diverged, finite
from npgan.training import Record, train

FOLLOWED = 64  # points that are followed: G of the same noise all the time
FOREVER = 10**9  # steps: nobody looks on for so long
FROZEN = {"D": "ascend", "G": "descend"}  # a player that does not move
SAMPLES, D_GRADIENT, D_MOVES = "samples", "D's gradient", "D moves"
G_GRADIENT, G_MOVES = "G's gradient", "G moves"
D_PART, G_PART = (SAMPLES, D_GRADIENT, D_MOVES), (G_GRADIENT, G_MOVES)
STAGES = {  # of one step in each order; k: how many moves D has
    "d_first": lambda k: D_PART * k + G_PART,
    "g_first": lambda k: G_PART + D_PART * k,
    "simultaneous": lambda k: (SAMPLES, D_GRADIENT, G_GRADIENT, D_MOVES, G_MOVES),
    "one_noise": lambda k: D_PART + G_PART,
}
LOOP = "batch", "d_steps", "order", "average", "anneal"  # settings of the loop
IN_PLACE = {*LOOP, "lr", "d_lr", "beta1", "optimiser", "game", "steps", "epochs"}  # these need no new nets


class Session:
    """config: the settings of `npgan train DATA`, with {"demo": name}. data: a table of the user's own; `demo`
    then names where it is from. saved: a Checkpoint to go on from, with the records so far as history.

    gan, data, rng: what is at work. step: whole steps so far, each one update of G. history: a Record of each.
    pending: a Record of what D did since, or None. stage: which one of a step in slow motion has just been
    done, or None. batch: real samples and noise of that step. ended: why it cannot go on, or "". frozen: "D",
    "G" or None. fixed_z: the noise of the points that are followed. life: how often it started anew.
    """

    def __init__(self, config, data=None, *, saved=None, history=(), data_folder=None):
        self.folder, self.frozen, self.life, self.loop, self.slow = data_folder, None, 0, None, None
        self.drawn = False
        self.demo = DEMOS[require.choice("data", config["demo"], DEMOS)] if data is None else None
        self.demo = self.demo or OwnDemo(config["demo"], data)
        self.start(dict(config), saved, list(history))

    def start(self, config, saved=None, history=()):
        """Set everything up anew; ValueError, and nothing is changed, if the config makes no sense."""
        training = self.demo.start(config, saved=saved, data_folder=self.folder)
        gan, seed = training.gan, [config["seed"], 2]
        fixed_z = gan.noise(FOLLOWED, rng=np.random.default_rng(seed))
        self.drop()
        training.live = True
        self.training, self.config, self.gan, self.fixed_z = training, config, gan, fixed_z
        self.data, self.rng, self.step = training.data, training.rng, saved.step if saved else 0
        unknown = (Record(i + 1, *[math.nan] * 4) for i in range(self.step - len(history)))
        self.history, self.pending, self.ended = [*unknown, *history], None, ""
        self.changed = False  # is the state other than that which these settings lead to from the start?
        self.life += 1
        self.freeze()

    def reset(self, seed=None):
        """Start anew, with the same seed or another one."""
        self.start(self.config | ({} if seed is None else {"seed": seed}))

    # --- whole steps ---

    def advance(self, n=1):
        """Play n whole steps, fewer if there are no more, or V is no longer finite: then `ended` says so."""
        self.finish()
        self.pending = None
        with self.careful():
            if self.loop is None:
                self.loop = self.records()
            for record in islice(self.loop, n):
                self.note(record)
        if self.step == self.last and not self.ended:
            self.ended = f"all {self.last} steps are done: the learning rates have fallen to 0"

    @property
    def last(self):
        """The step after which nothing moves any more."""
        return self.training.steps if self.config["anneal"] else FOREVER

    def records(self, config=None):
        """The steps to come, by `train`; ValueError if they make no sense."""
        config = config or self.config
        options = {name: config[name] for name in LOOP}
        last = self.training.steps if config["anneal"] else FOREVER
        return train(self.gan, self.data, rng=self.rng, steps=last, start=min(self.step, last), **options)

    def note(self, record):
        """Write a step down; after some, look how good the samples are, as a run does."""
        self.history.append(record)
        self.step, self.pending = record.step, None
        if self.step in self.training.marks:
            found, kept = self.demo.measure(self.training), self.demo.keep(self.training)
            self.training.progress.append({"step": self.step} | found)
            for name, now in kept.items():
                self.training.kept.setdefault(name, []).append(now)

    def careful(self):
        return Careful(self)

    # --- one player's move ---

    def d_step(self):
        """D ascends V once, by itself."""
        self.by_hand()
        with self.careful():
            V = self.gan.discriminator_step(self.real(), self.noise())
            loss = self.history[-1].loss if self.history else math.nan
            self.pending = Record(self.step + 1, V, loss, *self.gan.judged())

    def g_step(self):
        """G descends its loss once, by itself: that is what steps are counted by."""
        self.by_hand()
        with self.careful():
            self.end(math.nan, self.gan.generator_step(self.noise()))

    def by_hand(self):
        """Get ready for a move outside of the loop: its learning rate is that of the step to come."""
        self.finish()
        self.drop()
        if self.config["anneal"]:
            self.gan.set_rate(max(0.0, 1 - self.step / self.last))
        self.batch = None

    def end(self, V, loss):
        """The end of a step: the average, the record. V is nan if D has not moved in this step."""
        before = self.pending or (self.history[-1] if self.history else None)
        step, decay = self.step + 1, self.config["average"]
        if decay is None:
            self.gan.average = None
        else:
            self.gan.update_average(decay, step)
        if math.isnan(V) and before:
            V = before.V
        judged = (math.nan, math.nan) if self.gan.a_real is None else self.gan.judged()
        self.note(Record(step, V, loss, *judged))

    def real(self):
        shape = self.config["batch"], self.data.d
        return require.drawn(self.data, self.data.sample(shape[0], rng=self.rng), shape, self.gan.D.dtype)

    def noise(self):
        return self.gan.noise(self.config["batch"], rng=self.rng)

    # --- slow motion ---

    def stages(self):
        """One step in slow motion: yield the name of each stage once it is done."""
        self.by_hand()
        self.pending = None
        self.slow = self.slowly(STAGES[self.config["order"]](self.config["d_steps"]))
        return self.slow

    def slowly(self, names):
        do = {
            SAMPLES: self.samples, D_GRADIENT: self.d_gradient, G_GRADIENT: self.g_gradient,
            D_MOVES: lambda: self.gan.ascend(), G_MOVES: lambda: self.gan.descend(),
        }  # fmt: skip
        for i, name in enumerate(names, start=1):
            with self.careful():
                do[name]()
                if i == len(names):
                    self.end(self.V, self.loss)
            if self.ended and i < len(names):
                return
            self.stage = name
            yield name

    def samples(self):
        x, z = self.real(), self.noise()
        self.batch, self.z_g = (x, z), self.noise() if self.config["order"] == "simultaneous" else None

    def d_gradient(self):
        (x, z), gan = self.batch, self.gan
        if self.config["order"] == "one_noise":
            self.fake = gan.G.forward(gan.unpack(z))
            self.V = finite("V", gan.V_gradient(x, self.fake))
        else:
            self.V = finite("V", gan.discriminator_gradient(x, z))

    def g_gradient(self):
        if self.config["order"] == "one_noise":
            loss = self.gan.loss_gradient(self.fake)
        else:
            loss = self.gan.generator_gradient(self.noise() if self.z_g is None else self.z_g)
        self.loss = finite("the loss of G", loss)

    def finish(self):
        """Do what is left of a step in slow motion."""
        for _ in self.slow or ():
            pass
        self.slow = self.stage = self.batch = self.z_g = None

    def drop(self):
        """Forget the loop, and what is left of a step in slow motion."""
        if self.loop is not None:
            self.loop.close()
        if self.slow is not None:
            self.slow.close()
        self.loop = self.slow = self.stage = self.batch = self.z_g = None

    # --- settings ---

    def change(self, **settings):
        """Change settings, and `freeze` and `demo`, at once. What needs new nets starts anew; for the rest the
        nets stay as they are. ValueError, and nothing is changed, if they make no sense."""
        self.finish()
        if "freeze" in settings:
            self.freeze(settings.pop("freeze"))
        if "demo" in settings:
            return self.change_data(settings)
        config = self.changed_config(settings)
        different = {name for name in config if config[name] != self.config.get(name)}
        whole_epochs = {"batch", "d_steps"} if "epochs" in config else set()
        if different - IN_PLACE or different & whole_epochs:
            self.start(config)
        elif different:
            self.change_in_place(config)

    def changed_config(self, settings):
        """The config with these settings; another variant brings its own."""
        config, old = self.config, self.demo.settings_of(self.config["variant"])
        if settings.get("variant", config["variant"]) != config["variant"]:
            new = self.demo.settings_of(settings["variant"])
            of_variants = {"variant", "game"} | (new.keys() ^ old.keys())
            mine = {name: config[name] for name in old.keys() - of_variants if config[name] != old[name]}
            config = {"demo": config["demo"]} | new | mine
        if unknown := settings.keys() - config.keys():
            raise ValueError(f"there is no setting {min(unknown)} here; there are {', '.join(config)}")
        return config | settings

    def change_data(self, settings):
        name = require.choice("data", settings.pop("demo"), DEMOS)
        demo, old = DEMOS[name], self.demo
        variant = self.config["variant"] if self.config["variant"] in demo.variants else "gan"
        config = {"demo": name} | demo.settings_of(variant) | {"seed": self.config["seed"]}
        self.demo = demo
        try:
            self.start(config | settings)
        except BaseException:
            self.demo = old
            raise
        self.drawn = False

    def change_in_place(self, config):
        """Let the nets stay, and take the rest from a pair that is made with the new settings."""
        model = self.demo.pair(config, rng=np.random.default_rng(0))
        self.records(config)  # does the loop take them?
        marks = self.demo.marks(config, self.data)
        self.drop()
        self.gan.game = model.game
        self.gan.opt_g = optimiser_like(model.opt_g, self.gan.opt_g)
        self.gan.opt_d = optimiser_like(model.opt_d, self.gan.opt_d)
        self.gan.set_rate(1.0)
        self.config, self.ended, self.changed = config, "", self.changed or self.step > 0
        self.training.config, self.training.marks, self.training.steps = config, marks, marks[-1]

    def freeze(self, player="as before"):
        """Let "D" or "G" have gradients, but not move; None: both move."""
        if player != "as before":
            if player is not None:
                require.choice("player to freeze", player, FROZEN)
            self.changed = self.changed or (player != self.frozen and self.step > 0)
            self.frozen = player
        for move in FROZEN.values():
            self.gan.__dict__.pop(move, None)
        if self.frozen:
            setattr(self.gan, FROZEN[self.frozen], lambda: None)

    def learn(self, name, rows, *, drawn=False):
        """Learn other data from now on, rows of a table. The nets stay, if they fit. drawn: by hand."""
        demo, old = OwnDemo(name, rows), self.demo
        if demo.rows.shape[1] == self.gan.G.n_out and "steps" in self.config:
            self.finish()
            self.drop()
            self.demo, self.data = demo, demo.data()
            self.training.data, self.config = self.data, self.config | {"demo": name}
            self.training.config, self.training.progress = self.config, []
            self.changed, self.drawn = self.changed or self.step > 0, drawn
            return
        self.demo = demo
        try:
            self.start({"demo": name} | demo.settings_of("gan") | {"seed": self.config["seed"]})
        except BaseException:
            self.demo = old
            raise
        self.drawn = drawn

    def command(self):
        """The whole setting as one command line; what it leaves out is the default."""
        config, words = self.config, ["npgan", "play", str(self.config["demo"])]
        usual = self.demo.settings_of(config["variant"]) | {"variant": "gan", "seed": None}
        different = {name: value for name, value in config.items() if value != usual.get(name, value)}
        if different.keys() & {"lr", "d_lr"}:  # the first alone would set both
            different |= {name: config[name] for name in ("lr", "d_lr")}
        for name in (name for name in config if name in different):
            words += option(name, config[name])
        words += ["--freeze", self.frozen] if self.frozen else []
        words += ["--data", str(self.folder)] if self.folder else []
        return " ".join(map(shlex.quote, words))

    # --- how good ---

    def measure(self):
        """{name: number}: the distance to the data and its floor, or modes and quality; {} for images."""
        if self.demo.pixels:
            return {}
        try:
            return self.demo.measure(self.training)
        except Diverged:
            return {}


class Careful:
    """A context in which a number that is no longer finite ends the session, with a word on why."""

    def __init__(self, session):
        self.session, self.quiet = session, np.errstate(over="ignore", invalid="ignore")

    def __enter__(self):
        self.quiet.__enter__()

    def __exit__(self, kind, error, trace):
        self.quiet.__exit__(kind, error, trace)
        if isinstance(error, Diverged):
            where = "" if str(error).startswith("step ") else f"step {self.session.step + 1}: "
            self.session.ended = f"diverged at {where}{error}"
            return True
        if not self.session.ended and not checkpoint.is_finite(self.session.gan):
            self.session.ended = f"diverged at step {self.session.step}: the parameters are no longer finite"
        return None


def optimiser_like(model, now):
    """`now` with the settings of a model; or one of the model's kind in its place, which remembers nothing."""
    settings = {name: getattr(model, name) for name in model.settings}
    if type(model) is not type(now):
        return type(model)(now.net, **settings)
    now.__dict__.update(settings)
    return now


def option(name, value):
    """A setting as it is typed: a list of words."""
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return [flag if value else flag.replace("--", "--no-", 1)]
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return [flag, str(0 if value is None else value)]


