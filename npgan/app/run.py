"""A run is a training and its folder: settings, history, checkpoint and pictures, each file whole at any time.

Training goes on from the checkpoint as if it had never stopped, to the same bytes.
"""

import json
import signal
import sys
from array import array
from contextlib import contextmanager

import numpy as np

from npgan import checkpoint, machine
from npgan.app.console import complain
from npgan.app.demos import DEMOS
from npgan.app.figures import Picture, check_drawing, save_figure
from npgan.app.folder import CHECKPOINT, CONFIG, HISTORY, PROGRESS, RunFolder
from npgan.app.tables import WIDTH, read_history, read_rows, write_rows
from npgan.checkpoint import CheckpointError
from npgan.files import clear_leftovers, whole_file
from npgan.games import Diverged
from npgan.training import Record

RESUMED = "seed", "batch", "d_steps", "order", "average", "anneal"  # the pair itself is in the checkpoint


class Run:
    """One training of a demo, in a RunFolder: Run.new from a config, or Run.resume from a checkpoint.

    ValueError, before anything is written, if the config makes no sense.
    """

    def __init__(self, folder, demo, training):
        self.folder, self.demo, self.training = folder, demo, training
        self.history = array("d")  # one record after the other: 40 bytes a step, where tuples would take 250

    @classmethod
    def new(cls, out, config, *, overwrite=False, data_folder=None):
        """A run that starts at step 1, in RunFolder.new(out)."""
        demo = DEMOS[config["demo"]]
        check_drawing()
        training = demo.start(config, data_folder=data_folder)
        training.gan.sample(config["batch"], rng=np.random.default_rng(0))  # does that much fit into memory?
        return cls(RunFolder.new(out, demo.name, overwrite=overwrite), demo, training)

    @classmethod
    def resume(cls, folder, *, data_folder=None, **given):
        """Take up the run in a RunFolder. given: settings the user states again, which must be the old ones,
        except for more steps or epochs. CheckpointError if there is no usable checkpoint."""
        saved = checkpoint.load(folder.path / CHECKPOINT)
        config = prolonged(saved.config, given, folder.path)
        check_drawing()
        demo = DEMOS[config["demo"]]
        run = cls(folder, demo, demo.start(config, saved=saved, data_folder=data_folder))
        run.check_config()
        clear_leftovers(folder.path)
        run.history = read_history(folder.path / HISTORY, saved.step)
        rows = read_rows(folder.path / PROGRESS, "step", *demo.measures)
        run.training.progress = [row for row in rows if row["step"] <= saved.step]
        if run.training.steps < saved.step:
            wanted = run.training.steps
            raise ValueError(f"the run in {folder.path} has {saved.step} steps behind it, more than {wanted}")
        try:
            demo.check_resumed(run.training, saved.step)
        except ValueError as error:
            raise CheckpointError(f"{folder.path} does not fit together: {error}") from None
        run.read_arrays()
        return run

    @property
    def step(self):
        return len(self.history) // WIDTH

    def train(self, *, quiet=False):
        """Train to the end, to Ctrl-C or to divergence; save; return what ended it, "" for the end."""
        from tqdm import tqdm

        training, ended = self.training, ""
        marks = set(training.marks)
        self.save()
        bar = tqdm(
            training.records, initial=self.step, total=training.steps, unit="step",
            desc=self.demo.name, disable=True if quiet or sys.stderr is None else None,
        )  # fmt: skip
        quiet_numpy, threads = np.errstate(over="ignore", invalid="ignore"), machine.threads(self.demo.threads)
        with stop_signals() as stopped, quiet_numpy, threads, bar:
            try:
                for record in bar:
                    self.history.extend(record)
                    if record.step % 20 == 0:
                        bar.set_postfix_str(self.status(record), refresh=False)
                    if record.step in marks:
                        if not checkpoint.is_finite(training.gan):
                            raise Diverged(f"step {record.step}: the parameters are no longer finite")
                        self.look()
                        self.save()
                    if stopped:
                        ended = f"stopped at step {record.step}"
                        break
            except Diverged as error:
                ended = f"diverged at {error}"
        self.save()
        return ended

    def status(self, record):
        """What the progress bar says: the epoch, if there are such; losses; what D thinks."""
        epoch = f"epoch {1 + len(self.training.progress)}, " if "epochs" in self.training.config else ""
        losses = f"V {record.V:+.3f}, G {record.loss:+.3f}"
        return f"{epoch}{losses}, D(x) {record.d_real:.2f}, D(G(z)) {record.d_fake:.2f}"

    def look(self):
        """Note how good the samples are now, and keep what the pictures will need."""
        training = self.training
        training.progress.append({"step": self.step} | self.demo.measure(training))
        for name, now in self.demo.keep(training).items():
            training.kept.setdefault(name, []).append(now)
        self.draw(self.demo.pictures_now(training))

    def save(self):
        """Tables first, checkpoint last: a run killed between the two loses nothing.

        After a divergence that spoilt the parameters, the checkpoint stays the last good one.
        """
        training, own = self.training, self.folder.own
        records = ([int(step), *numbers] for step, *numbers in map(np.ndarray.tolist, self.table()))
        write_rows(own(HISTORY), Record._fields, records)
        if training.progress:
            rows = (row.values() for row in training.progress)
            write_rows(own(PROGRESS), training.progress[0].keys(), rows)
        for name, arrays in training.kept.items():
            with whole_file(own(f"{name}.npy")) as file:
                np.save(file, np.array(arrays))
        with whole_file(own(CONFIG), "w", encoding="utf-8") as file:
            json.dump(training.config, file, indent=2)
        if checkpoint.is_finite(training.gan):
            state = {"step": self.step, "rng": training.rng, "data": training.data}
            checkpoint.save(own(CHECKPOINT), training.gan, config=training.config, **state)

    def read_arrays(self):
        """What the looks so far have kept; CheckpointError if it is not there."""
        for name, (shape, dtype) in self.demo.arrays.items():
            path, n = self.folder.path / f"{name}.npy", len(self.training.progress)
            if not n:
                continue
            try:
                with open(path, "rb") as file:
                    kept = np.lib.format.read_array(file, allow_pickle=False)
            except Exception as error:  # whatever NumPy makes of a damaged file
                raise CheckpointError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
            if kept.shape[1:] != shape or len(kept) < n or kept.dtype != dtype:
                wanted = f"{np.dtype(dtype)} {(n, *shape)}"
                raise CheckpointError(f"{path} holds {kept.dtype} {kept.shape}, wanted {wanted}")
            self.training.kept[name] = list(kept[:n])

    def check_config(self):
        """CONFIG, if it is there, must be that of the checkpoint, but for how long the run is."""
        path, config = self.folder.path / CONFIG, self.training.config
        try:
            told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else config
            if told | {length(config): None} != config | {length(config): None}:
                raise ValueError("its settings are not those of the checkpoint beside it")
        except (OSError, ValueError, TypeError) as error:
            raise CheckpointError(f"{path} does not fit: {error}") from None

    def table(self):
        """The history as (steps so far, 5) numbers, in the order of Record's fields."""
        return np.array(self.history).reshape(-1, WIDTH)

    def report(self):
        """Draw the pictures and return the lines that say how good the samples are."""
        self.draw_history()
        with machine.threads(self.demo.threads):
            self.draw(self.demo.pictures(self.training))
            return self.demo.lines(self.training, self.folder.path)

    def draw_history(self):
        """losses.png: what the two players had at each step."""
        with np.errstate(all="ignore"):  # a diverged run has numbers that no axis can hold
            self.draw([Picture("losses.png", self.draw_losses, (7, 7))])

    def draw(self, pictures):
        for picture in pictures:
            try:
                save_figure(self.folder.own(picture.name), picture.draw, picture.size)
            except Diverged:
                raise
            except Exception as error:  # a full disk, or anything in matplotlib: the run is worth more
                self.folder.written.discard(picture.name)
                complain(f"warning: no {picture.name}: {type(error).__name__}: {error}")

    def draw_losses(self, figure):
        from npgan import plots

        above, below = figure.subplots(2, 1, sharex=True)
        step, V, loss, d_real, d_fake = self.table().T
        game = self.training.gan.game
        plots.losses(above, step, V, loss, game)
        plots.probabilities(below, step, d_real, d_fake, game)
        above.set(xlabel="", title=f"{self.demo.name}: the two players over time")


def length(config):
    """The name of the setting that says how long a run is."""
    return "epochs" if "epochs" in config else "steps"


def prolonged(config, given, folder):
    """A saved config with the steps or epochs that the user states; ValueError if other settings differ."""
    config = dict(config)
    if str(config.get("demo")) not in DEMOS:
        raise CheckpointError(f"the run in {folder} is of no demo known here: {config.get('demo')!r}")
    if missing := sorted({length(config), *RESUMED} - config.keys()):
        raise CheckpointError(f"the checkpoint in {folder} does not say {', '.join(missing)}")
    key = length(config)
    for name, value in given.items():
        if name != key and config.get(name) != value:
            raise ValueError(
                f"the run in {folder} has {name} = {config.get(name)!r}, and cannot go on with {value!r}"
            )
    if given.get(key, config[key]) != config[key] and config["anneal"]:
        raise ValueError("the learning rates of this run fall to 0 over its steps: it cannot be prolonged")
    return config | {key: given.get(key, config[key])}


@contextmanager
def stop_signals():
    """A list that becomes non-empty at the first Ctrl-C (or SIGTERM), so that a loop can end its step.

    A second one interrupts at once, as usual. Outside the main thread signals are left alone.
    """
    stopped, old = [], {}

    def note(number, frame):
        stopped.append(number)
        for number, handler in old.items():
            signal.signal(number, handler)

    try:
        for number in signal.SIGINT, signal.SIGTERM:
            old[number] = signal.signal(number, note)
    except ValueError:  # not the main thread
        pass
    try:
        yield stopped
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
