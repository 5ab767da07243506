"""Damaged IDX files, gzip or not: each is read exactly, by the word of another reader, or refused in one line.

The bytes are changed, before or after they are packed; or two files no longer belong together; or a small
gzip file unpacks to a large one; or the path is no plain file. A reader takes no more memory than MNIST's
largest file has pixels, whatever a file says or holds.
"""

import gzip
import os
import struct
import zlib

import numpy as np

from benchmarks.hostile.checkpoints import check_message, pick, watched
from npgan.digits import LIMIT, DataError, mnist, read_idx

ALLOWANCE = LIMIT + 8_000_000  # bytes of memory, besides 4 times the file
NAMES = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def attack(rng, folder):
    """One random hostile file in the empty folder; "read" or "refused". AssertionError for a fault."""
    path, call, wanted = pick(rng, KINDS)(rng, folder)
    got, error, memory = watched(call, DataError, OSError)
    size = sum(os.path.getsize(one) for one in folder.rglob("*") if one.is_file())
    assert memory <= 4 * size + ALLOWANCE, f"{memory / 1e6:.1f} MB of memory for {size / 1e6:.1f} MB of files"
    if error:
        assert wanted is None, f"a good file was refused: {error}"
        check_message(str(error), str(path))
        return "refused"
    assert wanted is not None, "a damaged file was read"
    for one, other in zip(got, wanted, strict=True):
        assert one.dtype == np.uint8 and np.array_equal(one, other), "other numbers were read"
    return "read"


# --- the other reader, and good files ---


def reference(content):
    """What read_idx should make of a small file: an array, or None for a refusal. By other means."""
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return None
    for magic, k in (b"\0\0\x08\x01", 1), (b"\0\0\x08\x03", 3):
        if content[:4] == magic and len(content) >= 4 + 4 * k:
            shape = [int.from_bytes(content[4 + 4 * i : 8 + 4 * i], "big") for i in range(k)]
            payload = list(content[4 + 4 * k :])
            size = 1
            for one in shape:
                size *= one
            if size == len(payload) > 0:
                return np.array(payload, np.uint8).reshape(shape)
    return None


def reference_pair(images, labels):
    """What mnist should make of two small files: (images (n, 784), labels (n,)), or None for a refusal."""
    x, y = reference(images), reference(labels)
    if x is None or y is None or x.shape[1:] != (28, 28) or y.shape != x.shape[:1] or (y > 9).any():
        return None
    return x.reshape(-1, 784), y


def idx(array):
    """The content of an IDX file of bytes."""
    array = np.asarray(array, np.uint8)
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def zeros(count, before=b""):
    """gzip of `before` and then so many zeros, made without holding them."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(before)]
    for start in range(0, count, 2**20):
        parts.append(packer.compress(bytes(min(2**20, count - start))))
    return b"".join(parts) + packer.flush()


GOOD = idx(np.arange(24).reshape(2, 3, 4))
ARRAYS = [np.arange(24).reshape(2, 3, 4), np.arange(12) % 10, np.arange(200).reshape(2, 10, 10), [5]]
FILES = {
    "plain": [idx(array) for array in ARRAYS],
    "gzip": [gzip.compress(idx(array), mtime=0) for array in ARRAYS]
    + [gzip.compress(idx(array), compresslevel=0, mtime=0) for array in ARRAYS]
    + [gzip.compress(GOOD[:20], mtime=0) + gzip.compress(GOOD[20:], mtime=0)],
}


# --- damage ---

SIZES = [0, 1, 2, 3, 4, 6, 60_000, 2**31, 2**32 - 1]
TAILS = [b"\0", bytes(9), GOOD, gzip.compress(b""), gzip.compress(b"\7")]


def mutate(content, changes):
    """content after changes, each (kind, where, what)."""
    content = bytearray(content)
    for kind, at, what in changes:
        at = at if kind == "size" else at % (len(content) + 1)
        if kind == "flip":
            content[at : at + 1] = bytes(byte ^ 1 << what for byte in content[at : at + 1])
        elif kind == "set":
            content[at : at + 1] = bytes(what for _ in content[at : at + 1])
        elif kind == "cut":
            del content[at:]
        elif kind == "drop":
            del content[at : at + what]
        elif kind == "insert":
            content[at:at] = what
        elif kind == "size":
            content[4 + 4 * at : 8 + 4 * at] = what.to_bytes(4, "big")
        elif kind == "append":
            content += what
    return bytes(content)


def some_changes(rng, most=3):
    return [pick(rng, CHANGES)(rng, int(rng.integers(10**6))) for _ in range(rng.integers(1, most + 1))]


CHANGES = [
    lambda rng, at: ("flip", at, int(rng.integers(8))),
    lambda rng, at: ("flip", at % 40, int(rng.integers(8))),  # the header, more often
    lambda rng, at: ("set", at, int(rng.integers(256))),
    lambda rng, at: ("cut", at, 0),
    lambda rng, at: ("drop", at, int(rng.integers(1, 9))),
    lambda rng, at: ("insert", at, rng.bytes(int(rng.integers(1, 9)))),
    lambda rng, at: ("size", at % 3, pick(rng, SIZES)),
    lambda rng, at: ("append", at, pick(rng, TAILS)),
]


# --- attacks: (what the message must name, the call, what it should return or None) ---


def of_file(path, content):
    path.write_bytes(content)
    wanted = reference(content)
    return path, lambda: [read_idx(path)], None if wanted is None else [wanted]


def plain(rng, folder):
    return of_file(folder / "file", mutate(pick(rng, FILES["plain"]), some_changes(rng)))


def zipped(rng, folder):
    return of_file(folder / "file.gz", mutate(pick(rng, FILES["gzip"]), some_changes(rng)))


def zipped_after(rng, folder):
    return of_file(folder / "file.gz", gzip.compress(mutate(pick(rng, FILES["plain"]), some_changes(rng)), 1))


def pair(rng, folder):
    """Images and labels, of which one file is damaged, or both."""
    n = int(rng.integers(1, 4))
    contents = [idx(rng.integers(256, size=(n, 28, 28))), idx(rng.integers(10, size=n))]
    for i in {int(rng.integers(2)), int(rng.integers(2))}:
        contents[i] = mutate(contents[i], some_changes(rng, most=2))
    for name, content in zip(NAMES, contents, strict=True):
        (folder / name).write_bytes(content)
    return folder, lambda: mnist(folder), reference_pair(*contents)


def bomb(rng, folder):
    """Much from little: a stream of zeros after a header that says less, as much, or more."""
    count, size = int(rng.integers(1, 2 * LIMIT)), pick(rng, [0, 1, LIMIT, LIMIT + 1, 2**32 - 1])
    before = pick(rng, [b"", struct.pack(">4sI", b"\0\0\x08\x01", pick(rng, [size, count]))])
    path = folder / "bomb.gz"
    path.write_bytes(zeros(count, before))
    fits = before and struct.unpack(">4sI", before)[1] == count <= LIMIT
    return path, lambda: [read_idx(path)], [np.zeros(count, np.uint8)] if fits else None


def odd_path(rng, folder):
    """A path that is no plain file, alone or as one of the two."""
    path = folder / pick(rng, ["file", NAMES[0]])
    kind = pick(rng, ["folder", "pipe", "device", "loop", "missing"])
    if path.name == NAMES[0]:
        (folder / NAMES[1]).write_bytes(idx([1, 2]))
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind != "missing":
        path.symlink_to(path if kind == "loop" else pick(rng, ["/dev/zero", "/dev/null", "/dev/full"]))
    return path.name, lambda: mnist(folder) if path.name == NAMES[0] else [read_idx(path)], None


KINDS = [*[plain, zipped, zipped_after, pair] * 5, odd_path, odd_path, bomb]
