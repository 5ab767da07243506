"""A run is a folder: configuration, history, checkpoint and pictures, each file whole at any time.

Training goes on from the checkpoint as if it had never stopped, to the same bytes.
"""

import csv
import io
import json
import signal
import sys
from array import array
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np

from npgan import checkpoint, require
from npgan.checkpoint import CheckpointError
from npgan.demos import DEMOS, save_figure
from npgan.files import clear_leftovers, whole_file
from npgan.gan import Diverged
from npgan.training import Record, train

CHECKPOINT, HISTORY, PROGRESS, CONFIG = "checkpoint.npz", "history.csv", "progress.csv", "config.json"
PICTURES = (  # every file that a demo may leave beside these four
    "losses.png", "progress.png", "densities.png", "samples.png",
    "nearest.png", "strip.png", "strip.npy", "epoch_[0-9]*.png",
)  # fmt: skip


def new_folder(out, name, *, overwrite=False):
    """The folder of a new run: `out`, or without one the first free of runs/NAME, runs/NAME-2, ...

    It is claimed by an empty CONFIG, so that of two runs that start at once each gets its own.
    ValueError if `out` holds a run already, unless overwrite is true; OSError if it cannot be made
    or written.
    """
    if out is None:
        numbered = (Path("runs") / (name if i == 1 else f"{name}-{i}") for i in count(1))
        return next(folder for folder in numbered if claim(folder))
    folder = Path(out)
    if overwrite and holds_run(folder):
        (folder / CONFIG).touch()  # find out now whether it can be written
        clear_leftovers(folder)
        for pattern in CHECKPOINT, HISTORY, PROGRESS, CONFIG, *PICTURES:
            for file in folder.glob(pattern):
                file.unlink()
    if not claim(folder):
        raise ValueError(f"{folder} holds a run already: choose another --out, or add --resume or --overwrite")
    return folder


def claim(folder):
    """Make the folder, and an empty CONFIG in it; False if it holds a run already."""
    folder.mkdir(parents=True, exist_ok=True)
    if holds_run(folder):
        return False
    try:
        (folder / CONFIG).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def old_folder(out, name):
    """The folder of a run to resume: `out`, or without one that of runs/NAME, runs/NAME-2, ... saved last."""
    if out is not None:
        return Path(out)
    first = Path("runs") / name
    saved = [path for path in (first, *Path("runs").glob(f"{name}-[0-9]*")) if (path / CHECKPOINT).exists()]
    return max(saved, key=lambda path: (path / CHECKPOINT).stat().st_mtime_ns, default=first)


def holds_run(folder):
    return any((Path(folder) / file).exists() for file in (CHECKPOINT, HISTORY, CONFIG))


class Run:
    """One training of a demo, in a folder: Run.new from a config, or Run.resume from a checkpoint.

    ValueError, before anything is written, if the config makes no sense.
    """

    def __init__(self, config, saved=None, data_folder=None):
        self.config, self.demo = config, DEMOS[config["demo"]]
        self.data, self.progress = self.demo.data(data_folder), []
        self.history = array("d")  # one record after the other: 40 bytes a step, where tuples would take 250
        self.steps = self.demo.steps(config, self.data)
        seed = require.count("seed", config["seed"], least=0)
        if saved:
            self.gan, self.rng = saved.gan, saved.rng
            if saved.data:
                self.data.set_state(saved.data)
        else:
            self.rng = np.random.default_rng(seed)
            self.gan = self.demo.pair(config, rng=self.rng)
        keys = "batch", "d_steps", "order", "average", "anneal"
        options = {key: config[key] for key in keys}
        start = saved.step if saved else 0
        self.records = train(self.gan, self.data, rng=self.rng, steps=self.steps, start=start, **options)

    @classmethod
    def new(cls, out, config, *, overwrite=False, data_folder=None):
        """A run that starts at step 1, in new_folder(out)."""
        run = cls(config, data_folder=data_folder)
        run.gan.sample(config["batch"], rng=np.random.default_rng(0))  # does that much fit into memory?
        run.folder = new_folder(out, config["demo"], overwrite=overwrite)
        return run

    @classmethod
    def resume(cls, folder, *, data_folder=None, **given):
        """Take up the run in folder. given: settings the user states again, which must be the old ones,
        except for more steps or epochs. CheckpointError if there is no usable checkpoint."""
        saved = checkpoint.load(Path(folder) / CHECKPOINT)
        config = dict(saved.config)
        if str(config.get("demo")) not in DEMOS:
            raise CheckpointError(f"the run in {folder} is of no demo known here: {config.get('demo')!r}")
        if missing := sorted(DEMOS[config["demo"]].settings.keys() - config.keys()):
            raise CheckpointError(f"the checkpoint in {folder} does not say {', '.join(missing)}")
        length = "epochs" if "epochs" in config else "steps"
        prolonged = {length: given.pop(length, config[length])}
        for name, value in given.items():
            if config.get(name) != value:
                raise ValueError(
                    f"the run in {folder} has {name} = {config.get(name)!r}, and cannot go on with {value!r}"
                )
        if prolonged[length] != config[length] and config["anneal"]:
            raise ValueError("the learning rates of this run fall to 0 over its steps: it cannot be prolonged")
        run = cls(config | prolonged, saved, data_folder)
        run.folder = Path(folder)
        run.check_config(length)
        clear_leftovers(folder)
        run.history = read_history(run.folder / HISTORY, saved.step)
        rows = read_rows(run.folder / PROGRESS, "step", *run.demo.measures)
        run.progress = [row for row in rows if row["step"] <= saved.step]
        if run.steps < saved.step:
            raise ValueError(f"the run in {folder} has {saved.step} steps behind it, more than {run.steps}")
        if hasattr(run.demo, "check_resumed"):
            run.demo.check_resumed(run)
        return run

    def check_config(self, length):
        """CONFIG, if it is there, must be that of the checkpoint, but for how long the run is."""
        path = self.folder / CONFIG
        try:
            told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else self.config
            if told | {length: None} != self.config | {length: None}:
                raise ValueError("its settings are not those of the checkpoint beside it")
        except (OSError, ValueError, TypeError) as error:
            raise CheckpointError(f"{path} does not fit: {error}") from None

    @property
    def step(self):
        return len(self.history) // len(Record._fields)

    def train(self, *, quiet=False):
        """Train to the end, to Ctrl-C or to divergence; save; return what ended it, "" for the end."""
        from tqdm import tqdm

        config, ended = self.config, ""
        marks = set(self.demo.marks(config, self.data))
        self.save()
        bar = tqdm(
            self.records, initial=self.step, total=self.steps, unit="step",
            desc=config["demo"], disable=True if quiet or sys.stderr is None else None,
        )  # fmt: skip
        with stop_signals() as stopped, np.errstate(over="ignore", invalid="ignore"), bar:
            try:
                for record in bar:
                    self.history.extend(record)
                    if record.step % 20 == 0:
                        bar.set_postfix_str(self.status(record), refresh=False)
                    if record.step in marks:
                        if not checkpoint.is_finite(self.gan):
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
        epoch = f"epoch {1 + len(self.progress)}, " if "epochs" in self.config else ""
        losses = f"V {record.V:+.3f}, G {record.loss:+.3f}"
        return f"{epoch}{losses}, D(x) {record.d_real:.2f}, D(G(z)) {record.d_fake:.2f}"

    def look(self):
        """Note how good the samples are now."""
        self.progress.append({"step": self.step} | self.demo.look(self))

    def another_rng(self):
        """Randomness for looking at samples: the same at every look, and not training's own."""
        return np.random.default_rng([self.config["seed"], 1])

    def table(self):
        """The history as (steps so far, 5) numbers, in the order of Record's fields."""
        return np.array(self.history).reshape(-1, len(Record._fields))

    def save(self):
        """History first, checkpoint last: a run killed between the two loses nothing.

        After a divergence that spoilt the parameters, the checkpoint stays the last good one.
        """
        records = ([int(step), *numbers] for step, *numbers in map(np.ndarray.tolist, self.table()))
        write_rows(self.folder / HISTORY, Record._fields, records)
        if self.progress:
            rows = [row.values() for row in self.progress]
            write_rows(self.folder / PROGRESS, self.progress[0].keys(), rows)
        with whole_file(self.folder / CONFIG, "w", encoding="utf-8") as file:
            json.dump(self.config, file, indent=2)
        if not checkpoint.is_finite(self.gan):
            return
        checkpoint.save(
            self.folder / CHECKPOINT, self.gan, step=self.step, rng=self.rng, data=self.data, config=self.config
        )

    def report(self):
        """Draw the pictures and return the lines that say how good the samples are."""
        self.draw_history()
        return self.demo.report(self)

    def draw_history(self):
        """losses.png: what the two players had at each step."""
        with np.errstate(all="ignore"):  # a diverged run has numbers that no axis can hold
            save_figure(self.folder / "losses.png", self.draw_losses, size=(7, 7))

    def draw_losses(self, figure):
        from npgan import plots

        above, below = figure.subplots(2, 1, sharex=True)
        step, V, loss, d_real, d_fake = self.table().T
        plots.losses(above, step, V, loss, self.gan.game)
        plots.probabilities(below, step, d_real, d_fake)
        above.set(xlabel="", title=f"{self.config['demo']}: the two players over time")


def write_rows(path, names, rows):
    """A table as CSV, with every digit of its numbers."""
    with whole_file(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(names)
        table.writerows(rows)


def read_rows(path, *names):
    """The rows of such a table as dicts of numbers, [] if it is not there; CheckpointError if it is none,
    or has no column of one of the names."""
    if not path.exists():
        return []
    try:
        table = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")), strict=True)
        rows = list(table)
        for name in names:
            if name not in (table.fieldnames or ()):
                raise ValueError(f"it has no column {name!r}")
        for i, row in enumerate(rows, start=1):
            if None in row or None in row.values():
                raise ValueError(f"row {i} has not the {len(table.fieldnames)} entries of the first line")
        return [{name: _number(text) for name, text in row.items()} for row in rows]
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise CheckpointError(f"{path} is not a usable table: {error}") from None


def _number(text):
    return int(text) if text.lstrip("-").isdigit() else float(text)


def read_history(path, last):
    """The records of steps 1 to last, as a run keeps them: one after the other in an array. CheckpointError
    if the file does not hold these."""
    history, width = array("d"), len(Record._fields)
    try:
        with open(path, encoding="utf-8", newline="") as file:
            table = csv.reader(file, strict=True)
            if next(table, None) != list(Record._fields):
                raise ValueError(f"its first line is not {','.join(Record._fields)}")
            for step, row in enumerate(table, start=1):
                if step > last:
                    break
                if len(row) != width or row[0] != str(step):
                    raise ValueError(f"line {step + 1} is not that of step {step}")
                history.extend(map(float, row))
    except (OSError, ValueError, csv.Error) as error:
        raise CheckpointError(f"{path} is not a usable table: {error}") from None
    if len(history) != last * width:
        raise CheckpointError(f"{path} does not hold the {last} steps of the checkpoint beside it")
    return history


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
