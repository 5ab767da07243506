"""A picture is the name of a file and a function that draws on a figure; saving it is up to others."""

import gc
import io
from collections.abc import Callable
from typing import NamedTuple

from npgan.files import whole_file


class Picture(NamedTuple):
    """name: of the file. draw(figure): puts axes on an empty figure. size: width and height in inches."""

    name: str
    draw: Callable
    size: tuple = (7, 6)


def save_figure(path, draw, size=(7, 6)):
    """Call draw(figure) on an empty figure and save it to path as a PNG, whole or not at all."""
    picture = rendered(draw, size)
    with whole_file(path) as file:
        file.write(picture)


def rendered(draw, size):
    """The PNG, as bytes, with matplotlib's own settings, whatever style the user has chosen for others."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        figure, file = Figure(figsize=size, layout="constrained"), io.BytesIO()
        draw(figure)
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    del figure
    gc.collect()  # a figure refers to itself: else dozens would stay in memory before Python looks
    return file.getvalue()


def check_drawing():
    """OSError if matplotlib cannot draw here: to be told before a long training, not after it."""
    try:
        rendered(lambda figure: figure.subplots().set_title("G(z)"), (3, 3))
    except Exception as error:  # what it makes of a damaged installation can be anything
        raise OSError(f"matplotlib cannot draw here: {type(error).__name__}: {error}") from error
