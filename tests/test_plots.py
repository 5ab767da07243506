"""Pictures are tested by the numbers in their lines, their labels, and, for images, their pixels."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from npgan import games, plots
from npgan.variants.improved import smoothed
from npgan.variants.wasserstein import wasserstein


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def lines(ax):
    """{label: (x, y)} of the lines that have one."""
    return {line.get_label(): line.get_data() for line in ax.lines if not line.get_label().startswith("_")}


def colours(ax):
    return {line.get_label(): to_hex(line.get_color()).upper() for line in ax.lines}


def same(line, x, y):
    return np.array_equal(line[0], x) and np.array_equal(line[1], y)


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_colours_of_the_roles_differ():
    roles = plots.DATA, plots.GENERATOR, plots.DISCRIMINATOR, plots.REFERENCE
    assert len(set(roles)) == 4 and all(role == to_hex(role).upper() for role in roles)


def test_densities(ax, rng):
    x = np.linspace(-1, 2, 50)
    p, q, D, d_star = rng.random((4, 50))
    assert plots.densities(ax, x, p, q, D, d_star) is ax
    assert list(lines(ax)) == ["p_data", "p_g"]
    assert same(lines(ax)["p_data"], x, p) and same(lines(ax)["p_g"], x, q)
    right = lines(ax.right)
    assert list(right) == ["D = 1/2", "D* = p_data / (p_data + p_g)", "D"]
    assert same(right["D"], x, D) and same(right["D* = p_data / (p_data + p_g)"], x, d_star)
    assert list(right["D = 1/2"][1]) == [0.5, 0.5]
    assert colours(ax) == {"p_data": plots.DATA, "p_g": plots.GENERATOR}
    assert colours(ax.right)["D"] == plots.DISCRIMINATOR
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.right.get_ylabel()) == ("x", "density", "D(x)")
    assert ax.get_xlim() == (-1, 2) and ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > max(p.max(), q.max())
    plots.legend(ax)
    assert legend_of(ax) == ["p_data", "p_g", *right]


def test_densities_follow_the_game(ax, rng):
    """A critic has no 1/2 and its own scale; a smoothed D has its own half."""
    x, (p, q) = np.linspace(-1, 2, 50), rng.random((2, 50))
    plots.densities(ax, x, p, q, 7 * p - 20, game=wasserstein)
    assert list(lines(ax.right)) == ["f"] and same(lines(ax.right)["f"], x, 7 * p - 20)
    low, high = ax.right.get_ylim()
    assert low < (7 * p - 20).min() and high > (7 * p - 20).max() + 0.3 and ax.right.get_ylabel() == "f(x)"
    ax.clear()
    plots.densities(ax, x, p, q, p / 2, p, game=smoothed)
    right = lines(ax.right)
    assert list(right) == ["D = 0.9/2", "D* = 0.9 p_data/(p_data+p_g)", "D"]
    assert list(right["D = 0.9/2"][1]) == [0.45, 0.45]


def test_densities_alone_and_a_legend_beside_the_axes(ax):
    x = np.linspace(0, 1, 5)
    plots.densities(ax, x, x, 1 - x)
    assert list(lines(ax.right)) == ["D = 1/2"]
    plots.legend(ax, loc="outside upper center")
    assert ax.get_legend() is None and len(ax.figure.legends[0].get_texts()) == 3


def test_mapping(ax):
    z, x = np.array([[-1.0], [0.0], [2.0]]), np.array([[3.0], [4.0], [5.0]])
    assert plots.mapping(ax, z, x) is ax
    arrows = [(arrow.xyann, arrow.xy) for arrow in ax.texts]
    assert arrows == [((-1, 0), (3, 1)), ((0, 0), (4, 1)), ((2, 0), (5, 1))]  # from z below to x above
    assert [label.get_text() for label in ax.get_yticklabels()] == ["z", "x = G(z)"]
    assert list(ax.get_yticks()) == [0, 1]


def test_pushes(ax):
    z, x, push = (
        np.array([[-1.0], [0.0], [2.0]]),
        np.array([[3.0], [4.0], [5.0]]),
        np.array([[0.5], [0.0], [-2.0]]),
    )
    assert plots.pushes(ax, z, x, push, scale=3) is ax
    assert same(ax.lines[0].get_data(), [3, 4, 5], [-1, 0, 2])  # a dot at x across, z up
    assert to_hex(ax.lines[0].get_color()).upper() == plots.GENERATOR
    (arrows,) = ax.collections
    assert arrows.get_offsets().tolist() == [[3, -1], [4, 0], [5, 2]]
    assert arrows.U.tolist() == [1.5, 0, -6] and not arrows.V.any()
    assert (arrows.angles, arrows.scale_units, arrows.scale) == ("xy", "xy", 1)  # as long as it says, in x
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x = G(z)", "z")


@pytest.mark.parametrize("game", [games.minimax, games.non_saturating, games.least_squares, smoothed])
def test_losses(ax, rng, game):
    steps, (V, loss) = np.arange(1, 21), rng.standard_normal((2, 20))
    assert plots.losses(ax, steps, V, loss, game) is ax
    named = lines(ax)
    at = game.equilibrium
    at_V, at_loss = f"V at equilibrium: {at.V:.3f}", f"loss of G at equilibrium: {at.loss:.3f}"
    assert list(named) == ["V, climbed by D", "loss of G", at_V, at_loss] == legend_of(ax)
    assert same(named["V, climbed by D"], steps, V) and same(named["loss of G"], steps, loss)
    assert list(named[at_V][1]) == [at.V] * 2 and list(named[at_loss][1]) == [at.loss] * 2
    assert colours(ax)["loss of G"] == colours(ax)[at_loss] == plots.GENERATOR
    assert colours(ax)["V, climbed by D"] == colours(ax)[at_V] == plots.DISCRIMINATOR
    assert ax.get_xlabel() == "step" and ax.get_ylabel() == f"{game.unit}, {game.name}"


def test_pictures_follow_a_game_without_a_probability(ax, rng):
    steps, (V, loss) = np.arange(1, 21), rng.standard_normal((2, 20))
    plots.losses(ax, steps, V, loss, wasserstein)
    assert list(lines(ax)) == ["V, climbed by D", "loss of G", "V at equilibrium: 0.000"] == legend_of(ax)
    assert ax.get_ylabel() == "units of f, wasserstein"
    ax.clear()
    plots.probabilities(ax, steps, 7 * V, loss, wasserstein)
    assert list(lines(ax)) == ["f(x), real", "f(G(z)), fake"] == legend_of(ax)
    assert ax.get_ylabel() == "mean of f over the batch"
    assert ax.get_ylim()[0] <= 7 * V.min() and ax.get_ylim()[1] >= 7 * V.max()


def test_a_long_history_is_drawn_faint_with_means_over_it(ax, rng):
    steps, y = np.arange(1, 1008), rng.random(1007)
    assert plots.over_time(ax, steps, y, plots.DATA, "D(x), real") is ax
    faint, bold = ax.lines
    assert same(faint.get_data(), steps, y) and faint.get_alpha() < 0.5
    means = [y[i : i + 10].mean() for i in range(0, 1000, 10)]
    assert np.abs(bold.get_xdata() - np.arange(5.5, 1000, 10)).max() < 1e-12
    assert np.abs(bold.get_ydata() - means).max() < 1e-12
    assert ax.get_xlabel() == "step (bold: the mean of 10 steps)" and bold.get_color() == plots.DATA
    assert bold.get_label() == "D(x), real" and bold.get_zorder() > faint.get_zorder()


def test_probabilities(ax, rng):
    steps, (d_real, d_fake) = np.arange(1, 21), rng.random((2, 20))
    assert plots.probabilities(ax, steps, d_real, d_fake) is ax
    named = lines(ax)
    assert list(named) == ["D(x), real", "D(G(z)), fake", "equilibrium: 0.5"] == legend_of(ax)
    assert same(named["D(x), real"], steps, d_real) and same(named["D(G(z)), fake"], steps, d_fake)
    assert list(named["equilibrium: 0.5"][1]) == [0.5, 0.5] and ax.get_ylim() == (0, 1.15)
    assert colours(ax)["D(x), real"] == plots.DATA and colours(ax)["D(G(z)), fake"] == plots.GENERATOR
    assert ax.get_xlabel() == "step" and "D" in ax.get_ylabel()


def test_cloud(ax, rng):
    real, fake = rng.standard_normal((2, 9, 2))
    assert plots.cloud(ax, real, fake) is ax
    assert same(lines(ax)["data"], *real.T) and same(lines(ax)["G(z)"], *fake.T)
    assert legend_of(ax) == ["data", "G(z)"] and ax.get_aspect() == 1
    assert colours(ax) == {"data": plots.DATA, "G(z)": plots.GENERATOR}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x1", "x2")


def test_the_legend_of_a_cloud_hides_no_point(ax):
    corners = np.array([[-4.0, -4], [-4, 4], [4, -4], [4, 4]])
    plots.cloud(ax, corners, corners)
    ax.figure.canvas.draw()
    assert not ax.get_legend().get_window_extent().overlaps(ax.get_window_extent())


def tile(sheet, row, column):
    return sheet[30 * row + 1 : 30 * row + 29, 30 * column + 1 : 30 * column + 29]


def test_images(ax, rng):
    x = rng.uniform(-1, 1, (5, 784)).astype(np.float32)
    assert plots.images(ax, x, columns=3) is ax
    (picture,) = ax.images
    sheet = np.array(picture.get_array())
    assert sheet.shape == (60, 90) and picture.get_clim() == (-1, 1)
    for i in range(5):  # row by row, from the top left
        assert (tile(sheet, i // 3, i % 3) == x[i].reshape(28, 28)).all()
        tile(sheet, i // 3, i % 3)[:] = 1
    assert (sheet == 1).all()  # gaps, and the place that is empty, are white
    assert picture.get_cmap()(0.0)[:3] == (0, 0, 0) and picture.get_cmap()(1.0)[:3] == (1, 1, 1)
    assert picture.origin == "upper" and not list(ax.get_xticks()) and not list(ax.get_yticks())


def test_images_in_pairs(ax, rng):
    x = rng.uniform(-1, 0.9, (8, 784)).astype(np.float32)
    plots.images(ax, x, columns=4, pair=True)
    sheet = np.array(ax.images[0].get_array())
    assert sheet.shape == (60, 120)
    for row in range(2):
        for pair in range(2):
            i, left = 4 * row + 2 * pair, 60 * pair + 2
            both = sheet[30 * row + 1 : 30 * row + 29, left : left + 56]  # no gap between the two
            assert (both == np.hstack(x[i : i + 2].reshape(2, 28, 28))).all()
            both[:] = 1
    assert (sheet == 1).all()


def test_samples_of_each_width(ax, rng):
    plots.samples(ax, rng.standard_normal((200, 1)))
    assert sum(bar.get_height() for bar in ax.patches) == 200 and ax.get_title() == "200 samples of G"
    ax.clear()
    x = rng.standard_normal((7, 2))
    plots.samples(ax, x)
    assert same(ax.lines[0].get_data(), *x.T) and (ax.get_xlabel(), ax.get_ylabel()) == ("x1", "x2")
    ax.clear()
    plots.samples(ax, rng.uniform(-1, 1, (9, 784)))
    assert ax.images[0].get_array().shape == (90, 90)
    with pytest.raises(ValueError, match="samples of 3 numbers have no picture"):
        plots.samples(ax, rng.standard_normal((7, 3)))
    plots.drawable(1000, 784)
    with pytest.raises(ValueError, match="at most 1000 images, got 1001"):
        plots.drawable(1001, 784)


@pytest.mark.parametrize("named", [True, False])
def test_finish_saves_says_where_and_shows_nothing(named, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("shown without a screen"))
    monkeypatch.delenv("NPGAN_IMG", raising=False)
    if named:
        monkeypatch.setenv("NPGAN_IMG", str(tmp_path / "new" / "folder"))
    folder = tmp_path / "new" / "folder" if named else tmp_path
    fig, _ = plt.subplots()
    plots.finish(fig, "one")
    said = capsys.readouterr().out
    assert said.startswith("picture: ") and said.strip().endswith("one.png")
    assert (folder / "one.png").read_bytes().startswith(b"\x89PNG")
    assert not plt.fignum_exists(fig.number)
    fig, _ = plt.subplots()
    before = (folder / "one.png").read_bytes()
    plots.finish(fig, "one")
    assert (folder / "one.png").read_bytes() == before  # the same figure, the same bytes


@pytest.mark.parametrize("named", [True, False])
def test_finish_on_a_screen(named, tmp_path, monkeypatch, capsys):
    shown = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(matplotlib, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(plt, "show", lambda: shown.append(1))
    monkeypatch.delenv("NPGAN_IMG", raising=False)
    if named:
        monkeypatch.setenv("NPGAN_IMG", str(tmp_path))
    fig, _ = plt.subplots()
    plots.finish(fig, "one")
    plt.close(fig)
    assert shown == ([] if named else [1]) and (tmp_path / "one.png").exists() == named
    assert ("picture: " in capsys.readouterr().out) == named


def test_the_whole_shows_the_parts_at_work_in_their_players_colours():
    figure = Figure()
    everything, at_work = figure.subplots(2)
    plots.whole(everything)
    plots.whole(at_work, lit=("D", "a", "dV"))
    drawn = [{text.get_text(): text for text in ax.texts if text.get_text()} for ax in (everything, at_work)]
    for name, (_, text, colour) in plots.WHOLE.items():
        edges = [to_hex(texts[text].get_bbox_patch().get_edgecolor()).upper() for texts in drawn]
        assert edges[0] == colour and (edges[1] == colour) == (name in ("D", "a"))
    for name, (_, _, colour, _, text) in plots.BACK.items():
        names = [texts[text].get_color() for texts in drawn]
        assert names[0] == colour and (names[1] == colour) == (name == "dV")
    with pytest.raises(ValueError, match="the whole has no part 'E'; its parts: z, G"):
        plots.whole(everything, lit=("D", "E"))
