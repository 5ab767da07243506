# %% [markdown]
# # Answers: run Algorithm 1
#
# The questions of `lessons/05_algorithm_1.py`, answered, computed and checked.

# %%
from npgan import Gaussian, games, latent, metrics, models, plots, theory, train

import copy

import matplotlib.pyplot as plt
import numpy as np

data, axis, z_even = Gaussian(4, 1.25), np.linspace(-3, 9, 301), latent.even("normal", 2000)
p, real_even = data.pdf(axis), 4 + 1.25 * z_even


def on_the_way(seed, game):
    """A pair that has come to where p_g has mean 2.5, and its rng: stop (a)."""
    rng = np.random.default_rng(seed)
    gan = models.gaussian_pair(rng=rng, game=game, lr=1e-3, d_lr=2e-2)
    gan.D.layers[-1].W[...] = gan.D.layers[-1].b[...] = 0
    for _ in train(gan, data, steps=3000, batch=128, rng=rng):
        if gan.generate(z_even).mean() > 2.5:
            return gan, rng
    raise AssertionError("p_g does not come to 2.5")


# %% [markdown]
# ## 1. The other game
#
# *Use `games.non_saturating`. Which of the levels changes, and which stay?*
#
# Only the loss of G, for only that is another function: -log D(G(z)), which is +log 2 where D = 1/2, in the
# place of log(1 - D(G(z))), which is -log 2. D plays the same game as before, so V comes to -log 4 and D to
# 1/2.

# %%
gan, rng = on_the_way(102, games.non_saturating)
history = np.array(list(train(gan, data, steps=3000, batch=128, rng=rng, anneal=True))).T  # (5, 3000)
late, levels = history[1:, -500:].mean(axis=1), (-np.log(4), np.log(2), 0.5, 0.5)
for name, seen, level in zip(("V", "loss of G", "D(x)", "D(G(z))"), late, levels, strict=True):
    print(f"{name:9s} at the end {seen:+.4f}     equilibrium {level:+.4f}")
    assert abs(seen - level) < 0.05  # of the four, the loss of G alone has another level: 2 log 2 away
assert metrics.wasserstein(gan.generate(z_even), real_even) < 0.15

# %% [markdown]
# ## 2. A G without an answer
#
# *Make it 200 steps of G instead of 15 in (c). Where do the fakes go, if D never answers?*
#
# To where D is largest, and that need not be where the data are: right of them D was never asked, and goes on
# rising. The fakes run past the data, D believes them more and more, and nobody tells it better. Give G 1,000
# steps, and they pile up on a heap: against a D that stands still, the best p_g is a single point.

# %%
gan, rng = on_the_way(102, games.minimax)
for i in range(600):
    gan.opt_d.rate = 1 - i / 600
    gan.discriminator_step(data.sample(128, rng=rng), gan.noise(128, rng=rng))
gan.opt_d.rate = 1.0
settled = copy.deepcopy((gan, rng))

believed, spread, fakes = {}, {}, {}
for step in range(1001):
    if step in (0, 15, 200, 1000):
        fakes[step] = gan.generate(z_even)
        believed[step], spread[step] = gan.probability(fakes[step]).mean(), fakes[step].std()
        print(f"{step:4d} steps of G: mean {fakes[step].mean():5.2f}, spread {spread[step]:.2f}", end="")
        print(f"     D(G(z)) {believed[step]:.3f}")
    gan.generator_step(gan.noise(128, rng=rng))
assert believed[0] < believed[15] < believed[200] < believed[1000] and believed[1000] > 0.6
assert spread[1000] < 0.8  # 12 other seeds: 0.07 to 0.64; the data: 1.25

plots.large_text()
fig, ax = plt.subplots(figsize=(11, 5))
wide = np.linspace(-3, 30, 401)
for step, alpha in (15, 0.4), (200, 0.7), (1000, 1.0):
    q = metrics.kernel_density(fakes[step], wide)
    ax.fill_between(wide, q, color=plots.GENERATOR, alpha=alpha, label=f"p_g, {step} steps")
ax.plot(wide, data.pdf(wide), color=plots.DATA, ls=":", lw=3, label="p_data")
ax.plot(
    wide, gan.probability(wide[:, None]), color=plots.DISCRIMINATOR, lw=2, ls="--", label="D, standing still"
)
ax.set(xlabel="x", ylabel="density, and D(x)", title="Without an answer, G runs past the data onto a heap")
plots.legend(ax, loc="upper left")
plots.finish(fig, "05_answers")

# %% [markdown]
# ## 3. Five steps of D for each of G
#
# *Use `d_steps=5` in (d). Predict which curve gets closer to which.*
#
# D to D*, and so V to C(G), its ceiling. p_g gains little by it: G has as many steps as before. (With the rates
# falling to 0 both come to rest at the same place; we look at the first 300 steps.)

# %%
gaps = {1: [], 5: []}
for k, below in gaps.items():
    gan, rng = copy.deepcopy(settled)
    for record in train(gan, data, steps=300, batch=128, d_steps=k, rng=rng):
        if record.step > 100 and record.step % 10 == 0:
            q, D = metrics.kernel_density(gan.generate(z_even), axis), gan.probability(axis[:, None])
            below.append(theory.criterion(p, q, axis) - theory.value(D, p, q, axis))
    W1 = metrics.wasserstein(gan.generate(z_even), real_even)
    print(f"{k} steps of D: V is below C(G) by {np.mean(below):.4f} (mean of 20)     W1 to the data {W1:.3f}")
assert min(gaps[1] + gaps[5]) > 0  # C(G) is a ceiling
assert np.mean(gaps[5]) < 0.75 * np.mean(gaps[1])  # 20 other seeds: 0.37 to 0.60 times
