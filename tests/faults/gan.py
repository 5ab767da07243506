"""Faults in the pair: in its two gradients, its two moves, the steps made of them, its average."""

from faults.planting import fault
from npgan import GAN


@fault(2, "02b", 3, 5, 7, 10)
def two_forwards_one_cache(monkeypatch):
    def V_gradient(self, x, fake):
        D, m = self.D, len(x)
        self.a_real, self.a_fake = D.forward(x), D.forward(fake)
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        D.backward(da[:m], inputs=False)  # with the activations of the fakes
        real_part = D.grad.copy()
        D.backward(da[m:], inputs=False)
        D.grad += real_part
        return V

    monkeypatch.setattr(GAN, "V_gradient", V_gradient)


@fault(3, 5)
def the_discriminator_step_moves_g(monkeypatch):
    right = GAN.ascend

    def ascend(self):
        right(self)
        self.G.theta *= 1 + 1e-9

    monkeypatch.setattr(GAN, "ascend", ascend)


@fault(5)
def the_discriminator_step_leaves_a_gradient_in_g(monkeypatch):
    right = GAN.discriminator_step

    def discriminator_step(self, x, z):
        V = right(self, x, z)
        self.generator_gradient(z)
        return V

    monkeypatch.setattr(GAN, "discriminator_step", discriminator_step)


@fault(2, 5, 7)
def the_generator_step_moves_d(monkeypatch):
    right = GAN.descend

    def descend(self):
        right(self)
        self.D.theta += 1e-9 * self.D.grad

    monkeypatch.setattr(GAN, "descend", descend)


@fault(9)
def simultaneous_steps_that_alternate(monkeypatch):
    def simultaneous_step(self, x, z_d, z_g):
        return self.discriminator_step(x, z_d), self.generator_step(z_g)

    monkeypatch.setattr(GAN, "simultaneous_step", simultaneous_step)


@fault(9)
def alternating_steps_with_g_on_the_old_d(monkeypatch):
    """G answers the D of one step ago: as bad as simultaneous."""
    right = GAN.discriminator_step

    def discriminator_step(self, x, z):
        self.old = self.D.theta.copy()
        return right(self, x, z)

    def generator_step(self, z):
        new, self.D.theta = self.D.theta.copy(), getattr(self, "old", self.D.theta)
        loss = self.generator_gradient(z)
        self.D.theta = new
        self.descend()
        return loss

    monkeypatch.setattr(GAN, "discriminator_step", discriminator_step)
    monkeypatch.setattr(GAN, "generator_step", generator_step)


@fault(9)
def the_average_forgets_at_once(monkeypatch):
    right = GAN.update_average
    monkeypatch.setattr(GAN, "update_average", lambda self, decay, step: right(self, 0.0, step))
