# %% [markdown]
# # Answers: find the best discriminator
#
# The questions of `lessons/03_optimal_d.py`, answered, computed and checked.

# %%
from npgan import GAN, SGD, Adam, Dense, Gaussian, Network, games, models, plots, sigmoid, theory

import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(-12, 16, 1401)  # (1401,)
p_data = Gaussian(4, 1.25)
p = p_data.pdf(x)


def train_D(D, opt_d, p_g, *, steps, rng, fakes_per_real=1, batch=128):
    """Train D against a frozen G whose samples come from the Gaussian p_g; return its logits on x."""
    G = Network(Dense(1, 1), rng=rng)
    G.theta = [p_g.sigma, p_g.mu]
    gan = GAN(G, D, SGD(G, lr=0.1), opt_d, game=games.minimax)
    for step in range(steps):
        gan.opt_d.rate = 1 - step / steps
        gan.discriminator_step(p_data.sample(batch, rng=rng), gan.noise(fakes_per_real * batch, rng=rng))
    return D.predict(x[:, None])[:, 0]


# %% [markdown]
# ## 1. The line against a nearer G
#
# *Move `line_g` from mean 2 to mean 3. Predict the slope of the line, and the x at which D answers 1/2.*
#
# The slope is (mu_data - mu_g) / sigma^2: half as far apart, half as steep, 0.64 instead of 1.28. D answers 1/2
# where p = q, and between two equal bells that is the middle: x = 3.5. At mean 4 slope and intercept are 0: D
# says 1/2 everywhere, and no x is the one.


# %%
def line_against(mu_g, steps=800):
    q, line, dx = Gaussian(mu_g, 1.25).pdf(x), Network(Dense(1, 1), rng=np.random.default_rng(0)), x[1] - x[0]
    opt = SGD(line, lr=0.2, momentum=0.9)
    for _ in range(steps):
        D = sigmoid(line.forward(x[:, None])[:, 0])
        line.backward(((p * (1 - D) - q * D) * dx)[:, None], inputs=False)
        opt.ascend()
    return line.theta


for mu_g in 2, 3, 4:
    slope, intercept = line_against(mu_g)
    half = f"at x = {-intercept / slope:.9f}" if mu_g < 4 else "everywhere"
    print(f"mu_g {mu_g}: slope {slope:.9f}     formula {(4 - mu_g) / 1.25**2:.9f}     D = 1/2 {half}")
    assert abs(slope - (4 - mu_g) / 1.25**2) < 1e-9
    assert abs(slope * (4 + mu_g) / 2 + intercept) < 1e-9  # the logit in the middle is 0

# %% [markdown]
# ## 2. Four fakes for each real sample
#
# *Draw 4 * 128 noises for 128 real samples. What becomes of D*?*
#
# Nothing. V is a sum of two *means*, so four times as many fakes weigh as much as before: they only make the
# second mean less noisy. A classifier trained on the *shuffled* heap, where each row weighs the same, would
# learn prior 1/5 instead of 1/2, and answer p / (p + 4 q): a logit that is lower by log 4.

# %%
rng = np.random.default_rng(0)
net, q = models.mlp((1, 32, 32, 1), rng=rng), Gaussian(2, 2).pdf(x)
D = sigmoid(train_D(net, Adam(net, lr=0.01), Gaussian(2, 2), steps=1500, rng=rng, fakes_per_real=4))
errors = [theory.integral((p + q) / 2 * abs(D - best), x) for best in (p / (p + q), p / (p + 4 * q))]
print(f"E|D - p / (p + q)| {errors[0]:.4f}     E|D - p / (p + 4 q)| {errors[1]:.4f}")
assert errors[0] < 0.01 and errors[1] > 0.1  # 20 other seeds: at most 0.0058

# %% [markdown]
# ## 3. A narrow p_g
#
# *Give p_g a sigma of 0.5. Where will "D gives the data back" fail first, and why there?*
#
# Where there are no fakes. N(2, 0.5) ends at about x = 4, and the middle of the data is there. In p_g exp(a)
# the first factor is then about 0, and the second must make up for it: a must be right where it is large, but
# where only real samples come, V hardly asks for more than "very sure". The recovered density is right on the
# left flank, where both kinds come, and far too low to the right of it.

# %%
rng = np.random.default_rng(0)
net, narrow = models.mlp((1, 32, 32, 1), rng=rng), Gaussian(2, 0.5)
q = narrow.pdf(x)
recovered = q * np.exp(train_D(net, Adam(net, lr=0.01), narrow, steps=1500, rng=rng))
for low, high in (1.25, 3.25), (4, 6):
    inside = (x >= low) & (x <= high)
    wrong = theory.integral(abs(recovered - p)[inside], x[inside]) / theory.integral(p[inside], x[inside])
    fakes = theory.integral(q[inside], x[inside])
    print(f"x from {low} to {high}: {fakes:.1%} of the fakes; the recovered density is off by {wrong:.0%}")
    assert wrong < 0.1 if low < 2 else wrong > 0.8  # 20 other seeds: at most 0.054, at least 0.86

plots.large_text()
fig, ax = plt.subplots(figsize=(11, 5))
ax.plot(x, q, color=plots.GENERATOR, lw=2, label="p_g")
ax.plot(x, recovered, color=plots.DISCRIMINATOR, lw=3, ls="--", label="p_g exp(a)")
ax.plot(x, p, color=plots.DATA, ls=":", lw=3, label="p_data")
ax.set(
    xlabel="x", ylabel="density", xlim=(-1, 9), title="Where there are no fakes, there is nothing to reweigh"
)
plots.legend(ax, loc="upper right")
plots.finish(fig, "03_answers")
