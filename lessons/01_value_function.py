# %% [markdown]
# # Compute the value of the game
#
# **40 minutes in class.** **You will see** one number, V(D, G), computed in five ways; each pair that must
# agree is compared: on one batch (labels, two means, logits), in the limit of many samples (means and
# integral), and for the second term alone (over z and over x). **You will learn** that D is a classifier and V
# its cross-entropy in disguise; who wins what; why G need not be invertible; what V is when D is right,
# clueless or fooled. **You need** expectations and densities on the line. G and D stand still (until lesson 5).

# %%
from npgan import Gaussian, games, plots, theory

import matplotlib.pyplot as plt
import numpy as np

plots.large_text()

# %% [markdown]
# ## A forger and an inspector
#
# G turns noise z into a fake, G(z). D looks at any x, real or fake, and answers with a logit a; D(x) =
# sigmoid(a) is the probability, in D's eyes, that x is real. So **D is a binary classifier, logistic
# regression's grown-up sister**: label 1 is real, label 0 is fake, and a network stands where logistic
# regression has w x + b. Nobody labels anything by hand: whoever mixes the batch knows what is what.

# %%
fig, ax = plt.subplots(figsize=(11, 4.6))
plots.whole(ax).set_title("The whole: numbers go along the grey arrows, gradients come back dashed")
plots.finish(fig, "01_whole")


# %%
def G(z):
    return 1 + 2 * z  # stretches and shifts its noise: p_g is N(1, 2), mean 1 and standard deviation 2


def D(x):
    return 1 / (1 + np.exp(-(x - 2.5)))  # logistic regression: it believes what lies to the right of 2.5


p_data, p_z, p_g = Gaussian(4, 1.25), Gaussian(0, 1), Gaussian(1, 2)  # mean and standard deviation
rng = np.random.default_rng(8)
real, fake = p_data.sample(64, rng=rng), G(p_z.sample(64, rng=rng))  # (64, 1) each
read = games.minimax.probability(real - 2.5)
print(f"the first real x: D(x) by hand {D(real)[0, 0]:.12f}, as the package reads its logit {read[0, 0]:.12f}")
assert np.abs(D(real) - read).max() < 1e-15

# %%
axis = np.linspace(-5, 9, 400)
fig, ax = plt.subplots(figsize=(11, 5.2))
plots.densities(ax, axis, p_data.pdf(axis), p_g.pdf(axis), D=D(axis))
ax.right.plot(real, np.ones(64), "o", color=plots.DATA, alpha=0.5, label="real x: label 1")
ax.right.plot(fake, np.zeros(64), "o", color=plots.GENERATOR, alpha=0.5, label="G(z): label 0", clip_on=False)
ax.set_title("D is a classifier: it should say 1 on real x, 0 on fakes")
plots.legend(ax, loc="upper center", ncols=3)
plots.finish(fig, "01_classifier")

# %% [markdown]
# ## One number to fight over
#
# $$V(D, G) = E_{x \sim p_{data}} \log D(x) + E_{z \sim p_z} \log(1 - D(G(z)))$$
#
# **D maximises V, G minimises it** (Goodfellow et al. 2014, equation 1). A classifier is trained on the mean
# *cross-entropy*: -log D(x) where the label is 1, -log(1 - D(x)) where it is 0. On a batch half real and half
# fake that is -V/2, so **to climb V is to train a classifier**. Below the rows are shuffled, and only labels
# tell them apart. With three real rows for each fake the two numbers part: V is a sum of two *means*.

# %%
rng = np.random.default_rng(1)
for n in 64, 192:
    x_real, label = p_data.sample(n, rng=rng), np.repeat([1, 0], [n, 64])[:, None]
    rows = rng.permutation(n + 64)
    D_x, label = D(np.concatenate([x_real, fake])[rows]), label[rows]  # (n + 64, 1) each
    H, swapped = (-np.mean(y * np.log(D_x) + (1 - y) * np.log(1 - D_x)) for y in (label, 1 - label))
    V_batch, _ = games.minimax.discriminator(x_real - 2.5, fake - 2.5)  # from a = x - 2.5: V, dV/da (lesson 2)
    r, f = np.log(D(x_real)).mean(), np.log(1 - D(fake)).mean()
    print(f"{n:3d} real, 64 fake: V {V_batch:+.9f}   two means {r + f:+.9f}", end="")
    print(f"   -2 cross-entropy {-2 * H:+.9f}, with the labels swapped {-2 * swapped:+.3f}")
    assert abs(V_batch - (r + f)) < 1e-12 and abs(V_batch + 2 * swapped) > 1
    assert abs(V_batch + 2 * H - (0 if n == 64 else (f - r) / 2)) < 1e-12  # at 192 a real row has weight 3/2

# %% [markdown]
# ## V is an integral
#
# The logarithm of a probability is at most 0, so V <= 0; its unit is the nat. An expectation is an integral,
# here $V = \int p_{data} \log D + p_g \log(1 - D)\,dx$ (with p_g for z: see "E over z, or E over x" below): an
# area below zero, on a grid a sum. To trust the grid, ask it for what we know: the mass of each density is 1.

# %%
x = np.linspace(-17, 19, 3601)  # (3601,): from p_g's far left to its far right
p, q = p_data.pdf(x), p_g.pdf(x)
V, parts = theory.value(D(x), p, q, x), [p * np.log(D(x)), q * np.log(1 - D(x))]
real_term, fake_term = (theory.integral(part, x) for part in parts)
print(f"mass of p_data {theory.integral(p, x):.12f}, of p_g {theory.integral(q, x):.12f}   a density: 1")
print(f"E log D(x) {real_term:+.9f} + E log(1 - D(G(z))) {fake_term:+.9f}   theory.value {V:+.9f}")
assert abs(theory.integral(p, x) - 1) < 1e-12 and abs(theory.integral(q, x) - 1) < 1e-12
assert abs(real_term + fake_term - V) < 1e-12 and real_term < 0 and fake_term < 0
fig, ax = plt.subplots(figsize=(11, 4.6))
names = "p_data log D", "p_g log(1 - D)"
ax.stackplot(x, *parts, labels=names, colors=(plots.DATA, plots.GENERATOR), alpha=0.5)
ax.set(xlabel="x", ylabel="nats per unit of x", xlim=(-5, 9), title=f"V is the shaded area, {V:.3f}")
plots.legend(ax, loc="lower left")
plots.finish(fig, "01_integral")

# %% [markdown]
# ## V is a mean over samples
#
# Nobody has the density of faces. A GAN has batches, and two means. Their sum is off by about s / sqrt(m),
# its standard error, where s^2 is the variance of log D(x) plus that of log(1 - D(G(z))). So a loss curve,
# which shows V on one batch, jitters *even if nobody moves*. Four times the samples, half the jitter.

# %%
squares, rng = parts[0] * np.log(D(x)) + parts[1] * np.log(1 - D(x)), np.random.default_rng(0)
s, sizes = np.sqrt(theory.integral(squares, x) - real_term**2 - fake_term**2), (8, 32, 128, 512, 2048)
fig, ax = plt.subplots(figsize=(11, 5), subplot_kw={"xlabel": "m, samples of each kind", "ylabel": "V, nats"})
for m in sizes:
    batches = [(p_data.sample(m, rng=rng), G(p_z.sample(m, rng=rng))) for _ in range(500)]
    V_m = np.array([np.log(D(some)).mean() + np.log(1 - D(fakes)).mean() for some, fakes in batches])  # (500,)
    mean, se = V_m.mean(), s / np.sqrt(m)
    print(f"m {m:4d}: mean V {mean:+.5f}, integral {V:+.5f}   spread {V_m.std():.4f}, s / sqrt(m) {se:.4f}")
    assert abs(mean - V) < 3 * se / np.sqrt(500)  # a right V fails 1 seed in 370; five rows, 1 in 75
    assert abs(V_m.std() / se - 1) < 0.15  # of 500 normal numbers off by 3 %; at m = 8, where V leans, by 4 %
    ax.plot(m * np.linspace(0.85, 1.18, 500), V_m, ".", color=plots.DISCRIMINATOR, ms=4, alpha=0.3)
ax.axhline(V, color="black", ls="--")
ax.set(xscale="log", xticks=sizes, xticklabels=sizes, title="V of 500 batches each; dashed: the integral")
plots.finish(fig, "01_samples")

# %% [markdown]
# ## Zero-sum, or not
#
# In the paper's game G is paid -V: what one wins the other loses, a **zero-sum game**. G can move the second
# term alone, so code hands it only that: loss = E log(1 - D(G(z))). Most GANs descend -E log D(G(z)) instead
# (section 3 of the paper; lesson 6). Then G is paid E log D(G(z)), D still V, and **the game is not zero-sum**:
# what both are paid together changes as the fakes move. We push 2,000 of them along the line.

# %%
places, around = np.linspace(-4, 8, 61), 2 * p_z.sample(2000, rng=np.random.default_rng(4))
D_paid, G_paid, G_paid_log = np.empty((3, 61))
for i, place in enumerate(places):
    a_fake = place + around - 2.5
    D_paid[i], _ = games.minimax.discriminator(real - 2.5, a_fake)
    G_paid[i] = -np.log(D(real)).mean() - games.minimax.generator(a_fake)[0]  # -V, term by term
    G_paid_log[i] = -games.non_saturating.generator(a_fake)[0]
zero, other, D_fake = D_paid + G_paid, D_paid + G_paid_log, D(1 + around)
by_hand = np.log(D(real)).mean() + np.mean(np.log(1 - D_fake) + np.log(D_fake))  # with the fakes around 1
print(f"paid together, if G is paid -V: at most {abs(zero).max():.0e}   zero-sum: 0")
print(f"if it is paid E log D(G(z)): around 1 {other[25]:.9f}, by hand {by_hand:.9f}; at -4 {other[0]:.3f}")
assert abs(zero).max() < 1e-12 and abs(other[25] - by_hand) < 1e-12 and other[25] - other[0] > 1

# %%
fig, axes = plt.subplots(1, 2, figsize=(12, 4.8), sharey=True)
for ax, paid, title in zip(axes, (G_paid, G_paid_log), ("-V: zero", "E log D(G(z)): not zero"), strict=True):
    ax.plot(places, D_paid, color=plots.DISCRIMINATOR, lw=2, label="D, paid V")
    ax.plot(places, paid, color=plots.GENERATOR, lw=2, label="G")
    ax.plot(places, D_paid + paid, color=plots.REFERENCE, lw=2, ls="--", label="both together")
    ax.set(xlabel="mean of the fakes", ylabel="paid, nats", title=f"G is paid {title}-sum")
plots.legend(axes[0], loc="outside lower center", ncols=3)
plots.finish(fig, "01_zero_sum")

# %% [markdown]
# ## E over z, or E over x from p_g: the same
#
# The proofs write the second term with p_g: $E_z\,h(G(z)) = E_{x \sim p_g} h(x)$, with h = log(1 - D). It holds
# for every G, for p_g is *defined* as the distribution of G(z). Many notes derive it by the recipe p_g(x) =
# p_z(G^-1(x)) |(G^-1)'(x)|, which needs an invertible G. For G(z) = |z| the recipe with the one branch G^-1(x)
# = x gives p_z(x) and misses -x; for max(z, 0) it gives p_z(x) for x > 0 and misses the lump of 1/2 at 0.

# %%
z, u, noise = np.linspace(-9, 9, 7201), np.linspace(0, 9, 5001), p_z.sample(10**6, rng=np.random.default_rng(2))
half = theory.integral(p_z.pdf(u) * np.log(1 - D(u)), u)  # from 0 on: each |z| twice, max(z, 0) once and a lump
makers = {"1 + 2z": (G, fake_term, x, q), "|z|": (np.abs, 2 * half, u, p_z.pdf(u))}
makers["max(z, 0)"] = lambda z: np.maximum(z, 0), half + np.log(1 - D(0)) / 2, u, p_z.pdf(u)
fig, axes = plt.subplots(1, 3, figsize=(12, 4.6), sharey=True)
for ax, (name, (g, over_x, grid, recipe)) in zip(axes, makers.items(), strict=True):
    over_z, h = theory.integral(p_z.pdf(z) * np.log(1 - D(g(z))), z), np.log(1 - D(g(noise)))
    mass = theory.integral(recipe, grid)
    print(f"{name:9}  E over z {over_z:+.8f}, over x {over_x:+.8f}, samples {h.mean():+.5f}; mass {mass:.4f}")
    assert abs(over_z - over_x) < 1e-6  # a corner in the integrand costs the grid its last digits
    assert abs(h.mean() - over_x) < 3 * h.std() / 1000  # three comparisons: a right one fails 1 seed in 120
    assert abs(mass - (1 if g is G else 0.5)) < 1e-6
    ax.hist(g(noise[::10, 0]), 80, density=True, color=plots.GENERATOR, alpha=0.4, label="p_g, from samples")
    ax.plot(grid, recipe, color="black", ls="--", lw=2, label="by the recipe")
    ax.set(xlabel="x", xlim=(-6, 8) if g is G else (-0.5, 4), ylim=(0, 0.9))
    ax.set_title(f"G(z) = {name}\nmass by the recipe: {mass:.1f}")
plots.legend(axes[0], loc="upper left")
plots.finish(fig, "01_not_invertible")

# %% [markdown]
# ## Right, clueless, fooled
#
# Let D give all real samples the logit t and all fakes -t (it is right), or 0 to all (clueless), or t to all
# (fooled). As t grows, V rises to 0, stays at -log 4, falls to minus infinity. So 0 is the top of the scale,
# and no good news: fakes are then nothing like the data. Most code minimises a "D loss" -V, log 4 for a
# clueless D, or half of it, log 2. Some notes write -log D(x) + log D(G(z)): not -V, for with D = 1/2 it is 0.
# The most any D can reach against this G is C(G) = max over D of V(D, G); lessons 3 and 4 compute it.

# %%
t, (fig, (left, right)) = np.linspace(0, 50, 501), plt.subplots(1, 2, figsize=(12, 4.8))
cases = {"right": (1, -1, plots.DISCRIMINATOR), "clueless": (0, 0, "black"), "fooled": (1, 1, plots.GENERATOR)}
for i, (name, (on_real, on_fake, colour)) in enumerate(cases.items()):
    V_t = [games.minimax.discriminator(on_real * one, on_fake * one)[0] for one in t[:, None, None]]
    formula = -np.log1p(np.exp(-on_real * t)) - np.log1p(np.exp(on_fake * t))
    print(f"{name:8}  V at t = 50: {V_t[-1]:+.9e}   by hand {formula[-1]:+.9e}")
    assert np.abs(V_t - formula).max() < 1e-12
    left.plot(i - 0.1, games.minimax.probability(3.0 * on_real), "o", color=plots.DATA, ms=14)
    left.plot(i + 0.1, games.minimax.probability(3.0 * on_fake), "X", color=plots.GENERATOR, ms=14)
    right.plot(t, V_t, color=colour, lw=3, label=name)
left.set(xticks=range(3), xticklabels=cases, ylim=(0, 1), ylabel="D at t = 3", title="D on real (o), fakes (X)")
right.set(xlabel="t, how sure D is", ylabel="V, nats", xlim=(0, 10), ylim=(-10, 1), title="V of each")
right.axhline(0, color=plots.REFERENCE, ls=":", label="0: a perfect D")
right.axhline(-np.log(4), color=plots.REFERENCE, ls="--", label="-log 4: D = 1/2")
plots.legend(right, loc="lower left")
plots.finish(fig, "01_extremes")

# %%
V_half, V_one = (theory.value(np.full_like(x, answer), p, q, x) for answer in (0.5, 1))
miswritten, best = -np.log(0.5) + np.log(0.5), theory.criterion(p, q, x)
print(f"D = 1: V {V_one}   D = 1/2: V {V_half:.9f}, -log 4 {-np.log(4):.9f}, package {games.minimax.V:.9f}")
print(f"D = 1/2: -V = {-V_half:.6f}, half of it {-V_half / 2:.6f}; -log D(x) + log D(G(z)) = {miswritten:.6f}")
print(f"our D: V = {V:.6f}; the best D against this G: C(G) = {best:.6f}; a perfect D: 0")
assert max(abs(V_half + np.log(4)), abs(games.minimax.V - V_half)) < 1e-12 and V_one == -np.inf
assert abs(miswritten + V_half) > 1 and V < best < 0

# %% [markdown]
# ## Appendix: why V is computed on logits
#
# log D = -softplus(-a), log(1 - D) = -softplus(a), with softplus(a) = log(1 + e^a): on paper the same. But
# float32 keeps 24 binary digits. From a = 24 log 2 on, 1 + e^-a *is* 1, so log(1 - D) is -infinity, and its
# gradient, -1/(1 - D) times D (1 - D), is infinity times 0: NaN, and a step later all of theta is NaN.

# %%
for a in 10, 16, 17, 100, 10_000:
    with np.errstate(divide="ignore", invalid="ignore"):  # log(0) and infinity times 0 are what we came to see
        D_a = 1 / (1 + np.exp(np.float32(-a)))
        naive, d_naive = np.log(1 - D_a), -1 / (1 - D_a) * (D_a * (1 - D_a))
    loss, da = games.minimax.generator(np.full((1, 1), a, np.float32))
    exact, d_exact = -a - np.log1p(np.exp(-a)), -1 / (1 + np.exp(-a))
    print(f"a {a:5.0f}: log(1 - D) naive {naive:9.5f}, package {loss:.5f}, exact {exact:.5f}", end="; ")
    print(f"gradient naive {d_naive:8.5f}, package {da[0, 0]:.5f}, exact {d_exact:.5f}")
    assert abs(loss - exact) < 1e-6 * abs(exact) and abs(da[0, 0] - d_exact) < 1e-6
    assert (np.isinf(naive) and np.isnan(d_naive)) == (a > 24 * np.log(2))

# %% [markdown]
# ## On your own
#
# 1. Move D's threshold from 2.5 to 4, the middle of the data. Which term of V rises, which falls, and V?
# 2. Make D twice as sure, `-2 * (x - 2.5)`: the same, but louder. Does V rise, and which x pay for it?
# 3. In float16 (11 binary digits), from which logit on is the naive log(1 - D) -infinity?
#
# The answers, run and checked, stand in `lessons/answers/01_value_function.py`.
