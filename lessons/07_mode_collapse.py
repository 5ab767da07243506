# %% [markdown]
# # Watch a generator collapse
#
# **You will see** a perfect generator ruined by descending its own loss, a game in which G hops
# for ever, and a GAN on a ring of eight Gaussians that does the same.
#
# **You will learn** why collapse is no accident but the best reply to a D that stands still, how it
# is measured, and what more D steps, a wider latent space, and averaging change.
#
# **You need** V, D* and C(G) (lessons 3 and 4), Algorithm 1 (lesson 5), both losses of G (lesson 6).

# %%
from npgan import GAN, Adam, Dense, Gaussian, Network, games, metrics, models, plots, ring, theory, train

import math

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## For a fixed D the best G is a point
#
# In a G step D is fixed, and G wants E log(1 - D(G(z))) small. An average is never below its least
# term, so nothing beats G(z) = x* for *every* z, where x* = argmax D. Real data is no exception.
#
# Take data N(2, 0.5^2) and G(z) = W z + b. Train D against a broad G (W = 3, b = 0), then freeze it, and
# give G the *perfect* parameters W = 0.5, b = 2. Now let G descend. The spread of G(z) is |W|. (Descent
# finds a maximum of D near by; this D has one bump, so that is the greatest.)


# %%
def descend_against_frozen_d(seed, steps=300):
    """The pair, and (W, b) of G after each step against a D that no longer moves, (steps + 1, 2)."""
    rng = np.random.default_rng(seed)
    data = Gaussian(2.0, 0.5)
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 16, 1), rng=rng)
    gan = GAN(G, D, Adam(G, lr=0.02), Adam(D, lr=0.01), game=games.minimax)
    G.theta = [3.0, 0.0]  # W, b
    for _ in range(400):
        gan.discriminator_step(data.sample(128, rng=rng), gan.noise(128, rng=rng))
    G.theta = [0.5, 2.0]  # G(z) is now distributed as the data
    path, frozen = [G.theta.copy()], D.theta.copy()
    for step in range(steps):
        gan.opt_g.rate = 1 - step / steps
        gan.generator_step(gan.noise(128, rng=rng))
        path.append(G.theta.copy())
    assert (D.theta == frozen).all()  # a G step leaves D as it is, to the last bit
    return gan, np.array(path)


x, rng = np.linspace(-8, 8, 16001), np.random.default_rng(0)  # argmax D is looked for on the grid x
print("seed   spread of G(z)      mean of G(z)    argmax D   E log(1 - D(G(z)))        least value")
for seed in range(3):
    gan, path = descend_against_frozen_d(seed)
    a = gan.D.predict(x[:, None])[:, 0]  # D's logits, (16001,)
    best, least = x[a.argmax()], -np.logaddexp(0, a.max())  # log(1 - D) = -softplus(a)
    (W0, b0), (W, b), z = path[0], path[-1], gan.noise(5000, rng=rng)
    end, gan.G.theta = gan.generator_gradient(z), path[0]
    start = gan.generator_gradient(z)
    print(f"{seed:4d}   {W0:.3f} -> {abs(W):.4f}   {b0:.3f} -> {b:.3f}   {best:8.3f}", end="")
    print(f"   {start:.4f} -> {end:.4f}   {least:12.4f}")
    # Over 40 other seeds: |W| below 0.025, b at most 0.03 off (once 0.2, D's top being flat), gain 0.3 or more.
    assert abs(W) < 0.05 and abs(b - best) < 0.3
    assert start - end > 0.2 and abs(end - least) < 0.01  # "better" than perfect

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
p = Gaussian(2.0, 0.5).pdf(x)
left.plot(x, p, color=plots.DATA, ls=":", lw=2.5, label="p_data, and p_g at the start")
left.axvline(b, color=plots.GENERATOR, lw=2, label="p_g at the end, at argmax D")
left.plot(x, gan.probability(x[:, None]), color=plots.DISCRIMINATOR, ls="--", lw=2, label="D, frozen")
left.set(xlabel="x", ylabel="density, or D(x)", xlim=(-2, 7), ylim=(0, 1.2))
left.set_title("The best reply to a D that stands still")
right.plot(path[:, 1], color=plots.GENERATOR, ls="--", label="mean of G(z)")
right.plot(np.abs(path[:, 0]), color=plots.GENERATOR, lw=2, label="spread of G(z)")
right.axhline(best, color=plots.DISCRIMINATOR, lw=1, ls=":", label="argmax D")
right.set(xlabel="G step", ylabel="mean and spread", title="A perfect G, ruined by its own loss")
left.legend(frameon=False, fontsize="small", loc="upper right")
right.legend(frameon=False, loc="center right")
plots.finish(fig, "07_mode_collapse_frozen")

# %% [markdown]
# ## The order of min and max
#
# The paper's game is min over G of max over D: *D answers G*. Then a point is bad, its C(G) is far above
# -log 4, and p_g = p_data is best. Swapped, max over D of min over G, *G answers D*, with a point. The
# value is -log 4 again, but D = 1/2 reaches it, against which every G is as good: the order decides
# whether D can punish a collapse. Gradient steps do not know which order you meant.
#
# Eight cells with p_data = 1/8 each show it without any training. q holds p_g, a the logits of D.

# %%
p, point = np.full(8, 1 / 8), np.eye(8)[0]
perfect, collapsed = theory.criterion(p, p), theory.criterion(p, point)
print(f"D answers G:  C(p_g = p_data) = {perfect:.4f} = -log 4   C(point) = {collapsed:.4f}")
assert abs(perfect + math.log(4)) < 1e-12 and abs(collapsed - (math.log(8 / 9) - math.log(9) / 8)) < 1e-12


def after_the_best_reply(a):
    """V when G answers D, logits a (8,), with the best of all p_g: a point where D is largest."""
    return theory.value_of_logit(a, p, np.eye(8)[a.argmax()])


logits = 2 * rng.standard_normal((2000, 8))  # 2000 different D
replies = np.array([after_the_best_reply(a) for a in logits])
others = [theory.value_of_logit(a, p, q) for a, q in zip(logits, rng.dirichlet(p, 2000), strict=True)]
better = np.sum(others < replies - 1e-12)
undecided = after_the_best_reply(np.zeros(8))
print(f"G answers D:  best of 2000 random D: {replies.max():.4f}   D = 1/2: {undecided:.4f} = -log 4")
print(f"              a random p_g was better than the point in {better} of 2000 cases")
assert replies.max() < undecided and abs(undecided + math.log(4)) < 1e-12
assert better == 0

# %% [markdown]
# ## So G hops
#
# Let the two play on these cells: G answers with the best point, then D takes one gradient step on V.
# D lowers its logit where G sits, some other cell becomes the best, and G hops there, for ever.
# At no moment is G any good. But over time each cell is visited equally often: a memory of *all*
# the G's would be the data. Averaging helps if it keeps the samples: hold on to that.

# %%
a, visits = np.zeros((8, 1)), []  # D's logits; the cells that G sat on
for _ in range(800):
    cell = int(a.argmax())
    _, da = games.minimax.discriminator(a, a[[cell]])  # real: each cell once; fake: the point
    a += da[:8]
    a[cell] += da[8]
    visits.append(cell)
counts = np.bincount(visits, minlength=8)
print("G sits on cell", *visits[:24], "...")
print("visits in 800 rounds:", *counts, "  (even: 100)")
assert all(now != then for now, then in zip(visits, visits[1:], strict=False))
assert np.abs(counts - 100).max() <= 2

# %% [markdown]
# ## The ring
#
# Now networks, on eight Gaussians. A vanilla GAN, one D step per G step, but G learns at eight times
# the rate of D: next to G, D nearly stands still, and 400 steps are enough to see what comes of it.
#
# Measured by the published protocol: 2,500 samples; high quality = within 3 sigma of the nearest mode;
# captured = at least one such sample. A perfect sampler has 98.89 %, not 100. The published ring
# has sigma 0.01; ours 0.1, which small nets can hit in 400 steps. Without its protocol no number counts.

# %%
data = ring(sigma=0.1)
gap = np.linalg.norm(np.diff(data.means, axis=0, append=data.means[:1]), axis=1)
wanted = 2 * math.sin(math.pi / 8)
print(
    f"{len(gap)} modes, neighbours {gap.min():.3f} to {gap.max():.3f} apart; by hand 2 sin(pi/8) = {wanted:.3f}"
)
assert np.abs(gap - wanted).max() < 1e-12 and gap.min() > 6 * data.sigma  # the circles do not meet
perfect = metrics.coverage(data.sample(2500, rng=rng), data, rng=rng)
collapsed = metrics.coverage(np.repeat(data.means[:1], 2500, axis=0), data, rng=rng)
print(f"perfect sampler        {perfect}")
print(f"one point 2,500 times  {collapsed}")
assert abs(perfect.high_quality - (1 - math.exp(-4.5))) < 0.01 and perfect.captured == 8  # 4.8 standard errors
assert collapsed.high_quality == 1 and collapsed.captured == 1
assert perfect.reverse_kl < 0.01 and abs(collapsed.reverse_kl - math.log(8)) < 1e-12

# %% [markdown]
# The second line is the trap: a collapsed G has the *best* share of high quality. Read both numbers.
#
# "Many z, one x" can be measured too: by the Jacobian J = dG/dz, (d, n_z) at each z, whose norm says
# how far x moves when z moves by 1. Backward gives it a row at a time: dy = 1 for one output, 0 else.


# %%
def jacobian(G, z):
    """dG/dz at each z (m, n_z): (m, d, n_z)."""
    G.forward(z)
    rows = np.eye(G.n_out, dtype=G.dtype)
    return np.stack([G.backward(np.tile(row, (len(z), 1)), params=False) for row in rows], axis=1)


G, h = models.mlp((2, 32, 32, 2), rng=rng), 1e-6
z = rng.standard_normal((20, 2))
J, nudged = jacobian(G, z), [(G.predict(z + h * e) - G.predict(z - h * e)) / (2 * h) for e in np.eye(2)]
error = np.abs(J - np.stack(nudged, axis=2)).max()
print(f"J {J.shape}: backward against nudged z, largest error {error:.1e}")
assert error < 1e-7


def play(seed, d_steps=1, n_z=2, steps=400):
    """A trained pair; every 20 steps G(z) for the same z, (20, 500, 2), and the median norm of J, (20,)."""
    rng = np.random.default_rng(seed)
    options = {"lr": 4e-3, "d_lr": 5e-4, "betas": (0.5, 0.999), "dtype": np.float32}
    gan = models.pair((n_z, 32, 32, 2), (2, 32, 32, 1), rng=rng, **options)
    z, looks, stretch = gan.noise(500, rng=rng), [], []
    for record in train(gan, data, steps=steps, batch=64, d_steps=d_steps, average=0.99, rng=rng):
        if record.step % 20 == 0:
            looks.append(gan.generate(z, raw=True))
            stretch.append(np.median(np.linalg.norm(jacobian(gan.G, z[:200]), axis=(1, 2))))
    return gan, np.array(looks), np.array(stretch)


SETTINGS = {"vanilla": {}, "5 D steps": {"d_steps": 5}, "n_z = 16": {"n_z": 16}}
plays = {name: [play(seed, **setting) for seed in range(4)] for name, setting in SETTINGS.items()}

# %% [markdown]
# One vanilla run over time, and the same seed with five D steps per G step. The vanilla G sits on one mode,
# then on another: the cells above, with networks. Under each look, the share of the samples by nearest mode.


# %%
def shares(looks):
    """The share of the samples nearest to each mode, at each look: (looks, n, 2) -> (looks, 8)."""
    nearest = np.linalg.norm(looks[:, :, None] - data.means, axis=3).argmin(axis=2)
    return np.stack([(nearest == mode).mean(axis=1) for mode in range(8)], axis=1)


fig, axes = plt.subplots(2, 6, figsize=(13, 4.8), layout="constrained", sharex=True, sharey=True)
real = data.sample(500, rng=rng)
for row, name in zip(axes, ("vanilla", "5 D steps"), strict=True):
    for ax, i in zip(row, range(9, 20, 2), strict=True):
        plots.cloud(ax, real, plays[name][0][1][i]).get_legend().remove()
        ax.set(title=f"{name}, step {20 * (i + 1)}", xlim=(-2, 2), ylim=(-2, 2), xlabel="", ylabel="")
fig.supxlabel("x1")
fig.supylabel("x2")
plots.legend(axes[0, 0], loc="lower left", markerscale=4)
plots.finish(fig, "07_mode_collapse_ring")

fig, axes = plt.subplots(1, 2, figsize=(11, 3.5), layout="constrained", sharey=True)
for ax, name in zip(axes, ("vanilla", "5 D steps"), strict=True):
    share, place = shares(plays[name][0][1]), (10, 410, 7.5, -0.5)
    picture = ax.imshow(share.T, cmap="Oranges", vmin=0, vmax=0.6, aspect="auto", extent=place)
    ax.set(xlabel="G step", title=f"{name}: where G's samples are")
axes[0].set(ylabel="nearest mode", yticks=range(8))
fig.colorbar(picture, ax=axes, label="share of the samples", extend="max")
plots.finish(fig, "07_mode_collapse_time")

# %% [markdown]
# In numbers, over four seeds: how many of the modes held more than half of all samples, at one look or
# another after step 200? And how far does x move when z moves by 1, the norm of J? A hopping G gives
# many z to one x. A wider z is no cure: J is (2, 16) then, its rank at most 2, and 14 directions of z
# change nothing at all, in any G.

# %%
mean, error = np.mean, lambda values: np.std(values, ddof=1) / math.sqrt(len(values))
held, norms = {}, {}
for name, runs in plays.items():
    held[name] = [int((shares(looks[10:]) > 0.5).any(axis=0).sum()) for _, looks, _ in runs]
    norms[name] = [float(stretch[10:].mean()) for _, _, stretch in runs]
    print(f"{name:<10} modes that once held the majority, by seed:", *held[name], end="   ")
    print(f"norm of J {mean(norms[name]):.2f} +- {error(norms[name]):.2f}")
# Each bound is 4 or more standard errors (of a mean of 4) away from the mean over 40 other seeds:
# 5.8, 0.1, 6.0 modes, and norms of 0.41, 0.96, 0.37.
assert mean(held["vanilla"]) > 2 and mean(held["n_z = 16"]) > 2 and mean(held["5 D steps"]) < 1
assert mean(norms["vanilla"]) < 0.75 and mean(norms["n_z = 16"]) < 0.75 and mean(norms["5 D steps"]) > 0.8

# %% [markdown]
# ## What helps
#
# The protocol at step 400, and once more with the running average of theta_g (factor 0.99). The last row
# draws its 2,500 samples from all twenty looks of a run: the memory of all G's from above.

# %%
rows = {name: [gan.sample(2500, rng=rng, raw=True) for gan, _, _ in runs] for name, runs in plays.items()}
for name in ("vanilla", "5 D steps"):
    rows[f"{name}, theta averaged"] = [gan.sample(2500, rng=rng) for gan, _, _ in plays[name]]
rows["vanilla, looks pooled"] = [rng.choice(np.concatenate(looks), 2500) for _, looks, _ in plays["vanilla"]]

modes = {}
print("mean +- standard error of 4 runs   modes captured      high quality")
for name, samples in rows.items():
    covers = [metrics.coverage(x, data, rng=rng) for x in samples]
    modes[name], quality = [c.captured for c in covers], [100 * c.high_quality for c in covers]
    print(f"{name:<34} {mean(modes[name]):.1f} +- {error(modes[name]):.1f} of 8", end="   ")
    print(f"{mean(quality):6.1f} +- {error(quality):4.1f} %")
print("\nthe first vanilla run: ", metrics.coverage(rows["vanilla"][0], data, rng=rng).per_mode())
print("with 5 D steps:        ", metrics.coverage(rows["5 D steps"][0], data, rng=rng).per_mode())
# Over 40 other seeds the means were 1.4, 8.0, 1.5, 0.7, 8.0, 7.8; again 4 standard errors or more.
assert mean(modes["vanilla"]) < 3 and mean(modes["n_z = 16"]) < 3 and mean(modes["vanilla, theta averaged"]) < 3
assert mean(modes["5 D steps"]) > 7.5 and mean(modes["5 D steps, theta averaged"]) > 7.5
assert mean(modes["vanilla, looks pooled"]) > 7

# %% [markdown]
# - **More D steps** cure it, each G step costing more: D answers before G has moved, and that is the
#   order of min and max that the paper means.
# - **A wider latent space** does not. G had randomness enough; its loss told it not to use it.
# - **Averaging theta** does not: between two G's on two modes lies a G on neither. Nor does it do
#   much for the healthy runs, they are too short. The *samples* of all G's, though, cover the ring.
#
# ## Why G has plain ReLU on the ring
#
# One more thing helps, and costs nothing. Modes are islands, and G is continuous: between two islands it
# builds a bridge, and samples on a bridge are wrong. On a bridge G moves fast, |J| is large; on an island it
# should stand still. A LeakyReLU of slope 0.2 passes on at least a fifth of each change. A ReLU, slope 0, can
# fold a whole region of z onto a point: |J| is near 0 for more of the noise; and it rushes over its bridges,
# so that few z end there.

# %%
narrow = ring(sigma=0.03)


def fold(seed, slope):
    """High quality after 1,500 steps with this slope in G; the norm of J at 2,500 z; samples."""
    rng = np.random.default_rng(seed)
    gan = models.mixture_pair(rng=rng, slope=slope, dtype=np.float32)  # G 2-64-64-64-2; D keeps slope 0.2
    for _ in train(gan, narrow, steps=1500, batch=128, average=0.99, anneal=True, rng=rng):
        pass
    samples, J = gan.sample(2500, rng=rng), jacobian(gan.average, gan.noise(2500, rng=rng))
    return metrics.coverage(samples, narrow, rng=rng), np.linalg.norm(J, axis=(1, 2)), samples


folds = {slope: fold(0, slope) for slope in (0.2, 0.0)}
for slope, (found, J, _) in folds.items():
    share = f"|J| below 0.1 at {np.mean(J < 0.1):4.0%} of the noise, above 2 at {np.mean(J > 2):4.0%}"
    print(f"slope {slope}: high quality {found.high_quality:.1%}, {found.captured} modes;  {share}")
(leaky, J_leaky, _), (plain, J_plain, _) = folds.values()
# 11 other seeds: 64 to 71 % against 86 to 89 %, but for one where units of G died: 47 %. That is its price.
assert plain.high_quality > leaky.high_quality + 0.1 and plain.captured == leaky.captured == 8
assert np.mean(J_plain < 0.1) > 1.2 * np.mean(J_leaky < 0.1) and np.mean(J_plain > 2) < np.mean(J_leaky > 2)

# %%
fig, axes = plt.subplots(1, 3, figsize=(14, 4.5), layout="constrained")
real = narrow.sample(2500, rng=np.random.default_rng(1))
for ax, (slope, (_, _, samples)) in zip(axes, folds.items(), strict=False):
    plots.cloud(ax, real, samples).get_legend().remove()
    ax.set_title(f"slope {slope} in G")
plots.legend(axes[0], loc="center", markerscale=5)
edges = np.geomspace(1e-3, 30, 60)
for slope, colour, style in (0.2, plots.REFERENCE, "-"), (0.0, plots.GENERATOR, ":"):
    axes[2].hist(folds[slope][1], edges, histtype="step", lw=2, color=colour, ls=style, label=f"slope {slope}")
axes[2].set(xscale="log", xlabel="|J|: how far x moves when z moves by 1", ylabel="of 2,500 z")
plots.legend(axes[2], loc="upper left").set_title("How much does G stretch?")
plots.finish(fig, "07_mode_collapse_fold")

# %% [markdown]
# ## On your own
#
# - Let G and D learn at one rate, `d_lr=4e-3`, still with one D step. Predict the first row.
# - Start the cells' game from `a = rng.standard_normal((8, 1))`. Will the visits still be even?
# - Train D against the broad G for 0 steps instead of 400. Where does the frozen D send G?
