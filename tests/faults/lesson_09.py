"""Faults in R1 that its linear game cannot show, and a field that turns the other way."""

from faults.planting import fault
from npgan import layers
from npgan.gan import GAN
from npgan.optim import Optimiser
from npgan.variants.regularised import R1


@fault(9)
def r1_at_the_fakes(monkeypatch):
    """Another penalty (R2): where D is a line, its slope is the same everywhere."""

    def V_gradient(self, x, fake):
        V = GAN.V_gradient(self, x, fake)
        dV = self.D.grad.copy()
        penalty = self.penalty_gradient(fake)
        self.D.grad = dV - self.D.grad
        return V - penalty

    monkeypatch.setattr(R1, "V_gradient", V_gradient)


@fault(9)
def r1_forgets_that_tanh_bends(monkeypatch):
    """Without the second derivative: right for a D of straight pieces."""
    monkeypatch.setattr(layers.Tanh, "bend", lambda self, dt, dy: dy)


@fault(9)
def r1_reports_v_alone(monkeypatch):
    """D's gradient has the penalty in it, the number it is held to has not."""
    right = R1.penalty_gradient
    monkeypatch.setattr(R1, "penalty_gradient", lambda self, x: 0 * right(self, x))


@fault(9)
def both_players_walk_backwards(monkeypatch):
    """The same circles, turning the other way: no radius and no modulus changes."""
    ascend, descend = Optimiser.ascend, Optimiser.descend
    monkeypatch.setattr(Optimiser, "ascend", descend)
    monkeypatch.setattr(Optimiser, "descend", ascend)
