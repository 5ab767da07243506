# %% [markdown]
# # Train the classic script on digits
#
# **60 minutes in class.** The file takes about 40 seconds, most of them for 1,600 training steps.
# **You will see** the fully connected GAN that a thousand tutorials start with: digits that take shape out of
# noise, what D learned, a walk through the noise. **You will learn** how to check two million gradients at
# once, to ask whether such pictures are any good, with controls that fail, and why no distance proves that a
# generator has not memorised. **You need** the game and its gradients (lessons 1, 2), C(G) (4), the loop (5).

# %%
from npgan import digits, games, metrics, models, plots, train
from npgan.latent import walk
import copy
import math
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm
plots.large_text()

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
pool = known.images[:6000]  # what samples will be compared with
print(f"THE DATA: {source}")
print(f"to learn from {pool.shape} {pool.dtype}, unseen by G and D {unseen.images.shape}")

# %%
data = digits.Images(pool)
epoch = np.concatenate([data.sample(100, rng=np.random.default_rng(0)) for _ in range(60)])  # (6000, 784)
print(f"bytes {pool.min()} to {pool.max()}  ->  x {epoch.dtype}, {epoch.min():+.0f} to {epoch.max():+.0f}")
assert (pool.min(), pool.max(), epoch.min(), epoch.max()) == (0, 255, -1, 1)
came = {row.tobytes() for row in digits.to_pixels(epoch)}
print(f"60 batches of 100: {len(came):,} different images, there are {len({row.tobytes() for row in pool}):,}")
assert came == {row.tobytes() for row in pool}  # one epoch: each came, none twice
fig, ax = plt.subplots(figsize=(11, 3.6))
plots.images(ax, epoch[:36], columns=12).set_title("What p_data is here: 36 digits of an epoch")
plots.finish(fig, "10_digits")

# %% [markdown]
# ## The pair, and its two million gradients
#
# G (100-256-512-1024-784, then tanh) widens noise to pixels, D (784-512-256-1) narrows pixels to a logit a,
# D(x) = sigmoid(a). Plausible digits prove nothing about gradients (lesson 2b): ask by finite differences.
# Along a *random* direction u, `(V(theta + h u) - V(theta - h u)) / 2h` must be `grad . u`. (Along the vector
# g' that backward returned, a projection of the right g would pass: g . g' = g' . g'.) The control: two
# projections, without D's first layer, and with nothing of G but its last.

# %%
rng = np.random.default_rng(1)
checked = models.digits_pair(rng=rng, dtype=np.float64)
x_16, z_16, h = epoch[:16].astype(float), checked.noise(16, rng=rng), 1e-5
players = {
    "V of D": (checked.D, lambda: checked.discriminator_gradient(x_16, z_16)),
    "loss of G": (checked.G, lambda: checked.generator_gradient(z_16)),
}


def slopes(net, value, keep=slice(None), n=12):
    """(by backward, by differences) along n random directions; of the gradient only the entries `keep`."""
    value()
    theta, grad, found = net.theta.copy(), net.grad.copy(), []
    for u in np.random.default_rng(2).standard_normal((n, theta.size)):
        u, ends = u / np.linalg.norm(u), []
        for side in h, -h:
            net.theta = theta + side * u
            ends.append(value())
        net.theta = theta
        found.append((grad[keep] @ u[keep], (ends[0] - ends[1]) / (2 * h)))
    return np.array(found).T


# %%
last = checked.G.layers[-2].W.size + 784  # the parameters of G's last layer stand at the end of theta
parts = {"V of D": slice(784 * 512 + 512, None), "loss of G": slice(-last, None)}
fig, axes = plt.subplots(1, 2, figsize=(11, 4.8))
for ax, (name, (net, value)) in zip(axes, players.items(), strict=True):
    for keep, colour, label in (slice(None), plots.DISCRIMINATOR, "all"), (parts[name], "k", "part"):
        said, seen = slopes(net, value, keep)
        error = np.abs(said - seen).max() / np.abs(seen).max()
        print(f"{name:9} {label:6} backward {said[0]:+.3e} differences {seen[0]:+.3e} worst error {error:.0e}")
        assert error < 1e-5 if label == "all" else error > 0.05
        ax.plot(seen, said, "o", color=colour, mfc="none", ms=9, label=f"{label} of the gradient")
    ax.axline((0, 0), slope=1, color=plots.REFERENCE, lw=1)
    ax.set(title=name, xlabel="slope, by differences", ylabel="slope, by backward")
    ax.ticklabel_format(scilimits=(0, 0))
plots.legend(axes[0], loc="outside lower center", ncols=2)
plots.finish(fig, "10_gradients")

# %% [markdown]
# ## A short run
#
# The loop of lesson 5, the loss -log D(G(z)) of lesson 6, Adam at 8e-4 with beta1 0 (the script: 2e-4, 0.5). G
# learns from the noise that D has just seen; samples are of averaged weights. Both learn from all known images;
# the comparisons take 6,000, for speed.

# %%
rng = np.random.default_rng(0)
gan, steps = models.digits_pair(rng=rng, lr=8e-4, betas=(0.0, 0.999)), 1600
fixed, images = gan.noise(24, rng=rng), digits.Images(known.images)
looks, history = {0: gan.generate(fixed)}, []
options = {"steps": steps, "batch": 64, "order": "one_noise", "average": 0.99}
for record in tqdm(train(gan, images, rng=rng, **options), total=steps, disable=None):
    history.append(record)
    if record.step in (400, steps):
        looks[record.step] = gan.generate(fixed)
print(f"{steps} steps saw {steps * 64:,} images: {steps * 64 / len(images):.1f} epochs (scripts: 50 or more)")

# %%
far = {step: metrics.nearest((fakes + 1) / 2, pool).distance.mean() for step, fakes in looks.items()}
new = metrics.nearest(digits.unit_pixels(unseen.images[:500]), pool).distance  # (500,)
fig, axes = plt.subplots(3, 1, figsize=(11, 8.4))
for ax, (step, fakes) in zip(axes, looks.items(), strict=True):
    print(f"step {step:4d}: to the nearest digit {far[step]:5.2f}   (from unseen digits {new.mean():.2f})")
    plots.images(ax, fakes, columns=12).set_title(f"step {step}")
assert far[steps] < 0.8 * far[0]
plots.finish(fig, "10_mnist")

# %% [markdown]
# ## Scores, with controls
#
# The paper's score: how likely are unseen digits under Gaussians on the samples (`parzen_log_likelihood`), of
# the width that suits 500 other digits (`choose`) best? And how far is it to the nearest digit? For real
# digits, for *blurs*, each the mean of the 20 digits most like one, itself among them, and for an untrained G.
# Blurs win: they lie between digits, that is the cheat (Theis et al. 2016).

# %%
real, test, unit = (digits.unit_pixels(rows) for rows in (pool[:1000], unseen.images[:500], pool))
squared = (real**2).sum(axis=1)[:, None] - 2 * real @ unit.T + (unit**2).sum(axis=1)  # (1000, 6000)
blurs = unit[np.argpartition(squared, 20, axis=1)[:, :20]].mean(axis=1)  # (1000, 784)
untrained = models.digits_pair(rng=np.random.default_rng(4)).sample(1000, rng=np.random.default_rng(5))
samples = gan.sample(1000, rng=np.random.default_rng(6))
names = "real digits", "blurs of them", "G", "untrained G"
candidates = dict(zip(names, (real, blurs, (samples + 1) / 2, (untrained + 1) / 2), strict=True))
choose, score = digits.unit_pixels(known.images[-500:]), {}
for name, centres in candidates.items():
    parzen = metrics.parzen_log_likelihood(centres, choose, test)
    score[name] = parzen.mean, metrics.nearest(centres[:500], pool[1000:]).distance.mean()
    print(f"{name:14} Parzen {parzen}   to the nearest digit {score[name][1]:5.2f}")
assert score["blurs of them"][0] > score["real digits"][0] + 20  # 3 standard errors, and ten more
assert score["untrained G"][0] + 300 < score["G"][0] < score["blurs of them"][0] - 50

# %%
twice = metrics.parzen_log_likelihood(real[[0, 0]], choose, real[:1], sigmas=[0.2]).mean
by_hand = -784 * math.log(0.2 * math.sqrt(2 * math.pi))  # a digit twice, asked about itself: exp(0) = 1
print(f"the measure itself: {twice:.3f} nats   by hand {by_hand:.3f}")
assert abs(twice - by_hand) < 0.02
assert score["blurs of them"][1] < 0.9 * score["real digits"][1] < score["untrained G"][1]
fig, ax = plt.subplots(figsize=(9, 5.4))
marks = (plots.DATA, -60, 14), ("k", -40, -28), (plots.GENERATOR, -30, -10), (plots.REFERENCE, 10, 8)
for (name, place), (colour, *offset) in zip(score.items(), marks, strict=True):
    ax.plot(*place, "o", ms=12, color=colour)
    ax.annotate(name, place, xytext=offset, textcoords="offset points", color=colour)
ax.set(ylim=(0, 16), xlabel="Parzen, nats: more is said to be better", ylabel="to the nearest digit")
ax.set_title("Blurs that nobody would draw beat real digits in both")
plots.finish(fig, "10_scores")

# %% [markdown]
# ## What D learned
#
# The D of the run, which G was chasing; and a copy that learns *alone* for 200 steps, against a G that stands
# still. Then V shows how far p_g is from the data: no D gets above `-log 4 + 2 JSD` (lesson 4), so
# `JSD >= (V + log 4) / 2`, up to chance. In the run V was about -log 4: even, and that says nothing (lesson 5).

# %%
alone, again, rng = copy.deepcopy(gan), digits.Images(pool), np.random.default_rng(2)
for _ in range(200):
    alone.discriminator_step(again.sample(64, rng=rng), alone.noise(64, rng=rng))
x = digits.from_pixels(unseen.images[:1000])
asked = {"digits, unseen": x, "samples of G": gan.sample(1000, rng=rng, raw=True),  # not the averaged weights
         "mirrored top to bottom": x.reshape(-1, 28, 28)[:, ::-1].reshape(-1, 784),
         "pixels shuffled": rng.permuted(x, axis=1), "all black": np.full((1, 784), -1.0)}  # fmt: skip
V_end = np.mean([record.V for record in history[-100:]])
print(f"V over the last 100 steps of the run {V_end:+.2f}   at equilibrium {-math.log(4):+.2f}")
D, JSD = {}, {}
for who, judge in ("D of the run", gan), ("D alone", alone):
    D[who] = [float(judge.probability(rows).mean()) for rows in asked.values()]
    a_real, a_fake = (judge.D.predict(np.asarray(asked[name], np.float32)) for name in list(asked)[:2])
    JSD[who] = (games.minimax.discriminator(a_real, a_fake)[0] + math.log(4)) / 2
    print(f"{who:13} JSD >= {JSD[who]:.3f} of log 2 = {math.log(2):.3f};", end=" ")
    print(", ".join(f"{name} {mean:.2f}" for name, mean in zip(asked, D[who], strict=True)))
assert abs(V_end + math.log(4)) < 0.5 and D["D alone"][1] < 0.1 < 0.8 < min(D["D alone"][0], D["D alone"][2])
assert JSD["D of the run"] < 0.3 < 0.5 < JSD["D alone"] < math.log(2)

# %%
fig, ax = plt.subplots(figsize=(11, 5))
for i, (who, colour) in enumerate((("D of the run", plots.REFERENCE), ("D alone", plots.DISCRIMINATOR))):
    ax.bar(np.arange(5) + 0.4 * i - 0.2, D[who], 0.36, color=colour, label=who)
ax.axhline(0.5, color="black", ls="--", lw=1, label="1/2")
ax.set(xticks=range(5), xticklabels=[name.replace(" ", "\n", 1) for name in asked], ylabel="mean of D(x)")
ax.set_title("Alone, D tells G apart, and takes mirrored digits for real")
plots.legend(ax, loc="outside right upper")
plots.finish(fig, "10_what_d_learned")

# %% [markdown]
# D is **no judge of digits**: it has learned p_data against *this* p_g, nothing about what neither showed it.
#
# ## Has it memorised?
#
# Two tests that are often shown: the distance to the nearest training digit, and a walk through the noise, on
# an arc (noise lives near a sphere), on which a memoriser would jump. Controls: a **copier** (each digit has
# a random code, z gets the digit of the nearest), the same **shifted by a pixel**, an untrained G.

# %%
rng = np.random.default_rng(3)
start, *ends = gan.noise(6, rng=rng)
path = np.stack([walk(start, end, 11) for end in ends])  # (5, 11, 100)
long = np.linalg.norm(path, axis=2)  # (5, 11): fresh noise is 10 +- 0.7, half way on a straight line about 7
codes, flat = gan.noise(len(pool), rng=rng), path.reshape(-1, 100)
copied = pool[(flat @ codes.T - (codes**2).sum(axis=1) / 2).argmax(axis=1)]  # of the nearest code
walks = {"G": (gan.generate(flat) + 1) / 2, "copier": digits.unit_pixels(copied),
         "copier, shifted": digits.unit_pixels(digits.shifted(copied, right=1)),
         "untrained G": (models.digits_pair(rng=rng).generate(flat) + 1) / 2}  # fmt: skip
nearest, jump = {}, {}
for name, rows in walks.items():
    taken = np.linalg.norm(np.diff(rows.reshape(5, 11, 784), axis=1), axis=2)  # (5, 10)
    nearest[name] = metrics.nearest(rows, pool).distance.mean()
    jump[name] = float((taken.max(axis=1) / taken.sum(axis=1)).max())
    print(f"{name:15} to the nearest digit {nearest[name]:5.2f}   longest step {jump[name]:.2f} of the way")

# %%
print(f"noise on the walks: {long.min():.1f} to {long.max():.1f} long, fresh noise 10.0 +- 0.7")
assert 8 < long.min() < long.max() < 12
print(f"unseen digits lie {new.mean():.2f} away, shifted copies {nearest['copier, shifted']:.2f}: about as far")
assert nearest["copier"] < 0.1 < 1 < nearest["G"]  # the first test finds the copier, and that is all it finds
assert nearest["copier, shifted"] > 0.75 * new.mean()  # it passes
assert jump["G"] < 0.35 < 0.45 < min(jump["copier"], jump["copier, shifted"])  # the second finds both copiers
assert jump["untrained G"] < 0.35 and nearest["untrained G"] > 1  # and the untrained G passes both
fig, axes = plt.subplots(3, 1, figsize=(11, 5.4))
for ax, name in zip(axes, ("G", "copier, shifted", "untrained G"), strict=True):
    plots.images(ax, 2 * walks[name][:11] - 1, columns=11)
    ax.set_title(f"{name}: longest step {jump[name]:.2f}, {nearest[name]:.1f} to the nearest digit")
plots.finish(fig, "10_memorised")

# %% [markdown]
# A test that G passes says little until a copier has failed it; and the untrained G passes both. No nearest
# neighbour in pixels proves that nothing was copied (Theis et al. 2016).
#
# ## On your own (answers, run and checked: `lessons/answers/10_mnist.py`)
# - Blurs are means of 20 digits. Make it 1, 5, 200. Predict where the score is best, before you look.
# - Shift the copies by 0, 1, 2, 4 pixels. When do they lie further from the training digits than unseen ones?
