"""Thousands of mutated files and folders are read exactly, by the word of another reader, or refused."""

import gzip
import os
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from idx_files import NAMES, idx, small, write

from benchmarks.hostile import checkpoints
from benchmarks.hostile import idx as hostile
from benchmarks.hostile.idx import FILES, SIZES, TAILS, mutate, reference, reference_pair
from npgan.digits import DataError, mnist, read_idx
from npgan.digits import idx as idx_module

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
        wanted = reference_pair(*contents)
        try:
            got = mnist(folder)
        except DataError:
            assert wanted is None
            outcomes["refused"] += 1
        else:
            assert (got.images == wanted[0]).all() and (got.labels == wanted[1]).all()
            assert (got.labels <= 9).all()
            assert got.images.shape == (len(got.labels), 784)
            outcomes["read"] += 1

    check()
    assert min(outcomes.values()) >= 100, outcomes


unix = pytest.mark.skipif(os.name == "nt", reason="the attacks use pipes, links and SIGALRM")


def attacks(n, tmp_path, seed=0):
    """The outcomes of n attacks, each in a folder of its own."""
    for i in range(n):
        (folder := tmp_path / str(i)).mkdir()
        yield hostile.attack(np.random.default_rng([seed, i]), folder)


@unix
def test_attacks_are_read_exactly_or_refused(tmp_path):
    outcomes = list(attacks(200, tmp_path))
    assert outcomes.count("refused") > 100 and outcomes.count("read") > 10


def little_endian(form, content):
    return struct.unpack(form.replace(">", "<"), content)


WEAKNESSES = {  # a name in npgan.digits.idx, what stands in its place, and what the attacks should say
    "a pipe is opened": ("open_plain", lambda path: open(path, "rb"), "took more than"),
    "three times as much": ("LIMIT", 3 * idx_module.LIMIT, "MB of memory for"),
    "sizes back to front": ("struct", SimpleNamespace(unpack=little_endian), "a good file was refused"),
}


@unix
@pytest.mark.parametrize("weakness", WEAKNESSES)
def test_the_attacks_notice_a_check_that_is_missing(weakness, tmp_path, monkeypatch):
    name, other, message = WEAKNESSES[weakness]
    monkeypatch.setattr(idx_module, name, other)
    monkeypatch.setattr(checkpoints, "SECONDS", 3)
    with pytest.raises(AssertionError, match=message):
        list(attacks(300, tmp_path))
