# %% [markdown]
# # Answers to lesson 13
#
# Each answer stands alone: its cell needs only the first, with the two humps and the one of the lesson.

# %%
from npgan import SGD, Adam, Dense, Gaussian, Mixture, Network, Tanh, games, models, theory
from npgan.variants.wasserstein import GradientPenalty, wasserstein

import numpy as np

data, fakes, x = Mixture([[-2.0], [2.0]], 0.5), Gaussian(0.5, 1.0), np.arange(-8, 8.005, 0.01)
p, q = data.pdf(x[:, None]), fakes.pdf(x)
W1 = theory.wasserstein(p, q, x)

# %% [markdown]
# ## 1. On the lines, let D learn for 1,000 steps in place of 300. Which of the five rows moves, and which way?
#
# The critic's row does not: its best f has slope 1 + theta/(2 lambda), and it was there after 300. A plain
# D has no best f here, it only grows more sure. log(1 - D) then gives even less. -log D gives the slope of
# the logit where the fakes are: with LeakyReLU it grows as the logit does; with Tanh more and more of the
# rise lies in the gap between the lines, and the fakes are left on a plateau.

# %%
felt = {}
for variant, kind in ("wgan-gp", None), ("gan", None), ("gan", Tanh):
    for steps in 300, 1000:
        rng, own = np.random.default_rng(0), {"lr": 0.01, "betas": (0, 0.99), "latent": "uniform"}
        gan = models.pair((1, 2), (2, 16, 16, 1), rng=rng, activation=kind, variant=variant, **own)
        gan.G.theta = [0, 12**-0.5, 2.0, 0.5]  # theta = 2
        for step in range(steps):
            gan.opt_d.rate, u = 1 - step / steps, rng.random(64)
            gan.discriminator_step(np.column_stack([0 * u, u]), gan.noise(64, rng=rng))
        for name in ("wasserstein",) if variant == "wgan-gp" else ("minimax", "non_saturating"):
            gan.game = games.by_name(name)
            gan.generator_gradient(gan.noise(1000, rng=rng))
            felt[name, kind, steps] = gan.G.layers[0].db[0]
for name, kind in dict.fromkeys((name, kind) for name, kind, _ in felt):
    before, after = felt[name, kind, 300], felt[name, kind, 1000]
    activation = "Tanh" if kind else "LeakyReLU"
    print(f"{name:14s} {activation:9s}: dloss/dtheta {before:.5f} after 300 steps, {after:.5f} after 1,000")
    if name == "wasserstein":
        assert abs(before - 1.1) < 0.02 and abs(after - 1.1) < 0.02
    elif name == "minimax":
        assert after < before / 5 < 0.001
    else:
        assert after < 0.9 * before if kind else after > 1.1 * before

# %% [markdown]
# ## 2. Punish only slopes *above* 1: max(0, |g| - 1)^2. Does lambda = 10 from the start still get stuck? Why?
#
# No. On the way from slope 1 to slope -1 there is no hill any more: a slope of 0 costs nothing, and V pulls
# it through. Above 1, where the best f has its slopes, the penalty is as before. (Gulrajani et al. 2017
# name this one-sided penalty, too, and prefer both sides; on images a slope can rotate.)


# %%
class OneSided(GradientPenalty):
    def penalty(self, g):
        norm = np.sqrt((g**2).sum(axis=1, keepdims=True))
        over = np.maximum(norm - 1, 0)
        u = 2 * self.weight / len(g) * over * g / np.maximum(norm, 1)  # where |g| < 1, over is 0
        return self.weight * float((over**2).mean()), u


for seed in 1, 2, 3:
    V = {}
    for kind in GradientPenalty, OneSided:
        rng = np.random.default_rng(seed)
        G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 32, 32, 1), rng=rng)
        G.theta = [fakes.sigma, fakes.mu]
        gan = kind(G, D, SGD(G, 1.0), Adam(D, 0.01, betas=(0, 0.99)), wasserstein, weight=10.0)
        for step in range(500):
            gan.opt_d.rate = 1 - step / 500
            gan.discriminator_step(data.sample(256, rng=rng), gan.noise(256, rng=rng))
        V[kind] = theory.integral(D.predict(x[:, None])[:, 0] * (p - q), x) / W1
    print(f"seed {seed}: V / W1 {V[GradientPenalty]:.3f} with both sides, {V[OneSided]:.3f} with one")
    assert V[GradientPenalty] < 0.6 and 1.05 < V[OneSided] < 1.09

# %% [markdown]
# ## 3. Clip at 0.2 in place of 0.1. By what factor does V grow? (In how many layers does c stand?)
#
# In three, and most weights stand at c or -c: doubled, they make 2^3 = 8 times the f. (A little more: the
# biases count for less against them.) So the scale of V, and of what G feels, goes with c to the power of
# the depth: in a deep critic it vanishes or explodes.

# %%
V = {}
for clip in 0.1, 0.2:
    rng = np.random.default_rng(1)
    gan = models.pair((1, 1), (1, 32, 32, 1), rng=rng, lr=0.01, betas=(0, 0.99), variant="wgan", clip=clip)
    gan.G.theta = [fakes.sigma, fakes.mu]
    for step in range(500):
        gan.opt_d.rate = 1 - step / 500
        gan.discriminator_step(data.sample(256, rng=rng), gan.noise(256, rng=rng))
    V[clip] = theory.integral(gan.D.predict(x[:, None])[:, 0] * (p - q), x)
print(f"V {V[0.1]:.4f} with clip 0.1, {V[0.2]:.4f} with 0.2: {V[0.2] / V[0.1]:.2f} times as much   2^3 = 8")
assert 7 < V[0.2] / V[0.1] < 10
