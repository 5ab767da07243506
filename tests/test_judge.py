"""The judge: the same for the same digits, out of the cache or made anew; another for others."""

import hashlib

import numpy as np
import pytest

from npgan.digits import KEEP, Digits, cache, glyph_digits
from npgan.judge import judge

pytestmark = pytest.mark.usefixtures("own_cache")
FEW = Digits(*(part.copy() for part in (np.arange(784 * 6).reshape(6, 784).astype(np.uint8), np.arange(6))))


def of(i):
    """Six digits, the first label of which is i."""
    return FEW._replace(labels=np.array([i, *FEW.labels[1:]], np.uint8))


@pytest.fixture
def trained(monkeypatch):
    """How many samples each judge that was made has learned from."""
    seen, module = [], judge.__globals__
    learn = module["learn"]

    def noted(x, *more, **options):
        seen.append(len(x))
        return learn(x, *more, **options)

    monkeypatch.setitem(module, "learn", noted)
    return seen


def test_it_is_trained_once_and_knows_digits_that_it_has_not_seen(trained, own_cache):
    train, test = (glyph_digits(n, rng=np.random.default_rng(n)) for n in (1500, 200))
    first, again = judge(train), judge(train)
    assert trained == [1500] and (first.theta == again.theta).all()
    assert (first.classes(test.images) == test.labels).mean() > 0.8
    assert (first.probabilities(test.images) == again.probabilities(test.images)).all()
    assert first.features(test.images).shape == (200, 128) and first.dtype == np.float32
    assert len(list(own_cache.glob("judge-*"))) == 1


def test_other_digits_other_labels_other_settings_another_judge(trained, monkeypatch):
    judge(FEW)
    pixel = FEW.images.copy()
    pixel[-1, -1] ^= 1
    for other in of(3), FEW._replace(images=pixel), Digits(FEW.images[:5], FEW.labels[:5]):
        judge(other)
    assert trained == [6, 6, 6, 5]
    monkeypatch.setitem(judge.__globals__["SETTINGS"], "lr", 2e-3)
    judge(FEW)
    monkeypatch.setitem(judge.__globals__, "EDITION", 0)
    judge(FEW)
    assert trained[4:] == [6, 6]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "another", "its digest alone"])
def test_a_damaged_one_is_made_anew(damage, trained, own_cache):
    good = judge(FEW).theta
    (path,) = own_cache.glob("judge-*")
    content = path.read_bytes()
    judge(of(1))
    (another,) = set(own_cache.glob("judge-*")) - {path}
    zeros = bytes(len(content) - 32)
    path.write_bytes({
        "flip": content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
        "cut": content[:-1], "empty": b"", "another": another.read_bytes(),
        "its digest alone": hashlib.sha256(zeros).digest() + zeros,
    }[damage])  # fmt: skip
    assert (judge(FEW).theta == good).all() and trained == [6, 6, 6]
    assert path.read_bytes() == content


def test_without_a_cache_it_is_trained_all_the_same(monkeypatch, trained, tmp_path):
    one = judge(FEW)
    (tmp_path / "blocked").touch()
    monkeypatch.setattr(cache, "cache_folder", lambda: tmp_path / "blocked")
    assert (judge(FEW).theta == one.theta).all() and trained == [6, 6]


def test_the_latest_few_are_kept_and_glyphs_beside_them(own_cache):
    glyph_digits(3, rng=np.random.default_rng(0))
    for i in range(KEEP + 2):
        judge(of(i))
    assert len(list(own_cache.glob("judge-*"))) == KEEP and len(list(own_cache.glob("glyphs-*"))) == 1


def test_digits_without_a_label_each_have_no_judge():
    with pytest.raises(ValueError, match="labels must be 6 numbers, one for each row, got shape"):
        judge(FEW._replace(labels=FEW.labels[:5]))
    with pytest.raises(ValueError, match="labels must be 0 to 9, got 1 to 10"):
        judge(of(10))
