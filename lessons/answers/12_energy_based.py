# %% [markdown]
# # Answers to lesson 12
#
# Each answer stands alone: its cell needs only the imports.

# %%
from npgan import Dense, metrics, models, ring, train
from npgan.variants.energy import AutoEncoder, pulling_away

import numpy as np

# %% [markdown]
# ## 1. The best linear auto-encoder with a code of width 1 projects x on a line. Predict both halves of da/dx.
#
# r = P x, with P the projection. So a = |x - P x|^2 / 2 and da/dx = x - P x: straight to the line. The half as
# the target is all of it, and the half in r is P (P x - x) = 0: r already is the point nearest to x that the
# decoder can make, and moving x cannot bring it nearer. With a detached target this D would teach G nothing.

# %%
v = np.array([np.cos(0.5), np.sin(0.5)])  # the direction of the line
D = AutoEncoder(Dense(2, 1), Dense(1, 2), code=0, rng=np.random.default_rng(0))
D.theta = [*v, 0, *v, 0, 0]  # the code is v.x, r = v (v.x)
x = np.random.default_rng(1).uniform(-2, 2, (300, 2))
rest = x - (x @ v)[:, None] * v  # x - P x
a = D.forward(x)
both = D.backward(np.ones((300, 1)), params=False)
target = -2 / 2 * (D.reconstruct(x) - x)
off_a, off_g, in_r = abs(a[:, 0] - (rest**2).sum(axis=1) / 2).max(), abs(both - rest).max(), both - target
print(f"energy off its formula by {off_a:.0e}, gradient by {off_g:.0e}")
print(f"largest da/dx {abs(both).max():.3f}, its half in r {abs(in_r).max():.0e}")
assert max(off_a, off_g, abs(in_r).max()) < 1e-12 and abs(both).max() > 1

# %% [markdown]
# ## 2. Codes of width n, N of them: predict the least f. (n = 1? n = 2?) What does the pull do at n = 1?
#
# Let u_i be the codes at length 1, and M the sum of u_i u_i^T, an n x n matrix of trace N. The sum over *all* i
# and j of (u_i.u_j)^2 is the sum of the squared eigenvalues of M. With a given sum, N, it is least if all n are
# N/n: N^2/n. Without the diagonal, N, the least f is (N/n - 1)/(N - 1), or 0 if N <= n. For many codes that is
# 1/n: in the plane 1/2. At n = 1 all codes are parallel or antiparallel, f = 1 and its gradient is 0: training
# with the pull is training without it.

# %%
rng = np.random.default_rng(2)
for n in 1, 2, 3, 8:
    S = rng.standard_normal((24, n))
    f_before = pulling_away(S)[0]
    for _ in range(3000):
        S -= 10 * pulling_away(S)[1]
    f, least = pulling_away(S)[0], (24 / n - 1) / 23
    print(f"n = {n}: f {f_before:.4f} at random, {f:.6f} after descent   least f by hand {least:.6f}")
    assert abs(f - least) < 1e-5 and (n == 1 or f_before > f + 1e-3)
made = []
for pull in 0, 0.5:
    rng = np.random.default_rng(3)
    gan = models.mixture_pair(variant="ebgan-pt", margin=1.0, code=1, pull=pull, d_hidden=[32], rng=rng)
    list(train(gan, ring(sigma=0.1), steps=100, batch=64, rng=rng))
    made.append(gan.sample(500, rng=rng))
print(f"codes of width 1, pull 0 and 0.5: samples differ by {abs(made[0] - made[1]).max():.0e}")
assert abs(made[0] - made[1]).max() < 1e-9 < made[0].std()

# %% [markdown]
# ## 3. Let the margin be 10, or 100. Predict V / margin after 600 steps. Is the ring learned as well?
#
# In theory the margin is a unit of energy, no more: V / margin is about -1 each time. In training it is not:
# the same networks have to reach energies a hundred times as high in the same number of steps. Of 14 seeds all
# find 8 modes at 10, as at 1; at 100 seven do, and the other seven find 1 to 3. (These are among the latter.)

# %%
for margin in 10, 100:
    captured, Vs = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        options = {"variant": "ebgan", "code": 16, "d_hidden": [128], "dtype": np.float32}
        gan = models.mixture_pair(margin=margin, rng=rng, **options)
        records = list(train(gan, ring(sigma=0.1), steps=600, batch=128, rng=rng))
        Vs.append(np.mean([record.V for record in records[-150:]]) / margin)
        captured.append(metrics.coverage(gan.sample(2500, rng=rng), ring(sigma=0.1), rng=rng).captured)
    print(f"margin {margin:3d}: V / margin", *(f"{V:.3f}" for V in Vs), "  modes", *captured)
    assert -1.05 < np.mean(Vs) < -0.9 and (min(captured) >= 7 if margin == 10 else min(captured) < 5)
