"""The cache is where the user keeps caches; what it holds is trusted only whole, and never needed."""

import sys
from pathlib import Path

import numpy as np
import pytest

from npgan.digits import KEEP, cache, cache_folder, fonts, glyph_digits, mnist


@pytest.mark.skipif(sys.platform == "win32", reason="the rules of Unix")
def test_the_cache_is_where_the_user_keeps_caches(monkeypatch, tmp_path):
    assert cache_folder() == tmp_path / "cache" / "npgan"
    monkeypatch.setenv("HOME", "/someone")
    for not_a_place in "", "relative/path":
        monkeypatch.setenv("XDG_CACHE_HOME", not_a_place)
        assert cache_folder() == Path("/someone/.cache/npgan")
    monkeypatch.setattr(cache.sys, "platform", "win32")
    assert cache_folder() == tmp_path / "cache" / "npgan"  # LOCALAPPDATA


def no_home(monkeypatch):
    def fail():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(Path, "home", fail)


def test_without_a_home_it_says_what_to_set(monkeypatch):
    no_home(monkeypatch)
    with pytest.raises(OSError, match="set .*, or NPGAN_DATA"):
        mnist()


def test_the_same_seed_the_same_digits_and_rng_goes_on_alike_with_and_without_a_cache(monkeypatch):
    first, again, other = (np.random.default_rng(seed) for seed in (5, 5, 6))
    a = glyph_digits(30, rng=first)
    c = glyph_digits(30, rng=other)
    monkeypatch.setattr(fonts, "draw", None)  # from now on only the cache can answer
    b = glyph_digits(30, rng=again)
    assert (a.images == b.images).all() and (a.labels == b.labels).all()
    assert a.images.dtype == b.images.dtype == b.labels.dtype == np.uint8
    assert a.images.shape == b.images.shape == (30, 784) and b.labels.shape == (30,)
    assert not (a.images == c.images).all()
    assert first.bit_generator.state == again.bit_generator.state
    b.images[0] = 7  # the caller's own, and not the cache's
    assert (glyph_digits(30, rng=np.random.default_rng(5)).images == a.images).all()
    with pytest.raises(TypeError):
        glyph_digits(29, rng=first)  # draw is gone: this one was never made


@pytest.mark.parametrize("damage", ["flip", "digest", "cut", "empty", "another", "folder"])
def test_a_damaged_cache_is_made_anew(damage, own_cache):
    def again():
        return glyph_digits(20, rng=np.random.default_rng(0))

    good = again()
    (path,) = own_cache.glob("glyphs-*")
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        i = {"flip": 5000, "digest": 3}.get(damage, 0)
        flipped = content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :]
        glyph_digits(7, rng=np.random.default_rng(0))
        (another,) = own_cache.glob("glyphs-*-7-*")
        damaged = {"cut": content[:-1], "empty": b"", "another": another.read_bytes()}
        path.write_bytes(damaged.get(damage, flipped))
    got = again()
    assert (got.images == good.images).all() and (got.labels == good.labels).all()
    if damage != "folder":
        assert path.read_bytes() == content


def test_without_a_cache_digits_are_drawn_all_the_same(monkeypatch, own_cache, tmp_path):
    a = glyph_digits(10, rng=np.random.default_rng(0))
    (tmp_path / "blocked").touch()  # a file where the folder should be
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "blocked"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "blocked"))
    b = glyph_digits(10, rng=np.random.default_rng(0))
    no_home(monkeypatch)
    c = glyph_digits(10, rng=np.random.default_rng(0))
    assert (a.images == b.images).all() and (a.images == c.images).all()


def test_the_cache_does_not_grow_for_ever(own_cache):
    (own_cache / "mnist").mkdir(parents=True)
    (own_cache / "mnist" / "file").touch()
    for seed in range(KEEP + 2):
        glyph_digits(3, rng=np.random.default_rng(seed))
    assert len(list(own_cache.glob("glyphs-*"))) == KEEP
    assert (own_cache / "mnist" / "file").exists()
