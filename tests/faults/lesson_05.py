"""Faults for lesson 5: orders that are not what they say, a gradient with a hole, noise without its tails."""

from faults.planting import fault
from npgan import GAN, Network, latent, training


@fault(5)
def one_noise_step_lets_g_go_first(monkeypatch):
    """On the same fakes, but against the D of one step ago."""

    def one_noise_step(self, x, z):
        fake = self.G.forward(z)
        loss = self.loss_gradient(fake)
        V = self.V_gradient(x, fake)
        self.descend()
        self.ascend()
        return V, loss

    monkeypatch.setattr(GAN, "one_noise_step", one_noise_step)


@fault(5)
def g_first_shows_d_the_old_fakes(monkeypatch):
    """And so takes both gradients at the same point: simultaneous, in disguise."""

    def g_first(gan, real, noise, k):
        z = noise()
        fake = gan.G.predict(z)
        loss = gan.generator_step(z)
        V = gan.V_gradient(real(), fake)
        gan.ascend()
        return V, loss

    monkeypatch.setitem(training.ORDERS, "g_first", g_first)


@fault(5)
def the_last_bias_gets_no_gradient(monkeypatch):
    """A projection of both gradients: V climbs and the loss falls all the same, and a Gaussian is learned."""
    right = Network.backward

    def backward(self, dy, params=True, inputs=True):
        dx = right(self, dy, params, inputs)
        if params:
            self.layers[-1].db[...] = 0
        return dx

    monkeypatch.setattr(Network, "backward", backward)


@fault(5)
def even_noise_leaves_out_its_tails(monkeypatch):
    """The middle half of the noise, and so a p_g that looks narrower than it is."""
    right = latent.even
    monkeypatch.setattr(latent, "even", lambda latent, n: right(latent, 2 * n)[n // 2 : n // 2 + n])
