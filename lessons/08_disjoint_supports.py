# %% [markdown]
# # Pull two distributions apart, and see which distance still knows the way
#
# **You will see** two lines that do not meet. The paper's divergence calls all such pairs equally bad, a
# trained D becomes perfect, and the gradient that reaches G dies. A little noise brings it back.
# **You will learn** why JSD, KL and TV cannot tell *how far* apart two distributions are, why images are such
# a case, what the earth mover's distance W1 sees, and what G's gradient through a trained D really is.
# **You need** D* (lesson 3), C(G) and JSD (lesson 4), the two losses of G (lesson 6). The *support* of a
# distribution is the place where its samples can be. **40 minutes in class.**

# %%
from npgan import SGD, Adam, Dense, Gaussian, Network, Uniform, digits, games, latent, models, plots, theory
from npgan.layers import Tanh
from npgan.variants.regularised import InstanceNoise
import math
import matplotlib.pyplot as plt
import numpy as np
plots.large_text()
LOG2 = math.log(2)

# %% [markdown]
# ## Two parallel lines
#
# The data lie on the line x1 = 0, at heights u uniform on (0, 1). G puts the same heights on the line x1 =
# theta (Arjovsky, Chintala, Bottou 2017, Example 1). Cut the plane into cells, four columns of 100 heights. TV,
# the total variation, is 1/2 integral |p - q|: the largest difference of the probabilities of one event. For
# every theta but 0, be it a hair or a mile: JSD = log 2, C(G) = 0, TV = 1, KL infinite. D* lies at an end of
# its range, for where q = 0, p log y (y = D(x)) rises all the way to y = 1; a sigmoid comes near and never
# there. It is 1 on one line and 0 on the other, *wherever* that is; off both lines any D is optimal. With D
# re-optimised for each theta, V is 0 for all of them: dC/dtheta = 0.

# %%
columns, p_cells = [0.0, 0.1, 0.5, 1.0], np.repeat([1, 0, 0, 0], 100) / 100  # the data stand in column 0
print("theta     JSD     C(G)      TV      KL    D*(data)  D*(fakes)")
for k, theta in enumerate(columns):
    pair, apart = (p_cells, np.roll(p_cells, 100 * k)), theta != 0  # the same heights, in column k
    JSD, C, TV, KL = (f(*pair) for f in (theory.jsd, theory.criterion, theory.total_variation, theory.kl))
    D_data, D_fakes = (theory.optimal_d(*pair)[cells > 0].mean() for cells in pair)
    print(f"{theta:5.1f} {JSD:7.4f} {C:8.4f} {TV:7.4f} {KL:7.4f} {D_data:11.4f} {D_fakes:10.4f}")
    assert abs(JSD - apart * LOG2) < 1e-12 and abs(C - (apart - 1) * math.log(4)) < 1e-12
    assert abs(TV - apart) < 1e-12 and KL == (math.inf if apart else 0)
    assert (D_data, D_fakes) == ((1, 0) if apart else (0.5, 0.5))

# %% [markdown]
# W1 asks how far the mass must be carried. *Straight across* is one plan; it costs |theta|. No plan is
# cheaper: f(x) = x1 rises by at most 1 per unit of way, and its means on the two lines differ by theta.

# %%
u, G_line = (np.arange(100)[:, None] + 0.5) / 100, Network(Dense(1, 2), rng=np.random.default_rng(0))
real = np.column_stack([0 * u, u])  # (100, 2), on the line x1 = 0
for theta in columns:
    G_line.theta = [0, 1, theta, 0]  # W = [[0, 1]], b = [theta, 0]: G(u) = (theta, u)
    fake = G_line.predict(u)
    plan, witness = np.linalg.norm(fake - real, axis=1).mean(), (fake - real)[:, 0].mean()
    print(f"theta {theta:3.1f}:  carried straight across {plan:.4f}   told apart by x1 {witness:.4f}")
    assert abs(plan - theta) < 1e-12 and abs(witness - theta) < 1e-12
fig, ax = plt.subplots(figsize=(9, 4))
for points, colour, label in (real, plots.DATA, "data, x1 = 0"), (fake, plots.GENERATOR, "G(u), x1 = theta"):
    ax.plot(*points.T, color=colour, lw=5, label=label)
ax.quiver(*real[5::15].T, 1, 0, angles="xy", scale_units="xy", scale=1, color=plots.REFERENCE, width=0.004)
ax.set(xlabel="x1", ylabel="x2", xlim=(-0.5, 1.5), title="Each sample is carried straight across")
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "08_two_lines")

# %% [markdown]
# ## Two intervals slide past each other
#
# Now p_data is uniform on (0, 1), p_g on (theta, theta + 1): they overlap while |theta| < 1. By hand: TV =
# min(|theta|, 1), JSD = TV log 2, W1 = |theta|, KL infinite but at 0. What G feels is the *slope* in theta:
# while they overlap, JSD's is log 2. Once they have parted it is 0, and W1 still says: that way, 1 per unit.

# %%
h = 0.01
x = np.arange(-5 + h / 2, 7, h)  # (1200,); no edge of an interval is a grid point, so the sums are exact
p, thetas, distances = Uniform(0, 1).pdf(x), np.arange(-20, 21) / 10, {}
between = (thetas[1:] + thetas[:-1]) / 2  # (40,)
TERMS = {"W1": (theory.wasserstein, 1, 9), "TV": (theory.total_variation, 1, 1), "JSD": (theory.jsd, LOG2, 1)}
for name, (f, rise, end) in TERMS.items():  # each rises with |theta| up to its end
    distances[name] = np.array([f(p, Uniform(theta, theta + 1).pdf(x), x) for theta in thetas])
    worst = abs(distances[name] - rise * np.minimum(abs(thetas), end)).max()
    slopes = np.diff(distances[name]) / 0.1
    print(f"{name:3s} off its formula by {worst:.0e}  slope at 0.55 {slopes[25]:.4f}, at 1.55 {slopes[35]:.4f}")
    assert worst < 1e-12 and abs(slopes - rise * np.sign(between) * (abs(between) < end)).max() < 1e-10
assert all(theory.kl(p, Uniform(theta, theta + 1).pdf(x), x) == math.inf for theta in between)

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.2), sharey=True)
COLOURS = {"W1": "black", "TV": "#CC79A7", "JSD": plots.DISCRIMINATOR}
for (name, colour), on_lines in zip(COLOURS.items(), (abs(thetas), 1, LOG2), strict=True):
    style = {"color": colour, "lw": 3, "ls": "--" if name == "TV" else "-"}
    left.plot(thetas, np.where((thetas == 0) & (name != "W1"), math.nan, on_lines), **style, label=name)
    right.plot(thetas, distances[name], **style)
left.plot(0, 0, "o", color="black", ms=9, label="all, at 0")
for ax, title in (left, "lines: only W1 says how far"), (right, "intervals: once apart, only W1"):
    ax.plot(between, 2.2 + 0 * between, "^", color=plots.REFERENCE, ms=4, label="KL: infinite")
    ax.set(xlabel="theta", ylabel="distance", title=title, yticks=[0, LOG2, 1], yticklabels=[0, "log 2", 1])
plots.legend(left, loc="outside right center")
plots.finish(fig, "08_distances")

# %% [markdown]
# ## Images are such a case
#
# With 100 numbers z, G makes a sheet of at most 100 dimensions in the 784 of an image, however crumpled. Digits
# are thin, too: most of their variance lies in few directions. And thin sheets miss each other, as lines in
# space do. Two flat sheets, x + A s and y + B t (x, y: a point of each; A, B: 100 directions of each; s, t: 100
# numbers each), meet where 784 equations hold for 200 unknowns. For normal x, y about sqrt(2 (784 - 200)) is
# left over; 392 dimensions each would do. So a perfect D exists even *while* G learns (Arjovsky, Bottou 2017).

# %%
rng = np.random.default_rng(0)
IMAGES = {"digits": digits.glyph_digits(1000, rng=rng).images / 255, "noise": rng.random((1000, 784))}
fig, ax = plt.subplots(figsize=(9, 4))
for (name, rows), colour in zip(IMAGES.items(), (plots.DATA, plots.REFERENCE), strict=True):
    variances = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    share = np.cumsum(variances) / variances.sum()  # of the best 1, 2, ... 784 directions
    ax.plot(np.arange(1, 785), share, color=colour, lw=3, label=name)
    print(f"{name}: {share[99]:.0%} of the variance lies in 100 of 784 directions")
    assert share[99] > 0.9 if name == "digits" else share[99] < 0.4
for k in 100, 392:
    Q, way = np.linalg.qr(rng.standard_normal((784, 2 * k)))[0], rng.normal(0, math.sqrt(2), 784)  # A, B; y - x
    gap, expected = np.linalg.norm(way - Q @ (Q.T @ way)), math.sqrt(2 * (784 - 2 * k))
    print(f"two random sheets of {k} dimensions: {gap:.3f} apart   by the formula {expected:.3f}")
    assert abs(gap - expected) < (4 if k == 100 else 1e-9)  # the gap of 34 varies by 1
ax.axvline(100, color=plots.GENERATOR, lw=2, ls="--", label="a G with 100 z")
ax.set(xlabel="directions, the best first", ylabel="share of the variance", title="Digits fill few directions")
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "08_thin")

# %% [markdown]
# ## A trained D instead of D*
#
# G(u) = theta + u, with u uniform on (0, 1), stands still, and D is trained. What gradient passes through D?
# For *any* D the mean over u of d/dx log(1 - D(theta + u)): the integral of a derivative, so only its ends
# count. **dloss/dtheta = log(1 - D(theta + 1)) - log(1 - D(theta))**, however steep D is in between.
#
# Apart, D is near 0 at both ends. With overlap (0 < theta < 1) D* jumps at theta from 1 to 1/2, and D slides.
# Shift its slide right by delta: E log D gains delta (log 1 - log 1/2); E log(1 - D), counted from theta on,
# where fakes are, loses delta (log 1/2 - log(1 - D(theta))). At the best place both balance, so D(theta) = 3/4.
# At theta + 1 there are only fakes, D = 0, and the gradient is log 1 - log 1/4 = 2 log 2, like the slope of
# C(G) = -log 4 + 2 JSD. **What differs from 2 log 2 is under-training.**


# %%
def train_d(theta, steps, sigma=0.0, seed=0):
    """(GAN, dloss/dtheta): D learned at a falling rate, G fixed. sigma = 0: a plain GAN; noise comes below."""
    rng = np.random.default_rng(seed)
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 16, 1), activation=Tanh, rng=rng)
    G.theta = [12**-0.5, theta + 0.5]  # z is uniform with variance 1: u = z / sqrt(12) + 1/2
    gan = InstanceNoise(G, D, SGD(G, 1.0), Adam(D, 0.02), games.minimax, latent="uniform", sigma=sigma)
    for step in range(steps):
        gan.opt_d.rate = 1 - step / steps
        gan.discriminator_step(Uniform(0, 1).sample(256, rng=rng), gan.noise(256, rng=rng))
    z = gan.noise(20_000, rng=rng)
    z[:, :1] = latent.even("uniform", 20_000)  # the other columns are the noise on what D sees
    gan.generator_gradient(z)
    return gan, G.layers[0].db[0]  # b moves all fakes: its gradient is dloss/dtheta


# %%
MARKS, PLACES = (100, 200, 400, 1000), (0.25, 0.5, 0.75, 1.25, 1.5, 2.0)
trained = {theta: [train_d(theta, steps) for steps in MARKS] for theta in PLACES}
gradients = {theta: np.array([g for _, g in row]) for theta, row in trained.items()}  # (4,) each
print(f"theta     V (C(G))        D(theta)   dloss/dtheta after {MARKS} steps of D")
for theta, g in gradients.items():
    D_ends = np.array([gan.probability([[theta], [theta + 1]]) for gan, _ in trained[theta]])  # (4, 2)
    q, D = Uniform(theta, theta + 1).pdf(x), trained[theta][-1][0].D
    V, C = theory.value_of_logit(D.predict(x[:, None])[:, 0], p, q, x), theory.criterion(p, q, x)
    print(f"{theta:5.2f} {V:8.4f} ({C:.4f}) {D_ends[-1, 0]:10.3f}   ", "".join(f"{now:9.4f}" for now in g))
    assert abs(g - np.diff(np.log(1 - D_ends))[:, 0]).max() < 1e-5 and C - 0.05 < V < C
    if theta < 1:  # 30 other seeds: at the end at most 8 % off, after 100 steps 7 to 44 %
        assert abs(g[-1] / (2 * LOG2) - 1) < 0.12 and abs(D_ends[-1, 0] - 3 / 4) < 0.05
        assert abs(g[0] / (2 * LOG2) - 1) > 0.05
    else:
        assert (np.diff(g) < 0).all() and 0 < g[-1] < 0.01

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.2))
for theta, style in zip(PLACES, (":o", "--s", "-^") * 2, strict=True):
    ax = left if theta < 1 else right
    ax.set(xscale="log", xlim=(55, 1200), xlabel="steps of D, for each theta")
    ax.plot(MARKS, gradients[theta], style, color=plots.GENERATOR, lw=2, ms=9)
    ax.text(90, gradients[theta][0], theta, ha="right", va="center", color=plots.GENERATOR)
left.axhline(2 * LOG2, color=plots.REFERENCE, ls="--")
left.set(ylabel="dloss/dtheta", title="overlap: on the way to 2 log 2 (dashed)")
right.set(yscale="log", title="apart: D learns, G's gradient dies")
plots.finish(fig, "08_steps")

# %% [markdown]
# ## Noise on both
#
# *Instance noise* (Arjovsky, Bottou 2017): D is shown x + sigma e and G(z) + sigma e, each with its own e from
# N(0, 1). Both densities are smeared out and meet everywhere; they are equal only if they were before. JSD
# falls below log 2, KL is finite, and the gradient lives: the slope of C(G), which is the mean over the fakes
# of d/dx log(1 - D*(x)), and about what comes through a D that is trained in the same fog.


# %%
def smear(f):
    """The density of x + sigma e on the grid, for x with density f."""
    kernel = Gaussian(0, sigma).pdf(h * np.arange(1 - len(x), len(x)))  # at all differences of grid points
    return np.convolve(kernel, f, "valid") * h


sigma, fog = 0.5, {}
print("theta     JSD      KL   slope of C(G)   through D*   through a trained D")
for theta in 0.5, 1.0, 1.5, 2.0:
    before, q, after = (smear(Uniform(t, t + 1).pdf(x)) for t in (theta - h, theta, theta + h))
    by_slope = (theory.criterion(smear(p), after, x) - theory.criterion(smear(p), before, x)) / (2 * h)
    through = theory.integral(q * np.gradient(np.log(1 - theory.optimal_d(smear(p), q)), h), x)
    fog[theta], JSD, KL = train_d(theta, 300, sigma), theory.jsd(smear(p), q, x), theory.kl(smear(p), q, x)
    print(f"{theta:5.1f} {JSD:7.4f} {KL:7.4f} {by_slope:15.4f} {through:12.4f} {fog[theta][1]:21.4f}")
    assert JSD < LOG2 and KL < math.inf and abs(by_slope - through) < 1e-3
    assert abs(fog[theta][1] / by_slope - 1) < 0.12  # 30 other seeds: at most 9 % off

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 4.8))
views = ("overlap", 0.5, trained[0.5][-1]), ("apart", 1.5, trained[1.5][-1]), ("apart, in fog", 1.5, fog[1.5])
for ax, (title, theta, (gan, feels)) in zip(axes, views, strict=True):
    seen = [smear(f) if gan.sigma else f for f in (p, Uniform(theta, theta + 1).pdf(x))]
    D_best = theory.optimal_d(*seen)
    D_best[(sum(seen) == 0) | (abs(np.gradient(D_best)) > 0.1)] = math.nan  # any D is best there; a jump
    plots.densities(ax, x, *seen, gan.probability(x[:, None]), D_best)
    ax.set(title=f"{title}: G feels {feels:.2f}", yticks=[], xlim=(-1.5, 3.5))
plots.legend(axes[0], loc="outside lower center", ncols=5)
plots.finish(fig, "08_fog")

# %% [markdown]
# Noise leaves W1 alone if q is p shifted, but other differences fade. And TV is not the accuracy of the best D,
# (1 + TV)/2 is. Here p is N(0, 1) and q is N(0, 4), whose own sigma is 2: without noise, then with sigma = 1 on
# both.
# %%
line = np.arange(-20, 20, h)
for s, t in (1, 2), (math.sqrt(2), math.sqrt(5)):  # the standard deviations
    normals = Gaussian(0, s).pdf(line), Gaussian(0, t).pdf(line)
    W1, by_hand = theory.wasserstein(*normals, line), (t - s) * math.sqrt(2 / math.pi)
    D_right = theory.integral(np.where(theory.optimal_d(*normals) > 0.5, *normals), line) / 2
    best = (1 + theory.total_variation(*normals, line)) / 2
    print(f"W1 {W1:.4f}, by hand {by_hand:.4f}   D* is right in {D_right:.4f}, (1 + TV)/2 = {best:.4f}")
    assert abs(W1 - by_hand) < 1e-4 and abs(D_right - best) < 1e-6

# %% [markdown]
# **Outlook: a critic.** Noise blurs. Or take the witness f(x) = x1 seriously: let D lose its sigmoid, bound its
# slope by 1, and let it climb E f(x) - E f(G(z)). At its best that is W1, and G's gradient is as strong far
# off as near. The Wasserstein GAN does just that (Arjovsky, Chintala, Bottou 2017).
#
# ## On your own (answers, run and checked: `lessons/answers/08_disjoint_supports.py`)
# 1. Give G the loss -log D at theta = 1.25 and 2. Predict its gradient from D(theta) and D(theta + 1).
# 2. Let sigma = 0.1. Predict what G feels at theta = 1.5, and at theta = 0.5.
# 3. Let the fakes be half as wide, on (theta, theta + 1/2). For which theta is JSD flat now?
