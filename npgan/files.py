"""A file appears whole or not at all: it is written under another name, then renamed."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

PART = ".npgan-part"  # ends the name of a file that is being written


@contextmanager
def whole_file(path, mode="wb", **options):
    """Open a file for writing that takes the name `path` only when the block ends without an error.

    OSError if the folder does not exist or cannot be written, or if path itself is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, wanted the name of a file")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} in")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=PART)
    try:
        with open(handle, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def clear_leftovers(folder):
    """Remove what a process that was killed while writing has left under temporary names."""
    for leftover in Path(folder).glob(f".*{PART}"):
        if leftover.is_file():
            leftover.unlink(missing_ok=True)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
