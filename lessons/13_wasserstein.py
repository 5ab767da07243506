# %% [markdown]
# # Give G a distance: train a critic in place of a classifier
#
# **You will see** one distance found in three ways, the gradient that died in lesson 8 alive at every distance,
# two ways to keep a critic from being steep, and a V that says how good the samples are.
# **You will learn** what a critic is and which sign it has, how clipping bends it out of shape, what the
# gradient penalty is to the letter, how to differentiate it by hand, and where it fails.
# **You need** V (lesson 1), gradients by hand (lesson 2), W1 and the two lines (lesson 8). **45 minutes in class.**

# %%
from npgan import GAN, SGD, Adam, Dense, Gaussian, Mixture, Network, Tanh, games, metrics, models, plots, ring, theory
from npgan.gradcheck import check_discriminator_step, numerical_gradient
from npgan.variants.wasserstein import Clipped, GradientPenalty, wasserstein
import matplotlib.pyplot as plt
import numpy as np
plots.large_text()

# %% [markdown]
# ## One distance, three ways
#
# W1 is the least mean way on which the fakes can be carried to the data. On a line no two ways need to cross:
# the smallest fake goes to the smallest x, and so on. **First: sort both, take the mean |difference|.** *Second*:
# past each place x the mass F_g(x) - F_data(x) must go, F the distribution functions: **W1 = integral of
# |F_data - F_g|.** *Third*: let f be any function of slope at most 1. Along a way it gains at most the length of
# the way, so **E f(x) - E f(G(z)) <= W1**, and the best f reaches W1 (Kantorovich and Rubinstein). By parts that
# is the integral of f' (F_g - F_data): the best f rises by 1 per unit where mass must go right, and falls by 1
# where it must go left. Here the data are two humps, the fakes one.

# %%
data, fakes, h = Mixture([[-2.0], [2.0]], 0.5), Gaussian(0.5, 1.0), 0.01
x = np.arange(-8, 8 + h / 2, h)  # (1601,)
p, q, rng = data.pdf(x[:, None]), fakes.pdf(x), np.random.default_rng(0)
F_data, F_g = (np.cumsum(density) * h for density in (p, q))
f_best = np.cumsum(np.sign(F_g - F_data)) * h  # slopes 1 and -1
W1, by_f, by_x = theory.wasserstein(p, q, x), *(theory.integral(f * (p - q), x) for f in (f_best, x))
by_sorting = metrics.wasserstein(data.sample(10_000, rng=rng), fakes.sample(10_000, rng=rng))
print(f"W1: sorted samples {by_sorting:.4f}   integral of |F - F| {W1:.4f}   best f {by_f:.4f}   f(x) = x {by_x:.4f}")
assert abs(by_f - W1) < 1e-3 and abs(by_sorting - W1) < 0.05  # f: up to the grid; 30 other seeds: 0.03 off at most
assert abs(by_x - (0 - 0.5)) < 1e-9  # another f of slope 1 is a worse witness: the difference of the means

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6))
left.plot(x, F_data, color=plots.DATA, lw=3, label="F_data")
left.plot(x, F_g, color=plots.GENERATOR, lw=3, label="F_g")
left.fill_between(x, F_data, F_g, color=plots.REFERENCE, alpha=0.3, lw=0)
left.set(xlabel="x", ylabel="mass up to x", xlim=(-4, 4), title=f"the grey area is W1 = {W1:.2f}")
for density, colour in (p, plots.DATA), (q, plots.GENERATOR):
    right.fill_between(x, 4 * density, color=colour, alpha=0.25, lw=0)
right.plot(x, f_best - f_best.min() + 2, color="black", ls=":", lw=3, label="the best f")
right.set(xlabel="x", ylabel="f(x)", xlim=(-4, 4), ylim=(0, 8), title="the best f: slope 1 or -1, high on data")
plots.legend(left, right, loc="outside lower center", ncols=3)
plots.finish(fig, "13_three_ways")

# %% [markdown]
# ## A critic
#
# D loses its sigmoid and becomes f, a *critic*: any number, high on what looks real. **The sign, once:** D climbs
# V = E f(x) - E f(G(z)), and G descends -E f(G(z)) (Arjovsky, Chintala, Bottou 2017). What others print as
# "critic loss" is -V, and some train an f that is *low* on real samples: then every sign turns round. f has no
# zero of its own, f + 7 has the same V: only V means something. And f must not be steep:
# - **Clipping**: after each step all of theta_d, biases too, is cut to [-c, c].
# - **Penalty**: D climbs V - lambda E (|g| - 1)^2, g the slope of f at random points on the straight lines
#   between real samples and fakes (Gulrajani et al. 2017): on them the best f has slope 1.
#
# On a line a slope comes from 1 to -1 only through 0, where the penalty is high. So beside the usual lambda = 10
# we try one that rises from 0.3 to 10: the critic may bend first.


# %%
def train_critic(kind, seed, low=10, **own):
    """Its f: D learned at a falling rate, lambda rising from low to 10; G makes N(0.5, 1) and stands still."""
    rng = np.random.default_rng(seed)
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 32, 32, 1), rng=rng)
    G.theta = [fakes.sigma, fakes.mu]  # W, b
    gan = kind(G, D, SGD(G, 1.0), Adam(D, 0.01, betas=(0, 0.99)), wasserstein, **own)
    for step in range(500):
        gan.opt_d.rate = 1 - step / 500
        if kind is GradientPenalty:
            gan.weight = low * (10 / low) ** min(1, step / 333)
        gan.discriminator_step(data.sample(256, rng=rng), gan.noise(256, rng=rng))
    return D


# %%
KINDS = {"clip 0.1": (Clipped, 10, {"clip": 0.1}), "lambda 10": (GradientPenalty, 10, {})}
KINDS["lambda 0.3 to 10"] = (GradientPenalty, 0.3, {})
critics, rng = {}, np.random.default_rng(1)
alpha = rng.random((4000, 1))
on_way = alpha * data.sample(4000, rng=rng) + (1 - alpha) * fakes.sample(4000, rng=rng)
for name, (kind, low, own) in KINDS.items():
    D, c = train_critic(kind, 1, low, **own), own.get("clip", np.inf)
    f, ends = D.predict(x[:, None])[:, 0], (abs(D.theta) == c).mean()
    V, steepest = theory.integral(f * (p - q), x), abs(np.diff(f) / h)[300:-300].max()  # |x| < 5
    slopes = np.quantile(abs(D.predict(on_way + 1e-4) - D.predict(on_way - 1e-4)) / 2e-4, [0.1, 0.9])
    critics[name] = f / steepest, V / W1, V / steepest / W1, *slopes, ends
    print(f"{name:16s} V = {V / W1:.3f} W1   V/steepest slope = {V / steepest / W1:.3f} W1   ", end="")
    print(f"|slopes| on the way {slopes[0]:.3f} to {slopes[1]:.3f} (80 % of them)   at +-c {ends:.0%}")
    assert V / steepest < W1 and abs(D.theta).max() <= c  # the first for whatever f

# %%
(_, _, by_clip, flat, steep, ends), (_, stuck, *_), (_, V_bent, by_bent, low, high, _) = critics.values()
assert 0.9 < by_bent and 1.05 < V_bent < 1.09 and 1 < low < high < 1.15  # 30 seeds: by_bent 0.93 to 0.99
assert 0.5 < by_clip < 0.85 and flat < steep / 2 and ends > 0.6 and stuck < 0.6  # by_clip 0.55 to 0.79
fig, axes = plt.subplots(1, 3, figsize=(12, 4.6), sharey=True)
for ax, (name, (f, _, bound, *_)) in zip(axes, critics.items(), strict=True):
    for density, colour in (p, plots.DATA), (q, plots.GENERATOR):
        ax.fill_between(x, 2 * density - 3, -3, color=colour, alpha=0.25, lw=0)
    best, f = (one - theory.integral(one * (p + q) / 2, x) for one in (f_best, f))
    ax.plot(x, best, color="black", ls=":", lw=3, label="the best f")
    ax.plot(x, f, color=plots.DISCRIMINATOR, lw=3, label="critic / its steepest slope")
    ax.set(xlabel="x", title=f"{name}: {bound:.2f} W1", xlim=(-4, 4), ylim=(-3, 3))
axes[0].set_ylabel("f, less its mean")
plots.legend(axes[0], loc="outside lower center", ncols=2)
plots.finish(fig, "13_critics")

# %% [markdown]
# Of a clipped critic most of theta_d stands at an end, c or -c: few shapes are left, and part of the way is much
# flatter than the rest. Its scale is an accident of c and of the number of layers. The penalty makes slopes of 1
# all along, or a little more (why, see below). **But not always:** with lambda = 10 from the start f took a slope
# of one sign everywhere and never turned, on 17 of 30 seeds; on 7 of these V was below 0. The penalty on (|g| -
# 1)^2 has a hill at 0. In the plane a slope can *rotate* from one sign to the other.
#
# ## The penalty, to the letter
#
# Each pair of x and G(z) has *its own* alpha, uniform on (0, 1), one for all coordinates; |g| is the norm of
# *each sample's* slope over its coordinates: not over the batch, not of each pixel. With P = lambda/m sum (|g| -
# 1)^2 is dP/dg = u = 2 lambda/m (|g| - 1) g/|g|, and by the chain rule **dP/dtheta_d is the gradient of the sum
# of u . g with u held fixed**. But u . g is how fast f changes along u: one forward pass of tangents, and one
# backward pass through it. Where f bends (Tanh), the slopes of the units move too, with W and b: that is the
# second derivative. LeakyReLU has straight pieces; there the penalty leaves every b alone.

# %%
rng = np.random.default_rng(0)
G, D = Network(Dense(2, 2), rng=rng), models.mlp((2, 8, 1), activation=Tanh, rng=rng)
gan = GradientPenalty(G, D, SGD(G, 1.0), SGD(D, 1.0), wasserstein, weight=10.0)
real, z = rng.standard_normal((6, 2)), gan.noise(6, rng=rng)  # z (6, 3): its last column is alpha
fake, alphas = G.predict(z[:, :2]), gan.noise(10_000, rng=rng)[:, 2]
points = z[:, 2:] * real + (1 - z[:, 2:]) * fake
g = np.column_stack([(D.predict(points + e) - D.predict(points - e)) / 2e-5 for e in 1e-5 * np.eye(2)])  # (6, 2)
norms, V = np.linalg.norm(g, axis=1), (D.predict(real) - D.predict(fake)).mean()
P, of_batch = 10 * ((norms - 1) ** 2).mean(), 10 * (np.linalg.norm(g) - 1) ** 2
said = V - gan.discriminator_gradient(real, z)
print(f"P {said:.8f}   by differences {P:.8f}   with the norm of the whole batch {of_batch:.4f}")
print(f"alpha: {len(set(alphas))} values in 10000, mean {alphas.mean():.3f}, 12 variances {12 * alphas.var():.3f}")
assert abs(said - P) < 1e-8 and abs(P - of_batch) > 1 and len(set(alphas)) == 10_000
assert abs(alphas.mean() - 0.5) < 0.015 and abs(12 * alphas.var() - 1) < 0.05  # 5 standard errors

# %%
W, b, w, straight = D.layers[0].W, D.layers[0].b, D.layers[2].W, models.mlp((2, 8, 8, 1), rng=rng)
steep = 1 - np.tanh(points @ W + b) ** 2  # (6, 8): the slopes of tanh
WAYS = {  # of f(x) = w . tanh(x W + b), written out
    "P": lambda: 10 * ((np.linalg.norm(w.T * (1 - np.tanh(points @ W + b) ** 2) @ W.T, axis=1) - 1) ** 2).mean(),
    "u . g": lambda: (20 / 6 * (1 - 1 / norms)[:, None] * g * (w.T * (1 - np.tanh(points @ W + b) ** 2) @ W.T)).sum(),
    "P, were Tanh straight": lambda: 10 * ((np.linalg.norm(w.T * steep @ W.T, axis=1) - 1) ** 2).mean(),
}
gan.penalty_gradient(points)
for name, f in WAYS.items():
    off = abs(D.grad - numerical_gradient(f, D.theta)).max()
    print(f"dP/dtheta_d is off by {off:.0e} from the differences of {name}")
    assert off > 0.1 if "straight" in name else off < 1e-6
checked = GradientPenalty(G, straight, SGD(G, 1.0), SGD(straight, 1.0), wasserstein)
for one in gan, checked:
    found = check_discriminator_step(one, real, z)
    one.penalty_gradient(points)
    print(f"{one.D.layers[1]}: whole D step off by {found.error:.0e}, dP/db {abs(one.D.layers[0].db).max():.3f}")
    assert found.ok and (one is gan) == one.D.layers[0].db.any()

# %% [markdown]
# ## The two lines again
#
# Real samples at x1 = 0, fakes at x1 = theta, as in lesson 8, where V was 0 for every theta. The best critic
# falls from line to line with one slope s: V = s theta, and the penalty is lambda (s - 1)^2. So **s = 1 +
# theta/(2 lambda)**, and that is what G feels: with lambda = 10 about 1, however far. (The penalty pulls towards
# 1, it forbids nothing. For any p_data and p_g the best V is at least W1 (1 + W1/(2 lambda)).) Beside it a plain
# D. With log(1 - D) G feels nothing. With -log D it feels the slope of D's logit, and that is no distance: it is
# *largest near by*, grows as D grows surer, and far off all depends on D's activation.


# %%
def on_lines(theta, kind, plays, activation=None, seed=0):
    """dloss/dtheta in each of the games, D having learned the first; G(u) = (theta, u) stands still."""
    rng = np.random.default_rng(seed)
    G, D = Network(Dense(1, 2), rng=rng), models.mlp((2, 16, 16, 1), activation=activation, rng=rng)
    G.theta = [0, 12**-0.5, theta, 0.5]  # z is uniform with variance 1: u = z / sqrt(12) + 1/2
    gan, felt = kind(G, D, SGD(G, 1.0), Adam(D, 0.01, betas=(0, 0.99)), plays[0], latent="uniform"), []
    for step in range(300):
        gan.opt_d.rate, u = 1 - step / 300, rng.random(64)
        gan.discriminator_step(np.column_stack([0 * u, u]), gan.noise(64, rng=rng))
    for gan.game in plays:
        gan.generator_gradient(gan.noise(1000, rng=rng))
        felt.append(G.layers[0].db[0])  # b moves all fakes
    return felt


# %%
PLACES, PLAYS = np.array([0.5, 1, 2, 4, 8]), (games.minimax, games.non_saturating)
felt = {"critic, lambda = 10": np.array([on_lines(t, GradientPenalty, [wasserstein])[0] for t in PLACES])}
for name, activation in ("LeakyReLU", None), ("Tanh", Tanh):
    rows = np.transpose([on_lines(t, GAN, PLAYS, activation) for t in PLACES])  # (2, 5)
    felt |= {f"log(1 - D), {name}": rows[0], f"-log D, {name}": rows[1]}
print("theta                ", *(f"{t:8.1f}" for t in PLACES))
for name, row in {"1 + theta/(2 lambda)": 1 + PLACES / 20, **felt}.items():
    print(f"{name:21s}", *(f"{g:8.4f}" for g in row))
assert abs(felt["critic, lambda = 10"] - (1 + PLACES / 20)).max() < 0.02
dead, alive = (np.array([row for name, row in felt.items() if name.startswith(how)]) for how in ("log", "-log"))
assert (dead[:, 1:] < 0.01).all() and (np.diff(alive) < 0).all() and (alive[:, 0] > 10 * alive[:, -1]).all()

# %%
fig, ax = plt.subplots(figsize=(11, 4.8))
LOOKS = (plots.DISCRIMINATOR, "-"), ("black", "-"), (plots.GENERATOR, "-"), ("#56B4E9", "--"), ("#CC79A7", "--")
for (name, row), (colour, style) in zip(felt.items(), LOOKS, strict=True):
    ax.loglog(PLACES, row, "o" + style, color=colour, lw=3, ms=8, label=name)
ax.set(xlabel="theta: how far the lines are apart", ylabel="dloss/dtheta", title="The critic pulls as hard far off as near")
ax.set_xticks(PLACES, PLACES)
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "13_lines")

# %% [markdown]
# ## A V that can be read
#
# The ring of lesson 7; G starts six units off. Three GANs with the same nets, rates and batches, and five steps
# of D to one of G: a penalty of 0.3 (small, so that f can bend), clipping, a plain GAN. Every tenth step we
# compare V on 1000 samples with sliced W1, the mean W1 of the shadows in 64 directions. *Rank correlation*: 1 if
# V falls whenever W1 falls. Over a run that starts far off, the plain V has an ordinary correlation as high as the
# critics': it falls from 0 to -log 4. But while the two are apart it sits at 0, and later it is mostly noise.


# %%
def play(kind, game, seed=0, **own):
    """(60, 3): sliced W1, V and G's loss at every tenth of 600 steps."""
    rng, ring_data, rows = np.random.default_rng(seed), ring(sigma=0.1), []
    G, D = models.mlp((2, 32, 32, 2), rng=rng, slope=0.0), models.mlp((2, 32, 32, 1), rng=rng)
    opts, G.layers[-1].b[...] = (Adam(N, lr, betas=(0, 0.99)) for N, lr in ((G, 0.001), (D, 0.005))), (6, 0)
    gan = kind(G, D, *opts, game, latent="uniform", **own)
    real, z = ring_data.sample(1000, rng=rng), gan.noise(1000, rng=rng)
    for step in range(1, 601):
        gan.set_rate(1 - step / 601)
        for _ in range(5):
            gan.discriminator_step(ring_data.sample(64, rng=rng), gan.noise(64, rng=rng))
        if step % 10 == 0:
            fake = G.predict(gan.unpack(z))
            a_real, a_fake = D.predict(real), D.predict(fake)
            V, loss = game.discriminator(a_real, a_fake)[0], game.generator(a_fake)[0]
            rows.append([metrics.sliced_wasserstein(fake, real), V, loss])
        gan.generator_step(gan.noise(64, rng=rng))
    return np.array(rows)


# %%
def correlations(rows):
    """Of W1 with V and with G's loss, (2,); then of their ranks."""
    ranks = rows.argsort(axis=0).argsort(axis=0)
    return [np.corrcoef(one.T)[0, 1:] for one in (rows, ranks)]


GANS = {"penalty 0.3": (GradientPenalty, wasserstein, {"weight": 0.3}), "clip 0.1": (Clipped, wasserstein, {"clip": 0.1})}
GANS["plain"] = (GAN, games.non_saturating, {})
runs = {name: play(kind, game, **own) for name, (kind, game, own) in GANS.items()}
rank = {}
for name, rows in runs.items():
    far = rows[:, 0] > 1
    linear, rank[name] = correlations(rows)
    apart = correlations(rows[far])[1]
    print(f"{name:12s} V: correlation {linear[0]:.3f}, of ranks {rank[name][0]:.3f}, while apart {apart[0]:.3f}   "
          f"G's loss: of ranks {rank[name][1]:.3f}, apart {apart[1]:.3f}   W1 at last {rows[-3:, 0].mean():.3f}")

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 4.6))
for ax, (name, rows) in zip(axes, runs.items(), strict=True):
    ax.plot(rows[:, 0], rows[:, 1], "o", color=plots.DISCRIMINATOR, ms=6, alpha=0.6)
    ax.set(xscale="log", yscale="linear" if name == "plain" else "log", xlabel="sliced W1", ylabel="V", title=f"{name}: ranks {rank[name][0]:.2f}")
plots.finish(fig, "13_readable")
