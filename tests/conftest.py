"""Every test runs with NumPy's errors raised (underflow aside) and without a screen."""

import os

os.environ["MPLBACKEND"] = "Agg"
if os.environ.get("NPGAN_DATA"):  # some tests run elsewhere
    os.environ["NPGAN_DATA"] = os.path.abspath(os.environ["NPGAN_DATA"])

import signal

import hypothesis
import numpy as np
import pytest

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start the tests with Ctrl-C ignored

hypothesis.settings.register_profile("npgan", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("npgan")


@pytest.fixture(autouse=True)
def strict_numpy():
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """No test reads or writes the cache, the data or the proxies of whoever runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("NPGAN_DATA", raising=False)
    return tmp_path / "cache" / "npgan"


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """The path of a good checkpoint, to be read and copied only."""
    from checkpoints import trained

    path = tmp_path_factory.mktemp("checkpoint") / "checkpoint.npz"
    trained(path)
    return path
