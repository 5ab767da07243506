# %% [markdown]
# # Circle the equilibrium, and find what makes the players settle
#
# **You will see** the smallest GAN there is, two numbers theta and psi, walk round its equilibrium for ever; or
# spiral away from it; or, with one term more, into it. Then the same in a real GAN.
# **You will learn** what a Nash equilibrium is, why following gradients need not lead to one, how eigenvalues
# foretell it, and why people average generators and penalise the slope of D.
# **You need** V, D*, C(G) (lessons 1, 3, 4), Algorithm 1 (lesson 5), W1 (lesson 8). The *Jacobian* of a map is
# the table of its partial derivatives: of (a, b) -> (2a, a + 3b) it is [[2, 0], [1, 3]]. Its *eigenvalues* are
# the numbers by which it stretches the directions that it does not turn, here 2 and 3. A quarter turn, [[0, 1],
# [-1, 0]], turns all and stretches none: it has i and -i, of modulus 1. **40 minutes in class.**

# %%
from npgan import SGD, Dense, Gaussian, Network, Tanh, games, models, plots, theory
from npgan.gradcheck import numerical_gradient
from npgan.variants.regularised import R1
import matplotlib.pyplot as plt
import numpy as np

plots.large_text()

# %% [markdown]
# ## No player gains by moving alone
#
# That is a **Nash equilibrium**. The game is zero-sum: G descends the V that D climbs. With p_g = p_data and
# D = 1/2, V is -log 4. If D alone moves, V cannot rise: C(G) = -log 4 is its maximum. If G alone moves, V
# stays: D = 1/2 answers every sample alike. But V = -log 4 is not enough: if G makes q = N(1, 1/4) instead of
# p = N(0, 1), V is still -log 4, and D can gain 2 JSD. A "right" loss proves nothing about the samples.

# %%
rng, x = np.random.default_rng(0), np.linspace(-8, 8, 801)
p, q, half = Gaussian(0, 1).pdf(x), Gaussian(1, 0.5).pdf(x), np.zeros(len(x))  # half: the logit of D = 1/2
D_moves = [3 * models.mlp((1, 8, 1), rng=rng).predict(x[:, None])[:, 0] for _ in range(200)]  # logits
G_moves = [Gaussian(*rng.uniform(0.2, 1.2, 2)).pdf(x) for _ in range(200)]  # p_g
V_half, best = theory.value_of_logit(half, p, p, x), theory.criterion(p, q, x)
V_of_D = np.array([[theory.value_of_logit(a, p, fakes, x) for a in D_moves] for fakes in (p, q)])  # (2, 200)
V_of_G = np.array([theory.value_of_logit(half, p, fakes, x) for fakes in G_moves])
print(f"at p_g = p, D = 1/2: V = {V_half:.6f}   -log 4 = {-np.log(4):.6f}")
print(f"D moves alone: V at most {V_of_D[0].max():.4f}   G moves alone: {V_of_G.min():.4f}, {V_of_G.max():.4f}")
assert abs(V_half + np.log(4)) < 1e-9 and V_of_D[0].max() < V_half and abs(V_of_G - V_half).max() < 1e-6
gain, twice = best - theory.value_of_logit(half, p, q, x), 2 * theory.jsd(p, q, x)
print(f"at p_g = q, D = 1/2: D gains up to {gain:.6f} by moving   2 JSD(p, q) = {twice:.6f}")
assert abs(gain - twice) < 1e-9 and 0.1 < V_of_D[1].max() - V_half < gain

# %%
fig, axes = plt.subplots(1, 2, figsize=(12, 4.4), sharey=True)
for ax, V_moved, title in zip(axes, V_of_D, ("p_g = p: nobody gains", "p_g = q: D gains"), strict=True):
    ax.plot(V_moved, ".", color=plots.DISCRIMINATOR, ms=8, label="V after D moved alone")
    ax.axhline(-np.log(4), color=plots.REFERENCE, ls="--", label="-log 4")
    ax.set(xlabel="200 random moves", ylabel="V, nats", title=title, ylim=(-2.5, -0.7))
axes[0].plot(V_of_G, color=plots.GENERATOR, lw=3, label="V after G moved alone")
axes[1].axhline(best, color="black", ls=":")
axes[1].text(0, best + 0.05, "C(G)")
plots.legend(axes[0], loc="outside lower center", ncols=3)
plots.finish(fig, "09_nash")

# %% [markdown]
# ## The Dirac-GAN
#
# All data are the number 0, every fake is the number theta, and D's logit is psi x (Mescheder, Geiger, Nowozin
# 2018). So V = -log 2 - log(1 + exp(psi theta)). Later D alone also pays gamma/2 psi^2; until then gamma = 0
# and R1 is a plain GAN. G goes down in theta, D goes up in psi. With s = sigmoid(psi theta) that makes a field
# of arrows, **(-dV/dtheta, dV/dpsi) = (psi s, -theta s - gamma psi)**. Its only equilibrium is (0, 0).


# %%
def orbit(start, kind="simultaneous", h=1.0, gamma=0.0, steps=1):
    """The states (steps + 1, 2), theta and psi, through which steps of size h lead from start."""
    rng, zero = np.random.default_rng(0), np.zeros((1, 1))  # one x and one z: all are alike
    G, D = Network(Dense(1, 1), rng=rng), Network(Dense(1, 1), rng=rng)
    G.theta, D.theta = [0, start[0]], [start[1], 0]  # W and b of each
    gan, path = R1(G, D, SGD(G, lr=h), SGD(D, lr=h), game=games.minimax, gamma=gamma), [start]
    for _ in range(steps):
        if kind == "simultaneous":
            gan.simultaneous_step(zero, zero, zero)
        else:
            gan.discriminator_step(zero, zero)
        D.layers[0].b[...] = 0  # D has no bias in this game
        if kind == "alternating":
            gan.generator_step(zero)
        path.append([G.theta[1], D.theta[0]])
    return np.array(path)


# %%
def field(theta, psi, gamma=0.0):
    s = 1 / (1 + np.exp(-psi * theta))
    return np.array([psi * s, -theta * s - gamma * psi])


for at in np.random.default_rng(1).uniform(-2, 2, (50, 2)):
    for gamma in 0.3, 0.0:
        arrow = orbit(at, gamma=gamma)[1] - at  # one step of size 1, by backpropagation
        slopes = numerical_gradient(lambda w=at, g=gamma: -np.logaddexp(0, w.prod()) - g / 2 * w[1] ** 2, at)
        assert abs(arrow - slopes * [-1, 1]).max() < 1e-9 and abs(arrow - field(*at, gamma)).max() < 1e-14
    assert abs(arrow @ at) < 1e-14
print(f"at {at.round(2)}: arrow {arrow.round(5)}, V by differences {(slopes * [-1, 1]).round(5)}")
print(f"arrow times (theta, psi): {abs(arrow @ at):.0e}, here and at 49 other points")

# %% [markdown]
# The last line is the whole trouble: each arrow stands at a right angle to the line to the equilibrium. Near
# (0, 0) the field is a matrix, its Jacobian J, which we take by finite differences: [[0, 1/2], [-1/2, -gamma]],
# with eigenvalues **lambda = -gamma/2 +- sqrt(gamma^2/4 - 1/4)**. In continuous motion the sign of the real
# part decides: for gamma = 0 they are +- i/2, so J turns, pulls no way, and the motion would circle for ever.


# %%
def jacobian(f, e=1e-4):
    """Of f, a map of the plane, at (0, 0), by central differences: one column per axis."""
    return np.column_stack([(f(nudge) - f(-nudge)) / (2 * e) for nudge in e * np.eye(2)])


LAMBDA = {g: -g / 2 + np.sqrt(complex(g**2 / 4 - 1 / 4)) * np.array([-1, 1]) for g in (0, 0.3, 0.8, 2)}
for gamma, by_formula in LAMBDA.items():
    J = jacobian(lambda at, gamma=gamma: orbit(at, gamma=gamma)[1] - at)
    measured = np.sort_complex(np.linalg.eigvals(J))
    print(f"gamma {gamma:3.1f}: differences {measured.round(5)}   formula {by_formula.round(5)}")
    assert abs(J - [[0, 1 / 2], [-1 / 2, -gamma]]).max() < 1e-8 and abs(measured - by_formula).max() < 1e-7

# %% [markdown]
# ## Out, round, in
#
# A step multiplies each eigen-direction by its eigenvalue, k steps by its k-th power: modulus above 1 leads
# out, 1 circles, below 1 leads in; the angle is the turn per step.
# - **Simultaneous** steps of size h spiral out: a step along the tangent of a circle ends outside it. One is
#   the matrix 1 + h J, with eigenvalues 1 +- i h/2 of modulus sqrt(1 + h^2/4). A small h only takes longer.
# - **Alternating** steps circle: psi' = psi - h/2 theta, then theta' = theta + h/2 psi': G answers the D that
#   has just moved, as in Algorithm 1. Each half has determinant 1, so both have; the two conjugate eigenvalues,
#   1 - h^2/8 +- i h/2 sqrt(1 - h^2/16), have modulus 1.
# - **R1** (simultaneous, too) spirals in: D climbs V - gamma/2 E |da/dx|^2, the mean over real x, and so pays
#   for every slope *at the data*. At the equilibrium D is flat there, so that stays. Here the slope is psi, and
#   feels the friction -gamma psi. Beyond gamma = 1 the slower of the two modes becomes slower again.

# %%
KINDS = {"simultaneous": ("simultaneous", 0), "alternating": ("alternating", 0)}
KINDS |= {f"R1, gamma = {gamma}": ("simultaneous", gamma) for gamma in (0.3, 0.8, 2)}
of_one_step = {}  # eigenvalues
for name, (kind, gamma) in KINDS.items():
    for h in 0.2, 0.6, 1.0:
        step = jacobian(lambda at, how=(kind, h, gamma): orbit(at, *how)[1])
        of_one_step[name, h] = np.sort_complex(np.linalg.eigvals(step))
        turn = h / 2 * np.sqrt(1 - h**2 / 16) * np.array([-1j, 1j])
        formula = 1 - h**2 / 8 + turn if kind == "alternating" else 1 + h * LAMBDA[gamma]
        assert abs(of_one_step[name, h] - formula).max() < 1e-7
    r = np.linalg.norm(orbit((1e-5, 0), kind, 0.2, gamma, 400), axis=1)  # so near (0, 0) that only J counts
    grown, modulus = (r[400] / r[0]) ** (1 / 400), abs(of_one_step[name, 0.2]).max()
    print(f"{name:15s}: h = 0.2, radius times {grown:.4f} a step   largest modulus {modulus:.4f}")
    assert abs(grown - modulus) < 2e-3  # not a circle but an ellipse: where on it we stop matters a little

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 5), sharey=True)
ticks = np.meshgrid(np.linspace(-2.2, 2.2, 12), np.linspace(-2.2, 2.2, 12))
for ax, (name, (kind, gamma)) in zip(axes, KINDS.items(), strict=False):
    ax.quiver(*ticks, *field(*ticks, gamma), color=plots.REFERENCE, alpha=0.5, pivot="mid")
    ax.plot(*orbit((1, 0), kind, 0.2, gamma, 160).T, ".-", color="black", ms=4, lw=1)
    ax.plot(1, 0, "o", color="black", ms=10, label="start")
    ax.plot(0, 0, "*", color=plots.DATA, ms=18, label="equilibrium")
    ax.set(title=name, aspect="equal", xlabel="theta: where the fakes are", ylabel="psi: the slope of D")
plots.legend(axes[0], loc="outside lower center", ncols=2)
plots.finish(fig, "09_orbits")

# %%
fig, ax = plt.subplots(figsize=(9, 5))
ax.add_patch(plt.Circle((0, 0), 1, fill=False, color=plots.REFERENCE, lw=2))
LOOKS = {"simultaneous": ("^", "#CC79A7"), "alternating": ("o", "black"), "R1, gamma = 0.8": ("v", "#56B4E9")}
for name, (marker, colour) in LOOKS.items():
    dots = np.concatenate([of_one_step[name, h] for h in (0.2, 0.6, 1.0)])  # the larger h, the farther from 1
    ax.plot(dots.real, dots.imag, marker, color=colour, ms=10, label=name)
ax.set(xlabel="real part", ylabel="imaginary part", aspect="equal", title="inside the circle they settle")
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "09_eigenvalues")

# %% [markdown]
# **Averaging** helps here: theta circles a point at which all is well, and the mean of a circle is its centre.
# Not in lesson 7: there G hops between modes, -1 and 1 say, and the mean of two G's on two modes is on neither.

# %%
path, hops = orbit((1, 0), "alternating", 0.2, 0, 1000), np.array([-1, 1] * 500)
off, mean_off = np.linalg.norm(path, axis=1).mean(), np.linalg.norm(path.mean(axis=0))
hop_off, hop_mean_off = (np.minimum(abs(b - 1), abs(b + 1)).mean() for b in (hops, hops.mean()))
print(f"circling: {off:.3f} off the equilibrium on average, the mean is {mean_off:.3f} off")
print(f"hopping:  {hop_off:.3f} off the nearest mode on average, the mean is {hop_mean_off:.3f} off")
assert 0.9 < off < 1.1 and mean_off < 0.05 and (hop_off, hop_mean_off) == (0, 1)  # 16 turns, and a rest

# %% [markdown]
# ## A small real GAN
#
# Data N(0, 1/4); G is one Dense(1, 1), so p_g = N(b, W^2), and W1 to the data is an integral. D is 1-16-1. The
# noise of batches of 64 kicks the players off the equilibrium, and alternating steps send them circling. First
# R1 itself, in a curved D: its penalty, against slopes found by nudging the *real* x, and its gradient, against
# differences in every parameter. Then we play: plain, with a running average of G's parameters, with R1.

# %%
rng = np.random.default_rng(0)
G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 8, 1), activation=Tanh, rng=rng)
plain, damped = (R1(G, D, SGD(G, 0.2), SGD(D, 0.2), gamma=gamma) for gamma in (0, 2))
real, z = rng.standard_normal((2, 64, 1))
penalty = plain.discriminator_gradient(real, z) - damped.discriminator_gradient(real, z)
by_hand = (((D.predict(real + 1e-5) - D.predict(real - 1e-5)) / 2e-5) ** 2).mean()  # gamma/2 is 1
gap = D.grad.copy() - numerical_gradient(lambda: damped.discriminator_gradient(real, z), D.theta)
print(f"penalty {penalty:.8f}   by differences {by_hand:.8f}   gradient off by {abs(gap).max():.0e}")
assert abs(penalty - by_hand) < 1e-9 and abs(gap).max() < 1e-9


# %%
def play(gamma, seed):
    """Each 5th of 800 steps: W1 of G, its average, b, slope of the best straight line in D's logit: (160, 4)"""
    rng, data, rows = np.random.default_rng(seed), Gaussian(0, 0.5), []
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 1), rng=rng)
    G.theta = [0.5, 1.0]  # the right width, in the wrong place
    gan = R1(G, D, SGD(G, lr=0.2), SGD(D, lr=0.2), game=games.non_saturating, gamma=gamma)
    for step in range(1, 801):
        gan.discriminator_step(data.sample(64, rng=rng), gan.noise(64, rng=rng))
        gan.generator_step(gan.noise(64, rng=rng))
        gan.update_average(0.995, step)
        if step % 5 == 0:
            p_gs = [Gaussian(b, abs(W)).pdf(x) for W, b in (G.theta, gan.average.theta)]
            tilt = theory.integral(data.pdf(x) * D.predict(x[:, None])[:, 0] * x, x) / data.sigma**2
            rows.append([*(theory.wasserstein(data.pdf(x), p_g, x) for p_g in p_gs), G.theta[1], tilt])
    return np.array(rows)


# %%
runs = {gamma: np.array([play(gamma, seed) for seed in range(3)]) for gamma in (0, 1)}  # (3, 160, 4) each
late = {gamma: rows[:, -80:, :2].mean(axis=(0, 1)) for gamma, rows in runs.items()}
for gamma, rows in runs.items():
    turns = np.ptp(np.unwrap(np.arctan2(rows[:, :, 2], rows[:, :, 3])), axis=1) / (2 * np.pi)
    print(f"gamma {gamma}: W1 of G {late[gamma][0]:.4f}, average {late[gamma][1]:.4f}, turns {turns.round(1)}")
    assert gamma or turns.min() > 6  # over 30 seeds: 17 +- 2.5, the least 10.6
by_average, by_R1 = late[0][0] / late[0][1], late[0][0] / late[1][0]
print(f"W1 falls {by_average:.1f} times by averaging, {by_R1:.1f} times by R1")
assert by_average > 2 and by_R1 > 1.5  # over ten times 3 seeds: 2.8 to 3.8 and 2.5 to 3.7

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 5))
steps = 5 * np.arange(1, 161)
for gamma, colour, name in (0, "black", "plain"), (1, plots.DISCRIMINATOR, "R1"):
    left.semilogy(steps, runs[gamma][:, :, 0].mean(axis=0), color=colour, label=f"G, {name}")
    right.plot(*runs[gamma][0, :40, 2:].T, ".-", color=colour)
left.semilogy(steps, runs[0][:, :, 1].mean(axis=0), color=plots.GENERATOR, lw=3, label="G, plain, averaged")
left.set(xlabel="step", ylabel="W1 of p_g and p_data", title="averaging and R1 both help")
right.set(xlabel="b: where the fakes are", ylabel="slope of D", title="one run each: round and round, or in")
plots.legend(left, loc="outside lower center", ncols=3)
plots.finish(fig, "09_real")

# %% [markdown]
# ## On your own (answers, run and checked: `lessons/answers/09_nash_equilibrium.py`)
# 1. Let the Dirac-GAN play `games.non_saturating`. Which claim fails, and which cannot? (What is s at 0?)
# 2. For which gamma do the spirals of h = 0.2 come in fastest? Predict it from the eigenvalues.
# 3. Real data have a width. Let x be c and -c, and z too, with G(z) = theta + z. What are the eigenvalues?
