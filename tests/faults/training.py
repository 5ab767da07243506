"""Faults in the orders of training: the steps are right, but they are played in another way."""

from faults.planting import fault
from npgan import training


@fault(5)
def train_ignores_k(monkeypatch):
    def d_first(gan, real, noise, k):
        return training.d_first(gan, real, noise, 1)

    monkeypatch.setitem(training.ORDERS, "d_first", d_first)


@fault(5)
def train_lets_g_go_first(monkeypatch):
    monkeypatch.setitem(training.ORDERS, "d_first", training.g_first)


@fault(5)
def the_generator_gets_the_noise_of_the_discriminator(monkeypatch):
    """One z for both steps, and so another run than with fresh noise."""

    def d_first(gan, real, noise, k):
        for _ in range(k):
            x, z = real(), noise()
            V = gan.discriminator_step(x, z)
        return V, gan.generator_step(z)

    monkeypatch.setitem(training.ORDERS, "d_first", d_first)
