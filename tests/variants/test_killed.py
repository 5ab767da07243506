"""A run that is killed and goes on from its checkpoint ends at the same bytes as one that was left alone.

    python tests/variants/test_killed.py R1 path      trains without end, with a checkpoint every 3 steps
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from npgan import Adam, Rows, games, train
from npgan.checkpoint import CheckpointError, load, save
from npgan.gradcheck import small_gan
from npgan.variants import VARIANTS

SETTINGS = {
    "Conditional": {"loud": 3.0}, "FeatureMatching": {"layer": 1}, "Apart": {}, "PullingAway": {"pull": 0.2},
    "Clipped": {"clip": 0.3}, "GradientPenalty": {"weight": 0.5}, "R1": {"gamma": 0.3},
    "InstanceNoise": {"sigma": 0.2},
}  # fmt: skip
OPTIONS = {"batch": 4, "average": 0.99, "order": "g_first"}  # G's step begins with what was there before


def new(name):
    """A gan, its data and its rng at step 0."""
    rng = np.random.default_rng(0)
    gan = small_gan(VARIANTS[name], games.non_saturating, rng=rng)
    for setting, value in SETTINGS[name].items():
        setattr(gan, setting, value)
    gan.opt_g, gan.opt_d = Adam(gan.G, lr=1e-3), Adam(gan.D, lr=2e-3)
    return gan, Rows(rng.standard_normal((50, gan.D.n_in))), rng


def resumed(name, path):
    """The same from the checkpoint at path, and the steps that are behind it."""
    gan, data, rng = new(name)
    if not path.exists():
        return gan, data, rng, 0
    back = load(path)
    data.set_state(back.data)
    return back.gan, data, back.rng, back.step


def go_on(name, path):
    gan, data, rng, start = resumed(name, path)
    for record in train(gan, data, steps=10**9, start=start, rng=rng, **OPTIONS):
        if record.step % 3 == 0:
            save(path, gan, step=record.step, rng=rng, data=data)


def everything(gan, rng):
    """The bytes of all that training changes."""
    arrays = [net.theta for net in (gan.G, gan.D, gan.average)]
    arrays += [array for opt in (gan.opt_g, gan.opt_d) for array in opt.state().values()]
    return [array.tobytes() for array in arrays], rng.bit_generator.state


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("name", SETTINGS)
def test_killed_twice_and_resumed_it_is_the_same_run(name, tmp_path):
    path, behind = tmp_path / "c.npz", 0
    root = Path(__file__).parents[2]
    for wait in 0.02, 0.031:
        command = [sys.executable, __file__, name, str(path)]
        process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(root)})
        wanted = behind + 30
        try:
            while behind < wanted:
                time.sleep(wait)
                assert process.poll() is None
                behind = step_at(path)
        finally:
            process.kill()
        assert process.wait(60) == -signal.SIGKILL
    gan, data, rng, start = resumed(name, path)
    assert start >= behind >= 60 and {key: getattr(gan, key) for key in SETTINGS[name]} == SETTINGS[name]
    whole, whole_data, whole_rng = new(name)
    *_, last = train(gan, data, steps=start + 20, start=start, rng=rng, **OPTIONS)
    *_, wanted = train(whole, whole_data, steps=start + 20, rng=whole_rng, **OPTIONS)
    assert last == wanted and everything(gan, rng) == everything(whole, whole_rng)
    assert (data.order == whole_data.order).all()


def step_at(path):
    try:
        return load(path).step
    except CheckpointError as error:  # anything but a file that is whole is an error
        assert "no such file" in str(error)
        return 0


if __name__ == "__main__":
    go_on(sys.argv[1], Path(sys.argv[2]))
