"""Bytes become numbers in [-1, 1] and back; Images are drawn so, every one once per epoch."""

import numpy as np
import pytest

from npgan.digits import Images, LabelledImages, from_pixels, shifted, to_pixels, unit_pixels


def test_every_byte_becomes_a_number_in_the_range_of_tanh_and_back():
    pixels = np.arange(256, dtype=np.uint8)
    x = from_pixels(pixels)
    assert x.dtype == np.float32 and x[0] == -1 and x[255] == 1
    assert abs(x - (pixels / 255 * 2 - 1)).max() < 1e-7
    assert to_pixels(x).dtype == np.uint8 and (to_pixels(x) == pixels).all()
    assert (to_pixels(x.astype(float)) == pixels).all()
    assert to_pixels([-3.0, -1.0, 0.0, 0.999, 1.0, 2.0]).tolist() == [0, 0, 128, 255, 255, 255]
    with pytest.raises(ValueError, match="finite"):
        to_pixels([0.0, np.nan])
    with pytest.raises(ValueError, match="uint8, got float64"):
        from_pixels(np.zeros(3))


def test_pixels_on_the_scale_of_the_scores():
    pixels = np.arange(256, dtype=np.uint8)
    x = unit_pixels(pixels)
    assert x.dtype == np.float32 and (x == pixels / np.float32(255)).all()
    assert pixels[255] == 255  # the caller's are left alone


def test_an_epoch_visits_every_image_once_scaled(rng):
    images = rng.permutation(50 * 784).reshape(50, 784).astype(np.uint8)
    data = Images(images)
    assert len(data) == 50 and data.d == 784
    assert np.shares_memory(data.rows, images)
    batches = [data.sample(10, rng=rng) for _ in range(10)]
    for epoch in batches[:5], batches[5:]:
        seen = np.concatenate(epoch)
        assert seen.shape == (50, 784) and seen.dtype == np.float32
        assert sorted(map(tuple, to_pixels(seen))) == sorted(map(tuple, images))
    assert not np.array_equal(np.concatenate(batches[:5]), np.concatenate(batches[5:]))


def test_the_place_in_an_epoch_can_be_kept(rng):
    images = rng.integers(256, size=(20, 784), dtype=np.uint8)
    data, again = Images(images), Images(images)
    data.sample(7, rng=rng)
    again.set_state(data.state())
    a, b = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(5):
        assert (data.sample(7, rng=a) == again.sample(7, rng=b)).all()


def test_images_must_be_bytes():
    with pytest.raises(ValueError, match="uint8, got float64"):
        Images(np.zeros((5, 784)))
    with pytest.raises(ValueError, match="shape"):
        Images(np.zeros((5, 28, 28), np.uint8))


def test_shifted_moves_every_pixel_and_lets_black_in(rng):
    images = rng.integers(1, 256, size=(3, 784), dtype=np.uint8)
    for right, down in (1, 0), (-1, 0), (0, 1), (0, -1), (2, -3), (0, 0):
        moved = shifted(images, right=right, down=down).reshape(-1, 28, 28)
        by_hand = np.zeros((3, 28, 28), np.uint8)
        for row in range(28):
            for column in range(28):
                if 0 <= row - down < 28 and 0 <= column - right < 28:
                    by_hand[:, row, column] = images.reshape(-1, 28, 28)[:, row - down, column - right]
        assert (moved == by_hand).all() and moved.dtype == np.uint8
    with pytest.raises(ValueError, match="by less than that, got 28 and 0"):
        shifted(images, right=28)


def test_labelled_images_come_with_their_own_label(rng):
    """Each image is of one grey, which says what its label must be."""
    labels = rng.permutation(50) % 10
    data = LabelledImages(np.repeat(20 * labels[:, None], 784, axis=1).astype(np.uint8), labels)
    assert data.d == 794 and len(data) == 50
    for _ in range(3):  # over the end of an epoch
        x = data.sample(20, rng=rng)
        assert x.shape == (20, 794) and x.dtype == np.float32
        assert (to_pixels(x[:, :784]) == 20 * x[:, 784:].argmax(axis=1)[:, None]).all()
        assert (np.sort(x[:, 784:], axis=1) == np.eye(10)[9]).all()


def test_the_place_in_an_epoch_is_one_among_these_labels(rng):
    images, labels = rng.integers(256, size=(20, 784), dtype=np.uint8), rng.integers(10, size=20)
    data, again, others = LabelledImages(images, labels), LabelledImages(images, labels), labels.copy()
    data.sample(7, rng=rng)
    again.set_state(data.state())
    a, b = np.random.default_rng(1), np.random.default_rng(1)
    assert (data.sample(15, rng=a) == again.sample(15, rng=b)).all()
    others[3] = (others[3] + 1) % 10
    for other in LabelledImages(images, others), Images(images):
        with pytest.raises(ValueError, match="one in other data"):
            other.set_state(data.state())


@pytest.mark.parametrize(
    "labels, message",
    [
        (None, "labels must be an array of real numbers"),
        ([0, 1], "labels must be 3 numbers, one for each row, got shape"),
        ([0, 10, 1], "labels must be 0 to 9, got 0 to 10"),
        ([0, -1, 1], "labels must be 0 to 9, got -1 to 1"),
        ([0.0, 1.0, 2.0], "labels must be whole numbers"),
        (np.zeros((3, 1), int), "one for each row, got shape .3, 1."),
    ],
)
def test_labels_that_are_none(labels, message):
    with pytest.raises(ValueError, match=message):
        LabelledImages(np.zeros((3, 784), np.uint8), labels)
