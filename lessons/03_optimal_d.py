# %% [markdown]
# # Find the best discriminator
#
# **45 minutes in class.** **You will see** one line of calculus turn into the best possible D; thousands of
# rivals that lose to it; and two networks that find it by training, the second only where samples, real or
# fake, are. **You will learn** Proposition 1 of the 2014 paper, `D* = p_data / (p_data + p_g)`; that this is
# Bayes' rule; and how a trained D gives the density of the data back. **You need** the value function V (lesson
# 1), backward (lesson 2), the derivative of a logarithm. G stands still throughout.

# %%
from npgan import GAN, SGD, Adam, Dense, Gaussian, Network, games, models, plots, sigmoid, theory

import matplotlib.pyplot as plt
import numpy as np

plots.large_text()
x = np.linspace(-12, 16, 1401)  # (1401,)
p_data, p_g = Gaussian(4, 1.25), Gaussian(2, 2)  # mean and standard deviation
p, q = p_data.pdf(x), p_g.pdf(x)  # (1401,) each

# %% [markdown]
# ## One x, two pulls
#
# Stand at one point, x = 4. There the densities are two numbers, p = p_data(4) and q = p_g(4), and D may answer
# any y = D(4) between 0 and 1. This one x adds **f(y) = p log y + q log(1 - y)** to V. Real samples pull y up
# to 1, fakes down to 0. The slope p/y - q/(1 - y) is 0 at **y* = p / (p + q)**. Now just look.

# %%
at_4, y = np.argmin(abs(x - 4)), np.linspace(0.001, 0.999, 999)
up, down = p[at_4] * np.log(y), q[at_4] * np.log(1 - y)
highest, y_star = y[(up + down).argmax()], p[at_4] / (p[at_4] + q[at_4])
print(f"highest of 999 answers y: {highest:.3f}     p / (p + q) = {y_star:.4f}")
assert abs(highest - y_star) <= 0.0005  # half the spacing of the answers
fig, ax = plt.subplots(figsize=(11, 5))
ax.plot(y, up, color=plots.DATA, ls=":", lw=2.5, label="p log y: real pulls up")
ax.plot(y, down, color=plots.GENERATOR, label="q log(1 - y): fake pulls down")
ax.plot(y, up + down, color=plots.DISCRIMINATOR, lw=3, label="f(y), their sum")
ax.axvline(y_star, color=plots.REFERENCE, ls="--", label=f"p / (p + q) = {y_star:.3f}")
ax.set(xlabel="y, the answer of D at x = 4", ylabel="nats per unit of x", ylim=(-1, 0.05))
ax.set_title(f"At x = 4, where p = {p[at_4]:.2f} and q = {q[at_4]:.2f}, one answer is best")
plots.legend(ax, loc="lower center")
plots.finish(fig, "03_one_x")

# %% [markdown]
# **For p, q > 0 it is the only top**: f'' = -p/y^2 - q/(1 - y)^2 < 0, and a curve that bends down everywhere
# has one. We look at the bends of f for 1,000 random pairs. If p = 0, f falls all the way: its top is the end y
# = 0. If q = 0, it is y = 1. If both are 0, nobody ever asks D here, f = 0, and **every** y is as good (the
# package then answers 1/2). Lesson 8 lives on these cases.

# %%
some_p, some_q = np.random.default_rng(0).uniform(0.05, 1, (2, 1000, 1))  # (1000, 1) each
f = some_p * np.log(y) + some_q * np.log(1 - y)  # (1000, 999)
miss = abs(y[f.argmax(axis=1)] - theory.optimal_d(some_p, some_q)[:, 0]).max()
bend, curve = np.diff(f, 2) / 0.001**2, -some_p / y**2 - some_q / (1 - y) ** 2
print(f"1,000 tops: off by {miss:.5f} at most; flattest bend {bend.max():.4f}, formula {curve.max():.4f} < 0")
assert miss < 0.00051 and bend.max() < 0 and abs(bend.max() - curve.max()) < 1e-3
answers = np.linspace(0, 1, 101)  # with both ends; without a grid theory.value is a plain sum, and 0 log 0 is 0
for pair, best in ((0.3, 0.1), [0.75]), ((0, 0.1), [0]), ((0.3, 0), [1]), ((0, 0), answers):
    V_at = np.array([theory.value([answer], *np.array([pair]).T) for answer in answers])
    found, answer = answers[V_at == V_at.max()], theory.optimal_d(*pair)
    print(f"p, q = {pair}: {len(found)} best of 101 answers, {found[0]} to {found[-1]}     D* = {answer:.2f}")
    assert np.array_equal(found, best) and abs(answer - found.mean()) < 1e-15

# %% [markdown]
# ## Every x at once: Bayes' rule
#
# V is the sum of these f over all x, and D may answer at each x without regard to any other. So the best D
# gives the best answer everywhere: **D*(x) = p_data(x) / (p_data(x) + p_g(x))** (Goodfellow et al. 2014,
# Proposition 1). Put 1/2 before each p: it is **Bayes' rule with prior 1/2**. A coin chooses real or fake; you
# see x; D* is the probability that it was real. We throw it often, and count the real ones near eight x.

# %%
D_star, places = theory.optimal_d(p, q), np.arange(0.0, 8)  # (1401,) and (8,)
rng = np.random.default_rng(1)
real, fake = (source.sample(400_000, rng=rng) for source in (p_data, p_g))  # prior 1/2: as many of each
n_real, n_fake = ((abs(some - places) < 0.05).sum(axis=0) for some in (real, fake))
share, bayes = n_real / (n_real + n_fake), np.interp(places, x, D_star)
off = abs(share - bayes) / np.sqrt(bayes * (1 - bayes) / (n_real + n_fake))  # in standard errors
print(f"at x = 4 {n_real[4]:,d} of {n_real[4] + n_fake[4]:,d} are real: {share[4]:.4f}     D* = {bayes[4]:.4f}")
assert off.max() < 4  # a right one fails this for 1 seed in 2,000
near = (x >= -5) & (x <= 11)
fig, ax = plt.subplots(figsize=(12, 5))
plots.densities(ax, x[near], p[near], q[near], d_star=D_star[near]).set_title("D* is the share of real samples")
ax.right.plot(places, share, "o", color=plots.DISCRIMINATOR, label="real ones, counted")
plots.legend(ax, loc="outside right")
plots.finish(fig, "03_bayes")

# %% [markdown]
# D* = 1 / (1 + q/p) is sigmoid(a*) with the logit **a* = log p - log q, the log-likelihood ratio**. "D > 1/2"
# means p > q: call real what is likelier real, the Bayes decision. Its error is half the integral of min(p, q),
# which is **(1 - TV)/2**; TV, the total variation, is half the integral of |p - q|.

# %%
a_star = p_data.log_pdf(x) - p_g.log_pdf(x)
print(f"at x = 4: p / (p + q) = {D_star[at_4]:.12f}     sigmoid(log p - log q) = {sigmoid(a_star[at_4]):.12f}")
assert abs(sigmoid(a_star) - D_star).max() < 1e-14
error, TV = theory.integral(np.where(D_star > 0.5, q, p), x) / 2, theory.total_variation(p, q, x)
print(f"error of 'real where D* > 1/2': {error:.9f}     (1 - TV)/2 = {(1 - TV) / 2:.9f}")
assert abs(error - (1 - TV) / 2) < 1e-9

# %% [markdown]
# **Rivals.** If Proposition 1 is true, D* is the top of a hill: whichever way we walk from its logit, V falls.
# We try 100 ways, 50 random bumps and 50 random networks, 30 steps to either side. The top is flat: halve D's
# distance from D* and V's shortfall is quartered. **V can look finished while D is still visibly wrong.**

# %%
rng, sizes = np.random.default_rng(2), np.linspace(-3, 3, 61)
ways = [np.exp(-0.5 * ((x - rng.uniform(-2, 8)) / rng.uniform(0.2, 5)) ** 2) for _ in range(50)]
ways += [models.mlp((1, 8, 1), rng=rng).predict(x[:, None])[:, 0] for _ in range(50)]
V_walk = np.array([[theory.value_of_logit(a_star + s * way, p, q, x) for s in sizes] for way in ways])
V_star, V_half = theory.value(D_star, p, q, x), theory.value_of_logit(0 * x, p, q, x)
lost, rival = V_star - V_walk, abs(sizes) > 1e-9  # (100, 61) and (61,)
ratio = lost[:50, 32] / lost[:50, 31]
print(f"V(D*) = {V_star:.9f}     at D = 1/2 {V_half:.9f}, -log 4 = {-np.log(4):.9f}")
print(f"the best of {lost[:, rival].size:,} rivals is lower by {lost[:, rival].min():.0e};", end=" ")
print(f"bumps of 0.2 cost {ratio.min():.2f} to {ratio.max():.2f} times those of 0.1, a square: 4")
assert abs(lost[:, ~rival]).max() < 1e-12 and lost[:, rival].min() > 1e-9  # rounding: 1e-15
assert abs(ratio - 4).max() < 0.3 and abs(V_half + np.log(4)) < 1e-9

# %%
fig, ax = plt.subplots(figsize=(11, 5))
ax.plot(sizes, V_walk.T, color=plots.DISCRIMINATOR, lw=0.6, alpha=0.7)
ax.plot(0, V_star, "o", color="black", ms=9, label=f"D*, V = {V_star:.3f}")
ax.axhline(-np.log(4), color=plots.REFERENCE, ls="--", label="D = 1/2, V = -log 4")
ax.set(xlabel="s: logit a* + s way", ylabel="V, nats", ylim=(-1.7, -0.9), title="Each of 100 ways leads down")
plots.legend(ax, loc="upper left", ncols=2)
plots.finish(fig, "03_rivals")

# %% [markdown]
# ## A network that can be exactly right: logistic regression
#
# Give p_g the sigma of p_data. In log p - log q the squares of x cancel, and a* = w x + b, w = (4 - 2)/sigma^2,
# b = (2^2 - 4^2)/(2 sigma^2). One `Dense(1, 1)` under a sigmoid, **logistic regression**, can be exactly that.
# Let it climb V itself, the sum of (p log D + q log(1 - D)) dx, slope (p (1 - D) - q D) dx in each logit.

# %%
line_g, w, b = Gaussian(2, 1.25), (4 - 2) / 1.25**2, (2**2 - 4**2) / (2 * 1.25**2)  # the line is w x + b
q_line, dx, line = line_g.pdf(x), x[1] - x[0], Network(Dense(1, 1), rng=np.random.default_rng(3))
opt = SGD(line, lr=0.2, momentum=0.9)  # momentum: to each step it adds 0.9 of the one before
for _ in range(600):
    D = sigmoid(line.forward(x[:, None])[:, 0])
    da = (p * (1 - D) - q_line * D) * dx  # dV/da, (1401,)
    line.backward(da[:, None], inputs=False)
    opt.ascend()
print(f"trained: slope {line.theta[0]:.9f}, intercept {line.theta[1]:.9f}     formula: {w:.9f}, {b:.9f}")
assert abs(line.theta - [w, b]).max() < 1e-9  # half-trained, after 300 steps, it is off by 1e-6

# %% [markdown]
# A real D never sees p and q. It sees samples: 1,000 real ones, and 1,000 fakes from a frozen G, itself a line.
# It finds the best line *for these samples*. We do it 20 times, with fresh samples, and see how far it misses.

# %%
rng, fits = np.random.default_rng(4), []
for _ in range(20):
    G_line, D_line = Network(Dense(1, 1), rng=rng), Network(Dense(1, 1), rng=rng)
    G_line.theta = [line_g.sigma, line_g.mu]
    lines = GAN(G_line, D_line, SGD(G_line, lr=0.1), SGD(D_line, lr=0.2, momentum=0.9), game=games.minimax)
    samples, z = p_data.sample(1000, rng=rng), lines.noise(1000, rng=rng)  # (1000, 1) each
    for _ in range(300):
        lines.discriminator_step(samples, z)
    fits.append(D_line.theta.copy())
mean, spread = np.mean(fits, axis=0), np.std(fits, axis=0, ddof=1)
print(f"mean of 20 fits {mean.round(3)}, spread {spread.round(3)}     formula {w:+.3f}, {b:+.3f}")
assert (abs(mean - [w, b]) < 4 * spread / 20**0.5).all()  # 4 s.e.; 20 other seeds: at most 2.7
assert (spread < [0.1, 0.3]).all() and (G_line.theta == [1.25, 2]).all()  # D's step does not train G

# %% [markdown]
# ## A network that has to search
#
# Back to p_g = N(2, 2): sigmas unequal, so the logit is a parabola. D is now a network, 1-32-32-1; every step
# brings 128 fresh samples of each kind; Adam divides each entry's gradient by its usual size, and its rate
# falls to 0. E|D - D*|, over a batch half real, half fake, is the integral of (p + q)/2 |D - D*|.

# %%
rng, logits, gaps, errors = np.random.default_rng(5), {}, {}, {}
G_net, D_net = Network(Dense(1, 1), rng=rng), models.mlp((1, 32, 32, 1), rng=rng)
G_net.theta = [p_g.sigma, p_g.mu]
gan = GAN(G_net, D_net, SGD(G_net, lr=0.1), Adam(D_net, lr=0.01), game=games.minimax)
for step in range(2001):
    if step in (0, 20, 200, 2000):
        a = logits[step] = D_net.predict(x[:, None])[:, 0]
        gaps[step] = V_star - theory.value_of_logit(a, p, q, x)
        errors[step] = theory.integral((p + q) / 2 * abs(sigmoid(a) - D_star), x)  # E|D - D*|
        print(f"step {step:4d}   V = V(D*) - {gaps[step]:.5f}     E|D - D*| = {errors[step]:.4f}")
    gan.opt_d.rate = max(0, 1 - step / 2000)  # the share of the learning rate that is left
    gan.discriminator_step(p_data.sample(128, rng=rng), gan.noise(128, rng=rng))
assert 0 < min(gaps.values()) < 0.0007 < gaps[200]  # none passes D*; 32 other seeds end at most 0.00055 below
assert errors[2000] < 0.007 < errors[200]  # the other seeds: at most 0.0058; at least 0.0137 after 200
assert gaps[200] / gaps[0] < errors[200] / errors[0]  # V is ahead of D: less of its gap is left

# %%
fig, axes = plt.subplots(2, 2, figsize=(12, 8), sharex=True, sharey=True)
for ax, (steps, logit) in zip(axes.flat, logits.items(), strict=True):
    plots.densities(ax, x[near], p[near], q[near], sigmoid(logit)[near], D_star[near])
    ax.set(title=f"{steps:,} steps: off by {errors[steps]:.3f}", xlabel="x" if ax in axes[1] else "")
plots.legend(axes[0, 0], loc="outside upper center", ncols=3)
plots.finish(fig, "03_search")

# %% [markdown]
# ## D gives the data back
#
# Solve D = p / (p + q) for p: **p_data = p_g D / (1 - D) = p_g exp(a)**. Whoever knows how *fakes* are spread,
# and asks D, knows how the *data* are: exactly with D*, nearly with the trained D, which never saw a formula.
# But only where samples are: elsewhere the slope p/D - q/(1 - D) of V is 0, nothing pulls on D, and it guesses.

# %%
exact, recovered = q * D_star / (1 - D_star), q * np.exp(logits[2000])
L1 = [theory.integral(abs(density - p), x) for density in (exact, recovered, q)]
print(f"integral of |p_g exp(a) - p_data|: with D* {L1[0]:.0e}, with D {L1[1]:.3f}; with a = 0 {L1[2]:.3f}")
assert L1[0] < 1e-12 and L1[1] < 0.05 < 0.9 < L1[2]  # 20 other seeds: at most 0.03
miss_a, often = abs(logits[2000] - a_star), p + q > 0.05
print(f"logit off by {miss_a[often].max():.2f} where samples are, {miss_a[0]:.0f} and {miss_a[-1]:.0f} far out")
assert miss_a[often].max() < 1 and miss_a[[0, -1]].min() > 10  # 20 other seeds: at most 0.7, at least 16
fig, ax = plt.subplots(figsize=(11, 5))
ax.plot(x[near], q[near], color=plots.GENERATOR, lw=2, label="p_g, which is known")
ax.plot(x[near], recovered[near], color=plots.DISCRIMINATOR, lw=3, ls="--", label="p_g exp(a), with D")
ax.plot(x[near], p[near], color=plots.DATA, ls=":", lw=3, label="p_data, which is not")
ax.set(xlabel="x", ylabel="density", ylim=(0, 0.45), title="Fakes and D together give the data back")
plots.legend(ax, loc="upper left")
plots.finish(fig, "03_density")

# %% [markdown]
# **Live**, where there is a screen: drag the slider. p_g = N(mu_g, 1.25) walks; D* and V(D*) follow.


# %%
def follow(mu):
    q_mu = Gaussian(mu, 1.25).pdf(x)
    live.lines[1].set_ydata(q_mu)
    live.right.lines[1].set_ydata(theory.optimal_d(p, q_mu))
    live.set_title(f"mu_g = {mu:.1f}: V(D*) = {theory.criterion(p, q_mu, x):.3f} nats")


fig, (live, bar) = plt.subplots(2, 1, figsize=(11, 6), height_ratios=[12, 1])
plots.legend(plots.densities(live, x, p, 0 * q, d_star=D_star), loc="upper left", ncols=2).set_xlim(-5, 11)
slider = plt.Slider(bar, "mu_g", -4, 8, valinit=0, valstep=0.1, color=plots.GENERATOR)
slider.on_changed(follow)
slider.set_val(4)
assert live.get_title().endswith("= -1.386 nats") and (live.right.lines[1].get_ydata() == 0.5).all()
slider.set_val(2)
plots.finish(fig, "03_live")

# %% [markdown]
# ## On your own
#
# 1. Move `line_g` from mean 2 to mean 3. Predict the slope of the line, and the x at which D answers 1/2.
# 2. In "A network that has to search", draw 4 * 128 noises for 128 real samples. What becomes of D*?
# 3. Give p_g a sigma of 0.5. Where will "D gives the data back" fail first, and why there?
#
# The answers, run and checked, stand in `lessons/answers/03_optimal_d.py`.
