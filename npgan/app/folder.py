"""The folder of a run, known by a list of the files that the run has written: only those are ever replaced."""

from itertools import count
from pathlib import Path

from npgan.files import clear_leftovers, whole_file

LIST = ".npgan-run"  # one name a line, each in it before the file itself is written
CHECKPOINT, HISTORY, PROGRESS, CONFIG = "checkpoint.npz", "history.csv", "progress.csv", "config.json"


class RunFolder:
    """path: the folder. names: what the run in it has written so far. written: those of this process."""

    def __init__(self, path):
        self.path, self.written = Path(path), set()
        try:
            self.names = (self.path / LIST).read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            self.names = []

    @classmethod
    def new(cls, out, name, *, overwrite=False):
        """The folder of a new run: `out`, or without one the first free of runs/NAME, runs/NAME-2, ...

        It is claimed by an empty list, so that of two runs that start at once each gets its own.
        ValueError if `out` holds a run already, unless overwrite is true; OSError if it cannot be made
        or written.
        """
        if out is None:
            numbered = (cls(Path("runs") / (name if i == 1 else f"{name}-{i}")) for i in count(1))
            return next(folder for folder in numbered if folder.claim())
        folder = cls(out)
        if overwrite:
            folder.clear()
        if not folder.claim():
            more = "" if overwrite else ", or add --resume or --overwrite"
            raise ValueError(f"{folder.path} holds a run already: choose another --out{more}")
        return folder

    @classmethod
    def old(cls, out, name):
        """That of a run to resume: `out`, or without one that of runs/NAME, runs/NAME-2, ... saved last."""
        if out is not None:
            return cls(out)
        first = Path("runs") / name
        saved = [p for p in (first, *Path("runs").glob(f"{name}-[0-9]*")) if (p / CHECKPOINT).exists()]
        return cls(max(saved, key=lambda path: (path / CHECKPOINT).stat().st_mtime_ns, default=first))

    def claim(self):
        """Make the folder, and an empty list in it; False if it holds a run already."""
        self.path.mkdir(parents=True, exist_ok=True)
        if any((self.path / file).exists() for file in (CHECKPOINT, HISTORY, CONFIG)):
            return False
        try:
            (self.path / LIST).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def clear(self):
        """Remove the run: the files in its list, and the list. Other files stay."""
        if not (self.path / LIST).exists():
            return
        (self.path / LIST).touch()  # find out now whether it can be written
        clear_leftovers(self.path)
        for name in self.names:
            (self.path / name).unlink(missing_ok=True)
        (self.path / LIST).unlink()
        self.names = []

    def own(self, name):
        """The path of a file that the run is about to write; it is in the list before it is there."""
        self.written.add(name)
        if name not in self.names:
            self.names = sorted([*self.names, name])
            with whole_file(self.path / LIST, "w", encoding="utf-8") as file:
                file.write("".join(f"{name}\n" for name in self.names))
        return self.path / name
