"""A run is a training and its folder: settings, history, checkpoint and pictures, each file whole at any time.

Training goes on from the checkpoint as if it had never stopped, to the same bytes.
"""

import json
import sys
from array import array

import numpy as np

from npgan import checkpoint, machine
from npgan.app.console import complain
from npgan.app.demos import DEMOS
from npgan.app.figures import Picture, check_drawing, save_figure
from npgan.app.folder import CHECKPOINT, CONFIG, HISTORY, PROGRESS, RunFolder
from npgan.app.resume import DIGESTS, THREADS, prolonged, read_notes
from npgan.app.signals import stop_signals
from npgan.app.tables import WIDTH, digests, write_rows
from npgan.files import whole_file
from npgan.games import Diverged
from npgan.training import Record

SMALL = 10**7  # products in a layer's way forward: where there are fewer, one thread is the quickest


class Run:
    """One training of a demo, in a RunFolder: Run.new from a config, or Run.resume from a checkpoint.

    ValueError, before anything is written, if the config makes no sense. The folder is locked from then on:
    `with Run.new(...) as run` lets go of it in the end.
    """

    def __init__(self, folder, demo, training):
        self.folder, self.demo, self.training = folder, demo, training
        self.history = array("d")  # one record after the other: 40 bytes a step, where tuples would take 250

    @classmethod
    def new(cls, out, config, *, overwrite=False, data_folder=None):
        """A run that starts at step 1, in RunFolder.new(out)."""
        demo = DEMOS[config["demo"]]
        training = demo.start(config, data_folder=data_folder)
        training.gan.sample(config["batch"], rng=np.random.default_rng(0))  # does that much fit into memory?
        check_drawing()
        names = files(demo, training)
        return cls(RunFolder.new(out, demo.name, names, overwrite=overwrite), demo, training)

    @classmethod
    def resume(cls, folder, *, data_folder=None, **given):
        """Take up the run in a RunFolder. given: settings the user states again, which must be the old ones,
        except for more steps or epochs. CheckpointError if there is no usable checkpoint."""
        with folder.taken_up():
            saved = checkpoint.load(folder.path / CHECKPOINT)
            config = prolonged(saved.config, given, folder.path)
            demo = DEMOS[config["demo"]]
            run = cls(folder, demo, demo.start(config, saved=saved, data_folder=data_folder))
            run.history = read_notes(folder.path, demo, run.training, saved)
            check_drawing()
            kept = [f"{name}.npy" for name in run.training.kept]
            progress = [PROGRESS] if run.training.progress else []
            folder.adopt([CHECKPOINT, CONFIG, HISTORY, *progress, *kept], files(demo, run.training))
        return run

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.folder.release()

    @property
    def step(self):
        return len(self.history) // WIDTH

    @property
    def threads(self):
        """Of the matrix library; None, in runs from before they were chosen: as many as it would use."""
        return self.demo.threads or self.training.config.get(THREADS)

    def choose_threads(self):
        """Put the quickest number of threads into the config of a new run, and return the line that says why;
        "" where there is no choice, or it has been made.

        What is timed are the products of a way forward, which touches nothing of the training. Another number
        of threads rounds otherwise, so the choice stays in the checkpoint.
        """
        if self.threads or self.step:
            return ""
        gan, counts, batch = self.training.gan, machine.choices(), self.training.config["batch"]
        if len(counts) == 1 or batch * (gan.G.theta.size + gan.D.theta.size) < SMALL:
            self.training.config[THREADS] = 1
            return ""
        z, x = (np.ones((batch, net.n_in), net.dtype) for net in (gan.G, gan.D))
        seconds = machine.time_threads(lambda: (gan.G.predict(z), gan.D.predict(x)), counts)
        chosen = self.training.config[THREADS] = machine.quickest(seconds)
        times = ", ".join(f"{1e3 * taken:.1f} ms on {count}" for count, taken in seconds.items())
        return f"threads {chosen}: forward through G and D takes {times}, as busy as this machine is now"

    def train(self, *, quiet=False):
        """Train to the end, to Ctrl-C or to divergence; save; return what ended it, "" for the end."""
        from tqdm import tqdm

        training, ended = self.training, ""
        marks = set(training.marks)
        self.save_checkpoint()  # before the tables: a folder with anything in it can be resumed
        self.save_tables()
        bar = tqdm(
            training.records, initial=self.step, total=training.steps, unit="step",
            desc=self.demo.name, disable=True if quiet or sys.stderr is None else None,
        )  # fmt: skip
        quiet_numpy, threads = np.errstate(over="ignore", invalid="ignore"), machine.threads(self.threads)
        with stop_signals() as stopped, quiet_numpy, threads, bar:
            try:
                for record in bar:
                    self.history.extend(record)
                    if record.step % 20 == 0:
                        bar.set_postfix_str(self.status(record), refresh=False)
                    if record.step in marks:
                        self.look()
                        self.save()
                    if stopped:
                        ended = f"stopped at step {record.step}"
                        break
            except Diverged as error:
                ended = f"diverged at {error}"
        self.save_tables()
        if not ended.startswith("diverged"):  # or the checkpoint stays the last good one
            self.save_checkpoint()
        return ended

    def status(self, record):
        """What the progress bar says: the epoch, if there are such; losses; what D thinks."""
        epoch = f"epoch {1 + len(self.training.progress)}, " if "epochs" in self.training.config else ""
        losses = f"V {record.V:+.3f}, G {record.loss:+.3f}"
        reads = self.training.gan.game.reads
        return f"{epoch}{losses}, {reads}(x) {record.d_real:.2f}, {reads}(G(z)) {record.d_fake:.2f}"

    def look(self):
        """Note how good the samples are now, and keep what the pictures will need."""
        training = self.training
        try:
            if not checkpoint.is_finite(training.gan):
                raise Diverged("the parameters are no longer finite")
            found, kept = self.demo.measure(training), self.demo.keep(training)
        except Diverged as error:
            raise Diverged(f"step {self.step}: {error}") from None
        training.progress.append({"step": self.step} | found)
        for name, now in kept.items():
            training.kept.setdefault(name, []).append(now)
        self.draw(self.demo.pictures_now(training))

    def save(self):
        """Tables first, checkpoint last: a run killed between the two loses nothing."""
        self.save_tables()
        self.save_checkpoint()

    def save_tables(self):
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

    def save_checkpoint(self):
        """The checkpoint, and in it what tells its tables from others; unless the parameters are spoilt."""
        training = self.training
        config = training.config | {DIGESTS: digests(self.history, training.progress, training.kept)}
        if checkpoint.is_finite(training.gan):
            state = {"step": self.step, "rng": training.rng, "data": training.data}
            checkpoint.save(self.folder.own(CHECKPOINT), training.gan, config=config, **state)

    def table(self):
        """The history as (steps so far, 5) numbers, in the order of Record's fields."""
        return np.array(self.history).reshape(-1, WIDTH)

    def report(self):
        """Draw the pictures and return the lines that say how good the samples are; Diverged if they are not
        finite."""
        self.draw_history()
        with machine.threads(self.threads):
            lines = self.demo.lines(self.training, self.folder.path)
            self.draw(self.demo.pictures(self.training))
        return lines

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


def files(demo, training):
    """The names of all the files that a run may write."""
    arrays = (f"{name}.npy" for name in demo.arrays)
    return [CHECKPOINT, CONFIG, HISTORY, PROGRESS, *arrays, "losses.png", *demo.picture_names(training)]
