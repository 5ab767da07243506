# %% [markdown]
# # Answers to lesson 14: what it is good for
#
# The digits here are drawn from fonts, so that the answers are the same with and without MNIST.

# %%
from npgan import Adam, Mixture, Rows, classifier, digits, games, models, ring, train

import numpy as np

known, unseen = (digits.glyph_digits(n, rng=np.random.default_rng(n)) for n in (6000, 1000))
judge = classifier.learn(*known, epochs=4, rng=np.random.default_rng(0))


def told(images, labels, rng, steps, loud=50):
    sizes = {"n_z": 32, "g_hidden": [128], "d_hidden": [128]}
    gan = models.digits_pair(variant="conditional", loud=loud, lr=2e-3, betas=(0, 0.999), rng=rng, **sizes)
    data, options = digits.LabelledImages(images, labels), {"order": "one_noise", "average": 0.99}
    list(train(gan, data, steps=steps, batch=64, rng=rng, **options))
    return gan


# %% [markdown]
# ## 1. Let `loud` be 1, or 10. Predict how often the judge sees what was asked for.
#
# With 1 in one of ten: G draws digits, and any label gets any digit. At its start D hears each of 794 columns
# alike, and a picture is 784 of them; to tell a 3 from a 7 in the pictures is what it learns first, whether the
# label fits much later. (After some ten epochs it does.) With 10 it is on its way.

# %%
asked, obeyed = np.arange(500) % 10, {}
for loud in 1, 10, 50:
    gan = told(*known, np.random.default_rng(1), steps=500, loud=loud)
    seen_as = judge.classes(gan.sample(500, labels=asked, rng=np.random.default_rng(2)))
    obeyed[loud] = np.mean(seen_as == asked)
    print(f"loud {loud:2d}: the judge sees what was asked for in {obeyed[loud]:.0%}   (by chance 10 %)")
assert obeyed[1] < 0.25 and obeyed[1] < obeyed[10] < obeyed[50] and obeyed[50] > 0.8

# %% [markdown]
# ## 2. Let q be a bell of width 0.3, or 3. Predict D's KL for the soft ring, and its mass.
#
# D answers only where it is asked. With width 0.3 there is hardly any noise where the ring is: there D says
# "data", and how sure it is of that, exp(a), is a guess; a third of the mass is missing. With width 3 most
# noises lie where no data are, which D soon knows, and few tell it the shape of the ring. The best noise is
# like the data, and its density known: G would be that noise, if only it had a density.

# %%
p, scored = ring(sigma=0.4), {}
for width in 0.3, 1.0, 3.0:
    q, scores, masses = Mixture([[0, 0]], width), [], []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        rows, x = Rows(p.sample(1000, rng=rng)), p.sample(2000, rng=rng)
        D = models.mlp((2, 64, 64, 1), rng=rng)
        opt = Adam(D, lr=3e-3)
        for step in range(600):
            opt.rate = 1 - step / 600
            a = D.forward(np.concatenate([rows.sample(128, rng=rng), q.sample(128, rng=rng)]))
            D.backward(games.minimax.discriminator(a[:128], a[128:])[1], inputs=False)
            opt.ascend()
        masses.append(np.exp(D.predict(q.sample(20_000, rng=rng))).mean())
        scores.append(np.mean(np.log(p.pdf(x) / q.pdf(x)) - D.predict(x)[:, 0]) + np.log(masses[-1]))
    scored[width] = np.mean(scores)
    print(f"width {width}: KL {scored[width]:.3f}, mass {np.mean(masses):.2f}")
    assert abs(np.mean(masses) - 1) < 0.1 if width > 0.5 else np.mean(masses) < 0.85
assert 0 < scored[1.0] < 0.04 and scored[3.0] > 1.5 * scored[1.0] and scored[0.3] > 0.1

# %% [markdown]
# ## 3. Let a G that has learned from all 6,000 labels make the 2,400 samples. Do they help? Whose news is it?
#
# They do: it is news to the hundred. But it is not G's, it is that of the 6,000 labels, and whoever has them
# had better use them: 2,400 of the real digits help more. G is a copy of its data, with losses.

# %%
rng, evenly = np.random.default_rng(0), np.arange(2400) % 10
drawn = np.concatenate([rng.choice(np.flatnonzero(known.labels == k), 10, replace=False) for k in range(10)])
images, y = np.tile(known.images[drawn], (24, 1)), np.tile(known.labels[drawn], 24)
made = digits.to_pixels(told(*known, rng, steps=800).sample(2400, labels=evenly, rng=rng))
real = known.images[:2400], known.labels[:2400]
more, wrong = {"the same again": (images, y), "samples of G": (made, evenly), "real digits": real}, {}
for name, (others, more_y) in more.items():
    net = classifier.learn(np.r_[images, others], np.r_[y, more_y], hidden=(128,), epochs=4, rng=rng)
    wrong[name] = 100 * np.mean(net.classes(unseen.images) != unseen.labels)
    print(f"the hundred and {name:15}{wrong[name]:5.1f} % wrong")
assert wrong["real digits"] < wrong["samples of G"] < wrong["the same again"]
