# %% [markdown]
# # Bound what G can gain
#
# **You will see** V, at the best D, turn into a distance between densities; thousands of random pairs,
# none outside the bounds; and generators walking to the data, with the distance falling on the way.
#
# **You will learn** Theorem 1 of the 2014 paper, `C(G) = -log 4 + 2 JSD(p_data || p_g)`: the game has
# one best generator, `p_g = p_data`, and one best value, -log 4. And why this is not maximum likelihood.
#
# **You need** the optimal discriminator D* (lesson 3). All logarithms are natural: we speak in *nats*.

# %%
from npgan import Gaussian, gradcheck, plots, theory

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## With pencil and paper
#
# Two coins. The data always show heads, `p = (1, 0)`; G throws a fair coin, `q = (1/2, 1/2)`. Then
# `D* = p / (p + q) = (2/3, 0)`, and `V = 1 log 2/3 + 1/2 log 1/3 + 1/2 log 1`. Against the middle
# coin `m = (p + q)/2 = (3/4, 1/4)`: `KL(p||m) = log 4/3`, `KL(q||m) = 1/2 log 2/3 + 1/2 log 2`.
#
# C(G) is what V becomes at the best D: all that G has left to fight.

# %%
p, q = np.array([1, 0]), np.array([0.5, 0.5])
m = (p + q) / 2
D_star = theory.optimal_d(p, q)
V_pencil = np.log(2 / 3) + np.log(1 / 3) / 2
print(f"D*       library {D_star}   pencil [2/3, 0]")
print(f"C(G)     library {theory.criterion(p, q):.12f}   pencil {V_pencil:.12f}")
assert abs(D_star - [2 / 3, 0]).max() < 1e-15 and abs(theory.criterion(p, q) - V_pencil) < 1e-15

kl_pencil = np.log(4 / 3), np.log(2 / 3) / 2 + np.log(2) / 2
print(f"KL(p||m) library {theory.kl(p, m):.12f}   pencil {kl_pencil[0]:.12f}")
print(f"KL(q||m) library {theory.kl(q, m):.12f}   pencil {kl_pencil[1]:.12f}")
print(f"-log 4 + KL(p||m) + KL(q||m) = {-np.log(4) + sum(kl_pencil):.12f}, which is C(G) again")
assert abs(theory.kl(p, m) - kl_pencil[0]) < 1e-15 and abs(theory.kl(q, m) - kl_pencil[1]) < 1e-15
assert abs(-np.log(4) + sum(kl_pencil) - V_pencil) < 1e-15

# %% [markdown]
# ## Theorem 1
#
# That was no accident. Put D* into V and write `p + q = 2m`:
#
#     log p/(p + q) = log p/m - log 2,   so   C(G) = -log 4 + KL(p||m) + KL(q||m)
#
# The Jensen-Shannon divergence is the mean of those two KLs, so `C(G) = -log 4 + 2 JSD(p||q)`. Three
# ways to one number, now for the Gaussians of lesson 3.

# %%
x = np.linspace(-30, 30, 3001)  # (3001,), so wide that both areas are 1 to 1e-14
p, q = Gaussian(4, 1.25).pdf(x), Gaussian(2, 2).pdf(x)  # p_data and p_g, (3001,) each
C = {
    "V at D*": theory.value(theory.optimal_d(p, q), p, q, x),
    "E_p log p/(p+q) + E_q log q/(p+q)": theory.criterion(p, q, x),
    "-log 4 + 2 JSD": -np.log(4) + 2 * theory.jsd(p, q, x),
}
for name, number in C.items():
    print(f"{name:34s} {number:.12f}")
assert max(C.values()) - min(C.values()) < 1e-12

nats = theory.jsd(p, q, x)
print(f"JSD = {nats:.6f} nats = {nats / np.log(2):.6f} bits; log 4 = {np.log(4):.6f} nats = 2 bits")
print(f"mixing the units up would give C = {-np.log(4) + 2 * nats / np.log(2):.6f}, not {C['V at D*']:.6f}")
assert abs(-np.log(4) + 2 * nats / np.log(2) - C["V at D*"]) > 0.1

# %% [markdown]
# ## Thousands of pairs
#
# If the theorem holds for all densities, it holds for densities that nobody chose: 4,000 pairs of
# random dice, with 2 to 20 faces, some nearly fair and some nearly certain; and 1,000 pairs of
# Gaussians. Beside the JSD we measure the total variation `TV = 1/2 integral of |p - q|`, the plainest
# distance there is: 0 if p = q, 1 if p and q are never both positive.

# %%
rng = np.random.default_rng(0)
wide = np.linspace(-40, 40, 1601)


def random_pair():
    if rng.random() < 0.8:
        faces, fairness = rng.integers(2, 21), 10 ** rng.uniform(-2, 1.5, 2)
        return *(rng.dirichlet(np.full(faces, alpha)) for alpha in fairness), None
    return *(Gaussian(rng.uniform(-5, 5), 10 ** rng.uniform(-0.5, 0.5)).pdf(wide) for _ in "pq"), wide


pairs = [random_pair() for _ in range(5000)]
C = np.array([theory.criterion(*pair) for pair in pairs])
jsd = np.array([theory.jsd(*pair) for pair in pairs])
tv = np.array([theory.total_variation(*pair) for pair in pairs])
print(f"C(G) against -log 4 + 2 JSD: they differ by at most {abs(C + np.log(4) - 2 * jsd).max():.1e}")
assert abs(C + np.log(4) - 2 * jsd).max() < 1e-10

print(f"smallest C {C.min():.6f}     bound -log 4 = {-np.log(4):.6f}")
print(f"largest C  {abs(C.max()):.6f}      bound 0")
assert C.min() > -np.log(4) - 1e-12 and C.max() < 1e-12  # rounding: a few 1e-16 for each of the sums

# %% [markdown]
# ## When is the bound reached?
#
# "Never beyond" is half of the theorem. The other half says *only* `p_g = p_data` reaches -log 4, and
# *only* p and q that never overlap reach 0. The JSD is squeezed between two functions of TV
# (Pinsker's inequality from below, Lin 1991 from above):
#
#     TV^2 / 2  <=  JSD  <=  TV log 2
#
# JSD = 0 forces TV = 0, which is p = q. JSD = log 2 forces TV = 1. We look for a pair that breaks it.

# %%
lower, upper = jsd - tv**2 / 2, tv * np.log(2) - jsd
print(f"JSD - TV^2/2:    at least {lower.min():+.1e} over 5,000 pairs     bound 0")
print(f"TV log 2 - JSD:  at least {upper.min():+.1e} over 5,000 pairs     bound 0")
assert lower.min() > -1e-12 and upper.min() > -1e-12

margin = 1e-3  # the squeeze, turned round: C this near to a bound leaves TV no choice
low, high = C < -np.log(4) + margin, C > -margin
most, least = np.sqrt(margin), 1 - margin / np.log(4)
print(f"{low.sum():3d} pairs within {margin} of -log 4: TV at most  {tv[low].max():.4f}   bound {most:.4f}")
print(f"{high.sum():3d} pairs within {margin} of 0:      TV at least {tv[high].min():.4f}   bound {least:.4f}")
assert 0 < low.sum() and tv[low].max() <= most and 0 < high.sum() and tv[high].min() >= least

p, q, _ = pairs[0]
print(f"p_g = p_data:    C = {theory.criterion(p, p):.12f}     -log 4 = {-np.log(4):.12f}")
assert abs(theory.criterion(p, p) + np.log(4)) < 1e-12

# %% [markdown]
# Now the other end. The data: 100 equally likely cells. G: 100 cells too, but `shift` cells further
# on. In the overlap D* says 1/2, elsewhere it is sure, so `JSD = shift/100 log 2` until nothing is
# left to overlap. From there on C = 0, its ceiling, **however far away G is**: this distance
# does not know near from far (lesson 8). KL is worse: infinite as soon as one cell is missed.

# %%
cells = np.arange(400)
p = (cells < 100) / 100
print("shift     TV      JSD    shift/100 log 2     C(G)   KL(p_data||p_g)")
for shift in 0, 25, 50, 100, 200:
    q = ((shift <= cells) & (cells < shift + 100)) / 100
    TV, JSD, formula = theory.total_variation(p, q), theory.jsd(p, q), min(shift / 100, 1) * np.log(2)
    C_G, KL = theory.criterion(p, q), theory.kl(p, q)
    print(f"{shift:5d} {TV:6.2f} {JSD:8.4f} {formula:18.4f} {C_G:8.4f} {KL:17.4f}")
    assert abs(TV - min(shift / 100, 1)) < 1e-12 and abs(JSD - formula) < 1e-12
    assert abs(C_G + np.log(4) - 2 * formula) < 1e-12 and KL == (np.inf if shift else 0)
print(f"log 2 = {np.log(2):.4f}: the largest JSD there is")

# %% [markdown]
# ## KL has a direction, JSD has none
#
# `KL(p||q) = E_p log p/q` asks how surprised p's samples are at q. Swap p and q and the question is
# another one. For Gaussians there is a closed form to hold the integrals against:
#
#     KL = log(sigma_q / sigma_p) + (sigma_p^2 + (mu_p - mu_q)^2) / (2 sigma_q^2) - 1/2

# %%
data, model = Gaussian(4, 1.25), Gaussian(2, 2)


def closed_form(p, q):
    return np.log(q.sigma / p.sigma) + (p.sigma**2 + (p.mu - q.mu) ** 2) / (2 * q.sigma**2) - 0.5


p, q = data.pdf(x), model.pdf(x)
for name, one, other in ("KL(p_data||p_g)", data, model), ("KL(p_g||p_data)", model, data):
    number = theory.kl(one.pdf(x), other.pdf(x), x)
    print(f"{name}   integral {number:.9f}   closed form {closed_form(one, other):.9f}")
    assert abs(number - closed_form(one, other)) < 1e-9
there, back = theory.jsd(p, q, x), theory.jsd(q, p, x)
print(f"JSD there {there:.9f}, and back {back:.9f}")
assert abs(there - back) < 1e-15

# %% [markdown]
# What does a mistake cost? The data have two modes and avoid a third place. One G *misses* a mode,
# another *invents* one. KL(p_data||p_g), which maximum likelihood descends, never forgives a miss;
# KL(p_g||p_data) never forgives an invention. The JSD charges a finite price for either. So G in the
# minimax game, against an optimal D, descends **neither KL: a GAN is not maximum likelihood**.

# %%
p = np.array([1 / 2, 1 / 2, 0])
misses, invents = np.array([1, 0, 0]), np.array([1 / 3, 1 / 3, 1 / 3])
print("              KL(p_data||p_g)   KL(p_g||p_data)      JSD")
for name, q in ("G misses", misses), ("G invents", invents):
    print(f"{name:12s} {theory.kl(p, q):16.4f} {theory.kl(q, p):17.4f} {theory.jsd(p, q):9.4f}")
print(f"by pencil: log 2 = {np.log(2):.4f}, log 3/2 = {np.log(1.5):.4f}")
assert theory.kl(p, misses) == np.inf and abs(theory.kl(misses, p) - np.log(2)) < 1e-15
assert theory.kl(invents, p) == np.inf and abs(theory.kl(p, invents) - np.log(1.5)) < 1e-15
assert max(theory.jsd(p, misses), theory.jsd(p, invents)) < np.log(2)

# %% [markdown]
# ## Along a path of generators
#
# `G(z) = mu + sigma z` walks from N(-8, 0.5^2) straight to the data, N(4, 1.25^2). C(G) falls all
# the way to -log 4. But look at its slope at the start: there is almost nothing to follow.


# %%
def C_of(theta):
    """C(G) for theta = (mu, sigma)."""
    return theory.criterion(data.pdf(x), Gaussian(*theta).pdf(x), x)


t = np.linspace(0, 1, 101)
path = np.array([-8, 0.5]) + t[:, None] * np.array([12, 0.75])  # (101, 2): mu and sigma
C_path = np.array([C_of(theta) for theta in path])
slope = np.diff(C_path) / np.diff(t)
for i in 0, 25, 50, 75, 99, 100:
    then = f"slope {slope[i]:+.1e}" if i < 100 else f"-log 4 = {-np.log(4):.6f}"
    print(f"t = {t[i]:.2f}   p_g = N({path[i, 0]:5.2f}, {path[i, 1]:.2f}^2)   C = {C_path[i]:+.6f}   {then}")
assert (slope < 0).all() and abs(C_path[-1] + np.log(4)) < 1e-12
print(f"the first slope is {slope[0] / slope.min():.0e} of the steepest")
assert abs(slope[0]) < 1e-6 * abs(slope.min())

# %% [markdown]
# Against a D that is always optimal, G would descend C itself. From a start that overlaps the data it
# arrives, at p_data and at -log 4. From the far end of the path it stays where it is: no fault
# of the optimiser, C is flat there. Most of what goes wrong in lessons 6 to 8 begins here.


# %%
def slope_of_C(theta):
    return gradcheck.numerical_gradient(lambda: C_of(theta), theta)


def descend(theta, steps=200):
    theta = np.array(theta)
    for _ in range(steps):
        theta -= slope_of_C(theta)  # a learning rate of 1
    return theta


near, far = descend((1.0, 2.0)), descend((-8.0, 0.5))
print(f"from mu =  1, sigma = 2.0: 200 steps end at {near.round(6)}, C = {C_of(near):+.6f}")
print(f"from mu = -8, sigma = 0.5: 200 steps end at {far.round(6)}, C = {C_of(far):+.6f}")
assert abs(near - [4, 1.25]).max() < 1e-6 and abs(C_of(near) + np.log(4)) < 1e-10
assert abs(far - [-8, 0.5]).max() < 1e-3 and C_of(far) > -1e-6

# %% [markdown]
# ## The picture
#
# Left: generators on the path, the darker the later. Middle: their C(G) between its bounds. Right: the
# 5,000 random pairs, none outside the lens that TV allows.

# %%
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.8), layout="constrained")
stops = [0, 25, 50, 75, 100]
for i in stops:
    q = Gaussian(*path[i]).pdf(x)
    left.plot(x, q, color=plots.GENERATOR, lw=2, alpha=0.3 + 0.7 * t[i], label=f"p_g, t = {t[i]:.2f}")
left.plot(x, data.pdf(x), color=plots.DATA, ls=":", lw=3, label="p_data")
left.set(xlabel="x", ylabel="density", ylim=(0, None), xlim=(-11, 10), title="G walks to the data")
plots.legend(left, loc="upper right")

middle.plot(t, C_path, color=plots.GENERATOR, lw=2, label="C(G) = -log 4 + 2 JSD")
middle.plot(t[stops], C_path[stops], "o", color=plots.GENERATOR)
middle.axhline(0, color=plots.REFERENCE, ls=":", label="0: no overlap")
middle.axhline(-np.log(4), color=plots.REFERENCE, ls="--", label="-log 4: p_g = p_data")
middle.set(xlabel="t, the place on the path", ylabel="nats", title="C(G) is flat where p_g is far away")
plots.legend(middle, loc="center left")

curve = np.linspace(0, 1, 100)
right.plot(tv, jsd, ".", color=plots.REFERENCE, ms=2, alpha=0.4, label="a pair p, q")
right.plot(curve, curve * np.log(2), color="black", label="TV log 2")
right.plot(curve, curve**2 / 2, color="black", ls="--", label="TV^2 / 2")
right.set(xlabel="total variation of p and q", ylabel="JSD in nats", title="0 only if p = q, log 2 if disjoint")
plots.legend(right, loc="upper left", markerscale=6)
plots.finish(fig, "04_jsd_bound")

# %% [markdown]
# ## On your own
#
# 1. In "With pencil and paper", let G's coin show heads with probability 3/4. Will C(G) be nearer to
#    -log 4? Work out D* first.
# 2. Start the last descent at N(-2, 0.5^2) instead of N(-8, 0.5^2). Does G arrive in 200 steps?
#    In 2,000? What happens to its sigma on the way?
# 3. Let the path end at N(4, 2^2). Where on it is C smallest, and is it -log 4?
