"""The picture and the numbers of the Gaussian demo."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from small_runs import SMALL

from npgan import Gaussian, theory
from npgan.app.demos import DEMOS

DEMO = DEMOS["gaussian"]


@pytest.mark.parametrize("slope, name", [(1.25, "z"), (-1.25, "-z")])
def test_arrows_of_a_monotone_g_do_not_cross(slope, name):
    """A G that falls is drawn over -z, which is as good a noise, and the axis says so."""
    training = DEMO.start(SMALL)
    training.gan.generate = lambda z, raw=False: 4 + slope * z
    figure = Figure()
    DEMO.draw(figure, training)
    below = figure.axes[1]
    starts, ends = np.array([(arrow.xyann[0], arrow.xy[0]) for arrow in below.texts]).T
    order = np.argsort(starts)
    assert len(starts) == 21 and (np.diff(ends[order]) > 0).all()
    assert np.abs(ends - (4 + 1.25 * starts)).max() < 1e-12
    assert below.get_xlabel().startswith(f"{name} below") and below.get_yticklabels()[0].get_text() == name


def test_total_variation_beside_that_of_real_samples(rng):
    data, other = DEMO.data(), Gaussian(6.5, 1.25)
    found, floor = DEMO.total_variation(other.sample(10_000, rng=rng), data, rng=rng)
    x = np.linspace(-10, 20, 4001)
    assert abs(found - theory.total_variation(data.pdf(x), other.pdf(x), x)) < 0.02  # 0.683
    assert 0.005 < floor < 0.03
