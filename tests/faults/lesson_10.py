"""Faults for lesson 10: a projection of G's gradient, which still learns, and copies that are not moved."""

from faults.planting import fault
from npgan import digits
from npgan.gan import GAN


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


@fault(10, 14)
def shifted_digits_that_stay_where_they_are(monkeypatch):
    monkeypatch.setattr(digits, "shifted", lambda images, *, right=0, down=0: images)
