"""Faults below the GAN: in the layers, in the Network that carves theta for them, in the optimisers."""

import numpy as np

from faults.planting import fault
from npgan import SGD, Network, layers
from npgan.optim import Optimiser


@fault(2)
def dense_averages_its_bias_gradient(monkeypatch):
    right = layers.Dense.backward

    def backward(self, dy, params=True, inputs=True):
        dx = right(self, dy, params, inputs)
        if params:
            self.db /= len(dy)
        return dx

    monkeypatch.setattr(layers.Dense, "backward", backward)


@fault(2, 3, 7, 10)
def leaky_relu_without_its_mask(monkeypatch):
    monkeypatch.setattr(layers.LeakyReLU, "backward", lambda self, dy, params=True, inputs=True: dy)


@fault(2)
def leaky_relu_with_its_mask_turned_round(monkeypatch):
    def backward(self, dy, params=True, inputs=True):
        return dy * np.where(self.y > 0, self.slope, 1.0)

    monkeypatch.setattr(layers.LeakyReLU, "backward", backward)


@fault(2, 10)
def tanh_forgets_the_square(monkeypatch):
    def backward(self, dy, params=True, inputs=True):
        return dy * (1 - self.y)

    monkeypatch.setattr(layers.Tanh, "backward", backward)


@fault(2)
def layers_hold_copies_of_theta(monkeypatch):
    """And the Network takes them for its views: else it would say so itself."""
    right = Network._carve

    def carve(self):
        right(self)
        for i, name, _ in self.parameters():
            setattr(self.layers[i], name, getattr(self.layers[i], name).copy())
        self._views = [(layer, name, getattr(layer, name)) for layer, name, _ in self._views]

    monkeypatch.setattr(Network, "_carve", carve)


@fault(2, 5)
def the_generator_step_spoils_the_gradient_of_d(monkeypatch):
    """params=False goes unheard."""
    right = Network.backward
    monkeypatch.setattr(Network, "backward", lambda self, dy, params=True, inputs=True: right(self, dy))


@fault(3)
def the_discriminator_descends(monkeypatch):
    monkeypatch.setattr(Optimiser, "ascend", Optimiser.descend)


@fault(5)
def the_generator_ascends(monkeypatch):
    monkeypatch.setattr(Optimiser, "descend", Optimiser.ascend)


@fault(6)
def the_generator_never_moves(monkeypatch):
    monkeypatch.setattr(Optimiser, "descend", lambda self: None)


@fault(9)
def steps_of_the_root_of_the_learning_rate(monkeypatch):
    """The radius then grows by sqrt(1 + h/4)."""
    right = SGD.move
    monkeypatch.setattr(SGD, "move", lambda self, lr: right(self, np.sign(lr) * abs(lr) ** 0.5))
