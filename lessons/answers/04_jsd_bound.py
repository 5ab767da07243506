# %% [markdown]
# # Answers: bound what G can gain
#
# The questions of `lessons/04_jsd_bound.py`, answered, computed and checked.

# %%
from npgan import Gaussian, theory

import numpy as np

x = np.linspace(-30, 30, 3001)  # (3001,)
p = Gaussian(4, 1.25).pdf(x)

# %% [markdown]
# ## 1. A better coin
#
# *Let G's coin show heads with probability 3/4. Will C(G) be nearer to -log 4?*
#
# Yes: it is nearer to the data's coin, which always shows heads. At heads D* = 1 / (1 + 3/4) = 4/7, no longer
# 2/3; at tails, which the data never show, D* = 0 and log(1 - D*) = 0. So C = log 4/7 + 3/4 log 3/7.

# %%
coin = np.array([1, 0])
C_fair, C_better = (theory.criterion(coin, np.array([heads, 1 - heads])) for heads in (1 / 2, 3 / 4))
pencil = np.log(4 / 7) + 3 / 4 * np.log(3 / 7)
print(f"fair coin {C_fair:.6f}     3/4 heads {C_better:.6f}, pencil {pencil:.6f}     -log 4 = {-np.log(4):.6f}")
assert abs(C_better - pencil) < 1e-15 and -np.log(4) < C_better < C_fair

# %% [markdown]
# ## 2. A start at -2
#
# *Start a walk at mu_g = -2. Does it arrive in 300 steps? In 3,000?*
#
# At -2 it stands 4.8 standard deviations from the data, on the brim of the plain. The slope is small there, but
# not nothing, and it grows with each step: the walk is slow to start and quick to arrive. 300 steps are enough,
# and 3,000 are too. From -8 even 3,000 bring it nowhere.


# %%
def slope_felt(mu_g):
    p_g = Gaussian(mu_g, 1.25).pdf(x)
    return theory.integral((x - mu_g) / 1.25**2 * p_g * np.log(1 - theory.optimal_d(p, p_g)), x)


for start in -2.0, -8.0:
    mu_g, seen = start, {}
    for step in range(3001):
        if step in (0, 3, 10, 30, 300, 3000):
            seen[step] = mu_g
        mu_g -= slope_felt(mu_g)
    print(f"from {start:g}: " + "   ".join(f"step {step} {at:.4f}" for step, at in seen.items()))
    assert (abs(seen[300] - 4) < 1e-9) == (abs(seen[3000] - 4) < 1e-9) == (start == -2)

# %% [markdown]
# ## 3. A generator that is too wide
#
# *Give the walking p_g a sigma of 2. Where is its C smallest, and is it -log 4?*
#
# At mu_g = 4 again: both bells are symmetric, and there they overlap most. But it is not -log 4, for p_g is
# never p_data, whatever its mean. A G that cannot make the data's shape has a best place all the same, and a D
# that can still tell: V above -log 4 then says that G is too weak.

# %%
places = np.linspace(0, 8, 161)
C = np.array([theory.criterion(p, Gaussian(mu_g, 2).pdf(x), x) for mu_g in places])
best = places[C.argmin()]
by_jsd = -np.log(4) + 2 * theory.jsd(p, Gaussian(4, 2).pdf(x), x)
print(
    f"smallest C {C.min():.6f} at mu_g = {best:.2f}; -log 4 + 2 JSD there {by_jsd:.6f}; -log 4 {-np.log(4):.6f}"
)
assert abs(best - 4) < 1e-9 and abs(C.min() - by_jsd) < 1e-12 and C.min() > -np.log(4) + 0.05
