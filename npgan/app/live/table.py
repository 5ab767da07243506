"""A table of numbers from a .csv or .npy file: the user's own data, read with care."""

import csv
import math
from pathlib import Path

import numpy as np

from npgan import require

COLUMNS = 1, 2


def read(path):
    """The rows (n, 1) or (n, 2) in the file; ValueError says what is wrong, OSError if it is not there."""
    path = Path(path)
    where = require.one_line(path)
    if path.is_dir():
        raise ValueError(f"{where} is a folder, wanted a file")
    rows = read_csv(path, where) if path.suffix.lower() == ".csv" else read_npy(path, where)
    if not len(rows):
        raise ValueError(f"{where} holds no rows")
    if rows.shape[1] not in COLUMNS:
        wanted = "wanted 1 or 2: points on the line or in the plane"
        raise ValueError(f"{where} has {rows.shape[1]} columns, {wanted}")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise ValueError(f"{where} has {rows[row, column]} in row {row + 1}, column {column + 1}")
    return rows


def read_csv(path, where):
    rows = []
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            for number, line in enumerate(csv.reader(file), start=1):
                if line:
                    rows.append([number_of(text, where, number) for text in line])
                    if len(rows[-1]) != len(rows[0]):
                        has = f"has {len(rows[-1])} entries, and those before it {len(rows[0])}"
                        raise ValueError(f"{where}: line {number} {has}")
        except UnicodeDecodeError:
            raise ValueError(f"{where} is no text in UTF-8") from None
        except csv.Error as error:
            raise ValueError(f"{where}: {error}") from None
    return np.array(rows, float).reshape(len(rows), -1) if rows else np.empty((0, 1))


def number_of(text, where, line):
    try:
        number = float(text)
    except ValueError:
        got = require.one_line(repr(text), limit=60)
        raise ValueError(f"{where}: line {line} has {got}, which is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"{where}: line {line} has {text.strip()}, wanted a finite number")
    return number


def read_npy(path, where):
    try:
        rows = np.load(path, allow_pickle=False)
    except OSError:
        raise
    except Exception:  # whatever NumPy makes of a damaged file
        raise ValueError(f"{where} is no array as np.save writes it, of plain numbers") from None
    if not isinstance(rows, np.ndarray) or rows.dtype.kind not in "fiub":
        got = getattr(rows, "dtype", "an archive")
        raise ValueError(f"{where} must hold an array of numbers, got {got}")
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2:
        raise ValueError(f"{where} must hold rows (n, 1) or (n, 2), got shape {rows.shape}")
    return rows.astype(float)
