# %% [markdown]
# # Run Algorithm 1
#
# **You will see** the training loop of the 2014 paper in a dozen lines, the library's `train` doing the
# same to the last bit, and the four panels of the paper's Figure 1 from a real run.
#
# **You will learn** which step moves whom; what the losses converge to, and why it is not 0; and why
# a loss that *looks* converged proves nothing.
#
# **You need** backward through a network (lesson 2), D* (lesson 3) and C(G) (lesson 4).

# %%
from npgan import GAN, SGD, Gaussian, games, metrics, models, plots, sigmoid, theory, train

from statistics import NormalDist
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
from numpy.linalg import norm

data = Gaussian(4.0, 1.25)

# %% [markdown]
# ## The loop, by hand
#
# Repeat: k times, draw m noises z and m data x and let D go *up* the gradient of
#
#     V = (1/m) sum of [ log D(x) + log(1 - D(G(z))) ]
#
# then draw m fresh z and let G go *down* the gradient of `(1/m) sum of log(1 - D(G(z)))`. With a logit
# a: `d log sigmoid(a) / da = sigmoid(-a)` and `d log(1 - sigmoid(a)) / da = -sigmoid(a)`. Real and fake
# go through D together, as one batch: a layer remembers its latest forward only (lesson 2).


# %%
def algorithm_1(G, D, *, steps, k, m, lr, rng):
    for _ in range(steps):
        for _ in range(k):
            x, z = data.sample(m, rng=rng), rng.standard_normal((m, 1))
            a = D.forward(np.concatenate([x, G.predict(z)]))  # (2m, 1), the real half first
            D.backward(np.concatenate([sigmoid(-a[:m]), -sigmoid(a[m:])]) / m)
            D.theta += lr * D.grad  # up: D maximises
        z = rng.standard_normal((m, 1))
        a = D.forward(G.forward(z))  # (m, 1)
        dx = D.backward(-sigmoid(a) / m, params=False)  # (m, 1): through D, into G
        G.backward(dx)
        G.theta -= lr * G.grad  # down: G minimises


def fresh_pair(seed):
    rng = np.random.default_rng(seed)
    return models.mlp((1, 16, 1), rng=rng), models.mlp((1, 16, 1), rng=rng), rng  # G, D, rng


# %% [markdown]
# The library has the same loop with names: `GAN.discriminator_step`, `GAN.generator_step`, `train`. From
# the same seed both must end at the same theta: not nearly, but bit for bit. That is also the answer to
# "can I get the same run twice?": yes, randomness comes from the one `rng` that you hand over.

# %%
for k in 1, 3:
    G, D, rng = fresh_pair(seed=0)
    algorithm_1(G, D, steps=50, k=k, m=64, lr=0.05, rng=rng)

    G2, D2, rng = fresh_pair(seed=0)
    gan = GAN(G2, D2, SGD(G2, lr=0.05), SGD(D2, lr=0.05), game=games.minimax)
    for _ in train(gan, data, steps=50, batch=64, d_steps=k, rng=rng):
        pass
    for name, hand, library in ("theta_g", G.theta, G2.theta), ("theta_d", D.theta, D2.theta):
        same = hand.tobytes() == library.tobytes()
        print(f"k = {k}  |{name}|   by hand {norm(hand):.12f}   train {norm(library):.12f}   same bytes {same}")
        assert same

G3, D3, rng = fresh_pair(seed=1)
algorithm_1(G3, D3, steps=50, k=3, m=64, lr=0.05, rng=rng)
print(f"k = 3  |theta_g|   by hand {norm(G3.theta):.12f}   from another seed")
assert G3.theta.tobytes() != G.theta.tobytes()

# %% [markdown]
# ## Who moves when?
#
# "Does D's step train G? Why do scripts say `detach`?" D's step needs G's *samples*, not G's gradient,
# so it uses `G.predict`, which remembers nothing. G's step does go *through* D, because the samples'
# way to the loss leads through D, but it must leave D as it was. Every change must be exactly 0.

# %%
G, D, rng = fresh_pair(seed=2)
gan = GAN(G, D, SGD(G, lr=0.05), SGD(D, lr=0.05), game=games.minimax)
x, z = data.sample(64, rng=rng), gan.noise(64, rng=rng)
gan.generator_step(z)
gan.discriminator_step(x, z)  # now both have a gradient that could be spoilt


def numbers():
    arrays = {"theta_g": G.theta, "G.grad": G.grad, "theta_d": D.theta, "D.grad": D.grad}
    return {name: array.copy() for name, array in arrays.items()}


def outcome():
    """V and the loss of G, on these x and z, without touching anything."""
    a_real, a_fake = D.predict(x), D.predict(G.predict(z))
    return games.minimax.discriminator(a_real, a_fake)[0], games.minimax.generator(a_fake)[0]


print("largest change of      theta_g      G.grad     theta_d      D.grad")
moved, V, loss = {}, {}, {}
V["at first"], loss["at first"] = outcome()
for who, step, inputs in ("D's step", gan.discriminator_step, (x, z)), ("G's step", gan.generator_step, (z,)):
    before = numbers()
    step(*inputs)
    V[who], loss[who] = outcome()
    moved[who] = {name: float(abs(after - before[name]).max()) for name, after in numbers().items()}
    print(f"by {who:12s}" + "".join(f"{change:12.1e}" for change in moved[who].values()))
by_d, by_g = moved["D's step"], moved["G's step"]
assert by_d["theta_g"] == by_d["G.grad"] == 0 < min(by_d["theta_d"], by_d["D.grad"])
assert by_g["theta_d"] == by_g["D.grad"] == 0 < min(by_g["theta_g"], by_g["G.grad"])

# %% [markdown]
# So D's step does not train G. But it changes the *task* of G: the same G, on the same z, now has
# another loss; and G's step undoes some of what D has won. Two players share one function V and pull
# at different variables. This is a game, not a minimisation: no number has to go down all the time.

# %%
for who in V:
    print(f"{who:9s}  V = {V[who]:+.6f}   loss of G = {loss[who]:+.6f}")
assert V["D's step"] > V["at first"]  # D climbs
assert abs(loss["D's step"] - loss["at first"]) > 1e-4  # though G has not moved
fall_of_V, fall_of_loss = V["D's step"] - V["G's step"], loss["D's step"] - loss["G's step"]
print(f"G's step: V falls by {fall_of_V:.9f}, its loss by {fall_of_loss:.9f}, the one term that G can move")
assert fall_of_loss > 0 and abs(fall_of_V - fall_of_loss) < 1e-12

# %% [markdown]
# ## A real run, with stops
#
# Now `models.gaussian_pair`: G and D are 1-32-1 with Tanh, and Adam. We stop four times, as the paper does:
# (a) on the way, when the fakes have come as far as 2.5; (b) after 600 steps of D alone, the inner
# loop with a large k; (c) after 15 steps of G alone against that D; (d) 3,000 steps later. p_g is
# the density of G at 2,000 equally likely z; `E|D - D*|` is the distance that lesson 3 measured.

# %%
x = np.linspace(-3, 9, 301)  # (301,)
p = data.pdf(x)
z_even = np.array([[NormalDist().inv_cdf((i + 0.5) / 2000)] for i in range(2000)])  # (2000, 1)
real_even = data.mu + data.sigma * z_even  # the data at the same quantiles


def stop(gan, title):
    fakes = gan.generate(z_even)
    q, D = metrics.kernel_density(fakes, x), gan.probability(x[:, None])
    D_star = theory.optimal_d(p, q)
    mean, std, W1 = fakes.mean(), fakes.std(), metrics.wasserstein(fakes, real_even)
    D_error, D_fake = theory.integral((p + q) / 2 * abs(D - D_star), x), gan.probability(fakes).mean()
    print(f"{title:30s} {mean:7.2f} {std:6.2f} {W1:13.3f} {D_error:10.3f} {D_fake:9.3f}")
    return SimpleNamespace(
        title=title, fakes=fakes, q=q, D=D, D_star=D_star,
        mean=mean, std=std, W1=W1, D_error=D_error, D_fake=D_fake,
    )  # fmt: skip


print("                               p_g: mean   std   W1 to data   E|D - D*|   D(G(z))")
rng = np.random.default_rng(102)
m, steps = 128, 3000
gan = models.gaussian_pair(rng=rng, game=games.minimax, lr=1e-3, d_lr=2e-2)
start, first_records = stop(gan, "before the first step"), []
for record in train(gan, data, steps=steps, batch=m, rng=rng):
    first_records.append(record)
    if gan.generate(z_even).mean() > 2.5:
        break
way = stop(gan, "(a) G and D on the way")
for i in range(600):
    gan.opt_d.rate = 1 - i / 600  # D's learning rate falls to 0, so that D settles
    gan.discriminator_step(data.sample(m, rng=rng), gan.noise(m, rng=rng))
gan.opt_d.rate = 1.0
inner = stop(gan, "(b) D alone: D nears D*")
for _ in range(15):
    gan.generator_step(gan.noise(m, rng=rng))
uphill = stop(gan, "(c) G alone: G climbs D")
history = list(train(gan, data, steps=steps, batch=m, rng=rng, anneal=True))
end = stop(gan, "(d) at the end")

# %% [markdown]
# What the panels claim, in numbers. From (a) to (b) G stands still, D gets close to D* and V close to
# C(G): now V *measures* how far p_g is from the data. From (b) to (c) D stands still and the fakes go
# to where D is larger, which is where the data are. At (d) p_g fits, and D knows nothing any more.

# %%
print(f"(a) to (b): E|D - D*| {way.D_error:.3f} -> {inner.D_error:.3f}     W1 {way.W1:.3f} -> {inner.W1:.3f}")
assert inner.D_error < way.D_error and inner.D_error < 0.12  # 40 other seeds: at most 0.094
assert (way.fakes == inner.fakes).all()

V, C = theory.value(inner.D, p, inner.q, x), theory.criterion(p, inner.q, x)
print(f"(b): V = {V:.4f}, below C(G) = {C:.4f}     (V + log 4)/2 = {(V + np.log(4)) / 2:.4f}", end="")
print(f"     JSD = {theory.jsd(p, inner.q, x):.4f}")
assert C - 0.2 < V < C  # 40 other seeds: mostly 0.02 below, at most 0.13 (fakes on a heap need a longer (b))

print(f"(b) to (c): D(G(z)) {inner.D_fake:.3f} -> {uphill.D_fake:.3f}     W1 {inner.W1:.3f} -> {uphill.W1:.3f}")
assert uphill.D_fake > inner.D_fake and uphill.W1 < inner.W1

print(f"(d): mean {end.mean:.3f} (data 4)   std {end.std:.3f} (data 1.25)   W1 {start.W1:.3f} -> {end.W1:.3f}")
assert end.W1 < 0.1  # 40 other seeds: mostly 0.03, at most 0.042

near = abs(x - data.mu) < 2 * data.sigma
print(f"(d): D between {end.D[near].min():.3f} and {end.D[near].max():.3f} near the data     equilibrium 1/2")
assert abs(end.D[near] - 0.5).max() < 0.1  # mostly 0.03, at most 0.054

# %% [markdown]
# ## What do the losses converge to?
#
# Not to 0. At `p_g = p_data` the best D is 1/2 everywhere, so every logarithm is that of 1/2:
#
#     V = log 1/2 + log 1/2 = -log 4        loss of G in V: log(1 - 1/2) = -log 2
#     -log D(G(z)), the loss most scripts use for G: +log 2        D(x) = D(G(z)) = 1/2
#
# Scripts print -V, and call ln 4 = 1.386 the D loss (or half of it, ln 2 = 0.693). A D loss of 0 is
# *no* success: D then tells everything apart, and C(G) = 0 means no overlap (lesson 4).

# %%
late = {name: np.mean([getattr(r, name) for r in history[-500:]]) for name in ("V", "loss", "d_real", "d_fake")}
a_fake = gan.D.predict(gan.generate(z_even))
late["-log D(G(z))"] = games.non_saturating.generator(a_fake)[0]
levels = {"V": -np.log(4), "loss": -np.log(2), "d_real": 0.5, "d_fake": 0.5, "-log D(G(z))": np.log(2)}
for name, level in levels.items():
    print(f"{name:14s} at the end {late[name]:+.4f}     equilibrium {level:+.4f}")
    assert abs(late[name] - level) < 0.02  # 40 other seeds: at most 0.006

print(f"the library's own reference lines: V {games.minimax.V:+.4f}, loss {games.minimax.loss:+.4f}")
assert games.minimax.V == levels["V"] and games.minimax.loss == levels["loss"] and games.minimax.D == 0.5

# %% [markdown]
# And a warning. At the very first step D has learned nothing and answers about 1/2 to everything. So V
# begins near -log 4, too, with fakes that are nowhere near the data. **V = -log 4 means "D cannot
# tell", which is the fault of D or the merit of G.** Look at samples, or train D to the end as in (b).

# %%
first = first_records[0]
print(f"first step: V {first.V:+.3f}, D(x) {first.d_real:.3f}     but W1 to the data {start.W1:.3f}")
print(f"at the end: V {late['V']:+.3f}, D(x) {late['d_real']:.3f}     and W1 to the data {end.W1:.3f}")
assert abs(first.V - late["V"]) < 0.5  # an untrained D has small logits; 40 other seeds: mostly 0.2, one 0.98
assert start.W1 > 40 * end.W1  # 40 other seeds: 87 times or more

# %% [markdown]
# ## Figure 1
#
# Dotted blue the data, orange p_g, dashed green D, grey D*. Below each panel the arrows from z to
# x = G(z), for 21 equally likely z: where the arrows crowd, p_g is high.

# %%
fig, axes = plt.subplots(
    2, 4, figsize=(16, 6), layout="constrained", height_ratios=[3, 1], sharex=True, sharey="row"
)
for i, panel in enumerate((way, inner, uphill, end)):
    above, below = axes[:, i]
    seen = np.where(p + panel.q > 1e-3, panel.D_star, np.nan)  # D* where there is anything to tell apart
    plots.densities(above, x, p, panel.q, panel.D, seen)
    above.set(title=panel.title, xlabel="", ylim=(0, 0.5))
    plots.mapping(below, z_even[50::95], panel.fakes[50::95])
    below.set(xlabel="x, and z on the same scale")
    if i > 0:
        above.set(ylabel="")
    if i < 3:
        above.right.set(ylabel="", yticklabels=[])
plots.legend(axes[0, 0], loc="outside upper center", ncols=5, fontsize="medium")
plots.finish(fig, "05_algorithm_1")

# %% [markdown]
# The losses of the run from (c) to (d), each with the level it comes to. They do not fall: they settle.

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.5), layout="constrained")
step, V_curve, loss_curve, d_real, d_fake = np.array(history).T
plots.losses(left, step, V_curve, loss_curve, games.minimax)
plots.probabilities(right, step, d_real, d_fake)
plots.finish(fig, "05_algorithm_1_losses")

# %% [markdown]
# ## On your own
#
# 1. In the real run, use `games.non_saturating`. Which of the levels changes, and which stay?
# 2. Make it 200 steps of G instead of 15 between (b) and (c). Where will the fakes go, if D never
#    answers? (Look where D is largest. Lesson 7 is about this.)
# 3. Use `d_steps=5` for the steps from (c) to (d). Predict which curve gets closer to which.
