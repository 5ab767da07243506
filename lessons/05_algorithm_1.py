# %% [markdown]
# # Run Algorithm 1
#
# **45 minutes in class.** **You will see** the training loop of the 2014 paper in a dozen lines, the library's
# `train` doing the same to the last bit, and a run that stops four times, as the paper's Figure 1 does.
# **You will learn** which step moves whom; how PyTorch scripts say the same; what the losses converge to, and
# why it is not 0. **You need** backward (lesson 2), one batch in D's step (2b), D* (lesson 3), C(G) (lesson 4).

# %%
from npgan import GAN, SGD, Gaussian, games, gradcheck, latent, metrics, models, plots, sigmoid, theory, train

import copy
import hashlib
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np

plots.large_text()
data = Gaussian(4, 1.25)

# %% [markdown]
# **The whole, and its two steps.** D's step needs everything that runs forward; *its* gradient runs back into D
# and no further. G's step needs no real x; its gradient runs back *through* D, for the way from a fake to the
# loss leads there, and ends in G.

# %%
fig, (above, below) = plt.subplots(2, 1, figsize=(11, 9))
plots.whole(above, lit=("z", "G", "fake", "real", "D", "a", "V", "dV")).set_title("D's step: D climbs V")
plots.whole(below, lit=("z", "G", "fake", "D", "a", "V", "dloss")).set_title("G's step: G goes down its loss")
plots.finish(fig, "05_whole")

# %% [markdown]
# **The loop, by hand.** k times: draw m noises z and m data x; D goes *up* the gradient of the means of log
# D(x) and log(1 - D(G(z))). Then draw m fresh z; G goes *down* that of the mean of log(1 - D(G(z))) (Goodfellow
# et al. 2014, Algorithm 1). In the logit a, d log D / da = sigmoid(-a), d log(1 - D) / da = -sigmoid(a).


# %%
def algorithm_1(G, D, *, steps, k, m, lr, rng):
    for _ in range(steps):
        for _ in range(k):
            x, z = data.sample(m, rng=rng), rng.standard_normal((m, 1))
            a = D.forward(np.concatenate([x, G.predict(z)]))  # (2m, 1), one batch, the real half first
            D.backward(np.concatenate([sigmoid(-a[:m]), -sigmoid(a[m:])]) / m)
            D.theta += lr * D.grad  # up: D maximises
        z = rng.standard_normal((m, 1))
        a = D.forward(G.forward(z))  # (m, 1)
        dx = D.backward(-sigmoid(a) / m, params=False)  # (m, 1): through D, into G
        G.backward(dx)
        G.theta -= lr * G.grad  # down: G minimises


# %% [markdown]
# The library has the same loop with names: `discriminator_step`, `generator_step`, `train`. From one seed both
# must end at the same theta, bit for bit (fingerprints of all bytes). So yes, you can get one run twice.


# %%
def fresh(seed):
    rng = np.random.default_rng(seed)
    G, D = models.mlp((1, 16, 1), rng=rng), models.mlp((1, 16, 1), rng=rng)
    return GAN(G, D, SGD(G, lr=0.05), SGD(D, lr=0.05), game=games.minimax), rng


def fingerprint(gan):
    return hashlib.sha256(gan.G.theta.tobytes() + gan.D.theta.tobytes()).hexdigest()[:12]


for k, seed in (1, 0), (3, 0), (3, 1):
    (hand, rng), (library, library_rng) = fresh(seed), fresh(0)
    algorithm_1(hand.G, hand.D, steps=50, k=k, m=64, lr=0.05, rng=rng)
    list(train(library, data, steps=50, batch=64, d_steps=k, rng=library_rng))  # a generator: list runs it
    print(f"k = {k}: by hand, seed {seed}: {fingerprint(hand)}     by train, seed 0: {fingerprint(library)}")
    assert (fingerprint(hand) == fingerprint(library)) == (seed == 0)  # another seed is the control

# %% [markdown]
# **Who moves when?** D's step does not train G, nor G's step D: such a change must be exactly 0. But D's step
# changes the *task* of G: the same G, on the same z, has another loss. This is a game, not a minimisation: no
# number has to go down all the time.

# %%
first, rng = fresh(2)
x, z, other_z = data.sample(64, rng=rng), first.noise(64, rng=rng), first.noise(64, rng=rng)
checks = gradcheck.check_discriminator_step(first, x, other_z), gradcheck.check_generator_step(first, other_z)
print(*checks, sep="\n")
assert checks[0].ok and checks[1].ok  # both gradients are whole, and could now be spoilt
after_d = copy.deepcopy(first)
after_d.discriminator_step(x, z)
after_g = copy.deepcopy(after_d)
after_g.generator_step(z)
for who, one, two in ("D", first, after_d), ("G", after_d, after_g):
    vectors = [(gan.G.theta, gan.G.grad, gan.D.theta, gan.D.grad) for gan in (one, two)]
    moved = [float(abs(u - v).max()) for u, v in zip(*vectors, strict=True)]
    print(f"{who}'s step moves theta_g, G.grad, theta_d, D.grad by", *(f"{size:.1e}" for size in moved))
    assert [size > 0 for size in moved] == [who == "G"] * 2 + [who == "D"] * 2
stages = first, after_d, after_g
V, loss = [g.discriminator_gradient(x, z) for g in stages], [g.generator_gradient(z) for g in stages]
print(f"at first, after D's, after G's step: V {np.round(V, 6)}, loss of G {np.round(loss, 6)}")
assert V[1] > V[0] and abs(loss[1] - loss[0]) > 1e-4  # D climbs; and G, which has not moved, has another loss
assert loss[2] < loss[1] and abs((V[1] - V[2]) - (loss[1] - loss[2])) < 1e-12  # the one term that G can move

# %% [markdown]
# ## Almost the same loop in a PyTorch script
#
#     fake = G(z)                                           fake = G.predict(z)
#     d_loss = bce(D(x), 1) + bce(D(fake.detach()), 0)      -V, with a = D.forward(x and fake)
#     d_opt.zero_grad(); d_loss.backward(); d_opt.step()    D.backward(...); D.theta += lr * D.grad
#     g_loss = bce(D(fake), 1)                              D.forward(G.forward(z)), games.non_saturating
#     g_opt.zero_grad(); g_loss.backward(); g_opt.step()    D.backward(..., params=False); G.backward(dx); ...
#
# bce(D, label) is the cross-entropy of lesson 1; G's loss (lesson 6) and its noise differ. **detach** cuts the
# way back into G. Without it D's gradient is the same, bit for bit; G gets one too, in vain, to which PyTorch
# would *add* the next: hence zero_grad. **One noise**: G steps on the z that D has just seen; the paper draws
# fresh z. **G first or D first?** It is one chain, cut elsewhere. But a script that steps G first and gives D
# the fakes of the *old* G plays the simultaneous step: both gradients at the old G and D, then both moves.


# %%
def after(*moves):
    gan, _ = fresh(3)
    for move, *inputs in moves:
        getattr(gan, move)(*inputs)
    return fingerprint(gan)


D_step, G_step, old_fake = ("discriminator_step", x, z), ("generator_step", z), fresh(3)[0].G.predict(z)
one_z, package = after(D_step, G_step), after(("one_noise_step", x, z))
fresh_z = after(D_step, ("generator_step", other_z))
print(f"D, then G on the same z {one_z}, one_noise_step {package}     G on fresh z {fresh_z}")
assert one_z == package != fresh_z
old, new = after(G_step, ("V_gradient", x, old_fake), ("ascend",)), after(G_step, D_step)
package = after(("simultaneous_step", x, z, z))
print(f"G, then D on old fakes {old}, simultaneous_step {package}     D on new fakes {new}")
assert old == package != new

# %%
pair, _ = fresh(3)
pair.discriminator_gradient(x, z)
detached, a = pair.D.grad.copy(), pair.D.forward(np.concatenate([x, pair.G.forward(z)]))
dx = pair.D.backward(games.minimax.discriminator(a[:64], a[64:])[1])
pair.G.backward(dx[64:])
print(f"last entry of D.grad: detached {detached[-1]:.12f}, not detached {pair.D.grad[-1]:.12f}")
assert (pair.D.grad == detached).all() and abs(pair.G.grad).max() > 0
(g_first, rng_1), (cut_elsewhere, rng_2) = fresh(4), fresh(4)
list(train(g_first, data, steps=10, batch=64, order="g_first", rng=rng_1))
cut_elsewhere.generator_step(cut_elsewhere.noise(64, rng=rng_2))
list(train(cut_elsewhere, data, steps=9, batch=64, order="d_first", rng=rng_2))
cut_elsewhere.discriminator_step(data.sample(64, rng=rng_2), cut_elsewhere.noise(64, rng=rng_2))
print(f"10 times G, D {fingerprint(g_first)}     G, 9 times D, G, and D {fingerprint(cut_elsewhere)}")
assert fingerprint(g_first) == fingerprint(cut_elsewhere)

# %% [markdown]
# ## A real run, with stops
#
# Now `models.gaussian_pair`, 1-32-1, and Adam. Above: densities (p_g by kernel_density, a smoothed histogram),
# D, and D* where samples are. Below: 21 equally likely z at their x = G(z), each with an arrow, -dx: the way
# down G's loss that D hands to G. D starts with a last layer of zeros and says 1/2 to everything: V begins at
# **exactly -log 4**, where it will end, fakes far from the data: "D cannot tell", by D's fault or G's merit.

# %%
axis, z_even = np.linspace(-3, 9, 301), latent.even("normal", 2000)  # (301,) and (2000, 1)
p, real_even = data.pdf(axis), data.mu + data.sigma * z_even


def draw(gan, name, title):
    fakes, D, some_z = gan.generate(z_even), gan.probability(axis[:, None]), z_even[50::95]
    q, D_star = metrics.kernel_density(fakes, axis), theory.optimal_d(p, metrics.kernel_density(fakes, axis))
    _, da = games.minimax.generator(gan.D.forward(fakes[50::95]))
    push = -len(da) * gan.D.backward(da, params=False)  # (21, 1): -dx; times the batch size undoes the mean
    W1, error = metrics.wasserstein(fakes, real_even), theory.integral((p + q) / 2 * abs(D - D_star), axis)
    V, C = theory.value(D, p, q, axis), theory.criterion(p, q, axis)
    print(f"{title}. W1 to the data {W1:.3f}; E|D - D*| {error:.3f}; V {V:.3f}, C(G) {C:.3f}")
    fig, (above, below) = plt.subplots(2, 1, figsize=(11, 7.5), sharex=True, height_ratios=[2, 1])
    plots.densities(above, axis, p, q, D, np.where(p + q > 0.01, D_star, np.nan)).set(title=title, xlabel="")
    plots.legend(above, loc="outside upper center", ncols=3)
    plots.pushes(below, some_z, fakes[50::95], push, scale=2)
    plots.finish(fig, name)
    return SimpleNamespace(fakes=fakes, D=D, push=push, W1=W1, error=error, V=V, C=C)


# %%
rng_a = np.random.default_rng(102)
gan_a = models.gaussian_pair(rng=rng_a, game=games.minimax, lr=1e-3, d_lr=2e-2)
gan_a.D.layers[-1].W[...] = gan_a.D.layers[-1].b[...] = 0
W1_start, records = metrics.wasserstein(gan_a.generate(z_even), real_even), []
for record in train(gan_a, data, steps=3000, batch=128, rng=rng_a):
    records.append(record)
    if gan_a.generate(z_even).mean() > 2.5:  # stop on the way: it starts near 0, the data's mean is 4
        break
print(f"first step: V = {records[0].V:.15f}     -log 4 = {-np.log(4):.15f}     W1 to the data {W1_start:.2f}")
assert records[0].V == -np.log(4) and records[0].d_real == records[0].d_fake == 0.5 and W1_start > 3
way = draw(gan_a, "05_a_on_the_way", f"(a) {record.step} steps of both: on the way")

# %% [markdown]
# **(b) D alone**, 600 steps, the inner loop with a large k. G stands still, D nears D*, and V nears C(G), its
# ceiling: now V *measures* how far p_g is from the data.

# %%
gan_b, rng_b = copy.deepcopy((gan_a, rng_a))
for i in range(600):
    gan_b.opt_d.rate = 1 - i / 600  # D's learning rate falls to 0, so that D settles
    gan_b.discriminator_step(data.sample(128, rng=rng_b), gan_b.noise(128, rng=rng_b))
inner = draw(gan_b, "05_b_inner_loop", "(b) 600 steps of D: D nears D*, V nears C(G)")
assert (way.fakes == inner.fakes).all() and inner.error < min(way.error, 0.12)  # 30 other seeds: at most 0.092
assert inner.C - 0.1 < inner.V < inner.C and way.V < inner.V  # the other seeds: at most 0.068 below C(G)

# %% [markdown]
# **(c) G alone**, 15 steps against that D. D stands still, and the fakes follow their arrows: to where D is
# larger, which is where the data are. Those far on the left, which D rejects, hardly feel it (lesson 6).

# %%
gan_c, rng_c = copy.deepcopy((gan_b, rng_b))
gan_c.opt_d.rate = 1.0  # back to full, for (d)
for _ in range(15):
    gan_c.generator_step(gan_c.noise(128, rng=rng_c))
uphill = draw(gan_c, "05_c_uphill", "(c) 15 steps of G: the fakes follow their arrows")
along = (uphill.fakes - inner.fakes)[50::95] * inner.push  # > 0: it went the way of its arrow
print(f"along the arrows {along[along > 0].sum():.3f}, against them {abs(along[along < 0].sum()):.3f}")
assert along.sum() > 0.5 * abs(along).sum()  # at random 0; 30 other seeds: at least 0.71
assert (uphill.D == inner.D).all() and uphill.W1 < inner.W1

# %% [markdown]
# **(d) Both, 3,000 steps later**, their rates falling to 0 (`anneal=True`; else the numbers would keep
# jittering around their levels): p_g fits, D knows nothing any more. Every log is that of 1/2: V = -log 4, the
# loss of G -log 2 (in scripts, whose G goes down -log D(G(z)), log 2). Their D loss is -V, ln 4 = 1.386 (or
# half of it, ln 2 = 0.693); 0 is *no* success: C(G) = 0 means no overlap (lesson 4).

# %%
gan_d, rng_d = copy.deepcopy((gan_c, rng_c))
history = np.array(list(train(gan_d, data, steps=3000, batch=128, rng=rng_d, anneal=True))).T  # (5, 3000)
end = draw(gan_d, "05_d_end", "(d) 3,000 steps of both: p_g fits, D says 1/2")
assert end.W1 < 0.06 < W1_start / 50 and abs(end.D[abs(axis - 4) < 2.5] - 0.5).max() < 0.08
late, levels = history[1:, -500:].mean(axis=1), (-np.log(4), -np.log(2), 0.5, 0.5)
for name, seen, level in zip(("V", "loss of G", "D(x)", "D(G(z))"), late, levels, strict=True):
    print(f"{name:9s} at the end {seen:+.4f}     equilibrium {level:+.4f}")
    assert abs(seen - level) < 0.01  # 30 other seeds: at most 0.0045; above, 0.044 and 0.049
assert games.minimax.equilibrium == levels[:3] and games.non_saturating.loss == np.log(2)
fig, ax = plt.subplots(figsize=(11, 5))
plots.losses(ax, *history[:3], games.minimax).set_title("From (c) to (d): the losses settle, but not at 0")
plots.finish(fig, "05_losses")

# %% [markdown]
# ## On your own
#
# 1. In the real run, use `games.non_saturating`. Which of the levels changes, and which stay?
# 2. Make it 200 steps of G instead of 15 in (c). Where do the fakes go, if D never answers? (Lesson 7.)
# 3. Use `d_steps=5` in (d). Predict which curve gets closer to which.
#
# The answers, run and checked, stand in `lessons/answers/05_algorithm_1.py`.
