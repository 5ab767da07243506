"""IDX files are read as they were written, gzip or not, or refused in one line; bombs do not go off."""

import gzip
import struct
import tracemalloc

import numpy as np
import pytest
from idx_files import GOOD, idx, zeros

from npgan.digits import DataError, Images, mnist, read_idx


def refused(path, *words):
    """read_idx refuses the file in one line that names it and says these words."""
    with pytest.raises(DataError) as info:
        read_idx(path)
    message = str(info.value)
    assert message.startswith(str(path)) and "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("shape", [(1,), (7,), (1, 28, 28), (3, 2, 5), (2, 1000, 600)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_reads_what_was_written(shape, pack, tmp_path, rng):
    array = rng.integers(256, size=shape, dtype=np.uint8)
    (tmp_path / "file").write_bytes(pack(idx(array)))
    for path in tmp_path / "file", str(tmp_path / "file"):
        got = read_idx(path)
        assert got.dtype == np.uint8 and got.shape == shape and (got == array).all()


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", ["is empty"]),
        (b"\0\0", ["starts with the bytes 0000,"]),
        (b"<!DOCTYPE html>", ["starts with the bytes 3c21444f", "00000803", "00000801"]),
        (b"\0\0\x0d\x03" + GOOD[4:], ["00000d03"]),  # IDX, but of floats
        (b"\0\0\x08\x02" + GOOD[4:], ["00000802"]),  # a matrix: neither images nor labels
        (GOOD[:15], ["within its header, after 15 of 16 bytes"]),
        (GOOD[:-1], ["ends after 23 of the 2 x 3 x 4 bytes"]),
        (GOOD[:16], ["ends after 0 of the 2 x 3 x 4 bytes"]),
        (GOOD + b"\0", ["goes on after the 2 x 3 x 4 bytes"]),
        (idx(np.zeros((0, 28, 28))), ["0 x 28 x 28", "wanted 1 to 60000 x 28 x 28"]),
        (struct.pack(">4s3I", b"\0\0\x08\x03", 60_001, 28, 28), ["60001 x 28 x 28"]),
        (struct.pack(">4s3I", b"\0\0\x08\x03", 2**32 - 1, 2**32 - 1, 2**32 - 1), ["4294967295 x"]),
        (struct.pack(">4s3I", b"\0\0\x08\x03", 0, 2**32 - 1, 2**32 - 1), ["0 x 4294967295"]),
        (struct.pack(">4sI", b"\0\0\x08\x01", 2**32 - 1), ["4294967295 bytes"]),
    ],
)
def test_refuses_what_is_not_one_whole_idx_file(content, words, tmp_path):
    (tmp_path / "plain").write_bytes(content)
    refused(tmp_path / "plain", *words)
    (tmp_path / "zipped.gz").write_bytes(gzip.compress(content))
    refused(tmp_path / "zipped.gz", *words)


def test_refuses_damaged_gzip(tmp_path):
    path, whole = tmp_path / "file.gz", gzip.compress(GOOD)
    for damaged in whole[:-1], whole[:5], whole[:-8] + b"12345678", whole + b"more", whole[:10] + b"\xff" * 20:
        path.write_bytes(damaged)
        refused(path, "damaged gzip")
    path.write_bytes(b"")
    refused(path, "is empty")
    path.write_bytes(gzip.compress(gzip.compress(GOOD)))
    refused(path, "starts with the bytes 1f8b")


def test_a_gzip_file_without_gzip_content_is_read_as_it_is(tmp_path):
    (tmp_path / "file.gz").write_bytes(GOOD)  # as some browsers leave it
    assert read_idx(tmp_path / "file.gz").shape == (2, 3, 4)


def peak(call, *args, **options):
    """(what the call returned or raised, bytes at its peak)"""
    tracemalloc.start()
    try:
        try:
            result = call(*args, **options)
        except DataError as error:
            result = error
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content, word",
    [
        (zeros(200_000_000, idx(np.zeros((2, 28, 28)))), "goes on after the 2 x 28 x 28 bytes"),
        (zeros(200_000_000, b"\0\0\x08\x03" + b"\xff" * 12), "promises 4294967295 x"),
        (zeros(200_000_000), "starts with the bytes 00000000"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "promises 4294967295 x"),
    ],
    ids=["stream", "header", "zeros", "plain header"],
)
def test_a_bomb_does_not_go_off(content, word, tmp_path):
    (tmp_path / "bomb.gz").write_bytes(content)
    error, memory = peak(read_idx, tmp_path / "bomb.gz")
    assert isinstance(error, DataError) and word in str(error)
    assert memory < 4_000_000


def test_a_file_larger_than_mnist_is_not_even_started(tmp_path):
    with open(tmp_path / "large", "wb") as file:
        file.write(idx(np.zeros(3)))
        file.truncate(2**40)  # sparse
    refused(tmp_path / "large", "larger than MNIST")


def test_full_size_needs_little_more_memory_than_its_pixels(tmp_path):
    header = struct.pack(">4s3I", b"\0\0\x08\x03", 60_000, 28, 28)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(zeros(60_000 * 784, header))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(60_000)))
    images, memory = peak(lambda: Images(mnist(tmp_path).images))
    assert len(images) == 60_000 and images.d == 784
    assert memory < 60_000 * 784 + 6_000_000
