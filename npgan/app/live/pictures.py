"""A recording as one picture: a GIF that goes on by itself, or a strip of its key frames, with words below."""

import io
import textwrap

from npgan.app.live.page import thinned

COLOURS = 128, 64, 40  # of a GIF, from the best on
FRAME, HOLD = 100, 1800  # milliseconds: of a frame, of a key frame
COLUMNS = 2  # of a strip


def captioned(frame, lines=2):
    """The frame as an image, with what is said under it."""
    from PIL import Image, ImageDraw

    picture = frame.image()
    width, height = picture.size
    font = sans(width / 54)
    line = round(1.35 * font.size)
    sheet = Image.new("RGB", (width, height + line * lines + line // 2), "white")
    sheet.paste(picture)
    text = wrapped(frame.said, font, 0.97 * width, lines)
    style = {"fill": "#1a1a1a", "font": font, "spacing": 0.2 * font.size}
    ImageDraw.Draw(sheet).multiline_text((0.015 * width, height), text, **style)
    return sheet


def sans(size):
    """matplotlib's own font, which is there wherever pictures are drawn."""
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)


def wrapped(text, font, width, lines):
    """The text in lines that are no wider than that; what does not fit is left out, and dots say so."""
    for columns in range(max(10, len(text)), 9, -1):
        found = textwrap.wrap(text, columns, max_lines=lines, placeholder=" ...")
        if all(font.getlength(line) <= width for line in found):
            break
    return "\n".join(found)


def lines_of(frames, width):
    """How many lines the longest of what is said takes, at most 4."""
    font = sans(width / 54)
    texts = {frame.said for frame in frames}
    return max(wrapped(text, font, 0.97 * width, 4).count("\n") + 1 for text in texts)


def gif(recording, limit):
    """The GIF as bytes, at most `limit` of them: with fewer colours, and then fewer frames, until it fits;
    the recording keeps those that are in it. ValueError if it cannot."""
    frames = recording.frames
    lines = lines_of(frames, frames[0].image().width)
    while True:
        images = [captioned(frame, lines) for frame in frames]
        for colours in COLOURS:
            data = animated(images, [HOLD if frame.key else FRAME for frame in frames], colours)
            if len(data) <= limit:
                recording.frames = frames
                return data
            if len(data) > 3 * limit:  # fewer colours would not be enough
                break
        frames = thinned(frames)


def animated(images, durations, colours):
    """The frames in one palette, so that what stands still stays the same bytes."""
    from PIL import Image

    palette = palette_of(images[:: max(1, len(images) // 6)], colours)
    few = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    file = io.BytesIO()
    options = {"duration": durations, "loop": 0, "optimize": False, "disposal": 1}
    few[0].save(file, "GIF", save_all=True, append_images=few[1:], **options)
    return file.getvalue()


def palette_of(images, colours):
    """An image with so many colours: those of the roles, which lines too thin to count must keep, with their
    tints; and what else there is much of in the images."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    from npgan import plots

    roles = [to_rgb(c) for c in (plots.DATA, plots.GENERATOR, plots.DISCRIMINATOR, plots.REFERENCE, "#222222")]
    tints = [tuple(1 - part * (1 - x) for x in role) for role in roles for part in (1, 0.6, 0.3)]
    fixed = [round(255 * x) for tint in [*tints, (1, 1, 1), (0, 0, 0)] for x in tint]
    width, height = images[0].size
    sheet = Image.new("RGB", (width, height * len(images)))
    for i, image in enumerate(images):
        sheet.paste(image, (0, i * height))
    n = colours - len(fixed) // 3
    palette = Image.new("P", (1, 1))
    palette.putpalette(fixed + sheet.quantize(n, method=Image.Quantize.MEDIANCUT).getpalette()[: 3 * n])
    return palette


def strip(recording, limit):
    """The PNG of the key frames, left to right and down, as bytes, at most `limit` of them; else ValueError."""
    from PIL import Image

    frames = recording.keys
    lines = lines_of(frames, frames[0].image().width)
    images = [captioned(frame, lines) for frame in frames]
    width, height = images[0].size
    columns = min(COLUMNS, len(images))
    sheet = Image.new("RGB", (columns * width, -(-len(images) // columns) * height), "white")
    for i, image in enumerate(images):
        sheet.paste(image, (i % columns * width, i // columns * height))
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    if file.tell() > limit:
        raise ValueError(f"the strip takes {file.tell():,} bytes: a smaller --width, or a larger --limit")
    return file.getvalue()
