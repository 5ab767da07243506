# %% [markdown]
# # Write backpropagation by hand, and check every line
#
# **40 minutes in class.** **You will see** the gradient of a discriminator written three times: loose (separate
# arrays, no classes), in layers, and as one long vector, with finite differences as the judge.
# **You will learn** the backward of Dense, LeakyReLU, Tanh and Sigmoid, how a gradient gets through D into G,
# and which question catches which mistake. **You need** the chain rule, matrix products, logits (lesson 1).

# %%
from npgan import GAN, SGD, Network, games, gradcheck, plots
from npgan.gradcheck import numerical_gradient
from npgan.layers import Dense, LeakyReLU, Sigmoid, Tanh

from functools import partial

import matplotlib.pyplot as plt
import numpy as np

plots.large_text()

# %% [markdown]
# ## One number, and the way back
#
# Training needs the slope, the derivative, of one number in every parameter: of V in D's, of its loss in G's.
# First from V back through D. Forward, a layer takes x (m, n_in), a row per sample, to y (m, n_out). Let L be
# the one number: dy = dL/dy arrives from above, dx = dL/dx is owed to the layer below, dW = dL/dW is needed
# here. Each has the shape of its array. The judge knows no calculus: it moves one entry by h, up and down;
# (L(+h) - L(-h)) / 2h is the slope, right to about ten digits. We allow an error of 1e-7 of the largest entry.

# %%
fig, ax = plt.subplots(figsize=(11, 4.6))
plots.whole(ax, lit=("fake", "real", "D", "a", "V", "dV")).set_title("First: from V back through D")
plots.finish(fig, "02_through_d")


# %%
def judge(name, computed, differences, right=True):
    error = np.abs(computed - differences).max() / np.abs(differences).max()
    numbers = f"computed {computed.flat[0]:+.9f}   differences {differences.flat[0]:+.9f}"
    print(f"{name:15} {computed.shape!s:7} {numbers}   worst error {error:.0e}")
    assert computed.shape == differences.shape and (error < 1e-7 if right else error > 0.1)


# %% [markdown]
# ## Dense: y = x W + b
#
# Entry by entry, y_kj = sum_i x_ki W_ij + b_j. W_ij moves column j of y, in every row k, at the rate x_ki, so
# dW_ij = sum_k x_ki dy_kj: **dW = x^T dy**. b_j moves all of column j at the rate 1: **db = dy summed over
# rows**. x_ki moves row k of y, column j at the rate W_ij: **dx = dy W^T**. Every length is 4, on purpose: a
# wrong axis fits. We choose L = sum(dy * y), with dy fixed and random, for then dL/dy is exactly dy.

# %%
b, (x, W, dy) = np.zeros(4), np.random.default_rng(0).standard_normal((3, 4, 4))
slopes = [numerical_gradient(lambda: np.sum(dy * (x @ W + b)), array) for array in (W, b, x)]
dense = {  # dW, db, dx
    "by hand": [x.T @ dy, dy.sum(axis=0), dy @ W.T],
    "wrong sign": [-x.T @ dy, -dy.sum(axis=0), -dy @ W.T],
    "wrong axis": [dy.T @ x, dy.sum(axis=1), dy @ W],
    "factor 2": [2 * x.T @ dy, 2 * dy.sum(axis=0), 2 * dy @ W.T],
}
for kind, arrays in dense.items():
    for name, array, differences in zip(("dW", "db", "dx"), arrays, slopes, strict=True):
        judge(f"{name}, {kind}", array, differences, right=kind == "by hand")

# %%
looks = ("o", plots.DISCRIMINATOR), ("v", "#CC79A7"), ("x", "#56B4E9"), ("^", "#E69F00")
fig, axes = plt.subplots(1, 3, figsize=(12, 4.8))
for i, (ax, name) in enumerate(zip(axes, ("dW", "db", "dx"), strict=True)):
    for (kind, arrays), (mark, colour) in zip(dense.items(), looks, strict=True):
        ax.plot(slopes[i].flat, arrays[i].flat, mark, color=colour, ms=8, mfc="none", mew=2, label=kind)
    ax.axline((0, 0), slope=1, color=plots.REFERENCE, lw=1)
    ax.set(xlabel="by differences", ylabel="computed", title=f"{name}: on the line is right")
plots.legend(axes[0], loc="outside lower center", ncols=4)
plots.finish(fig, "02_diagonal")

# %% [markdown]
# ## LeakyReLU, Tanh, Sigmoid: entry by entry
#
# If each y is f of one x, then dx = dy f'(x). Tanh: f' = 1 - y^2. Sigmoid: f' = y (1 - y). LeakyReLU: f' is 1
# where x > 0, else alpha (`layer.slope`). Its mask must ask the *input*, `x > 0`. Code that keeps the output
# and asks `y >= 0` tells the truth while alpha > 0. But a plain ReLU, alpha = 0, makes no y below 0: the answer
# is always yes, and the gradient passes as if there were no ReLU.

# %%
line = np.linspace(-2, 2, 40)  # 0, the kink, is not among them
tanh, sigmoid = np.tanh(line), 1 / (1 + np.exp(-line))
cases = [(Tanh(), 1 - tanh**2, None), (Sigmoid(), sigmoid * (1 - sigmoid), None)]
for alpha in 0.2, 0:
    y = np.maximum(line, alpha * line)
    cases.append((LeakyReLU(alpha), np.where(line > 0, 1, alpha), np.where(y >= 0, 1, alpha)))
fig, axes = plt.subplots(1, 4, figsize=(12, 4), sharey=True)
for ax, (layer, by_hand, asks_output) in zip(axes, cases, strict=True):
    differences = (layer.predict(line + 1e-5) - layer.predict(line - 1e-5)) / 2e-5
    judge(f"{layer}", by_hand, differences)
    ax.plot(line, differences, "o", color="#C8C8C8", ms=12, label="differences")
    ax.plot(line, by_hand, ".", color=plots.DISCRIMINATOR, label="by hand")
    if asks_output is not None:
        judge("  mask y >= 0", asks_output, differences, right=layer.slope > 0)
        ax.plot(line, asks_output, "x", color="#E69F00", label="mask y >= 0")
    ax.set(xlabel="x", ylabel="dy / dx", title=layer)
plots.legend(axes[-1], loc="outside lower center", ncols=3)
plots.finish(fig, "02_mask")

# %% [markdown]
# ## A whole discriminator, loose
#
# Chain them: x -> s = x W1 + b1 -> h = LeakyReLU(s) -> a = h W2 + b2, then V on the logits a. Then back. With
# softplus(a) = log(1 + e^a) = np.logaddexp(0, a), log D = -softplus(-a) has the slope 1 - D, for real samples;
# log(1 - D) = -softplus(a) the slope -D, for fakes; both over m, since V is made of means. Then the lines
# above, twice. Six real rows and six fakes go through **as one batch**: lesson 2b shows what happens else.

# %%
rng, m = np.random.default_rng(2), 6
xs = np.concatenate([4 + 1.25 * rng.standard_normal((m, 1)), rng.standard_normal((m, 1))])  # (2m, 1)
W1, b1 = rng.standard_normal((1, 8)), rng.standard_normal(8)
W2, b2 = rng.standard_normal((8, 1)) / 4, rng.standard_normal(1)


def forward():
    s = xs @ W1 + b1  # (2m, 8)
    h = np.maximum(s, 0.2 * s)
    a = h @ W2 + b2  # (2m, 1)
    return s, h, a, -np.logaddexp(0, -a[:m]).mean() - np.logaddexp(0, a[m:]).mean()  # the last is V


# %%
s, h, a, V = forward()
D_x = 1 / (1 + np.exp(-a))
da = np.concatenate([1 - D_x[:m], -D_x[m:]]) / m  # (2m, 1)
dW2, db2, dh = h.T @ da, da.sum(axis=0), da @ W2.T
ds = dh * np.where(s > 0, 1, 0.2)  # (2m, 8)
dW1, db1, dxs = xs.T @ ds, ds.sum(axis=0), ds @ W1.T  # dxs (2m, 1): how V changes with each sample
pairs = {"dW2": (dW2, W2), "db2": (db2, b2), "dW1": (dW1, W1), "db1": (db1, b1), "dx": (dxs, xs)}
for name, (by_hand, array) in pairs.items():
    judge(name, by_hand, numerical_gradient(lambda: forward()[3], array))

# %% [markdown]
# ## The same in layers, and one vector theta
#
# A layer of the package is those lines in a class: `forward(x)` keeps what `backward(dy)` will need; gradcheck
# judges each entry. A game hands out V and our da. A Network owns **one vector**, theta, all parameters of D,
# the paper's theta_d, and one vector grad; the W, b, dW, db of its layers are windows into them. A step up V is
# one line, theta += lr grad. theta is a property: assigning copies the numbers into the existing vector.

# %%
rng = np.random.default_rng(3)
for layer, entries in (Dense(3, 4), 12 + 4 + 15), *((layer, 15) for layer, _, _ in cases):
    checks = gradcheck.check_layer(layer, rng.standard_normal((5, 3)), rng=rng)
    count, worst = sum(check.count for check in checks), max(check.error for check in checks)
    print(f"{layer!s:15} worst error {worst:.0e}, allowed 1e-07; {count} entries compared, there are {entries}")
    assert worst < 1e-7 and count == entries
V_game, da_game = games.minimax.discriminator(a[:m], a[m:])
print(f"V: loose {V:.12f}, games.minimax {V_game:.12f}; da[0]: {da[0, 0]:.12f} and {da_game[0, 0]:.12f}")
assert abs(V_game - V) < 1e-12 and np.abs(da_game - da).max() < 1e-12

# %%
D = Network(Dense(1, 8), LeakyReLU(0.2), Dense(8, 1), rng=np.random.default_rng(0))
D.theta = np.concatenate([W1.ravel(), b1, W2.ravel(), b2])  # (25,): written into the vector, the windows stay
D.forward(xs)  # (2m, 1): the same a
dx_D = D.backward(da_game)
loose = np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])  # (25,)
print(f"length of dV/dtheta: loose {np.linalg.norm(loose):.12f}, D.grad {np.linalg.norm(D.grad):.12f}")
assert np.abs(D.grad - loose).max() < 1e-12 and np.abs(dx_D - dxs).max() < 1e-12
assert np.shares_memory(D.layers[0].W, D.theta) and np.shares_memory(D.layers[2].db, D.grad)

# %%
fig, ax = plt.subplots(figsize=(12, 4.4))
windows = {"W, layer 0": range(8), "b, layer 0": range(8, 16), "W, layer 2": range(16, 24), "b, layer 2": [24]}
for (name, places), (_, colour) in zip(windows.items(), looks, strict=True):
    ax.bar(places, D.theta[places], width=0.9, color=colour, label=name)
    ax.plot(places, loose[places], "_", color="black", ms=16, mew=3)
ax.set(xlabel="place in the vector", ylabel="theta (bars), grad (black)", title="One vector, four windows")
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "02_theta")

# %% [markdown]
# ## Through D into G
#
# G never meets the data. All it hears is dx, from D: how its loss changes when a fake moves. So the G step runs
# forward and back through both networks, but skips D's own gradient (`params=False`): it must leave D alone, to
# the last bit.

# %%
fig, ax = plt.subplots(figsize=(11, 4.6))
plots.whole(ax, lit=("z", "G", "fake", "D", "a", "V", "dloss")).set_title(
    "Then: from the loss through D into G"
)
plots.finish(fig, "02_into_g")

# %%
rng, game = np.random.default_rng(4), games.non_saturating
G, D_2 = (Network(Dense(n, 8), Tanh(), Dense(8, 1), rng=rng) for n in (2, 1))
gan = GAN(G, D_2, SGD(G, lr=0.1), SGD(D_2, lr=0.1), game=game)
z = gan.noise(m, rng=rng)  # (m, 2)
gan.discriminator_gradient(xs[:m], z)  # so that there is something in D's grad to be spoiled
before, theta_g = np.concatenate([D_2.theta, D_2.grad]), G.theta.copy()
loss, da_fake = game.generator(D_2.forward(G.forward(z)))  # the mean of -log D(G(z)), and its slopes
G.backward(D_2.backward(da_fake, params=False), inputs=False)  # D hands on dx (m, 1)
dtheta_g = G.grad.copy()
judge("dtheta_g", dtheta_g, numerical_gradient(lambda: game.generator(D_2.predict(G.predict(z)))[0], G.theta))
loss_gan = gan.generator_step(z)  # the package's G step: the same lines, then theta_g -= lr grad
changed = np.sum(np.concatenate([D_2.theta, D_2.grad]) != before)
print(f"loss of G: by hand {loss:.9f}, generator_step {loss_gan:.9f}; numbers of D that changed: {changed}")
assert abs(loss - loss_gan) < 1e-12 and changed == 0 and np.abs(G.grad - dtheta_g).max() < 1e-12
assert np.abs(G.theta - (theta_g - 0.1 * dtheta_g)).max() < 1e-15

# %% [markdown]
# ## Which question catches which mistake
#
# A GAN for digits has over a million parameters, too many to move one by one. Move all at once, along a
# direction u: the slope of V along u must be grad . u. Random u catch every mistake. But never ask with u =
# claim. If the claim is the true gradient with some entries set to 0, claim . u and true . u are both
# |claim|^2. So it passes: **a projection of the true gradient passes its own question.**

# %%
rng, V_of_D = np.random.default_rng(5), partial(gan.discriminator_gradient, xs[:m], z)
V_of_D()  # the package's D step up to its move: V comes back, and D's grad is filled
grad, slope_of_V = D_2.grad.copy(), numerical_gradient(V_of_D, D_2.theta)  # (25,) each
lost = np.where(np.arange(25) < 8, 0, grad)  # the first window, W of layer 0, would never learn
claims = {"right": grad, "wrong sign": -grad, "factor 2": 2 * grad, "a layer lost": lost}
found = {}  # directions=None, below, means every entry
for name, claim in claims.items():  # itself: u = claim. For "a layer lost" claim . u and true . u are |claim|^2
    itself = abs(claim @ (claim - slope_of_V)) / np.linalg.norm(claim) / abs(slope_of_V).max()
    any_u, entries = (
        gradcheck.check(V_of_D, D_2.theta, claim, directions=n, rng=rng).error for n in (20, None)
    )
    found[name] = itself, any_u, entries
    print(f"{name:12} error along itself {itself:.0e}, 20 random u {any_u:.0e}, every entry {entries:.0e}")
    assert (any_u < 1e-7) == (entries < 1e-7) == (name == "right")
assert found["a layer lost"][0] < 1e-7 < 0.1 < min(found["wrong sign"][0], found["factor 2"][0])
assert gradcheck.check_generator_step(gan, z, directions=20, rng=rng).error < 1e-7

# %%
fig, ax = plt.subplots(figsize=(11, 4.6))
for i, question in enumerate(["along itself", "20 random directions", "every entry"]):
    mark, colour = looks[1 + i]
    errors = [three[i] for three in found.values()]
    ax.semilogy(np.arange(4) + i / 8, errors, mark, color=colour, ms=12, mfc="none", mew=3, label=question)
ax.axhline(1e-7, color=plots.REFERENCE, ls="--", label="allowed: 1e-7")
ax.set(xticks=range(4), xticklabels=found, ylabel="worst error", title="A lost layer passes its own question")
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "02_questions")

# %% [markdown]
# ## On your own
#
# 1. Set W2 and b2 to 0 in the loose discriminator. Predict which of the five gradients become 0, which not.
# 2. Set its slope to 0 and its mask to `h >= 0`. Predict the first of the five gradients to fail.
#
# The answers, run and checked, stand in `lessons/answers/02_backprop_by_hand.py`.
