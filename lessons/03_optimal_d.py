# %% [markdown]
# # Find the best discriminator
#
# **You will see** one line of calculus turn into the best possible D; thousands of rivals that all
# lose to it; and two networks that find it by training, the second one only where there is data.
#
# **You will learn** Proposition 1 of the 2014 paper, `D* = p_data / (p_data + p_g)`; that the logit
# of D* is a log ratio of densities; and how a trained D gives the density of the data back.
#
# **You need** the value function V (lesson 1), backward (lesson 2), the derivative of a logarithm.

# %%
from npgan import GAN, SGD, Adam, Dense, Gaussian, Network, gradcheck, models, plots, sigmoid, theory
from npgan.games import minimax

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## One x, two numbers
#
# G is fixed in this whole lesson. Stand at one point x. There the densities are two numbers,
# `p = p_data(x)` and `q = p_g(x)`, and D may answer any y = D(x) between 0 and 1. What that one x
# adds to V is
#
#     f(y) = p log y + q log(1 - y)
#
# Its slope `p/y - q/(1 - y)` is 0 at `y* = p / (p + q)`. First, simply look for the highest point.


# %%
def f(y, p, q):
    return p * np.log(y) + q * np.log(1 - y)


p, q = 0.30, 0.10  # at this x, real samples are three times as frequent as fakes
y = np.linspace(0.001, 0.999, 999)  # (999,)
highest = y[f(y, p, q).argmax()]
y_star = float(theory.optimal_d(p, q))
print(f"highest of 999 answers y: {highest:.3f}     p / (p + q) = {p / (p + q):.3f}     optimal_d {y_star:.3f}")
assert abs(highest - p / (p + q)) < 0.0005  # half the spacing of the answers
assert abs(y_star - p / (p + q)) < 1e-15

# %% [markdown]
# Is y* a maximum for every p and q, and the only one? The second derivative says so:
#
#     f''(y) = -p/y^2 - q/(1 - y)^2  <  0    for every y
#
# A curve that bends down everywhere has one top. We check the slope at y* and the bend everywhere
# against differences of f, for 1,000 random pairs p, q at once.

# %%
rng = np.random.default_rng(0)
p, q = rng.uniform(0.05, 1.0, (2, 1000))  # (1000,) each
y_star = theory.optimal_d(p, q)
slope = gradcheck.numerical_gradient(lambda: f(y_star, p, q).sum(), y_star)
print(f"slope of f at y*: at most {abs(slope).max():.1e} by differences     0 by the formula")
assert abs(slope).max() < 1e-7

y, h = rng.uniform(0.1, 0.9, 1000), 1e-4
bend = -p / y**2 - q / (1 - y) ** 2
seen = (f(y + h, p, q) - 2 * f(y, p, q) + f(y - h, p, q)) / h**2
print(f"bend of f at a random y: {seen[0]:.4f} by differences     {bend[0]:.4f} by the formula")
print(f"the flattest of 1,000 bends: {bend.max():.3f}, below 0")
assert (abs(seen - bend) < 1e-5 * abs(bend)).all() and bend.max() < 0

# %% [markdown]
# ## Every x at once
#
# V is the sum of these f over all x: `V(D) = integral of p log D + q log(1 - D) dx`. D may answer at
# each x without regard to any other, so the best D gives the best answer at each x:
#
#     D*(x) = p_data(x) / (p_data(x) + p_g(x))            (Proposition 1)
#
# Divide by p: `D* = 1 / (1 + q/p)`, which is `sigmoid(a*)` with the logit `a* = log p - log q`. **The
# logit of D* is the log ratio of the two densities.** From here on p and q are arrays over a grid x.

# %%
x = np.linspace(-12, 16, 1401)  # (1401,)
p_data, p_g = Gaussian(4, 1.25), Gaussian(2, 2)
p, q = p_data.pdf(x), p_g.pdf(x)  # (1401,) each
print(f"area under p_data {theory.integral(p, x):.9f}, under p_g {theory.integral(q, x):.9f}     a density: 1")
assert abs(theory.integral(p, x) - 1) < 1e-9 and abs(theory.integral(q, x) - 1) < 1e-9

D_star = theory.optimal_d(p, q)  # (1401,)
a_star = p_data.log_pdf(x) - p_g.log_pdf(x)
here = np.argmin(abs(x - 3))
print(f"at x = 3: p / (p + q) = {D_star[here]:.6f}     sigmoid(log p - log q) = {sigmoid(a_star)[here]:.6f}")
assert abs(sigmoid(a_star) - D_star).max() < 1e-14
print(f"and were p_g = p_data, D* would be {theory.optimal_d(p, p).mean():.1f} everywhere     1/2 = 0.5")
assert (theory.optimal_d(p, p) == 0.5).all()

V_star = theory.value_of_logit(a_star, p, q, x)
print(f"V(D*) from probabilities: {theory.value(D_star, p, q, x):.12f}     from logits: {V_star:.12f}")
assert abs(theory.value(D_star, p, q, x) - V_star) < 1e-12

# %% [markdown]
# ## Rivals
#
# First, a few D that a person might propose. We hand over their logits, not their probabilities: a D
# as sure as `sigmoid(40)` is rounded to exactly 1, and `log(1 - D)` would be minus infinity.

# %%
proposals = {
    "D*, the formula": a_star,
    "1/2 everywhere (logit 0)": np.zeros(len(x)),
    "right, but too timid (a*/2)": a_star / 2,
    "right, but too sure (2 a*)": 2 * a_star,
    "a hard yes or no (logit +-10)": 10 * np.sign(a_star),
    "'all is real' (logit 40)": np.full(len(x), 40.0),
}
V_of = {name: theory.value_of_logit(a, p, q, x) for name, a in proposals.items()}
for name, V in V_of.items():
    print(f"{name:32s} V = {V:9.4f}")
best, half = max(V_of, key=V_of.get), V_of["1/2 everywhere (logit 0)"]
print(f"sigmoid(40) = {sigmoid(40.0)!s}, so log(1 - D) would be -infinity; the logit knows it is -40")
assert sigmoid(40.0) == 1 and abs(V_of["'all is real' (logit 40)"] + 40) < 1e-6
print(f"best: {best}     V at D = 1/2: {half:.6f}     -log 4 = {-np.log(4):.6f}")
assert best == "D*, the formula" and abs(half + np.log(4)) < 1e-9

# %% [markdown]
# Now rivals nobody chose: 3,000 times D* with a dent or a bump of random place, width and size
# (logits from 0.01 to 100 off), and 2,000 random networks. If Proposition 1 is true, none is better.

# %%
rng = np.random.default_rng(1)
V_rivals = []
for _ in range(3000):
    centre, width = rng.uniform(-2, 8), rng.uniform(0.2, 5)
    size = rng.choice([-1, 1]) * 10 ** rng.uniform(-2, 2)
    a = a_star + size * np.exp(-0.5 * ((x - centre) / width) ** 2)
    V_rivals.append(theory.value_of_logit(a, p, q, x))
for _ in range(2000):
    D = models.mlp((1, 8, 1), rng=rng)
    D.theta *= 10 ** rng.uniform(-1, 1)
    V_rivals.append(theory.value_of_logit(D.predict(x[:, None])[:, 0], p, q, x))

shortfall = V_star - np.array(V_rivals)
print(f"V(D*) = {V_star:.9f}     the best of {len(shortfall):,} rivals {max(V_rivals):.9f}")
print(f"the best rival is lower by {shortfall.min():.1e}, the worst by {shortfall.max():.1f}")
assert shortfall.min() > 1e-12  # the smallest bump costs 1e-11 or more, rounding 1e-15

# %% [markdown]
# On top of a hill the ground is flat: a logit that is off by eps costs about eps^2. Half as far off,
# a quarter of the loss. So a D that is only nearly D* already has nearly the best V. Keep that in mind
# when we train: **V is the first thing to look right, and D the last.**

# %%
lost = [V_star - theory.value_of_logit(a_star + eps, p, q, x) for eps in (0.2, 0.1)]
print(f"off by 0.2: V falls by {lost[0]:.6f}     off by 0.1: by {lost[1]:.6f}")
print(f"ratio of the two {lost[0] / lost[1]:.3f}     eps^2 says 4")
assert abs(lost[0] / lost[1] - 4) < 0.1  # the next term of the series is eps times smaller

# %% [markdown]
# ## A network that can be exactly right
#
# Let both Gaussians have the same sigma. In `log p - log q` the squares of x cancel; a line remains:
#
#     a*(x) = w x + b,   w = (mu_data - mu_g) / sigma^2,   b = (mu_g^2 - mu_data^2) / (2 sigma^2)
#
# One `Dense(1, 1)` is such a line. It climbs V with no samples, so no noise: `minimax` gives dV/da as
# a mean over the grid; weighted with p for the real half and q for the fake one it is the integral.

# %%
sigma = 1.25
p_data, p_line = Gaussian(4, sigma), Gaussian(2, sigma)
q_line = p_line.pdf(x)
w = (p_data.mu - p_line.mu) / sigma**2
b = (p_line.mu**2 - p_data.mu**2) / (2 * sigma**2)

line = Network(Dense(1, 1), rng=np.random.default_rng(2))
opt = SGD(line, lr=0.2, momentum=0.9)
n, length = len(x), x[-1] - x[0]
for step in range(1001):
    a = line.forward(x[:, None])  # (n, 1), the same points as real and as fake
    _, da = minimax.discriminator(a, a)  # (2n, 1)
    line.backward(length * (p[:, None] * da[:n] + q_line[:, None] * da[n:]), inputs=False)
    if step in (0, 10, 100, 1000):
        print(f"step {step:4d}   slope {line.theta[0]:+.9f}   intercept {line.theta[1]:+.9f}")
    opt.ascend()
print(f"formula     slope {w:+.9f}   intercept {b:+.9f}")
assert abs(line.theta - [w, b]).max() < 1e-9

# %% [markdown]
# A real D never sees p and q, it sees samples. So: 5,000 real ones, 5,000 fakes from a frozen G that
# is itself a line, `G(z) = 2 + 1.25 z`, and the package's own D step. It now finds the best line *for
# these samples*. By how much may that miss? With the bend of V, `H = integral of (p + q) D (1 - D)
# (x, 1)(x, 1)^T`, the standard errors are at most the roots of the diagonal of `inverse(H) / 5000`.

# %%
rng = np.random.default_rng(3)
G, D = Network(Dense(1, 1), rng=rng), Network(Dense(1, 1), rng=rng)
G.theta = [p_line.sigma, p_line.mu]
gan = GAN(G, D, SGD(G, lr=0.1), SGD(D, lr=0.2, momentum=0.9), game=minimax)
real, z = p_data.sample(5000, rng=rng), gan.noise(5000, rng=rng)  # (5000, 1) each
for _ in range(600):
    gan.discriminator_step(real, z)

D_line = theory.optimal_d(p, q_line)
weight = (p + q_line) * D_line * (1 - D_line)
H = [[theory.integral(weight * u * v, x) for u in (x, np.ones(n))] for v in (x, np.ones(n))]
error = np.sqrt(np.diag(np.linalg.inv(H)) / len(real))
for name, trained, formula, se in zip(("slope", "intercept"), D.theta, (w, b), error, strict=True):
    print(f"{name:9s} trained on samples {trained:+.3f}     formula {formula:+.3f} +- {se:.3f}")
assert (abs(D.theta - [w, b]) < 4 * error).all()  # 4 standard errors: one honest run in 8,000 fails
print(f"G was frozen: theta_g is still {G.theta}")
assert (G.theta == [p_line.sigma, p_line.mu]).all()

# %% [markdown]
# ## A network that has to search
#
# Back to `p_g = N(2, 2^2)`. With unequal sigmas the logit is a parabola. D is now a small network,
# 1-32-32-1, that knows nothing of Gaussians; every step brings fresh samples; its learning rate falls
# to 0. Beside V we print `E |D - D*|`, the mean error over the samples that a batch would bring.


# %%
def error_of(D):
    return theory.integral((p + q) / 2 * abs(sigmoid(D.predict(x[:, None])[:, 0]) - D_star), x)


steps, batch, rng = 2000, 128, np.random.default_rng(4)
G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 32, 32, 1), rng=rng)
G.theta = [p_g.sigma, p_g.mu]
gan = GAN(G, D, SGD(G, lr=0.1), Adam(D, lr=0.01), game=minimax)
errors = {}
for step in range(steps + 1):
    if step in (0, 20, 200, steps):
        V, errors[step] = theory.value_of_logit(D.predict(x[:, None])[:, 0], p, q, x), error_of(D)
        print(f"step {step:4d}   V = {V:.5f}, below V(D*) by {V_star - V:.5f}   E|D - D*| = {errors[step]:.4f}")
        assert V < V_star  # nobody passes D*, not even by luck
    if step < steps:
        gan.opt_d.rate = 1 - step / steps  # the share of the learning rate that is left
        gan.discriminator_step(p_data.sample(batch, rng=rng), gan.noise(batch, rng=rng))
print(f"at the end D is off by {errors[steps]:.4f}, of the {errors[0]:.4f} it started with")
assert errors[steps] < 0.01  # thirty other seeds ended between 0.002 and 0.008
assert V_star - V < 0.001  # the square of a small error; the thirty: 0.0001 to 0.0007

# %% [markdown]
# ## Close where the data is, and only there
#
# Look at the slope of V in one answer: `dV/dD(x) = p/D - q/(1 - D)`. Every term carries p(x) or
# q(x): **where there are no samples, nothing pulls on D.** There its layers just go on in straight
# lines, and the parabola runs away from them. That is no failure of training: no batch ever asked.

# %%
a_D = D.predict(x[:, None])[:, 0]
print("    x   samples expected within 1/2   logit of D   logit of D*")
for place in -8, -2, 0, 2, 4, 6, 8, 12:
    near, at = abs(x - place) <= 0.5, np.argmin(abs(x - place))
    count = batch * steps * theory.integral((p + q)[near], x[near])
    print(f"{place:5d}   {count:28,.0f}   {a_D[at]:10.2f}   {a_star[at]:11.2f}")
dense = p + q > 0.05
off = abs(a_D - a_star)
print(f"off by at most {off[dense].max():.2f} where samples are dense")
print(f"off by {off[0]:.1f} and {off[-1]:.1f} at the ends of the grid")
assert off[dense].max() < 1  # thirty other seeds: at most 0.63
assert off[[0, -1]].min() > 10  # and at least 15

# %% [markdown]
# ## D gives the data back
#
# Solve `D = p / (p + q)` for p: `p_data = p_g D / (1 - D)`, or `p_g exp(a)` with the logit. A trained D
# is a density estimator: whoever knows how *fakes* are distributed, and asks D, knows how the *data*
# are. Exactly with D*; nearly with the trained D, which never saw a formula.

# %%
exact = q * D_star / (1 - D_star)
print(f"with D*: p_data(3) recovered {exact[here]:.12f}     true {p[here]:.12f}")
assert abs(exact - p).max() < 1e-12

recovered = q * np.exp(a_D)
mass = theory.integral(recovered, x)
mean = theory.integral(x * recovered, x) / mass
std = np.sqrt(theory.integral((x - mean) ** 2 * recovered, x) / mass)
print(f"with the trained D: area {mass:.3f} (true 1)   mean {mean:.3f} (true 4)   std {std:.3f} (true 1.25)")
print(f"p_g, which was put in: area 1, mean {p_g.mu:g}, std {p_g.sigma:g}")
assert abs(mass - 1) < 0.05 and abs(mean - 4) < 0.1 and abs(std - 1.25) < 0.05  # thirty seeds: half that

# %% [markdown]
# ## The picture
#
# Top left: f at three places, its top marked. Top right: Proposition 1 and the trained D on it. Below
# left: the same two as logits; the shaded part is where samples are dense. Below right: the data's
# density, recovered from p_g and D.

# %%
fig, axes = plt.subplots(2, 2, figsize=(12, 8), layout="constrained")
top_left, top_right, low_left, low_right = axes.flat
role = {"color": plots.DISCRIMINATOR, "lw": 2}
y = np.linspace(0.002, 0.998, 500)
for place, style in (0, ":"), (3, "--"), (5, "-"):
    at = np.argmin(abs(x - place))
    best = D_star[at]
    top_left.plot(y, f(y, p[at], q[at]), ls=style, label=f"x = {place}: highest at y = {best:.2f}", **role)
    top_left.plot(best, f(best, p[at], q[at]), "o", color=plots.REFERENCE, ms=8)
top_left.set(xlabel="y, D's answer at x", ylabel="f(y) = p log y + q log(1 - y)", ylim=(-0.9, 0.05))
top_left.set_title("At each x the best answer is p / (p + q)")
plots.legend(top_left, loc="lower center")

show = (x >= -6) & (x <= 12)
plots.densities(top_right, x[show], p[show], q[show], sigmoid(a_D)[show], D_star[show])
top_right.set_title("D* is a formula; training finds it")
plots.legend(top_right, loc="upper center", ncols=3)

low_left.plot(x, a_star, color=plots.REFERENCE, alpha=0.45, lw=4, label="log p_data - log p_g, the logit of D*")
low_left.plot(x, a_D, ls="--", label="the logit of the trained D", **role)
low_left.axvspan(*x[dense][[0, -1]], color=plots.REFERENCE, alpha=0.12, lw=0, label="samples are dense here")
low_left.set(xlabel="x", ylabel="logit of D", xlim=(x[0], x[-1]), title="Where nothing was seen, D is a guess")
plots.legend(low_left, loc="lower center")

low_right.plot(x, q, color=plots.GENERATOR, lw=2, label="p_g")
low_right.plot(x, recovered, ls="--", label="p_g D / (1 - D)", **role)
low_right.plot(x, p, color=plots.DATA, ls=":", lw=3, label="p_data")
low_right.set(xlabel="x", ylabel="density", xlim=(-6, 12), ylim=(0, None), title="D gives the data back")
plots.legend(low_right, loc="upper left")
plots.finish(fig, "03_optimal_d")

# %% [markdown]
# ## On your own
#
# 1. In "A network that can be exactly right", move `p_line` from mean 2 to mean 3. Predict the slope,
#    and the x at which D answers 1/2. What happens to both when p_line reaches mean 4?
# 2. In "A network that has to search", draw `4 * batch` values of noise instead of `batch`. D now sees
#    four fakes for each real sample. Predict what happens to D* (V is a sum of two *means*).
# 3. Give p_g a sigma of 0.5. Where will "D gives the data back" fail first, and why there?
