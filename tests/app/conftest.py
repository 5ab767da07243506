"""Every test of the application runs in a folder of its own, with a cache and digits of its own."""

import numpy as np
import pytest
from digit_runs import N_TEST, TINY, N
from idx_files import write

from npgan import digits
from npgan.app.cli import main


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """IDX files of 300 digits to learn from and 120 to test with."""
    folder = tmp_path_factory.mktemp("idx")
    for prefix, n, seed in ("train", N, 0), ("t10k", N_TEST, 1):
        images, labels = digits.glyph_digits(n, rng=np.random.default_rng(seed))
        write(folder, images.reshape(n, 28, 28), labels, prefix=prefix)
    return folder


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, folder, monkeypatch):
    monkeypatch.setenv("NPGAN_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def every_picture_is_drawn(monkeypatch):
    """One that fails costs a run only a line on stderr: here it costs the test."""
    monkeypatch.setattr("npgan.app.run.complain", pytest.fail)


@pytest.fixture
def quick_files(monkeypatch):
    """For speed, pictures are the names of their files, and disks are not waited for."""

    def save(path, draw, size=None):
        path.write_bytes(path.name.encode())

    monkeypatch.setattr("npgan.app.run.save_figure", save)
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("npgan.training.keep_memory", lambda: None)


@pytest.fixture(scope="session")
def mnist(folder, tmp_path_factory):
    """A whole run of two epochs on these digits; to be read and copied only."""
    out = tmp_path_factory.mktemp("runs") / "mnist"
    assert main(["train", "mnist", "--epochs", "2", *TINY, "--data", str(folder), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def gaussian(tmp_path_factory):
    """A whole run on the Gaussian; to be read and copied only."""
    out = tmp_path_factory.mktemp("runs") / "gaussian"
    assert main(["train", "gaussian", "--steps", "30", "--batch", "8", "--quiet", "--out", str(out)]) == 0
    return out
