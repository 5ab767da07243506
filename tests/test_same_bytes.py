"""The same seed gives the same theta as it always did: digests of runs, held against a change of the code.

    python tests/test_same_bytes.py      writes the digests anew, where a change of numbers is meant

Matrix libraries round otherwise on other processors, so each set of digests carries that of a plain NumPy
sum over products, exp and tanh (the key). Where that one differs, the norms of theta are compared instead.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from npgan import SGD, Adam, Dense, Gaussian, LeakyReLU, Network, RMSProp, Tanh, games, models, ring, train
from npgan.digits import Images
from npgan.gan import GAN
from npgan.variants.regularised import R1, InstanceNoise

FILE = Path(__file__).parent / "data" / "same_bytes.json"
LINE = Gaussian(4, 1)
ORDERS = "d_first", "g_first", "simultaneous", "one_noise"
OPTIMISERS = {
    "SGD": lambda net: SGD(net, lr=0.02),
    "momentum": lambda net: SGD(net, lr=0.01, momentum=0.7),
    "RMSProp": lambda net: RMSProp(net, lr=1e-3),
    "Adam": lambda net: Adam(net, lr=1e-3, betas=(0.5, 0.999)),
}


def play(game, order="d_first", optimiser="Adam", kind=GAN, data=None, **options):
    """The GAN after 200 steps. Each kind of layer is in it."""
    rng = np.random.default_rng(7)
    data = data or ring()
    G = Network(Dense(2, 12), LeakyReLU(0.2), Dense(12, 10), Tanh(), Dense(10, data.d), rng=rng)
    D = Network(Dense(data.d, 12), LeakyReLU(0.2), Dense(12, 12), Tanh(), Dense(12, 1), rng=rng)
    parts = G, D, OPTIMISERS[optimiser](G), OPTIMISERS[optimiser](D)
    gan = kind(*parts, game=games.by_name(game), **options.pop("settings", {}))
    for _ in train(gan, data, steps=200, batch=16, rng=rng, order=order, **options):
        pass
    return gan


def digits(order):
    rng = np.random.default_rng(7)
    gan = models.digits_pair(rng=rng, lr=2e-4, betas=(0.5, 0.999))
    images = Images(rng.integers(256, size=(500, 784), dtype=np.uint8))
    for _ in train(gan, images, steps=200, batch=16, rng=rng, order=order, average=0.999):
        pass
    return gan


CASES = {
    f"{game} {order} {optimiser}": (play, (game, order, optimiser), {})
    for game in ("minimax", "non_saturating", "least_squares")
    for order in ORDERS
    for optimiser in OPTIMISERS
} | {
    "three D steps": (play, ("minimax",), {"d_steps": 3}),
    "average, falling rate": (play, ("non_saturating",), {"average": 0.99, "anneal": True, "data": LINE}),
    "R1": (play, ("non_saturating",), {"kind": R1, "settings": {"gamma": 0.5}}),
    "R1, g_first": (play, ("minimax", "g_first"), {"kind": R1, "settings": {"gamma": 2.0}}),
    "R1, simultaneous": (play, ("minimax", "simultaneous"), {"kind": R1, "settings": {"gamma": 2.0}}),
    "noise": (play, ("non_saturating",), {"kind": InstanceNoise, "settings": {"sigma": 0.3}}),
    "noise, simultaneous": (
        play, ("minimax", "simultaneous"), {"kind": InstanceNoise, "settings": {"sigma": 0.3}},
    ),
    "digits": (digits, ("d_first",), {}),
    "digits, one noise": (digits, ("one_noise",), {}),
}  # fmt: skip


def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()[:16]


def rounding():
    """A digest of what this machine makes of products, exp and tanh, in both dtypes and several shapes."""
    results = []
    for dtype in np.float64, np.float32:
        x = np.linspace(-3, 3, 16 * 784, dtype=dtype).reshape(16, 784)
        for width in 1, 2, 12, 256, 784:
            for rows in 16, 32:
                a = np.concatenate([x, -x])[:rows, :width]
                results += [np.dot(a.T, a), np.dot(a, a.T), np.exp(a), np.tanh(a)]
                results += [np.logaddexp(0, a), np.sqrt(a * a)]
    return digest(*results)


def outcome(name):
    run, args, options = CASES[name]
    gan = run(*args, **options)
    nets = [gan.G, gan.D] + ([gan.average] if gan.average else [])
    return {
        "digest": digest(*(net.theta for net in nets)),
        "norms": [float(np.linalg.norm(net.theta.astype(float))) for net in nets],
    }


@pytest.mark.parametrize("name", CASES)
def test_the_same_bytes_as_before(name):
    kept, now = json.loads(FILE.read_text()), outcome(name)
    if rounding() == kept["rounding"]:
        assert now["digest"] == kept["cases"][name]["digest"]
    assert now["norms"] == pytest.approx(kept["cases"][name]["norms"], rel=1e-3)


if __name__ == "__main__":
    cases = {name: outcome(name) for name in CASES}
    FILE.write_text(json.dumps({"rounding": rounding(), "cases": cases}, indent=1) + "\n")
