# %% [markdown]
# # Answers to lesson 10: train the classic script on digits
#
# The digits here are drawn from fonts, so that the answers are the same with and without MNIST.

# %%
from npgan import digits, metrics

import numpy as np

known, unseen = (digits.glyph_digits(n, rng=np.random.default_rng(n)) for n in (6000, 1000))
unit, test = digits.unit_pixels(known.images), digits.unit_pixels(unseen.images[:300])
choose, real = digits.unit_pixels(known.images[-300:]), unit[:500]

# %% [markdown]
# **Blurs are means of 20 digits. Make it 1, 5, 200. Where is the score best?**
#
# In between. A mean of 1 is the digit itself; a mean of a few fills the gaps between digits, which the measure
# rewards; a mean of 200 is a grey cloud that is like no digit, and the score falls again.

# %%
squared = (real**2).sum(axis=1)[:, None] - 2 * real @ unit.T + (unit**2).sum(axis=1)  # (500, 6000)
order, score = np.argsort(squared, axis=1), {}
for k in 1, 5, 20, 200:
    blurs = unit[order[:, :k]].mean(axis=1)
    score[k] = metrics.parzen_log_likelihood(blurs, choose, test).mean
    print(f"means of {k:3d}: Parzen {score[k]:7.1f} nats")
assert np.abs(unit[order[:, 0]] - real).max() < 1e-6  # the digit most like a digit is itself
assert max(score[5], score[20]) > score[1] + 20 and score[200] < max(score.values()) - 20

# %% [markdown]
# **Shift the copies by 0, 1, 2, 4 pixels. When do they lie further from the training digits than unseen ones?**
#
# At 0 they lie on them. One pixel already takes them about as far as unseen digits; two pixels further. So a
# copier needs only a nudge to look innocent.

# %%
new = metrics.nearest(test, known.images).distance.mean()
far = {}
for right in 0, 1, 2, 4:
    copies = digits.unit_pixels(digits.shifted(known.images[:300], right=right))
    far[right] = metrics.nearest(copies, known.images).distance.mean()
    print(f"moved by {right}: {far[right]:.2f} to the nearest training digit   (unseen digits {new:.2f})")
assert far[0] < 0.1 and far[0] < far[1] < far[2] < far[4]
assert far[1] > 0.5 * new and far[4] > new
