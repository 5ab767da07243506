"""An archive gives the arrays that were put in, whole, or says in one line and little memory why not."""

import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from benchmarks.hostile.checkpoints import entry, listed, npy
from npgan.archive import LOCAL, PIECE, Archive, open_plain

ARRAYS = {
    "empty": np.zeros((0, 3)),
    "number": np.array(2.5),
    "text": np.array("a text"),
    "vector": np.array([3, 1, 4, 1, 5, 9, 2, 6], np.uint8),
    "turned": np.sqrt(np.arange(12)).reshape(3, 4).T,
    "cube": np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)),
    "piece": np.arange(PIECE, dtype=np.uint8),
    "pieces": np.random.default_rng(0).random(PIECE),
    "more": np.arange(2 * PIECE + 1, dtype=np.uint8),
}


@pytest.fixture
def path(tmp_path):
    np.savez(tmp_path / "a.npz", **ARRAYS)
    return tmp_path / "a.npz"


def read(path, *names):
    with open_plain(path) as file:
        archive = Archive(file)
        return {name: archive.read(name, *archive.kind(name)) for name in names or archive.entries}


def refused(path, message, *names):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as info:
            read(path, *names)
        memory = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(info.value).isprintable() and "\\x" not in str(info.value)
    assert memory < 2 * os.path.getsize(path) + 4_000_000


def test_it_gives_the_arrays_that_were_saved(path):
    got = read(path)
    assert got.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert got[name].dtype == array.dtype and got[name].shape == array.shape
        assert got[name].tobytes() == array.tobytes() and got[name].flags.writeable
        assert got[name].flags.f_contiguous == array.flags.f_contiguous


def test_an_array_is_read_as_what_was_wanted_only(path):
    with open_plain(path) as file:
        archive = Archive(file)
        assert archive.size == path.stat().st_size
        for dtype, shape in (float, (3, 4)), (np.float32, (4, 3)), (">f8", (4, 3)), (float, (12,)), (float, ()):
            with pytest.raises(ValueError, match=r"its entry 'turned' is float64 \(4, 3\), wanted"):
                archive.read("turned", np.dtype(dtype), shape)
        with pytest.raises(ValueError, match="it has no entry 'turn'"):
            archive.read("turn", np.dtype(float), (4, 3))


@pytest.mark.parametrize("name", ["vector", "piece", "pieces", "more", "turned"])
@pytest.mark.parametrize("where", ["first", "last"])
def test_a_flipped_bit_is_noticed_in_whatever_piece(name, where, path):
    content, numbers = bytearray(path.read_bytes()), ARRAYS[name].tobytes("A")
    at = content.index(numbers) + (0 if where == "first" else len(numbers) - 1)
    content[at] ^= 1
    path.write_bytes(content)
    refused(path, f"its entry '{name}' is (damaged|not an array)", name)
    assert len(read(path, "number", "empty")) == 2


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes among files")
def test_what_is_no_plain_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for path in tmp_path / "pipe", tmp_path / "link", "/dev/zero", "/dev/null":
        with pytest.raises(ValueError, match="it is no plain file"):
            open_plain(path)
    with pytest.raises(IsADirectoryError):
        open_plain(tmp_path)
    (tmp_path / "file").write_bytes(b"a")
    (tmp_path / "other").symlink_to("file")
    with open_plain(tmp_path / "other") as file:
        assert file.read() == b"a"


def test_compressed_entries_and_names_that_are_there_twice(tmp_path):
    np.savez_compressed(tmp_path / "a", a=np.zeros(10**6))
    refused(tmp_path / "a.npz", "its entry 'a' is compressed")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("a.npy", npy(np.zeros(3)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.writestr("a.npy", npy(np.ones(3)))
    refused(tmp_path / "a.npz", "it has two entries of one name")


def placed(*offsets):
    """A zip of 1,000 numbers whose list of entries gives these places for them."""
    content = npy(np.arange(1000.0))
    local, _ = entry("0", content, 0)
    return listed(local + content, [entry(str(i), content, at)[1] for i, at in enumerate(offsets)])


def test_entries_that_share_a_byte_or_go_beyond_the_end(tmp_path):
    path, size = tmp_path / "a.npz", LOCAL + len(npy(np.arange(1000.0)))
    path.write_bytes(placed(0))
    assert (read(path)["0"] == np.arange(1000)).all()
    for offsets in (0, 0), (0, 10), (0, size - 1), (10, 0):
        path.write_bytes(placed(*offsets))
        refused(path, "overlaps another")
    path.write_bytes(placed(0, size))
    refused(path, "longer than the file")


def test_a_long_list_of_entries_takes_little_memory(tmp_path):
    (tmp_path / "a.npz").write_bytes(listed(b"", [entry(str(i), b"", 0)[1] for i in range(50_000)]))
    refused(tmp_path / "a.npz", "not a zip file, or a damaged one")


def test_an_entry_that_is_longer_than_its_shape(tmp_path):
    for change in lambda b: b + b"x", lambda b: b[:-1]:
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
            file.writestr("a.npy", change(npy(np.zeros(3))))
        refused(tmp_path / "a.npz", r"its entry 'a' is not as long as its shape \(3,\) says")


@pytest.mark.parametrize(
    "header, message",
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3L,), }", "is not an array"),  # of Python 2
        ("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "holds pickled objects, which are never"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }", "is not as long as"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000,), }", "is not as long as"),
        ("{'descr': ('<f8', (10**9,)), 'fortran_order': False, 'shape': (), }", "is not an array"),
        ("[" * 9000, "is not an array"),
        ("'" + "a" * 60_000, "is not an array"),
    ],
)
def test_headers_that_say_what_is_not_so(header, message, tmp_path):
    header = header.encode() + b"\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        content = b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + bytes(24)
        file.writestr("a.npy", content)
        file.writestr("b.npy", content.replace(b"NUMPY\1", b"NUMPY\3"))
    refused(tmp_path / "a.npz", f"its entry 'a' {message}", "a")
    refused(tmp_path / "a.npz", r"its entry 'b' has array format \(3, 0\)", "b")
