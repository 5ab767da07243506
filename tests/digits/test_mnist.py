"""MNIST from a folder of files: how they may be named, where they are looked for, what must fit together."""

import numpy as np
import pytest
from idx_files import NAMES, REAL, needs_mnist, small, write

from npgan.app import cli
from npgan.digits import DataError, mnist


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
def test_loads_each_way_the_files_are_named(zipped, dotted, tmp_path, rng):
    train, test = small(5, rng=rng), small(3, rng=rng)
    end = ".gz" if zipped else ""
    for prefix, data in ("train", train), ("t10k", test):
        write(tmp_path, *data, prefix, end, zipped)
    if dotted:
        for path in tmp_path.glob("*-ubyte*"):
            path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    for split, (images, labels) in ("train", train), ("test", test):
        got = mnist(tmp_path, split=split)
        assert got.images.dtype == got.labels.dtype == np.uint8
        assert (got.images == images.reshape(-1, 784)).all() and (got.labels == labels).all()


def test_the_folder_is_the_one_given_then_npgan_data_then_the_cache(tmp_path, monkeypatch, own_cache, rng):
    sizes = {}
    for n, folder in (1, tmp_path / "given"), (2, tmp_path / "variable"), (3, own_cache / "mnist"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        sizes[write(folder, *small(n, rng=rng))] = n
    assert len(mnist().labels) == 3
    monkeypatch.setenv("NPGAN_DATA", str(tmp_path / "variable"))
    assert len(mnist().labels) == 2
    assert len(mnist(tmp_path / "given").labels) == 1
    monkeypatch.setenv("NPGAN_DATA", "")
    assert len(mnist().labels) == 3


def test_missing_files_are_named_with_what_to_do(tmp_path, rng):
    for folder in tmp_path, tmp_path / "nowhere":
        with pytest.raises(DataError) as info:
            mnist(folder)
        names = NAMES[0], "train-images.idx3-ubyte.gz"
        for words in str(folder), *names, "`npgan fetch mnist`", "--data", "NPGAN_DATA", "`npgan train digits`":
            assert words in str(info.value)
    (write(tmp_path, *small(rng=rng)) / NAMES[1]).unlink()
    with pytest.raises(DataError, match=f"no {NAMES[1]} in"):
        mnist(tmp_path)
    (tmp_path / NAMES[1]).mkdir()  # a folder of that name is not the file
    with pytest.raises(DataError, match=f"no {NAMES[1]} in"):
        mnist(tmp_path)
    with pytest.raises(ValueError, match="split"):
        mnist(tmp_path, split="t10k")


@pytest.mark.parametrize(
    "images, labels, words",
    [
        (np.zeros((3, 28, 28)), [1, 2], "holds 2 labels, wanted 3"),
        (np.zeros((3, 28, 28)), [1, 2, 10], "image 2 shows a 10"),
        (np.zeros((3, 28, 27)), [1, 2, 3], "holds 3 x 28 x 27 bytes"),
        (np.zeros(3), [1, 2, 3], "wanted images"),
        (np.zeros((3, 28, 28)), np.zeros((3, 1, 1)), "holds 3 x 1 x 1 labels"),
    ],
)
def test_files_that_do_not_belong_together(images, labels, words, tmp_path):
    with pytest.raises(DataError, match=words):
        mnist(write(tmp_path, images, labels))


@needs_mnist
def test_real_mnist_is_what_it_should_be(capsys):
    counts = {
        "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    }
    for split, count in counts.items():
        images, labels = mnist(REAL, split=split)
        assert images.shape == (sum(count), 784) and images.dtype == np.uint8
        assert np.bincount(labels).tolist() == count
    assert cli.main(["fetch", "mnist", "--data", REAL]) == 0  # the digests, and no download
    assert capsys.readouterr().out.count("already there") == 4
