# %% [markdown]
# # Pull two distributions apart, and see which distance still knows the way
#
# **You will see** two lines and two intervals that do not meet. The divergence of the paper calls
# every such pair equally bad, a trained D becomes perfect, and the gradient that reaches G dies.
# Then a little noise on what D sees brings it back.
#
# **You will learn** why JSD, KL and TV cannot tell *how far* apart two supports are, why the earth
# mover's distance W1 can, and what "D is too good" means in numbers.
#
# **You need** D* from lesson 3, C(G) and JSD from lesson 4, the two losses of G from lesson 6.

# %%
from npgan import SGD, Adam, Dense, Gaussian, Network, Uniform, games, models, plots, theory
from npgan.variants.regularised import InstanceNoise

import math

import matplotlib.pyplot as plt
import numpy as np

LOG2 = math.log(2)

# %% [markdown]
# ## Two parallel lines
#
# The data lie on the line x1 = 0, at heights u uniform on (0, 1). G has one parameter: it puts the
# same heights on the line x1 = theta. Cut the plane into cells, each with its probability; a table
# (4 columns, 100 heights) is enough, and the integrals of `theory` become plain sums.
# For every theta other than 0, be it a hair or a mile: JSD = log 2, C(G) = 0, TV = 1, KL infinite.
# D* = p / (p + q) is 1 on one line, 0 on the other, wherever G's line is: so dV/dtheta = 0.

# %%
columns, heights = [0.0, 0.1, 0.5, 1.0], 100
p = np.zeros((len(columns), heights))
p[0] = 1 / heights  # all the data stand in column 0

print("theta     JSD     C(G)      TV      KL    D*(data)  D*(fakes)")
for k, theta in enumerate(columns):
    q = np.roll(p, k, axis=0)  # the same heights, in column k
    pair = p.ravel(), q.ravel()
    jsd, C, tv, kl = (f(*pair) for f in (theory.jsd, theory.criterion, theory.total_variation, theory.kl))
    D = theory.optimal_d(p, q)
    D_data, D_fakes = D[p > 0].mean(), D[q > 0].mean()
    print(f"{theta:5.1f} {jsd:7.4f} {C:8.4f} {tv:7.4f} {kl:7.4f} {D_data:11.4f} {D_fakes:10.4f}")
    apart = theta != 0
    assert abs(jsd - apart * LOG2) < 1e-12 and abs(C - (apart - 1) * math.log(4)) < 1e-12
    assert abs(tv - apart) < 1e-12 and kl == (math.inf if apart else 0)
    assert (D_data, D_fakes) == ((1, 0) if apart else (0.5, 0.5))

# %% [markdown]
# W1 asks another question: how far must the mass be carried? *Straight across* is one plan, and it
# costs |theta|. No plan is cheaper: f(x) = x1 rises by at most 1 per unit of distance, and its mean
# differs by theta between the two lines. Two ways to one number, from above and from below.

# %%
G = Network(Dense(1, 2), rng=np.random.default_rng(0))
u = (np.arange(heights) + 0.5)[:, None] / heights
x = np.column_stack([0 * u, u])  # (100, 2), on the line x1 = 0
for theta in columns:
    G.theta = [0, 1, theta, 0]  # W = [[0, 1]], b = [theta, 0]: G(u) = (theta, u)
    fake = G.predict(u)  # (100, 2)
    plan, witness = np.linalg.norm(fake - x, axis=1).mean(), (fake - x)[:, 0].mean()
    print(f"theta {theta:3.1f}:  carried straight across {plan:.4f}   told apart by x1 {witness:.4f}")
    assert abs(plan - theta) < 1e-12 and abs(witness - theta) < 1e-12

# %% [markdown]
# ## Two intervals sliding past each other
#
# Now p_data is uniform on (0, 1) and p_g uniform on (theta, theta + 1). They overlap while
# |theta| < 1. By hand: TV = min(|theta|, 1), JSD = TV log 2, W1 = |theta|, KL infinite unless
# theta = 0. No grid point lies on an edge of the intervals, so the sums are exact.

# %%
h = 0.01
x = np.arange(-5 + h / 2, 7, h)  # (1200,)
p = Uniform(0, 1).pdf(x)
thetas = np.arange(-200, 201, 10) / 100  # (41,)


def fakes(theta):
    """p_g on the grid, (1200,)."""
    return Uniform(theta, theta + 1).pdf(x)


DISTANCES = {"W1": theory.wasserstein, "JSD": theory.jsd, "TV": theory.total_variation}
overlap = np.maximum(0, 1 - np.abs(thetas))
formula = {"W1": np.abs(thetas), "JSD": (1 - overlap) * LOG2, "TV": 1 - overlap}
measured = {name: [f(p, fakes(theta), x) for theta in thetas] for name, f in DISTANCES.items()}
for name in DISTANCES:
    worst = np.abs(measured[name] - formula[name]).max()
    print(f"{name:3s} at {len(thetas)} places, against its formula: largest difference {worst:.0e}")
    assert worst < 1e-10
infinite = sum(theory.kl(p, fakes(theta), x) == math.inf for theta in thetas)
print(f"KL  is infinite at {infinite} of them, all but theta = 0, where it is {theory.kl(p, p, x):g}")
assert infinite == len(thetas) - 1 and theory.kl(p, p, x) == 0

# %% [markdown]
# A generator does not feel the distance, only its *slope* in theta. While the intervals overlap, the
# slope of JSD is log 2. Once they have parted it is 0, while W1 still says: that way, 1 per unit.


# %%
def slope(f, theta):
    """df/dtheta by a central difference that stays on the grid."""
    return (f(theta + h) - f(theta - h)) / (2 * h)


slopes = {name: [slope(lambda t, f=f: f(p, fakes(t), x), t) for t in thetas] for name, f in DISTANCES.items()}
print("theta  overlap     dW1    dJSD     dTV")
smooth = ~np.isin(thetas, [-1, 0, 1])  # at these three each of them has a kink, or JSD and TV do
for theta, share, *row in np.column_stack([thetas, overlap, *slopes.values()])[smooth]:
    if theta in (-1.5, -0.5, 0.5, 0.8, 1.5, 2.0):
        print(f"{theta:5.1f} {share:7.1f} " + " ".join(f"{d:7.4f}" for d in row))
    sign, near = np.sign(theta), share > 0
    assert np.abs(np.array(row) - [sign, sign * near * LOG2, sign * near]).max() < 1e-8

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
apart = thetas[thetas != 0]
left.plot(apart, 0 * apart + 2.15, "^", ms=5, color=plots.REFERENCE, label="KL: infinite")
COLOURS = {"W1": plots.DATA, "JSD": plots.DISCRIMINATOR, "TV": plots.DISCRIMINATOR}
for name, colour in COLOURS.items():
    look = {"color": colour, "lw": 3 if name == "TV" else 2, "ls": ":" if name == "TV" else "-"}
    left.plot(thetas, formula[name], **look, label=name)
    left.plot(thetas[::2], measured[name][::2], ".", ms=8, color=colour)
    for piece in (slice(i + 1, i + 10) for i in (0, 10, 20, 30)):  # from kink to kink
        right.plot(thetas[piece], slopes[name][piece], **look)
left.axhline(LOG2, color=plots.REFERENCE, lw=0.8, ls="--", label="log 2")
left.legend(loc="center", bbox_to_anchor=(0.5, 0.74), frameon=False)
left.set(ylabel="distance of p_data and p_g", title="how far? (lines: formula, dots: grid)", ylim=(-0.1, 2.3))
right.set(ylabel="slope in theta", title="which way? (KL: no slope at all)")
for ax in left, right:
    ax.axvspan(-1, 1, color=plots.REFERENCE, alpha=0.1, lw=0)
    ax.set(xlabel="theta (grey band: the intervals overlap)", xlim=(-2.1, 2.1))
plots.finish(fig, "08_disjoint_supports")

# %% [markdown]
# ## A trained D instead of D*
#
# G stands still at theta, and D (1-16-16-1) is trained against it: is the gradient that passes
# through D as dead as the theory says? G is one Dense(1, 1), and z is uniform with variance 1, so
# W = 1/sqrt(12) and b = theta + 1/2 put G(z) uniformly on (theta, theta + 1). G's gradient for b is
# dloss/dtheta, here for the paper's loss log(1 - D(G(z))).

# %%
data = Uniform(0, 1)
MARKS = (30, 100, 300, 600)


def train_d(theta, marks=MARKS, sigma=0.0, batch=64):
    """Train D alone; at each mark note the share it gets right, V, and dloss/dtheta for each loss of G."""
    rng = np.random.default_rng(0)
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 16, 1), rng=rng)
    G.theta = [12**-0.5, theta + 0.5]
    adam = Adam(D, lr=0.01, betas=(0.5, 0.999))
    gan, rows = InstanceNoise(G, D, SGD(G, lr=1.0), adam, latent="uniform", sigma=sigma), []
    for step in range(1, marks[-1] + 1):
        adam.rate = 1 - (step - 1) / marks[-1]  # the last steps are small: D settles
        gan.discriminator_step(data.sample(batch, rng=rng), gan.noise(batch, rng=rng))
        if step in marks:
            z = gan.noise(4000, rng=rng)
            V = gan.discriminator_gradient(data.sample(4000, rng=rng), z)
            right = ((gan.a_real > 0).mean() + (gan.a_fake < 0).mean()) / 2
            rows.append([right, V])
            for game in games.minimax, games.non_saturating:
                gan.game = game
                gan.generator_gradient(z)
                rows[-1].append(G.layers[0].db[0])
    return gan, np.array(rows)


# %% [markdown]
# The best any D can do is to be right in a share (1 + TV)/2 of the cases: TV *is* the accuracy of
# the perfect judge. Where the intervals overlap, D comes near it, stays in doubt, and hands on about
# 2 log 2, the slope of C(G) = -log 4 + 2 JSD. (It varies: D* has steps at theta and 1, and how steep
# a trained D makes them is chance.) Where they do not, D is right on every sample, V creeps up to
# C(G) = 0, and G's gradient dies with every step that D takes. D has learned nothing wrong: the
# divergence has nothing more to say.

# %%
trained = {theta: train_d(theta) for theta in (0.25, 0.5, 0.75, 1.25, 1.5, 2.0)}
print(f"               after {MARKS[-1]} steps of D              dloss/dtheta after so many steps of D")
print("theta overlap  right (best)     V       (C(G))   " + "".join(f"{mark:9d}" for mark in MARKS))
for theta, (_, rows) in trained.items():
    tv, C, right, V = min(theta, 1), theory.criterion(p, fakes(theta), x), *rows[-1, :2]
    print(f"{theta:5.2f} {1 - tv:6.2f}   {right:.3f} ({(1 + tv) / 2:.3f})  {V:+.4f} ({C:+.4f}) ", end="")
    print("".join(f"{g:9.4f}" for g in rows[:, 2]))
    # 8,000 judgements: standard error at most 0.0056; 4 of them, and a little for a D not quite there
    assert abs(right - (1 + tv) / 2) < 0.03
    assert C - 0.2 < V < C + 0.05  # C(G) is the maximum; the standard error of V is below 0.01

g = np.array([rows[:, 2] for _, rows in trained.values()])  # (6, 4)
alive, dying = g[:3, -1], g[3:, -1]
print(f"with overlap {alive.min():.2f} to {alive.max():.2f}, by the formula {2 * LOG2:.2f}; ", end="")
print(f"without {dying.min():.4f} to {dying.max():.4f}, by the formula 0")
assert LOG2 < alive.min() and alive.max() < 4 * LOG2  # within a factor of 2
assert 0 < dying.max() < alive.min() / 50 and (np.diff(g[3:]) < 0).all()

# %% [markdown]
# **Does -log D not cure that?** Its gradient does not vanish, for it has 1 - D(G(z)) in front, which
# is 1 here. What is left is the slope of D's logit, and that is not a distance either: D is never
# sure enough, so it grows for as long as D is trained. Same theta, same p_g, ever another number.

# %%
steep = trained[1.25][1][:, 3]
print(f"theta 1.25, loss -log D: dloss/dtheta {steep.round(1)} after {MARKS} steps of D")
assert steep[-1] > 2 * steep[0] > 0

# %% [markdown]
# ## Noise on both
#
# *Instance noise*: D is shown x + sigma e and G(z) + sigma e, each with its own e from N(0, 1). Then
# both densities are smeared out and meet everywhere, and are equal only if they were equal before.
# JSD drops below log 2, KL becomes finite, W1 stays the same. G's gradient through D* is alive, in
# two ways: the slope of C(G), and the mean over the fakes of d/dx log(1 - D*(x)). And trained? The
# same D, at some of the same distances, now looks through the fog.

# %%
sigma = 0.5
kernel = Gaussian(0, sigma).pdf(h * np.arange(1 - len(x), len(x)))  # at all differences of grid points


def smear(f):
    """The density of x + sigma e, for x with density f: f convolved with N(0, sigma^2)."""
    return np.convolve(kernel, f, "valid") * h


def noisy_criterion(theta):
    return theory.criterion(smear(p), smear(fakes(theta)), x)


pair = smear(p), smear(fakes(1.5))
jsd, kl, W1 = theory.jsd(*pair, x), theory.kl(*pair, x), theory.wasserstein(*pair, x)
by_slope = slope(noisy_criterion, 1.5)
through_d = theory.integral(pair[1] * np.gradient(np.log(1 - theory.optimal_d(*pair)), h), x)
print(f"theta 1.5, sigma {sigma}: JSD {jsd:.4f} < log 2 = {LOG2:.4f}, KL {kl:.4f} < infinity, W1 {W1:.4f}")
print(f"gradient at D*: slope of C(G) {by_slope:.4f}, through D* {through_d:.4f}; without noise 0")
assert jsd < LOG2 - 0.1 and 0 < kl < math.inf and abs(W1 - 1.5) < 1e-6
assert by_slope > 0.5 and abs(by_slope - through_d) < 1e-3

# %%
foggy = {theta: train_d(theta, (300,), sigma, batch=256) for theta in (0.5, 1.0, 1.5, 2.0)}
print("theta   dloss/dtheta: trained D, noise   slope of C(G), noise")
for theta, (_, rows) in foggy.items():
    got, C_slope = rows[-1, 2], slope(noisy_criterion, theta)
    print(f"{theta:5.2f} {got:34.3f} {C_slope:22.3f}")
    assert abs(got / C_slope - 1) < 0.2  # from seed to seed the ratio is 0.98 +- 0.04

# %%
fig, axes = plt.subplot_mosaic("AABBCC;DDDEEE", figsize=(12, 7.5), layout="constrained")
views = {"A": (0.5, trained, "overlap"), "B": (1.5, trained, "no overlap"), "C": (1.5, foggy, f"noise {sigma}")}
part = (x > -1.2) & (x < 3.7)
for key, (theta, gans, title) in views.items():
    f, q = (smear(f) if gans is foggy else f for f in (p, fakes(theta)))
    plots.densities(axes[key], x[part], f[part], q[part], gans[theta][0].probability(x[part][:, None]))
    axes[key].set_title(f"theta = {theta}: {title}")
plots.legend(axes["A"], loc="upper right")
for i, mark in enumerate(MARKS):
    look = {"color": plots.GENERATOR, "alpha": 0.25 * (i + 1), "label": f"{mark} steps of D"}
    axes["D"].semilogy(list(trained), g[:, i], ".-", **look)
axes["D"].plot([0, 1, 1], [2 * LOG2, 2 * LOG2, 2e-4], color=plots.REFERENCE, ls="--", label="2 log 2, then 0")
line = [slope(noisy_criterion, theta) for theta in thetas[20:]]
axes["E"].plot(thetas[20:], line, color=plots.REFERENCE, label="slope of C(G)")
dots = [rows[-1, 2] for _, rows in foggy.values()]
axes["E"].plot(list(foggy), dots, "o", color=plots.GENERATOR, label="through a trained D")
for key, title in {"D": "without noise, log scale", "E": f"noise {sigma} on real and fake"}.items():
    axes[key].set(xlabel="theta (no overlap beyond 1)", ylabel="dloss/dtheta", title=title)
    axes[key].legend(frameon=False, fontsize="small", loc="lower left" if key == "D" else "upper right")
plots.finish(fig, "08_disjoint_supports_trained")

# %% [markdown]
# ## On your own
#
# 1. Make the noise smaller: `sigma = 0.1`. What will G feel at theta = 1.5? And at theta = 0.5?
# 2. Predict the largest theta at which sigma = 0.5 leaves G a slope above 0.1. Then compute it.
# 3. Let the fakes be half as wide, on (theta, theta + 1/2). For which theta is JSD flat now?
