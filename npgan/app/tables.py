"""Tables of numbers as CSV, with every digit: what a run notes of its steps and of its looks."""

import csv
import io
from array import array

from npgan.checkpoint import CheckpointError
from npgan.files import whole_file
from npgan.training import Record

WIDTH = len(Record._fields)


def write_rows(path, names, rows):
    """Write a table, whole or not at all: one line of names, one for each of the rows."""
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


def read_history(path, last):
    """The records of steps 1 to last, as a run keeps them: one after the other in an array. CheckpointError
    if the file does not hold these."""
    history = array("d")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            table = csv.reader(file, strict=True)
            if next(table, None) != list(Record._fields):
                raise ValueError(f"its first line is not {','.join(Record._fields)}")
            for step, row in enumerate(table, start=1):
                if step > last:
                    break
                if len(row) != WIDTH or row[0] != str(step):
                    raise ValueError(f"line {step + 1} is not that of step {step}")
                history.extend(map(float, row))
    except (OSError, ValueError, csv.Error) as error:
        raise CheckpointError(f"{path} is not a usable table: {error}") from None
    if len(history) != last * WIDTH:
        raise CheckpointError(f"{path} does not hold the {last} steps of the checkpoint beside it")
    return history


def _number(text):
    return int(text) if text.lstrip("-").isdigit() else float(text)
