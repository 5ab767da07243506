# %% [markdown]
# # Answers to lesson 9
#
# All three play the Dirac-GAN: one simultaneous step of size h from the point (theta, psi), and its Jacobian.

# %%
from npgan import SGD, Dense, Network, games
from npgan.variants.regularised import R1

import math

import numpy as np

zero = np.zeros((1, 1))


def step(at, h=1.0, gamma=0.0, game=games.minimax, real=zero, z=zero):
    """Where one simultaneous step leads, (2,): fakes are theta + z, D's logit is psi x."""
    rng = np.random.default_rng(0)
    G, D = Network(Dense(1, 1), rng=rng), Network(Dense(1, 1), rng=rng)
    G.theta, D.theta = [1, at[0]], [at[1], 0]  # W and b of each
    R1(G, D, SGD(G, lr=h), SGD(D, lr=h), game=game, gamma=gamma).simultaneous_step(real, z, z)
    return np.array([G.theta[1], D.theta[0]])


def jacobian(f, e=1e-4):
    return np.column_stack([(f(nudge) - f(-nudge)) / (2 * e) for nudge in e * np.eye(2)])


def lambdas(gamma):
    return -gamma / 2 + np.sqrt(complex(gamma**2 / 4 - 1 / 4)) * np.array([-1, 1])


# %% [markdown]
# ## 1. Let the Dirac-GAN play `games.non_saturating`. Which claim fails, and which cannot? (What is s at 0?)
#
# G now descends -log D(theta) = softplus(-psi theta), so its arrow is psi (1 - s) in place of psi s. At (0,
# 0) s is 1/2, and both are the same: the Jacobian, its eigenvalues and all that follows from them *cannot*
# change. But away from it the arrows no longer point straight past the equilibrium: their product with
# (theta, psi) is now psi theta (1 - 2 s), and that is below 0 everywhere but on the axes. They point a little
# inwards.

# %%
J = jacobian(lambda at: step(at, game=games.non_saturating) - at)
print(f"Jacobian at (0, 0), non-saturating: {J.round(6).tolist()}   minimax: [[0, 1/2], [-1/2, 0]]")
assert abs(J - [[0, 1 / 2], [-1 / 2, 0]]).max() < 1e-8
inwards = []
for at in np.random.default_rng(1).uniform(-2, 2, (50, 2)):
    s = 1 / (1 + math.exp(-at[0] * at[1]))
    inwards.append((step(at, game=games.non_saturating) - at) @ at)
    assert abs(inwards[-1] - at.prod() * (1 - 2 * s)) < 1e-14 and abs((step(at) - at) @ at) < 1e-14
print(f"arrow times (theta, psi) at 50 points: {min(inwards):.4f} to {max(inwards):.4f}; minimax 0")
assert max(inwards) < 0

# %% [markdown]
# ## 2. For which gamma do the spirals of h = 0.2 come in fastest? Predict it from the eigenvalues.
#
# Up to gamma = 1 the two eigenvalues of a step, 1 + h lambda, have the same modulus, the root of 1 - h gamma
# + h^2/4: more gamma is better. Beyond 1 they are real, and the larger one, 1 - h gamma/2 + h sqrt(gamma^2/4
# - 1/4), grows again. So gamma = 1, where each step leaves 1 - h/2 = 0.9.

# %%
h, gammas = 0.2, np.arange(1, 41) / 20  # 0.05 to 2
largest = [abs(np.linalg.eigvals(jacobian(lambda at, g=gamma: step(at, h, g)))).max() for gamma in gammas]
best = gammas[np.argmin(largest)]
print(f"the best of {len(gammas)} gammas is {best:.2f}, with modulus {min(largest):.4f}   formula: 1, with 0.9")
assert best == 1 and abs(min(largest) - 0.9) < 1e-4  # a double root: differences lose half their digits
for gamma, modulus in zip(gammas, largest, strict=True):
    by_formula = math.sqrt(1 - h * gamma + h**2 / 4) if gamma <= 1 else abs(1 + h * lambdas(gamma)).max()
    assert abs(modulus - by_formula) < (1e-4 if gamma == 1 else 1e-7)

# %% [markdown]
# ## 3. Real data have a width. Let x be c and -c, and z too, with G(z) = theta + z. What are the eigenvalues?
#
# Near (0, 0) sigmoid(a) is 1/2 + a/4. D's arrow, the mean of x sigmoid(-psi x) less that of (theta + z)
# sigmoid(psi (theta + z)), is then -psi c^2/4 - theta/2 - psi c^2/4: the slope of D is held back by what both
# sides share. These are the eigenvalues of R1 with gamma = c^2/2. So the Dirac-GAN is the worst case; and
# instance noise (lesson 8), which adds sigma^2 to c^2, and R1 are one medicine in two jars.

# %%
for c in 0.1, 0.5, 1.0, 2.0:
    both = np.array([[-c], [c]])
    J = jacobian(lambda at, both=both: step(at, real=both, z=both) - at)
    measured, by_formula = np.sort_complex(np.linalg.eigvals(J)), lambdas(c**2 / 2)
    print(f"c {c:3.1f}: differences {measured.round(5)}   R1 with gamma = c^2/2 {by_formula.round(5)}")
    assert abs(measured - by_formula).max() < 1e-7
