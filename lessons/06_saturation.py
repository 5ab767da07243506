# %% [markdown]
# # Choose the loss that G descends
#
# **You will see** two losses for one generator: that of the paper's game, $\log(1 - D(G(z)))$, and the one that
# it trains with (Goodfellow et al. 2014, section 3), $-\log D(G(z))$. One is silent while D rejects fakes.
# **You will learn** when a loss *saturates* (its slope goes to 0 although G is bad), that both rest at the same
# point, which divergence each of them descends, and how far plain steps come. **35 minutes in class.**
# **You need** V and its slope in the logit (lesson 1), D* (lesson 3), C(G) = 2 JSD - log 4 (lesson 4).

# %%
from npgan import GAN, SGD, Adam, Dense, Gaussian, Network, games, latent, models, plots, theory, train
import matplotlib.pyplot as plt
import numpy as np
plots.large_text()
BOTH = games.minimax, games.non_saturating
LOOK = {"minimax": (plots.REFERENCE, "--"), "non_saturating": (plots.GENERATOR, "-")}

# %% [markdown]
# ## Two losses, one logit
#
# D is a binary classifier that ends in a logit a: D(G(z)) = sigma(a) is the chance that a fake is real. Both
# losses fall as a grows: both want fakes that D takes for real. Their slopes, by formula and by nudging:
#
#     minimax           d/da  log(1 - sigma(a)) = -sigma(a)
#     non-saturating    d/da (-log sigma(a))    = -(1 - sigma(a))

# %%
a, h = np.array([-10.0, -5.0, 0.0, 5.0, 10.0]), 1e-5
sigma = 1 / (1 + np.exp(-a))


def loss_and_slope(game, a):
    """G's loss and its derivative, for each logit in a (n,) on its own: (2, n)."""
    alone = [game.generator(np.array([[a_i]])) for a_i in a]
    return np.transpose([(loss, da[0, 0]) for loss, da in alone])


for game, formula in zip(BOTH, (-sigma, sigma - 1), strict=True):
    slope = loss_and_slope(game, a)[1]
    nudged = (loss_and_slope(game, a + h)[0] - loss_and_slope(game, a - h)[0]) / (2 * h)
    print(f"{game.name:<15} a = -10: slope {slope[0]:.6f}   formula {formula[0]:.6f}   nudged {nudged[0]:.6f}")
    assert np.abs(slope - formula).max() < 1e-15 and np.abs(slope - nudged).max() < 1e-9

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 5))
axis = np.linspace(-12, 12, 241)
for game, name in zip(BOTH, ("minimax: log(1 - D)", "non-saturating: -log D"), strict=True):
    (colour, style), (losses, pulls) = LOOK[game.name], loss_and_slope(game, axis)
    left.plot(axis, losses, color=colour, ls=style, lw=3, label=name)
    right.plot(axis, -pulls, color=colour, ls=style, lw=3)
for ax in left, right:
    ax.axvspan(-12, -4, color=plots.DISCRIMINATOR, alpha=0.12, lw=0, label="D rejects: D(G(z)) < 0.02")
    ax.axvline(0, color=plots.REFERENCE, lw=1, ls=":", label="D = 1/2")
left.plot([0, 0], [-np.log(2), np.log(2)], "o", color="black", label="-log 2 and log 2")
left.set(xlabel="a, D's logit for a fake", ylabel="loss of G (nats)", title="Both losses fall ...")
right.set(xlabel="a, D's logit for a fake", ylabel="pull on a: -d loss / da", title="... but one does not pull")
plots.legend(left, loc="outside lower center", ncols=3)
plots.finish(fig, "06_two_slopes")

# %% [markdown]
# ## Rejection, not quality
#
# "The gradient vanishes when G is good" is the wrong way round. The pull on a does not fade because G is good:
# for a perfect G it is 1/2 in both games, and the gradient is 0 only because da/dx = 0. It fades, in minimax,
# because D rejects the fakes. Take a bad G, fakes near 0 and data N(6, 1), and a perfect G, whose own samples
# are the data. G stands still while D takes k steps. Then the same D answers in both games, for 2,000 fakes.
# For one fake, the slopes of the two losses are as D to 1 - D.

# %%
STEPS = 10, 30, 100, 300, 1000
data = Gaussian(6.0, 1.0)


def through_d(seed, perfect=False):
    """Rows (D(G(z)), then for each loss its mean pull on a and |d loss / d theta_g|), one for each of STEPS."""
    rng, rows, sizes = np.random.default_rng(seed), [], (1, 16, 16, 1)
    gan = models.pair(sizes, sizes, rng=rng, lr=1e-3, d_lr=4e-3, betas=(0, 0.999))
    z = gan.noise(2000, rng=rng)
    for k in range(1, STEPS[-1] + 1):
        x = gan.G.predict(gan.noise(128, rng=rng)) if perfect else data.sample(128, rng=rng)
        gan.discriminator_step(x, gan.noise(128, rng=rng))
        if k in STEPS:
            rows.append([gan.probability(gan.G.predict(z)).mean()])
            for game in BOTH:
                gan.game = game
                gan.generator_gradient(z)
                pull = -game.generator(gan.D.predict(gan.G.predict(z)))[1].sum()
                rows[-1] += pull, np.linalg.norm(gan.G.grad)
    return rows


# %%
bad = np.exp(np.log([through_d(seed) for seed in range(4)]).mean(axis=0))  # (steps, 5), geometric means
good = np.array(through_d(0, perfect=True))
print("after 1000 steps of D   D(G(z))   pull: minimax   other   (means over 2,000 fakes)")
for which, (D_fake, pull_m, _, pull_n, _) in ("bad G", bad[-1]), ("perfect G", good[-1]):
    print(f"{which:21s}   {D_fake:7.4f}   {pull_m:13.4f}   {pull_n:5.4f}")
    assert abs(pull_m - D_fake) < 1e-9 and abs(pull_n - (1 - D_fake)) < 1e-4
assert bad[-1, 0] < 0.001 and abs(good[-1, 0] - 0.5) < 0.02  # D: 0.0003 (60 other seeds); 0.497 to 0.504 (30)
fall, growth = bad[0, 2] / bad[-1, 2], bad[-1, 4] / bad[0, 4]
ratio, odds = bad[:, 2] / bad[:, 4], bad[:, 0] / (1 - bad[:, 0])
print(f"bad G, from 10 to 1000: |gradient| falls {fall:.0f}-fold (minimax), grows {growth:.0f}-fold (other)")
print("   ratio of the two:", *(f"{r:.1e}" for r in ratio), "  D / (1 - D):", *(f"{r:.1e}" for r in odds))
# 15 other sets of 4 seeds: fall 99-fold or more, growth 19-fold or more, ratios 1 to 1.22 times D / (1 - D).
assert fall > 30 and growth > 8 and np.abs(np.log(ratio / odds)).max() < 0.35

# %%
fig, ax = plt.subplots(figsize=(11, 5.5))
ax.loglog(STEPS, bad[:, 4], "o-", color=plots.GENERATOR, lw=3, label="|gradient|, non-saturating")
ax.loglog(STEPS, bad[:, 2], "o--", color=plots.REFERENCE, lw=3, label="|gradient|, minimax")
ax.loglog(STEPS, ratio, "ko", ms=9, label="minimax / non-saturating")
ax.loglog(STEPS, odds, ":", color=plots.DISCRIMINATOR, lw=3, label="D / (1 - D) for fakes")
ax.axhline(1, color="0.7", lw=1.5, label="D = 1/2")
ax.set(xlabel="steps of D, G at rest", ylabel="|gradient|, ratio", title="A surer D: minimax tells G less")
plots.legend(ax, loc="outside right center")
plots.finish(fig, "06_through_d")

# %% [markdown]
# ## What each loss descends when D is optimal
#
# Let p_data = N(0, 1) and G(z) = W z + theta, at W = 1. Then D*'s logit, log p_data - log p_g = -theta x +
# theta^2 / 2, is linear: a Dense(1, 1) *is* D*. A G step holds it still. Minimax: as D* is the best reply,
# moving it changes nothing at first, so this is the slope of C(G), hence of **2 JSD**. The other: -log D* =
# log(p_g / p_data) - log(1 - D*), and the slope of KL has one more term, E d log p_g / dtheta = 0, so holding
# D* still loses nothing: it descends **KL(p_g || p_data) - 2 JSD**, JSD with a minus (Arjovsky and Bottou
# 2017). Not KL alone, as many notes say; and the *reverse* KL, the model first: at W = 1 the slopes of the two
# KL agree in theta, so only d/dW tells them apart.

# %%
x, even = np.linspace(-16, 16, 6001), latent.even("normal", 16_000)  # equally likely noises


def step_against_best_d(game, theta):
    """What a G step at W = 1 computes against D*: the loss, and (d loss / dW, d loss / d theta), (2,)."""
    G, D = (Network(Dense(1, 1), rng=np.random.default_rng(0)) for _ in "GD")
    G.theta, D.theta = [1, theta], [-theta, theta**2 / 2]
    gan = GAN(G, D, SGD(G, lr=1), SGD(D, lr=1), game=game)
    return gan.generator_gradient(even), G.grad


def divergences(W, theta):
    """2 JSD; KL(p_g || p_data) - 2 JSD; and two controls, KL(p_g || p_data) and KL(p_data || p_g) - 2 JSD."""
    p, q = Gaussian(0.0, 1.0).pdf(x), Gaussian(theta, W).pdf(x)
    jsd, kl, other_kl = theory.jsd(p, q, x), theory.kl(q, p, x), theory.kl(p, q, x)
    return np.array([2 * jsd, kl - 2 * jsd, kl, other_kl - 2 * jsd])


# %%
def slopes(theta, h=1e-4):
    """d/dW and d/d theta of the four at W = 1, nudged: (2, 4)."""
    in_W = divergences(1 + h, theta) - divergences(1 - h, theta)
    return np.array([in_W, divergences(1, theta + h) - divergences(1, theta - h)]) / (2 * h)


print("theta      slopes: minimax   2 JSD  |  other   KL - 2 JSD  |  not: KL   other KL - 2 JSD")
for theta in 1.0, 2.0, 4.0:
    steps = np.transpose([step_against_best_d(game, theta)[1] for game in BOTH])  # (2, 2)
    for of, (m, n), (jsd, kl_jsd, kl, wrong) in zip(("W", "theta"), steps, slopes(theta), strict=True):
        print(f"{theta:.0f}     d/d{of:<5}    {m:8.4f} {jsd:8.4f}  |{n:8.4f} {kl_jsd:8.4f}    |", end="")
        print(f" {kl + 0:8.4f} {wrong:8.4f}")
        assert max(abs(m - jsd), abs(n - kl_jsd)) < (1e-4 if of == "W" else 1e-6)
        assert max(abs(n - kl), abs(n - wrong)) > 0.1  # in theta `wrong` agrees by design; one miss is enough

# %% [markdown]
# In W the losses differ in sign: minimax wants G *wider*, the other *narrower* (see below). Near theta = 0 they
# are alike, and at p_g = p_data both rest: D* is 1/2, da/dx = 0, the loss -log 2 (minimax) or log 2 (the
# other).

# %%
for game, wanted in zip(BOTH, (-np.log(2), np.log(2)), strict=True):
    (loss, at_0), (_, near) = step_against_best_d(game, 0.0), step_against_best_d(game, 1e-3)
    print(f"{game.name:<15} at 0: loss {loss:+.6f} = {wanted:+.6f}, gradient {at_0 + 0}", end="   ")
    print(f"at 0.001: d/dtheta {near[1]:.6f} = theta / 2")
    assert abs(loss - wanted) < 1e-12 and np.abs(at_0).max() == 0 and abs(near[1] - 5e-4) < 1e-6

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 5.5))
thetas, dots = np.linspace(0, 6, 61), np.arange(0, 6.1, 0.5)
for i, name in enumerate(("2 JSD", "KL(p_g || p_data) - 2 JSD")):
    game, (colour, style) = BOTH[i], LOOK[BOTH[i].name]
    left.plot(thetas, [divergences(1, t)[i] for t in thetas], color=colour, ls=style, lw=3, label=name)
    right.plot(thetas, [slopes(t)[1, i] for t in thetas], color=colour, ls=style, lw=3)
    right.plot(dots, [step_against_best_d(game, t)[1][1] for t in dots], "ko", label="a G step" if i else "_")
left.axhline(np.log(4), color=plots.DATA, lw=1.5, ls=":", label="log 4, the ceiling of 2 JSD")
left.set(xlabel="theta: p_g = N(theta, 1)", ylabel="nats", title="What G descends if D = D*", ylim=(-0.5, 14))
right.set(xlabel="theta: p_g = N(theta, 1)", ylabel="nats per unit of theta", title="Its slope, and G's step")
plots.legend(left, right, loc="outside lower center", ncols=4)
plots.finish(fig, "06_divergences")

# %% [markdown]
# ## Training from a bad start
# Fakes near 0, data N(6, 1), and D has a head start of 300 steps: it rejects everything. Then both play plain
# gradient steps, and we change one thing at a time. First the loss: minimax sits still, the other arrives, but
# overshoots, and ends too narrow, as the sign of d/dW suggests. Then, minimax again, with Adam for G alone: it
# divides each gradient by its own recent size, so a tiny one is no obstacle while its *direction* is right.
# Code with log(1 - D) may work all the same, thanks to Adam.

# %%
def path_of_g(game, adam, seed):
    """Mean and spread of G(z) after 0, 10, 20, ... 400 steps, (41, 2), and D(G(z)) at the start."""
    rng = np.random.default_rng(seed)
    G, D = (models.mlp((1, 16, 16, 1), rng=rng) for _ in "GD")
    opt_g = Adam(G, lr=1e-3, betas=(0.0, 0.999)) if adam else SGD(G, lr=0.01)
    gan = GAN(G, D, opt_g, SGD(D, lr=0.05), game=game)
    z = gan.noise(500, rng=rng)
    for _ in range(300):
        gan.discriminator_step(data.sample(64, rng=rng), gan.noise(64, rng=rng))
    looks, start = [G.predict(z)], gan.probability(G.predict(z)).mean()
    looks += [G.predict(z) for r in train(gan, data, steps=400, batch=64, rng=rng) if r.step % 10 == 0]
    return np.array([(x.mean(), x.std()) for x in looks]), start


# %%
RUNS = {"minimax: stuck": (0, 0), "non-saturating: rescued": (1, 0), "minimax with Adam: rescued": (0, 1)}
paths, ends = {run: [path_of_g(BOTH[i], adam, s) for s in range(3)] for run, (i, adam) in RUNS.items()}, {}
print("data: mean 6, spread 1;  D(G(z)) at the start:", *(f"{p:.4f}" for _, p in paths["minimax: stuck"]))
for run, tracks in paths.items():
    mean, spread = np.transpose([track for track, _ in tracks], (2, 0, 1))  # (3 seeds, 41) each
    ends[run] = {"mean": mean[:, -1], "highest mean": mean.max(axis=1), "spread": spread[:, -1]}
    print(f"{run:<26}", *(f"  {what} {numbers.round(2)}" for what, numbers in ends[run].items()))
stuck, rescued, by_adam = ends.values()
# 30 others, means: stuck -0.5 to 0.5, rescued 4.8 to 6.8 (highest 8.3 or more), by Adam 5.5 to 6.8;
# spreads, averaged in threes: rescued 0.3 to 0.9, by Adam 1.1 to 1.9.
assert max(p for _, p in paths["minimax: stuck"]) < 0.02 and np.abs(stuck["mean"]).max() < 1
assert np.abs(rescued["mean"] - 6).max() < 2 and rescued["highest mean"].min() > 7.5
assert np.abs(by_adam["mean"] - 6).max() < 1.5 and rescued["spread"].mean() < 1 < by_adam["spread"].mean()

# %%
fig, axes = plt.subplots(1, 3, figsize=(12, 5), sharey=True)
steps_so_far = np.arange(0, 401, 10)
for ax, (run, tracks) in zip(axes, paths.items(), strict=True):
    ax.axhspan(5, 7, color=plots.DATA, alpha=0.25, lw=0, label="data: mean +- spread")
    for m, s in (track.T for track, _ in tracks):
        ax.fill_between(steps_so_far, m - s, m + s, color=plots.GENERATOR, alpha=0.25, lw=0)
        ax.plot(steps_so_far, m, color=plots.GENERATOR, lw=2)
    ax.set(xlabel="G step", ylabel="x", title=run)
    ax.label_outer()
axes[0].lines[0].set_label("G(z): mean +- spread, three seeds")
plots.legend(axes[0], loc="outside lower center", ncols=2)
plots.finish(fig, "06_training")

# %% [markdown]
# ## On your own
#
# - Put the data nearer, `Gaussian(2.0, 1.0)`. Which of the three runs changes most?
# - Let D's head start be 0 steps, not 300. Does minimax still sit still, and why?
# - At theta = 0, where both losses rest, let D's bias be -10: D is sure that all is fake. The pull on a
#   is 0.99995 for one loss. Predict the gradient of G before you compute it.
#
# The answers, run and checked, stand in `lessons/answers/06_saturation.py`.
