# %% [markdown]
# # Choose the loss that G descends
#
# **You will see** two losses for the same generator: the one of the paper's game, $\log(1 - D(G(z)))$,
# and the one that the paper trains with, $-\log D(G(z))$. One falls silent while D rejects every fake.
#
# **You will learn** when G's loss saturates and when it does not, that both losses stop at the same
# point, which divergence each of them really descends, and what plain gradient steps make of it.
#
# **You need** the value function and its gradient on the logit (lesson 1), D* (lesson 3), and
# C(G) = 2 JSD - log 4 (lesson 4). Logarithms are natural, so values are in nats.

# %%
from npgan import GAN, SGD, Adam, Gaussian, games, models, plots, sigmoid, theory, train

import math

import matplotlib.pyplot as plt
import numpy as np

BOTH = games.minimax, games.non_saturating
LOOK = {"minimax": (plots.REFERENCE, "--"), "non_saturating": (plots.GENERATOR, "-")}

# %% [markdown]
# ## Two losses, one logit
#
# D ends in a logit a, and D(G(z)) = sigma(a). D rejects a fake where a is far below 0. By hand,
#
#     d/da  log(1 - sigma(a)) = -sigma(a)           minimax
#     d/da (-log sigma(a))    = -(1 - sigma(a))     non-saturating
#
# Both losses fall as a grows, so both want the same: fakes that D takes for real. They differ in how
# hard they pull. Where D is sure that a fake is fake, a = -10, minimax has almost no slope left.


# %%
def loss_and_slope(game, a):
    """G's loss and its derivative, for each logit in a (n,) on its own."""
    pairs = [game.generator(np.array([[a_i]])) for a_i in a]
    return np.array([loss for loss, _ in pairs]), np.array([da[0, 0] for _, da in pairs])


a = np.array([-10.0, -5.0, 0.0, 5.0, 10.0])
print("                      minimax                 non-saturating")
print("    a    D(G(z))      loss       slope        loss       slope")
(loss_m, slope_m), (loss_n, slope_n) = (loss_and_slope(game, a) for game in BOTH)
for row in zip(a, sigmoid(a), loss_m, slope_m, loss_n, slope_n, strict=True):
    print("{:5.0f}  {:9.6f}  {:9.5f}  {:10.6f}  {:10.5f}  {:10.6f}".format(*row))

# %% [markdown]
# Check the slopes twice: against the formulas, and against the losses, nudged. In the middle row a D
# that cannot tell pulls equally with both. In the last row G is *good*, D takes its fakes for real:
# there it is the other loss that is flat, and that does no harm. Minimax saturates when D *rejects*
# the fakes, early on, when G needs it most.

# %%
rejected, h = 1 / (1 + math.exp(10)), 1e-5  # sigma(-10)
print(f"a = -10: minimax slope {slope_m[0]:.4e} = -sigma(a) = {-rejected:.4e}")
print(f"         other slope {slope_n[0]:.6f} = -(1 - sigma(a)) = {-(1 - rejected):.6f}")
assert abs(slope_m[0] + rejected) < 1e-15 and abs(slope_n[0] + 1 - rejected) < 1e-15
for game, slope in zip(BOTH, (slope_m, slope_n), strict=True):
    nudged = (loss_and_slope(game, a + h)[0] - loss_and_slope(game, a - h)[0]) / (2 * h)
    print(f"{game.name:<15} slope against nudged loss: largest error {np.abs(slope - nudged).max():.1e}")
    assert np.abs(slope - nudged).max() < 1e-9

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
axis = np.linspace(-12, 12, 241)
for game, name in zip(BOTH, ("minimax: log(1 - D)", "non-saturating: -log D"), strict=True):
    colour, style = LOOK[game.name]
    loss, slope = loss_and_slope(game, axis)
    left.plot(axis, loss, color=colour, ls=style, lw=2, label=name)
    right.plot(axis, -slope, color=colour, ls=style, lw=2, label=name)
right.plot([-10, -10], [-slope_m[0], -slope_n[0]], "o", color=plots.DISCRIMINATOR)
right.annotate(f"{-slope_m[0]:.1e}", (-10, 0), (-10.5, 0.1))
right.annotate(f"{-slope_n[0]:.5f}", (-10, 1), (-10.5, 0.9))
right.axvspan(-12, -4, color=plots.REFERENCE, alpha=0.12, label="D rejects: D(G(z)) < 0.02")
left.set(xlabel="a, D's logit for a fake", ylabel="loss of G (nats)", title="Same direction ...")
right.set(xlabel="a, D's logit for a fake", ylabel="pull on a, -d loss / da", title="... but not the same pull")
left.legend(frameon=False)
right.legend(frameon=False, loc="center right")
plots.finish(fig, "06_saturation_losses")

# %% [markdown]
# ## What reaches G through a trained D
#
# G's fakes lie near 0, the data is N(6, 1). G is kept still and D is trained for k steps. Then the
# same D answers in both games: how long is d loss / d theta_g, over 2,000 fakes?
#
# An untrained D tells G little in either game: its landscape is flat. With more steps D gets steeper,
# and the non-saturating gradient grows. Minimax multiplies it by about D(G(z)), and dies.

# %%
STEPS = 0, 10, 100, 1000
data = Gaussian(6.0, 1.0)


def gradients_through_d(seed):
    """Rows (D(G(z)), |grad| minimax, |grad| non-saturating), one for each number of D steps in STEPS."""
    rng = np.random.default_rng(seed)
    sizes = 1, 16, 16, 1
    gan = models.pair(sizes, sizes, rng=rng, lr=1e-3, d_lr=4e-3, betas=(0, 0.999))
    z, rows = gan.noise(2000, rng=rng), []
    for before, k in zip((0, *STEPS), STEPS, strict=False):
        for _ in range(k - before):
            gan.discriminator_step(data.sample(128, rng=rng), gan.noise(128, rng=rng))
        row = [gan.probability(gan.G.predict(z)).mean()]
        for game in BOTH:
            gan.game = game
            gan.generator_gradient(z)
            row.append(np.linalg.norm(gan.G.grad))
        rows.append(row)
    return rows


reach = np.exp(np.log([gradients_through_d(seed) for seed in range(4)]).mean(axis=0))  # (steps, 3)
print("D steps   mean D(G(z))   |grad| minimax   |grad| non-saturating   (geometric means of 4 seeds)")
for k, (p, minimax, other) in zip(STEPS, reach, strict=True):
    print(f"{k:7d}   {p:12.6f}   {minimax:14.6f}   {other:21.3f}")
fall, growth = reach[1, 1] / reach[3, 1], reach[3, 2] / reach[1, 2]
print(f"from 10 to 1000 steps of D: minimax falls {fall:.0f}-fold, the other grows {growth:.0f}-fold")
# Over 15 other sets of 4 seeds: fall 99-fold or more, growth 19-fold or more.
assert fall > 30 and growth > 5

# %% [markdown]
# ## The same fixed point
#
# Both gradients reach a fake x through D: (d loss / da) da/dx. At the equilibrium p_g = p_data the
# best D is 1/2 everywhere: a(x) = 0 for every x, da/dx = 0, and G stays, whatever its loss. A
# network with theta = 0 is exactly that D. The loss is log 2 or -log 2 there, but reading log 2 off
# a screen proves nothing: against this D *every* G has it.

# %%
gan = models.gaussian_pair(rng=np.random.default_rng(0))
gan.D.theta = np.zeros(gan.D.theta.size)  # D(x) = 1/2 for all x
for game, wanted in zip(BOTH, (-math.log(2), math.log(2)), strict=True):
    gan.game = game
    loss = gan.generator_gradient(gan.noise(1000, rng=np.random.default_rng(1)))
    still = np.abs(gan.G.grad).max()
    print(f"{game.name:<15} loss {loss:+.6f} = {wanted:+.6f}   largest |gradient| of G {still:.1e}")
    assert abs(loss - wanted) < 1e-12 and still == 0

# %% [markdown]
# ## What each loss descends when D is optimal
#
# Let p_data = N(0, 1) and G(z) = theta + z, so p_g = N(theta, 1): one number to learn, dx/d theta = 1.
# D* has the logit a*(x) = log p_data(x) - log p_g(x), with slope -theta. A G step *holds D\* fixed*:
#
#     d loss / d theta = integral of p_g(x) (d loss / da) (da*/dx) dx
#
# Minimax: as D* is the best reply, moving it changes nothing, and this is the slope of C(G), hence of
# **2 JSD**. For the other loss write -log D* = log((1 - D*)/D*) - log(1 - D*): the first term is
# log(p_g/p_data), so it descends **KL(p_g || p_data) - 2 JSD**: JSD enters with a minus sign
# (Arjovsky and Bottou 2017).

# %%
x = np.linspace(-20, 20, 8001)  # (8001,)
p_data = Gaussian(0.0, 1.0)


def gradient_at_best_d(game, theta):
    """d loss / d theta with D* held fixed, by quadrature on x."""
    p_g = Gaussian(theta, 1.0)
    a = p_data.log_pdf(x) - p_g.log_pdf(x)  # D*'s logit, exact however sure D* is
    _, da = game.generator(a[:, None])  # each entry is 1/n of d loss / da at its own a
    return theory.integral(p_g.pdf(x) * len(x) * da[:, 0] * -theta, x)


def descended(theta):
    """What G should descend with each loss, at theta: (2 JSD, KL(p_g || p_data) - 2 JSD)."""
    p, q = p_data.pdf(x), Gaussian(theta, 1.0).pdf(x)
    two_jsd = 2 * theory.jsd(p, q, x)
    return np.array([two_jsd, theory.kl(q, p, x) - two_jsd])


def slopes(theta, h=1e-4):
    return (descended(theta + h) - descended(theta - h)) / (2 * h)


print("           minimax with D*             non-saturating with D*")
print("theta    gradient   d 2JSD/dtheta   gradient   d[KL - 2JSD]/dtheta   (d KL/dtheta alone)")
for theta in (0.5, 1.0, 2.0, 4.0, 6.0):
    minimax, other = (gradient_at_best_d(game, theta) for game in BOTH)
    jsd, kl_jsd = slopes(theta)
    print(f"{theta:5.1f}  {minimax:10.7f}  {jsd:13.7f}  {other:10.7f}  {kl_jsd:19.7f}  {kl_jsd + jsd:20.7f}")
    assert abs(minimax - jsd) < 1e-6 and abs(other - kl_jsd) < 1e-6
    assert abs(other - (kl_jsd + jsd)) > 0.01  # KL alone is not what it descends

# %% [markdown]
# The last column stands there because many notes say that the non-saturating loss minimises
# KL(p_g || p_data), or maximises the likelihood. It does neither. Near theta = 0 the two losses are
# *alike*, both slopes are theta/2. Far off, JSD is flat, near its ceiling, and minimax has nothing left.

# %%
for game in BOTH:
    at_0, near = gradient_at_best_d(game, 0.0), gradient_at_best_d(game, 1e-3) / 1e-3
    print(f"{game.name:<15} gradient at theta = 0: {at_0:.1e}; near 0: {near:.6f} theta (by hand: 1/2 theta)")
    assert abs(at_0) < 1e-15 and abs(near - 0.5) < 1e-6
minimax, other = (gradient_at_best_d(game, 8.0) for game in BOTH)
print(f"theta = 8: minimax {minimax:.5f}, other {other:.5f}; 2 JSD {descended(8)[0]:.5f} of {math.log(4):.5f}")
assert minimax < 0.01 and other > 7.9

fig, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
thetas, dots = np.linspace(0, 6, 61), np.arange(0.5, 6, 0.5)
for i, name in enumerate(("2 JSD", "KL(p_g || p_data) - 2 JSD")):
    colour, style = LOOK[BOTH[i].name]
    left.plot(thetas, [descended(t)[i] for t in thetas], color=colour, ls=style, lw=2, label=name)
    right.plot(thetas, [slopes(t)[i] for t in thetas], color=colour, ls=style, lw=2, label=f"slope of {name}")
    gradients = [gradient_at_best_d(BOTH[i], t) for t in dots]
    right.plot(dots, gradients, "o", color=colour, label=f"G step, {BOTH[i].name.replace('_', '-')}")
left.axhline(math.log(4), color=plots.REFERENCE, lw=0.8, ls=":", label="log 4, the most that 2 JSD can be")
left.set(xlabel="theta: p_g = N(theta, 1), p_data = N(0, 1)", ylabel="nats", title="What G descends if D = D*")
right.set(xlabel="theta", ylabel="d / d theta", title="Its slope, and what the G step computes")
left.legend(frameon=False)
right.legend(frameon=False)
plots.finish(fig, "06_saturation_divergences")

# %% [markdown]
# ## Training from a bad start
#
# Again fakes near 0 and data N(6, 1), and D gets a head start of 300 steps: it rejects everything. Then
# both play, with the plain gradient steps of Algorithm 1. Minimax sits still. The other loss arrives.
#
# The third run is a surprise: minimax again, but with Adam. Adam divides each gradient by its own
# recent size, so a tiny gradient is no obstacle while its *direction* is right. So code that trains
# with log(1 - D) may work all the same; it then works thanks to Adam.


# %%
def means_of_g(game, optimisers, seed, steps=400, head_start=300):
    """The mean of G(z) after 0, 20, 40, ... steps, and D(G(z)) at the start."""
    rng = np.random.default_rng(seed)
    G, D = (models.mlp((1, 16, 16, 1), rng=rng) for _ in "GD")
    kind, for_g, for_d = optimisers
    gan = GAN(G, D, kind(G, **for_g), kind(D, **for_d), game=game)
    z = gan.noise(500, rng=rng)
    for _ in range(head_start):
        gan.discriminator_step(data.sample(64, rng=rng), gan.noise(64, rng=rng))
    means, start = [G.predict(z).mean()], gan.probability(G.predict(z)).mean()
    for record in train(gan, data, steps=steps, batch=64, rng=rng):
        if record.step % 20 == 0:
            means.append(G.predict(z).mean())
    return np.array(means), start


PLAIN = SGD, {"lr": 0.01}, {"lr": 0.05}  # for G, for D
ADAM = Adam, {"lr": 1e-3, "betas": (0.0, 0.999)}, {"lr": 4e-3, "betas": (0.0, 0.999)}
RUNS = {
    "minimax, plain steps": (games.minimax, PLAIN, plots.REFERENCE, "--"),
    "non-saturating, plain steps": (games.non_saturating, PLAIN, plots.GENERATOR, "-"),
    "minimax, Adam": (games.minimax, ADAM, "black", ":"),
}
fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
ends = []
print("the mean of G(z) after 400 steps, for 3 seeds; the mean of the data is 6")
for name, (game, optimisers, colour, style) in RUNS.items():
    runs = [means_of_g(game, optimisers, seed) for seed in range(3)]
    ends.append(np.array([means[-1] for means, _ in runs]))
    start = np.mean([start for _, start in runs])
    print(f"{name:<28}", *(f"{end:6.2f}" for end in ends[-1]), f"  (at the start D(G(z)) = {start:.4f})")
    lines = ax.plot(np.arange(0, 401, 20), np.transpose([means for means, _ in runs]), color=colour, ls=style)
    lines[0].set_label(name)
stuck, arrived, by_adam = ends
# Over 30 other seeds: -0.5 to 0.5, 4.7 to 6.8, and 5.8 to 6.2.
assert np.abs(stuck).max() < 1.5
assert np.abs(arrived - 6).max() < 2.5
assert np.abs(by_adam - 6).max() < 0.6

ax.axhline(6, color=plots.DATA, lw=1, label="mean of the data")
ax.set(xlabel="G step", ylabel="mean of G(z)", title="From a start that D rejects, three seeds each")
ax.legend(frameon=False, loc=(0.62, 0.2))
plots.finish(fig, "06_saturation_training")

# %% [markdown]
# ## On your own
#
# - Put the data nearer, `Gaussian(2.0, 1.0)`: p_data and p_g overlap. Which of the three runs of the
#   last section changes most? Predict from the picture of the slopes, at theta = 2.
# - Let the head start of D be 0 steps instead of 300. Does minimax still sit still, and why?
# - In "The same fixed point", set D's last bias to -10 as well: D is sure that all is fake. The pull on
#   the logit is 0.99995 for one loss. Predict G's gradient before you compute it.
