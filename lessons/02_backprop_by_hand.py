# %% [markdown]
# # Write backpropagation by hand, and check every line
#
# **You will see** the gradient of a discriminator written three times: with loose arrays, with the package's
# layers, and as one long vector. Finite differences judge all three.
#
# **You will learn** the backward of Dense, LeakyReLU, Tanh and Sigmoid, how a gradient gets through D into G,
# and the bug that most GANs written from scratch have: two forwards, one cache. It raises no error, V looks
# as it does at equilibrium, and G is nowhere near the data.
#
# **You need** the chain rule, matrix products, and V on logits from lesson 1.

# %%
from npgan import GAN, SGD, Gaussian, Network, games, gradcheck, metrics, models, plots, train
from npgan.gradcheck import numerical_gradient
from npgan.layers import Dense, LeakyReLU, Sigmoid, Tanh

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## One number, and a judge
#
# Every gradient here is of one number, L. A layer turns x (m, n_in) into y (m, n_out), one row per sample.
# What arrives from above is dy = dL/dy; what the layer owes to the one below is dx = dL/dx; what it needs
# itself is dW = dL/dW. Each has the shape of its array. The judge knows no calculus: move one entry by h, up
# and down, and (L(+h) - L(-h)) / 2h is the slope, right to about ten digits in float64. We allow an error of
# 1e-7. A wrong sign, axis or factor 2 is off by millions of times that.


# %%
def judge(name, by_hand, differences):
    """Show the first entry of both gradients, and the worst error of all, relative to the largest entry."""
    error = np.abs(by_hand - differences).max() / np.abs(differences).max()
    first, other, shape = by_hand.flat[0], differences.flat[0], str(by_hand.shape)
    print(f"{name:10} {shape:8} by hand {first:+.9f}   differences {other:+.9f}   worst error {error:.0e}")
    assert error < 1e-7


# %% [markdown]
# ## Dense: y = x W + b
#
# Entry by entry, y_kj = sum_i x_ki W_ij + b_j. W_ij moves column j of y, in every row k, at the rate x_ki, so
# dW_ij = sum_k x_ki dy_kj: **dW = x^T dy**. b_j moves all of column j at the rate 1: **db = dy summed over
# rows**. x_ki moves row k of y, column j at the rate W_ij: **dx = dy W^T**. The shapes leave hardly another
# choice. To have a number L for one layer alone, we weigh its outputs with fixed random numbers dy, and
# L = sum(dy * y).

# %%
rng = np.random.default_rng(0)
x, W, b = rng.standard_normal((5, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)
dy = rng.standard_normal((5, 4))


def L():
    return np.sum(dy * (x @ W + b))


judge("dW", x.T @ dy, numerical_gradient(L, W))
judge("db", dy.sum(axis=0), numerical_gradient(L, b))
judge("dx", dy @ W.T, numerical_gradient(L, x))

# %% [markdown]
# ## LeakyReLU, Tanh, Sigmoid: entry by entry
#
# If each y is f of one x, then dx = dy f'(x). LeakyReLU: f' is 1 where x > 0, else the slope. Tanh:
# f' = 1 - y^2. Sigmoid: f' = y (1 - y). The mask of a ReLU asks `x > 0`, of its *input*. Code that keeps the
# output and asks `y >= 0` hears "yes" everywhere, because max(x, 0) is never negative.

# %%
rng = np.random.default_rng(1)
x, dy = rng.standard_normal((5, 4)), rng.standard_normal((5, 4))

print()
dx = dy * np.where(x > 0, 1, 0.2)
judge("LeakyReLU", dx, numerical_gradient(lambda: np.sum(dy * np.maximum(x, 0.2 * x)), x))
y = np.tanh(x)
judge("Tanh", dy * (1 - y**2), numerical_gradient(lambda: np.sum(dy * np.tanh(x)), x))
y = 1 / (1 + np.exp(-x))
judge("Sigmoid", dy * y * (1 - y), numerical_gradient(lambda: np.sum(dy / (1 + np.exp(-x))), x))

# %% [markdown]
# ## A whole discriminator, loose
#
# Chain them: x -> s = x W1 + b1 -> h = LeakyReLU(s) -> a = h W2 + b2, then V on the logits a. Back we go,
# last line first. log D = -softplus(-a) has the slope 1 - D, for real samples; log(1 - D) = -softplus(a) has
# the slope -D, for fakes; both over m, since V is made of means. What follows are the lines above, twice. Six
# real rows and six fakes go through **as one batch**. Remember that for later.

# %%
rng = np.random.default_rng(2)
m = 6
xs = np.concatenate([4 + 1.25 * rng.standard_normal((m, 1)), rng.standard_normal((m, 1))])  # (2m, 1)
W1, b1 = rng.standard_normal((1, 8)), rng.standard_normal(8)
W2, b2 = rng.standard_normal((8, 1)) / 4, rng.standard_normal(1)


def forward():
    s = xs @ W1 + b1  # (2m, 8)
    h = np.maximum(s, 0.2 * s)
    return s, h, h @ W2 + b2  # the last is a, (2m, 1)


def V():
    _, _, a = forward()
    return -np.logaddexp(0, -a[:m]).mean() - np.logaddexp(0, a[m:]).mean()


s, h, a = forward()
D_x = 1 / (1 + np.exp(-a))
da = np.concatenate([1 - D_x[:m], -D_x[m:]]) / m  # (2m, 1)
dW2, db2 = h.T @ da, da.sum(axis=0)
dh = da @ W2.T  # (2m, 8)
ds = dh * np.where(s > 0, 1, 0.2)
dW1, db1 = xs.T @ ds, ds.sum(axis=0)
dxs = ds @ W1.T  # (2m, 1): how V changes with each sample

print()
pairs = {"dW2": (dW2, W2), "db2": (db2, b2), "dW1": (dW1, W1), "db1": (db1, b1), "dx": (dxs, xs)}
for name, (by_hand, array) in pairs.items():
    judge(name, by_hand, numerical_gradient(V, array))

# %% [markdown]
# ## The same, in layers
#
# A layer of the package is those lines in a class: `forward(x)` keeps what `backward(dy)` will need, and
# `gradcheck` judges every entry of every array, as we did. A game hands out V and our da.

# %%
print()
rng = np.random.default_rng(3)
for layer in Dense(3, 4), LeakyReLU(0.2), Tanh(), Sigmoid():
    for check in gradcheck.check_layer(layer, rng.standard_normal((5, 3)), rng=rng):
        numbers = f"backward {check.backward:+.9f}   differences {check.difference:+.9f}"
        print(f"{check.name:19} {numbers}   worst error {check.error:.0e}")
        assert check.error < 1e-7

V_game, da_game = games.minimax.discriminator(a[:m], a[m:])
print(f"V: loose {V():.12f}, games.minimax {V_game:.12f}; da[0]: {da[0, 0]:.12f} and {da_game[0, 0]:.12f}")
assert abs(V_game - V()) < 1e-12 and np.abs(da_game - da).max() < 1e-12

# %% [markdown]
# ## One vector theta
#
# The paper writes theta_d for *all* parameters of D, and so does the package. A Network owns one vector theta
# and one vector grad; the W, b, dW, db of its layers are windows into them. So a step up V is one line,
# `D.theta += lr * D.grad`. Put our loose numbers into theta, and our loose gradients must come out in grad.

# %%
D = Network(Dense(1, 8), LeakyReLU(0.2), Dense(8, 1), rng=np.random.default_rng(0))
D.theta = np.concatenate([W1.ravel(), b1, W2.ravel(), b2])  # (25,): written into the vector, the windows stay
D.forward(xs)  # (2m, 1): the same a
dx = D.backward(da_game)
loose = np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])  # (25,)
lengths = np.linalg.norm(loose), np.linalg.norm(D.grad)
print(f"\nlength of dV/dtheta {D.grad.shape}: loose {lengths[0]:.12f}, D.grad {lengths[1]:.12f}")
assert np.abs(D.grad - loose).max() < 1e-12 and np.abs(dx - dxs).max() < 1e-12
print(f"theta[0] {D.theta[0]:.9f}, seen through the first window W[0, 0] {D.layers[0].W[0, 0]:.9f}")
assert np.shares_memory(D.layers[0].W, D.theta) and np.shares_memory(D.layers[2].db, D.grad)

# %% [markdown]
# ## Through D into G
#
# G never meets the data. All it hears is dx, from D: how its loss changes when a fake moves. So the G step
# runs forward through both networks and back through both, but skips D's own gradient (`params=False`). A G
# step must leave D alone, to the last bit.

# %%
rng = np.random.default_rng(4)
G = Network(Dense(2, 8), Tanh(), Dense(8, 1), rng=rng)
D = Network(Dense(1, 8), LeakyReLU(0.2), Dense(8, 1), rng=rng)
gan = GAN(G, D, SGD(G, lr=0.1), SGD(D, lr=0.1), game=games.non_saturating)
z = gan.noise(m, rng=rng)  # (m, 2)
gan.discriminator_gradient(xs[:m], z)  # so that there is something in D.grad to be spoiled
theta_d, grad_d = D.theta.copy(), D.grad.copy()

fake = G.forward(z)  # (m, 1)
loss, da_fake = gan.game.generator(D.forward(fake))  # the mean of -log D(G(z)), and its slopes
dx = D.backward(da_fake, params=False)  # (m, 1)
G.backward(dx, inputs=False)
by_hand = G.grad.copy()
differences = numerical_gradient(lambda: gan.game.generator(D.predict(G.predict(z)))[0], G.theta)
print()
judge("dtheta_g", by_hand, differences)
loss_gan = gan.generator_step(z)  # the package's G step: the same four lines, then down
changed = np.sum(D.theta != theta_d) + np.sum(D.grad != grad_d)
print(f"loss of G: four lines {loss:.9f}, generator_step {loss_gan:.9f}; numbers of D that changed: {changed}")
assert abs(loss - loss_gan) < 1e-12 and np.abs(G.grad - by_hand).max() < 1e-12 and changed == 0

# %% [markdown]
# ## The bug: two forwards, one cache
#
# A D step needs real and fake, so many scripts write forward(real), forward(fake), then backward for both.
# But a layer keeps *one* forward, the latest: the real rows of da meet the activations of the fakes. The
# shapes fit, so nothing complains. Since backward is linear in da, the bug is one pass through the *fakes*,
# row i weighted with (1 - D(x_i) - D(G(z_i))) / m. The real samples are in that one number and nowhere else.
# Where D = 1/2 all weights are 0: an undecided D stays undecided, however far the fakes are from the data.
# Send real and fake through as one batch, and there is no cache to overwrite.


# %%
class OneCache(GAN):
    """What many scripts do. Wrong."""

    def V_gradient(self, x, fake):
        D, m = self.D, len(x)
        self.a_real = D.forward(x)
        self.a_fake = D.forward(fake)  # overwrites all that forward(x) has kept
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        D.backward(da[:m])
        real_part = D.grad.copy()
        D.backward(da[m:])
        D.grad += real_part
        return V


def gradient(kind, gan, x, z):
    """dV/dtheta_d where gan stands, as this kind of GAN computes it."""
    kind.V_gradient(gan, x, gan.G.predict(z))
    return gan.D.grad.copy()


def new(kind, rng):
    sizes = 1, 16, 16, 1
    pair = models.pair(sizes, sizes, rng=rng, lr=1e-3, d_lr=4e-3, betas=(0, 0.999))
    return kind(pair.G, pair.D, pair.opt_g, pair.opt_d, game=pair.game)


kinds, data = {"one batch": GAN, "one cache": OneCache}, Gaussian(4, 1.25)
rng = np.random.default_rng(5)
x, z = data.sample(8, rng=rng), rng.standard_normal((8, 1))
print()
for name, kind in kinds.items():
    gan = new(kind, np.random.default_rng(6))
    check = gradcheck.check_discriminator_step(gan, x, z)  # V against all 321 entries of theta_d
    gan.D.layers[-1].W[...] = gan.D.layers[-1].b[...] = 0  # logit 0 everywhere: D = 1/2
    length = np.linalg.norm(gradient(kind, gan, x, z))
    numbers = f"backward {check.backward:+.9f}, differences {check.difference:+.9f}, error {check.error:.0e}"
    print(f"{name}: {numbers}: {'right' if check.ok else 'WRONG'}; at D = 1/2 its length is {length:.3f}")
    assert (check.error < 1e-7 and length > 0.1) if kind is GAN else (check.error > 1e-3 and length == 0)

# %% [markdown]
# ## What it does to a GAN
#
# Train the pair both ways, and every 20 steps take both gradients at the same place on the same fresh batch.
# Their cosine is 1 for the same direction, 0 for unrelated ones, negative for a step *down* V. Beside it
# stands V, all that a loss curve shows; at equilibrium it is -log 4. And the distance from G to the data: how
# far a sample has to move, on average, to turn the one set of samples into the other.


# %%
def watch(kind, seed, steps=800, m=64):
    """Train a pair: V of each step, wrong against right every 20 steps, samples, distance to the data."""
    rng = np.random.default_rng(seed)
    gan, V, cos, ratio = new(kind, rng), [], [], []
    for record in train(gan, data, steps=steps, batch=m, rng=rng):
        V.append(record.V)
        if record.step % 20 == 0:
            x, z = data.sample(m, rng=rng), gan.noise(m, rng=rng)
            wrong, right = gradient(OneCache, gan, x, z), gradient(GAN, gan, x, z)
            ratio.append(np.linalg.norm(wrong) / np.linalg.norm(right))
            cos.append(wrong @ right / (np.linalg.norm(wrong) * np.linalg.norm(right)))
    fakes = gan.sample(2000, rng=rng)
    distance = metrics.wasserstein(fakes, data.sample(2000, rng=rng))
    return SimpleNamespace(V=np.array(V), cos=cos, ratio=ratio, fakes=fakes, distance=distance)


runs = {name: [watch(kind, seed) for seed in range(4)] for name, kind in kinds.items()}
print("\n                        wrong to right,\n                        median of 40 places")
print("D trained with   seed   cosine   length   V at the end   mean, std of G   distance to the data")
for name in kinds:
    for seed, run in enumerate(runs[name]):
        cos, ratio, V_end = np.median(run.cos), np.median(run.ratio), run.V[-200:].mean()
        end = f"{V_end:+12.3f}   {run.fakes.mean():7.2f}, {run.fakes.std():5.2f}   {run.distance:8.2f}"
        print(f"{name:14}   {seed:4d}   {cos:+6.2f}   {ratio:6.3f}   {end}")

for name in kinds:
    cos, ratio = np.ravel([run.cos for run in runs[name]]), np.median([run.ratio for run in runs[name]])
    V_end = np.median([run.V[-200:].mean() for run in runs[name]])
    distance, middle, down = np.median([run.distance for run in runs[name]]), np.median(cos), np.mean(cos < 0)
    print(f"\nD trained with {name}: V {V_end:.3f}, equilibrium {games.minimax.V:.3f}; distance {distance:.2f}")
    print(f"cosine between the wrong and the right gradient: median {middle:+.2f}, {down:.0%} below 0")
    print(f"length of the wrong gradient: {ratio:.1%} of the right one's")
    # Twenty other seeds, taken four at a time in every way, stay inside these ranges.
    assert abs(V_end - games.minimax.V) < 0.2
    if name == "one batch":
        assert distance < 0.75 and middle > 0.4 and 0.05 < down < 0.4
    else:
        assert distance > 1 and abs(middle) < 0.4 and 0.2 < down < 0.7 and ratio < 0.05

# %%
fig, (angle, curve, learned) = plt.subplots(1, 3, figsize=(15, 4.5), layout="constrained")
for row, (name, marker, line) in enumerate([("one batch", "o", "-"), ("one cache", "x", ":")]):
    for seed, run in enumerate(runs[name]):
        look = {"color": plots.DISCRIMINATOR, "label": f"D trained with {name}" if seed == 0 else None}
        angle.plot(np.arange(20, 801, 20), run.cos, marker, ms=4, mfc="none", **look)
        curve.plot(np.arange(10, 800, 20), run.V.reshape(-1, 20).mean(axis=1), line, **look)
        low, half, high = np.percentile(run.fakes, [5, 50, 95])
        learned.plot([low, high], 2 * [-4 * row - seed], color=plots.GENERATOR, lw=3)
        learned.plot(half, -4 * row - seed, marker, color=plots.GENERATOR, ms=8)
angle.axhline(1, color=plots.REFERENCE, ls="--", label="the right gradient: 1")
angle.set(title="Which way the bug points", xlabel="step", ylabel="cosine, wrong to right", ylim=(-1.7, 1.1))
curve.axhline(games.minimax.V, color=plots.REFERENCE, ls="--", label="equilibrium: -log 4")
curve.set(title="What the loss curve shows", xlabel="step", ylabel="V in nats, mean of 20 steps", ylim=(-2, 0))
learned.axvspan(data.mu - 1.645 * data.sigma, data.mu + 1.645 * data.sigma, color=plots.DATA, alpha=0.2, lw=0)
learned.set(title="What G has learned, four seeds", xlabel="median and 90 % of the samples; blue: the data")
learned.set(yticks=[-1.5, -5.5], yticklabels=["one\nbatch", "one\ncache"])
angle.legend(fontsize="small", loc="lower center")
curve.legend(fontsize="small")
plots.finish(fig, "02_backprop_by_hand")

# %% [markdown]
# Look at the middle panel again: right or wrong, V settles, and mostly where the theory wants it. There are
# public GANs with this bug that show plausible pictures, too. Only the judge can tell. `npgan gradcheck`
# brings the whole D step and the whole G step of every game before it; do the same to yours.
#
# ## On your own
#
# - In the loose discriminator take the mask from `h >= 0` in place of `s > 0`. With slope 0.2 nothing
#   happens. Why? Then make the slope 0 in both lines, and predict the first of the five gradients to fail.
# - Take 9 real samples and 8 fakes for the check of the bug. What does OneCache do? Which failure is better?
# - Repair OneCache without a common batch: one more forward, and the two backwards in another order. Predict
#   the error, then ask the checker.
