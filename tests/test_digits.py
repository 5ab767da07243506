"""Digits: IDX files sound and damaged, downloads from a server of our own, Images, and figures from fonts."""

import gzip
import hashlib
import http.server
import os
import struct
import subprocess
import sys
import threading
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from npgan import cli, digits, glyphs
from npgan.digits import DataError, Images, fetch, from_pixels, glyph_digits, mnist, read_idx, to_pixels

NAMES = list(digits.DIGESTS)
REAL = os.environ.get("NPGAN_DATA")
needs_mnist = pytest.mark.skipif(not REAL, reason="NPGAN_DATA names no folder with MNIST")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No test reads or writes the cache, the data or the proxies of whoever runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("NPGAN_DATA", raising=False)
    return tmp_path / "cache" / "npgan"


def idx(array):
    """The content of an IDX file of bytes."""
    array = np.asarray(array, np.uint8)
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def small(n=5, *, rng):
    return rng.integers(256, size=(n, 28, 28), dtype=np.uint8), rng.integers(10, size=n, dtype=np.uint8)


def write(folder, images, labels, prefix="train", end="", zipped=False):
    folder.mkdir(exist_ok=True)
    for name, array in (f"{prefix}-images-idx3-ubyte", images), (f"{prefix}-labels-idx1-ubyte", labels):
        content = idx(array)
        (folder / (name + end)).write_bytes(gzip.compress(content) if zipped else content)
    return folder


def refused(path, *words):
    """read_idx refuses the file in one line that names it and says these words."""
    with pytest.raises(DataError) as info:
        read_idx(path)
    message = str(info.value)
    assert message.startswith(str(path)) and "\n" not in message
    for word in words:
        assert word in message


# --- IDX files ---


@pytest.mark.parametrize("shape", [(1,), (7,), (1, 28, 28), (3, 2, 5), (2, 1000, 600)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_reads_what_was_written(shape, pack, tmp_path, rng):
    array = rng.integers(256, size=shape, dtype=np.uint8)
    (tmp_path / "file").write_bytes(pack(idx(array)))
    for path in tmp_path / "file", str(tmp_path / "file"):
        got = read_idx(path)
        assert got.dtype == np.uint8 and got.shape == shape and (got == array).all()


GOOD = idx(np.arange(24).reshape(2, 3, 4))


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


def zeros(count, before=b""):
    """gzip of `before` and then so many zeros, made without holding them."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(before)]
    for start in range(0, count, 2**20):
        parts.append(packer.compress(bytes(min(2**20, count - start))))
    return b"".join(parts) + packer.flush()


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


# --- thousands of mutated files ---


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


# --- a folder of them ---


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
def test_loads_each_way_the_files_are_named(zipped, dotted, tmp_path, rng):
    train, test = small(5, rng=rng), small(3, rng=rng)
    end = ".gz" if zipped else ""
    for prefix, data in ("train", train), ("t10k", test):
        write(tmp_path, *data, prefix, end, zipped)
    if dotted:
        for path in tmp_path.glob("*-ubyte*"):
            path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    for split, (images, labels) in ("train", train), ("test", test):
        got = mnist(tmp_path, split=split)
        assert got.images.dtype == got.labels.dtype == np.uint8
        assert (got.images == images.reshape(-1, 784)).all() and (got.labels == labels).all()


def test_the_folder_is_the_one_given_then_npgan_data_then_the_cache(tmp_path, monkeypatch, own_cache, rng):
    sizes = {}
    for n, folder in (1, tmp_path / "given"), (2, tmp_path / "variable"), (3, own_cache / "mnist"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        sizes[write(folder, *small(n, rng=rng))] = n
    assert len(mnist().labels) == 3
    monkeypatch.setenv("NPGAN_DATA", str(tmp_path / "variable"))
    assert len(mnist().labels) == 2
    assert len(mnist(tmp_path / "given").labels) == 1
    monkeypatch.setenv("NPGAN_DATA", "")
    assert len(mnist().labels) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="the rules of Unix")
def test_the_cache_is_where_the_user_keeps_caches(monkeypatch, tmp_path):
    assert digits.cache_folder() == tmp_path / "cache" / "npgan"
    monkeypatch.setenv("HOME", "/someone")
    for not_a_place in "", "relative/path":
        monkeypatch.setenv("XDG_CACHE_HOME", not_a_place)
        assert digits.cache_folder() == Path("/someone/.cache/npgan")
    monkeypatch.setattr(digits.sys, "platform", "win32")
    assert digits.cache_folder() == tmp_path / "cache" / "npgan"  # LOCALAPPDATA


def no_home(monkeypatch):
    def fail():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(Path, "home", fail)


def test_without_a_home_it_says_what_to_set(monkeypatch):
    no_home(monkeypatch)
    with pytest.raises(OSError, match="set .*, or NPGAN_DATA"):
        mnist()


def test_missing_files_are_named_with_what_to_do(tmp_path, rng):
    for folder in tmp_path, tmp_path / "nowhere":
        with pytest.raises(DataError) as info:
            mnist(folder)
        names = NAMES[0], "train-images.idx3-ubyte.gz"
        for words in str(folder), *names, "`npgan fetch mnist`", "--data", "NPGAN_DATA", "`npgan train digits`":
            assert words in str(info.value)
    (write(tmp_path, *small(rng=rng)) / NAMES[1]).unlink()
    with pytest.raises(DataError, match=f"no {NAMES[1]} in"):
        mnist(tmp_path)
    (tmp_path / NAMES[1]).mkdir()  # a folder of that name is not the file
    with pytest.raises(DataError, match=f"no {NAMES[1]} in"):
        mnist(tmp_path)
    with pytest.raises(ValueError, match="split"):
        mnist(tmp_path, split="t10k")


@pytest.mark.parametrize(
    "images, labels, words",
    [
        (np.zeros((3, 28, 28)), [1, 2], "holds 2 labels, wanted 3"),
        (np.zeros((3, 28, 28)), [1, 2, 10], "image 2 shows a 10"),
        (np.zeros((3, 28, 27)), [1, 2, 3], "holds 3 x 28 x 27 bytes"),
        (np.zeros(3), [1, 2, 3], "wanted images"),
        (np.zeros((3, 28, 28)), np.zeros((3, 1, 1)), "holds 3 x 1 x 1 labels"),
    ],
)
def test_files_that_do_not_belong_together(images, labels, words, tmp_path):
    with pytest.raises(DataError, match=words):
        mnist(write(tmp_path, images, labels))


# --- batches ---


def test_every_byte_becomes_a_number_in_the_range_of_tanh_and_back():
    pixels = np.arange(256, dtype=np.uint8)
    x = from_pixels(pixels)
    assert x.dtype == np.float32 and x[0] == -1 and x[255] == 1
    assert abs(x - (pixels / 255 * 2 - 1)).max() < 1e-7
    assert to_pixels(x).dtype == np.uint8 and (to_pixels(x) == pixels).all()
    assert (to_pixels(x.astype(float)) == pixels).all()
    assert to_pixels([-3.0, -1.0, 0.0, 0.999, 1.0, 2.0]).tolist() == [0, 0, 128, 255, 255, 255]
    with pytest.raises(ValueError, match="finite"):
        to_pixels([0.0, np.nan])
    with pytest.raises(ValueError, match="uint8, got float64"):
        from_pixels(np.zeros(3))


def test_an_epoch_visits_every_image_once_scaled(rng):
    images = rng.permutation(50 * 784).reshape(50, 784).astype(np.uint8)
    data = Images(images)
    assert len(data) == 50 and data.d == 784
    assert np.shares_memory(data.rows, images)
    batches = [data.sample(10, rng=rng) for _ in range(10)]
    for epoch in batches[:5], batches[5:]:
        seen = np.concatenate(epoch)
        assert seen.shape == (50, 784) and seen.dtype == np.float32
        assert sorted(map(tuple, to_pixels(seen))) == sorted(map(tuple, images))
    assert not np.array_equal(np.concatenate(batches[:5]), np.concatenate(batches[5:]))


def test_the_place_in_an_epoch_can_be_kept(rng):
    images = rng.integers(256, size=(20, 784), dtype=np.uint8)
    data, again = Images(images), Images(images)
    data.sample(7, rng=rng)
    again.set_state(data.state())
    a, b = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(5):
        assert (data.sample(7, rng=a) == again.sample(7, rng=b)).all()


def test_images_must_be_bytes():
    with pytest.raises(ValueError, match="uint8, got float64"):
        Images(np.zeros((5, 784)))
    with pytest.raises(ValueError, match="shape"):
        Images(np.zeros((5, 28, 28), np.uint8))


# --- fetching, from a server on this machine ---


class Server(http.server.ThreadingHTTPServer):
    """pages: {path: bytes, or (bytes, the length to claim)}; asked: the paths that were asked for.

    A path that ends in .endless.gz gives zeros until the client hangs up, or 300 MB are sent.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked, self.sent = {}, [], 0

    def mirror(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}/"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        if self.path.endswith(".endless.gz"):
            page = b"", None
        elif page is None:
            return self.send_error(404)
        body, length = page if isinstance(page, tuple) else (page, len(page))
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        try:
            self.wfile.write(body)
            while self.path.endswith(".endless.gz") and self.server.sent < 300:
                self.wfile.write(bytes(2**20))
                self.server.sent += 1
        except ConnectionError:  # the client had enough
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def content(rng):
    """{name: content} of four small files."""
    arrays = [*small(6, rng=rng), *small(4, rng=rng)]
    return {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}


@pytest.fixture
def sums(content):
    return {name: hashlib.sha256(one).hexdigest() for name, one in content.items()}


def serve(server, mirror, content):
    server.pages |= {f"/{mirror}/{name}.gz": gzip.compress(one) for name, one in content.items()}
    return server.mirror(mirror)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_fetch_brings_four_files_once(server, content, sums, own_cache):
    mirrors = [serve(server, "a", content)]
    folder = own_cache / "mnist"
    fetched = fetch(mirrors=mirrors, digests=sums, quiet=True)
    assert fetched == [(folder / f"{name}.gz", f"{mirrors[0]}{name}.gz") for name in NAMES]
    assert names_in(folder) == sorted(f"{name}.gz" for name in NAMES)
    assert idx(mnist().images.reshape(-1, 28, 28)) == content[NAMES[0]]
    assert idx(mnist(split="test").labels) == content[NAMES[3]]
    asked = len(server.asked)
    assert asked == 4
    assert fetch(mirrors=mirrors, digests=sums) == [(path, None) for path, _ in fetched]
    assert len(server.asked) == asked


def test_fetch_leaves_alone_what_is_sound_under_any_name(server, content, sums, tmp_path):
    (tmp_path / "train-images.idx3-ubyte").write_bytes(content[NAMES[0]])
    (tmp_path / f"{NAMES[1]}.gz").write_bytes(gzip.compress(content[NAMES[1]], 1))
    fetched = fetch(tmp_path, mirrors=[serve(server, "a", content)], digests=sums, quiet=True)
    assert [url is None for _, url in fetched] == [True, True, False, False]
    assert len(server.asked) == 2 and len(names_in(tmp_path)) == 4


def test_fetch_replaces_what_is_not_sound_but_deletes_nothing(server, content, sums, tmp_path):
    (tmp_path / NAMES[0]).write_bytes(b"other digits")
    (tmp_path / f"{NAMES[1]}.gz").write_bytes(gzip.compress(content[NAMES[1]])[:-1])
    fetch(tmp_path, mirrors=[serve(server, "a", content)], digests=sums, quiet=True)
    assert len(server.asked) == 4
    assert names_in(tmp_path) == sorted([f"{n}.gz" for n in NAMES] + [f"{NAMES[0]}.old", f"{NAMES[1]}.gz.old"])
    assert (tmp_path / f"{NAMES[0]}.old").read_bytes() == b"other digits"
    assert len(mnist(tmp_path).labels) == 6
    for junk in b"junk", b"more junk":
        (tmp_path / f"{NAMES[1]}").write_bytes(junk)
        fetch(tmp_path, mirrors=[], digests=sums, quiet=True)  # what is sound lies there already
    assert len(mnist(tmp_path).labels) == 6
    aside = [tmp_path / f"{NAMES[1]}.old", tmp_path / f"{NAMES[1]}.old-2"]
    assert [path.read_bytes() for path in aside] == [b"junk", b"more junk"]


FAILURES = {
    "404": (None, "HTTP Error 404"),
    "wrong digest": (gzip.compress(b"other digits"), "what came has SHA-256 "),
    "truncated": ((b"\x1f\x8b half", 1000), "only 7 of 1000 bytes came"),
    "cut off, length unknown": ((gzip.compress(b"half a file")[:-4], None), "what came is a damaged gzip file"),
    "a page of excuses": (b"<html>403</html>", "what came has SHA-256 "),
    "empty": (b"", "what came has SHA-256 "),
    "a bomb": (zeros(60_000_000), "what came holds more than MNIST's largest file"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_when_a_mirror_fails_the_next_one_is_asked(failure, server, content, sums, tmp_path):
    page, reason = FAILURES[failure]
    if page is not None:
        server.pages[f"/bad/{NAMES[0]}.gz"] = page
    bad, good = server.mirror("bad"), serve(server, "good", content)
    first = {NAMES[0]: sums[NAMES[0]]}
    with pytest.raises(DataError) as info:
        fetch(tmp_path / "new", mirrors=[bad, bad], digests=first, quiet=True)
    message, host = str(info.value), f"127.0.0.1:{server.server_port}"
    assert reason in message and f"(from {host}, {host})" in message and "\n" not in message
    assert names_in(tmp_path / "new") == []  # no half file
    server.asked.clear()
    fetched = fetch(tmp_path / "new", mirrors=[bad, good], digests=first, quiet=True)
    assert fetched == [(tmp_path / "new" / f"{NAMES[0]}.gz", f"{good}{NAMES[0]}.gz")]
    assert server.asked == [f"/bad/{NAMES[0]}.gz", f"/good/{NAMES[0]}.gz"]
    assert read_idx(fetched[0][0]).shape == (6, 28, 28)


def test_an_endless_answer_is_cut_off(server, tmp_path):
    with pytest.raises(DataError, match="more came than MNIST's largest file holds"):
        fetch(tmp_path, mirrors=[server.mirror("a")], digests={"one.endless": "0"}, quiet=True)
    assert server.sent < 100 and names_in(tmp_path) == []


def test_a_failed_fetch_leaves_an_unsound_file_where_it_was(server, sums, tmp_path):
    (tmp_path / NAMES[0]).write_bytes(b"other digits")
    with pytest.raises(DataError):
        fetch(tmp_path, mirrors=[server.mirror("bad")], digests=sums, quiet=True)
    assert names_in(tmp_path) == [NAMES[0]]


def closed_mirror():
    """A mirror that nobody listens at."""
    with Server() as server:
        return server.mirror("gone")


def test_without_a_network_it_says_what_to_do(tmp_path, sums):
    with pytest.raises(DataError) as info:
        fetch(tmp_path, mirrors=[closed_mirror()], digests=sums, quiet=True)
    for words in "refused", "--data", "NPGAN_DATA", "`npgan train digits`":
        assert words in str(info.value)
    assert names_in(tmp_path) == []


def test_the_command(server, content, sums, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(fetch.__kwdefaults__, "digests", sums)
    monkeypatch.setitem(fetch.__kwdefaults__, "mirrors", [closed_mirror()])
    command = ["fetch", "mnist", "--data", str(tmp_path / "new" / "folder")]
    assert cli.main(command) == 2
    out, err = capsys.readouterr()
    assert err.startswith("npgan: error: ") and "npgan train digits" in err and not out
    assert err.count("\n") == 1
    monkeypatch.setitem(fetch.__kwdefaults__, "mirrors", [serve(server, "a", content)])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.main([*command, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out.count(f"from {server.mirror('a')}") == 4 and not err
    assert cli.main([*command[:3], str(tmp_path / "again")]) == 0
    assert f"{NAMES[3]}.gz: 100%" in capsys.readouterr().err
    assert cli.main(command) == 0
    assert capsys.readouterr().out.count("already there") == 4
    (tmp_path / "file").touch()
    assert cli.main(["fetch", "mnist", "--data", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err


def test_the_mirrors_are_addresses_and_the_digests_are_digests():
    assert len(digits.MIRRORS) >= 2 and len(NAMES) == 4
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in digits.MIRRORS)
    assert all(len(bytes.fromhex(digest)) == 32 for digest in digits.DIGESTS.values())


# --- the real one ---


@needs_mnist
def test_real_mnist_is_what_it_should_be(capsys):
    counts = {
        "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    }
    for split, count in counts.items():
        images, labels = mnist(REAL, split=split)
        assert images.shape == (sum(count), 784) and images.dtype == np.uint8
        assert np.bincount(labels).tolist() == count
    assert cli.main(["fetch", "mnist", "--data", REAL]) == 0  # the digests, and no download
    assert capsys.readouterr().out.count("already there") == 4


@needs_mnist
def test_glyphs_look_like_mnist(glyph_set):
    real = mnist(REAL).images[:10_000] / 255
    drawn = glyph_set.images / 255
    assert abs(drawn.mean() - real.mean()) < 0.01 and abs(drawn.std() - real.std()) < 0.01
    test = mnist(REAL, split="test")
    hits = nearest(glyph_set, test.images[:500]) == test.labels[:500]
    assert hits.mean() > 0.5  # measured 0.63 to 0.68 on parts of the test set; by chance 0.1


# --- digits from fonts ---


@pytest.fixture(scope="module")
def glyph_set():
    return digits.Digits(*glyphs.draw(4000, rng=np.random.default_rng(0)))


def nearest(known, images):
    """The label of the known image nearest to each of images."""
    a, b = known.images / 255, images / 255
    distance2 = (a**2).sum(axis=1) - 2 * b @ a.T  # + |b|^2, the same for every a
    return known.labels[distance2.argmin(axis=1)]


def test_glyph_digits_can_be_told_apart(glyph_set):
    images, labels = glyphs.draw(1000, rng=np.random.default_rng(1))
    assert (nearest(glyph_set, images) == labels).mean() > 0.95


def test_glyph_digits_are_white_on_black_in_the_middle(glyph_set):
    images, labels = glyph_set
    assert images.dtype == labels.dtype == np.uint8 and images.shape == (4000, 784)
    assert np.bincount(labels).tolist() == [400] * 10
    ink = images.reshape(-1, 28, 28) / 255
    assert 0.11 < ink.mean() < 0.15
    assert (ink.max(axis=(1, 2)) > 0.8).all()
    mass = ink.sum(axis=(1, 2))
    for axis in 1, 2:
        assert abs((ink.sum(axis=axis) @ np.arange(28)) / mass - 14).max() < 5
        assert abs(((ink.sum(axis=axis) @ np.arange(28)) / mass).mean() - 14) < 0.3
    size = [(ink.max(axis=axis) > 0.2).sum(axis=1) for axis in (1, 2)]
    assert 12 < np.median(size[0]) < 16 and 17 < np.median(size[1]) < 21  # taller than wide
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert (ink[:, border].max(axis=1) > 0.2).mean() < 0.01
    grey = (images > 0) & (images < 255)
    assert 0.05 < grey.mean() < 0.2  # soft edges


def test_a_label_is_the_figure_that_was_drawn(glyph_set):
    fonts = glyphs.fonts()[::4]
    maps = np.array(
        [glyphs.distance_map(*glyphs.outline(font, figure)) for font in fonts for figure in range(10)]
    )
    k = len(maps)
    upright, none = np.tile(np.eye(2), (k, 1, 1)), np.zeros(k)
    centres = np.full((k, 2), glyphs.MARGIN + glyphs.BOX / 2)
    plain = glyphs.render(maps, centres, np.arange(k), upright, np.zeros((k, 2)), none, none + 1)
    hits = nearest(digits.Digits(plain, np.arange(k) % 10), glyph_set.images) == glyph_set.labels
    assert min(hits[glyph_set.labels == figure].mean() for figure in range(10)) > 0.4  # by chance 0.1
    ink = plain.reshape(-1, 10, 28, 28) / 255
    x = np.arange(28) - 14
    right, down = ((ink.sum(axis=axis) @ x) / ink.sum(axis=(2, 3)) for axis in (2, 3))
    assert (right[:, 3] > 0.4).all() and (down[:, 7] < -1.5).all()  # neither mirrored nor upside down


def test_glyph_digits_differ(glyph_set):
    assert len(np.unique(glyph_set.images, axis=0)) == 4000


def test_the_same_seed_the_same_digits_and_rng_goes_on_alike_with_and_without_a_cache(monkeypatch):
    first, again, other = (np.random.default_rng(seed) for seed in (5, 5, 6))
    a = glyph_digits(30, rng=first)
    c = glyph_digits(30, rng=other)
    monkeypatch.setattr(glyphs, "draw", None)  # from now on only the cache can answer
    b = glyph_digits(30, rng=again)
    assert (a.images == b.images).all() and (a.labels == b.labels).all()
    assert a.images.dtype == b.images.dtype == b.labels.dtype == np.uint8
    assert a.images.shape == b.images.shape == (30, 784) and b.labels.shape == (30,)
    assert not (a.images == c.images).all()
    assert first.bit_generator.state == again.bit_generator.state
    b.images[0] = 7  # the caller's own, and not the cache's
    assert (glyph_digits(30, rng=np.random.default_rng(5)).images == a.images).all()
    with pytest.raises(TypeError):
        glyph_digits(29, rng=first)  # draw is gone: this one was never made


def test_how_many_glyph_digits():
    a = glyph_digits(12, rng=np.random.default_rng(0))
    b = glyph_digits(13, rng=np.random.default_rng(0))
    assert len(a.labels) == 12 and len(b.labels) == 13
    with pytest.raises(ValueError):
        glyph_digits(0, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="Generator"):
        glyph_digits(3, rng=0)


@pytest.mark.parametrize("damage", ["flip", "digest", "cut", "empty", "another", "folder"])
def test_a_damaged_cache_is_made_anew(damage, own_cache):
    def again():
        return glyph_digits(20, rng=np.random.default_rng(0))

    good = again()
    (path,) = own_cache.glob("glyphs-*")
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        i = {"flip": 5000, "digest": 3}.get(damage, 0)
        flipped = content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :]
        glyph_digits(7, rng=np.random.default_rng(0))
        (another,) = own_cache.glob("glyphs-*-7-*")
        damaged = {"cut": content[:-1], "empty": b"", "another": another.read_bytes()}
        path.write_bytes(damaged.get(damage, flipped))
    got = again()
    assert (got.images == good.images).all() and (got.labels == good.labels).all()
    if damage != "folder":
        assert path.read_bytes() == content


def test_without_a_cache_digits_are_drawn_all_the_same(monkeypatch, own_cache, tmp_path):
    a = glyph_digits(10, rng=np.random.default_rng(0))
    (tmp_path / "blocked").touch()  # a file where the folder should be
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "blocked"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "blocked"))
    b = glyph_digits(10, rng=np.random.default_rng(0))
    no_home(monkeypatch)
    c = glyph_digits(10, rng=np.random.default_rng(0))
    assert (a.images == b.images).all() and (a.images == c.images).all()


def test_the_cache_does_not_grow_for_ever(own_cache):
    (own_cache / "mnist").mkdir(parents=True)
    (own_cache / "mnist" / "file").touch()
    for seed in range(digits.KEEP + 2):
        glyph_digits(3, rng=np.random.default_rng(seed))
    assert len(list(own_cache.glob("glyphs-*"))) == digits.KEEP
    assert (own_cache / "mnist" / "file").exists()


SQUARE = np.array([[6.0, 6.0], [18.0, 6.0], [18.0, 18.0], [6.0, 18.0]])
MIDDLES = (np.arange(glyphs.CELLS) + 0.5) / glyphs.FINE


def test_distances_to_a_square_ring_are_known_by_heart():
    hole = 12 + (SQUARE[::-1] - 12) / 2  # from 9 to 15, the other way round
    a = np.concatenate([SQUARE, hole])
    b = np.concatenate([np.roll(SQUARE, -1, axis=0), np.roll(hole, -1, axis=0)])
    x, y = np.meshgrid(MIDDLES, MIDDLES)

    def square(half):
        dx, dy = abs(x - 12) - half, abs(y - 12) - half
        outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
        return outside + np.minimum(np.maximum(dx, dy), 0)

    known = np.maximum(square(6), -square(3))  # in the large one and not in the small one
    ring = abs(glyphs.distance_map(a, b))
    assert abs(ring - np.minimum(abs(square(6)), abs(square(3)))).max() < 1e-7
    assert (np.sign(glyphs.distance_map(a, b)) == np.sign(known)).all()


@pytest.mark.parametrize("font", glyphs.fonts(), ids=lambda font: font.stem)
def test_maps_are_inside_where_matplotlib_says_so(font):
    from matplotlib.path import Path as Outline

    points = np.stack(np.meshgrid(MIDDLES, MIDDLES), axis=-1).reshape(-1, 2)
    for figure in 0, 4, 8:
        a, b = glyphs.outline(font, figure)
        ends = np.flatnonzero((a[1:] != b[:-1]).any(axis=1)) + 1  # where one ring ends and the next begins
        rings = [Outline(np.vstack([ring, ring[:1]]), closed=True) for ring in np.split(a, ends)]
        inside = np.sum([ring.contains_points(points) for ring in rings], axis=0) % 2 == 1
        distance = glyphs.distance_map(a, b)
        clear = abs(distance) > 1e-6
        assert ((distance < 0) == inside.reshape(distance.shape))[clear].all()
        low, high = a.min(axis=0), a.max(axis=0)
        assert abs((high - low).max() - glyphs.BOX) < 1e-9
        assert abs((low + high) / 2 - (glyphs.MARGIN + glyphs.BOX / 2)).max() < 1e-9
        assert (distance[:, MIDDLES < low[0]] > 0).all() and (distance[MIDDLES > high[1]] > 0).all()


def test_there_are_several_faces():
    assert len(glyphs.fonts()) == len(glyphs.FACES) == 17


def test_looking_up_is_exact_for_slopes_and_stops_at_the_border(rng):
    y, x = np.mgrid[: glyphs.CELLS, : glyphs.CELLS].astype(float)
    maps = np.stack([3 * x - 2 * y + 1, x * y])
    places = rng.uniform(0, glyphs.CELLS - 2, (2, 2, 50)).astype(np.float32)
    (ux, uy), (vx, vy) = places.astype(float)
    got = glyphs.look_up(maps, np.array([0, 1]), places)
    assert abs(got[0] - (3 * ux - 2 * uy + 1)).max() < 1e-3
    assert abs(got[1] - vx * vy).max() < 1e-2  # x y is what bilinear means
    far = np.array([[[-100.0, 1000.0], [-100.0, 1000.0]]], np.float32)
    assert abs(glyphs.look_up(maps, np.array([0]), far) - [[1, glyphs.CELLS]]).max() < 0.01


def test_ink_is_rounded_to_the_nearest_pixel():
    for distance, pixel in (
        (0.0, 128),
        (0.25, 64),
        (-0.25, 191),
        (-0.5, 255),
        (0.5, 0),
        (0.498, 1),
        (9, 0),
        (-9, 255),
    ):
        maps, centre = np.full((1, glyphs.CELLS, glyphs.CELLS), distance), np.zeros((1, 2))
        got = glyphs.render(maps, centre, np.array([0]), np.eye(2)[None], centre, np.zeros(1), np.ones(1))
        assert got.dtype == np.uint8 and (got == pixel).all()


def disc(x, y, radius=3.0):
    """A map of distances to a disc whose centre is (x, y)."""
    return np.hypot(MIDDLES - x, MIDDLES[:, None] - y) - radius


def spot(A, shift=(0.0, 0.0), bolder=0.0, at=(16.0, 12.0)):
    """Where, from the middle of the image, the disc at `at` is seen, and its area.

    The centre of the glyph is (12, 12).
    """
    maps, centres, A, shift = (np.array([one]) for one in (disc(*at), (12.0, 12.0), A, shift))
    image = glyphs.render(maps, centres, np.array([0]), A, shift, np.array([bolder]), np.ones(1))
    ink = image.reshape(28, 28) / 255
    x = np.arange(28) - 14
    return np.array([ink.sum(axis=0) @ x, ink.sum(axis=1) @ x]) / ink.sum(), ink.sum()


def test_a_digit_is_turned_slanted_stretched_shifted_and_made_bolder_as_it_says():
    same = np.eye(2)
    place, area = spot(same)
    assert abs(place - [4, 0]).max() < 0.01 and abs(area - 9 * np.pi) < 0.3
    assert abs(spot(same, shift=(1.5, -2.0))[0] - [5.5, -2]).max() < 0.01
    assert abs(spot(glyphs.turned(np.array([np.pi / 2]))[0])[0] - [0, 4]).max() < 0.01  # from right to down
    above = 12.0, 8.0
    assert abs(spot(glyphs.slanted(np.array([0.5]))[0], at=above)[0] - [2, -4]).max() < 0.05  # to the right
    place, area = spot(np.diag([1.5, 0.8]))
    assert abs(place - [6, 0]).max() < 0.01 and abs(area - 1.2 * 9 * np.pi) < 0.7  # soft edges add a little
    assert abs(spot(same, bolder=1.0)[1] - 16 * np.pi) < 0.3


def test_importing_brings_no_pictures_and_no_network():
    code = (
        "import sys, npgan.digits; "
        "print([name for name in ('matplotlib', 'tqdm', 'urllib.request', 'ssl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
