# %% [markdown]
# # Bound what G can gain
#
# **40 minutes in class.** **You will see** V, at the best D, turn into a distance between densities; thousands
# of random pairs, none outside the bounds; and generators walking down to the data. **You will learn** Theorem
# 1 of the 2014 paper, `C(G) = -log 4 + 2 JSD(p_data || p_g)`: the game has one best p_g, p_data, and one best
# value, -log 4; and why this is not maximum likelihood. **You need** the optimal discriminator D* (lesson 3).
# All logarithms are natural: we speak in *nats*.

# %%
from npgan import Gaussian, Mixture, latent, plots, theory

from statistics import NormalDist

import matplotlib.pyplot as plt
import numpy as np

plots.large_text()
x = np.linspace(-30, 30, 3001)  # (3001,), so wide that all areas are 1 to 1e-12
p, q = Gaussian(4, 1.25).pdf(x), Gaussian(2, 2).pdf(x)  # p_data and p_g, (3001,) each

# %% [markdown]
# ## KL is never negative
#
# The Kullback-Leibler divergence KL(p||q) = E_p log(p/q) asks how surprised p's samples are at q. Its sign
# hangs on one fact: **log u <= u - 1**, with equality at u = 1 alone. Put u = q/p, and take E_p on both sides:
# **-KL(p||q) = E_p log(q/p) <= E_p (q/p - 1) = 1 - 1 = 0**. And KL = 0 needs q/p = 1 wherever p is: **p = q**.

# %%
u = np.geomspace(1 / 30, 30, 601)  # (601,), with u[300] = 1
gap, sides = u - 1 - np.log(u), [theory.integral(p * side, x) for side in (np.log(q / p), q / p - 1)]
print(f"u - 1 - log u: {gap[300]:.0e} at u = 1, else {np.delete(gap, 300).min():.0e} or more     bound 0")
print(f"-KL(p||q) = {-theory.kl(p, q, x):.6f} = E_p log(q/p) = {sides[0]:.6f}", end="")
print(f"     E_p(q/p - 1) = {abs(sides[1]):.6f}")
assert abs(gap[300]) < 1e-15 and np.delete(gap, 300).min() > 1e-5
assert abs(sides[0] + theory.kl(p, q, x)) < 1e-12 and abs(sides[1]) < 1e-12
fig, ax = plt.subplots(figsize=(10, 4.5))
ax.plot(u, u - 1, color=plots.REFERENCE, ls="--", label="u - 1")
ax.plot(u, np.log(u), color="black", lw=2.5, label="log u")
ax.set(xlim=(0, 4), ylim=(-3, 3), xlabel="u = q/p", ylabel="nats", title="log u lies under its tangent")
plots.legend(ax, loc="upper left")
plots.finish(fig, "04_tangent")

# %% [markdown]
# ## Three divergences to look at
#
# KL has a direction: swap p and q, and it is another number. The Jensen-Shannon divergence has none: it is the
# mean of KL(p||m) and KL(q||m), with **m = (p + q)/2**. Each is the area under a curve, dark minus pale. For
# Gaussians a closed form of KL checks the area: log(s_q/s_p) + (s_p^2 + (mu_p - mu_q)^2) / (2 s_q^2) - 1/2.

# %%
m = (p + q) / 2
curves = p * np.log(p / q), q * np.log(q / p), (p * np.log(p / m) + q * np.log(q / m)) / 2
there = np.log(2 / 1.25) + (1.25**2 + (4 - 2) ** 2) / (2 * 2**2) - 1 / 2
back = np.log(1.25 / 2) + (2**2 + (2 - 4) ** 2) / (2 * 1.25**2) - 1 / 2
second = there, back, (theory.kl(p, m, x) + theory.kl(q, m, x)) / 2  # the closed form, or the two KLs
library = theory.kl(p, q, x), theory.kl(q, p, x), theory.jsd(p, q, x)
fig, axes = plt.subplots(1, 3, figsize=(12, 4.5), sharey=True)
names = "KL(p_data||p_g)", "KL(p_g||p_data)", "JSD"
for ax, name, curve, number, other in zip(axes, names, curves, library, second, strict=True):
    print(f"{name:15s} library {number:.9f}     area {theory.integral(curve, x):.9f}     formula {other:.9f}")
    assert abs(theory.integral(curve, x) - number) < 1e-12 and abs(number - other) < 1e-9
    ax.fill_between(x, curve, where=curve > 0, color="0.35")
    ax.fill_between(x, curve, where=curve < 0, color="0.8")
    ax.set(xlim=(-5, 10), xlabel="x", title=f"{name}\n= {number:.3f} nats")
axes[0].set_ylabel("nats per unit of x")
plots.finish(fig, "04_divergences")

# %% [markdown]
# ## Theorem 1, with pencil and paper
#
# C(G) is V at the best D: all that G has left to fight. Two coins: the data always show heads, p = (1, 0); G
# throws a fair one, q = (1/2, 1/2). Then D* = p/(p + q) = (2/3, 0) and V = log 2/3 + 1/2 log 1/3. With the
# mixture (not the batch size) m = (3/4, 1/4), KL(p||m) = log 4/3 and KL(q||m) = 1/2 log 2/3 + 1/2 log 2. In
# general D* = p/(2m) and 1 - D* = q/(2m), and so E_p log D* + E_q log(1 - D*) = E_p log(p/m) - log 2 + E_q
# log(q/m) - log 2, that is **C(G) = -log 4 + KL(p||m) + KL(q||m) = -log 4 + 2 JSD(p||q)** (Goodfellow et al.
# 2014, Theorem 1).

# %%
coin, fair, middle = np.array([1, 0]), np.array([0.5, 0.5]), np.array([0.75, 0.25])
pencil = np.log(2 / 3) + np.log(1 / 3) / 2, np.log(4 / 3), np.log(2 / 3) / 2 + np.log(2) / 2
by_library = theory.criterion(coin, fair), theory.kl(coin, middle), theory.kl(fair, middle)
print(f"D* {theory.optimal_d(coin, fair)}     pencil (2/3, 0)")
for name, number, by_pencil in zip(("C(G)", "KL(p||m)", "KL(q||m)"), by_library, pencil, strict=True):
    print(f"{name:8s} {number:+.12f}     pencil {by_pencil:+.12f}")
print(f"-log 4 + KL(p||m) + KL(q||m) = {-np.log(4) + pencil[1] + pencil[2]:+.12f}, which is C(G) again")
print(f"KL(q||p) = {theory.kl(fair, coin)}: q shows tails, p never does")
assert abs(np.subtract(by_library, pencil)).max() < 1e-15
assert abs(theory.optimal_d(coin, fair) - [2 / 3, 0]).max() < 1e-15 and theory.kl(fair, coin) == np.inf
assert abs(-np.log(4) + pencil[1] + pencil[2] - pencil[0]) < 1e-15

# %% [markdown]
# ## Thousands of pairs
#
# If the theorem holds for all densities, it holds for densities that nobody chose: 4,000 pairs of random dice,
# some nearly fair and some nearly certain, and 1,000 pairs of Gaussians. C = -log 4 *only* for p = q: both KL
# must be 0, so p = m = q. How fast C rises from there is told by the plainest distance, TV = 1/2 of the
# integral of |p - q|: **TV^2/2 <= JSD <= TV log 2** (Pinsker from below, Lin 1991 from above). So C = 0 *only*
# if they never overlap.

# %%
rng, pairs = np.random.default_rng(0), []
for _ in range(4000):
    faces, fairness = rng.integers(2, 21), 10 ** rng.uniform(-2, 1.5, 2)
    pairs.append((*(rng.dirichlet(np.full(faces, alpha)) for alpha in fairness), None))
for _ in range(1000):
    pairs.append((*(Gaussian(rng.uniform(-5, 5), 10 ** rng.uniform(-0.5, 0.5)).pdf(x) for _ in "pq"), x))
measures = theory.criterion, theory.jsd, theory.total_variation
C, JSD, TV = (np.array([measure(*pair) for pair in pairs]) for measure in measures)  # (5000,) each
V = np.array([theory.value(theory.optimal_d(one, other), one, other, grid) for one, other, grid in pairs])
apart, by_jsd = abs(V - C).max(), abs(C + np.log(4) - 2 * JSD).max()
print(f"C(G) and V at D*: they differ by at most {apart:.0e}; C(G) and -log 4 + 2 JSD: {by_jsd:.0e}")
assert apart < 1e-10 and by_jsd < 1e-10

# %%
lower, upper = (JSD - TV**2 / 2).min(), (TV * np.log(2) - JSD).min()
print(f"JSD - TV^2/2: at least {lower:+.0e}; TV log 2 - JSD: at least {upper:+.0e}     bound 0")
assert lower > -1e-12 and upper > -1e-12  # rounding: a few 1e-16 for each of the sums
print(f"C from {C.min():.6f} to {abs(C.max()):.6f}     bounds -log 4 = {-np.log(4):.6f} and 0")
assert -np.log(4) - 1e-12 < C.min() < -np.log(4) + 1e-3 and -1e-3 < C.max() < 1e-12
fig, ax = plt.subplots(figsize=(11, 5))
t = np.linspace(0, 1, 101)
ax.plot(TV, C, ".", color=plots.GENERATOR, ms=3, alpha=0.4, label="a pair p, q")
ax.plot(t, 2 * t * np.log(2) - np.log(4), color="black", label="-log 4 + 2 TV log 2")
ax.plot(t, t**2 - np.log(4), color=plots.REFERENCE, ls="--", label="-log 4 + TV^2")
ax.set(xlabel="total variation of p_data and p_g", ylabel="C(G), nats")
ax.set_title("-log 4 only if p_g = p_data, 0 only if they never overlap")
plots.legend(ax, loc="upper left", markerscale=6)
plots.finish(fig, "04_lens")

# %% [markdown]
# ## C(G) as a landscape
#
# Let p_g = N(mu_g, 1.25) walk past the data. What does G feel? By the chain rule dC/dmu = dV/dD dD*/dmu +
# dV/dmu, and the first is 0, because D* maximises V: the slope of C is that of V *with D\* held fixed*, the
# integral of dp_g/dmu_g log(1 - D*) (Goodfellow et al. 2014, proof of Proposition 2). Two generators go down
# it, 300 steps at a rate of 1. The near one arrives at -log 4; the far one stays where it is, for **far away C
# is flat** (lessons 6 and 8).


# %%
def C_and_slope(mu_g):
    """C(G), and its slope with D* held fixed."""
    p_g = Gaussian(mu_g, 1.25).pdf(x)
    dp_g = (x - mu_g) / 1.25**2 * p_g
    return theory.criterion(p, p_g, x), theory.integral(dp_g * np.log(1 - theory.optimal_d(p, p_g)), x)


walks = np.array([[2.0] * 301, [-8.0] * 301])  # (2, 301)
for walk in walks:
    seen = (C_and_slope(walk[0] + 1e-4)[0] - C_and_slope(walk[0] - 1e-4)[0]) / 2e-4
    felt = C_and_slope(walk[0])[1]
    print(f"slope of C at mu_g = {walk[0]:2.0f}: {seen:+.8f} by differences     {felt:+.8f} with D* held fixed")
    assert abs(seen - felt) < 1e-8
    for i in range(300):
        walk[i + 1] = walk[i] - C_and_slope(walk[i])[1]
ends = walks[:, -1]
print(f"the walks end at mu_g = {ends.round(4)}, C = {[round(C_and_slope(mu_g)[0], 6) for mu_g in ends]}")
assert abs(ends - [4, -8]).max() < 0.01 and abs(C_and_slope(ends[0])[0] + np.log(4)) < 1e-9

# %%
fig, ax = plt.subplots(figsize=(11, 4.5))
axis = np.linspace(-10, 12, 221)  # (221,)
ax.plot(axis, [C_and_slope(mu_g)[0] for mu_g in axis], color=plots.GENERATOR, lw=2.5, label="C(G)")
for walk in walks[:, :60]:
    ax.plot(walk, [C_and_slope(mu_g)[0] for mu_g in walk], "o", color="black", ms=5)
ax.axhline(0, color=plots.REFERENCE, ls=":", label="0: no overlap")
ax.axhline(-np.log(4), color=plots.REFERENCE, ls="--", label="-log 4: p_g = p_data")
ax.set(xlabel="mu_g (dots: two walks)", ylabel="nats", title="One valley, at the data, and a plain far away")
plots.legend(ax, loc="center left")
plots.finish(fig, "04_landscape")

# %% [markdown]
# ## One best p_g, many best G
#
# The theorem speaks of p_g. G is a *function*, and many functions make one p_g: 4 + 1.25 z; the same turned
# round, 4 - 1.25 z; or torn, turned round only where |z| > 1. We feed them 2,000 equally likely z, sort what
# comes out, and hold it against the data's chances for 24 cells. 4 + 2 z is the control.

# %%
z = latent.even("normal", 2000)[:, 0]  # (2000,), rising
made = {"4 + 1.25 z": 4 + 1.25 * z, "4 - 1.25 z": 4 - 1.25 * z, "torn": 4 + 1.25 * np.where(abs(z) < 1, z, -z)}
cells = np.linspace(-2, 10, 25)
chance = np.diff([NormalDist(4, 1.25).cdf(edge) for edge in cells])  # (24,)
for name, fakes in (made | {"4 + 2 z": 4 + 2 * z}).items():
    C_cells = theory.criterion(chance, np.histogram(fakes, cells)[0] / 2000)
    off = abs(np.sort(fakes) - made["4 + 1.25 z"]).max()
    print(f"{name:10s} sorted, off the first by {off:.0e}     C {C_cells:.4f}, -log 4 = {-np.log(4):.4f}")
    assert (off < 1e-9) == (abs(C_cells + np.log(4)) < 1e-3) == (name in made)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5))
colours = plots.GENERATOR, plots.REFERENCE, "black"
for (name, fakes), colour, size in zip(made.items(), colours, (8, 8, 3), strict=True):
    left.plot(z, fakes, ".", color=colour, ms=size, label=name)
right.hist(made["torn"], cells, density=True, color=plots.GENERATOR, alpha=0.6, label="p_g, of each")
right.plot(x, p, color=plots.DATA, ls=":", lw=3, label="p_data")
left.set(xlabel="z", ylabel="x = G(z)", title="Three G ...")
right.set(xlim=(-2, 10), xlabel="x", ylabel="density", title="... one p_g")
plots.legend(left, loc="upper center", markerscale=2)
plots.legend(right, loc="upper left")
plots.finish(fig, "04_many_G")

# %% [markdown]
# ## Neither KL
#
# What does a mistake cost? The data have two modes, -4 and 4; G can make one bell. **Maximum likelihood** wants
# the largest E_data log p_g, which is the smallest KL(p_data||p_g). It does not forgive a *miss*: its best bell
# has the mean and spread of the data, and is high where they are not. KL(p_g||p_data) does not forgive an
# *invention*: it takes one mode, at log 2. The JSD takes the same bell as maximum likelihood here, but at other
# costs: log 2 at most for anything, and the one mode, 21 times as dear by KL(p_data||p_g), is 7 % dearer. So G
# against an optimal D descends neither KL: **a GAN is not maximum likelihood**.

# %%
two = Mixture([[-4], [4]], 1).pdf(x)
bells = [(mu, sigma) for mu in range(-5, 6) for sigma in np.arange(0.5, 5.1, 0.125)]  # (407,)
shapes = [Gaussian(*bell).pdf(x) for bell in bells]
costs = np.array([[theory.kl(two, f, x), theory.kl(f, two, x), theory.jsd(two, f, x)] for f in shapes])
wide, narrow, best_jsd = best = costs.argmin(axis=0)
print("best by            mean, sigma " + "".join(f"{name:>16s}" for name in names) + ", in nats")
for by, i in zip(names, best, strict=True):
    print(f"{by:15s}    {bells[i][0]:+d}, {bells[i][1]:.3f}   " + "".join(f"{c:16.4f}" for c in costs[i]))
dearer = costs[narrow] / costs[wide]  # (3,): one mode against the wide bell, by each of the three
print(f"one mode costs {dearer.round(2)} times the wide bell     spread of the data {17**0.5:.3f}")
assert bells[wide] == (0, 4.125) and bells[narrow] == (-4, 1) and abs(costs[narrow, 1] - np.log(2)) < 1e-3
assert best_jsd == wide and dearer[0] > 10 and dearer[1] < 0.4 and 1 < dearer[2] < 1.1
assert costs[:, 2].max() < np.log(2)

# %%
fig, ax = plt.subplots(figsize=(11, 4.5))
ax.plot(x, two, color=plots.DATA, ls=":", lw=3, label="p_data")
ax.plot(x, shapes[wide], color=plots.GENERATOR, lw=6, label="best by KL(p_data||p_g)")
ax.plot(x, shapes[narrow], color="black", lw=2, label="best by KL(p_g||p_data)")
ax.plot(x, shapes[best_jsd], color=plots.REFERENCE, lw=2.5, ls="--", label="best by JSD")
ax.set(xlim=(-12, 12), xlabel="x", ylabel="density", title="Two KL, two best bells; the JSD takes the wide one")
plots.legend(ax, loc="upper right")
plots.finish(fig, "04_neither_kl")

# %% [markdown]
# ## On your own
#
# 1. In "With pencil and paper" let G's coin show heads with probability 3/4. Will C(G) be nearer to -log 4?
# 2. Start a walk at mu_g = -2. Does it arrive in 300 steps? In 3,000?
# 3. Give the walking p_g a sigma of 2. Where is its C smallest, and is it -log 4?
#
# The answers, run and checked, stand in `lessons/answers/04_jsd_bound.py`.
