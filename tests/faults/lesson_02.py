"""Faults in gradients that are right in most entries, or to most questions: masks, projections, checkers."""

import numpy as np

from faults.planting import fault
from npgan import GAN, SGD, gradcheck, layers


@fault(2)
def relu_asks_its_output(monkeypatch):
    """y >= 0 in the place of x > 0: the same while the slope is not 0, and always true if it is."""

    def backward(self, dy, params=True, inputs=True):
        return dy * np.where(self.y >= 0, 1.0, self.slope)

    monkeypatch.setattr(layers.LeakyReLU, "backward", backward)


@fault(2, "02b", 10)
def a_layer_of_d_never_learns(monkeypatch):
    """The rest is the true gradient: a projection of it."""
    right = GAN.V_gradient

    def V_gradient(self, x, fake):
        V = right(self, x, fake)
        self.D.layers[0].dW[...] = 0
        return V

    monkeypatch.setattr(GAN, "V_gradient", V_gradient)


@fault(2)
def a_checker_that_asks_along_the_gradient_itself(monkeypatch):
    right = gradcheck.check

    def check(f, theta, grad, *, directions=None, **options):
        with monkeypatch.context() as along:
            if directions is not None:
                along.setattr(gradcheck, "_direction", lambda theta, rng: grad / np.linalg.norm(grad))
            return right(f, theta, np.array(grad), directions=directions, **options)

    monkeypatch.setattr(gradcheck, "check", check)


@fault(2)
def a_checker_that_forgets_the_biases(monkeypatch):
    right = gradcheck.check_layer

    def check_layer(layer, x, *, parameters=None, **options):
        parameters = [name for name in getattr(layer, "shapes", ()) if name != "b"]
        return right(layer, x, parameters=parameters, **options)

    monkeypatch.setattr(gradcheck, "check_layer", check_layer)


@fault(2)
def a_step_that_shrinks_theta_too(monkeypatch):
    """Weight decay, hidden in the plain gradient step."""
    right = SGD.update

    def update(self, lr, theta, grad, u):
        theta *= 1 - 1e-4 * abs(lr)
        right(self, lr, theta, grad, u)

    monkeypatch.setattr(SGD, "update", update)
