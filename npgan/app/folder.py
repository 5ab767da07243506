"""The folder of a run, known by a list of the files that the run has written: only those are ever replaced."""

import os
import re
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from npgan.app.lock import Lock
from npgan.checkpoint import CheckpointError
from npgan.files import PART, whole_file

LIST = ".npgan-run"  # one name a line, each in it before the file itself is written
CHECKPOINT, HISTORY, PROGRESS, CONFIG = "checkpoint.npz", "history.csv", "progress.csv", "config.json"
A_NAME = re.compile(  # of a file that a run of some demo writes: no list has others
    r"checkpoint\.npz|history\.csv|progress\.csv|config\.json|(strip|rows)\.npy"
    r"|(losses|play|densities|progress|samples|strip|nearest|epoch_[0-9]{3,6})\.png"
)


class RunFolder:
    """path: the folder. names: what the run in it has written so far; written: those of this process. lock:
    held while a run is going on.

    writes, below: the names of all the files that a run may write.
    """

    def __init__(self, path):
        self.path, self.lock, self.written = Path(path), None, set()
        self.names = read_list(self.path / LIST)

    @classmethod
    def new(cls, out, name, writes, *, overwrite=False):
        """The folder of a new run, locked, with an empty list: `out`, or without one the first free of
        runs/NAME, runs/NAME-2, ...; with overwrite in place of the run that was there, by default the latest.

        ValueError if a run is going on there, or one is there that is not to be overwritten, or a file of
        one of the names that no run has written; OSError if the folder cannot be made or written.
        """
        if overwrite and out is None:
            out = latest(name)
        if out is not None:
            return cls(out).claim(writes, overwrite=overwrite)
        for i in count(1):
            with suppress(ValueError):  # it is taken
                folder = cls(Path("runs") / (name if i == 1 else f"{name}-{i}"))
                folder.check_free(writes)
                return folder.claim(writes)

    @classmethod
    def old(cls, out, name):
        """That of a run to resume: `out`, or without one the latest of runs/NAME, runs/NAME-2, ..."""
        return cls(out if out is not None else latest(name) or Path("runs") / name)

    def claim(self, writes, *, overwrite=False):
        """Make and lock the folder, remove what the run before has written, and begin a new list."""
        self.path.mkdir(parents=True, exist_ok=True)
        with self.locked():
            self.check_free(writes, overwrite=overwrite)
            self.clear_leftovers(writes)
            for name in sorted(self.names, key=CHECKPOINT.__ne__):  # without it there is nothing to resume
                (self.path / name).unlink(missing_ok=True)
            self.write_list([])
        return self

    @contextmanager
    def locked(self):
        """Lock the folder and read its list again; the lock stays until release(), unless the block fails."""
        self.lock = Lock(self.path)
        try:
            self.names = read_list(self.path / LIST)
            yield
        except BaseException:
            self.release()
            raise

    @contextmanager
    def taken_up(self):
        """The same for a folder with a run to resume; CheckpointError if there is none yet."""
        saved = self.path / CHECKPOINT
        nothing = CheckpointError(f"there is nothing to resume yet: no such file as {saved}")
        if not saved.exists() and not (self.path / LIST).exists():
            raise nothing
        with self.locked():
            if not saved.exists():
                raise nothing
            yield

    def release(self):
        self.lock.release()

    def check_free(self, writes, *, overwrite=False):
        """ValueError if a new run would replace a run, unless it may, or what no run has written."""
        if not overwrite and any((self.path / name).exists() for name in self.names):
            resume = "--resume or " if (self.path / CHECKPOINT).exists() else ""
            more = f"choose another --out, or add {resume}--overwrite"
            raise ValueError(f"{self.path} holds a run already: {more}")
        self.check_foreign(writes)

    def check_foreign(self, writes):
        """ValueError if something of one of the names is there that is not in the list, or is no plain file."""
        listed = set(self.names)
        for name in writes:
            path = self.path / name
            if not os.path.lexists(path):
                continue
            if name not in listed:
                raise ValueError(f"{path} is there, but not in {LIST} as written by a run: move it away first")
            if not is_plain(path):
                raise ValueError(f"{path} is no plain file, as a run would write under that name")

    def adopt(self, names, writes):
        """Go on with the run: put its files into the list, and take out of it what is not there."""
        self.names = sorted({*self.names, *names})
        self.check_foreign(writes)
        self.clear_leftovers(writes)
        self.write_list([name for name in self.names if os.path.lexists(self.path / name)])

    def clear_leftovers(self, writes):
        """Remove what a run that was killed while writing has left under temporary names."""
        names = {LIST, *self.names, *writes}
        for part in self.path.glob(f".*{PART}"):
            name, _, _ = part.name[1:].removesuffix(PART).rpartition(".")  # other commands write here too
            if name in names and part.is_file():
                part.unlink(missing_ok=True)

    def own(self, name):
        """The path of a file that the run is about to write; it is in the list before it is there."""
        if self.lock.is_lost():
            raise OSError(f"{self.path} is the folder of another run now: this one stops")
        self.written.add(name)
        if name not in self.names:
            self.check_foreign([name])
            self.write_list([*self.names, name])
        return self.path / name

    def write_list(self, names):
        self.names = sorted(names)
        with whole_file(self.path / LIST, "w", encoding="utf-8") as file:
            file.write("".join(f"{name}\n" for name in self.names))


def is_plain(path):
    return path.is_file() and not path.is_symlink()


def read_list(path):
    """The names in a list, sorted, [] if it is not there; CheckpointError if other lines are in it."""
    if not os.path.lexists(path):
        return []
    if not is_plain(path):
        raise CheckpointError(f"{path} is not the list of a run: it is no plain file")
    names = set()
    with open(path, "rb") as file:
        for i, line in enumerate(iter(lambda: file.readline(100), b""), start=1):
            name = line.decode(errors="replace").rstrip("\r\n")
            if not A_NAME.fullmatch(name):
                raise CheckpointError(f"{path} is not the list of a run: line {i} names none of its files")
            names.add(name)
    return sorted(names)


def latest(name):
    """The one of the folders runs/NAME, runs/NAME-2, ... whose checkpoint was saved last, None without any."""
    folders = (path for path in Path("runs").glob(f"{name}*") if re.fullmatch(f"{name}(-[0-9]+)?", path.name))
    saved = [path for path in folders if (path / CHECKPOINT).exists()]
    return max(saved, key=lambda path: (path / CHECKPOINT).stat().st_mtime_ns, default=None)
