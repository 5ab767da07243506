# %% [markdown]
# # Compute the value of the game
#
# **You will see** one number, V(D, G), reached on four roads that must meet: as an integral, from samples,
# with p_g in the place of G, and on logits.
#
# **You will learn** what each half of V rewards, how much V jitters from batch to batch, why G need not be
# invertible, what V is when D is perfect, clueless or fooled, and why code must not compute log(sigmoid(a)).
#
# **You need** expectations and densities on the line. There are no networks yet (lesson 2) and nobody learns
# yet (lesson 5): G and D stand still, so that we can look at them.

# %%
from npgan import Gaussian, games, plots, sigmoid, theory

import math

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## Two players, one number
#
# G turns noise z into a fake G(z). D looks at any x and answers D(x), the probability that x is real. They
# fight over one number (Goodfellow et al. 2014, equation 1):
#
# $$V(D, G) = E_{x \sim p_{data}} \log D(x) + E_{z \sim p_z} \log(1 - D(G(z)))$$
#
# **D maximises V, G minimises it.** The first term pays D for D(x) near 1 on real x, the second for D(G(z))
# near 0 on fakes. G sits in the second term alone. The logarithm of a probability is at most 0, so V <= 0;
# its unit is the nat. Here the data are N(4, 1.25), with standard deviation 1.25; G stretches and shifts its
# noise, so that its samples are N(1, 2); and D believes whatever lies to the right of 2.5.

# %%
p_data, p_z, p_g = Gaussian(4, 1.25), Gaussian(0, 1), Gaussian(1, 2)


def G(z):
    return 1 + 2 * z


def logit(x):
    return x - 2.5


def D(x):
    return sigmoid(logit(x))


# %% [markdown]
# ## V is an integral
#
# An expectation is an integral against a density: $V = \int p_{data} \log D + p_g \log(1 - D)\,dx$. On a grid
# it is a sum. Before we trust a grid we ask it for a number we know: the mass of each density is 1. Then we
# take the two terms apart.

# %%
x = np.linspace(-17, 19, 3601)  # (3601,): from p_g's far left to its far right
p, q = p_data.pdf(x), p_g.pdf(x)
real_term = theory.integral(p * np.log(D(x)), x)
fake_term = theory.integral(q * np.log(1 - D(x)), x)
V = theory.value(D(x), p, q, x)

print(f"mass of p_data {theory.integral(p, x):.12f}, of p_g {theory.integral(q, x):.12f}, both should be 1")
assert abs(theory.integral(p, x) - 1) < 1e-12 and abs(theory.integral(q, x) - 1) < 1e-12
print(f"\nE log D(x) {real_term:+.6f}  +  E log(1 - D(G(z))) {fake_term:+.6f}  =  {real_term + fake_term:+.6f}")
print(f"V by theory.value                                        {V:+.6f}")
assert abs(real_term + fake_term - V) < 1e-12 and real_term < 0 and fake_term < 0

# %% [markdown]
# ## V is a mean over samples
#
# Nobody has the density of faces. What a GAN has is batches: m real x, m noises z, and two means. Their sum
# is off by about s / sqrt(m), its standard error (s.e.), where s^2 is the variance of log D(x) plus that of
# log(1 - D(G(z))). We do have the densities, so s is an integral too. Read the table as a fact about
# training: a loss curve shows V on one batch, and it jitters that much *even if neither player moves*. Four
# times the samples, half the jitter.


# %%
def variance(f, density):
    return theory.integral(density * f**2, x) - theory.integral(density * f, x) ** 2


def from_samples(m, rng):
    real, z = p_data.sample(m, rng=rng), p_z.sample(m, rng=rng)  # (m, 1) each
    return np.log(D(real)).mean() + np.log(1 - D(G(z))).mean()


s = math.sqrt(variance(np.log(D(x)), p) + variance(np.log(1 - D(x)), q))
rng = np.random.default_rng(0)
sizes, batches = [8, 32, 128, 512, 2048], 500
estimates = np.array([[from_samples(m, rng) for _ in range(batches)] for m in sizes])  # (5, 500)
print(f"\nsamples m   mean V of {batches} batches   V by integral   distance   spread of V   s / sqrt(m)")
for m, row in zip(sizes, estimates, strict=True):
    se, spread = s / math.sqrt(m), row.std()
    distance = abs(row.mean() - V) / (se / math.sqrt(batches))
    print(f"{m:9d}   {row.mean():+21.5f}   {V:+13.5f}   {distance:3.1f} s.e.   {spread:11.4f}   {se:11.4f}")
    assert distance < 3  # a right V fails this for 1 seed in 370; with five rows, 1 in 75
    # The spread of 500 normal numbers is itself off by 3 %, and by 4 % at m = 8, where V leans to one side.
    assert abs(spread / se - 1) < 0.15

fig, (left, right) = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
near = (x > -6) & (x < 10)
plots.densities(left, x[near], p[near], q[near], D=D(x[near]))
plots.legend(left, loc="upper left")
left.set_title("Two densities, and a D that believes the right side")
beside = np.repeat(sizes, batches) * rng.uniform(0.85, 1.18, 5 * batches)  # dots side by side, not in one heap
right.plot(beside, estimates.ravel(), ".", color=plots.DISCRIMINATOR, ms=3, alpha=0.3, label="V from a batch")
right.axhline(V, color=plots.REFERENCE, ls="--", label=f"V by integral: {V:.3f}")
m = np.geomspace(6, 2700)
right.plot(m, V + 3 * s / np.sqrt(m), color=plots.REFERENCE, label="V ± 3 s / sqrt(m)")
right.plot(m, V - 3 * s / np.sqrt(m), color=plots.REFERENCE)
right.set(xscale="log", xticks=sizes, xticklabels=sizes, xlabel="m, samples of each kind", ylabel="V, nats")
right.minorticks_off()
right.set_title(f"One V, seen through {batches} batches of each size")
plots.legend(right, loc="lower right")
plots.finish(fig, "01_value_function")

# %% [markdown]
# ## E over z, or E over x from p_g: the same
#
# The proofs write the second term with p_g: $E_z\,h(G(z)) = E_{x \sim p_g} h(x)$, with h = log(1 - D). It
# holds for every G, because p_g is *defined* as the distribution of G(z). Many notes derive it from the
# change of variables p_g(x) = p_z(G^-1(x)) |(G^-1)'(x)|, which needs an invertible G. Fold the line instead,
# G(z) = |z|: two z land on every x. Or cut it off, G(z) = max(z, 0): half of all z land on the single point
# 0, and p_g has no density there, only a lump of mass 1/2. The identity does not mind. The recipe does:
# whoever inverts the fold as z = x, with slope 1, finds p_g(x) = p_z(x) on x >= 0, and loses the other z, at
# -x: half the mass.


# %%
def h(x):
    return np.log(1 - D(x))


z = np.linspace(-9, 9, 7201)  # (7201,)
u = np.linspace(0, 9, 5001)  # (5001,): the x >= 0, where the folded and the cut G live
half = theory.integral(p_z.pdf(u) * h(u), u)
rng = np.random.default_rng(2)
noise = p_z.sample(1_000_000, rng=rng)
generators = [
    ("1 + 2z", G, theory.integral(q * h(x), x)),
    ("|z|", np.abs, 2 * half),
    ("max(z, 0)", lambda z: np.maximum(z, 0), h(0.0) / 2 + half),
]
print("\nG(z)        E over z, integral   E over x ~ p_g   E over z, samples (± s.e.)")
for name, g, over_x in generators:
    over_z = theory.integral(p_z.pdf(z) * h(g(z)), z)
    values = h(g(noise))
    se = values.std() / math.sqrt(len(values))
    print(f"{name:9}   {over_z:+18.8f}   {over_x:+14.8f}   {values.mean():+.5f} ± {se:.5f}")
    assert abs(over_z - over_x) < 1e-6  # a corner in the integrand costs the grid its last digits
    assert abs(values.mean() - over_x) < 3 * se  # three comparisons: a right one fails 1 seed in 120

one_inverse, both = theory.integral(p_z.pdf(u), u), theory.integral(p_z.pdf(u) + p_z.pdf(-u), u)
print(f"\nmass of p_g for G(z) = |z|: {one_inverse:.6f} with one inverse, {both:.6f} with both")
assert abs(one_inverse - 0.5) < 1e-6 and abs(both - 1) < 1e-6

# %% [markdown]
# ## Three extremes
#
# Write D = sigmoid(a) with a logit a, and let D say +t to all real samples and -t to all fakes (it is right),
# 0 to all (clueless), or +t to all, fakes too (fooled). As t grows, V tends to 0, stays at -log 4, and tends
# to minus infinity. So 0 is the top of the scale, never reached. It is no good news for the pair either: D
# can only be that sure if the fakes are nothing like the data.
#
# Most code minimises a "D loss" -V, which is log 4 for a clueless D; scripts that average the two terms show
# half of that, log 2. Some notes write -log D(x) + log D(G(z)) instead. That is not -V: with D = 1/2 it is 0.
# And our own D, can it become perfect? Not while real and fake overlap: at an x where both occur it must
# sometimes be wrong. The best that any D can do against this G is C(G); lessons 3 and 4 prove it.

# %%
same = np.ones((128, 1))  # a batch in which D gives every sample the same logit
print("\n  t    D(real)            V right      V clueless        V fooled")
for t in 1.0, 10.0, 50.0:
    V_right, _ = games.minimax.discriminator(t * same, -t * same)
    V_clueless, _ = games.minimax.discriminator(0 * same, 0 * same)
    V_fooled, _ = games.minimax.discriminator(t * same, t * same)
    print(f"{t:3.0f}   {sigmoid(t):.6f}   {V_right:+.8e}   {V_clueless:+.9f}   {V_fooled:+13.8f}")
    assert abs(V_right + 2 * math.log1p(math.exp(-t))) < 1e-12 and V_right < 0
    assert abs(V_clueless + math.log(4)) < 1e-12
    assert abs(V_fooled + t + 2 * math.log1p(math.exp(-t))) < 1e-12

V_half, V_one = (theory.value(np.full_like(x, constant), p, q, x) for constant in (0.5, 1))
print(f"on our densities: V {V_half:+.9f} with D = 1/2, {V_one} with D = 1; -log 4 = {-math.log(4):+.9f}")
assert abs(V_half + math.log(4)) < 1e-12 and V_one == -math.inf and abs(games.minimax.V - V_half) < 1e-12
miswritten = -math.log(0.5) + math.log(0.5)
print(f"D = 1/2: -V = {-V_half:.6f}, half of it {-V_half / 2:.6f}; -log D(x) + log D(G(z)) = {miswritten:.6f}")
assert abs(miswritten + V_half) > 1
best = theory.criterion(p, q, x)
print(f"our D: V = {V:.6f}; the best D against this G: C(G) = {best:.6f}; a perfect D: 0")
assert V < best < 0

# %% [markdown]
# ## V on logits
#
# A network ends in a logit a, any real number, and D = sigmoid(a). Put that into the logarithms:
# log D = -softplus(-a) and log(1 - D) = -softplus(a), with softplus(a) = log(1 + e^a). On paper nothing has
# changed.
#
# In a computer everything has changed. float32 keeps 24 binary digits. Once e^-a <= 2^-24 the sum 1 + e^-a
# *is* 1, so D is 1, 1 - D is 0, and its logarithm -infinity. That begins at a = 24 log 2; float64 only moves
# it to 53 log 2. The digits go bad well before.


# %%
def naive(a):
    with np.errstate(divide="ignore"):  # log(0) = -inf is what we came to see
        return np.log(1 - sigmoid(a))


rng = np.random.default_rng(3)
a_real = logit(p_data.sample(128, rng=rng))  # (128, 1)
a_fake = logit(G(p_z.sample(128, rng=rng)))
V_logits, _ = games.minimax.discriminator(a_real, a_fake)
D_real, D_fake = games.minimax.probability(a_real), games.minimax.probability(a_fake)
V_probabilities = np.log(D_real).mean() + np.log(1 - D_fake).mean()
print(f"\nV on logits {V_logits:+.12f}   V on probabilities {V_probabilities:+.12f}")
assert abs(V_logits - V_probabilities) < 1e-12

print("\nlogit a   log(1 - sigmoid(a))   -softplus(a)        exact      (the first two in float32)")
for a in np.array([5, 10, 14, 16, 17, 100, 10_000], np.float32):
    exact = -float(a) - math.log1p(math.exp(-a))
    print(f"{a:7.0f}   {naive(a):19.5f}   {-games.softplus(a):12.5f}   {exact:10.5f}")
    assert abs(-games.softplus(a) - exact) < 1e-6 * abs(exact)

for dtype in "float32", "float64":
    a = np.linspace(0, 40, 40_001, dtype=dtype)
    first, digits = a[np.isinf(naive(a))][0], np.finfo(dtype).nmant + 1
    print(f"{dtype}: -inf from a = {first:.3f}; predicted {digits} log 2 = {digits * math.log(2):.3f}")
    assert abs(first - digits * math.log(2)) < 0.01

# %% [markdown]
# The gradient dies with it. By the chain rule d log(1 - D)/da = -1/(1 - D) times D (1 - D), and with D
# rounded to 1 that is infinity times 0: not a number. One NaN here, and the next step makes NaN of every
# parameter it reaches. In the package the fraction is cancelled on paper, and -D is left.

# %%
a = np.full((1, 1), 20, np.float32)
_, da = games.minimax.generator(a)
with np.errstate(divide="ignore", invalid="ignore"):  # again on purpose
    da_naive = -1 / (1 - sigmoid(a)) * (sigmoid(a) * (1 - sigmoid(a)))
exact = -1 / (1 + math.exp(-20))
print(f"\nd log(1 - D)/da at a = 20: naive {da_naive[0, 0]}, package {da[0, 0]:.8f}, exact {exact:.8f}")
assert np.isnan(da_naive[0, 0]) and abs(da[0, 0] - exact) < 1e-7
fig, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
a = np.linspace(11, 20, 1801, dtype=np.float32)
y, edge = naive(a), 24 * math.log(2)
ax.axvspan(edge, 20, color=plots.REFERENCE, alpha=0.2, lw=0, label=f"from {edge:.2f} on: -infinity, and NaN")
ax.plot(a[np.isfinite(y)], y[np.isfinite(y)], color=plots.GENERATOR, label="log(1 - sigmoid(a)), naive")
ax.plot(a, -games.softplus(a), color=plots.DISCRIMINATOR, lw=2, ls="--", label="-softplus(a)")
ax.set(xlabel="a, the logit of a fake that fools D", ylabel="log(1 - D), nats", xlim=(11, 20))
ax.set_title("The same formula on paper, two formulas in float32")
ax.legend(frameon=False)
plots.finish(fig, "01_value_function_logits")

# %% [markdown]
# ## On your own
#
# - Move D's threshold from 2.5 to 4, the middle of the data. Which of the two terms rises, which falls?
#   Predict both, then V.
# - Make D twice as sure: `return 2 * (x - 2.5)`. It says the same, only louder. Does V rise or fall, and
#   which samples pay for it?
# - In float16 (11 binary digits), from which logit on is the naive form -infinity? Compute it first, then add
#   "float16" to the loop over dtypes.
