"""Thousands of mutated files and folders are read exactly, by the word of another reader, or refused."""

import gzip
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from idx_files import GOOD, NAMES, idx, small, write

from npgan.digits import DataError, mnist, read_idx


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


SIZES = [0, 1, 2, 3, 4, 6, 60_000, 2**31, 2**32 - 1]
TAILS = [b"\0", bytes(9), GOOD, gzip.compress(b""), gzip.compress(b"\7")]
place = st.integers(0, 10**6)
mutation = st.one_of(
    st.tuples(st.just("flip"), place, st.integers(0, 7)),
    st.tuples(st.just("flip"), st.integers(0, 40), st.integers(0, 7)),  # the header, more often
    st.tuples(st.just("set"), place, st.integers(0, 255)),
    st.tuples(st.just("cut"), place, st.just(0)),
    st.tuples(st.just("drop"), place, st.integers(1, 8)),
    st.tuples(st.just("insert"), place, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("size"), st.integers(0, 2), st.sampled_from(SIZES)),
    st.tuples(st.just("append"), place, st.sampled_from(TAILS)),
)


def mutate(content, changes):
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


ARRAYS = [np.arange(24).reshape(2, 3, 4), np.arange(12) % 10, np.arange(200).reshape(2, 10, 10), [5]]
FILES = {
    "plain": [idx(array) for array in ARRAYS],
    "gzip": [gzip.compress(idx(array), mtime=0) for array in ARRAYS]
    + [gzip.compress(idx(array), compresslevel=0, mtime=0) for array in ARRAYS]
    + [gzip.compress(GOOD[:20], mtime=0) + gzip.compress(GOOD[20:], mtime=0)],
}


@pytest.mark.parametrize("kind", ["plain", "gzip", "zipped after"])
def test_mutated_files_are_read_exactly_or_refused(kind, tmp_path):
    path, outcomes = tmp_path / "mutated", {"read": 0, "refused": 0}
    valid = FILES["gzip" if kind == "gzip" else "plain"]

    @settings(max_examples=1200)
    @given(st.sampled_from(valid), st.lists(mutation, min_size=1, max_size=3))
    @example(valid[0], [])
    def check(content, changes):
        content = mutate(content, changes)
        path.write_bytes(gzip.compress(content, 1) if kind == "zipped after" else content)
        wanted = reference(content)
        try:
            got = read_idx(path)
        except DataError as error:
            assert wanted is None and str(error).startswith(str(path))
            outcomes["refused"] += 1
        else:
            assert wanted is not None and got.dtype == np.uint8
            assert got.shape == wanted.shape and (got == wanted).all()
            outcomes["read"] += 1

    check()
    assert min(outcomes.values()) >= 100, outcomes


def test_mutated_folders_are_loaded_exactly_or_refused(tmp_path, rng):
    images, labels = small(3, rng=rng)
    folder, outcomes = write(tmp_path / "data", images, labels), {"read": 0, "refused": 0}
    pair = [idx(images), idx(labels)]

    @settings(max_examples=600)
    @given(st.integers(0, 1), st.lists(mutation, min_size=1, max_size=2))
    def check(which, changes):
        contents = list(pair)
        contents[which] = mutate(contents[which], changes)
        for name, content in zip(NAMES[:2], contents, strict=True):
            (folder / name).write_bytes(content)
        x, y = map(reference, contents)
        try:
            got = mnist(folder)
        except DataError:
            fits = x is not None and y is not None and x.shape[1:] == (28, 28) and y.shape == x.shape[:1]
            assert not (fits and (y <= 9).all())
            outcomes["refused"] += 1
        else:
            assert (got.images == x.reshape(-1, 784)).all() and (got.labels == y).all() and (y <= 9).all()
            assert got.images.shape == (len(got.labels), 784)
            outcomes["read"] += 1

    check()
    assert min(outcomes.values()) >= 100, outcomes
