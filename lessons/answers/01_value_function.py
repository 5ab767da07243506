# %% [markdown]
# # Answers to lesson 1: compute the value of the game

# %%
from npgan import Gaussian, theory

import numpy as np

x = np.linspace(-17, 19, 3601)  # (3601,)
p, q = Gaussian(4, 1.25).pdf(x), Gaussian(1, 2).pdf(x)


def terms(slope, threshold):
    """E log D(x) and E log(1 - D(G(z))) for D = sigmoid(slope (x - threshold)), and their sum V."""
    a = slope * (x - threshold)
    real, fake = theory.integral(-p * np.logaddexp(0, -a), x), theory.integral(-q * np.logaddexp(0, a), x)
    return np.array([real, fake, real + fake])


# %% [markdown]
# > 1. Move D's threshold from 2.5 to 4, the middle of the data. Which term of V rises, which falls, and V?
#
# Every logit falls by 1.5: D says "fake" more often, whatever x is. It is right more often on fakes, and their
# term rises, from -0.48 to -0.18. It is wrong more often on real x, and theirs falls, from -0.32 to -0.86. V
# falls, by the difference. The best threshold is where both pulls are equal: dV/da is 1 - D on real x, -D on
# fakes, so there E (1 - D(x)) = E D(G(z)). It lies at 2.67, near the old one.

# %%
before, after = terms(1, 2.5), terms(1, 4)
for name, old, new in zip(("real term", "fake term", "V"), before, after, strict=True):
    print(f"{name}: threshold 2.5 {old:+.4f}   threshold 4 {new:+.4f}")
assert after[0] < before[0] - 0.5 and after[1] > before[1] + 0.2 and after[2] < before[2] - 0.2

thresholds = np.linspace(1, 4, 3001)
best = thresholds[np.argmax([terms(1, threshold)[2] for threshold in thresholds])]
D = 1 / (1 + np.exp(-(x - best)))
print(f"best threshold {best:.3f}: E (1 - D(x)) = {theory.integral(p * (1 - D), x):.4f}", end="")
print(f", E D(G(z)) = {theory.integral(q * D, x):.4f}   there both should be equal")
assert abs(theory.integral(p * (1 - D) - q * D, x)) < 1e-3 and abs(best - 2.67) < 0.01  # in steps of 0.001

# %% [markdown]
# > 2. Make D twice as sure, `-2 * (x - 2.5)`: the same, but louder. Does V rise, and which x pay for it?
#
# V falls, from -0.80 to -0.92. Where D is right it gains, but little: the logarithm of a probability near 1 is
# nearly 0 already. Where it is wrong it pays, and a wrong answer costs about as much as the logit is large. The
# fakes to the right of 2.5 pay most, the real x to the left of it pay too. With this threshold a D that is a
# tenth louder than ours is best: that is as sure as it has reason to be.

# %%
louder, change = terms(2, 2.5), {}
for kind, density, a in ("real", p, -(x - 2.5)), ("fake", q, x - 2.5):
    more = -density * (np.logaddexp(0, 2 * a) - np.logaddexp(0, a))  # (3601,): what each x adds to V
    for side, there in ("left", x < 2.5), ("right", x > 2.5):
        change[kind, side] = theory.integral(np.where(there, more, 0), x)
        print(f"{kind} x to the {side} of 2.5: V changes by {change[kind, side]:+.4f}")
print(f"together {sum(change.values()):+.4f}   V with slope 2 {louder[2]:.4f}, with slope 1 {before[2]:.4f}")
assert abs(sum(change.values()) - (louder[2] - before[2])) < 1e-6 and louder[2] < before[2] - 0.1
assert (
    change["fake", "right"] < change["real", "left"] < 0 < min(change["fake", "left"], change["real", "right"])
)

slopes = np.linspace(0.5, 2, 301)
loudest = slopes[np.argmax([terms(slope, 2.5)[2] for slope in slopes])]
print(f"the best slope for this threshold: {loudest:.3f}, by differences of 0.005")
assert 1.05 < loudest < 1.15

# %% [markdown]
# > 3. In float16 (11 binary digits), from which logit on is the naive log(1 - D) -infinity?
#
# From 11 log 2 = 7.62 on: there e^-a = 2^-11, and 1 + 2^-11 is rounded to 1. float32 has 24 digits, float64 53:
# twice the digits, twice the logit. None of these is far off: a D that is sure of itself has logits of 20.

# %%
for dtype in np.float16, np.float32, np.float64:
    a, digits = np.linspace(0, 40, 40_001, dtype=dtype), np.finfo(dtype).nmant + 1
    with np.errstate(divide="ignore"):  # log(0) = -infinity is what we came to see
        naive = np.log(1 - 1 / (1 + np.exp(-a)))
    first = float(a[np.isinf(naive)][0])
    print(f"{dtype.__name__}: -infinity from a = {first:.3f} on   {digits} log 2 = {digits * np.log(2):.3f}")
    assert abs(first - digits * np.log(2)) < 0.01
