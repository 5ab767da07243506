# %% [markdown]
# # Watch a generator collapse
#
# **You will see** a perfect G ruined by its own loss, and a GAN that hops from mode to mode.
# **You will learn** why this, the paper's *Helvetica scenario* (Goodfellow et al. 2014, section 6), is the
# best reply to a D that stands still; and that D's *relative* speed decides. **45 minutes in class.**
# **You need** V, D* and C(G) (lessons 3 and 4), Algorithm 1 (lesson 5), both losses of G (lesson 6).

# %%
from npgan import GAN, Adam, Dense, Gaussian, Network, games, metrics, models, plots, ring, theory, train
import matplotlib.pyplot as plt
import numpy as np
plots.large_text()

# %% [markdown]
# ## If D stands still, is it still a game?
#
# No: then G just minimises E log(1 - D(G(z))). An average is never below its least term, so nothing beats G(z)
# = x* for *every* z, where x* = argmax D. Take data N(2, 0.5^2) and G(z) = W z + b. Train D against a broad G
# (W = 3, b = 0), freeze it, and give G the *perfect* W = 0.5, b = 2. D* of that G would be 1/2 everywhere, and
# G would stay; this D is out of date, as any D is between its steps. Now let G descend.

# %%
rng, near_2 = np.random.default_rng(1), Gaussian(2.0, 0.5)
G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 16, 1), rng=rng)
gan = GAN(G, D, Adam(G, lr=0.02), Adam(D, lr=0.01), game=games.minimax)
G.theta = [3.0, 0.0]  # W, b
for _ in range(400):
    gan.discriminator_step(near_2.sample(128, rng=rng), gan.noise(128, rng=rng))
G.theta, D_frozen, path = [0.5, 2.0], D.theta.copy(), []  # G(z) is now distributed as the data
for step in range(300):
    gan.opt_g.rate = 1 - step / 300
    path.append([*G.theta, gan.generator_step(gan.noise(1000, rng=rng))])  # W, b, and the loss there
assert (D.theta == D_frozen).all()  # a G step leaves D as it is, to the last bit

# %%
x = np.linspace(-1, 5, 6001)
a_x = D.predict(x[:, None])[:, 0]  # D's logits, (6001,)
fig, ax = plt.subplots(figsize=(11, 5))
p_g = np.transpose([Gaussian(path[i][1], abs(path[i][0])).pdf(x) for i in (0, 12, 20, 25)])
ax.plot(x, p_g, color=plots.GENERATOR, lw=2.5, label=["p_g after 0, 12, 20, 25 steps", "_", "_", "_"])
ax.plot(x, Gaussian(2.0, 0.5).pdf(x), color=plots.DATA, ls=":", lw=3, label="p_data")
ax.plot(x, 1 / (1 + np.exp(-a_x)), color=plots.DISCRIMINATOR, ls="--", lw=3, label="D(x), frozen")
ax.axhline(0.5, color=plots.REFERENCE, lw=1, ls=":", label="D = 1/2")
ax.set(xlabel="x", ylabel="density, or D(x)", title="A perfect G, ruined by its own loss", ylim=(0, 5))
plots.legend(ax, loc="outside lower center", ncols=4)
plots.finish(fig, "07_frozen_d")

# %%
(W, b, loss), (_, _, start) = path[-1], path[0]
best, least = x[a_x.argmax()], -np.logaddexp(0, a_x.max())  # log(1 - D) = -softplus(a)
print(f"spread of G(z) 0.5 -> {abs(W):.4f}   mean of G(z) 2 -> {b:.3f}   argmax D {best:.3f}")
print(f"E log(1 - D(G(z))) {start:.4f} -> {loss:.4f}   its least value {least:.4f}")
# Over 40 other seeds: |W| below 0.025, b at most 0.03 off (once 0.2, D's top being flat), gain 0.3 or more.
assert abs(W) < 0.05 and abs(b - best) < 0.3 and start - loss > 0.2 and abs(loss - least) < 0.01

# %% [markdown]
# ## Best reply, dominant strategy, Nash equilibrium
#
# Two cells, p_data = 1/2 each; G puts q on the first, D's logits are t and -t. In min max the inner player, D,
# moves second and answers G; in max min G does, and puts all its mass on the cell with the larger logit. So G
# has no *dominant* strategy, best whatever D does. A Nash equilibrium asks less: each is a best reply to *the
# other*. That is q = 1/2, t = 0 alone, with min max = max min = -log 4. **So G hops.** They answer in turn, G
# with its best point, D with a gradient step on V. D lowers its logit where G sits, G hops to the other cell,
# for ever. At no moment is G any good, yet it visits both equally often. When D stops, G stays: collapsed.

# %%
half, qs, ts = np.full(2, 0.5), np.linspace(0, 1, 41), np.linspace(-2, 2, 81)
V = np.array([[theory.value_of_logit([t, -t], half, [q, 1 - q]) for t in ts] for q in qs])  # (q, t)
answer = np.log((1.5 - qs) / (0.5 + qs))  # D's best reply to each q, by hand: dV/dt = 0
min_max, max_min, off = V.max(axis=1).min(), V.min(axis=0).max(), np.abs(ts[V.argmax(axis=1)] - answer)
print(f"min max V {min_max:.6f}   max min V {max_min:.6f}   -log 4 {-np.log(4):.6f}")
assert max(abs(min_max + np.log(4)), abs(max_min + np.log(4))) < 1e-12 and off.max() < 0.026  # half a grid step
for i, j, known in (20, 40, (0, 0)), (40, 60, (0, 1.0019)), (0, 60, (1, 0.0019)):
    gains = np.array([V[i, j] - V[:, j].min(), V[i].max() - V[i, j]])
    print(f"q = {qs[i]:.1f}, t = {ts[j]:.0f}: alone, G gains {gains[0]:.4f}, D {gains[1]:.4f}  by hand {known}")
    assert np.abs(gains - known).max() < 1e-4  # 1.0019 = V(1, -log 3) - V(1, 1): no equilibrium

# %%
t, turns = 0.8, []  # where G and D are in each round: (t, q)
for i in range(900):
    a, cell = np.array([[t], [-t]]), int(t <= 0)
    turns.append((t, 1 - cell))
    _, da = games.minimax.discriminator(a, a[[cell]])  # da: for real cell 1, real cell 2, the fake
    t += (i < 800) * (da[0] - da[1] + (1 - 2 * cell) * da[2])[0]
moving, still = np.split([q for _, q in turns], [800])
print("q:", *moving[:16], f"...   mean {moving.mean():.4f}   p_data 0.5   once D stands still:", *still[:9])
assert np.diff(moving).all() and abs(moving.mean() - 0.5) < 0.01 and not np.diff(still).any()

# %%
fig, ax = plt.subplots(figsize=(11, 5.5))
fig.colorbar(ax.contourf(ts, qs, V, 20, cmap="Greys_r"), label="V (nats)")
ax.plot(answer, qs, color=plots.DISCRIMINATOR, ls="--", lw=3, label="D's best reply to q")
ax.plot([-2, 0, 0, 2], [0, 0, 1, 1], color=plots.GENERATOR, lw=4, label="G's best reply to t")
ax.plot(0, 0.5, "o", ms=12, color="black", label="Nash equilibrium, V = -log 4")
ax.plot(*np.transpose(turns[:12]), "ks", clip_on=False, label="answers in turn")
ax.set(xlabel="t: D's logits are t, -t", ylabel="q: G's share of cell 1", title="In turn: G hops past Nash")
plots.legend(ax, loc="outside lower center", ncols=2)
plots.finish(fig, "07_best_replies")

# %% [markdown]
# ## The ring, and how collapse is measured
#
# *The ring*: eight round Gaussians, sigma in each coordinate, centres evenly on the unit circle, equally
# likely. *High quality*: within 3 sigma of the nearest mode; of a perfect sampler's, 1 - e^-4.5 = 98.89 % are.
# *Captured*: a mode with one such sample of 2,500 (VEEGAN, PacGAN; their sigma is 0.01, ours 0.1). *Reverse
# KL*: with h the modes' shares of the good samples, KL(h || even), the model first; the other way round, one
# missing mode makes it infinite. A collapsed G has the *best* quality: read all three.

# %%
data, narrow, rng = ring(sigma=0.1), ring(sigma=0.03), np.random.default_rng(0)
gaps = np.linalg.norm(data.means - np.roll(data.means, 1, axis=0), axis=1)
many, point = data.sample(100_000, rng=rng), np.repeat(data.means[:1], 2500, axis=0)
perfect, collapsed = (metrics.coverage(samples, data, rng=rng) for samples in (many, point))
print(f"neighbours are {gaps.min():.4f} to {gaps.max():.4f} apart   2 sin(pi/8) = {2 * np.sin(np.pi / 8):.4f}")
print(f"perfect sampler: high quality {perfect.high_quality:.2%}   by hand {1 - np.exp(-4.5):.2%}")
print(f"one point: reverse KL {collapsed.reverse_kl:.4f}   log 8 = {np.log(8):.4f}", end="   ")
print(f"the other way round {theory.kl(np.full(8, 1 / 8), collapsed.modes / 2500)}")
assert abs(perfect.high_quality - (1 - np.exp(-4.5))) < 0.002 and perfect.captured == 8  # 6 standard errors
assert np.abs(gaps - 2 * np.sin(np.pi / 8)).max() < 1e-12 and perfect.reverse_kl < 0.001
assert collapsed.high_quality == collapsed.captured == 1 and abs(collapsed.reverse_kl - np.log(8)) < 1e-12
fig, axes = plt.subplots(1, 2, figsize=(12, 5))
for ax, fake, found in (axes[0], many[-2500:], perfect), (axes[1], point, collapsed):
    plots.cloud(ax, many[:2500], fake).get_legend().remove()
    ax.set_title(f"{found.captured} of 8 modes, {found.high_quality:.0%}, reverse KL {found.reverse_kl:.2f}")
axes[1].lines[1].set_markersize(14)  # the point
plots.legend(axes[0], loc="outside lower center", markerscale=6, ncols=2)
plots.finish(fig, "07_ring")

# %% [markdown]
# ## The Helvetica scenario
#
# "G must not be trained too much without updating D, in order to avoid 'the Helvetica scenario' in which G
# collapses too many values of z to the same value of x" (section 6). So: a *slow D*, an eighth of G's rate;
# then one thing is changed, but a slow G needs more steps to get as far. (A slow D with 1,200 stays collapsed:
# captured 1, 0, 1, 1, held 8, 5, 7, 7.) *Held*: how many different modes had, at some look in the second half,
# over half of G's samples. D's *speed*: the largest change in theta_d by the first round over that in theta_g.
# Adam's first step moves a parameter by its rate, whatever its gradient: d_lr / lr, times the D steps.

# %%
def play(seed, lr=4e-3, d_lr=5e-4, d_steps=1, n_z=2, steps=400):
    """The Coverage of the ring; 20 looks at G(z) for the same z, (20, 500, 2); the speed of D."""
    rng, looks = np.random.default_rng(seed), []
    options = {"lr": lr, "d_lr": d_lr, "betas": (0.5, 0.999), "dtype": np.float32}
    gan = models.pair((n_z, 32, 32, 2), (2, 32, 32, 1), rng=rng, **options)
    z, theta_g, theta_d = gan.noise(500, rng=rng), gan.G.theta.copy(), gan.D.theta.copy()
    for record in train(gan, data, steps=steps, batch=64, d_steps=d_steps, rng=rng):
        if record.step == 1:
            speed = np.abs(gan.D.theta - theta_d).max() / np.abs(gan.G.theta - theta_g).max()
        if record.step % (steps // 20) == 0:
            looks.append(gan.generate(z))
    return metrics.coverage(gan.sample(2500, rng=rng), data, rng=rng), np.array(looks), speed


# %%
SETTINGS = {  # name: what differs from the slow D; the speed by hand
    "slow D": ({}, 1 / 8), "both rates doubled": ({"lr": 8e-3, "d_lr": 1e-3}, 1 / 8),
    "n_z = 16": ({"n_z": 16}, 1 / 8), "equal rates": ({"d_lr": 4e-3}, 1),
    "8 D steps": ({"d_steps": 8}, 1), "slow G, 1,200 steps": ({"lr": 5e-4, "steps": 1200}, 1),
}  # fmt: skip
plays = {name: [play(seed, **setting) for seed in range(4)] for name, (setting, _) in SETTINGS.items()}
print("speed of D:     by hand, measured   captured   held the majority   high quality")
for name, runs in plays.items():
    by_hand, speed = SETTINGS[name][1], np.mean([run[2] for run in runs])
    captured, good = np.transpose([(run[0].captured, run[0].high_quality) for run in runs])
    near = [np.linalg.norm(run[1][10:, :, None] - data.means, axis=3).argmin(axis=2) for run in runs]
    held = [sum(((n == mode).mean(axis=1) > 0.5).any() for mode in range(8)) for n in near]  # after step 200
    print(f"{name:<20}{by_hand:5.3f}, {speed:.4f}    {captured.astype(int)}   ", *held, f"{good.mean():17.0%}")
    # Eight Adam steps add up to a bit more than 8. Fours of 40 other seeds: captured 0.8 to 3.3, and 5.8 to 8.
    assert abs(speed / by_hand - 1) < (0.3 if name == "8 D steps" else 1e-3)
    cured, sick = captured.mean() > 5 and np.mean(held) < 2, captured.mean() < 4 and np.mean(held) > 3
    assert cured == (by_hand == 1) and sick == (by_hand == 1 / 8)

# %%
fig, axes = plt.subplots(2, 5, figsize=(12, 5.6), sharex=True, sharey=True)
for row, name in zip(axes, ("slow D", "equal rates"), strict=True):
    for ax, i in zip(row, range(11, 20, 2), strict=True):
        plots.cloud(ax, many[:500], plays[name][0][1][i]).get_legend().remove()
        ax.set(title=f"step {20 * i + 20}", xlim=(-2, 2), ylim=(-2, 2), ylabel=f"{name}\nx2")
        ax.label_outer()
plots.legend(axes[0, 0], loc="outside lower center", markerscale=6, ncols=2)
plots.finish(fig, "07_wandering")

# %%
fig, ax = plt.subplots(figsize=(11, 5))
for i, runs in enumerate(plays.values()):
    ax.plot([run[0].captured for run in runs], 0.1 * np.arange(-1.5, 2) - i, "o", color=plots.GENERATOR, ms=10)
ax.set(yticks=range(0, -6, -1), yticklabels=[f"{name}: {speed:g}" for name, (_, speed) in SETTINGS.items()])
ax.set(xlabel="modes captured (four seeds)", ylabel="D's speed", title="D at G's speed: cured", xlim=(0, 8.3))
plots.finish(fig, "07_remedies")

# %% [markdown]
# Three cures: D then answers before G has moved on. A wider z is none: G's loss told it not to use its z.
#
# ## Why G has plain ReLU on the ring
#
# Between two modes a continuous G builds a bridge of wrong samples. With J = dG/dz, the Jacobian, (d, n_z),
# |J|, its Frobenius norm, says how far x moves with z: far on a bridge; on a mode it should stand still. A
# LeakyReLU passes on a fifth of a change or more; a ReLU can fold a region of z onto a point.

# %%
def jacobian(G, z):
    """dG/dz at each z (m, n_z): (m, d, n_z), a row at a time: dy = 1 for one output, 0 else."""
    G.forward(z)
    rows = np.eye(G.n_out, dtype=G.dtype)
    return np.stack([G.backward(np.tile(row, (len(z), 1)), params=False) for row in rows], axis=1)


def fold(seed, slope):
    """The Coverage of a narrower ring after 1,500 steps with this slope in G; |J| at 2,500 z; samples."""
    rng = np.random.default_rng(seed)
    gan = models.mixture_pair(rng=rng, slope=slope, dtype=np.float32)  # G 2-64-64-64-2; D keeps slope 0.2
    list(train(gan, narrow, steps=1500, batch=128, average=0.99, anneal=True, rng=rng))  # to its end
    made, J = gan.sample(2500, rng=rng), jacobian(gan.average, gan.noise(2500, rng=rng))
    return metrics.coverage(made, narrow, rng=rng), np.linalg.norm(J, axis=(1, 2)), made


# %%
some_g = models.mlp((2, 32, 32, 2), rng=np.random.default_rng(1))
z, h = np.random.default_rng(2).standard_normal((20, 2)), 1e-6
nudged = [(some_g.predict(z + h * e) - some_g.predict(z - h * e)) / (2 * h) for e in np.eye(2)]
error = np.abs(jacobian(some_g, z) - np.stack(nudged, axis=2)).max()
print(f"J by backward against nudged z: largest error {error:.1e}")
assert error < 1e-7
folds = {slope: fold(0, slope) for slope in (0.2, 0.0)}
for slope, (cover, J, _) in folds.items():
    print(f"slope {slope}: high quality {cover.high_quality:.1%}, {cover.captured} modes", end=";  ")
    print(f"|J| below 0.1 at {np.mean(J < 0.1):4.0%} of the noise, above 2 at {np.mean(J > 2):4.0%}")
(leaky, J_leaky, _), (plain, J_plain, _) = folds.values()
# 11 other seeds: 64 to 71 % against 86 to 89 %, but for one where units of G died: 47 %. That is its price.
assert plain.high_quality > leaky.high_quality + 0.1 and plain.captured == leaky.captured == 8
assert np.mean(J_plain < 0.1) > 1.2 * np.mean(J_leaky < 0.1) and np.mean(J_plain > 2) < np.mean(J_leaky > 2)

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 4.6))
for ax, slope, colour in zip(axes, folds, (plots.REFERENCE, plots.GENERATOR), strict=False):
    cover, J, made = folds[slope]
    plots.cloud(ax, narrow.sample(2500, rng=np.random.default_rng(1)), made).get_legend().remove()
    ax.set_title(f"slope {slope} in G: {cover.high_quality:.0%}")
    axes[2].hist(J, np.geomspace(1e-3, 30, 60), histtype="step", lw=3, color=colour, label=f"slope {slope}")
axes[2].set(xscale="log", xlabel="|J|", ylabel="of 2,500 z", title="How far x moves with z")
plots.legend(axes[0], axes[2], loc="outside lower center", markerscale=6, ncols=4)
plots.finish(fig, "07_fold")

# %% [markdown]
# ## On your own (answers, run and checked: `lessons/answers/07_mode_collapse.py`)
#
# - Average theta_g, or pool the samples of all looks: which of the two covers the ring while D is slow?
# - Play the cells' game on eight cells with free logits `a`, (8, 1), from 0, or from random ones. Visits even?
# - Train D against the broad G for 0 steps instead of 400. Where does the frozen D send G?
