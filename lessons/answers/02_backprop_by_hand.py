# %% [markdown]
# # Answers to lesson 2: write backpropagation by hand, and check every line

# %%
from npgan.gradcheck import numerical_gradient

import numpy as np

m = 6


def loose(last=1.0, slope=0.2, mask=lambda s, h: s > 0):
    """The loose discriminator of the lesson, W2 and b2 times `last`: its five gradients by name, each by hand
    and by differences."""
    rng = np.random.default_rng(2)
    xs = np.concatenate([4 + 1.25 * rng.standard_normal((m, 1)), rng.standard_normal((m, 1))])  # (2m, 1)
    W1, b1 = rng.standard_normal((1, 8)), rng.standard_normal(8)
    W2, b2 = last * rng.standard_normal((8, 1)) / 4, last * rng.standard_normal(1)

    def forward():
        s = xs @ W1 + b1  # (2m, 8)
        h = np.maximum(s, slope * s)
        a = h @ W2 + b2  # (2m, 1)
        return s, h, a, -np.logaddexp(0, -a[:m]).mean() - np.logaddexp(0, a[m:]).mean()

    s, h, a, _ = forward()
    D_x = 1 / (1 + np.exp(-a))
    da = np.concatenate([1 - D_x[:m], -D_x[m:]]) / m
    ds = da @ W2.T * np.where(mask(s, h), 1, slope)
    hand = {"dW2": h.T @ da, "db2": da.sum(axis=0), "dW1": xs.T @ ds, "db1": ds.sum(axis=0), "dx": ds @ W1.T}
    arrays = W2, b2, W1, b1, xs
    differences = [numerical_gradient(lambda: forward()[3], array) for array in arrays]
    return {name: pair for name, *pair in zip(hand, hand.values(), differences, strict=True)}


# %% [markdown]
# > 1. Set W2 and b2 to 0 in the loose discriminator. Predict which of the five gradients become 0, which not.
#
# The logit is 0 for all x, D = 1/2, and da is +1/2m for real x, -1/2m for fakes. Its sum is 0: **db2 = 0**. To
# the first layer everything goes back through W2, which is 0: **dW1, db1 and dx are 0**. Only dW2 is left, half
# the difference between the mean h of the real x and that of the fakes. So D does learn, from its last layer
# on; but dx = 0: G would learn nothing from such a D.

# %%
for name, (by_hand, differences) in loose(last=0.0).items():
    largest = np.abs(by_hand).max()
    print(f"{name:4} largest entry by hand {largest:.6f}, by differences {np.abs(differences).max():.6f}")
    assert np.abs(by_hand - differences).max() < 1e-9 and (largest > 0.1 if name == "dW2" else largest < 1e-15)

# %% [markdown]
# > 2. Set its slope to 0 and its mask to `h >= 0`. Predict the first of the five gradients to fail.
#
# dW2 and db2 are computed before the mask is used: they stay right. dW1 is the first to fail, then db1 and dx.
# With slope 0.2 the same mask does no harm: there h >= 0 exactly where s >= 0.

# %%
for slope in 0.2, 0:
    for name, (by_hand, differences) in loose(slope=slope, mask=lambda s, h: h >= 0).items():
        error = np.abs(by_hand - differences).max() / np.abs(differences).max()
        print(f"slope {slope}, mask h >= 0, {name:4} error {error:.0e}, allowed 1e-07")
        assert error < 1e-7 if slope or name in ("dW2", "db2") else error > 0.01
