"""A file appears whole or not at all: it is written under another name, then renamed."""

import errno
import io
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

PART = ".npgan-part"  # ends the name of a file that is being written
LONG = 100  # bytes of a name; with what is added to longer ones, some file systems would not take them


@contextmanager
def whole_file(path, mode="wb", **options):
    """Open a file for writing that takes the name `path` only when the block ends without an error.

    A link is followed, and stays. What is written into a pipe or a device goes there when the block ends.
    OSError, about path, if the folder does not exist or cannot be written, if path itself is a folder, or a
    file that may not be written.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, wanted the name of a file")
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    special = path.exists() and not path.is_file()
    if not special and not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to write {target.name} in")
    with about(path), _into(path, mode, options) if special else _replacing(target, mode, options) as file:
        yield file


@contextmanager
def about(name):
    """An OSError that comes out names this, and not a temporary file, or nothing."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # NumPy's, of a full disk
            raise OSError(f"{name} could not be written: {error}") from error
        if error.filename is None or str(error.filename).endswith(PART):
            raise OSError(error.errno, error.strerror, str(name)) from error
        raise


@contextmanager
def _replacing(path, mode, options):
    if path.is_symlink():  # the last of those that were followed leads back
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    there = path.exists()
    if there and not os.access(path, os.W_OK):  # to rename another over it would be allowed
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    permissions = path.stat().st_mode & 0o777 if there else 0o666 & ~_umask()
    start = path.name if len(os.fsencode(path.name)) <= LONG else "long-name"
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{start}.", suffix=PART)
    try:
        with open(handle, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, permissions)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _into(device, mode, options):
    content = io.BytesIO()  # some formats go back in their file, which a pipe cannot
    file = content if "b" in mode else io.TextIOWrapper(content, **options)
    yield file
    file.flush()
    with open(device, "wb") as out:
        out.write(content.getbuffer())


def clear_leftovers(folder):
    """Remove what a process that was killed while writing has left under temporary names."""
    for leftover in Path(folder).glob(f".*{PART}"):
        if leftover.is_file():
            leftover.unlink(missing_ok=True)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
