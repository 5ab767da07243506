# %% [markdown]
# # Answers to lesson 6: choose the loss that G descends

# %%
from npgan import GAN, SGD, Adam, Dense, Gaussian, Network, games, latent, models, theory, train

import numpy as np


def play(mu, game, adam=False, head_start=300, seed=0):
    """The lesson's run with data N(mu, 1): the mean of G(z) at the end, and D(G(z)) in each of 400 steps."""
    rng, data = np.random.default_rng(seed), Gaussian(mu, 1.0)
    G, D = (models.mlp((1, 16, 16, 1), rng=rng) for _ in "GD")
    opt_g = Adam(G, lr=1e-3, betas=(0.0, 0.999)) if adam else SGD(G, lr=0.01)
    gan = GAN(G, D, opt_g, SGD(D, lr=0.05), game=game)
    z = gan.noise(500, rng=rng)
    for _ in range(head_start):
        gan.discriminator_step(data.sample(64, rng=rng), gan.noise(64, rng=rng))
    d_fake = [record.d_fake for record in train(gan, data, steps=400, batch=64, rng=rng)]
    return G.predict(z).mean(), np.array(d_fake)


# %% [markdown]
# ## "Put the data nearer, `Gaussian(2.0, 1.0)`. Which of the three runs changes most?"
#
# The first, minimax with plain steps: it sat still, now it arrives as the others do. At theta = 2 p_g and
# p_data overlap, so the best D cannot reject everything: 2 JSD has a slope of 0.45 there, against
# 0.012 at theta = 6. The other loss had a slope at both places, and Adam did not mind its size.

# %%
x, h = np.linspace(-16, 18, 6001), 1e-4
p = Gaussian(0.0, 1.0).pdf(x)
near, far = (
    (theory.jsd(p, Gaussian(t + h, 1.0).pdf(x), x) - theory.jsd(p, Gaussian(t - h, 1.0).pdf(x), x)) / h
    for t in (2.0, 6.0)
)
print(f"slope of 2 JSD at theta = 2: {near:.4f}   at theta = 6: {far:.4f}")
assert abs(near - 0.4496) < 1e-4 and abs(far - 0.0125) < 1e-4
print("share of the way from 0 to the mean of the data, after 400 steps (3 seeds)   D(G(z)) at the start")
for name, game, adam in (
    ("minimax, plain", games.minimax, False),
    ("non-saturating, plain", games.non_saturating, False),
    ("minimax, Adam for G", games.minimax, True),
):
    for mu in 6.0, 2.0:
        runs = [play(mu, game, adam, seed=seed) for seed in range(3)]
        share, start = np.array([mean / mu for mean, _ in runs]), np.mean([d_fake[0] for _, d_fake in runs])
        print(f"{name:<22} data at {mu:.0f}:", *(f"{s:6.2f}" for s in share), f"{start:30.4f}")
        # Over 20 other seeds: -0.1 to 0.1 for the stuck run, 0.8 to 1.2 for all others.
        assert np.abs(share - (0 if mu == 6 and name == "minimax, plain" else 1)).max() < 0.3

# %% [markdown]
# ## "Let D's head start be 0 steps, not 300. Does minimax still sit still, and why?"
#
# Nearly always: D needs no head start. At first it answers 1/2, and G gets a few dozen useful steps. But D
# learns faster than G moves; it soon rejects every fake, and G stops wherever it is by then. Saturation is
# no matter of the first step, it comes whenever D gets ahead. (Of 60 other seeds, 3 let G get away.)

# %%
print("no head start, data at 6      mean of G(z) at the end   D(G(z)) in step 1, at step 150, at step 400")
for seed in range(3):
    mean, d_fake = play(6.0, games.minimax, head_start=0, seed=seed)
    print(f"seed {seed}   {mean:43.2f}   {d_fake[0]:14.3f}   {d_fake[149]:11.3f}   {d_fake[399]:11.3f}")
    # 56 of 60 other seeds: means of -0.4 to 1.8, D(G(z)) above 0.4 at first and below 0.06 from step 150 on.
    assert abs(mean) < 3 and d_fake[0] > 0.3 and d_fake[149:].max() < 0.1

# %% [markdown]
# ## "At theta = 0, where both losses rest, let D's bias be -10 ... Predict the gradient of G."
#
# It is exactly 0, with both losses. The pull on a is only the first factor of (d loss / da) (da/dx):
# a D that says the same about every x has da/dx = 0, and so tells G nothing, however sure it is. The
# control: with a slope of 0.1 in D the non-saturating loss moves G by 0.1, and minimax by almost nothing.

# %%
z = latent.even("normal", 4000)
for game, pull in (games.minimax, 1 / (1 + np.exp(10))), (games.non_saturating, 1 / (1 + np.exp(-10))):
    for slope in 0.0, 0.1:
        G, D = (Network(Dense(1, 1), rng=np.random.default_rng(0)) for _ in "GD")
        G.theta, D.theta = [1, 0], [slope, -10]
        gan = GAN(G, D, SGD(G, lr=1), SGD(D, lr=1), game=game)
        gan.generator_gradient(z)
        print(f"{game.name:<15} slope of D {slope:.1f}: d loss / d theta {G.grad[1]:.2e}", end="")
        print(f"   -(pull) (slope) {0 - pull * slope:.2e}")
        assert abs(G.grad[1] + pull * slope) <= 0.01 * pull * slope
        assert slope or not G.grad.any()
