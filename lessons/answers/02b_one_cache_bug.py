# %% [markdown]
# # Answers to lesson 2b: catch the bug that most GANs from scratch have

# %%
from npgan import GAN, Gaussian, gradcheck, models

import numpy as np


class OneCache(GAN):
    """What many scripts do. Wrong."""

    def V_gradient(self, x, fake):
        self.a_real, self.a_fake = self.D.forward(x), self.D.forward(fake)
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        self.D.backward(da[: len(x)])
        real_part = self.D.grad.copy()
        self.D.backward(da[len(x) :])
        self.D.grad += real_part
        return V


def new(kind):
    sizes = 1, 16, 16, 1
    pair = models.pair(sizes, sizes, rng=np.random.default_rng(6), lr=1e-3)
    return kind(pair.G, pair.D, pair.opt_g, pair.opt_d, game=pair.game)


rng = np.random.default_rng(5)
x_9, z_9 = Gaussian(4, 1.25).sample(9, rng=rng), rng.standard_normal((9, 1))

# %% [markdown]
# > 1. Take 9 real samples and 8 fakes. What does OneCache do? Which failure is better?
#
# da[:9] now meets a cache of 8 rows, and D stops: backward needs dy of the shape of its latest forward. That is
# the better failure: it costs a minute. With 9 and 9 the same mistake costs a G that never finds the data. So
# batches of unequal size make a good test; and one batch of 17 rows is as right as any.

# %%
try:
    new(OneCache).discriminator_gradient(x_9, z_9[:8])
    said = "nothing"
except ValueError as complaint:
    said = str(complaint)
right = gradcheck.check_discriminator_step(new(GAN), x_9, z_9[:8])
print(f"one cache, 9 and 8 rows: {said}\none batch, 9 and 8 rows: error {right.error:.0e}, allowed 1e-07")
assert "shape (8, 1), got (9, 1)" in said and right.error < 1e-7
print(f"one cache, 9 and 9 rows: error {gradcheck.check_discriminator_step(new(OneCache), x_9, z_9).error:.0e}")
assert gradcheck.check_discriminator_step(new(OneCache), x_9, z_9).error > 1e-3

# %% [markdown]
# > 2. Repair OneCache without a common batch: one more forward, and the two backwards in another order. Predict
# > the error, then ask the checker.
#
# Go back for the fakes first: their forward was the latest. Then send the real x forward once more, and go back
# for them. Every backward then belongs to the forward before it, and the error is that of finite differences,
# about 1e-10. The price is a second forward for the real x.


# %%
class Repaired(GAN):
    """Each backward right after its own forward."""

    def V_gradient(self, x, fake):
        self.a_real, self.a_fake = self.D.forward(x), self.D.forward(fake)
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        self.D.backward(da[len(x) :])
        fake_part = self.D.grad.copy()
        self.D.forward(x)
        self.D.backward(da[: len(x)])
        self.D.grad += fake_part
        return V


repaired, one_batch = new(Repaired), new(GAN)
check = gradcheck.check_discriminator_step(repaired, x_9, z_9)
print(f"repaired: error {check.error:.0e}, allowed 1e-07")
assert check.error < 1e-7
V = repaired.discriminator_gradient(x_9, z_9), one_batch.discriminator_gradient(x_9, z_9)
apart = np.abs(repaired.D.grad - one_batch.D.grad).max()
print(f"V: repaired {V[0]:.12f}, one batch {V[1]:.12f}; the two gradients are at most {apart:.0e} apart")
assert abs(V[0] - V[1]) < 1e-12 and apart < 1e-12
