# %% [markdown]
# # Answers to lesson 11
#
# Each answer stands alone: its cell needs only the imports.

# %%
from npgan import metrics, models, ring, train

import numpy as np

# %% [markdown]
# ## 1. Let G be perfect, its samples fresh each step. Where does its loss end, for batches of m?
#
# Not at 0. The two means are those of m samples each, and each is off the true mean by chance: per feature its
# variance is Var f_k / m. So on average the loss is
#
#     2/m sum_k Var f_k(x),
#
# and four times the batch brings it to a quarter. What G descends below that is noise: let its rate fall.

# %%
rng, data = np.random.default_rng(0), ring(sigma=0.1)
gan = models.mixture_pair(rng=rng, variant="feature-matching", g_hidden=[4], d_hidden=[32])
many = data.sample(100_000, rng=rng)
variance = gan.D.layers[1].predict(gan.D.layers[0].predict(many)).var(axis=0).sum()
for m in 32, 128:
    losses = []
    for _ in range(2000):
        real, fake = data.sample(m, rng=rng), data.sample(m, rng=rng)
        gan.V_gradient(real, fake)
        gan.G.forward(gan.noise(m, rng=rng))  # only so that G has something to send back
        losses.append(gan.loss_gradient(fake))
    print(f"m = {m:3d}: mean loss {np.mean(losses):.5f}   2/m times the variance {2 / m * variance:.5f}")
    assert abs(np.mean(losses) / (2 / m * variance) - 1) < 0.1  # 2,000 losses: standard error about 0.02

# %% [markdown]
# ## 2. Multiply T by 100,000, or by 0. What is o(x), and what can G learn from it?
#
# By 100,000: distances of 0.1 become 10,000, and exp(-10,000) is nothing. Almost every sample is alone: o = 0,
# and no gradient. D is blind again; only twins still see each other. By 0: all distances are 0, each o_b(i)
# = m - 1 whatever G does; T is a factor of the gradient, so none comes back. So T starts small, not at 0.

# %%
rng, x, seen = np.random.default_rng(0), ring(sigma=0.1).sample(32, rng=np.random.default_rng(1)), {}
gan = models.mixture_pair(rng=rng, variant="minibatch", kernels=4, dims=2, g_hidden=[4], d_hidden=[32, 32])
layer, T = gan.D.layers[-2], gan.D.layers[-2].T.copy()
f = x
for below in gan.D.layers[:-2]:
    f = below.predict(f)
for scale in 0, 1, 100_000:
    layer.T[...] = scale * T
    o = layer.forward(f)[:, 32:]
    dy = np.concatenate([np.zeros((32, 32)), np.ones((32, 4))], axis=1)  # of the sum of all o
    push = np.abs(layer.backward(dy)).max(axis=1)
    seen[scale] = np.median(o), np.median(push)
    print(f"T times {scale:6d}: o(x) {seen[scale][0]:.4f} of 31, gradient {seen[scale][1]:.4f} (medians)")
assert seen[0] == (31, 0) and seen[1][0] > 1 and seen[1][1] > 0.01 and max(seen[100_000]) < 1e-3

# %% [markdown]
# ## 3. Let the slow D play the smoothed game. Does doubt cure the collapse?
#
# No. D's logit is bounded where the data are, but G still finds the one point that D likes best, and still has
# nothing to lose by sitting there: what G feels is the same, up to log t. (24 other seeds: 0 to 2 modes.)

# %%
data, captured = ring(sigma=0.1), {}
for variant in "gan", "smoothed", "feature-matching":
    captured[variant] = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        options = {"g_hidden": (32, 32), "d_hidden": (32, 32), "betas": (0.5, 0.999), "dtype": np.float32}
        gan = models.mixture_pair(rng=rng, lr=4e-3, d_lr=5e-4, variant=variant, **options)
        list(train(gan, data, steps=400, batch=32, anneal=True, rng=rng))
        captured[variant].append(metrics.coverage(gan.sample(2500, rng=rng), data, rng=rng).captured)
    print(f"{variant}: captured {captured[variant]} of 8")
assert np.mean(captured["gan"]) < 3 and np.mean(captured["smoothed"]) < 3
assert np.mean(captured["feature-matching"]) > 6
