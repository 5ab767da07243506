# %% [markdown]
# # Answers to lesson 8
#
# Each answer stands alone: its cell needs only the imports.

# %%
from npgan import SGD, Adam, Dense, Gaussian, Network, Uniform, games, latent, models, theory
from npgan.gan import GAN
from npgan.layers import Tanh

import math

import numpy as np

# %% [markdown]
# ## 1. Give G the loss -log D at theta = 1.25 and 2. Predict its gradient from D(theta) and D(theta + 1).
#
# As in the lesson, the mean over u of d/dx (-log D(theta + u)) is the integral of a derivative:
#
#     dloss/dtheta = log D(theta) - log D(theta + 1).
#
# It is alive: D is more sure at the far end than at the near one. But it is no distance: at theta = 2 G is
# farther off, and feels *less*. The slope of W1 is 1 at both.

# %%
felt = {}
for theta in 1.25, 2.0:
    rng = np.random.default_rng(0)
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 16, 1), activation=Tanh, rng=rng)
    G.theta = [12**-0.5, theta + 0.5]
    gan = GAN(G, D, SGD(G, 1.0), Adam(D, 0.02), games.non_saturating, latent="uniform")
    for step in range(1000):
        gan.opt_d.rate = 1 - step / 1000
        gan.discriminator_step(Uniform(0, 1).sample(256, rng=rng), gan.noise(256, rng=rng))
    gan.generator_gradient(latent.even("uniform", 20_000))
    felt[theta], (near, far) = G.layers[0].db[0], gan.probability([[theta], [theta + 1]])
    predicted = np.log(near / far)
    print(f"theta {theta}: dloss/dtheta {felt[theta]:.4f}   log D(theta) - log D(theta + 1) = {predicted:.4f}")
    assert abs(felt[theta] - predicted) < 1e-5
assert 0.2 < felt[2.0] < felt[1.25] / 2  # 10 other seeds: 0.66 to 1.0, and 3.7 to 4.7

# %% [markdown]
# ## 2. Let sigma = 0.1. Predict what G feels at theta = 1.5, and at theta = 0.5.
#
# At theta = 1.5 the intervals are half a unit apart, 5 sigma. The smeared densities meet only where both are
# next to nothing, so the gradient is next to nothing: noise must be as wide as the gap. At theta = 0.5 the
# intervals overlap anyway, and the slope is near the 2 log 2 = 1.39 that it has without noise.

# %%
h, sigma = 0.005, 0.1
x = np.arange(-2 + h / 2, 5, h)
kernel = Gaussian(0, sigma).pdf(h * np.arange(1 - len(x), len(x)))


def seen(theta):
    """The density of u + theta + sigma e on the grid, u uniform on (0, 1)."""
    return np.convolve(kernel, Uniform(theta, theta + 1).pdf(x), "valid") * h


slopes = {}
for theta in 1.5, 0.5:
    p, q = seen(0), seen(theta)
    ahead, back = (theory.criterion(p, seen(theta + step), x) for step in (h, -h))
    slopes[theta] = (ahead - back) / (2 * h)
    log_1_minus_D = np.log(np.maximum(q, 1e-200)) - np.log(np.maximum(p + q, 1e-200))  # far out p = q = 0
    through = theory.integral(q * np.gradient(log_1_minus_D, h), x)
    print(f"theta {theta}: slope of C(G) {slopes[theta]:.4f}   through D* {through:.4f}   ", end="")
    print("without noise 2 log 2 = 1.3863" if theta < 1 else "without noise 0")
    assert abs(slopes[theta] - through) < 1e-3
assert slopes[1.5] < 0.02 and abs(slopes[0.5] - 2 * math.log(2)) < 0.01

# %% [markdown]
# ## 3. Let the fakes be half as wide, on (theta, theta + 1/2). For which theta is JSD flat now?
#
# Beyond the ends, for theta > 1 and theta < -1/2, JSD = log 2. But *inside*, for 0 < theta < 1/2, too:
# while all fakes lie among the data, JSD does not care where. There p = 1 and q = 2 on half of the data, so
# JSD = (1/2) (1/2 log 2/3 + 1/2 log 2 + log 4/3) = 3/4 log 4/3. W1 is least in the middle, at theta = 1/4.

# %%
h = 0.005
x = np.arange(-2 + h / 2, 5, h)
p = Uniform(0, 1).pdf(x)


def jsd(theta):
    return theory.jsd(p, Uniform(theta, theta + 0.5).pdf(x), x)


inside, apart = ([jsd(theta) for theta in np.arange(a, b, 0.05)] for a, b in ((0.0, 0.5), (1.0, 2.0)))
print(f"JSD inside {min(inside):.6f} to {max(inside):.6f}   3/4 log 4/3 = {0.75 * math.log(4 / 3):.6f}")
print(f"JSD apart  {min(apart):.6f} to {max(apart):.6f}   log 2 = {math.log(2):.6f}")
print(f"JSD on the way out: {jsd(0.6):.4f} at theta 0.6, {jsd(0.8):.4f} at 0.8")
assert np.abs(np.array(inside) - 0.75 * math.log(4 / 3)).max() < 1e-9
assert np.abs(np.array(apart) - math.log(2)).max() < 1e-9 and max(inside) < jsd(0.6) < jsd(0.8) < min(apart)
W1 = {theta: theory.wasserstein(p, Uniform(theta, theta + 0.5).pdf(x), x) for theta in (0.0, 0.25, 0.5)}
print("W1", {theta: round(value, 4) for theta, value in W1.items()}, "  by hand 1/4, 1/8, 1/4")
assert max(abs(W1[0.0] - 0.25), abs(W1[0.25] - 0.125), abs(W1[0.5] - 0.25)) < 1e-4
