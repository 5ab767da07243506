# %% [markdown]
# # Train the classic script on digits
#
# **You will see** the fully connected GAN that a thousand tutorials start with: what goes in and out of
# each layer, digits that take shape out of noise, what D learned, a walk through the noise.
#
# **You will learn** how to ask whether such pictures are any good: with controls *first*, what a score
# hides, and how to look for a generator that has only memorised.
#
# **You need** the game and its gradients (lessons 1 and 2), C(G) (lesson 4), the loop (lesson 5).
#
# It takes about 40 seconds, most of them for 1,600 training steps: not two epochs, where the classic script
# has 50 or more. One can read most of the digits then. `npgan train mnist` trains to the end, in minutes.

# %%
from npgan import digits, games, metrics, models, plots, train
from npgan.latent import walk

import copy
import math

import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## The data
#
# MNIST if its files are here (`npgan fetch mnist` brings them; `NPGAN_DATA` names another folder), else
# digits drawn from fonts. An image is 28 x 28 pixels of one byte, a row of 784. They stay bytes in
# memory; a batch becomes numbers in [-1, 1], the range of tanh in which G answers: `x = 2 byte / 255 - 1`.

# %%
try:
    known, unseen, source = digits.mnist(), digits.mnist(split="test"), "MNIST, handwritten"
except (digits.DataError, OSError) as error:
    known, unseen = (digits.glyph_digits(n, rng=np.random.default_rng(n)) for n in (6000, 1000))
    source = f"digits drawn from fonts, for MNIST cannot be read here\n({error})"
print(f"THE DATA: {source}")
print(f"to learn from {known.images.shape} {known.images.dtype}, unseen by G and D {unseen.images.shape}")

data = digits.Images(known.images[:6000])
x = np.concatenate([data.sample(100, rng=np.random.default_rng(0)) for _ in range(60)])  # (6000, 784), float32
print(f"bytes {data.rows.min()} to {data.rows.max()}  ->  x {x.dtype}, {x.min():+.0f} to {x.max():+.0f}")
assert data.rows.min() == 0 and data.rows.max() == 255 and x.min() == -1 and x.max() == 1

ink = np.sort(data.rows.sum(axis=1)), np.sort(np.rint((x + 1) * 127.5).sum(axis=1))
same = int((ink[0] == ink[1]).sum())
print(f"60 batches of 100 are one epoch of these: {same} of 6000 images came, each once, none twice")
assert same == 6000

# %% [markdown]
# ## The controls first
#
# Before there is a generator: what do *real* digits score? The paper's measure puts a Gaussian of width
# sigma on each of n samples s_i, and asks how likely unseen digits x are (a Parzen window, d = 784):
#
#     log p(x) = log (1/n) sum_i exp( -|x - s_i|^2 / (2 sigma^2) )  -  d log( sigma sqrt(2 pi) )
#
# Published: pixels in [0, 1], n = 10,000, sigma the best of ten on other images, in nats. Here n = 1,000,
# and 500 unseen digits, so compare our numbers with each other only. First by hand, at a small size.


# %%
def unit(images):
    """Bytes as float32 in [0, 1], the scale of the scores."""
    return images.astype(np.float32) / 255


real, choose, test = unit(known.images[:1000]), unit(known.images[-500:]), unit(unseen.images[:500])
sigma, s, x = 0.2, real[:5].astype(float), test[:3].astype(float)
squared = ((x[:, None] - s) ** 2).sum(axis=2)  # (3, 5): |x - s_i|^2
by_hand = np.logaddexp.reduce(-squared / (2 * sigma**2), axis=1) - math.log(5)
by_hand = np.mean(by_hand - 784 * math.log(sigma * math.sqrt(2 * math.pi)))
library = metrics.parzen_log_likelihood(s, x, x, sigmas=[sigma]).mean
print(f"three digits, five samples: by hand {by_hand:.3f}   library {library:.3f} nats")
assert abs(by_hand - library) < 0.02  # the library works in float32; squares of about 100, over 2 sigma^2

# %% [markdown]
# Now 1,000 real digits as samples: no generator can be more right than that. Beside them something worse,
# on purpose: each digit replaced by the *mean of the 20 digits most like it*. Nobody draws such blurs. And
# another measure: how far is it to the nearest of the 6,000 digits above? It should be as far as from
# unseen real digits. Less means copied, or blurred: a mean lies between those it is the mean of.

# %%
pool = unit(data.rows)
squared = (real**2).sum(axis=1)[:, None] - 2 * real @ pool.T + (pool**2).sum(axis=1)  # (1000, 6000)
alike = np.argpartition(squared, 20, axis=1)[:, :20]
blurs = pool[alike].mean(axis=1)  # (1000, 784)


def scored(name, samples):
    """Print and return (Parzen in nats, mean distance of 500 samples to the nearest of 6,000 digits)."""
    parzen = metrics.parzen_log_likelihood(samples, choose, test)
    distance = metrics.nearest(samples[:500], data.rows).distance.mean()
    print(f"{name:36} {str(parzen):34} {distance:8.2f}")
    return parzen.mean, distance


print("samples                              Parzen                             to the nearest of 6,000")
real_parzen, _ = scored("1,000 digits to learn from", real)
blurs_parzen, blurs_distance = scored("1,000 blurs of them", blurs)
distance = np.sqrt(((test[:50, None] - pool[None, :500]) ** 2).sum(axis=2).min(axis=1)).mean()
library = metrics.nearest(test[:50], data.rows[:500]).distance.mean()
real_distance = metrics.nearest(test, data.rows).distance.mean()
print(f"{'500 unseen digits':36} {'(they are what is asked about)':34} {real_distance:8.2f}")
print(f"(50 unseen digits, the nearest of 500: by hand {distance:.4f}, library {library:.4f})")
assert abs(distance - library) < 1e-3

print(f"\nlikelihood: blurs {blurs_parzen:.0f} > real digits {real_parzen:.0f}: it likes what nobody draws")
assert blurs_parzen > real_parzen + 20  # 3 standard errors, and ten more; MNIST +117, fonts +73
print(f"distance: blurs {blurs_distance:.2f} < unseen digits {real_distance:.2f}: nearer than the truth is")
assert blurs_distance < 0.9 * real_distance

# %% [markdown]
# So the measure is **only historical**: good for comparing with 2014's tables (the paper: 225 +- 2 on
# MNIST), not for saying which pictures look real. A well trained generator can pass the real digits,
# as the blurs do: averages cover the space between the digits. No single number will do; look, too.
#
# ## The pair, layer by layer
#
# G widens 100 numbers of noise to 784 pixels, D narrows 784 pixels to one logit a, D(x) = sigmoid(a). A
# `Dense(n_in, n_out)` has n_in n_out weights and n_out biases, and maps a batch (m, n_in) to (m, n_out).

# %%
rng = np.random.default_rng(0)
m, gan = 64, models.digits_pair(rng=rng)
y = gan.noise(m, rng=rng)
counts = {}
for name, net in ("G", gan.G), ("D", gan.D):
    print(f"{name}: {'':23} {y.shape!s:12} parameters")
    counts[name] = 0
    for layer in net.layers:
        y, parameters = layer.predict(y), 0
        if hasattr(layer, "W"):
            n_in, n_out = layer.W.shape
            parameters = n_in * n_out + n_out
        counts[name] += parameters
        print(f"   {layer!r:20} -> {y.shape!s:12} {parameters or '':>10}")
    print(f"   {'':23} {'in all':12} {counts[name]:>10}   theta {net.theta.shape} {net.theta.dtype}")
    assert counts[name] == net.theta.size
print(f"numbers to learn {sum(counts.values()):,}, pixels to learn them from {known.images.size:,}")
assert y.shape == (m, 1) and sum(counts.values()) == 2_019_857

# %% [markdown]
# ## Is the gradient of all that right?
#
# Digits that look plausible prove nothing: famous scripts show nice pictures from wrong gradients. So ask
# by finite differences, for the whole pair at full size, in float64. u is the direction of the gradient
# itself, h a small step: `(V(theta + h u) - V(theta - h u)) / 2h` must be `|grad|`. For D's V and for G's loss.

# %%
rng = np.random.default_rng(1)
checked = models.digits_pair(rng=rng, dtype=np.float64)
x, z, h = data.sample(16, rng=rng).astype(float), checked.noise(16, rng=rng), 1e-6
players = ("V of D", checked.D, lambda: checked.discriminator_gradient(x, z)), (
    "loss of G", checked.G, lambda: checked.generator_gradient(z)
)  # fmt: skip
for name, net, value in players:
    value()
    theta, slope = net.theta.copy(), np.linalg.norm(net.grad)
    u, ends = net.grad / slope, []
    for side in h, -h:
        net.theta = theta + side * u
        ends.append(value())
    net.theta = theta
    differences = (ends[0] - ends[1]) / (2 * h)
    print(f"{name:10} |grad| {slope:.9f}   by differences {differences:.9f}   in {net.theta.size:,} dimensions")
    assert abs(slope - differences) < 1e-7 * max(1, slope)

# %% [markdown]
# ## Noise lives on a sphere
#
# In 100 dimensions almost all noise is sqrt(100) = 10 long. For a walk from one noise to another the straight
# line is wrong, then: its middle is too short, and G was never trained there. `latent.walk` goes along the arc.

# %%
z = np.random.default_rng(2).standard_normal((1000, 100))
lengths = np.linalg.norm(z, axis=1)
short = np.quantile(lengths, 0.01)
print(f"1,000 noises: length {lengths.mean():.2f} +- {lengths.std():.2f}, all but ten above {short:.2f}")
assert abs(lengths.mean() - 10) < 0.2  # expected 9.975; the standard error is 0.02
start, end = 10 * z[:2] / lengths[:2, None]
arc, line = walk(start, end, 11), np.linspace(start, end, 11)
middle = [float(np.linalg.norm(path[5])) for path in (arc, line)]
print(f"half way from one to another: on the arc {middle[0]:.4f} long, on the line {middle[1]:.4f}")
assert np.abs(np.linalg.norm(arc, axis=1) - 10).max() < 1e-9 and (arc[0] == start).all()
assert middle[1] < short  # expected 7.1, +- 0.4: the cosine of two such noises is 0 +- 0.1

# %% [markdown]
# ## A short run
#
# The loop of lesson 5 with the loss -log D(G(z)) of lesson 6. For so few steps some things differ from
# the classic script: Adam's learning rate is 8e-4, not 2e-4, and its beta1 0, not 0.5; G learns from the
# noise that D has just seen; and a running average of theta_g is kept, which `gan.sample` uses. The same
# 24 noises are looked at before, after a quarter of the way, and at the end.

# %%
rng = np.random.default_rng(0)
gan, steps = models.digits_pair(rng=rng, lr=8e-4, betas=(0.0, 0.999)), 1600
fixed = gan.noise(24, rng=rng)
looks, history = {0: gan.generate(fixed)}, []
images = digits.Images(known.images)
for record in train(gan, images, steps=steps, batch=64, order="one_noise", average=0.99, rng=rng):
    history.append(record)
    if record.step % 200 == 0:
        print(record)
    if record.step in (steps // 4, steps):
        looks[record.step] = gan.generate(fixed)
print(f"{steps} steps saw {steps * 64:,} images, {steps * 64 / len(images):.1f} epochs (scripts: 50 or more)")

fig, axes = plt.subplots(3, 1, figsize=(9, 6), layout="constrained")
for ax, (step, samples) in zip(axes, looks.items(), strict=True):
    plots.images(ax, samples, columns=12).set_title(f"step {step}")
fig.suptitle("The same 24 noises, as G learns")
plots.finish(fig, "10_mnist")

fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.5), layout="constrained")
step, V_curve, loss_curve, d_real, d_fake = np.array(history).T
plots.losses(left, step, V_curve, loss_curve, gan.game)
plots.probabilities(right, step, d_real, d_fake)
fig.suptitle("The two players over the 1,600 steps: even, whatever the pictures look like")
plots.finish(fig, "10_mnist_losses")

# %% [markdown]
# In numbers: the samples come nearer to the digits. But V is about -log 4, and has been most of the time.
# The losses do not say how good the pictures are (lesson 5).

# %%
far = {step: metrics.nearest((samples + 1) / 2, data.rows).distance.mean() for step, samples in looks.items()}
for step, distance in far.items():
    print(f"step {step:4d}: samples to the nearest digit {distance:5.2f}   (unseen digits {real_distance:.2f})")
assert far[steps] < 0.8 * far[0]
V = np.mean([record.V for record in history[-100:]])
print(f"V over the last 100 steps {V:+.2f}   at equilibrium {-math.log(4):+.2f}")
assert abs(V + math.log(4)) < 0.5

# %% [markdown]
# ## What D learned
#
# First the D of the run, which G was chasing. Then a copy learns *alone* for 200 steps, from the first 6,000
# digits, against a G that stands still. Now V, on unseen digits and fresh fakes, shows how far p_g is from
# the data: no D gets above `-log 4 + 2 JSD` (lesson 4), so `JSD >= (V + log 4) / 2`, up to chance. The most
# is log 2.


# %%
def smooth(x):
    """Each pixel the mean of the 5 x 5 around it."""
    padded = np.pad(x.reshape(-1, 28, 28), ((0, 0), (2, 2), (2, 2)), mode="edge")
    return sum(padded[:, i : i + 28, j : j + 28] for i in range(5) for j in range(5)).reshape(-1, 784) / 25


rng = np.random.default_rng(2)
x, fake = digits.from_pixels(unseen.images[:1000]), gan.sample(1000, rng=rng, raw=True)
asked = {
    "digits, unseen": x, "samples of G": fake, "noise": rng.uniform(-1, 1, x.shape),
    "digits, blurred": smooth(x), "digits, black on white": -x,
    "digits, upside down": x.reshape(-1, 28, 28)[:, ::-1].reshape(-1, 784),
    "digits, pixels shuffled": rng.permuted(x, axis=1), "nothing but black": np.full((1, 784), -1.0),
}  # fmt: skip
alone = copy.deepcopy(gan)
for _ in range(200):
    alone.discriminator_step(data.sample(64, rng=rng), alone.noise(64, rng=rng))

D, JSD = {}, {}
for who, judge in ("run", gan), ("alone", alone):
    D[who] = {name: float(judge.probability(images).mean()) for name, images in asked.items()}
    V, _ = games.non_saturating.discriminator(judge.D.predict(x), judge.D.predict(fake))
    JSD[who] = (V + math.log(4)) / 2
print(f"{'mean of D(x)':27} D of the run   D alone, 200 steps more")
for name in asked:
    print(f"{name:27} {D['run'][name]:12.3f} {D['alone'][name]:12.3f}")
print(f"{'JSD is at least':27} {JSD['run']:12.3f} {JSD['alone']:12.3f}   of at most log 2 = {math.log(2):.3f}")

print(f"\nD alone: digits {D['alone']['digits, unseen']:.3f}, samples {D['alone']['samples of G']:.3f}", end="")
print(f", JSD >= {JSD['alone']:.3f}: p_g and the data hardly overlap")
assert D["alone"]["digits, unseen"] > 0.9 and D["alone"]["samples of G"] < 0.1
assert JSD["run"] < 0.3 < 0.5 < JSD["alone"] < math.log(2)
odd = [D["alone"][name] for name in ("digits, upside down", "digits, pixels shuffled", "nothing but black")]
print(f"and what are no digits: upside down {odd[0]:.3f}, shuffled {odd[1]:.3f}, black {odd[2]:.3f}")
assert odd[0] > 0.8 and min(odd) > 0.3  # both data sets, 4 seeds each: at least 0.93, and 0.55

# %% [markdown]
# Two lessons. A V near -log 4 meant that D was busy, not that G was good: given time, D tells nearly all
# apart (lesson 5). And D is **no judge of digits**. It takes digits upside down, and often shuffled pixels
# or a black square, for real: it has learned one thing, p_data against *this* p_g. What neither of the two
# ever showed it gets some answer, and the answer means nothing.
#
# ## A walk through the noise
#
# Each row leads from one noise to another along the arc. A G that had memorised would stand still and
# jump: one step would be most of the way. So compare the longest of ten steps with the sum of the ten.

# %%
rng = np.random.default_rng(3)
ends = gan.noise(10, rng=rng).reshape(5, 2, 100)
walks = np.stack([gan.generate(walk(start, end, 11)) for start, end in ends])  # (5, 11, 784)
steps_taken = np.linalg.norm(np.diff(walks, axis=1), axis=2) / 2  # (5, 10), pixels in [0, 1]
share = steps_taken.max(axis=1) / steps_taken.sum(axis=1)
print("longest of ten steps, share of the way:", *(f"{s:.2f}" for s in share), "  (even 0.10, one jump 1.00)")
assert share.max() < 0.6  # 40 walks, on both data sets, 4 seeds each: at most 0.22

fig, ax = plt.subplots(figsize=(9, 4.4), layout="constrained")
plots.images(ax, walks.reshape(-1, 784), columns=11).set_title("Each row: a walk from one noise to another")
plots.finish(fig, "10_mnist_walk")

# %% [markdown]
# ## Has it memorised?
#
# Beside each sample the digit nearest to it, of those that G learned from. A copy would be the same
# picture at a distance of about 0.

# %%
samples = gan.generate(fixed)
found = metrics.nearest((samples + 1) / 2, known.images)
pairs = np.stack([samples, digits.from_pixels(known.images[found.index])], axis=1).reshape(-1, 784)
closest, farthest = found.distance.min(), found.distance.max()
print(f"24 samples to the nearest of {len(known.images):,} digits: {closest:.2f} to {farthest:.2f}   a copy: 0")
assert closest > 1  # 784 pixels that are each off by 0.036 make 1

fig, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
plots.images(ax, pairs, columns=12, pair=True)
ax.set_title("Left of each pair: a sample of G. Right: the digit nearest to it")
plots.finish(fig, "10_mnist_nearest")

# %% [markdown]
# ## The score, beside its controls
#
# An untrained G (all pixels grey, more or less), G as it is, and G averaged; then the controls again.

# %%
rng = np.random.default_rng(4)
untrained = models.digits_pair(rng=rng)
score = {}
print("1,000 samples as centres             Parzen                             to the nearest of 6,000")
for name, pair, raw in ("G untrained", untrained, True), ("G", gan, True), ("G, averaged", gan, False):
    score[name] = scored(name, (pair.sample(1000, rng=rng, raw=raw) + 1) / 2)
scored("control: digits to learn from", real)
scored("control: blurs of them", blurs)
print(f"{'control: unseen digits':71} {real_distance:8.2f}")

before, after = score["G untrained"], score["G, averaged"]
print(f"\nby training: Parzen {before[0]:.0f} -> {after[0]:.0f}, distance {before[1]:.2f} -> {after[1]:.2f}")
assert after[0] > before[0] + 300 and after[1] < 0.6 * before[1]
print(f"but: G {after[0]:.0f}, real digits {real_parzen:.0f}, blurs {blurs_parzen:.0f}: these stay ahead")
assert after[0] < blurs_parzen - 50  # on both data sets, 4 seeds each: at least 110 to go

# %% [markdown]
# Far better than nothing. On MNIST the score may already be that of the real digits, and the distance,
# too: after not two epochs, when anybody can tell these samples from digits, and D alone tells nearly all.
# So much for the two numbers. (The fonts' digits are more alike, so that real ones score higher.)
# Train to the end, and the score reaches and passes the real digits, while D still tells the samples apart.
#
#     npgan train mnist             to the end, with a picture per epoch (digits: without a download)
#     npgan score runs/mnist        the published protocol, at full size, with these controls, and D's view
#     npgan sample runs/mnist --walk -n 8 -o walk.png
#
# ## On your own
#
# - Blurs are means of 20 digits. Make it 1, 5, 200. Predict where the score is best, before you look.
# - Train with `average=None`. Which line of the score is gone, and what do the pictures show more of?
# - Let D learn alone for 5 steps, not 200. Which rows of the table are the last to leave 1/2?
