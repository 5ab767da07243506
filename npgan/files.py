"""A file appears whole or not at all: it is written under another name, then renamed."""

import errno
import io
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

PART = ".npgan-part"  # ends the name of a file that is being written
LONG = 100  # bytes of a name; with what is added to longer ones, some file systems would not take them


@contextmanager
def whole_file(path, mode="w+b", **options):
    """Open a file for writing that takes the name `path` only when the block ends without an error.

    (One for writing alone, "wb", NumPy would bypass, and not say why that fails on a full disk.) A link is
    followed, and stays. What is meant for a pipe, a device or standard output goes there when the block ends.
    OSError, about path, if the folder does not exist or cannot be written, if path itself is a folder, or a
    file that may not be written.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, wanted the name of a file")
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    stream = stream_at(path)
    if stream is None and not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to write {target.name} in")
    way = _replacing(target, mode, options) if stream is None else _into(stream, mode, options)
    with about(path), way as file:
        yield file


def stream_at(path):
    """What is written into, and not replaced, if path leads to it: the path of a pipe or a device, or the
    number of this process's standard output or error, be they files or not. None for another file."""
    if not path.exists():
        return None
    for number in 1, 2:
        with suppress(OSError):  # closed
            if os.path.samestat(path.stat(), os.fstat(number)):
                return number
    return None if path.is_file() else path


@contextmanager
def about(name):
    """An OSError that comes out names this, and not a temporary file, or nothing."""
    try:
        yield
    except OSError as error:
        if error.errno and (error.filename is None or str(error.filename).endswith(PART)):
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
def _into(stream, mode, options):
    content = io.BytesIO()  # some formats go back in their file, which a pipe cannot
    file = content if "b" in mode else io.TextIOWrapper(content, **options)
    yield file
    file.flush()
    with open(os.dup(stream) if isinstance(stream, int) else stream, "wb") as out:
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
