"""Edited folders of runs: each is refused in one line and left as it is, or goes on to the same bytes.

A run is stopped at any write of any of its files, before or after the file takes its name; then its tables,
its settings, its arrays or its list are edited, cut, blown up, or replaced by something else; then it is
resumed, in this process. Its pictures are small files here, for speed.
"""

import io
import json
import os
import tempfile
import tracemalloc
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from unittest import mock

import numpy as np

from npgan.app.demos import DEMOS
from npgan.app.demos.images import DigitsDemo
from npgan.app.folder import CHECKPOINT, LIST, RunFolder
from npgan.app.lock import LOCK
from npgan.app.run import Run
from npgan.classifier import classifier
from npgan.digits import Digits

ALLOWANCE = 8_000_000  # bytes of memory, besides 4 times the folder
MINE = {"notes.txt": b"precious", "samples.npy": b"too"}  # files of the user's own
TINY = {"batch": 8, "g_hidden": [2], "d_hidden": [2], "n_z": 1}


def images(split, folder=None):
    pixels = np.random.default_rng(3).integers(256, size=(20, 784), dtype=np.uint8)
    return Digits(pixels, np.zeros(20, np.uint8))


DIGITS = DigitsDemo("digits", "twenty images of noise", images)
CONFIGS = [
    {"demo": "digits"} | DIGITS.settings | TINY | {"epochs": 3},
    {"demo": "ring"} | DEMOS["ring"].settings | TINY | {"steps": 4},
]


def attack(rng, folder, edits=None):
    """One stopped run, edited once or twice, and resumed; "refused" or "equal". AssertionError for a fault."""
    config = CONFIGS[rng.random() < 0.2]  # mostly digits: they keep an array too
    states = [state for state in stopped(json.dumps(config)) if CHECKPOINT in state]
    start = states[rng.integers(len(states))] if rng.random() < 0.7 else states[-1]
    put(folder, start | MINE)
    done = [edit(rng, folder) for edit in rng.choice(edits or EDITS, size=rng.integers(1, 3))]
    before, size = contents(folder), sum(path.lstat().st_size for path in folder.iterdir())
    try:
        with small_pictures():
            refusal, peak = resume(folder, measured=size > 300_000)
    except Exception as error:
        raise AssertionError(f"{done}: {type(error).__name__}: {error}") from error
    assert peak < 4 * size + ALLOWANCE, f"{done}: {peak / 1e6:.0f} MB of memory for a folder of {size}"
    if refusal:
        assert len(refusal) < 500 and refusal.isprintable(), f"{done}: the message is {refusal!r}"
        after = {LOCK: before[LOCK]} | contents(folder) if LOCK in before else contents(folder)
        assert after == before, f"{done}: refused, but the folder is another: {refusal}"
        return "refused"
    kept = {name: content for name, content in before.items() if content == b"my own"}
    wanted, found = states[-1] | MINE | kept, contents(folder)
    others = [name for name in wanted | found if wanted.get(name) != found.get(name)]
    assert not others, f"{done}: it went on, and {', '.join(sorted(others))} differ"
    return "equal"


def resume(folder, measured):
    """Resume the run and finish it: why that was refused, or "", and the memory that taking it up took."""
    if measured:
        tracemalloc.start()
    try:
        run = Run.resume(RunFolder(folder))
    except (ValueError, OSError) as error:
        return f"{error}" or "?", tracemalloc.get_traced_memory()[1]
    else:
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    with run:
        assert run.train(quiet=True) == ""
        run.report()
    return "", peak


@contextmanager
def small_pictures():
    """A context in which pictures are the names of their files, digits few, judges of them untrained and in no
    cache, and disks not waited for."""

    def save(path, draw, size=None):
        path.write_bytes(path.name.encode())

    def judge(train):
        return classifier(train.images.shape[1], (4,), rng=np.random.default_rng(0))

    with ExitStack() as stack, np.errstate(all="ignore"):
        stack.enter_context(mock.patch("npgan.app.run.save_figure", save))
        stack.enter_context(mock.patch("npgan.app.demos.scores.judge", judge))
        stack.enter_context(mock.patch("os.fsync", lambda handle: None))
        stack.enter_context(mock.patch("npgan.training.keep_memory", lambda: None))  # it would count
        stack.enter_context(mock.patch.dict(DEMOS, digits=DIGITS))
        yield


@cache
def stopped(config):
    """What a folder holds when its run is killed before or after any of its files takes its name: a list of
    {name: content}, the last one that of the finished run."""
    states, replace = [], os.replace

    def noted(source, target):
        states.append(contents(Path(target).parent))
        replace(source, target)
        states.append(contents(Path(target).parent))

    with tempfile.TemporaryDirectory() as folder, small_pictures():
        with mock.patch("os.replace", noted), Run.new(folder, json.loads(config)) as run:
            assert run.train(quiet=True) == ""
            run.report()
        states.append(contents(Path(folder)))
    return states


def contents(folder):
    """{name: what is there} of a folder, whatever kind of thing it is."""
    return {path.name: look(path) for path in folder.iterdir()}


def look(path):
    if path.is_symlink():
        return "link", os.readlink(path)
    return path.read_bytes() if path.is_file() else "folder" if path.is_dir() else "something else"


def put(folder, state):
    for name, content in state.items():
        (folder / name).write_bytes(content)


# --- edits: each changes one file, and returns words for what it did ---


def a_file(rng, folder, *endings):
    """The path of a file of the run that is there; a rare one if there is none of that kind."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    fitting = [name for name in names if name.endswith(endings) and name not in MINE]
    return folder / str(rng.choice(fitting or [LIST]))


def read(path):
    return path.read_bytes() if path.is_file() else b""


def edited(path, content, what):
    if path.exists() and not path.is_file() or path.is_symlink():
        return "nothing"
    path.write_bytes(content)
    return f"{what} in {path.name}"


def cells(rng, folder):
    """A table as lists of texts, one for each line."""
    path = a_file(rng, folder, ".csv")
    return path, [line.split(",") for line in read(path).decode(errors="replace").splitlines()] or [[""]]


def table(path, rows, what, end="\n"):
    return edited(path, "".join(",".join(row) + end for row in rows).encode(), what)


def rows(rng, folder):
    """A row gone, twice, elsewhere, or another's number in it."""
    path, table_ = cells(rng, folder)
    i, j = rng.integers(len(table_), size=2)
    what = str(rng.choice(["deleted", "doubled", "swapped", "moved"]))
    if what == "deleted":
        del table_[i]
    elif what == "doubled":
        table_.insert(j, table_[i])
    elif what == "swapped":
        table_[i], table_[j] = table_[j], table_[i]
    else:
        table_.insert(j, table_.pop(i))
    return table(path, table_, f"line {i} {what} {j}")


def numbers(rng, folder):
    """One entry is another: a number a little or much larger, or no number."""
    path, table_ = cells(rng, folder)
    i = rng.integers(len(table_))
    j = rng.integers(len(table_[i]))
    old = table_[i][j]
    others = "nan inf -inf 1e999 0 -1 1 ² ١ 1_0 0x1 True \x00 =1+1 1e5 --5 99999999999999999999"
    new = [old + "0", old + "1", "-" + old, f" {old}", f'"{old}"', old[:-1], "9" * 5000, "", *others.split()]
    table_[i][j] = str(rng.choice(new))
    return table(path, table_, f"entry {i}, {j} {old!r} -> {table_[i][j][:20]!r}")


def columns(rng, folder):
    """A column more, gone, twice, elsewhere."""
    path, table_ = cells(rng, folder)
    i, j = rng.integers(len(table_[0]), size=2)
    what = str(rng.choice(["added", "deleted", "swapped", "renamed"]))
    for k, row in enumerate(table_):
        if what == "added":
            row.insert(i, "more" if k == 0 else "1")
        elif max(i, j) < len(row):
            if what == "deleted":
                del row[i]
            elif what == "swapped":
                row[i], row[j] = row[j], row[i]
            elif k == 0:
                row[i] += "_"
    return table(path, table_, f"column {i} {what} {j}")


def line_ends(rng, folder):
    path, table_ = cells(rng, folder)
    end = str(rng.choice(["\r\n", "\r", "\n\n", ",\n", " \n", ";\n", "\x0b"]))
    return table(path, table_, f"lines end in {end!r}", end)


def longer(rng, folder):
    """Rows, a line or bytes without end."""
    path = a_file(rng, folder, ".csv", ".json", ".npy", LIST)
    content = read(path)
    n = int(rng.choice([1, 100, 50_000]))
    more = [b"5,1,1,1,1\n", b"9", b" ", b"\n", b"\0", b'"', b"losses.png\n", b"[", content[-50:], b"4,4\n"]
    more = more[rng.integers(len(more))]
    content = content + n * more if rng.random() < 0.8 else n * more + content
    return edited(path, content, f"{n} times {more[:20]!r}")


def flipped(rng, folder):
    """Some bytes are others."""
    path = a_file(rng, folder, ".csv", ".json", ".npy", LIST)
    content = bytearray(read(path))
    most = len(content) if rng.random() < 0.5 else min(len(content), 130)
    where = [int(rng.integers(most)) for _ in range(3)] if content else []
    for i in where:
        content[i] = rng.integers(256)
    return edited(path, bytes(content), f"bytes {where}")


def cut(rng, folder):
    """The file ends early, or its middle is gone."""
    path = a_file(rng, folder, ".csv", ".json", ".npy", LIST)
    content = read(path)
    i, j = sorted(map(int, rng.integers(len(content) + 1, size=2)))
    return edited(path, content[:i] + (content[j:] if rng.random() < 0.5 else b""), f"cut {i} {j}")


def replaced(rng, folder):
    """The file is gone, empty, a folder, a link, another file of the run, or a pipe."""
    path = a_file(rng, folder, ".csv", ".json", ".npy", LIST)
    what = str(rng.choice(["gone", "empty", "folder", "link", "loose link", "other", "pipe", "text"]))
    if path.is_symlink() or path.exists() and not path.is_file():
        return "nothing"
    path.unlink(missing_ok=True)
    if what == "empty":
        path.touch()
    elif what == "folder":
        path.mkdir()
    elif what == "link":
        path.symlink_to("notes.txt")
    elif what == "loose link":
        path.symlink_to("nowhere")
    elif what == "other":
        path.write_bytes(read(a_file(rng, folder, ".csv", ".npy", ".json", LIST)))
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "text":
        path.write_bytes("\ufeffhällo\n".encode(str(rng.choice(["utf-8", "utf-16", "latin-1"])), "replace"))
    return f"{path.name} {what}"


def settings(rng, folder):
    """config.json with another value, a name more or less, or as no JSON that one would write."""
    path = folder / "config.json"
    config = json.loads(CONFIG_TEXTS[rng.integers(len(CONFIG_TEXTS))])
    name = str(rng.choice([*config, "digests", "more"]))
    odd = [None, True, 0, 1, -1, 2**64, 10**400, 1e308, "x", "", [], {}, [[]], float("nan"), float("inf"), 0.5]
    value = odd[rng.integers(len(odd))]
    texts = [
        json.dumps(config | {name: value}),
        json.dumps({key: value for key, value in config.items() if key != name}),
        json.dumps(dict(reversed(config.items()))),
        json.dumps(config)[:-1] + f', "{name}": {json.dumps(value)}' + "}",
        json.dumps(config)[:-1] + ', "seed": ' + "9" * 5000 + "}",
        json.dumps([config]), json.dumps(list(config)), json.dumps(value), '{"a":' * 10**5,
        "[" * 10**5 + "]" * 10**5, json.dumps(config)[:-1] + ', "x": ' + "[" * 2000 + "]" * 2000 + "}",
        json.dumps(config) + " " * 10**6, '{"seed": "\\ud800"}', "\ufeff" + json.dumps(config), "nul", "",
    ]  # fmt: skip
    text = texts[rng.integers(len(texts))]
    return edited(path, text.encode(), f"{name} = {str(value)[:20]}: {text[:20]!r}...")


CONFIG_TEXTS = [json.dumps(config) for config in CONFIGS]


def arrays(rng, folder):
    """strip.npy with other numbers, another shape, kind or header."""
    path = folder / "strip.npy"
    if not path.exists():
        return "nothing"
    n = int(rng.integers(5))
    dtype = rng.choice(["u1", "u1", "i1", "<f8", ">u2", "S1", "O", "<M8[s]", "i4,u1"])
    shape = [(n, 10, 784), (n, 784, 10), (10, 784, n), (10, 784), (n * 7840,), ()][rng.integers(6)]
    array = np.zeros(shape, np.dtype(str(dtype)))
    if rng.random() < 0.3:
        array = np.asfortranarray(array)
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=[(1, 0), (2, 0), (3, 0)][rng.integers(3)], allow_pickle=True)
    content = file.getvalue()
    if rng.random() < 0.5:  # a header that promises much, or is odd
        firsts = "99999999999", "9" * 30, "-1", "3.0", "True", "3", "None", "3 * 2", "0x3", "(" * 500
        shapes = [*(f"({first}, 10, 784)" for first in firsts), "'\\d'", "(3, 10, 784", "[3, 10, 784]", "()"]
        shape = str(rng.choice(shapes))
        text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(1000) + b"\n"
        content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(3 * 7840)
    return edited(path, content, f"{dtype} {shape[:30]}")


def names(rng, folder):
    """The list of the run with names more, less, twice, elsewhere, or of what is none of its business."""
    path = folder / LIST
    lines = read(path).decode(errors="replace").splitlines()
    for _ in range(rng.integers(1, 4)):
        what = rng.integers(4)
        if what == 0 and lines:
            del lines[rng.integers(len(lines))]
        elif what == 1:
            rng.shuffle(lines)
        elif what == 2 and lines:
            lines.append(lines[rng.integers(len(lines))])
        else:
            others = ["notes.txt", "../notes.txt", "/etc/passwd", "", ".", "..", "losses.png", "densities.png"]
            others += ["samples.png", "epoch_001.png", "epoch_1.png", "strip.npy", LIST, LOCK, "a\0b", "ä"]
            others += ["x" * 10**5]
            lines.append(others[rng.integers(len(others))])
    end = str(rng.choice(["\n", "\n", "\r\n"]))
    return edited(path, "".join(line + end for line in lines).encode(), f"{len(lines)} lines")


def foreign(rng, folder):
    """A file of the user's own has a name that the run has not written yet, or never will."""
    others = "losses.png", "strip.png", "epoch_003.png", "epoch_777.png", "samples.png", "x.png"
    name = str(rng.choice(others))
    if name in read(folder / LIST).decode(errors="replace").split() or os.path.lexists(folder / name):
        return "nothing"
    return edited(folder / name, b"my own", "my own")


EDITS = [
    rows, rows, numbers, numbers, columns, line_ends, longer, flipped, cut, replaced, settings, arrays, names,
    foreign,
]  # fmt: skip
