"""Damaged and crafted checkpoints: each is refused in one line, or loads to a gan that trains on.

The bytes are damaged anywhere; or an entry is, with the checksums made anew; or what `meta` says is another
thing of any kind and size; or the zip, or the headers of its arrays, say of themselves what is not so; or
the path is no plain file. An accepted file must give the numbers that NumPy reads in it, train on, and come
back equal after it is saved again.
"""

import contextlib
import copy
import functools
import io
import json
import os
import re
import signal
import socket
import struct
import tempfile
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np

from npgan import SGD, Adam, Dense, Diverged, LeakyReLU, Network, RMSProp, Rows, Sigmoid, Tanh, games, train
from npgan.checkpoint import CheckpointError, load, save, state_dict
from npgan.specs import describe
from npgan.variants import VARIANTS
from npgan.variants.conditional import Conditional
from npgan.variants.energy import AutoEncoder, PullingAway
from npgan.variants.improved import Apart, MinibatchDiscrimination

ALLOWANCE = 8_000_000  # bytes of memory, besides 4 times the file
SECONDS = 10
OLD = Path(__file__).parents[2] / "tests" / "data" / "old_checkpoint.npz"


def attack(rng, folder, kinds=None):
    """One random hostile file in the empty folder; "refused" or "equal". AssertionError for a fault."""
    path = folder / "checkpoint.npz"
    path = pick(rng, kinds or KINDS)(rng, path) or path
    size = os.path.getsize(path) if os.path.isfile(path) else 0
    back, error, memory = watched(lambda: load(path), CheckpointError)
    assert memory <= 4 * size + ALLOWANCE, f"{memory / 1e6:.1f} MB of memory for a file of {size / 1e6:.1f} MB"
    if error:
        check_message(str(error), str(path))
        return "refused"
    watched(lambda: check_loaded(back, path))
    return "equal"


# --- what is watched ---


def watched(call, *expected):
    """(what call returned, or None; the expected error, or None; bytes of memory at the peak of it)."""
    tracemalloc.start()
    try:
        with within(SECONDS), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            result, error = None, None
            try:
                result = call()
            except expected as caught:
                error = caught.with_traceback(None)
            except AssertionError:
                raise
            except Exception as caught:
                raise AssertionError(f"{type(caught).__name__}: {str(caught)[:200]!r}") from caught
        assert not told, f"a warning: {told[0].message}"
        return result, error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Late(BaseException):
    """Not an Exception, which load would take for damage."""


@contextlib.contextmanager
def within(seconds):
    """AssertionError if the block takes longer."""

    def late(*_):
        raise Late

    old = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except Late:
        raise AssertionError(f"it took more than {seconds} seconds") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def check_message(message, where):
    """One line, not long, that says where, and quotes no bytes."""
    assert message.isprintable() and len(message) < 500 + len(where), f"not one line: {message[:500]!r}"
    assert not re.search(r"(?<![\w'\"])b['\"]", message), f"bytes are quoted: {message}"


def check_loaded(back, path):
    """What was loaded is what NumPy reads in the file; it comes back equal, and trains on."""
    found = arrays(back.gan) | {f"data.{name}": array for name, array in back.data.items()}
    for name, array in found.items():
        assert np.isfinite(array).all(), f"{name} is not finite"
    with np.load(path, allow_pickle=False) as file:
        for name, array in found.items():
            assert array.dtype == file[name].dtype and np.array_equal(array, file[name]), f"{name} is another"
    try:
        assert json.loads(json.dumps(back.config, allow_nan=False)) == back.config
    except (ValueError, RecursionError, AssertionError):
        raise AssertionError("its config is not plain JSON") from None
    bits = copy.deepcopy(back.rng.bit_generator)
    bits.random_raw()
    assert bits.state != back.rng.bit_generator.state, "the random generator stands still"
    again = path.with_name("again.npz")
    try:
        save(again, back.gan, step=back.step, rng=back.rng, data=Kept(back.data), config=back.config)
        assert_equal(load(again), back)
    except ValueError as error:
        raise AssertionError(f"what was loaded cannot be saved again: {error}") from error
    trains_on(back)


class Kept:
    """Stands for data with this state."""

    def __init__(self, state):
        self.kept = state

    def state(self):
        return self.kept


def trains_on(back):
    data = Rows(np.random.default_rng(9).random((10, back.gan.D.n_in)))
    if back.data:
        with contextlib.suppress(ValueError):  # the place is one in other data
            data.set_state(back.data)
    options = {"start": back.step, "steps": back.step + 2, "batch": 4, "anneal": bool(back.step % 2)}
    options["average"] = 0.9 if back.gan.average else None
    with np.errstate(all="ignore"), contextlib.suppress(Diverged):
        list(train(back.gan, data, rng=back.rng, **options))


def arrays(gan):
    """{name in the file: array} of everything that training changes."""
    nets, optimisers = {"G": gan.G, "D": gan.D}, {"opt_g": gan.opt_g, "opt_d": gan.opt_d}
    if gan.average:
        nets["average"] = gan.average
    found = {f"{n}.{key}": array for n, net in nets.items() for key, array in state_dict(net).items()}
    return found | {f"{n}.{key}": array for n, opt in optimisers.items() for key, array in opt.state().items()}


def memories(*checkpoints):
    """What the gan of each remembers besides."""
    return [one.gan.memory() if hasattr(one.gan, "memory") else {} for one in checkpoints]


def assert_equal(got, wanted):
    """Two Checkpoints that are the same throughout, in types too."""
    assert type(got.gan) is type(wanted.gan) and type(got.gan.game) is type(wanted.gan.game)
    assert repr(describe(got.gan)) == repr(describe(wanted.gan))
    for one, other in (arrays(got.gan), arrays(wanted.gan)), (got.data, wanted.data), memories(got, wanted):
        assert one.keys() == other.keys()
        for name, array in one.items():
            assert array.dtype == other[name].dtype and array.shape == other[name].shape, name
            assert array.tobytes() == other[name].tobytes(), name
    assert (type(got.step), got.step) == (int, wanted.step)
    assert got.rng.bit_generator.state == wanted.rng.bit_generator.state
    assert repr(got.config) == repr(wanted.config)


# --- good files to start from ---


def small_d(kind, activation, *, rng, dtype):
    """A D 2-4-1 that can play in a GAN of this kind, with all that it may have; of a Conditional, 3-4-1."""
    below = Dense(3 if issubclass(kind, Conditional) else 2, 4), activation
    if issubclass(kind, PullingAway):
        return AutoEncoder(*below, Dense(4, 2), code=1, rng=rng, dtype=dtype)
    if issubclass(kind, Apart):
        return Network(*below, MinibatchDiscrimination(4, 3, 2), Dense(7, 1), rng=rng, dtype=dtype)
    return Network(*below, Dense(4, 1), rng=rng, dtype=dtype)


@functools.cache
def good():
    """Small checkpoints: the bytes of files, with every variant, optimiser, layer and dtype in one of them."""
    with tempfile.TemporaryDirectory() as folder:
        path, contents = Path(folder) / "good.npz", [OLD.read_bytes()]
        for i, kind in enumerate(VARIANTS.values()):
            rng, optimiser = np.random.default_rng(i), (Adam, RMSProp, SGD)[i % 3]
            dtype = (np.float64, np.float32)[i % 2]
            G = Network(Dense(2, 3), LeakyReLU(0.25), Dense(3, 3), Tanh(), Dense(3, 2), rng=rng, dtype=dtype)
            D = small_d(kind, Sigmoid(), rng=rng, dtype=dtype)
            gan = kind(G, D, optimiser(G, lr=1e-2), optimiser(D, lr=1e-2), game=games.minimax, latent="uniform")
            data, average = Rows(np.random.default_rng(9).random((10, D.n_in))), 0.9 if i % 3 < 2 else None
            list(train(gan, data, steps=3, batch=4, rng=rng, average=average))
            save(path, gan, step=3, rng=rng, data=data if i % 3 else None, config={"a": [1, 0.5, "b"], "c": {}})
            contents.append(path.read_bytes())
    return contents


def entries(content):
    """{name: bytes} of the files in a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name.removesuffix(".npy"): file.read(name) for name in file.namelist()}


def zipped(found, **options):
    """The zip of such entries, or of pairs (name, bytes), with checksums that are right."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", **options) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, one in found.items() if isinstance(found, dict) else found:
            file.writestr(f"{name}.npy", one)
    return content.getvalue()


def npy(array):
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def told(found):
    """What the meta among the entries says."""
    return json.loads(str(np.load(io.BytesIO(found["meta"]))))


def pick(rng, choices):
    return choices[rng.integers(len(choices))]


# --- damage ---


def damaged(content, rng, times=1):
    """content with some bytes flipped, cut out, put in, repeated or set to 0."""
    content = bytearray(content)
    for _ in range(times):
        at, some = int(rng.integers(len(content) + 1)), rng.bytes(int(rng.integers(1, 20)))
        kind = pick(rng, ["flip", "cut", "insert", "repeat", "zero", "set"])
        if kind == "flip":
            content[at : at + 1] = bytes(byte ^ 1 << int(rng.integers(8)) for byte in content[at : at + 1])
        elif kind == "cut":
            del content[at : at + int(rng.integers(1, 200))]
        elif kind == "insert":
            content[at:at] = some
        elif kind == "repeat":
            content[at:at] = content[at : at + 50]
        elif kind == "zero":
            content[at : at + 8] = bytes(len(content[at : at + 8]))
        else:
            content[at : at + len(some)] = some[: len(content) - at]
    return bytes(content)


def damaged_bytes(rng, path):
    path.write_bytes(damaged(pick(rng, good()), rng, int(rng.integers(1, 4))))


def damaged_entry(rng, path):
    """One entry is damaged, and the checksums are those of the damaged one."""
    found = entries(pick(rng, good()))
    name = pick(rng, [*found, *["meta"] * 5])
    if name == "meta":
        parts = re.split(r"([\[\]{}:, ]+)", str(np.load(io.BytesIO(found["meta"]))))
        parts[2 * int(rng.integers((len(parts) + 1) // 2))] = pick(rng, RAW)(rng)
        found["meta"] = npy(np.array("".join(parts)))
    else:
        found[name] = damaged(found[name], rng)
    path.write_bytes(zipped(found))


def numbers(rng, path):
    """One array holds other numbers: large, tiny, negative, not finite; or is of another shape or dtype."""
    found = entries(pick(rng, good()))
    name = pick(rng, [name for name in found if name != "meta"])
    array = np.array(np.load(io.BytesIO(found[name])))
    odd = [-1, 0, 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 1e-320, 1e30, 1e308, -1e308, np.nan, np.inf]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array.flat[: int(rng.integers(1, array.size + 1))] = np.array(pick(rng, odd)).astype(array.dtype)
        array = pick(rng, [
            lambda: array, lambda: array, lambda: array.astype(pick(rng, "?bhiqBHIQefdgFDSU")),
            lambda: array.astype(object), lambda: array.astype(array.dtype.newbyteorder()),
            lambda: array.reshape(1, *array.shape), lambda: array[..., :-1], lambda: np.asfortranarray(array),
        ])()  # fmt: skip
    path.write_bytes(zipped(found | {name: npy(array)}))


# --- crafted meta ---

WORDS = [
    "", "a", "GAN", "R1", "InstanceNoise", "Dense", "LeakyReLU", "Tanh", "SGD", "RMSProp", "Adam", "Network",
    "Minimax", "LeastSquares", "normal", "uniform", "float64", "float32", ">f8", "float16", "O", "S0", "PCG64",
    "MT19937", "npgan checkpoint 1", "npgan checkpoint 2", "ä\n\x00\x1b[2J", "\ud800", "\U0010ffff" * 9,
    "x" * 9999,
]  # fmt: skip
INTS = -1, 0, 1, 2, 3, 4, 7, 10**5, 2**31, 4 * 10**9, 2**53, 2**53 + 1, 2**63 - 1, 2**64, 2**128 - 1, 10**4000
FLOATS = 0.0, -0.0, 0.5, 1.0, 3.0, 1e-320, 1e-9, 1 - 2**-53, 1e18, 1e308, -1.5, float("nan"), float("inf")
SIZES = 40, 10**6, 4 * 10**9, 10**30  # of layers and arrays that are not there
PIECES = "0", "[]", '{"":[]}', "1e9", '"ab"'
TEXTS = r"\ud83d\ude00", r"\ud83d", "\ud83d\ude00", r"\n", "a" * 999_000
RAW = [  # pieces of JSON, or of what is none
    lambda rng: pick(rng, ["", "null", "true", "NaN", "1e999", "-0", '"x"', "[]", "{}", "'a'", "]", '"', "\0"]),
    lambda rng: "9" * pick(rng, [20, 400, 5000]),
    lambda rng: nested("[", "]", pick(rng, [5, 19, 25, 900, 100_000])),
    lambda rng: nested('{"a":', "}", pick(rng, [5, 19, 25, 900, 50_000]), "1"),
    lambda rng: "[" + ",".join([pick(rng, PIECES)] * pick(rng, [9, 999, 90_000])) + "]",
    lambda rng: f'"{pick(rng, TEXTS)}"',
    lambda rng: '{"a": 1, "a": [2]}',
    lambda rng: json.dumps(pick(rng, WORDS)),
    lambda rng: str(pick(rng, INTS + FLOATS)),
]


def nested(left, right, deep, inside=""):
    return left * deep + inside + right * deep


def junk(rng, deep=0):
    """A JSON value of any kind."""
    if deep == 3 or rng.integers(3):
        return pick(rng, pick(rng, [[None, True, False], INTS, INTS, FLOATS, WORDS]))
    some = [junk(rng, deep + 1) for _ in range(rng.integers(4))]
    return pick(rng, [some, {pick(rng, WORDS): one for one in some}, [pick(rng, WORDS), {}]])


def places(value):
    """(container, key) of everything in a JSON value."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(one, dict | list):
            yield from places(one)


def crafted_meta(rng, path):
    """Some values in meta are others, are missing or stand elsewhere; all else in the file fits together."""
    found = entries(pick(rng, good()))
    meta, raw = told(found), None
    for _ in range(rng.integers(1, 4)):
        part = meta if rng.integers(3) else meta["config"] if isinstance(meta.get("config"), dict) else {}
        where, key = pick(rng, list(places(part)) or [(part, "a")])
        other, another = pick(rng, list(places(meta)))
        kind = pick(rng, ["junk", "junk", "raw", "drop", "swap", "nudge", "add"])
        if kind == "raw":
            where[key], raw = "@raw@", pick(rng, RAW)(rng)
        elif kind == "drop":
            where.pop(key, None) if isinstance(where, dict) else where.pop(key)
        elif kind == "swap":
            where[key] = json.loads(json.dumps(other[another]))
        elif kind == "nudge" and isinstance(where, dict) and isinstance(where.get(key), int | float):
            where[key] = pick(rng, [where[key] + 1, where[key] - 1, -where[key], where[key] * 10**9])
        elif kind == "add" and isinstance(where, list):
            where.insert(key, junk(rng))
        elif kind == "add":
            where[pick(rng, WORDS)] = junk(rng)
        else:
            where[key] = junk(rng)
    text = json.dumps(meta) if raw is None else json.dumps(meta).replace('"@raw@"', raw)
    path.write_bytes(zipped(found | {"meta": npy(np.array(text))}))


def large(rng, path):
    """Meta promises more than the file has: layers, or arrays of the data."""
    found = entries(pick(rng, good()))
    meta, n = told(found), pick(rng, SIZES)
    if rng.integers(2):
        net, old = meta[pick(rng, "GD")], meta["format"].endswith("1")
        layers = net if old else net[1]["layers"]
        width = layers[0][-1] if old else layers[0][1]["n_out"]
        for n_in, n_out in [(n, width), (width, n)] * (500 if n < 100 else 1):
            layers.insert(1, ["Dense", n_in, n_out] if old else ["Dense", {"n_in": n_in, "n_out": n_out}])
    else:
        dtype = pick(rng, ["a", "S0", "V", "U", "float64", "uint8"])
        meta["data"] = {"a": [dtype, *[n] * int(rng.integers(1, 4))]}
        found["data.a"] = npy(np.zeros(int(rng.integers(3)), pick(rng, "SUVdB")))
    path.write_bytes(zipped(found | {"meta": npy(np.array(json.dumps(meta)))}))


def stuck(rng, path):
    """The random generator is in a state that no seed leads to: an odd one, or one that it never leaves."""
    found = entries(pick(rng, good()))
    meta = told(found)
    state, step = (int.from_bytes(rng.bytes(16), "little") for _ in range(2))
    multiplier = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64: state <- multiplier state + step
    step = pick(rng, [step, step | 1, state * (1 - multiplier) % 2**128, 0])
    meta["rng"]["state"] = {"state": pick(rng, [state, 0]), "inc": step}
    path.write_bytes(zipped(found | {"meta": npy(np.array(json.dumps(meta)))}))


# --- crafted zips and headers ---


def crafted_header(rng, path):
    """The header of an array says another dtype, shape, order or version, or is hardly one at all."""
    found = entries(pick(rng, good()))
    name = pick(rng, list(found))
    array = np.load(io.BytesIO(found[name]))
    fields = {"descr": repr(array.dtype.str), "fortran_order": "False", "shape": repr(array.shape)}
    fields[pick(rng, list(fields))] = pick(rng, [
        "'|O'", "'|S0'", "'<U0'", "'>f8'", "'<f8'", "'|V9'", "('<f8', (1000000000,))", "[('a', 'O')]",
        "True", "None", "(3,)", "(2, 3)", "(-1,)", "(-1, -8)", "(True,)", "(3L,)", "(4000000000,)", "(" * 150,
        "-" * 900 + "1", "(" + "9" * 400 + ",)", "0" * 5000, "{}", "__import__('os')", f"'{'a' * 60_000}'",
    ])  # fmt: skip
    text = "{" + ", ".join(f"'{key}': {value}" for key, value in fields.items()) + ", }"
    version = pick(rng, [(1, 0), (1, 0), (1, 0), (2, 0), (3, 0), (9, 9), (0, 0)])
    text = text.encode("latin1")[:60_000] + b"\n"
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text) + pick(rng, [0, 0, 0, 0, 1, -1, 5000]))
    content = b"\x93NUMPY" + bytes(version) + length + text + array.tobytes()
    path.write_bytes(zipped(found | {name: content}))


def crafted_zip(rng, path):
    """The list of entries, or the end of the file, says other lengths, places, names or flags."""
    content = bytearray(pick(rng, good()))
    marks = [m.start() for m in re.finditer(rb"PK\x01\x02|PK\x05\x06|PK\x03\x04", content)]
    for _ in range(rng.integers(1, 4)):
        at, size = pick(rng, marks) + int(rng.integers(4, 46)), pick(rng, [1, 2, 4])
        value = pick(rng, [0, 1, 8, 40, 255, 2**16 - 1, 2**31, 2**32 - 1, len(content), at])
        now = int.from_bytes(content[at : at + size], "little")
        value = pick(rng, [value, now + 1, now - 1, now ^ 1 << int(rng.integers(8 * size))])
        content[at : at + size] = (value % 256**size).to_bytes(size, "little")
    path.write_bytes(content)


def entry(name, content, offset, crc=None, extra=0):
    """(local header, record in the list) of a stored entry, without its content, for a place in the file."""
    name, size, crc = f"{name}.npy".encode(), len(content), zlib.crc32(content) if crc is None else crc
    both = struct.pack("<HHHHHIIIH", 20, 0, 0, 0, 33, crc, size, size, len(name))
    record = b"PK\x01\x02\x14\0" + both + struct.pack("<HHHHII", 0, 0, 0, 0, 0, offset) + name
    return b"PK\x03\x04" + both + struct.pack("<H", extra) + name, record


def listed(content, records):
    """A zip file: the content of its entries, their records, and the end."""
    count = len(records) % 2**16
    records = b"".join(records)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(records), len(content), 0)
    return content + records + end


def overlapping(rng, path):
    """Many arrays of the data that lie in one stretch of the file: each local header skips the next ones."""
    found = entries(pick(rng, good()[1:]))
    array = np.zeros(int(rng.integers(1, 30_000)))
    kernel, names = npy(array), [f"a{i}" for i in range(rng.integers(2, 150))]
    meta = told(found) | {"data": {name: ["float64", len(array)] for name in names}}
    content, records, crc = b"", [], zlib.crc32(kernel)
    for name, one in (found | {"meta": npy(np.array(json.dumps(meta)))}).items():
        local, record = entry(name, one, len(content))
        content, records = content + local + one, [*records, record]
    rest = sum(len(entry(f"data.{name}", b"", 0)[0]) for name in names)
    for name in names:
        rest -= len(entry(f"data.{name}", b"", 0)[0])
        local, record = entry(f"data.{name}", kernel, len(content), crc=crc, extra=rest)
        content, records = content + local, [*records, record]
    path.write_bytes(listed(content + kernel, records))


def many(rng, path):
    """A list of many entries, by which the few good ones are surrounded."""
    found, content, records = entries(pick(rng, good())), b"", []
    for name, one in found.items():
        local, record = entry(name, one, len(content))
        content, records = content + local + one, [*records, record]
    n = pick(rng, [0, 10, 200, 70_000])
    more = [entry(i, b"", int(rng.integers(len(content))))[1] for i in range(min(n, 200))] * max(1, n // 200)
    path.write_bytes(listed(content, more + records if rng.integers(2) else records + more))


def twice(rng, path):
    """An entry is there twice, with another content; or under one more name; or is compressed, if only it."""
    found = entries(pick(rng, good()))
    name = pick(rng, list(found))
    other = pick(rng, [found[name], damaged(found[name], rng), npy(np.zeros(2))])
    pairs = [*found.items(), (pick(rng, [name, name, f"{name}.npy", "more"]), other)]
    content = zipped([pairs[i] for i in rng.permutation(len(pairs))] if rng.integers(2) else pairs)
    if not rng.integers(4):
        methods = zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA
        content = zipped(found | {name: npy(np.zeros(10**6))}, compression=pick(rng, methods))
    path.write_bytes(content)


# --- paths ---


def odd_path(rng, path):
    """A path that is no plain file, or one that leads to a good one all the same."""
    kinds = "folder", "missing", "pipe", "socket", "loop", "link", "device", "name", "sparse", "empty", "below"
    kind = pick(rng, kinds)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one, contextlib.suppress(OSError):  # the path may be too long
            one.bind(str(path))
    elif kind == "loop":
        path.symlink_to(path)
    elif kind in ("link", "device"):
        good_one = path.with_name("good.npz")
        good_one.write_bytes(pick(rng, good()))
        devices = "/dev/zero", "/dev/null", "/dev/random", "/dev/full", "/proc/self/mem", "/proc/kmsg"
        path.symlink_to(good_one if kind == "link" else pick(rng, devices))
    elif kind == "name":
        return path.with_name(pick(rng, ["a\nb", "a\0b", "a" * 300, "\x1b[2J", "ä\udcff", " "]))
    elif kind == "sparse":
        path.write_bytes(pick(rng, good()))
        os.truncate(path, int(rng.integers(2**20, 2**40)))
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "below":
        path.write_bytes(pick(rng, good()))
        return path / "c.npz"


KINDS = [
    damaged_bytes, damaged_bytes, damaged_entry, damaged_entry, numbers, *[crafted_meta] * 3,
    large, stuck, crafted_header, crafted_zip, overlapping, many, twice, odd_path,
]  # fmt: skip
