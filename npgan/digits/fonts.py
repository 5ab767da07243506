"""A glyph is a map of distances to its outline; from it a digit of any weight, slant and size is looked up.

Distances are in pixels, negative inside. Points (x, y) run right and down, as in an image.
"""

from functools import cache
from pathlib import Path

import numpy as np

from npgan import require
from npgan.digits.cache import cached
from npgan.digits.pixels import PIXELS, SIDE, Digits

EDITION = 1  # of glyph digits: what their seed stands for
FACES = (  # the fonts with plain figures that matplotlib has had since 3.8; dotted zeros left out
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta",
    "cmr10", "cmb10", "cmss10", "cmtt10", "cmmi10",
)  # fmt: skip
BOX, MARGIN = 18, 3  # the larger side of a glyph, and the room around that box, pixels
FINE = 2  # a pixel has FINE x FINE cells of the map
CELLS = FINE * (BOX + 2 * MARGIN)  # a map is (CELLS, CELLS)
CHUNK = 64  # digits drawn at a time: larger temporary arrays cost more than the drawing


def glyph_digits(n, *, rng):
    """n labelled digits drawn from 17 fonts, as many of each kind as of any other (within 1): Digits.

    They need no download, and look like MNIST's, but printed. The same rng gives the same digits
    (another version of matplotlib may make a pixel lighter or darker by 1).
    The latest few sets are kept in the user's cache; without one they are drawn anew.
    """
    n = require.count("n", n)
    seed = int(require.generator(rng).integers(2**63))  # one draw: rng goes on alike, cached or not

    def make():
        return np.concatenate([part.ravel() for part in draw(n, rng=np.random.default_rng(seed))])

    pixels = PIXELS * n
    both = cached(f"glyphs-{EDITION}-{n}-{seed:016x}", pixels + n, make)
    return Digits(both[:pixels].reshape(n, -1), both[pixels:])


def draw(n, *, rng):
    """n random digits: images (n, 784) and labels (n,), uint8, each label as often as any other, within 1.

    Each digit is a glyph with strokes made thicker or thinner, stretched, slanted, turned, and put
    within a pixel of the middle, in white on black with soft edges.
    """
    maps, centres, strokes = glyphs()
    labels = (rng.permutation(n) % 10).astype(np.uint8)
    which = 10 * rng.integers(len(maps) // 10, size=n) + labels
    bolder = np.clip(rng.uniform(1.1, 2.3, n) - strokes[which], -0.5, 1.1)
    edge = rng.uniform(0.9, 1.3, n)
    stretch = rng.uniform([0.8, 0.9], [1.15, 1.1], (n, 2))
    A = turned(rng.uniform(-0.2, 0.2, n)) @ slanted(rng.uniform(-0.2, 0.3, n)) * stretch[:, None]
    shift = rng.uniform(-1, 1, (n, 2))
    images = np.empty((n, PIXELS), np.uint8)
    for start in range(0, n, CHUNK):
        now = slice(start, start + CHUNK)
        images[now] = render(maps, centres, which[now], A[now], shift[now], bolder[now], edge[now])
    return images, labels


def render(maps, centres, which, A, shift, bolder, edge):
    """Images (m, 784), uint8, of the glyphs which (m,), each taken through an affine map.

    The point u of a glyph, from its centre, comes to A u + shift, from the middle of the image:
    A (m, 2, 2), shift (m, 2), pixels. bolder (m,): pixels added on each side of a stroke. edge (m,):
    pixels from black to white.
    """
    x = np.arange(SIDE) - SIDE // 2  # MNIST's middle is its pixel (14, 14)
    p = np.stack(np.meshgrid(x, x)).reshape(2, -1)  # (2, 784)
    B = np.linalg.inv(A)  # p shows u = B (p - shift)
    b = centres[which, :, None] - B @ shift[:, :, None]
    cells = (FINE * B).astype(np.float32) @ p.astype(np.float32) + (FINE * b - 0.5).astype(np.float32)
    bolder, edge = (column.astype(np.float32)[:, None] for column in (bolder, edge))
    ink = 0.5 + (bolder - look_up(maps, which, cells)) / edge
    return (255 * np.clip(ink, 0, 1) + 0.5).astype(np.uint8)


def turned(angle):
    """Matrices (n, 2, 2) that turn by angle (n,), radians, clockwise on the screen."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c, -s, s, c], axis=-1).reshape(-1, 2, 2)


def slanted(slope):
    """Matrices (n, 2, 2) that lean what is upright to the right: up by 1 goes right by slope (n,)."""
    one, zero = np.ones_like(slope), np.zeros_like(slope)
    return np.stack([one, -slope, zero, one], axis=-1).reshape(-1, 2, 2)


def look_up(maps, which, places):
    """Values (m, p) of maps[which] at places (m, 2, p), in cells, bilinear between the four around.

    maps (k, CELLS, CELLS), which (m,). Beyond the border a map goes on as it is there.
    """
    places = np.clip(places, 0, np.float32(CELLS - 1.001))
    cell = places.astype(np.intp)
    fx, fy = (places - cell.astype(np.float32)).swapaxes(0, 1)
    first = CELLS * (CELLS * which[:, None] + cell[:, 1]) + cell[:, 0]
    maps = maps.ravel()
    left, right = maps[first], maps[first + 1]
    above = left + fx * (right - left)
    left, right = maps[first + CELLS], maps[first + CELLS + 1]
    below = left + fx * (right - left)
    return above + fy * (below - above)


@cache
def glyphs():
    """The figures 0 to 9 of f faces, glyph 10 f + figure: their maps (10 f, CELLS, CELLS), their centres
    (10 f, 2), and half the thickness of a stroke in their face (10 f,), pixels.

    A centre is the centre of mass, as in MNIST, but at most 1 pixel from the middle of the box: a 7
    is so heavy at the top that its foot would leave the image.
    """
    maps = np.array([distance_map(*outline(font, figure)) for font in fonts() for figure in range(10)])
    ink = np.clip(0.5 - maps, 0, 1)
    x = (np.arange(CELLS) + 0.5) / FINE
    centres = np.stack([ink.sum(axis=1) @ x, ink.sum(axis=2) @ x], axis=1) / ink.sum(axis=(1, 2))[:, None]
    centres = np.clip(centres, MARGIN + BOX / 2 - 1, MARGIN + BOX / 2 + 1)
    depth = -maps.min(axis=(1, 2)).reshape(-1, 10)  # the inmost point of each glyph
    return maps.astype(np.float32), centres, np.repeat(np.median(depth, axis=1), 10)


def fonts():
    """The files of FACES. OSError if this copy of matplotlib has none of them."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    files = [path for path in (folder / f"{face}.ttf" for face in FACES) if path.is_file()]
    if not files:
        raise OSError(f"no fonts to draw digits from in {folder}")
    return files


def outline(font, figure):
    """The outline of a figure 0 to 9 as edges from a (s, 2) to b (s, 2), pixels, in the middle of a map."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    rings = TextPath((0, 0), str(figure), size=100, prop=FontProperties(fname=font)).to_polygons()
    a, b = (np.concatenate(points) for points in ([r[:-1] for r in rings], [r[1:] for r in rings]))
    low, high = a.min(axis=0), a.max(axis=0)
    scale = BOX / (high - low).max() * np.array([1, -1])  # a font's y runs up
    a, b = (scale * (points - (low + high) / 2) + BOX / 2 + MARGIN for points in (a, b))
    real = (a != b).any(axis=1)
    return a[real], b[real]


def distance_map(a, b):
    """Signed distances (CELLS, CELLS) of the cells' middles p to the edges from a to b, each (s, 2).

    The point of an edge next to p is a + t (b - a), t = (p - a)(b - a) / |b - a|^2 held in [0, 1]. p
    is inside if the edges that cross its row on its left go up and down unequally often.
    """
    (ax, ay), (ex, ey) = a.T, (b - a).T
    length2 = ex**2 + ey**2
    turn = ex / np.where(ey, ey, 1)  # how far an edge goes right for each pixel down
    x = (np.arange(CELLS) + 0.5) / FINE
    px = x[:, None] - ax  # (CELLS, s): p - a, for a row of cells
    distance = np.empty((CELLS, CELLS))
    for row, y in enumerate(x):
        py = y - ay  # (s,)
        dot = px * ex + py * ey
        t = np.clip(dot / length2, 0, 1)
        nearest2 = (px**2 + py**2 - t * (2 * dot - t * length2)).min(axis=1)
        crossing = (ay <= y).astype(int) - (b[:, 1] <= y)  # +1 down, -1 up, 0 not at all
        inside = (px > py * turn) @ crossing != 0
        distance[row] = np.sqrt(np.maximum(nearest2, 0)) * np.where(inside, -1, 1)
    return distance
