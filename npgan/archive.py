"""An archive is an .npz file by anybody: arrays in a zip, none of them made before it is known to fit.

What np.load takes on trust is looked at first. The file is a plain one; its entries are stored as they
are, and no two share a byte; an array is made only if its header says what was wanted and the entry is as
long as that. So all arrays together have no more bytes than the file. Nothing is ever unpickled.
"""

import math
import os
import stat
import warnings
import zipfile
from contextlib import contextmanager

import numpy as np

PIECE = 2**18  # bytes read at a time
LOCAL = 30  # bytes, at least, that a zip has before the content of each entry


def open_plain(path):
    """The file at path, open for reading, unbuffered. ValueError for one that may block or never end, as a
    pipe or a device does; OSError if it cannot be opened."""
    unblocked = getattr(os, "O_NONBLOCK", 0)  # or opening a pipe would wait for a writer
    file = open(path, "rb", buffering=0, opener=lambda path, flags: os.open(path, flags | unblocked))
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise ValueError("it is no plain file")


class Pieces:
    """A file that gives at most PIECE bytes at a time. A zip's list of entries is read at once, and takes a
    dozen times its length in memory: a longer one is cut short, which zipfile notices."""

    def __init__(self, file):
        self.file, self.seek, self.tell, self.seekable = file, file.seek, file.tell, file.seekable

    def read(self, size=-1):
        return self.file.read(PIECE if size < 0 else min(size, PIECE))


class Archive:
    """The arrays in an open file of `size` bytes. ValueError, here and from its methods, says in one line what
    is wrong, and quotes no bytes of the file."""

    def __init__(self, file):
        self.size = file.seek(0, os.SEEK_END)
        with _damage("File is not a zip file, or a damaged one"):
            self.zip = zipfile.ZipFile(Pieces(file))
            infos = sorted(self.zip.infolist(), key=lambda info: info.header_offset)
        self.entries = {info.filename.removesuffix(".npy"): info for info in infos}
        if len(self.entries) < len(infos):
            raise ValueError("it has two entries of one name")
        end = 0
        for name, info in self.entries.items():
            if info.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"its entry {name!r} is compressed, which ours never are")
            if info.header_offset < end:
                raise ValueError(f"its entry {name!r} overlaps another")
            end = info.header_offset + LOCAL + info.file_size
        if end > self.size:
            raise ValueError("its entries are longer than the file")

    def kind(self, name):
        """(dtype, shape) of an array, by its header."""
        with self._open(name) as file:
            return _header(name, file)[:2]

    def read(self, name, dtype, shape):
        """The array called name, which must be of this dtype and shape."""
        with self._open(name) as file:
            *got, fortran = _header(name, file)
            if got != [dtype, shape]:
                raise ValueError(f"its entry {name!r} is {got[0]} {got[1]}, wanted {dtype} {shape}")
            count = math.prod(shape)
            if self.entries[name].file_size != file.tell() + count * dtype.itemsize:
                raise ValueError(f"its entry {name!r} is not as long as its shape {shape} says")
            with _damage(f"its entry {name!r} is damaged"):
                array = np.empty(count, dtype)
                content = memoryview(array.view(np.uint8))
                for start in range(0, len(content), PIECE):
                    piece = content[start : start + PIECE]
                    piece[:] = file.read(len(piece))  # the last piece: the checksum, too, is right
                return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)

    def _open(self, name):
        if name not in self.entries:
            raise ValueError(f"it has no entry {name!r}")
        with _damage(f"its entry {name!r} is damaged"):
            return self.zip.open(self.entries[name])


def _header(name, file):
    """(dtype, shape, is it in Fortran's order?) of the array that starts here; objects are refused."""
    with _damage(f"its entry {name!r} is not an array"), warnings.catch_warnings():
        warnings.simplefilter("error")  # of Python 2, says NumPy, and goes on
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    if version != (1, 0):
        raise ValueError(f"its entry {name!r} has array format {version}")
    if dtype.hasobject:
        raise ValueError(f"its entry {name!r} holds pickled objects, which are never loaded")
    return dtype, shape, fortran


@contextmanager
def _damage(message):
    """Whatever zip and NumPy make of damaged bytes, which they may quote, as a ValueError that says message."""
    try:
        yield
    except Exception:
        raise ValueError(message) from None
