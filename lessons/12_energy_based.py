# %% [markdown]
# # Give D an energy instead of a verdict, and let G roll downhill
#
# **You will see** an auto-encoder as a landscape, G's samples rolling into its valleys, and a collapse undone.
# **You will learn** how the EBGAN works (Zhao, Mathieu, LeCun 2017), what its best D and its V are, why half of
# the energy's gradient comes through the target, and what many copies of the pulling-away term get wrong.
# **You need** V, D* (lessons 1, 3), collapse and the ring (lesson 7), TV (lesson 8). **40 minutes in class.**

# %%
from npgan import Adam, metrics, models, plots, ring, theory, train
from npgan.gradcheck import numerical_gradient
from npgan.variants.energy import Energy, pulling_away
import matplotlib.pyplot as plt
import numpy as np
plots.large_text()
ticks = np.linspace(-2, 2, 61)
plane = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)  # (3721, 2)

# %% [markdown]
# ## An auto-encoder is a landscape
#
# D encodes x into a code S of few numbers, decodes that into a reconstruction r, and says how badly it went:
# **a(x) = mean of (r - x)^2**, the *energy*. Low means real: the other way round than a logit. The paper's D
# descends L_D = E a(x) + E max(0, margin - a(G(z))): data down, fakes up to a margin. Our D climbs, so
# **V = -L_D**; no more about signs. G descends E a(G(z)).
# Three D's with data on a curve. With a code of width 1 it is enough to reconstruct the data: one number cannot
# tell where off the curve x was. A code of width 16 copies the *whole* plane: then only fakes, here scattered
# evenly, tell D where the data are not. (Beyond the margin, 1, nobody cares how high an energy is.)


# %%
def on_curve(m, rng):
    x1 = rng.uniform(-1.5, 1.5, m)
    return np.column_stack([x1, np.sin(2 * x1)])


def learn(code, fakes, seed=0):
    """An auto-encoder 2-64-code-64-2 after 800 steps up V; fakes False: up -E a(x) alone."""
    rng, game = np.random.default_rng(seed), Energy(1.0)
    D = models.auto_encoder((2, 64, 1), code=code, rng=rng)
    opt = Adam(D, lr=3e-3)
    for step in range(800):
        opt.rate = 1 - step / 800
        a = D.forward(np.concatenate([on_curve(128, rng), rng.uniform(-2, 2, (128, 2))]))
        da = game.discriminator(a[:128], a[128:])[1]
        D.backward(np.concatenate([da[:128], fakes * da[128:]]), inputs=False)
        opt.ascend()
    return D


# %%
def landscape(ax, D_plane):
    """Grey hills and white valleys, from the energies (3721, 1) of the plane. Returned for a colour bar."""
    ax.set(xlabel="x1", aspect="equal")
    return ax.contourf(ticks, ticks, D_plane.reshape(61, 61), np.arange(13) / 10, cmap="Greys", extend="max")


valley, x_curve = learn(1, False), on_curve(1000, np.random.default_rng(1))
far = plane[np.linalg.norm(plane[:, None] - x_curve[:200], axis=2).min(axis=1) > 0.5]
learned = {"code 1: a valley": valley, "code 16: flat": learn(16, False), "and fakes: a gorge": learn(16, True)}
fig, axes = plt.subplots(1, 3, figsize=(12, 4.4), sharey=True)
for ax, (name, D) in zip(axes, learned.items(), strict=True):
    shades, (on, off) = landscape(ax, D.predict(plane)), (np.median(D.predict(at)) for at in (x_curve, far))
    ax.plot(*x_curve[:300].T, ".", color=plots.DATA, ms=4)
    ax.set(title=name, ylabel="x2")
    print(f"{name:18s} energy of data {on:.4f}   of points over 0.5 off them {off:.4f}   (medians)")
    assert on < 0.02 and (off < 0.1 if "flat" in name else off > 0.7)  # so do ten other seeds
fig.colorbar(shades, label="energy a(x)", ax=axes)
plots.finish(fig, "12_landscapes")

# %% [markdown]
# ## The gradient has two halves
#
# G is led by da/dx, and x stands twice in (r - x)^2: in r, and as the target. With J = dr/dx, in d dimensions,
# **da/dx = 2/d J^T (r - x) - 2/d (r - x)**. Code that *detaches* the target, as if it were a label, loses the
# second half. We nudge each x alone, and both. Then we roll downhill: along da/dx, and along the half in r,
# which leads to *some* place that D can copy.


# %%
def a(in_r, as_target):
    return ((valley.reconstruct(in_r) - as_target) ** 2).mean(axis=1)


x, h = np.random.default_rng(2).uniform(-1.8, 1.8, (300, 2)), 1e-6
off_a, target = abs(valley.forward(x)[:, 0] - a(x, x)).max(), -2 / 2 * (valley.reconstruct(x) - x)  # d = 2
both = valley.backward(np.ones((300, 1)), params=False)
for name, half, r, t in ("in r", both - target, 1, 0), ("target", target, 0, 1), ("both", both, 1, 1):
    nudged = [a(x + r * e, x + t * e) - a(x - r * e, x - t * e) for e in h * np.eye(2)]
    differences = np.transpose(nudged) / (2 * h)
    print(f"{name:6s} at x[0]: {half[0].round(6)}   by differences {differences[0].round(6)}")
    assert max(off_a, abs(half - differences).max()) < 1e-7 and abs(half).max() > 0.5

# %%
fig, axes = plt.subplots(1, 2, figsize=(12, 4.6), sharex=True, sharey=True)
for ax, name in zip(axes, ("da/dx", "the half in r"), strict=True):
    path = [np.random.default_rng(3).uniform(-1.6, 1.6, (120, 2))]
    for _ in range(100):
        valley.forward(path[-1])
        da_dx = valley.backward(np.ones((120, 1)), params=False)
        path.append(path[-1] - 0.1 * (da_dx if name == "da/dx" else da_dx + valley.error))
    before, after = (np.linalg.norm(path[i][:, None] - x_curve, axis=2).min(axis=1).mean() for i in (0, -1))
    ax.plot(*np.transpose(path, (2, 0, 1)), color=plots.REFERENCE, lw=1)
    ax.plot(*x_curve[:300].T, ".", color=plots.DATA, ms=4)
    ax.plot(*path[-1].T, "o", color=plots.GENERATOR, ms=5)
    ax.set(title=f"along {name}: {after:.2f} off the data", xlabel="x1", ylabel="x2", aspect="equal")
    print(f"downhill along {name}: {before:.3f} off the data before, {after:.3f} after")
    assert after < 0.3 * before if name == "da/dx" else after > 0.5 * before  # ten other D: 0.12, 0.36 at worst
plots.finish(fig, "12_halves")

# %% [markdown]
# ## The best energy
#
# Fix G. A place x adds -p a - q max(0, margin - a) to V, p and q its p_data and p_g: up to the margin a
# straight line in a, with slope q - p; beyond it -p a. So the best energy is at an end: **0 where p >= q, the
# margin elsewhere**, and x adds -margin min(p, q). In all **V = -margin (1 - TV)**, as sum min(p, q) = 1 - TV.
# Three cells, 20 samples of each side, 2,000 pairs; its rivals: all 8 energies of 0 and margin, 4 random ones.

# %%
rng, rows = np.random.default_rng(4), []
corners = np.indices((2, 2, 2)).reshape(3, 8).T  # each of three cells 0 or 1, (8, 3)
for i in range(2000):
    game, counts = Energy(rng.uniform(0.5, 10)), rng.multinomial(20, rng.dirichlet(np.ones(3), 2))
    p, q = counts = counts if i % 10 else counts[[0, 0]]  # each tenth pair is equal
    real, fake = (np.repeat(np.arange(3), n)[:, None] for n in counts)  # the cells of samples, (20, 1) each
    energies = np.vstack([p < q, np.full(3, rng.random()), corners, rng.uniform(0, 1.5, (4, 3))])  # in margins
    V = [game.discriminator(game.margin * a[real], game.margin * a[fake])[0] / game.margin for a in energies]
    rows.append([theory.total_variation(p / 20, q / 20), *V])
TV, best, flat, *others = np.transpose(rows)  # V in margins, (2000,) each
off, off_others = abs(best + 1 - TV).max(), abs(np.max(others, axis=0) - best).max()
print(f"V / margin is off -(1 - TV) by {off:.0e}; the best of 12 rivals is off that by {off_others:.0e}")
even = np.array(others[:8])[:, TV == 0]
print(f"p_g = p_data, 8 energies: {even.min():.4f} to {even.max():.4f}   flat, any G: {flat.mean():.4f}")
assert max(off, off_others, abs(even + 1).max(), abs(flat + 1).max()) < 1e-12 and TV.max() > 0.9

# %%
fig, ax = plt.subplots(figsize=(10, 4.6))
ax.plot(np.tile(TV, 4), np.ravel(others[8:]), ".", color=plots.REFERENCE, ms=3, label="random energies")
ax.plot(TV, best, "o", color=plots.DISCRIMINATOR, ms=7, label="0 where p >= q, else the margin")
ax.set(xlabel="TV of p_data and p_g", ylabel="V / margin", title="No energy does better than -(1 - TV)")
plots.legend(ax, loc="outside lower center", ncols=2)
plots.finish(fig, "12_best_energy")

# %% [markdown]
# At p_g = p_data **V = -margin** for *every* energy up to the margin. If G is to have no better place to go, it
# is a constant, any gamma in [0, margin] (the paper's theorems 1 and 2): theory has a line for V, none for G's
# loss, gamma. And V = -margin proves nothing: a flat D has it against *any* G.
#
# ## The game, on the ring
#
# D digs where the data are, G's samples roll in; where they lie too densely, D fills up again. V is above
# -margin while D tells them apart. Soon it does not, and G draws a circle: all 8 modes, and of an even circle
# 77 % is within 3 sigma of one. G goes on from there, with hardly a trace in V.

# %%
data, rng, looks, records = ring(sigma=0.1), np.random.default_rng(1), {}, []
gan = models.mixture_pair(variant="ebgan", code=16, margin=1.0, d_hidden=[128], rng=rng, dtype=np.float32)
z = gan.noise(2500, rng=np.random.default_rng(1))
for record in train(gan, data, steps=1500, batch=128, anneal=True, rng=rng):
    records.append(record[1:])
    if record.step in (1, 20, 400, 1500):
        looks[record.step] = gan.D.predict(np.float32(plane)), gan.generate(z)
circle, end = (metrics.coverage(looks[step][1], data, rng=rng) for step in (400, 1500))
V, loss, _, _ = np.transpose(records)
early, late, good = V[300:500].mean(), V[-300:].mean(), (circle.high_quality, end.high_quality)
print(f"V at best {V.max():.2f}, steps 300 to 500 {early:.4f}, last 300 {late:.4f}   -margin -1")
print(f"high quality at step 400 {good[0]:.0%}, at the end {good[1]:.0%}, {end.captured} of 8 modes")
# 24 seeds: V -0.994 to -1.005, then -0.92 to -1.000; high quality 72 to 84 %, then 84 to 94 %.
assert abs(early + 1) < 0.02 < V.max() + 0.9 and -1.02 < late < -0.9
assert end.captured == 8 and good[0] < 0.87 and good[1] > max(0.82, good[0] + 0.05)

# %%
fig, axes = plt.subplots(1, 4, figsize=(12, 3.8), sharey=True)
for ax, (step, (D_plane, fake)) in zip(axes, looks.items(), strict=True):
    landscape(ax, D_plane)
    ax.plot(*data.sample(300, rng=np.random.default_rng(6)).T, ".", color=plots.DATA, ms=3)
    ax.plot(*fake[:500].T, ".", color=plots.GENERATOR, ms=4)
    ax.set(title=f"step {step}", xlim=(-2, 2), ylim=(-2, 2))
plots.finish(fig, "12_training")
fig, ax = plt.subplots(figsize=(10, 4.6))
plots.losses(ax, np.arange(1, 1501), V, loss, gan.game).get_legend().remove()
ax.set(title="V is back at -margin long before G is good", ylim=(-2, 2))
plots.legend(ax, loc="outside lower center", ncols=3)
plots.finish(fig, "12_losses")

# %% [markdown]
# ## Pulling codes apart
#
# Nothing keeps G from putting all on one mode. EBGAN-PT adds pull * f to G's loss (not to V), S_i the codes of
# its N fakes: **f = 1/(N (N-1)) sum over i and j != i of (S_i.S_j / (|S_i||S_j|))^2**, the mean squared cosine
# of all pairs: 1 if parallel, 0 if orthogonal. Antiparallel codes have 1, too: hence the square. Without it
# they would be the *best* pair. Lengths do not count, so df/dS only turns codes. Then: **does it help?** Same
# budget, 400 steps, with and without, a D half as wide, codes of width 4 and 16, four seeds each.


# %%
def by_pairs(S):  # the mean squared cosine of all pairs of codes, and the mean cosine
    cosines = [s @ t / np.sqrt(s @ s * (t @ t)) for i, s in enumerate(S) for j, t in enumerate(S) if j != i]
    return np.mean(np.square(cosines)), np.mean(cosines)


line, (u, v) = np.array([[1], [2], [0.5], [3]]), np.eye(2)  # four lengths, two directions
CODES = {"parallel": (line * u, 1), "antipodes": (line * [[1], [-1], [1], [-1]] * u, 1),
         "orthogonal": (np.diag(line[:, 0]), 0), "60 degrees": (np.array([2 * u, u + 3**0.5 * v]), 1 / 4)}
for name, (S, by_hand) in CODES.items():
    (f, df), (slow, no_square) = pulling_away(S), by_pairs(S)
    print(f"{name:11s}f {f:.4f}, by pairs {slow:.4f}, by hand {by_hand:.4f}   with no square {no_square:+.4f}")
    assert max(abs(f - slow), abs(f - by_hand), abs((df * S).sum(axis=1)).max()) < 1e-12

# %%
rng, few = np.random.default_rng(9), {"g_hidden": [8], "d_hidden": [8], "code": 3}
small = models.mixture_pair(variant="ebgan-pt", pull=0.7, rng=rng, **few)
z_few = small.noise(16, rng=rng)
loss_few, dtheta, x_few = small.generator_gradient(z_few), small.G.grad.copy(), small.G.predict(z_few)
by_hand = small.D.forward(x_few).mean() + 0.7 * by_pairs(small.D.S)[0]
error = abs(dtheta - numerical_gradient(lambda: small.generator_gradient(z_few), small.G.theta, h=1e-6)).max()
print(f"G's loss {loss_few:.6f}, E a + 0.7 f by hand {by_hand:.6f}; its gradient off by {error:.0e}")
assert abs(loss_few - by_hand) < 1e-12 and error < 1e-8


# %%
def play(code, pull, seed):
    """(Coverage of the ring, f of 500 codes, those 500 samples, the energies of the plane)."""
    rng, more = np.random.default_rng(seed), {"variant": "ebgan-pt", "margin": 1.0, "dtype": np.float32}
    gan = models.mixture_pair(code=code, pull=pull, d_hidden=[64], rng=rng, **more)
    list(train(gan, data, steps=400, batch=128, rng=rng))
    made, D_plane = gan.sample(2500, rng=rng), gan.D.predict(plane.astype(np.float32))
    gan.D.forward(made[:500])
    return metrics.coverage(made, data, rng=rng), pulling_away(gan.D.S)[0], made[:500], D_plane


plays = {(code, pull): [play(code, pull, seed) for seed in range(4)] for code in (4, 16) for pull in (0, 0.1)}
for (code, pull), runs in plays.items():
    captured, good, f = np.mean([(cover.captured, cover.high_quality, f) for cover, f, _, _ in runs], axis=0)
    print(f"code {code:2d}, pull {pull:3.1f}: {captured:.2f} of 8 modes, high quality {good:.0%}, f {f:.2f}")
    # 20 other seeds, code 4: 2.4 modes (fours: at most 5.3) without, 8 on each with; code 16: 7.4, 8 on each.
    assert captured < 6 if (code, pull) == (4, 0) else captured > (7 if pull else 5)
fig, axes = plt.subplots(1, 4, figsize=(12, 4), sharey=True)
for ax, ((code, pull), runs) in zip(axes, plays.items(), strict=True):
    landscape(ax, runs[0][3])
    ax.plot(*runs[0][2].T, ".", color=plots.GENERATOR, ms=4)
    ax.set(title=f"code {code}, pull {pull}\n{runs[0][0].captured} of 8 modes", xlim=(-2, 2), ylim=(-2, 2))
plots.finish(fig, "12_diversity")

# %% [markdown]
# With codes of width 4 collapse is the rule; pulled, G gets as far as the circle. With width 16 it does anyway.
# ## On your own (answers, run and checked: `lessons/answers/12_energy_based.py`)
# 1. The best linear auto-encoder with a code of width 1 projects x on a line. Predict both halves of da/dx.
# 2. Codes of width n, N of them: predict the least f. (n = 1? n = 2?) What does the pull do at n = 1?
# 3. Let the margin be 10, or 100. Predict V / margin after 600 steps. Is the ring learned as well?
