"""What the tests of playing share: small sessions, and what of one must be equal."""

import numpy as np

from npgan.app.demos import DEMOS
from npgan.app.live.session import Session

TINY = {"batch": 8, "g_hidden": [6], "d_hidden": [5], "steps": 40}


def config(name="ring", variant="gan", **more):
    return {"demo": name} | DEMOS[name].settings_of(variant) | TINY | more


def session(name="ring", variant="gan", **more):
    return Session(config(name, variant, **more))


def state(played):
    """{name: bytes} of all that the next step depends on, and of what was noted."""
    gan = played.gan
    average = b"" if gan.average is None else gan.average.theta.tobytes()
    optimisers = [array.tobytes() for opt in (gan.opt_g, gan.opt_d) for array in opt.state().values()]
    return {
        "G": gan.G.theta.tobytes(), "D": gan.D.theta.tobytes(), "average": average, "optimisers": optimisers,
        "rng": str(played.rng.bit_generator.state), "history": str(played.history), "step": played.step,
    }  # fmt: skip


def changed(before, after):
    """The names of what differs."""
    return {name for name in before if before[name] != after[name]}


def table(n=60, d=2):
    return np.random.default_rng(3).normal(size=(n, d))
