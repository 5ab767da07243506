"""Tables of numbers as CSV, with every digit, and arrays: what a run notes of its steps and of its looks.

What is read back takes memory for the steps that there are to be, whatever a file has grown to.
"""

import csv
import hashlib
import math
import os
import warnings
from array import array
from contextlib import contextmanager

import numpy as np

from npgan.app.folder import HISTORY, PROGRESS
from npgan.checkpoint import CheckpointError
from npgan.files import whole_file
from npgan.training import Record

WIDTH = len(Record._fields)
LINE_LIMIT = 1000  # characters; ours have about 100


def write_rows(path, names, rows):
    """Write a table, whole or not at all: one line of names, one for each of the rows."""
    with whole_file(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(names)
        table.writerows(rows)


def read_progress(path, measures, last, older=None):
    """The rows of the looks up to step `last`, as dicts, [] if there is no file; CheckpointError if it is no
    table of the step and the measures, or the older ones, the steps growing."""
    if not path.exists():
        return []
    names, rows, before = ["step", *measures], [], 0
    with usable(path):
        for row in _rows(path, names, last, _number, older and ["step", *older]):
            if not isinstance(row[0], int) or row[0] <= before:
                raise ValueError(f"step {row[0]} follows on step {before}")
            rows.append(dict(zip(names, row, strict=False)))
            before = row[0]
    return rows


def read_history(path, last):
    """The records of steps 1 to last, as a run keeps them: one after the other in an array. CheckpointError
    if the file does not hold these."""
    history = array("d")
    if not last and not path.exists():
        return history
    with usable(path):
        for step, row in enumerate(_rows(path, Record._fields, last, float), start=1):
            if row[0] != step:
                raise ValueError(f"line {step + 1} is not that of step {step}")
            history.extend(row)
    if len(history) != last * WIDTH:
        raise CheckpointError(f"{path} does not hold the {last} steps of the checkpoint beside it")
    return history


def read_arrays(path, n, shape, dtype):
    """The first n of the arrays in a .npy file, a list; CheckpointError if it does not hold these."""
    dtype = np.dtype(dtype)
    size = n * math.prod(shape) * dtype.itemsize
    if not path.is_file():
        raise CheckpointError(f"{path} cannot be read: no such file")
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("error")  # of headers that are almost Python
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError("another version")
            found, _, kind = np.lib.format.read_array_header_1_0(file)
            whole = os.fstat(file.fileno()).st_size - file.tell() >= size
            data = file.read(size) if whole else b""
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    except Exception:  # whatever NumPy makes of a damaged file
        raise CheckpointError(f"{path} cannot be read: it is no array as np.save writes it") from None
    if kind != dtype or found[1:] != shape or len(found) <= len(shape) or found[0] < n:
        raise CheckpointError(f"{path} holds {kind} {found}, wanted {dtype} {(n, *shape)}")
    if not whole:
        raise CheckpointError(f"{path} cannot be read: it is cut short")
    return list(np.frombuffer(data, dtype).reshape(n, *shape))


def digests(history, progress, kept):
    """{name of a file: SHA-256 of what is noted in it}, of the numbers, however the file writes them."""
    rows = "\n".join(",".join(map(str, row.values())) for row in progress)
    contents = {HISTORY: history, PROGRESS: rows.encode()}
    contents |= {f"{name}.npy": np.array(arrays) for name, arrays in kept.items()}
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


@contextmanager
def usable(path):
    """What goes wrong in the block is a CheckpointError that names the file."""
    try:
        yield
    except UnicodeDecodeError:
        raise CheckpointError(f"{path} is not a usable table: it is no text in UTF-8") from None
    except (OSError, ValueError, csv.Error) as error:
        raise CheckpointError(f"{path} is not a usable table: {error}") from None


def _rows(path, names, last, number, older=None):
    """Yield the rows of the steps up to last of a table with these names, or the older ones, as lists of
    numbers."""
    if not path.is_file():
        raise ValueError("no such file")
    with open(path, encoding="utf-8", newline="") as file:
        table = csv.reader(_lines(file), strict=True)
        first = next(table, None)
        if first not in (list(names), older or list(names)):
            raise ValueError(f"its first line is not {','.join(names)}")
        for line, row in enumerate(table, start=2):
            if len(row) != len(first):
                raise ValueError(f"line {line} has {len(row)} entries, wanted {len(first)}")
            try:
                numbers = list(map(number, row))
            except ValueError:
                raise ValueError(f"line {line} has an entry that is no number") from None
            if numbers[0] > last:
                return
            yield numbers


def _lines(file):
    """The lines of a file, cut after LINE_LIMIT characters."""
    return iter(lambda: file.readline(LINE_LIMIT), "")


def _number(text):
    return int(text) if text.lstrip("-").isdigit() else float(text)
