# %% [markdown]
# # Give G another aim, show D a whole batch, teach D to doubt
#
# **You will see** four points that a loss of G takes for the data, fakes with which no ordinary D can find fault,
# and what the remedies of *Improved GAN* (Salimans et al. 2016) do on the ring, for better and for worse.
# **You will learn** what feature matching matches and what it cannot; why D must not mix real and fake when it
# compares samples; why labels are smoothed on one side only. **You need** D* (lesson 3), -log D (lesson 6),
# collapse and the slow D (lesson 7). Signs: D *climbs* V, G *descends* its loss. **40 minutes in class.**

# %%
from npgan import GAN, SGD, Adam, Gaussian, games, gradcheck, metrics, models, plots, ring, theory, train
from npgan.distributions import Mixture
from npgan.variants.improved import Apart, FeatureMatching, Smoothed
import matplotlib.pyplot as plt
import numpy as np
plots.large_text()

# %% [markdown]
# ## Feature matching: the difference of two means
#
# Let f(x) be the output of D's hidden layer. G descends not -log D but **|mean f(x) - mean f(G(z))|^2**, and D plays
# as before (section 3.1). Here x is a number and f(x) six: LeakyReLUs with kinks at -1.5, 0, 1.5, three that rise to
# the right and three to the left. *Between two kinks each f_k is straight: its mean there knows how many samples
# there are and where their middle is, no more.* So put each sample onto the middle of its piece: no mean changes.

# %%
real, kinks = Mixture([[-1.5], [1.5]], 0.5).sample(256, rng=np.random.default_rng(0)), np.array([-1.5, 0, 1.5])
piece = np.searchsorted(kinks, real[:, 0])
middles = np.array([[real[piece == k].mean()] for k in piece])  # (256, 1), in four places
SETS = {"a copy": real[::-1], "the middles": middles, "moved by 0.1": real + 0.1}
gan = models.pair((256, 1), (1, 6, 1), rng=np.random.default_rng(0), lr=0.02, variant="feature-matching")
gan.D.layers[0].W[...], gan.D.layers[0].b[...] = [1, 1, 1, -1, -1, -1], [*-kinks, *kinks]
theta_d, z = gan.D.theta.copy(), np.eye(256)


def features(x):
    rising = np.concatenate([x - kinks, kinks - x], axis=1)  # (m, 6)
    return np.maximum(rising, 0.2 * rising)


# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.4))
places, counts = np.unique(middles, return_counts=True)
left.hist(real[:, 0], np.arange(-3, 3.1, 0.25), color=plots.DATA, alpha=0.5, label="data")
left.vlines(places, 0, counts, color=plots.GENERATOR, lw=5, label="the middles")
left.vlines(kinks, 0, counts.max(), color=plots.REFERENCE, ls=":", label="kinks")
left.set(xlabel="x", ylabel="of 256 samples", title="two sets of samples ...")
for (name, fake), mark in zip(SETS.items(), ("o", "x", "_"), strict=True):
    colour = plots.DATA if mark == "o" else plots.GENERATOR
    right.plot(range(1, 7), features(fake).mean(axis=0), mark, ms=14, mew=2.5, color=colour, label=name)
right.set(xlabel="k", ylabel="mean of f_k", title="... and one set of mean features")
plots.legend(left, right, loc="outside lower center", ncols=6, columnspacing=1)
plots.finish(fig, "11_same_means")

# %% [markdown]
# In this G each fake is free: z is one-hot, W holds the fakes, and dloss/dW tells each where to go. For the copy
# *and* for the middles loss and gradient are 0: G is content, *with this D*. The plain game is not: a D of 1-32-32-1
# keeps V near -log 4 against the copy, and climbs far above it against the middles; the third set it hardly
# notices. What saves feature matching: D plays on. Its kinks move, and give the middles away.

# %%
print("                loss   by hand  gradient     V of a large D   loss after 300 steps of its own D")
for name, fake in SETS.items():
    rival = models.pair((256, 1), (1, 32, 32, 1), rng=np.random.default_rng(1), lr=0.02)
    gan.D.theta, gan.G.theta = theta_d, [*fake[:, 0], 0.0]
    gan.V_gradient(real, fake)  # feature matching compares with the real samples that D saw last
    loss, gap = gan.generator_gradient(z), features(fake).mean(axis=0) - features(real).mean(axis=0)
    push = abs(gan.G.grad).max()
    for _ in range(300):
        V = [one.V_gradient(real, fake) for one in (gan, rival)][1]
        gan.ascend(), rival.ascend()
    later = gan.generator_gradient(z)
    print(f"{name:12s} {loss:8.1e}  {gap @ gap:8.1e}  {push:8.1e} {V:15.4f} {later:20.1e}")
    assert abs(loss - gap @ gap) < 1e-12 and (loss > 0.02 and push > 0.1 if "0.1" in name else loss + push < 1e-12)
    assert later < 1e-12 if "copy" in name else later > 1e-4
    assert V > -1.2 if "middles" in name else abs(V + np.log(4)) < 0.05

# %% [markdown]
# **Not the mean of squared differences.** Averaged over all pairs, |f(x) - f(G(z))|^2 is the loss *plus* the
# variance of f over the data *plus* that over the fakes. G can lower the last: by collapse. Then the best single
# point always beats a perfect G: it lies nearer to the mean of f than the data do on average.

# %%
grid, f, pairs = np.linspace(-3, 3, 601)[:, None], features(real), []
best = grid[((features(grid) - f.mean(axis=0)) ** 2).sum(axis=1).argmin()]
for name, fake in ("perfect G", SETS["a copy"]), ("one point", np.tile(best, (256, 1))):
    gan.D.theta, gan.G.theta, g = theta_d, [*fake[:, 0], 0.0], features(fake)
    gan.V_gradient(real, fake)
    parts = gan.generator_gradient(z), f.var(axis=0).sum(), g.var(axis=0).sum()
    pairs.append(((f[:, None] - g) ** 2).sum(axis=2).mean())  # over 256 x 256 pairs
    print(f"{name}: pairs {pairs[-1]:.4f} = {parts[0]:.4f} + {parts[1]:.4f} + {parts[2]:.4f}")
    assert abs(sum(parts) - pairs[-1]) < 1e-12
assert pairs[1] < pairs[0]

# %% [markdown]
# ## Minibatch discrimination: D sees who comes along
#
# A trick: G draws one mode of the ring for each batch, and all its fakes are samples of that mode. In the long
# run p_g = p_data. So a D that judges *one sample at a time* has D* = 1/2, V = -log 4, nothing to learn: so a G that
# hops gets away. Let D add to the features f(x_i) how close x_i is to the others (section 3.2): M_i = f(x_i) T,
# **o_b(i) = sum over j != i of exp(-|M_ib - M_jb|)**, with T (A, B, C); the |.| sums over C.
#
# Real and fake are *two* minibatches. Were they one, real samples of G's mode would stand in the same crowd as the
# fakes: in it are all fakes and 1/8 of the real, so D* = (1/8)/(9/8) = 1/9 there, and the best V is 1/8 log 1/9 +
# log 8/9 = -0.392, not 0. Worse, D would see 63 others in its own step and 31 in G's: two logits for one fake.

# %%
Together = type("Together", (Apart,), {"V_gradient": GAN.V_gradient})  # one minibatch of 64
data, BEST = ring(sigma=0.1), {GAN: -np.log(4), Together: np.log(1 / 9) / 8 + np.log(8 / 9), Apart: 0}


def batches(rng):
    """32 real samples; 32 fakes, all of one mode, drawn anew each time."""
    return data.sample(32, rng=rng), data.means[rng.integers(8)] + 0.1 * rng.standard_normal((32, 2))


def watch(kind, seed=0):
    """A GAN of this kind whose D has seen 300 such pairs, at a falling rate. Its G is not asked."""
    rng, sizes = np.random.default_rng(seed), (2, 32, 32, 1)
    G = models.mlp((2, 8, 2), rng=rng)
    D = models.mlp(sizes, rng=rng) if kind is GAN else models.comparing_mlp(sizes, kernels=4, dims=2, rng=rng)
    watcher = kind(G, D, SGD(G, 1.0), Adam(D, 5e-3))
    for step in range(300):
        watcher.set_rate(1 - step / 300)
        watcher.V_gradient(*batches(rng))
        watcher.ascend()
    return watcher


# %%
watchers = {kind.__name__: watch(kind) for kind in BEST}
for (name, watcher), highest in zip(watchers.items(), BEST.values(), strict=True):
    rng = np.random.default_rng(1)
    V = np.mean([watcher.V_gradient(*batches(rng)) for _ in range(200)])  # on batches it has not seen
    crowd = batches(rng)[1]
    watcher.V_gradient(data.sample(32, rng=rng), crowd)
    moved = abs(watcher.a_fake - watcher.D.predict(crowd)).max()
    print(f"{name:8s}: V of a trained D {V:.4f}, the best {highest:.4f}; ", end="")
    print(f"a fake's logit in D's step and in G's: up to {moved:.1e} apart")
    assert highest - 0.15 < V < highest + 0.01 and (moved > 0.5 if name == "Together" else moved < 1e-12)

# %%
x_real, x_fake = batches(np.random.default_rng(1))
x_real = x_real[((x_real[:, None] - data.means) ** 2).sum(axis=2).argmin(axis=1).argsort()]  # by mode
watchers["Apart"].V_gradient(x_real, x_fake)
layer, own_half = watchers["Apart"].D.layers[-2], np.kron(np.eye(2), np.ones((32, 32)))
M = np.tensordot(layer.x, layer.T, 1)  # (64, B, C), the real ones first
together = np.exp(-abs(M[:, None] - M).sum(axis=3)).mean(axis=2) - np.eye(64)  # the mean of the kernels
o, o_together = (together * own_half).sum(axis=1), together.sum(axis=1)
off = abs(o - np.concatenate([c.mean(axis=0).sum(axis=1) for c in layer.c])).max()
print(f"the layer's o(x) is off by {off:.0e}; apart: real at most {o[:32].max():.1f}, ", end="")
print(f"fakes at least {o[32:].min():.1f}; together: {o_together[:32].max():.1f}, {o_together[32:].min():.1f}")
assert off < 1e-12 and o[:32].max() < o[32:].min() and o_together[:32].max() > o_together[32:].min()

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 4.6))
for ax, closeness, title in (axes[0], together * own_half, "apart"), (axes[1], together, "together"):
    ax.imshow(closeness, cmap="Greys", vmin=0, vmax=1)
    ax.set(xticks=[16, 48], xticklabels=["real", "fake"], yticks=[16, 48], yticklabels=["real", "fake"])
    ax.set_title(f"{title}: who is close")
for half, colour, label in (slice(32), plots.DATA, "real"), (slice(32, 64), plots.GENERATOR, "fakes, of one mode"):
    axes[2].plot(o[half], o_together[half], "o", color=colour, label=label)
axes[2].set(xlabel="o(x), apart", ylabel="o(x), together", title="apart tells, together mixes")
plots.legend(axes[2], loc="outside lower center", ncols=2)
plots.finish(fig, "11_closeness")

# %% [markdown]
# ## One-sided label smoothing: D is to say t = 0.9 of real samples, and 0 of fakes
#
# V = E [t log D(x) + (1 - t) log(1 - D(x))] + E log(1 - D(G(z))). At one point: t p log y + ((1 - t) p + q) log(1
# - y), highest at **D* = t p/(p + q)** (section 3.4). So -log D* = -log t - log p/(p + q): *what G feels through
# -log D, at D*, is what it ever was.* But D is bridled: its logit ends at log(t/(1 - t)), here log 9.
#
# Smooth the fakes too, to 0.1, and p_g enters the numerator: D* = (0.9 p + 0.1 q)/(p + q). Where p is next to
# nothing that is 0.1, *flat*: far from the data fakes are no longer told the way.

# %%
x = np.arange(-4, 8, 0.01)
p, q = Gaussian(0, 1).pdf(x), Gaussian(4, 1).pdf(x)
r = theory.optimal_d(p, q)  # of the plain game: the sigmoid of 8 - 4 x
GAMES = {  # name: the game, the label of fakes; by hand D* and d/dx(-log D*); the look
    "plain": (games.non_saturating, 0, r, 4 * (1 - r), plots.REFERENCE, "-", 7),
    "one-sided": (Smoothed(0.9), 0, 0.9 * r, 4 * (1 - r), plots.DISCRIMINATOR, "-", 2.5),
    "two-sided": (Smoothed(0.9), 0.1, 0.1 + 0.8 * r, 3.2 * r * (1 - r) / (0.1 + 0.8 * r), "#CC79A7", "--", 2.5),
}


def climb(game, fake_label):
    """At each x the D that maximises V, p and q given: halve the interval of logits in which its slope ends."""
    low, high = np.full((2, len(x), 1), [[[-50.0]], [[50.0]]])
    for _ in range(80):
        a = (low + high) / 2
        of_real, of_fake = np.split(len(x) * game.discriminator(a, a)[1][:, 0], 2)
        up = (p * of_real + q * (of_fake + fake_label) > 0)[:, None]  # a label t adds t a to log(1 - D)
        low, high = np.where(up, a, low), np.where(up, high, a)
    return games.sigmoid(a)[:, 0]


# %%
found = {name: climb(*game[:2]) for name, game in GAMES.items()}
felt = {name: np.gradient(-np.log(D), x) for name, D in found.items()}
for name, (_, _, D_star, by_hand, *_) in GAMES.items():
    off = abs(found[name] - D_star).max()
    print(f"{name}: best D off its formula by {off:.0e}; at x = 4 D* {D_star[800]:.4f}, ", end="")
    print(f"G feels {felt[name][800]:.4f}, by hand {by_hand[800]:.4f}")
    assert off < 1e-12 and abs(felt[name] - by_hand).max() < 2e-3  # central differences
assert abs(theory.optimal_d(p, q, target=0.9) - found["one-sided"]).max() < 1e-12
assert abs(felt["one-sided"] - felt["plain"]).max() < 1e-9 and felt["two-sided"][800] < felt["plain"][800] / 100

# %%
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
# **Are these gradients right?** The whole D step and G step of each, against differences in every parameter:

# %%
rng = np.random.default_rng(0)
for kind, game in (FeatureMatching, games.non_saturating), (Apart, games.non_saturating), (GAN, Smoothed(0.9)):
    for check in gradcheck.check_steps(gradcheck.small_gan(kind, game, rng=rng), rng=rng):
        print(check)
        assert check.ok

# %% [markdown]
# ## On the ring, for better and for worse
#
# Lesson 7's cure was a D as fast as G. Here D has an eighth of G's rate, or the same; all play 400 short steps.
# Then the plain GAN once more, 5 times as long: as long as minibatch discrimination *computes*.

# %%
RUNS = [(rate, variant, 400) for rate in (5e-4, 4e-3) for variant in ("gan", "feature-matching", "minibatch")]
RUNS.append((4e-3, "gan", 2000))


def play(d_lr, variant, steps, seed):
    rng, options = np.random.default_rng(seed), {"kernels": 4, "dims": 2} if variant == "minibatch" else {}
    options |= {"g_hidden": (32, 32), "d_hidden": (32, 32), "betas": (0.5, 0.999), "dtype": np.float32}
    player = models.mixture_pair(rng=rng, lr=4e-3, d_lr=d_lr, variant=variant, **options)
    list(train(player, data, steps=steps, batch=32, anneal=True, rng=rng))
    made = player.sample(2500, rng=rng)
    return metrics.coverage(made, data, rng=rng), made


# %%
played, scores = {run: [play(*run, seed) for seed in range(3)] for run in RUNS}, {}
print("D's rate, variant, steps          captured     high quality     reverse KL")
for (rate, variant, steps), runs in played.items():
    table = np.array([(c.captured, c.high_quality, c.reverse_kl) for c, _ in runs])
    mean, error = table.mean(axis=0), table.std(axis=0, ddof=1) / 3**0.5
    print(f"{rate:6} {variant:17s}{steps:5d}", *(f" {m:6.2f} +- {e:.2f}" for m, e in zip(mean, error, strict=True)))
    scores[rate, variant, steps] = mean

# %%
fig, axes = plt.subplots(2, 4, figsize=(12, 6.8), sharex=True, sharey=True)
for ax, (run, runs) in zip(np.delete(axes, 3), played.items(), strict=True):
    plots.cloud(ax, data.sample(500, rng=np.random.default_rng(0)), runs[0][1][:500]).get_legend().remove()
    ax.set(title=f"{run[1]}\n{scores[run][0]:.1f} of 8, {scores[run][1]:.0%}", xlim=(-1.7, 1.7), ylim=(-1.7, 1.7))
    ax.label_outer()
axes[0, 3].axis("off")
plots.legend(axes[0, 0], loc="outside lower center", markerscale=6, ncols=2)
plots.finish(fig, "11_ring")
