# %% [markdown]
# # Answers to lesson 7: watch a generator collapse

# %%
from npgan import GAN, Adam, Dense, Network, games, metrics, models, plots, ring, train

import matplotlib.pyplot as plt
import numpy as np

plots.large_text()

# %% [markdown]
# ## "Average theta_g, or pool the samples of all looks: which of the two covers the ring while D is slow?"
#
# The pool does, theta's average does not. At each moment G sits on one mode, in time on nearly all of them: the
# samples of all G's together cover the data. But a G with the average of many theta is another G; between
# two G's on two modes lies one on neither.

# %%
data = ring(sigma=0.1)
found = {"G at the end": [], "theta averaged": [], "looks pooled": []}
for seed in range(4):
    rng, looks = np.random.default_rng(seed), []
    options = {"lr": 4e-3, "d_lr": 5e-4, "betas": (0.5, 0.999), "dtype": np.float32}
    gan = models.pair((2, 32, 32, 2), (2, 32, 32, 1), rng=rng, **options)
    z = gan.noise(500, rng=rng)
    for record in train(gan, data, steps=400, batch=64, average=0.99, rng=rng):
        if record.step % 20 == 0:
            looks.append(gan.generate(z, raw=True))
    pool = rng.choice(np.concatenate(looks), 2500)
    three = gan.sample(2500, rng=rng, raw=True), gan.sample(2500, rng=rng), pool
    for covers, samples in zip(found.values(), three, strict=True):
        covers.append(metrics.coverage(samples, data, rng=rng))
for name, covers in found.items():
    print(f"{name:<15} modes captured:", *(c.captured for c in covers), end="   ")
    print("high quality:", *(f"{c.high_quality:4.0%}" for c in covers))
at_end, averaged, pooled = (np.mean([c.captured for c in covers]) for covers in found.values())
# Each bound is 4 or more standard errors (of a mean of 4) from the mean over 40 other seeds: 1.4, 0.7, 7.8.
assert at_end < 3 and averaged < 3 and pooled > 7

# %% [markdown]
# ## "Play the cells' game on eight cells with free logits, from 0, or from random ones. Visits even?"
#
# Yes, both times. From 0 G goes round in order. From random logits it first sits where D is most mistaken, for
# a round or two; soon it goes round again, in an order of its own, and visits each cell once in eight
# rounds: where it has not been for longest, D has had the most time to raise its logit.


# %%
def hops(a, rounds):
    """The cell that G sits on in each round, from D's logits a (8, 1)."""
    a, visits = a.copy(), []
    for _ in range(rounds):
        visits.append(int(a.argmax()))
        _, da = games.minimax.discriminator(a, a[visits[-1:]])  # real: each cell once; fake: the point
        a += da[:8]
        a[visits[-1]] += da[8]
    return np.array(visits)


cells = {"from 0": hops(np.zeros((8, 1)), 800)}
cells |= {f"from seed {i}": hops(np.random.default_rng(i).standard_normal((8, 1)), 800) for i in range(3)}
for name, visits in cells.items():
    first, last = np.bincount(visits[:400], minlength=8), np.bincount(visits[400:], minlength=8)
    print(f"{name:<12}", *visits[:20], "...  visits in rounds 1 to 400:", *first, "  401 to 800:", *last)
    assert np.abs(first - 50).max() <= 5 and (last == 50).all()  # so for 12 seeds
assert (cells["from 0"] == np.arange(800) % 8).all()

# %%
fig, axes = plt.subplots(2, 1, figsize=(11, 6), sharex=True)
for ax, name in zip(axes, ("from 0", "from seed 0"), strict=True):
    ax.plot(1 + np.arange(48), cells[name][:48], "o", color=plots.GENERATOR)
    ax.set(ylabel="cell", title=f"Where G sits, {name}")
axes[1].set_xlabel("round")
plots.finish(fig, "07_answer_hops")

# %% [markdown]
# ## "Train D against the broad G for 0 steps instead of 400. Where does the frozen D send G?"
#
# Up D's hill, wherever that leads. An untrained D knows nothing of the data, so G leaves the place where it
# was perfect. If D has a top near by, G collapses onto it, as in the lesson. If its logit only rises, G
# goes on and on and may even grow wider: the point at argmax D lies at infinity. Its loss falls all the
# same. A falling loss of G says that G obeys D, no more.

# %%
x = np.linspace(-8, 8, 1601)
print("seed   W, b from 0.5, 2 to   D's highest point on [-8, 8]   loss of G")
collapsed = []
for seed in range(8):
    rng = np.random.default_rng(seed)
    G, D = Network(Dense(1, 1), rng=rng), models.mlp((1, 16, 16, 1), rng=rng)
    gan, losses = GAN(G, D, Adam(G, lr=0.02), Adam(D, lr=0.01), game=games.minimax), []
    G.theta = [0.5, 2.0]
    for step in range(300):
        gan.opt_g.rate = 1 - step / 300
        losses.append(gan.generator_step(gan.noise(1000, rng=rng)))
    (W, b), top = G.theta, x[D.predict(x[:, None]).argmax()]
    print(f"{seed:4d}   {W:11.2f}, {b:5.2f}   {top:28.2f}   {losses[0]:.3f} -> {losses[-1]:.3f}")
    assert losses[-1] < losses[0] and abs(b - 2) > 0.5  # the least of 20 seeds: 0.85
    collapsed.append(abs(W) < 0.05)
    assert abs(W) > 0.005 or abs(b - top) < 0.05  # a G that is a point is D's highest point
print(f"{sum(collapsed)} of 8 collapsed")
assert 0 < sum(collapsed) < 8
