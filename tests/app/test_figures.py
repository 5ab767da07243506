"""Saving a figure."""

import weakref

from npgan.app.figures import save_figure


def test_a_saved_figure_does_not_stay_in_memory(tmp_path):
    seen = []

    def draw(figure):
        seen.append(weakref.ref(figure))
        figure.subplots().plot([1, 2])

    save_figure(tmp_path / "a.png", draw)
    assert (tmp_path / "a.png").exists() and seen[0]() is None
