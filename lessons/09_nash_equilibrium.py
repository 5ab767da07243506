# %% [markdown]
# # Circle the equilibrium, and find what makes the players settle
#
# **You will see** the smallest GAN there is, two numbers theta and psi, walk round its equilibrium
# for ever; or spiral away from it; or, with one term more, into it. Then the same in a real GAN.
#
# **You will learn** what a Nash equilibrium is, why following gradients need not lead to one, how
# eigenvalues foretell it, and why people average generators and penalise the slope of D.
#
# **You need** V, D* and C(G) from lessons 1, 3 and 4, the two steps of Algorithm 1 from lesson 5, and
# from mathematics: what the modulus of a complex number is.

# %%
from npgan import SGD, Dense, Gaussian, Network, games, models, plots, theory, train
from npgan.layers import sigmoid
from npgan.variants.regularised import R1

import math

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## No player gains by moving alone
#
# That is a **Nash equilibrium**. Here it is p_g = p_data with D = 1/2, where V = -log 4. If D alone
# moves, V cannot rise: C(G) = -log 4 is its maximum. If G alone moves, V stays: D = 1/2 answers every
# sample alike. But D = 1/2 or V = -log 4 is not enough: if G makes q = N(1, 1/4) instead of p, V is
# still -log 4, and D can gain 2 JSD. A loss at its "right" value proves nothing about the samples.

# %%
rng = np.random.default_rng(0)
x = np.linspace(-8, 8, 801)
p, q, half = Gaussian(0, 1).pdf(x), Gaussian(1, 0.5).pdf(x), np.full(len(x), 0.5)
V = theory.value(half, p, p, x)
a = [models.mlp((1, 8, 1), rng=rng).predict(x[:, None])[:, 0] for _ in range(200)]  # logits of D after a move
D_moves = [theory.value(sigmoid(logit), p, p, x) for logit in a]
G_moves = [theory.value(half, p, Gaussian(*rng.uniform(0.2, 1.2, 2)).pdf(x), x) for _ in range(200)]
print(f"at p_g = p, D = 1/2: V = {V:.6f}   -log 4 = {-math.log(4):.6f}")
print(f"D alone moves: V from {min(D_moves):.6f} to {max(D_moves):.6f}: D does not gain")
print(f"G alone moves: V from {min(G_moves):.6f} to {max(G_moves):.6f}: G does not gain")
assert abs(V + math.log(4)) < 1e-9 and max(D_moves) < V and np.abs(np.array(G_moves) - V).max() < 1e-6
gain, twice = theory.criterion(p, q, x) - theory.value(half, p, q, x), 2 * theory.jsd(p, q, x)
print(f"at p_g = q, D = 1/2: D gains {gain:.6f} by moving   2 JSD(p, q) = {twice:.6f}")
assert abs(gain - twice) < 1e-9 and gain > 0.1

# %% [markdown]
# ## The Dirac-GAN
#
# All data are the number 0, every fake is the number theta, and D's logit is psi x. Then
# V(theta, psi) = -log 2 - softplus(psi theta), and with s = sigma(psi theta) the two gradients,
# theta descending and psi ascending, make the field
#
#     v(theta, psi) = (psi s, -theta s - gamma psi).
#
# gamma is the weight of a penalty called R1, of which more below; for now it is 0. The only
# equilibrium is (0, 0). We build it from two Dense(1, 1) whose other parameters are held at 0.

# %%
zero = np.zeros((1, 1))  # a batch of one: all real data are alike, and so are all z


def dirac(v, h=1.0, gamma=0.0, s=0.0):
    """The Dirac-GAN at v = (theta, psi), with step size h: a GAN like any other. G(z) = s z + theta."""
    rng = np.random.default_rng(0)
    G, D = Network(Dense(1, 1), rng=rng), Network(Dense(1, 1), rng=rng)
    G.theta, D.theta = [s, v[0]], [v[1], 0]  # W and b of each
    return R1(G, D, SGD(G, lr=h), SGD(D, lr=h), game=games.minimax, gamma=gamma)


def state(gan):
    gan.D.layers[0].b[...] = 0  # D has no bias in this game
    return np.array([gan.G.layers[0].b[0], gan.D.layers[0].W[0, 0]])


def simultaneous(gan, x=zero, z=zero):
    gan.simultaneous_step(x, z, z)
    return state(gan)


def alternating(gan):
    gan.discriminator_step(zero, zero)
    state(gan)
    gan.generator_step(zero)
    return state(gan)


def formula(v, gamma=0.0):
    theta, psi = v
    s = sigmoid(psi * theta)
    return np.array([psi * s, -theta * s - gamma * psi])


points, worst = np.random.default_rng(1).uniform(-2, 2, (50, 2)), 0.0
for v in points:
    field, damped = (simultaneous(dirac(v, gamma=gamma)) - v for gamma in (0.0, 0.3))  # one step of size 1
    worst = max(worst, np.abs(field - formula(v)).max(), np.abs(damped - formula(v, 0.3)).max())
    assert worst < 1e-14 and abs(field @ v) < 1e-14
print(f"field at 50 points, backpropagation against formula: largest difference {worst:.0e}")
print(f"at {v.round(2)} it is {field.round(2)}: v . (theta, psi) = {abs(field @ v):.0e}, as everywhere")

# %% [markdown]
# The last line is the whole trouble: the field never points to the equilibrium, always straight
# *past* it. Its Jacobian at (0, 0), which we take by finite differences, turns the plane:
#
#     J = [[0, 1/2], [-1/2, -gamma]],   eigenvalues lambda = -gamma/2 +- sqrt(gamma^2/4 - 1/4).
#
# With gamma = 0 they are +- i/2, without a real part: a continuous motion would circle for ever.


# %%
def jacobian(f, eps=1e-4):
    """Of f, a map of the plane, at (0, 0), by central differences: one column per axis."""
    return np.column_stack([(f(e) - f(-e)) / (2 * eps) for e in eps * np.eye(2)])


def predicted(gamma):
    root = np.sqrt(complex(gamma**2 / 4 - 1 / 4))
    return np.sort_complex([0 - gamma / 2 - root, 0 - gamma / 2 + root])


for gamma in 0.0, 0.3, 0.8, 2.0:
    J = jacobian(lambda v, gamma=gamma: simultaneous(dirac(v, gamma=gamma)) - v)
    measured = np.sort_complex(np.linalg.eigvals(J))
    print(f"gamma {gamma:3.1f}: differences {measured.round(5)}   formula {predicted(gamma).round(5)}")
    assert np.abs(J - [[0, 1 / 2], [-1 / 2, -gamma]]).max() < 1e-8
    assert np.abs(measured - predicted(gamma)).max() < 1e-7

# %% [markdown]
# ## Simultaneous steps spiral out
#
# A step of size h along the tangent of a circle ends outside it: by Pythagoras the radius grows by
# sqrt(1 + h^2 s^2), near the centre by sqrt(1 + h^2/4). Smaller steps only take longer.


# %%
def orbit(step, start, h, steps, gamma=0.0):
    """The states (steps + 1, 2) that `step` leads through."""
    gan = dirac(start, h, gamma)
    return np.array([state(gan)] + [step(gan) for _ in range(steps)])


for h in 0.1, 0.4, 0.2:
    r = np.linalg.norm(orbit(simultaneous, (1e-4, 0), h, 100), axis=1)
    grown, factor = (r[100] / r[0]) ** (1 / 100), math.sqrt(1 + h**2 / 4)
    print(f"h {h:3.1f}: radius grows per step by {grown:.7f}   sqrt(1 + h^2/4) = {factor:.7f}")
    assert abs(grown - factor) < 1e-6

# %% [markdown]
# ## Alternating steps circle
#
# Let G answer the D that has just moved, as Algorithm 1 does. Near the centre the two half steps make
# a linear map whose eigenvalues have modulus 1: neither out nor in. Farther away the orbit is no
# exact circle any more, but it stays in a narrow band.

# %%
modulus = np.abs(np.linalg.eigvals(jacobian(lambda v: alternating(dirac(v, h)))))
r = np.linalg.norm(orbit(alternating, (1, 0), h, 1000), axis=1)
print(f"one alternating step, h {h}: moduli of its eigenvalues {modulus.round(9)}")
print(f"1,000 of them from radius 1: radius between {r.min():.3f} and {r.max():.3f}")
assert np.abs(modulus - 1).max() < 1e-8 and 0.9 < r.min() and r.max() < 1.1

# %% [markdown]
# ## R1 spirals in
#
# **R1** lets D climb V - gamma/2 E |da/dx|^2 instead, the mean over real x: pay for every slope that
# D has *at the data*. At the equilibrium D is flat there, so the equilibrium stays. Here the slope is
# psi, which thus feels the friction -gamma psi. Per step a mode shrinks by |1 + h lambda|. More is
# not always better: beyond gamma = 1 the root is real, and the slower mode becomes slower again.

# %%
for gamma in 0.3, 0.8, 2.0:
    r = np.linalg.norm(orbit(simultaneous, (1e-3, 0), h, 400, gamma), axis=1)
    shrunk, factor = (r[400] / r[100]) ** (1 / 300), np.abs(1 + h * predicted(gamma)).max()
    print(f"gamma {gamma:3.1f}: radius shrinks per step by {shrunk:.4f}   |1 + h lambda| = {factor:.4f}")
    assert abs(shrunk - factor) < 0.005  # the orbit is an ellipse: where on it we stop matters a little

# %%
RUNS = {"simultaneous": (simultaneous, 0.0), "alternating": (alternating, 0.0), "R1": (simultaneous, 0.3)}
ticks = np.linspace(-2.2, 2.2, 12)
fig, axes = plt.subplots(1, 4, figsize=(15, 4.2), layout="constrained")
for ax, (name, (step, gamma)), style in zip(axes, RUNS.items(), ["-", "--", "-."], strict=False):
    arrows = formula(np.meshgrid(ticks, ticks), gamma)  # (2, 12, 12)
    ax.quiver(ticks, ticks, *arrows, color=plots.REFERENCE, alpha=0.5, pivot="mid")
    path = orbit(step, (1, 0), h, 160, gamma)
    ax.plot(*path.T, ".-", color="black", ms=3, lw=0.8)
    ax.plot(1, 0, "o", color="black", ms=8, label="start")
    ax.plot(0, 0, "*", color=plots.DATA, ms=15, label="equilibrium")
    ax.set(title=f"{name}, gamma = {gamma:g}", aspect="equal")
    ax.set_xlabel("theta: where the fakes are", color=plots.GENERATOR)
    ax.set_ylabel("psi: the slope of D", color=plots.DISCRIMINATOR)
    axes[3].semilogy(np.linalg.norm(path, axis=1), ls=style, color="black", label=name)
axes[0].legend(fontsize="small", loc="lower left")
axes[3].set(xlabel="step", ylabel="distance to the equilibrium", title=f"h = {h}")
axes[3].legend(frameon=False, loc="lower left")
plots.finish(fig, "09_nash_equilibrium")

# %% [markdown]
# ## Real data have a width
#
# The Dirac-GAN is the worst case. Let the data be N(0, s^2), the fakes N(theta, s^2), D as before: its
# slope is now held back by x that both sides share. The eigenvalues are those of R1 with gamma =
# s^2/2. So instance noise (lesson 8), which adds sigma^2 to s^2, and R1 are one medicine in two jars.

# %%
z = np.array([[-1.0], [1.0]])  # mean 0, variance 1: all of N(0, 1) that counts this near the equilibrium
for s in 0.1, 0.5, 1.0, 2.0:
    J = jacobian(lambda v, s=s: simultaneous(dirac(v, s=s), s * z, z) - v)
    measured = np.sort_complex(np.linalg.eigvals(J))
    print(f"s {s:3.1f}: differences {measured.round(5)}   formula {predicted(s**2 / 2).round(5)}")
    assert np.abs(measured - predicted(s**2 / 2)).max() < 1e-7

# %% [markdown]
# ## A small real GAN
#
# Data N(0, 1/4); G is one Dense(1, 1), so p_g = N(b, W^2), and W1 to the data is an integral, not an
# estimate; D is 1-16-1. They take plain alternating gradient steps on batches of 64, whose noise kicks
# them off the equilibrium, and each kick sends them circling. *Averaging* lets them circle: the mean
# of a circle is its centre, so the running mean of G's parameters sits still. R1 damps the circling.

# %%
data, STEPS, EVERY = Gaussian(0, 0.5), 800, 5
x = np.linspace(-4, 4, 401)
p = data.pdf(x)


def play(gamma, seed):
    """Train, and note now and then: W1 of G, W1 of its average, b, the slope of D. Returns (160, 4)."""
    rng = np.random.default_rng(seed)
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 1), rng=rng)
    G.theta = [0.5, 1.0]  # the right width, in the wrong place
    gan, rows = R1(G, D, SGD(G, lr=0.2), SGD(D, lr=0.2), gamma=gamma), []
    for record in train(gan, data, steps=STEPS, batch=64, average=0.995, rng=rng):
        if record.step % EVERY == 0:
            W1 = [theory.wasserstein(p, Gaussian(b, abs(W)).pdf(x), x) for W, b in (G.theta, gan.average.theta)]
            tilt = theory.integral(p * D.predict(x[:, None])[:, 0] * x, x) / data.sigma**2
            rows.append([*W1, G.theta[1], tilt])
    return np.array(rows)


runs = {gamma: np.array([play(gamma, seed) for seed in range(3)]) for gamma in (0, 1)}  # (3, 160, 4) each
late = {gamma: rows[:, -80:, :2].mean(axis=(0, 1)) for gamma, rows in runs.items()}
print(f"W1 of G and of its average, mean over 3 runs and their last {STEPS // 2} steps; turns in each run")
for gamma, rows in runs.items():
    turns = np.ptp(np.unwrap(np.arctan2(rows[:, :, 2], rows[:, :, 3])), axis=1) / (2 * np.pi)
    print(f"gamma {gamma}:  G {late[gamma][0]:.4f}   average {late[gamma][1]:.4f}   turns {turns.round(1)}")
    assert gamma or turns.min() > 6  # over 30 seeds: 17 +- 2.5, the least 10.6
by_average, by_R1 = late[0][0] / late[0][1], late[0][0] / late[1][0]
print(f"W1 falls {by_average:.1f} times by averaging, {by_R1:.1f} times by R1")
assert by_average > 2 and by_R1 > 1.5  # over ten times 3 seeds: 2.8 to 3.8 and 2.5 to 3.7

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
steps = EVERY * np.arange(1, 1 + STEPS // EVERY)
lines = {"G": (0, 0, "-", 1), "G, averaged": (0, 1, "-", 3), "G with R1": (1, 0, ":", 2)}
for name, (gamma, column, style, width) in lines.items():
    W1 = runs[gamma][:, :, column].mean(axis=0)
    left.semilogy(steps, W1, color=plots.GENERATOR, ls=style, lw=width, label=name)
left.set(xlabel="step", ylabel="W1 between p_g and p_data", title="distance to the equilibrium, mean of 3 runs")
for gamma, style in (0, "-"), (1, ":"):
    right.plot(*runs[gamma][0, :40, 2:].T, ".", ls=style, color="black", label=f"gamma = {gamma}")
right.plot(0, 0, "*", color=plots.DATA, ms=15, label="equilibrium", zorder=3)
right.set_xlabel("b: where the fakes are", color=plots.GENERATOR)
right.set_ylabel("slope of D", color=plots.DISCRIMINATOR)
right.set_title(f"one run, {40 * EVERY} steps, a dot every {EVERY}")
for ax in left, right:
    ax.legend(frameon=False)
plots.finish(fig, "09_nash_equilibrium_real")

# %% [markdown]
# ## On your own
#
# 1. Give `dirac` the game `games.non_saturating`. Which assert fails, and which cannot? (What is s at 0?)
# 2. For which gamma do the spirals of h = 0.2 come in fastest? Predict it from the eigenvalues.
# 3. A wider data set: `Gaussian(0, 1)`. Will G turn round the equilibrium more often, or less?
