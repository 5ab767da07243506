"""What is seen of a session: the numbers in the picture are the package's, and looking disturbs nothing."""

import copy
from unittest.mock import Mock

import numpy as np
import pytest
from live_sessions import config, session, state, table
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from npgan import theory
from npgan.app.demos import DEMOS
from npgan.app.live import views
from npgan.app.live.scene import LIT, Scene, Track
from npgan.app.live.session import STAGES, Session
from npgan.distributions import Rows


def scene(played):
    figure = Figure(figsize=(6.4, 3.6))
    FigureCanvasAgg(figure)
    return Scene(figure, played)


def drawn(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


@pytest.mark.parametrize("name", ["ring", "gaussian"])
@pytest.mark.parametrize("order", STAGES)
def test_looking_in_the_midst_of_a_step_disturbs_nothing(name, order):
    seen, unseen = session(name, order=order), session(name, order=order)
    picture = scene(seen)
    for _ in range(2):
        for stage in seen.stages():
            picture.update(stage)
        seen.advance()
        seen.d_step()
        picture.update()
        unseen.advance(2)
        unseen.d_step()
    assert state(seen) == state(unseen)


def test_looking_takes_no_rows_from_a_table():
    seen, unseen = (Session(config() | {"demo": "own"}, table()) for _ in range(2))
    picture = scene(seen)
    for _ in range(3):
        seen.advance()
        picture.update()
        unseen.advance()
    assert state(seen) == state(unseen) and np.array_equal(seen.data.order, unseen.data.order)


@pytest.mark.parametrize("variant", DEMOS["ring"].variants)
@pytest.mark.parametrize("name", ["ring", "gaussian"])
def test_every_variant_has_its_picture(name, variant):
    played = session(name, variant)
    picture = scene(played)
    picture.update()
    played.advance(3)
    assert len(picture.update()) > 8
    drawn(picture.figure)


@pytest.mark.parametrize("variant", ["gan", "r1", "wgan", "feature-matching", "instance-noise", "ebgan-pt"])
def test_pushes_are_minus_the_gradient_of_the_chosen_loss(variant):
    played = session("gaussian", variant, **({"clip": 0.5} if variant == "wgan" else {}))
    played.advance(2)
    gan, z = played.gan, played.fixed_z
    before = state(played), gan.D.grad.copy(), gan.G.grad.copy()
    x, push = views.pushes(gan, z)
    assert before[0] == state(played)
    assert np.array_equal(before[1], gan.D.grad) and np.array_equal(before[2], gan.G.grad)
    assert np.array_equal(x, gan.G.predict(z[:, : gan.G.n_in])) and np.abs(push).max() > 1e-3
    other = copy.deepcopy(gan)
    other.unpack(z)
    other.G = Mock()  # learns nothing
    for i in 0, 5, 9:
        h = np.zeros_like(x)
        h[i] = 1e-5
        slope = (other.loss_gradient(x + h) - other.loss_gradient(x - h)) / 2e-5
        assert push[i, 0] == pytest.approx(-len(x) * slope, abs=1e-6)


def test_where_d_is_sure_the_loss_of_the_paper_pushes_little_and_the_other_much():
    played = session("gaussian", game="minimax")
    played.gan.D.theta = 0 * played.gan.D.theta
    last = played.gan.D.layers[-1]
    first = played.gan.D.layers[0]
    first.W[...], last.W[...], last.b[...] = 0.3, 1.0, -9.0  # D(x) is about e^-9
    _, saturated = views.pushes(played.gan, played.fixed_z)
    played.change(game="non_saturating")
    _, strong = views.pushes(played.gan, played.fixed_z)
    assert np.abs(saturated).max() < 0.02 * np.abs(strong).max()
    arrows = [np.abs(views.shortened(push, 10.0)).max() for push in (saturated, strong)]
    assert arrows[0] < 0.1 * arrows[1]


def test_what_has_no_scale_of_its_own_gets_arrows_of_one_length():
    played = session("gaussian", "wgan")
    played.advance(2)
    lengths = []
    for clip in 0.01, 1.0:
        played.gan.D.theta = clip * np.sign(played.gan.D.theta)
        _, push = views.pushes(played.gan, played.fixed_z)
        assert np.ptp(push) > 0
        lengths.append(np.median(np.abs(views.arrows_of(push, 10.0, played.gan.game))))
    assert lengths == pytest.approx([0.5 * views.LONGEST * 10] * 2, rel=1e-3)


def test_the_heat_map_is_d_and_the_line_is_one_half():
    played = session(game="minimax")
    played.advance(20)
    picture = scene(played)
    picture.update()
    view = picture.view
    D = played.gan.probability(view.xy.astype(np.float32))
    assert np.array_equal(np.ravel(view.heat.get_array()), D)
    edges = np.concatenate(view.half.get_segments()) if view.half.get_segments() else np.empty((0, 2))
    at = played.gan.probability(edges.astype(np.float32)) if len(edges) else np.array([])
    assert D.min() < 0.5 < D.max() and len(edges) and np.abs(at - 0.5).max() < 0.03
    assert view.heat.get_clim() == (0, 1)


def test_the_grid_of_z_is_where_g_puts_it_and_darker_where_denser():
    played = session()
    picture = scene(played)
    picture.update()
    view = picture.view
    x = played.gan.generate(view.z)
    cells = np.array([path.vertices[:4] for path in view.warped.get_paths()])
    assert np.allclose(cells[0, 0], x[0]) and np.allclose(cells[-1, 2], x[-1])
    square = np.stack(np.meshgrid(*[np.linspace(0, 1, views.NODES)] * 2), axis=-1)
    square[..., 0] **= 2  # cells on the left are narrower
    _, opacity = views.warped_grid(square.reshape(-1, 2), 1.0)
    opacity = opacity.reshape(views.NODES - 1, -1)
    assert (np.diff(opacity, axis=1) < 0).all() and 0 < opacity.min() < opacity.max() < 1


def test_the_line_shows_densities_d_and_the_best_d():
    played = session("gaussian", average=None)
    played.advance(30)
    picture = scene(played)
    picture.update()
    view, gan = picture.view, played.gan
    q = view.q.get_ydata()
    assert np.trapezoid(q, view.x) == pytest.approx(1, abs=0.02)
    assert np.array_equal(view.D.get_ydata(), gan.probability(view.x[:, None]))
    seen = np.isfinite(view.star.get_ydata())
    assert np.array_equal(view.star.get_ydata()[seen], theory.optimal_d(played.data.pdf(view.x), q)[seen])
    assert seen.sum() > 50
    assert np.allclose(view.arrows.U, np.ravel(gan.generate(view.mapped) - view.mapped))
    played.change(game="minimax")
    played.change(variant="wgan")
    picture.update()
    assert np.isnan(picture.view.star.get_ydata()).all()  # theory has no best critic for it


def test_digits_and_what_d_makes_of_them():
    played = session("mnist", epochs=1)
    picture = scene(played)
    picture.update()
    before = picture.view.artists[0].get_array().copy()
    shares = [bars.get_data().values for bars in picture.view.histograms]
    assert all(share.sum() == pytest.approx(1) for share in shares)
    played.advance(2)
    picture.update()
    assert not np.array_equal(before, picture.view.artists[0].get_array())
    assert type(played.data).__name__ == "Images"


def test_other_data_have_another_view_and_another_measure():
    played = session()
    picture = scene(played)
    kinds = []
    for name in "ring", "gaussian", "mnist", "grid":
        played.change(demo=name)
        picture.update()
        kinds.append((type(picture.view).__name__, *picture.names))
        drawn(picture.figure)
    plane = "PlaneView", "high_quality", "modes"
    assert kinds == [plane, ("LineView", "w1"), ("DigitsView",), plane]
    assert len(picture.figure.axes) == 6


def test_the_curves_are_the_history_and_start_anew_with_the_session():
    played = session()
    picture = scene(played)
    played.advance(4)
    played.d_step()
    picture.update()
    records = [*played.history, played.pending]
    assert np.array_equal(picture.V.get_xdata(), [1, 2, 3, 4, 5])
    for name in "V", "loss", "d_real", "d_fake":
        line = getattr(picture, name)
        assert np.array_equal(line.get_ydata(), [getattr(record, name) for record in records])
    played.reset()
    picture.update()
    assert len(picture.V.get_xdata()) == 0
    for level in played.gan.game.equilibrium[:2]:
        assert any(np.allclose(line.get_ydata(), level) for line in picture.losses.lines[2:])


def test_a_long_track_keeps_means_in_few_rows():
    track, history = Track(2), []
    for n in 3, 100, 1000, 5000:
        history += [(i, float(i % 7)) for i in range(len(history), len(history) + n)]
        track.follow(history)
        assert len(track.rows) <= 240
        step, y = track.columns()
        assert np.allclose(step, track.size * np.arange(len(step)) + (track.size - 1) / 2)
        covered = len(track.rows) * track.size
        assert covered + len(track.rest) == len(history)
        assert y.mean() == pytest.approx(np.mean([row[1] for row in history[:covered]]))


def test_the_parts_at_work_are_lit():
    played = session()
    picture = scene(played)
    for stage in [*played.stages(), None]:
        picture.update(stage)
        boxes = [text for text in picture.whole.texts if text.get_bbox_patch()]
        colours = {text.get_text(): text.get_bbox_patch() for text in boxes}
        grey = {name for name, patch in colours.items() if np.ptp(patch.get_edgecolor()[:3]) < 0.01}
        lit = {"G"} if stage is None or "G" in LIT[stage] else set()
        assert ("G" in grey) == ("G" not in lit), stage
    assert picture.redraw
    picture.update(None)
    assert not picture.redraw  # nothing but artists has changed


def test_every_stage_has_its_parts():
    assert {name for names in STAGES.values() for name in names(1)} == set(LIT)


@pytest.mark.parametrize("variant", ["gan", "wgan"])
def test_a_frame_is_drawn_anew_only_when_a_scale_changes(variant):
    small = {"clip": 0.01, "optimiser": "Adam", "d_lr": 4e-3}  # f that grows slowly
    played = session("gaussian", variant, **(small if variant == "wgan" else {}))
    picture = scene(played)
    whole = []
    for _ in range(12):
        picture.update()
        whole.append(picture.redraw)
        played.advance()
    assert whole[0] and sum(whole) < 8


def test_a_look_at_rows_leaves_their_place():
    rows = Rows(table())
    rows.sample(7, rng=np.random.default_rng(0))
    before = rows.order.copy()
    first = views.looked_at(rows, 20)
    assert np.array_equal(rows.order, before) and np.array_equal(first, views.looked_at(rows, 20))
