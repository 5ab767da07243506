"""Faults for the lesson on saturation: a gradient of G that is short of something, a D that is misread."""

from faults.planting import fault
from faults.theory import kl_the_wrong_way_round
from npgan import GAN, games

fault(6)(kl_the_wrong_way_round)  # for two Gaussians of one spread the two are equal: only d/dW can tell


@fault(6)
def every_fake_gets_the_mean_of_the_gradients(monkeypatch):
    """G can then move its fakes together, and cannot change their spread."""

    def loss_gradient(self, fake):
        loss, da = self.game.generator(self.D.forward(fake))
        dx = self.D.backward(da, params=False)
        dx[:] = dx.mean(axis=0)
        self.G.backward(dx, inputs=False)
        return loss

    monkeypatch.setattr(GAN, "loss_gradient", loss_gradient)


@fault(6)
def d_is_read_as_the_chance_of_a_fake(monkeypatch):
    right = games.Minimax.judge
    monkeypatch.setattr(games.Minimax, "judge", lambda self, a: right(self, -a))
