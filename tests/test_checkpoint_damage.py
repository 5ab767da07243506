"""A damaged checkpoint is refused in one line, or gives the very numbers that it holds."""

import contextlib
import io
import math
import re
import zipfile

import numpy as np
from checkpoints import arrays, assert_same, refused, rewritten
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npgan import GAN, SGD, Dense, Diverged, Network, train
from npgan.checkpoint import CheckpointError, load, save


@settings(max_examples=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_give_our_error_or_the_right_arrays(data, saved, tmp_path):
    """Flip, cut, insert, repeat anywhere: either it is refused, or every number is the one saved."""
    content = bytearray(saved.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["flip", "cut", "insert", "repeat", "zero"]))
    if kind == "flip":
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "cut":
        del content[at : at + data.draw(st.integers(1, 200))]
    elif kind == "insert":
        content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
    elif kind == "repeat":
        content[at:at] = content[at : at + 50]
    else:
        content[at : at + 8] = bytes(8)
    path = tmp_path / "mutated.npz"
    path.write_bytes(content)
    try:
        back = load(path)
    except CheckpointError:
        return
    good = load(saved)
    assert_same(arrays(back.gan), arrays(good.gan))
    assert_same(back.data, good.data)
    assert back.step == good.step and back.rng.bit_generator.state == good.rng.bit_generator.state


TOKENS = "", "-1", "0", "1e999", "NaN", "null", "[]", "{}", '"x"', "true", "9" * 20, '["Dense", 2, 2]'


def mutated_entry(data, name, content):
    """The bytes of an .npy file, or the JSON in it, with some of them replaced."""
    if name == "meta":
        text = str(np.load(io.BytesIO(content)))
        parts = re.split(r"([\[\]{}:, ]+)", text)
        parts[2 * data.draw(st.integers(0, len(parts) // 2))] = data.draw(st.sampled_from(TOKENS))
        np.save(file := io.BytesIO(), np.array("".join(parts)))
        return file.getvalue()
    at, piece = data.draw(st.integers(0, len(content) - 1)), data.draw(st.binary(min_size=1, max_size=8))
    return content[:at] + piece + content[at + len(piece) * data.draw(st.booleans()) :]


def test_mutated_entries_give_our_error_or_what_the_file_says(saved, tmp_path):
    """With the zip around them made anew, so that its checksums do not help; and training goes on from it."""
    with zipfile.ZipFile(saved) as file:
        entries = {name: file.read(name) for name in file.namelist()}
    path, outcomes = tmp_path / "mutated.npz", {"read": 0, "refused": 0}

    @settings(max_examples=1200)
    @given(st.sampled_from(sorted(entries) + 10 * ["meta.npy"]), st.data())
    def check(name, data):
        changed = entries | {name: mutated_entry(data, name.removesuffix(".npy"), entries[name])}
        with zipfile.ZipFile(path, "w") as file:
            for one, content in changed.items():
                file.writestr(one, content)
        try:
            back = load(path)
        except CheckpointError:
            outcomes["refused"] += 1
            return
        outcomes["read"] += 1
        with np.load(path, allow_pickle=False) as file:
            assert_same(arrays(back.gan), {key: file[key] for key in arrays(back.gan)})
            assert_same(back.data, {key: file[f"data.{key}"] for key in back.data})
        options = {"start": back.step, "steps": back.step + 1, "batch": 4, "average": 0.9}
        with np.errstate(all="ignore"), contextlib.suppress(Diverged):
            next(train(back.gan, np.ones((9, 2)), rng=back.rng, **options))

    check()
    assert min(outcomes.values()) >= 100, outcomes


def test_what_is_large_is_read_and_what_is_too_large_is_not(tmp_path):
    """Weights of 29 kB, and a meta of exactly the million characters that it may have."""
    rng = np.random.default_rng(0)
    G, D = Network(Dense(60, 60), Dense(60, 2), rng=rng), Network(Dense(2, 1), rng=rng)
    gan = GAN(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1))
    save(tmp_path / "c.npz", gan, step=0, rng=rng)
    assert (load(tmp_path / "c.npz").gan.G.theta == G.theta).all() and load(tmp_path / "c.npz").step == 0
    with np.load(tmp_path / "c.npz", allow_pickle=False) as file:
        meta = str(file["meta"])
    rewritten(tmp_path / "c.npz", tmp_path / "full.npz", meta=np.array(meta.ljust(1_000_000)))
    assert load(tmp_path / "full.npz").step == 0
    rewritten(tmp_path / "c.npz", tmp_path / "over.npz", meta=np.array(meta.ljust(1_000_001)))
    refused(tmp_path / "over.npz", "its meta entry is not a text")


def test_a_network_that_claims_a_little_more_than_the_file_has(saved, tmp_path):
    n = math.isqrt(saved.stat().st_size // 8) + 1  # n (n + 1) numbers of 8 bytes
    G = ["Network", {"layers": [["Dense", {"n_in": n, "n_out": n}]], "dtype": "float64"}]
    refused(rewritten(saved, tmp_path / "c.npz", meta={"G": G}), "its G would not fit into a file of")


def test_entries_that_lie_about_their_length(saved, tmp_path):
    """A header that promises more than the entry holds, and an entry with more than its header says."""
    for name, change in ("longer", lambda b: b + b"x" * 20_000), ("shorter", lambda b: b[:-8]):
        path = tmp_path / f"{name}.npz"
        with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
            for info in old.infolist():
                content = old.read(info)
                new.writestr(info.filename, change(content) if info.filename == "G.2.weight.npy" else content)
        refused(path, "not a usable checkpoint")
