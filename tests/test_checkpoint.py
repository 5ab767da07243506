"""A checkpoint gives back everything, or one clear line; never half of it, never a pickle."""

import contextlib
import io
import json
import os
import re
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npgan import (
    GAN,
    SGD,
    Adam,
    Dense,
    Diverged,
    Gaussian,
    LeakyReLU,
    Network,
    RMSProp,
    Rows,
    Sigmoid,
    Tanh,
    games,
    train,
)
from npgan.checkpoint import CheckpointError, load, save, state_dict


def make(seed=0, optimiser=Adam, dtype=np.float64):
    rng = np.random.default_rng(seed)
    G = Network(Dense(2, 3), LeakyReLU(0.25), Dense(3, 3), Tanh(), Dense(3, 2), Sigmoid(), rng=rng, dtype=dtype)
    D = Network(Dense(2, 4), LeakyReLU(0.1), Dense(4, 1), rng=rng, dtype=dtype)
    gan = GAN(G, D, optimiser(G, lr=1e-2), optimiser(D, lr=2e-2), game=games.minimax, latent="uniform")
    return gan, rng


def trained(path, data=None, steps=4, average=0.9, **options):
    gan, rng = make(**options)
    data = data if data is not None else Rows(np.random.default_rng(9).random((10, 2)))
    for _ in train(gan, data, steps=steps, batch=4, rng=rng, average=average):
        pass
    save(path, gan, step=steps, rng=rng, data=data, config={"seed": 0, "note": "täst"})
    return gan, rng, data


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "checkpoint.npz"
    trained(path)
    return path


@pytest.mark.parametrize("optimiser", [SGD, RMSProp, Adam])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_training_goes_on_to_the_same_bytes(optimiser, dtype, tmp_path):
    path = tmp_path / "checkpoint.npz"
    gan, rng, data = trained(path, optimiser=optimiser, dtype=dtype)
    back = load(path)
    new_data = Rows(data.rows)
    new_data.set_state(back.data)
    assert back.step == 4 and back.config == {"seed": 0, "note": "täst"}
    options = {"steps": 9, "batch": 4, "average": 0.9, "start": 4}
    wanted = list(train(gan, data, rng=rng, **options))
    assert list(train(back.gan, new_data, rng=back.rng, **options)) == wanted
    for net in "G", "D", "average":
        assert getattr(back.gan, net).theta.tobytes() == getattr(gan, net).theta.tobytes()
        assert getattr(back.gan, net).dtype == dtype
    assert (back.gan.game, back.gan.latent) == (games.minimax, "uniform")
    assert repr(back.gan.G) == repr(gan.G) and repr(back.gan.D) == repr(gan.D)


def test_the_same_run_writes_the_same_bytes(tmp_path):
    for name in "one", "two":
        trained(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_without_average_and_without_a_place_in_the_data(tmp_path):
    trained(tmp_path / "c.npz", data=Gaussian2(), average=None)
    back = load(tmp_path / "c.npz")
    assert back.gan.average is None and back.data == {}


class Gaussian2:
    d = 2

    def sample(self, n, *, rng):
        return np.hstack([Gaussian(0, 1).sample(n, rng=rng), Gaussian(1, 1).sample(n, rng=rng)])


def test_weights_are_named_and_laid_out_as_in_torch(saved):
    gan = load(saved).gan
    with np.load(saved, allow_pickle=False) as file:
        assert [name for name in file.files if name.startswith("G.")] == [
            "G.0.weight", "G.0.bias", "G.2.weight", "G.2.bias", "G.4.weight", "G.4.bias",
        ]  # fmt: skip
        assert (file["G.0.weight"] == gan.G.layers[0].W.T).all() and file["G.0.weight"].shape == (3, 2)
        assert (file["average.4.bias"] == gan.average.layers[4].b).all()


def test_state_dict_is_views(rng):
    net = Network(Dense(2, 3), rng=rng)
    state_dict(net)["0.weight"][...] = 5.0
    assert (net.layers[0].W == 5).all()


def refused(path, message):
    with pytest.raises(CheckpointError, match=message) as info:
        load(path)
    assert str(path) in str(info.value) and "\n" not in str(info.value)


def test_what_is_not_a_checkpoint(tmp_path, saved):
    refused(tmp_path / "missing.npz", "no such file")
    refused(tmp_path, "is a folder")
    (tmp_path / "text.npz").write_text("hello")
    refused(tmp_path / "text.npz", "not a usable checkpoint: File is not a zip file")
    (tmp_path / "empty.npz").write_bytes(b"")
    refused(tmp_path / "empty.npz", "not a zip file")
    (tmp_path / "cut.npz").write_bytes(saved.read_bytes()[:-100])
    refused(tmp_path / "cut.npz", "not a zip file")
    np.savez(tmp_path / "other.npz", theta=np.zeros(3))
    refused(tmp_path / "other.npz", "it has no entry 'meta'")


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything"
)
def test_what_may_not_be_read(tmp_path, saved):
    path = tmp_path / "c.npz"
    path.write_bytes(saved.read_bytes())
    path.chmod(0)
    refused(path, "permission denied")


def rewritten(saved, path, meta=None, compress=False, **arrays):
    """A copy of a good checkpoint with some entries exchanged (None: left out)."""
    with np.load(saved, allow_pickle=False) as file:
        content = {name: file[name] for name in file.files}
    if isinstance(meta, dict):
        meta = np.array(json.dumps(json.loads(str(content["meta"])) | meta))
    if meta is not None:
        content["meta"] = meta
    content = {name: array for name, array in (content | arrays).items() if array is not None}
    (np.savez_compressed if compress else np.savez)(path, **content)
    return path


def test_pickled_objects_are_never_loaded(saved, tmp_path):
    class Bomb:
        def __reduce__(self):
            return os._exit, (1,)

    for entry in "meta", "G.0.bias":
        path = rewritten(saved, tmp_path / "bomb.npz", **{entry: np.array([Bomb()] * 3, dtype=object)})
        refused(path, "pickled objects, which are never loaded")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"meta": {"format": "npgan checkpoint 99"}}, "its format is not 'npgan checkpoint 1'"),
        ({"meta": {"G": [["Dense", 2, 2]]}}, "'G.0.weight' is float64 .*, wanted float64"),
        ({"meta": {"G": [["Conv", 2, 2]]}}, "it needs a 'Conv', known are Dense"),
        ({"meta": {"G": [["Dense", 10**6, 10**6]]}}, "would not fit into a file of"),
        ({"meta": {"D": [["Dense", 2, -1]]}}, "n_out must be a whole number"),
        ({"meta": {"dtype": "float32"}}, "is float64 .*, wanted float32"),
        ({"meta": {"game": "poker"}}, "unknown game 'poker'"),
        ({"meta": {"opt_g": ["Adam", -1, [0.5, 0.9], 1e-8]}}, "lr must be a number"),
        ({"meta": {"step": -3}}, "step or configuration makes no sense"),
        ({"meta": {"rng": {"bit_generator": "MT19937"}}}, "not a usable checkpoint"),
        ({"G.0.bias": None}, "it has no entry 'G.0.bias'"),
        ({"G.0.bias": np.zeros(4)}, r"wanted float64 \(3,\)"),
        ({"G.0.bias": np.zeros(3, np.float32)}, r"wanted float64 \(3,\)"),
        ({"G.0.bias": np.array([0, np.nan, 0])}, "numbers that are not finite"),
        ({"opt_d.t": np.array([1.5])}, "'opt_d.t' is float64"),
        ({"compress": True}, "is compressed, which ours never are"),
    ],
)
def test_what_does_not_fit_together(change, message, saved, tmp_path):
    refused(rewritten(saved, tmp_path / "c.npz", **change), message)


def test_an_interrupted_save_leaves_the_old_file(saved, tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    path.write_bytes(saved.read_bytes())
    gan, rng = make()

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        save(path, gan, step=1, rng=rng)
    assert path.read_bytes() == saved.read_bytes() and os.listdir(tmp_path) == ["c.npz"]


def arrays(gan):
    """{name in the file: array} of everything that training changes."""
    nets, optimisers = {"G": gan.G, "D": gan.D}, {"opt_g": gan.opt_g, "opt_d": gan.opt_d}
    if gan.average:
        nets["average"] = gan.average
    found = {f"{n}.{key}": array for n, net in nets.items() for key, array in state_dict(net).items()}
    return found | {f"{n}.{key}": array for n, opt in optimisers.items() for key, array in opt.state().items()}


def assert_same(got, wanted):
    assert got.keys() == wanted.keys()
    for name in got:
        assert got[name].dtype == wanted[name].dtype and (got[name] == wanted[name]).all(), name


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


def test_entries_that_lie_about_their_length(saved, tmp_path):
    """A header that promises more than the entry holds, and an entry with more than its header says."""
    for name, change in ("longer", lambda b: b + b"x" * 20_000), ("shorter", lambda b: b[:-8]):
        path = tmp_path / f"{name}.npz"
        with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w") as new:
            for info in old.infolist():
                content = old.read(info)
                new.writestr(info.filename, change(content) if info.filename == "G.2.weight.npy" else content)
        refused(path, "not a usable checkpoint")


def test_a_variant_is_refused_rather_than_half_saved(tmp_path):
    class Variant(GAN):
        pass

    gan, rng = make()
    other = Variant(gan.G, gan.D, gan.opt_g, gan.opt_d)
    with pytest.raises(ValueError, match="not one of its variants; got Variant"):
        save(tmp_path / "c.npz", other, step=1, rng=rng)
    assert not list(tmp_path.iterdir())
