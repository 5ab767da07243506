"""Faults for lesson 10: projections of a gradient, which still learn, and copies that are not moved."""

from faults.planting import fault
from npgan import digits
from npgan.gan import GAN


@fault(10)
def d_learns_without_its_first_layer(monkeypatch):
    right = GAN.V_gradient

    def V_gradient(self, x, fake):
        V = right(self, x, fake)
        self.D.layers[0].dW[...] = 0
        self.D.layers[0].db[...] = 0
        return V

    monkeypatch.setattr(GAN, "V_gradient", V_gradient)


@fault(10)
def g_learns_in_its_last_layer_alone(monkeypatch):
    right = GAN.loss_gradient

    def loss_gradient(self, fake):
        loss = right(self, fake)
        dense = [layer for layer in self.G.layers if hasattr(layer, "dW")]
        for layer in dense[:-1]:
            layer.dW[...] = 0
            layer.db[...] = 0
        return loss

    monkeypatch.setattr(GAN, "loss_gradient", loss_gradient)


@fault(10)
def shifted_digits_that_stay_where_they_are(monkeypatch):
    monkeypatch.setattr(digits, "shifted", lambda images, *, right=0, down=0: images)
