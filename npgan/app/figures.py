"""A picture is the name of a file and a function that draws on a figure; saving it is up to others."""

import gc
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
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    draw(figure)
    with whole_file(path) as file:
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    del figure
    gc.collect()  # a figure refers to itself: else dozens would stay in memory before Python looks
