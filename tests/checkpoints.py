"""Small checkpoints to load, change and damage."""

import json

import numpy as np
import pytest

from benchmarks.hostile.checkpoints import arrays, assert_equal, small_d  # noqa: F401  (for the tests)
from npgan import Adam, Dense, LeakyReLU, Network, Rows, Sigmoid, Tanh, games, train
from npgan.checkpoint import CheckpointError, load, save
from npgan.gan import GAN


def make(seed=0, optimiser=Adam, dtype=np.float64, kind=GAN, **settings):
    rng = np.random.default_rng(seed)
    G = Network(Dense(2, 3), LeakyReLU(0.25), Dense(3, 3), Tanh(), Dense(3, 2), Sigmoid(), rng=rng, dtype=dtype)
    D = small_d(kind, LeakyReLU(0.1), rng=rng, dtype=dtype)
    parts = G, D, optimiser(G, lr=1e-2), optimiser(D, lr=2e-2)
    return kind(*parts, game=games.minimax, latent="uniform", **settings), rng


def trained(path, data=None, steps=4, average=0.9, **options):
    gan, rng = make(**options)
    data = data if data is not None else Rows(np.random.default_rng(9).random((10, gan.D.n_in)))
    for _ in train(gan, data, steps=steps, batch=4, rng=rng, average=average):
        pass
    save(path, gan, step=steps, rng=rng, data=data, config={"seed": 0, "note": "täst"})
    return gan, rng, data


def refused(path, message):
    with pytest.raises(CheckpointError, match=message) as info:
        load(path)
    assert str(path) in str(info.value) and "\n" not in str(info.value)


def rewritten(saved, path, meta=None, compress=False, **others):
    """A copy of a good checkpoint with some entries exchanged (None: left out)."""
    with np.load(saved, allow_pickle=False) as file:
        content = {name: file[name] for name in file.files}
    if isinstance(meta, dict):
        meta = np.array(json.dumps(json.loads(str(content["meta"])) | meta))
    if meta is not None:
        content["meta"] = meta
    content = {name: array for name, array in (content | others).items() if array is not None}
    (np.savez_compressed if compress else np.savez)(path, **content)
    return path


def assert_same(got, wanted):
    assert got.keys() == wanted.keys()
    for name in got:
        assert got[name].dtype == wanted[name].dtype and (got[name] == wanted[name]).all(), name
