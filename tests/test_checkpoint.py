"""A checkpoint gives back everything, or one clear line; never half of it, never a pickle."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from checkpoints import make, refused, rewritten, trained

from npgan import SGD, Adam, Dense, Gaussian, LeakyReLU, Network, RMSProp, Rows, games, train
from npgan.checkpoint import load, save, state_dict
from npgan.gan import GAN
from npgan.variants import VARIANTS

DATA = Path(__file__).parent / "data"


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


def test_pickled_objects_are_never_loaded(saved, tmp_path):
    class Bomb:
        def __reduce__(self):
            return os._exit, (1,)

    for entry in "meta", "G.0.bias":
        path = rewritten(saved, tmp_path / "bomb.npz", **{entry: np.array([Bomb()] * 3, dtype=object)})
        refused(path, "pickled objects, which are never loaded")


def network(*layers, dtype="float64"):
    return ["Network", {"layers": list(layers), "dtype": dtype}]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"meta": {"format": "npgan checkpoint 99"}}, "its format is neither 'npgan checkpoint 2' nor"),
        ({"meta": {"G": network(["Dense", {"n_in": 2, "n_out": 2}])}}, "'G.0.weight' is .*, wanted float64"),
        ({"meta": {"G": network(["Conv", {}])}}, "it needs a 'Conv', known are Dense"),
        ({"meta": {"G": network(["Dense", {"n_in": 10**6, "n_out": 10**6}])}}, "would not fit into a file of"),
        ({"meta": {"D": network(["Dense", {"n_in": 2, "n_out": -1}])}}, "n_out must be a whole number"),
        ({"meta": {"D": network(["Dense", {"n_in": 2, "width": 1}])}}, "unexpected keyword argument 'width'"),
        ({"meta": {"G": ["Net", {"layers": [], "dtype": "float64"}]}}, "it needs a 'Net', known are Network"),
        ({"meta": {"D": network(["Dense", {"n_in": 2, "n_out": 1}], dtype="float32")}}, "must have one dtype"),
        ({"meta": {"game": ["Poker", {}]}}, "it needs a 'Poker', known are Minimax"),
        ({"meta": {"gan": ["CycleGAN", {}]}}, "it needs a 'CycleGAN', known are GAN, FeatureMatching, Apart, "),
        ({"meta": {"gan": ["R1", {"latent": "normal", "sigma": 1}]}}, "R1 has gamma, got sigma"),
        ({"meta": {"gan": ["R1", {"latent": "normal", "gamma": -1}]}}, "gamma must be a number"),
        ({"meta": {"opt_g": ["Adam", {"lr": -1, "betas": [0.5, 0.9], "eps": 1e-8}]}}, "lr must be a number"),
        ({"meta": {"step": -3}}, "step must be a whole number from 0 to 9007199254740992, got -3$"),
        ({"meta": {"rng": {"bit_generator": "MT19937"}}}, "not a usable checkpoint"),
        ({"G.0.bias": None}, "it has no entry 'G.0.bias'"),
        ({"G.0.bias": np.zeros(4)}, r"'G.0.bias' is float64 \(4,\), wanted float64 \(3,\)"),
        ({"G.0.bias": np.zeros(3, np.float32)}, r"wanted float64 \(3,\)"),
        ({"G.0.bias": np.array([0, np.nan, 0])}, "numbers that are not finite"),
        ({"opt_d.t": np.array([1.5])}, "'opt_d.t' is float64"),
        ({"opt_d.t": np.array([-1])}, "'opt_d.t' holds a count below 0"),
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


OWN = {  # other values than the defaults
    "FeatureMatching": {"layer": 0}, "PullingAway": {"pull": 0.2}, "Clipped": {"clip": 0.3},
    "GradientPenalty": {"weight": 0.5}, "R1": {"gamma": 0.3}, "InstanceNoise": {"sigma": 0.2},
    "Conditional": {"loud": 3.0},
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_comes_back_with_its_settings_and_trains_on(name, tmp_path):
    kind, settings = VARIANTS[name], OWN.get(name, {})
    assert settings.keys() == kind.settings.keys(), "say here what other values the variant can have"
    gan, rng, data = trained(tmp_path / "c.npz", kind=kind, **settings)
    back = load(tmp_path / "c.npz")
    assert type(back.gan) is kind and {key: getattr(back.gan, key) for key in settings} == settings
    new_data = Rows(data.rows)
    new_data.set_state(back.data)
    options = {"steps": 9, "batch": 4, "average": 0.9, "start": 4}
    wanted = list(train(gan, data, rng=rng, **options))
    assert list(train(back.gan, new_data, rng=back.rng, **options)) == wanted
    assert back.gan.D.theta.tobytes() == gan.D.theta.tobytes()


def test_a_setting_that_was_lowered_on_the_way_is_kept_as_it_is_now(tmp_path):
    gan, rng = make(kind=VARIANTS["InstanceNoise"], sigma=0.5)
    gan.sigma = 0.125
    save(tmp_path / "c.npz", gan, step=1, rng=rng)
    assert load(tmp_path / "c.npz").gan.sigma == 0.125


class MyGAN(GAN):
    pass


class MyGame(type(games.minimax)):
    pass


class MyDense(Dense):
    pass


class MyNetwork(Network):
    pass


class MyAdam(Adam):
    pass


@pytest.mark.parametrize("which", ["gan", "game", "layer", "network", "optimiser"])
def test_what_load_would_not_know_is_refused_before_the_file_is_touched(which, tmp_path):
    gan, rng, _ = trained(tmp_path / "c.npz")
    before = (tmp_path / "c.npz").read_bytes()
    G = (MyNetwork if which == "network" else Network)(
        MyDense(2, 2) if which == "layer" else Dense(2, 2), LeakyReLU(0), rng=rng
    )
    opt_g = (MyAdam if which == "optimiser" else Adam)(G, lr=0.1)
    game = MyGame() if which == "game" else games.minimax
    other = (MyGAN if which == "gan" else GAN)(G, gan.D, opt_g, gan.opt_d, game=game)
    with pytest.raises(ValueError, match="can hold one of .*, got My"):
        save(tmp_path / "c.npz", other, step=1, rng=rng)
    assert (tmp_path / "c.npz").read_bytes() == before


def test_the_first_format_still_loads(tmp_path):
    """The file was written by the first release of the format, after 7 steps on 20 rows."""
    back = load(DATA / "old_checkpoint.npz")
    gan = back.gan
    assert repr(gan.G) == "Network(Dense(2, 3), Tanh(), Dense(3, 2), dtype=float32)"
    assert repr(gan.D.layers[1:4]) == "[LeakyReLU(0.1), Dense(4, 3), Sigmoid()]"
    assert (type(gan), gan.game, gan.latent, gan.average) == (GAN, games.least_squares, "uniform", None)
    assert (type(gan.opt_g), gan.opt_g.lr, gan.opt_g.decay) == (RMSProp, 1e-3, 0.9)
    assert (type(gan.opt_d), gan.opt_d.lr, gan.opt_d.momentum) == (SGD, 0.01, 0.5)
    assert (back.step, back.config, len(back.data["order"])) == (7, {"mine": 1}, 12)
    with np.load(DATA / "old_checkpoint.npz", allow_pickle=False) as file:
        meta = json.loads(str(file["meta"]))
        assert (gan.D.layers[2].W.T == file["D.2.weight"]).all() and (gan.opt_d.u == file["opt_d.u"]).all()
    for values in meta["opt_g"][1:-1], meta["opt_g"][1:] + [1]:  # one too few, one too many
        changed = {"opt_g": [meta["opt_g"][0], *values]}
        refused(rewritten(DATA / "old_checkpoint.npz", tmp_path / "c.npz", meta=changed), "zip")
