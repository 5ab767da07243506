# %% [markdown]
# # Give G another aim, show D a whole batch, teach D to doubt
#
# **You will see** four points that a loss of G takes for the data, fakes with which no ordinary D can find
# fault, and what the remedies of *Improved GAN* (Salimans et al. 2016) do on the ring, for better and worse.
# **You will learn** what feature matching matches and what it cannot; why D must not mix real and fake when it
# compares samples; why labels are smoothed on one side only. **You need** D* (lesson 3), -log D (lesson 6),
# collapse and the slow D (lesson 7). D *climbs* V, G *descends* its loss. **40 minutes in class.**

# %%
from npgan import GAN, Gaussian, games, gradcheck, metrics, models, plots, ring, theory, train
from npgan.variants.improved import Apart, FeatureMatching, Smoothed
import matplotlib.pyplot as plt
import numpy as np
plots.large_text()

# %% [markdown]
# ## Feature matching: the difference of two means
# f(x) is the output of D's hidden layer. G descends not -log D but **|mean f(x) - mean f(G(z))|^2**, while D
# plays as before (section 3.1). Here x is a number and f(x) six, LeakyReLUs with kinks at -1.5, 0 and 1.5,
# three rising each way. *Between two kinks each f_k is straight: its mean there knows how many samples there
# are and where their middle is, no more.* Put each onto the middle of its piece: no mean changes.

# %%
rng, kinks, z = np.random.default_rng(0), np.array([-1.5, 0, 1.5]), np.eye(256)
real = rng.choice([-1.5, 1.5], (256, 1)) + 0.5 * rng.standard_normal((256, 1))
piece = np.searchsorted(kinks, real[:, 0])
middles = np.array([[real[piece == k].mean()] for k in piece])  # (256, 1), in four places


def features(x):
    rising = np.concatenate([x - kinks, kinks - x], axis=1)  # (m, 6)
    return np.maximum(rising, 0.2 * rising)


# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4))
places, counts = np.unique(middles, return_counts=True)
left.hist(real[:, 0], np.arange(-3, 3.1, 0.25), color=plots.DATA, alpha=0.5, label="data")
left.vlines(places, 0, counts, color=plots.GENERATOR, lw=5, label="the middles")
left.vlines(kinks, 0, counts.max(), color=plots.REFERENCE, ls=":", label="kinks of f")
left.set(xlabel="x", ylabel="of 256 samples", title="two sets of samples ...")
right.plot(range(1, 7), features(real).mean(axis=0), "o", ms=16, color=plots.DATA)
right.plot(range(1, 7), features(middles).mean(axis=0), "x", ms=14, mew=3, color=plots.GENERATOR)
right.set(xlabel="k", ylabel="mean of f_k", title="... and one set of mean features")
plots.legend(left, loc="outside lower center", ncols=3)
plots.finish(fig, "11_same_means")

# %% [markdown]
# In this G each fake is free: z is one-hot, W holds the fakes, dloss/dW tells each where to go. For the copy
# *and* for the middles loss and gradient are 0: G is content, *with this D*. The plain game is not: a large D
# keeps V near -log 4 against the copy, and climbs far above it against the middles; it hardly notices the third
# set. What saves feature matching: D plays on, its kinks move.

# %%
print("                loss   by hand  gradient   V of a large D   loss after 300 steps of its own D")
for name, fake in ("a copy", real[::-1]), ("the middles", middles), ("moved by 0.1", real + 0.1):
    sizes, own = ((1, 6, 1), (1, 32, 32, 1)), {"lr": 0.02, "variant": "feature-matching"}
    gan, rival = (models.pair((256, 1), d, rng=np.random.default_rng(1), **own) for d in sizes)
    gan.D.layers[0].W[...], gan.D.layers[0].b[...] = [1, 1, 1, -1, -1, -1], [*-kinks, *kinks]
    gan.G.theta = [*fake[:, 0], 0.0]
    gan.V_gradient(real, fake)  # feature matching compares with the real samples that D saw last
    loss, gap = gan.generator_gradient(z), features(fake).mean(axis=0) - features(real).mean(axis=0)
    push = abs(gan.G.grad).max()
    for _ in range(300):
        _, V = (one.V_gradient(real, fake) for one in (gan, rival))
        gan.ascend(), rival.ascend()
    later, same = gan.generator_gradient(z), name != "moved by 0.1"
    print(f"{name:12s} {loss:8.1e}  {gap @ gap:8.1e}  {push:8.1e} {V:14.4f} {later:18.1e}")
    assert abs(loss - gap @ gap) < 1e-12 and (loss + push < 1e-12 if same else min(loss, push) > 0.01)
    assert later < 1e-12 if name == "a copy" else later > 1e-6
    # Over 54 other seeds: V -1.19 to -0.60 against the middles, else -1.39 to -1.36; later 1e-5 or more.
    assert V > -1.25 if name == "the middles" else abs(V + np.log(4)) < 0.05

# %% [markdown]
# **Not the mean of squared differences.** Over all pairs, |f(x) - f(G(z))|^2 is on average the loss *plus* the
# variance of f over the data *plus* that over the fakes. G can lower the last: by collapse. Its best single
# point beats the data themselves, being nearer to the mean of f than they are on average.

# %%
f, grid = features(real), features(np.linspace(-3, 3, 601)[:, None])
best = grid[((grid - f.mean(axis=0)) ** 2).sum(axis=1).argmin()]
far, variance = ((best - f.mean(axis=0)) ** 2).sum(), f.var(axis=0).sum()
copy, point = ((f[:, None] - f) ** 2).sum(axis=2).mean(), ((f - best) ** 2).sum(axis=1).mean()
print(f"pairs: a copy {copy:.4f} = 0 + 2 x {variance:.4f}; one point {point:.4f} = {far:.4f} + {variance:.4f}")
assert abs(copy - 2 * variance) < 1e-12 and abs(point - far - variance) < 1e-12 and point < copy

# %% [markdown]
# ## Minibatch discrimination: D sees who comes along
# A trick: G draws one mode of the ring for each batch; all its fakes are samples of it. In the long run p_g =
# p_data, and a D that judges *one sample at a time* has D* = 1/2, V = -log 4: a G that hops gets away. Let D
# add to the features f(x_i) how close x_i is to the others (section 3.2): with M_i = f(x_i) T, T (A, B, C),
# **o_b(i) = sum over j != i of exp(-|M_ib - M_jb|)**, where |.| sums over C.
#
# Real and fake are *two* minibatches. Were they one, real samples of G's mode would stand in the crowd of
# fakes: all fakes and 1/8 of the real, so D* = (1/8)/(9/8) = 1/9 there, and the best V is 1/8 log 1/9 + log 8/9
# = -0.392, not 0. And D would see 63 others in its step, 31 in G's: two logits for one fake.

# %%
Together = type("Together", (Apart,), {"V_gradient": GAN.V_gradient})  # one minibatch of 64
data, mixed = ring(sigma=0.1), np.log(1 / 9) / 8 + np.log(8 / 9)
BEST = {"one by one": (GAN, -np.log(4)), "together": (Together, mixed), "apart": (Apart, 0)}
COMPARING = {"variant": "minibatch", "kernels": 4, "dims": 2}


def batches(rng):
    """32 real samples; 32 fakes, all of one mode, drawn anew each time."""
    return data.sample(32, rng=rng), data.means[rng.integers(8)] + 0.1 * rng.standard_normal((32, 2))


# %%
for name, (kind, best_V) in BEST.items():
    rng, own = np.random.default_rng(0), {} if kind is GAN else COMPARING
    made = models.pair((2, 8, 2), (2, 32, 32, 1), rng=rng, lr=5e-3, **own)  # its G is not asked
    watcher = kind(made.G, made.D, made.opt_g, made.opt_d)
    for step in range(300):
        watcher.set_rate(1 - step / 300)
        watcher.V_gradient(*batches(rng))
        watcher.ascend()
    V = np.mean([watcher.V_gradient(*batches(rng)) for _ in range(200)])  # on batches it has not seen
    x_real, x_fake = batches(rng)
    watcher.V_gradient(x_real, x_fake)
    gap = abs(watcher.a_fake - watcher.D.predict(x_fake)).max()  # of a fake's logits in D's step and in G's
    print(f"{name:10s}: V of a trained D {V:7.4f}, the best {best_V:7.4f}; two logits {gap:.0e} apart")
    # Over 54 other seeds V is -1.39, -0.67 to -0.44, -0.18 to -0.01; the logits of "together" 0.3 apart.
    assert best_V - 0.3 < V < best_V + 0.01 and (gap > 0.1 if kind is Together else gap < 1e-12)

# %%
order = ((x_real[:, None] - data.means) ** 2).sum(axis=2).argmin(axis=1).argsort()
watcher.V_gradient(x_real[order], x_fake)  # that is Apart; the real ones in the order of their modes
layer, own_half = watcher.D.layers[-2], np.kron(np.eye(2), np.ones((32, 32)))
M = np.tensordot(layer.x, layer.T, 1)  # (64, B, C), the real ones first
together = np.exp(-abs(M[:, None] - M).sum(axis=3)).mean(axis=2) - np.eye(64)  # the mean of the kernels
o, o_together = (together * own_half).sum(axis=1), together.sum(axis=1)
off = abs(o - np.concatenate([c.mean(axis=0).sum(axis=1) for c in layer.c])).max()
for name, seen in ("apart", o), ("together", o_together):
    print(f"{name:8s}: o(x) of real at most {seen[:32].max():.1f}, of fakes at least {seen[32:].min():.1f}")
print(f"the layer's o(x) against o by hand: off by {off:.0e}")
assert off < 1e-12 and o[:32].max() < o[32:].min() and o_together[:32].max() > o_together[32:].min()

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 4.6))
for ax, closeness, title in (axes[0], together * own_half, "apart"), (axes[1], together, "together"):
    ax.imshow(closeness, cmap="Greys", vmin=0, vmax=1)
    ax.set(xticks=[16, 48], xticklabels=["real", "fake"], title=f"{title}: who is close")
    ax.set_yticks([16, 48], ["real", "fake"])
for half, colour, label in (slice(32), plots.DATA, "real"), (slice(32, 64), plots.GENERATOR, "fakes, one mode"):
    axes[2].plot(o[half], o_together[half], "o", color=colour, label=label)
axes[2].set(xlabel="o(x), apart", ylabel="o(x), together", title="apart tells, together mixes")
plots.legend(axes[2], loc="outside lower center", ncols=2)
plots.finish(fig, "11_closeness")

# %% [markdown]
# ## One-sided label smoothing: D is to say t = 0.9 of real samples, and 0 of fakes
# V = E [t log D(x) + (1 - t) log(1 - D(x))] + E log(1 - D(G(z))). At x: t p log y + ((1 - t) p + q) log(1 -
# y), highest at D* = t p/(p + q) (section 3.4). So -log D* = -log t - log p/(p + q): what G feels through it is
# *what it ever was*. But D is bridled: its logit ends at log(t/(1 - t)), here log 9. Smooth the fakes too, to
# 0.1, and p_g enters the numerator: D* = (0.9 p + 0.1 q)/(p + q). Far from the data it is *flat*: no way back.

# %%
x, found, felt = np.arange(-4, 8, 0.01), {}, {}
p, q = Gaussian(0, 1).pdf(x), Gaussian(4, 1).pdf(x)
GAMES = {  # name: the game, the label of fakes; D* by its formula; the look
    "plain": (games.non_saturating, 0, theory.optimal_d(p, q), plots.REFERENCE, "-", 7),
    "one-sided": (Smoothed(0.9), 0, theory.optimal_d(p, q, target=0.9), plots.DISCRIMINATOR, "-", 2.5),
    "two-sided": (Smoothed(0.9), 0.1, (0.9 * p + 0.1 * q) / (p + q), "#CC79A7", "--", 2.5),
}
for name, (game, fake_label, *_) in GAMES.items():
    low, high = np.full((2, len(x)), [[-50.0], [50.0]])  # of the logit; we look for where V stops to rise in it
    for _ in range(80):
        a = (low + high) / 2
        of_real, of_fake = np.split(len(x) * game.discriminator(a[:, None], a[:, None])[1][:, 0], 2)
        up = p * of_real + q * (of_fake + fake_label) > 0  # a label t adds t a to log(1 - D)
        low, high = np.where(up, a, low), np.where(up, high, a)
    found[name], felt[name] = games.sigmoid(a), np.gradient(np.logaddexp(0, -a), x)  # D*, d/dx(-log D*)

# %%
for name, (_, _, D_star, *_) in GAMES.items():
    off = abs(found[name] - D_star).max()
    print(f"{name:9s}: best D off by {off:.0e}; at x = 4: D* {D_star[800]:.4f}, G feels {felt[name][800]:.4f}")
    assert off < 1e-12
assert abs(felt["one-sided"] - felt["plain"]).max() < 1e-9 and felt["two-sided"][800] < felt["plain"][800] / 100
fig, axes = plt.subplots(1, 2, figsize=(12, 4.4), sharex=True)
for ax, curves in zip(axes, (found, felt), strict=True):
    ax.fill_between(x, p, color=plots.DATA, alpha=0.3, lw=0, label="p_data")
    ax.fill_between(x, q, color=plots.GENERATOR, alpha=0.3, lw=0, label="p_g")
    for name, (*_, colour, style, width) in GAMES.items():
        ax.plot(x, curves[name], color=colour, ls=style, lw=width, label=name)
axes[0].set(xlabel="x", ylabel="D*(x)", title="the best D")
axes[1].set(xlabel="x", ylabel="d/dx of -log D*", title="what G feels: smooth one side only")
plots.legend(axes[0], loc="outside lower center", ncols=5)
plots.finish(fig, "11_smoothing")

# %% [markdown]
# ## On the ring, for better and for worse
# First: is each gradient right? Then: D has an eighth of G's rate, as in lesson 7, or the same; all play 400
# steps, and the plain GAN once more, five times as many: about the *time* of minibatch discrimination.

# %%
rng = np.random.default_rng(0)
for kind, game in (FeatureMatching, games.non_saturating), (Apart, games.non_saturating), (GAN, Smoothed(0.9)):
    for check in gradcheck.check_steps(gradcheck.small_gan(kind, game, rng=rng), rng=rng):
        print(check)
        assert check.ok


# %%
def play(d_lr, variant, steps, seed):
    rng, options = np.random.default_rng(seed), COMPARING if variant == "minibatch" else {"variant": variant}
    options = options | {"g_hidden": (32, 32), "d_hidden": (32, 32), "betas": (0.5, 0.999), "dtype": np.float32}
    player = models.mixture_pair(rng=rng, lr=4e-3, d_lr=d_lr, **options)
    list(train(player, data, steps=steps, batch=32, anneal=True, rng=rng))
    made = player.sample(2500, rng=rng)
    return metrics.coverage(made, data, rng=rng), made


RUNS = [(rate, kind, 400) for rate in (5e-4, 4e-3) for kind in ("gan", "feature-matching", "minibatch")]
played = {run: [play(*run, seed) for seed in range(3)] for run in (*RUNS, (4e-3, "gan", 2000))}
scores = {run: np.array([(c.captured, c.high_quality, c.reverse_kl) for c, _ in played[run]]) for run in played}

# %%
print("D's rate, variant, steps         captured     high quality    reverse KL (mean and standard error)")
for run, table in scores.items():
    spread = zip(table.mean(axis=0), table.std(axis=0, ddof=1) / 3**0.5, strict=True)
    print(f"{run[0]:6} {run[1]:17s}{run[2]:5d}", *(f"   {mean:5.2f} +- {error:.2f}" for mean, error in spread))
slow, slow_match, slow_mini, fast, match, mini, long = (table.mean(axis=0) for table in scores.values())
assert slow[0] < 3 and slow_match[0] > 6 and slow_mini[0] > slow[0] + 2  # threes of 24 other seeds: see below
assert fast[2] > 2 * match[2] and mini[1] > match[1] + 0.15 and long[1] > max(match[1], fast[1]) + 0.1

# %%
fig, axes = plt.subplots(2, 4, figsize=(12, 7), sharex=True, sharey=True)
for ax, (run, results) in zip(np.delete(axes, 3), played.items(), strict=True):
    plots.cloud(ax, data.sample(500, rng=np.random.default_rng(0)), results[0][1][:500]).get_legend().remove()
    found_of = "{:.1f} of 8, {:.0%}".format(*scores[run].mean(axis=0))
    ax.set_title(f"{run[1]}{', 2000' * (run[2] > 400)}\n{found_of}")
    ax.set(xlim=(-1.7, 1.7), ylim=(-1.7, 1.7), ylabel=f"{'slow' if run[0] < 1e-3 else 'fast'} D\nx2")
    ax.label_outer()
axes[0, 3].axis("off")
plots.legend(axes[0, 0], loc="outside lower center", markerscale=6, ncols=2)
plots.finish(fig, "11_ring")

# %% [markdown]
# 24 other seeds. Slow D: the plain GAN has 0 to 2 modes, feature matching 8 (once 7), minibatch discrimination
# 8 on 19 seeds, 1 to 4 on five. But feature matching fits no more than 32 means: its fakes lie all around. Fast
# D: minibatch discrimination wins by steps (73 %), the plain GAN by the clock (83 %; once 3 modes).
#
# ## On your own (answers, run and checked: `lessons/answers/11_improved_gan.py`)
# 1. Let G be perfect, its samples fresh each step. Where does its loss end, for batches of m?
# 2. Multiply T by 100,000, or by 0. What is o(x), and what can G learn from it?
# 3. Let the slow D play the smoothed game. Does doubt cure the collapse?
