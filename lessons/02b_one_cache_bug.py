# %% [markdown]
# # Catch the bug that most GANs from scratch have
#
# **20 minutes in class.** **You will see** two ways to write the D step, alike but for one line. One of them is
# wrong; it raises no error, V looks as it does at equilibrium (-log 4), and G is nowhere near the data.
#
# **You will learn** what the wrong gradient is, where it points, why it can look right, and what catches it.
#
# **You need** forward, backward and the judge (lesson 2). Of ten public NumPy GANs read for this package, six
# have the bug.

# %%
from npgan import GAN, Gaussian, games, gradcheck, metrics, models, plots, sigmoid, train

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
from numpy.linalg import norm

plots.large_text()

# %% [markdown]
# ## Two forwards, one cache
#
# A D step needs real and fake. On the left they go through D as one batch. On the right D runs twice, and then
# goes back for both. But a layer keeps *one* forward, the latest:
#
#     one batch                                   one cache
#     a = D.forward(concatenate([x, fake]))       a_real = D.forward(x)
#                                                 a_fake = D.forward(fake)    # overwrites what x has left
#     V, da = discriminator(a[:m], a[m:])         V, da = discriminator(a_real, a_fake)
#     D.backward(da)                              D.backward(da[:m]);  real_part = D.grad.copy()
#                                                 D.backward(da[m:]);  D.grad += real_part


# %%
class OneCache(GAN):
    """What many scripts do. Wrong."""

    def V_gradient(self, x, fake):
        self.a_real, self.a_fake = self.D.forward(x), self.D.forward(fake)
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        self.D.backward(da[: len(x)])
        real_part = self.D.grad.copy()
        self.D.backward(da[len(x) :])
        self.D.grad += real_part
        return V


def new(kind, rng):
    pair = models.pair((1, 16, 16, 1), (1, 16, 16, 1), rng=rng, lr=1e-3, d_lr=4e-3, betas=(0, 0.999))
    return kind(pair.G, pair.D, pair.opt_g, pair.opt_d, game=pair.game)


# %% [markdown]
# The real rows of da meet the activations of fakes, and the shapes fit. Below, each row of da, blue for real,
# orange for fake, is joined to the row that the first layer remembers when it comes by. (With `predict` as the
# second call the cache keeps the real rows; then da[:m] is right and da[m:] meets real rows: the same bug,
# mirrored.)

# %%
data, rng = Gaussian(4, 1.25), np.random.default_rng(5)
x_8, z_8 = data.sample(8, rng=rng), rng.standard_normal((8, 1))
gan = new(GAN, np.random.default_rng(6))
D, fake_8, met = gan.D, gan.G.predict(z_8), {}
for name in "one batch", "one cache", "predict":
    D.forward(np.concatenate([x_8, fake_8]) if name == "one batch" else x_8)
    _ = D.forward(fake_8) if name == "one cache" else D.predict(fake_8)
    met[name] = np.isin(D.layers[0].x, x_8)[:, 0]  # True where the first layer remembers a real row
    print(f"{name}: {met[name].sum()} real rows and {(~met[name]).sum()} fakes are remembered")
assert list(met["one batch"]) == 8 * [True] + 8 * [False]
assert not met["one cache"].any() and met["predict"].all()
fig, axes = plt.subplots(1, 2, figsize=(11, 5), sharey=True)
for ax, name in zip(axes, ("one batch", "one cache"), strict=True):
    for row, is_real in enumerate(np.resize(met[name], 16)):  # one cache is met by both halves of da
        ax.plot([0, 1], [row, row], color=plots.REFERENCE, lw=1, zorder=1)
        ax.plot(0, row, "s", color=plots.DATA if row < 8 else plots.GENERATOR, ms=13)
        ax.plot(1, row, "o", color=plots.DATA if is_real else plots.GENERATOR, ms=13)
    ax.set(title=name, xlim=(-0.4, 1.4), xticks=[0, 1], xticklabels=["row of da", "row remembered"])
axes[0].set(ylabel="row (blue: real, orange: fake)", ylim=(16, -1))
plots.finish(fig, "02b_rows")

# %% [markdown]
# ## What the wrong gradient is
#
# Backward is linear in da. So the bug is one pass through the *fakes* alone, where row i has the weight
# (1 - D(x_i) - D(G(z_i))) / m: the real x are in that one number and nowhere else. If D = 1/2, all weights are
# 0: an undecided D stays undecided, however far the fakes are from the data. The judge finds it at once.

# %%
kinds = {"one batch": GAN, "one cache": OneCache}
for name, kind in kinds.items():
    judged = new(kind, np.random.default_rng(6))  # the same theta in both
    check = gradcheck.check_discriminator_step(judged, x_8, z_8)  # V against all 321 entries of theta_d
    judged.D.layers[-1].W[...] = judged.D.layers[-1].b[...] = 0  # logit 0 everywhere: D = 1/2
    judged.discriminator_gradient(x_8, z_8)
    length, said = norm(judged.D.grad), "right" if check.ok else "WRONG"
    print(f"{name}: backward {check.backward:+.9f}, differences {check.difference:+.9f}: {said}", end="; ")
    print(f"error {check.error:.0e}; at D = 1/2 its length is {length:.3f}")
    assert (check.error < 1e-7 and length > 0.1) if kind is GAN else (check.error > 1e-3 and length == 0)
OneCache.V_gradient(gan, x_8, fake_8)  # borrow the method: gan is a plain GAN
wrong, weights = D.grad.copy(), 1 - sigmoid(D.predict(x_8)) - sigmoid(D.forward(fake_8))
D.backward(weights / 8)
print(f"length of the wrong gradient {norm(wrong):.12f}, of one pass through the fakes {norm(D.grad):.12f}")
assert np.abs(wrong - D.grad).max() < 1e-12

# %% [markdown]
# ## Which way it points
#
# Train the pair both ways, four seeds each. Every 20 steps take both gradients at the same place, on the same
# fresh batch. Their cosine is 1 for the same direction, 0 for unrelated ones, negative for a step *down* V.
# Along a training that has the bug, the wrong gradient has nothing to do with the right one, and hardly any
# length. Along a right training it looks good, most of the time: a look at a healthy run does not find it.


# %%
def gradient(kind, gan, x, z):
    """dV/dtheta_d where gan stands, as this kind of GAN computes it."""
    kind.V_gradient(gan, x, gan.G.predict(z))
    return gan.D.grad.copy()


def compare(gan, x, z):
    """Of the wrong gradient and the right one: cosine, ratio of lengths, and the slopes in D's last bias."""
    wrong, right = gradient(OneCache, gan, x, z), gradient(GAN, gan, x, z)
    return wrong @ right / (norm(wrong) * norm(right)), norm(wrong) / norm(right), wrong[-1], right[-1]


# %%
def watch(kind, seed, look=compare, m=64):
    """Train a pair for 800 steps: V of each, a look every 20; 2,000 samples, and their Wasserstein distance W1
    to the data: how far samples have to move, on average (not lesson 2's weight W1)."""
    rng = np.random.default_rng(seed)
    trained, V, looks = new(kind, rng), [], []
    for record in train(trained, data, steps=800, batch=m, rng=rng):
        V.append(record.V)
        if record.step % 20 == 0:
            looks.append(look(trained, data.sample(m, rng=rng), trained.noise(m, rng=rng)))
    fakes, real = trained.sample(2000, rng=rng), data.sample(2000, rng=rng)
    return SimpleNamespace(V=V, looks=np.array(looks), fakes=fakes, W1=metrics.wasserstein(fakes, real))


runs = {name: [watch(kind, seed) for seed in range(4)] for name, kind in kinds.items()}

# %%
fig, ax = plt.subplots(figsize=(11, 5))
for (name, seeds), mark, colour in zip(runs.items(), "ox", (plots.DISCRIMINATOR, "black"), strict=True):
    cos, length, _, _ = np.concatenate([run.looks for run in seeds]).T  # (160,) each
    middle, down, ratio = np.median(cos), np.mean(cos < 0), np.median(length)
    print(f"D trained with {name}: median cosine {middle:+.2f}, {down:.0%} below 0; median length {ratio:.1%}")
    if kinds[name] is GAN:  # of all 4,845 ways to choose 4 of 20 other seeds, 99 % stay inside these ranges
        assert middle > 0.4 and 0.05 < down < 0.4
    else:
        assert abs(middle) < 0.4 and 0.2 < down < 0.7 and ratio < 0.05
    ax.plot(np.tile(np.arange(20, 801, 20), 4), cos, mark, color=colour, mfc="none", label=f"along {name}")
ax.axhline(1, color=plots.REFERENCE, ls="--", label="right: 1")
ax.set(xlabel="step", ylabel="cosine, wrong to right", title="Which way the bug points, four seeds each")
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "02b_direction")

# %% [markdown]
# ## Why +0.91 here, and -0.01 there
#
# These are the medians printed above. Let S be the mean of 1 - D(x) - D(G(z)), by how much D says "real" too
# seldom. It is the slope of V in D's last bias, in both gradients alike. If fakes resemble the data, the slope
# of a in theta is nearly one vector c at all x, and both gradients are S c and little more. So the wrong one
# has the right *level*, and no idea of the *shape*. Take the level away, by a step in the last bias to where S
# = 0: along the right trainings the cosine falls. Along its own the bug has taken S to 0 itself.


# %%
def levelled(gan, x, z):
    """`compare` after a step in D's last bias to the top of V, where S = 0; then D is put back."""
    theta, a, step = gan.D.theta.copy(), np.array([gan.D.predict(x), gan.D.predict(gan.G.predict(z))]), 0.0
    for _ in range(50):
        step += 2 * np.mean(1 - sigmoid(a + step).sum(axis=0))  # gradient ascent in the last bias, until S = 0
    gan.D.theta[-1] += step
    row, gan.D.theta = compare(gan, x, z), theta
    return row


# %%
again, S, cosine = [watch(GAN, seed, levelled) for seed in range(4)], {}, {}  # a look leaves no trace
for name, four in ("right", runs["one batch"]), ("levelled", again), ("its own", runs["one cache"]):
    looks = np.concatenate([run.looks for run in four])  # (160, 4)
    S[name], cosine[name] = abs(looks[:, 3]), looks[:, 0]
    print(f"{name:8} median |S| {np.median(S[name]):.4f}, median cosine {np.median(cosine[name]):+.2f}")
    assert abs(looks[:, 2] - looks[:, 3]).max() < 1e-12  # S is in both gradients alike
assert S["levelled"].max() < 1e-6 and np.median(S["its own"]) < np.median(S["right"]) / 3
# Over all fours of twenty other seeds: the ratio at most 1/4, the fall of the cosine 0.147 or more.
assert np.median(cosine["right"]) - np.median(cosine["levelled"]) > 0.1
fig, ax = plt.subplots(figsize=(11, 4.6))
both = cosine["right"], cosine["levelled"]
ax.hist(both, 20, color=[plots.DISCRIMINATOR, "#E69F00"], label=["as D is", "level taken away"])
ax.set(xlabel="cosine, wrong to right", ylabel="looks, of 160", title="What both have in common is D's level")
plots.legend(ax, loc="upper left")
plots.finish(fig, "02b_level")

# %% [markdown]
# ## What the loss curve shows, and what G has learned
#
# Right or wrong, V comes to rest, mostly at -log 4, the value where D says 1/2 everywhere (lesson 1); lessons 4
# and 5 show that the game should end there. Only the samples tell: by W1, how far they are from the data. As a
# control: a G that answers all z with the mean of the data must be sigma sqrt(2/pi) away.

# %%
fig, ax = plt.subplots(figsize=(11, 5))
for (name, seeds), style, colour in zip(runs.items(), ("-", ":"), (plots.DISCRIMINATOR, "black"), strict=True):
    V = np.array([run.V for run in seeds])  # (4, 800)
    V_end = V[:, -200:].mean(axis=1)
    print(f"D trained with {name}: V ends at {V_end.round(3)}, median {np.median(V_end):.3f}", end="")
    print(f"   equilibrium {games.minimax.V:.3f}, -log 4 = {-np.log(4):.3f}")
    assert abs(np.median(V_end) + np.log(4)) < 0.2 and abs(games.minimax.V + np.log(4)) < 1e-12
    lines = ax.plot(np.arange(10, 800, 20), V.reshape(4, 40, 20).mean(axis=2).T, style, color=colour, lw=2)
    lines[0].set_label(name)
ax.axhline(-np.log(4), color=plots.REFERENCE, ls="--", label="equilibrium: -log 4")
ax.set(xlabel="step", ylabel="V in nats, mean of 20 steps", ylim=(-2, 0), title="The loss curve does not tell")
plots.legend(ax, loc="upper right")
plots.finish(fig, "02b_loss_curve")

# %%
some = data.sample(2000, rng=np.random.default_rng(0))
point, formula = metrics.wasserstein(np.full((2000, 1), 4.0), some), 1.25 * np.sqrt(2 / np.pi)
print(f"W1 of a single point at the mean: {point:.3f}   formula {formula:.3f}")
assert abs(point - formula) < 0.07  # 4 standard errors
fig, ax = plt.subplots(figsize=(11, 4.6))
for i, (name, seeds) in enumerate(runs.items()):
    W1 = [run.W1 for run in seeds]
    print(f"D trained with {name}: W1 to the data {np.round(W1, 2)}, median {np.median(W1):.2f}")
    assert np.median(W1) < 0.65 if kinds[name] is GAN else np.median(W1) > 1  # as above: 99 % of all fours
    low, half, high = np.percentile([run.fakes for run in seeds], [5, 50, 95], axis=1)[:, :, 0]  # (4,) each
    ax.hlines(-5 * i - np.arange(4), low, high, color=plots.GENERATOR, lw=4)
    ax.plot(half, -5 * i - np.arange(4), "ox"[i], color=plots.GENERATOR, ms=10, mew=3)
ax.axvspan(4 - 1.645 * 1.25, 4 + 1.645 * 1.25, color=plots.DATA, alpha=0.2, lw=0)
ax.set(yticks=[-1.5, -6.5], yticklabels=runs, xlabel="median and 90 % of G's samples; blue: 90 % of the data")
ax.set_title("What G has learned, four seeds each")
plots.finish(fig, "02b_learned")

# %% [markdown]
# Only the judge finds the bug before it has cost anything: `npgan gradcheck` brings the whole D step and the
# whole G step of every game before it. Do the same to yours.
#
# ## On your own
#
# 1. Take 9 real samples and 8 fakes. What does OneCache do? Which failure is better?
# 2. Repair OneCache without a common batch: one more forward, and the two backwards in another order. Predict
#    the error, then ask the checker.
#
# The answers, run and checked, stand in `lessons/answers/02b_one_cache_bug.py`.
