"""Figures from fonts: maps of distances, what is looked up in them, and digits that can be told apart."""

import subprocess
import sys

import numpy as np
import pytest
from idx_files import REAL, needs_mnist

from npgan.digits import Digits, fonts, glyph_digits, mnist

SQUARE = np.array([[6.0, 6.0], [18.0, 6.0], [18.0, 18.0], [6.0, 18.0]])
MIDDLES = (np.arange(fonts.CELLS) + 0.5) / fonts.FINE


@pytest.fixture(scope="module")
def glyph_set():
    return Digits(*fonts.draw(4000, rng=np.random.default_rng(0)))


def nearest(known, images):
    """The label of the known image nearest to each of images."""
    a, b = known.images / 255, images / 255
    distance2 = (a**2).sum(axis=1) - 2 * b @ a.T  # + |b|^2, the same for every a
    return known.labels[distance2.argmin(axis=1)]


@needs_mnist
def test_glyphs_look_like_mnist(glyph_set):
    real = mnist(REAL).images[:10_000] / 255
    drawn = glyph_set.images / 255
    assert abs(drawn.mean() - real.mean()) < 0.01 and abs(drawn.std() - real.std()) < 0.01
    test = mnist(REAL, split="test")
    hits = nearest(glyph_set, test.images[:500]) == test.labels[:500]
    assert hits.mean() > 0.5  # measured 0.63 to 0.68 on parts of the test set; by chance 0.1


def test_glyph_digits_can_be_told_apart(glyph_set):
    images, labels = fonts.draw(1000, rng=np.random.default_rng(1))
    assert (nearest(glyph_set, images) == labels).mean() > 0.95


def test_glyph_digits_are_white_on_black_in_the_middle(glyph_set):
    images, labels = glyph_set
    assert images.dtype == labels.dtype == np.uint8 and images.shape == (4000, 784)
    assert np.bincount(labels).tolist() == [400] * 10
    ink = images.reshape(-1, 28, 28) / 255
    assert 0.11 < ink.mean() < 0.15
    assert (ink.max(axis=(1, 2)) > 0.8).all()
    mass = ink.sum(axis=(1, 2))
    for axis in 1, 2:
        assert abs((ink.sum(axis=axis) @ np.arange(28)) / mass - 14).max() < 5
        assert abs(((ink.sum(axis=axis) @ np.arange(28)) / mass).mean() - 14) < 0.3
    size = [(ink.max(axis=axis) > 0.2).sum(axis=1) for axis in (1, 2)]
    assert 12 < np.median(size[0]) < 16 and 17 < np.median(size[1]) < 21  # taller than wide
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert (ink[:, border].max(axis=1) > 0.2).mean() < 0.01
    grey = (images > 0) & (images < 255)
    assert 0.05 < grey.mean() < 0.2  # soft edges


def test_a_label_is_the_figure_that_was_drawn(glyph_set):
    some = fonts.fonts()[::4]
    maps = np.array([fonts.distance_map(*fonts.outline(font, figure)) for font in some for figure in range(10)])
    k = len(maps)
    upright, none = np.tile(np.eye(2), (k, 1, 1)), np.zeros(k)
    centres = np.full((k, 2), fonts.MARGIN + fonts.BOX / 2)
    plain = fonts.render(maps, centres, np.arange(k), upright, np.zeros((k, 2)), none, none + 1)
    hits = nearest(Digits(plain, np.arange(k) % 10), glyph_set.images) == glyph_set.labels
    assert min(hits[glyph_set.labels == figure].mean() for figure in range(10)) > 0.4  # by chance 0.1
    ink = plain.reshape(-1, 10, 28, 28) / 255
    x = np.arange(28) - 14
    right, down = ((ink.sum(axis=axis) @ x) / ink.sum(axis=(2, 3)) for axis in (2, 3))
    assert (right[:, 3] > 0.4).all() and (down[:, 7] < -1.5).all()  # neither mirrored nor upside down


def test_glyph_digits_differ(glyph_set):
    assert len(np.unique(glyph_set.images, axis=0)) == 4000


def test_how_many_glyph_digits():
    a = glyph_digits(12, rng=np.random.default_rng(0))
    b = glyph_digits(13, rng=np.random.default_rng(0))
    assert len(a.labels) == 12 and len(b.labels) == 13
    with pytest.raises(ValueError):
        glyph_digits(0, rng=np.random.default_rng(0))
    with pytest.raises(TypeError, match="Generator"):
        glyph_digits(3, rng=0)


def test_distances_to_a_square_ring_are_known_by_heart():
    hole = 12 + (SQUARE[::-1] - 12) / 2  # from 9 to 15, the other way round
    a = np.concatenate([SQUARE, hole])
    b = np.concatenate([np.roll(SQUARE, -1, axis=0), np.roll(hole, -1, axis=0)])
    x, y = np.meshgrid(MIDDLES, MIDDLES)

    def square(half):
        dx, dy = abs(x - 12) - half, abs(y - 12) - half
        outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
        return outside + np.minimum(np.maximum(dx, dy), 0)

    known = np.maximum(square(6), -square(3))  # in the large one and not in the small one
    ring = abs(fonts.distance_map(a, b))
    assert abs(ring - np.minimum(abs(square(6)), abs(square(3)))).max() < 1e-7
    assert (np.sign(fonts.distance_map(a, b)) == np.sign(known)).all()


@pytest.mark.parametrize("font", fonts.fonts(), ids=lambda font: font.stem)
def test_maps_are_inside_where_matplotlib_says_so(font):
    from matplotlib.path import Path as Outline

    points = np.stack(np.meshgrid(MIDDLES, MIDDLES), axis=-1).reshape(-1, 2)
    for figure in 0, 4, 8:
        a, b = fonts.outline(font, figure)
        ends = np.flatnonzero((a[1:] != b[:-1]).any(axis=1)) + 1  # where one ring ends and the next begins
        rings = [Outline(np.vstack([ring, ring[:1]]), closed=True) for ring in np.split(a, ends)]
        inside = np.sum([ring.contains_points(points) for ring in rings], axis=0) % 2 == 1
        distance = fonts.distance_map(a, b)
        clear = abs(distance) > 1e-6
        assert ((distance < 0) == inside.reshape(distance.shape))[clear].all()
        low, high = a.min(axis=0), a.max(axis=0)
        assert abs((high - low).max() - fonts.BOX) < 1e-9
        assert abs((low + high) / 2 - (fonts.MARGIN + fonts.BOX / 2)).max() < 1e-9
        assert (distance[:, MIDDLES < low[0]] > 0).all() and (distance[MIDDLES > high[1]] > 0).all()


def test_there_are_several_faces():
    assert len(fonts.fonts()) == len(fonts.FACES) == 17


def test_looking_up_is_exact_for_slopes_and_stops_at_the_border(rng):
    y, x = np.mgrid[: fonts.CELLS, : fonts.CELLS].astype(float)
    maps = np.stack([3 * x - 2 * y + 1, x * y])
    places = rng.uniform(0, fonts.CELLS - 2, (2, 2, 50)).astype(np.float32)
    (ux, uy), (vx, vy) = places.astype(float)
    got = fonts.look_up(maps, np.array([0, 1]), places)
    assert abs(got[0] - (3 * ux - 2 * uy + 1)).max() < 1e-3
    assert abs(got[1] - vx * vy).max() < 1e-2  # x y is what bilinear means
    far = np.array([[[-100.0, 1000.0], [-100.0, 1000.0]]], np.float32)
    assert abs(fonts.look_up(maps, np.array([0]), far) - [[1, fonts.CELLS]]).max() < 0.01


def test_ink_is_rounded_to_the_nearest_pixel():
    for distance, pixel in (
        (0.0, 128),
        (0.25, 64),
        (-0.25, 191),
        (-0.5, 255),
        (0.5, 0),
        (0.498, 1),
        (9, 0),
        (-9, 255),
    ):
        maps, centre = np.full((1, fonts.CELLS, fonts.CELLS), distance), np.zeros((1, 2))
        got = fonts.render(maps, centre, np.array([0]), np.eye(2)[None], centre, np.zeros(1), np.ones(1))
        assert got.dtype == np.uint8 and (got == pixel).all()


def disc(x, y, radius=3.0):
    """A map of distances to a disc whose centre is (x, y)."""
    return np.hypot(MIDDLES - x, MIDDLES[:, None] - y) - radius


def spot(A, shift=(0.0, 0.0), bolder=0.0, at=(16.0, 12.0)):
    """Where, from the middle of the image, the disc at `at` is seen, and its area.

    The centre of the glyph is (12, 12).
    """
    maps, centres, A, shift = (np.array([one]) for one in (disc(*at), (12.0, 12.0), A, shift))
    image = fonts.render(maps, centres, np.array([0]), A, shift, np.array([bolder]), np.ones(1))
    ink = image.reshape(28, 28) / 255
    x = np.arange(28) - 14
    return np.array([ink.sum(axis=0) @ x, ink.sum(axis=1) @ x]) / ink.sum(), ink.sum()


def test_a_digit_is_turned_slanted_stretched_shifted_and_made_bolder_as_it_says():
    same = np.eye(2)
    place, area = spot(same)
    assert abs(place - [4, 0]).max() < 0.01 and abs(area - 9 * np.pi) < 0.3
    assert abs(spot(same, shift=(1.5, -2.0))[0] - [5.5, -2]).max() < 0.01
    assert abs(spot(fonts.turned(np.array([np.pi / 2]))[0])[0] - [0, 4]).max() < 0.01  # from right to down
    above = 12.0, 8.0
    assert abs(spot(fonts.slanted(np.array([0.5]))[0], at=above)[0] - [2, -4]).max() < 0.05  # to the right
    place, area = spot(np.diag([1.5, 0.8]))
    assert abs(place - [6, 0]).max() < 0.01 and abs(area - 1.2 * 9 * np.pi) < 0.7  # soft edges add a little
    assert abs(spot(same, bolder=1.0)[1] - 16 * np.pi) < 0.3


def test_importing_brings_no_pictures_and_no_network():
    code = (
        "import sys, npgan.digits; "
        "print([name for name in ('matplotlib', 'tqdm', 'urllib.request', 'ssl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
