"""Bugs to plant into the library, each with the lessons that must notice it.

A fault is a function of pytest's monkeypatch that breaks one thing; FAULTS pairs it with the number
of a lesson. A lesson that still runs to its end over a planted fault teaches something it does not
check.
"""

from dataclasses import replace

import numpy as np

import npgan
from npgan import (
    GAN,
    SGD,
    Adam,
    Gaussian,
    Network,
    Rows,
    digits,
    games,
    gradcheck,
    layers,
    metrics,
    theory,
    training,
)
from npgan.variants.regularised import R1, InstanceNoise

FAULTS = []


def fault(*lessons):
    """Mark a function as a fault that each of these lessons must notice."""

    def note(plant):
        FAULTS.extend((lesson, plant) for lesson in lessons)
        return plant

    return note


# --- lesson 1 ---


@fault(1, 2)
def the_game_loses_its_second_term(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        return float(-games.softplus(-a_real).mean()), right(self, a_real, a_fake)[1]

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(1)
def the_game_swaps_real_and_fake(monkeypatch):
    right = games.Minimax.discriminator
    monkeypatch.setattr(games.Minimax, "discriminator", lambda self, a, b: right(self, b, a))


@fault(1)
def the_game_halves_its_value(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return V / 2, da / 2

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(1)
def value_has_log_d_in_its_second_term(monkeypatch):
    monkeypatch.setattr(theory, "value", lambda D, p, q, x: theory.integral(p * np.log(D) - q * np.log(D), x))


@fault(1)
def value_in_bits(monkeypatch):
    right = theory.value
    monkeypatch.setattr(theory, "value", lambda D, p, q, x: right(D, p, q, x) / np.log(2))


@fault(1, 2)
def sigmoid_of_twice_the_logit(monkeypatch):
    for module in layers, games, npgan:
        monkeypatch.setattr(module, "sigmoid", lambda a: 1 / (1 + np.exp(-2.0 * np.clip(a, -50, 50))))


@fault(1)
def softplus_overflows(monkeypatch):
    @np.errstate(over="ignore")
    def softplus(a):
        return np.log(1 + np.exp(a))

    monkeypatch.setattr(games, "softplus", softplus)


@fault(1)
def the_gradient_of_log_1_minus_d_has_the_wrong_slope(monkeypatch):
    """-(1 - D), the slope of -log D, in the place of -D."""

    def generator(self, a_fake):
        return float(-games.softplus(a_fake).mean()), -layers.sigmoid(-a_fake) / len(a_fake)

    monkeypatch.setattr(games.Minimax, "generator", generator)


@fault(1)
def gaussian_samples_take_the_variance_for_the_spread(monkeypatch):
    def sample(self, n, *, rng):
        return self.mu + self.sigma**2 * rng.standard_normal((n, 1))

    monkeypatch.setattr(Gaussian, "sample", sample)

# --- lesson 2 ---


@fault(2)
def dense_averages_its_bias_gradient(monkeypatch):
    right = layers.Dense.backward

    def backward(self, dy, params=True, inputs=True):
        dx = right(self, dy, params, inputs)
        if params:
            self.db /= len(dy)
        return dx

    monkeypatch.setattr(layers.Dense, "backward", backward)


@fault(2, 7, 10)
def leaky_relu_without_its_mask(monkeypatch):
    monkeypatch.setattr(layers.LeakyReLU, "backward", lambda self, dy, params=True, inputs=True: dy)


@fault(2)
def leaky_relu_with_its_mask_turned_round(monkeypatch):
    def backward(self, dy, params=True, inputs=True):
        return dy * np.where(self.x > 0, self.slope, 1.0)

    monkeypatch.setattr(layers.LeakyReLU, "backward", backward)


@fault(2, 10)
def tanh_forgets_the_square(monkeypatch):
    monkeypatch.setattr(
        layers.Tanh, "backward", lambda self, dy, params=True, inputs=True: dy * (1 - self.y)
    )


@fault(2)
def the_game_forgets_to_divide_by_m(monkeypatch):
    right = games.Minimax.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        return V, da * len(a_real)

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)


@fault(2)
def the_generator_climbs(monkeypatch):
    right = games.NonSaturating.generator

    def generator(self, a_fake):
        loss, da = right(self, a_fake)
        return loss, -da

    monkeypatch.setattr(games.NonSaturating, "generator", generator)


@fault(2)
def layers_hold_copies_of_theta(monkeypatch):
    right = npgan.Network._carve

    def carve(self):
        right(self)
        for i, name, _ in self.parameters():
            setattr(self.layers[i], name, getattr(self.layers[i], name).copy())

    monkeypatch.setattr(npgan.Network, "_carve", carve)


@fault(2)
def the_generator_step_spoils_the_gradient_of_d(monkeypatch):
    right = npgan.Network.backward
    monkeypatch.setattr(npgan.Network, "backward", lambda self, dy, params=True, inputs=True: right(self, dy))


@fault(2)
def the_generator_step_moves_d(monkeypatch):
    right = npgan.GAN.generator_step

    def generator_step(self, z):
        loss = right(self, z)
        self.opt_d.descend()
        return loss

    monkeypatch.setattr(npgan.GAN, "generator_step", generator_step)


@fault(2)
def two_forwards_one_cache(monkeypatch):
    def discriminator_gradient(self, x, z):
        D, m = self.D, len(x)
        self.a_real, self.a_fake = D.forward(x), D.forward(self.G.predict(z))
        V, da = self.game.discriminator(self.a_real, self.a_fake)
        D.backward(da[:m])
        real_part = D.grad.copy()
        D.backward(da[m:])
        D.grad += real_part
        return V

    monkeypatch.setattr(npgan.GAN, "discriminator_gradient", discriminator_gradient)


@fault(2)
def differences_to_one_side_only(monkeypatch):
    right = gradcheck._slope
    monkeypatch.setattr(gradcheck, "_slope", lambda f, theta, way, h, back=1.0: right(f, theta, way, h, 0.0))


@fault(2)
def a_checker_that_sees_nothing(monkeypatch):
    right = gradcheck.check
    monkeypatch.setattr(gradcheck, "check", lambda *args, **kwargs: replace(right(*args, **kwargs), error=0.0))

# --- lesson 3 ---


@fault(3, 4)
def optimal_d_favours_the_fakes(monkeypatch):
    right = theory.optimal_d
    monkeypatch.setattr(theory, "optimal_d", lambda p, q: right(q, p))


@fault(3)
def value_of_logit_forgets_the_fakes(monkeypatch):
    def value_of_logit(a, p, q, x=None):
        return theory.integral(-p * np.logaddexp(0, -a), x)

    monkeypatch.setattr(theory, "value_of_logit", value_of_logit)


@fault(3)
def value_of_logit_takes_d_for_a_logit_of_minus_a(monkeypatch):
    right = theory.value_of_logit
    monkeypatch.setattr(theory, "value_of_logit", lambda a, p, q, x=None: right(-a, p, q, x))


@fault(3)
def integral_ignores_the_spacing_of_the_grid(monkeypatch):
    monkeypatch.setattr(theory, "integral", lambda f, x=None: float(np.sum(f)))


@fault(3)
def log_pdf_without_its_square(monkeypatch):
    def log_pdf(self, x):
        return -0.5 * np.abs(np.ravel(x) - self.mu) / self.sigma - np.log(self.sigma * np.sqrt(2 * np.pi))

    monkeypatch.setattr(Gaussian, "log_pdf", log_pdf)


@fault(3, 5)
def the_gradients_of_the_game_use_twice_the_logit(monkeypatch):
    right = games.sigmoid
    monkeypatch.setattr(games, "sigmoid", lambda a: right(2 * a))


@fault(3)
def the_discriminator_descends(monkeypatch):
    for optimiser in SGD, Adam:
        monkeypatch.setattr(optimiser, "ascend", optimiser.descend)


@fault(3, 5)
def the_discriminator_step_forwards_twice_over_one_cache(monkeypatch):
    def discriminator_gradient(self, x, z):
        a_real = self.D.forward(x)
        a_fake = self.D.forward(self.G.predict(z))
        V, da = self.game.discriminator(a_real, a_fake)
        self.D.backward(da[: len(x)])
        real = self.D.grad.copy()
        self.D.backward(da[len(x) :])
        self.D.grad += real
        self.a_real, self.a_fake = a_real, a_fake
        return V

    monkeypatch.setattr(GAN, "discriminator_gradient", discriminator_gradient)


@fault(3)
def the_discriminator_sees_no_kinks(monkeypatch):
    monkeypatch.setattr(layers.LeakyReLU, "backward", lambda self, dy, params=True, inputs=True: dy)


@fault(3)
def the_discriminator_step_moves_a_frozen_generator(monkeypatch):
    right = GAN.discriminator_step

    def discriminator_step(self, x, z):
        V = right(self, x, z)
        self.G.theta *= 1 + 1e-9
        return V

    monkeypatch.setattr(GAN, "discriminator_step", discriminator_step)


# --- lesson 4 ---


@fault(4)
def jsd_in_bits(monkeypatch):
    right = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: right(p, q, x) / np.log(2))


@fault(4)
def jsd_adds_the_two_kls(monkeypatch):
    right = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: 2 * right(p, q, x))


@fault(4)
def jsd_off_by_log_2(monkeypatch):
    """KL against p + q, not against its half."""
    right = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: right(p, q, x) - np.log(2))


@fault(4)
def jsd_is_only_its_first_half(monkeypatch):
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: theory.kl(p, (np.add(p, q)) / 2, x))


@fault(4)
def kl_the_wrong_way_round(monkeypatch):
    right = theory.kl
    monkeypatch.setattr(theory, "kl", lambda p, q, x=None: right(q, p, x))


@fault(4)
def kl_made_symmetric(monkeypatch):
    right = theory.kl
    monkeypatch.setattr(theory, "kl", lambda p, q, x=None: (right(p, q, x) + right(q, p, x)) / 2)


@fault(4)
def kl_skips_what_q_misses(monkeypatch):
    def kl(p, q, x=None):
        p, q = np.asarray(p, float), np.asarray(q, float)
        both = (p > 0) & (q > 0)
        return theory.integral(np.where(both, p * np.log(np.where(both, p, 1) / np.where(both, q, 1)), 0), x)

    monkeypatch.setattr(theory, "kl", kl)


@fault(4)
def criterion_forgets_the_fakes(monkeypatch):
    def criterion(p, q, x=None):
        return theory.kl(p, np.add(p, q), x)

    monkeypatch.setattr(theory, "criterion", criterion)


@fault(4)
def total_variation_without_its_half(monkeypatch):
    right = theory.total_variation
    monkeypatch.setattr(theory, "total_variation", lambda p, q, x=None: 2 * right(p, q, x))


# --- lesson 5 ---


@fault(5)
def the_generator_step_leaves_a_gradient_in_d(monkeypatch):
    right = Network.backward
    monkeypatch.setattr(Network, "backward", lambda self, dy, params=True, inputs=True: right(self, dy))


@fault(5)
def the_generator_step_trains_d_too(monkeypatch):
    right = GAN.generator_step

    def generator_step(self, z):
        loss = right(self, z)
        self.D.theta += 1e-9 * self.D.grad
        return loss

    monkeypatch.setattr(GAN, "generator_step", generator_step)


@fault(5)
def the_discriminator_step_trains_g_too(monkeypatch):
    right = GAN.discriminator_step

    def discriminator_step(self, x, z):
        V = right(self, x, z)
        self.generator_gradient(z)
        return V

    monkeypatch.setattr(GAN, "discriminator_step", discriminator_step)


@fault(5)
def the_generator_climbs_its_own_loss(monkeypatch):
    for optimiser in SGD, Adam:
        monkeypatch.setattr(optimiser, "descend", optimiser.ascend)


@fault(5)
def train_ignores_k(monkeypatch):
    right = training.train

    def train(*args, **options):
        return right(*args, **options | {"d_steps": 1})

    monkeypatch.setattr("npgan.train", train)


@fault(5)
def train_lets_g_go_first(monkeypatch):
    right = training.train

    def train(*args, **options):
        return right(*args, **options | {"order": "g_first"})

    monkeypatch.setattr("npgan.train", train)


@fault(5)
def the_generator_gets_the_noise_of_the_discriminator(monkeypatch):
    """One z for both steps, and so another run than with fresh noise."""
    right, latest = GAN.discriminator_step, {}

    def discriminator_step(self, x, z):
        latest["z"] = z
        return right(self, x, z)

    def generator_step(self, z):
        loss = self.generator_gradient(latest.get("z", z))
        self.opt_g.descend()
        return loss

    monkeypatch.setattr(GAN, "discriminator_step", discriminator_step)
    monkeypatch.setattr(GAN, "generator_step", generator_step)


@fault(5)
def v_settles_at_log_2(monkeypatch):
    monkeypatch.setattr(games.Minimax, "V", -np.log(2))


# --- lesson 6 ---


@fault(6)
def non_saturating_loss_with_the_slope_of_minimax(monkeypatch):
    def generator(self, a_fake):
        return float(games.softplus(-a_fake).mean()), -games.sigmoid(a_fake) / len(a_fake)

    monkeypatch.setattr(games.NonSaturating, "generator", generator)


@fault(6)
def saturation_the_wrong_way_round(monkeypatch):
    minimax, other = games.Minimax.generator, games.NonSaturating.generator
    monkeypatch.setattr(games.Minimax, "generator", other)
    monkeypatch.setattr(games.NonSaturating, "generator", minimax)


@fault(6)
def jsd_is_the_sum_of_its_two_halves(monkeypatch):
    jsd = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda p, q, x=None: 2 * jsd(p, q, x))


@fault(6)
def kl_in_bits(monkeypatch):
    kl = theory.kl
    monkeypatch.setattr(theory, "kl", lambda p, q, x=None: kl(p, q, x) / np.log(2))


@fault(6)
def generator_that_never_moves(monkeypatch):
    monkeypatch.setattr(SGD, "descend", lambda self: None)


@fault(6)
def g_loss_summed_over_the_batch(monkeypatch):
    for game in games.Minimax, games.NonSaturating:
        generator = game.generator

        def summed(self, a_fake, generator=generator):
            loss, da = generator(self, a_fake)
            return loss * len(a_fake), da * len(a_fake)

        monkeypatch.setattr(game, "generator", summed)


# --- lesson 7 ---


@fault(7)
def ring_with_seven_modes(monkeypatch):
    def ring(modes=8, radius=1.0, sigma=0.01):
        angle = np.linspace(0, 2 * np.pi, modes)  # its end point is its starting point
        return npgan.Mixture(radius * np.column_stack([np.cos(angle), np.sin(angle)]), sigma)

    monkeypatch.setattr(npgan, "ring", ring)


@fault(7)
def g_step_that_also_moves_d(monkeypatch):
    def generator_step(self, z):
        fake = self.G.forward(z)
        loss, da = self.game.generator(self.D.forward(fake))
        self.G.backward(self.D.backward(da), inputs=False)
        self.opt_g.descend()
        self.opt_d.descend()
        return loss

    monkeypatch.setattr(GAN, "generator_step", generator_step)


@fault(7)
def quality_without_the_three_sigma(monkeypatch):
    def per_mode(x, mixture):
        nearest = np.linalg.norm(x[:, None] - mixture.means, axis=2).argmin(axis=1)
        return np.bincount(nearest, minlength=len(mixture.means))

    monkeypatch.setattr(metrics, "_per_mode", per_mode)


@fault(7)
def reverse_kl_in_bits(monkeypatch):
    reverse_kl = metrics.Coverage.reverse_kl.fget
    monkeypatch.setattr(metrics.Coverage, "reverse_kl", property(lambda self: reverse_kl(self) / np.log(2)))


@fault(7, 10)
def d_step_over_one_cache(monkeypatch):
    def discriminator_gradient(self, x, z, fake=None):
        a_real, a_fake = self.D.forward(x), self.D.forward(self.G.predict(z))
        V, da = self.game.discriminator(a_real, a_fake)
        self.D.backward(da[: len(x)], inputs=False)  # with the activations of the fakes
        grad = self.D.grad.copy()
        self.D.backward(da[len(x) :], inputs=False)
        self.D.grad += grad
        self.a_real, self.a_fake = a_real, a_fake
        return V

    monkeypatch.setattr(GAN, "discriminator_gradient", discriminator_gradient)


# --- lesson 8 ---


@fault(8)
def distances_in_bits(monkeypatch):
    jsd = theory.jsd
    monkeypatch.setattr(theory, "jsd", lambda *args: jsd(*args) / np.log(2))


@fault(8)
def kl_with_a_small_number_in_the_logarithm(monkeypatch):
    def kl(p, q, x=None):
        return theory.integral(p * np.log((p + 1e-8) / (q + 1e-8)), x)

    monkeypatch.setattr(theory, "kl", kl)


@fault(8)
def total_variation_without_the_half(monkeypatch):
    monkeypatch.setattr(theory, "total_variation", lambda p, q, x=None: theory.integral(abs(p - q), x))


@fault(8)
def wasserstein_of_the_densities(monkeypatch):
    monkeypatch.setattr(theory, "wasserstein", lambda p, q, x: theory.integral(abs(p - q), x))


@fault(8)
def instance_noise_on_the_data_alone(monkeypatch):
    split = InstanceNoise.split

    def one_sided(self, z):
        z, e_fake, e_real = split(self, z)
        return z, 0 * e_fake, e_real

    monkeypatch.setattr(InstanceNoise, "split", one_sided)


@fault(8)
def instance_noise_of_variance_sigma(monkeypatch):
    init = InstanceNoise.__init__
    monkeypatch.setattr(
        InstanceNoise, "__init__", lambda self, *args, sigma, **o: init(self, *args, sigma=sigma**0.5, **o)
    )


@fault(8)
def d_that_learns_from_fakes_alone(monkeypatch):
    discriminator = games.Minimax.discriminator

    def half(self, a_real, a_fake):
        V, da = discriminator(self, a_real, a_fake)
        da[: len(a_real)] = 0
        return V, da

    monkeypatch.setattr(games.Minimax, "discriminator", half)

# --- lesson 9 ---


@fault(9)
def growth_factor_without_the_square(monkeypatch):
    """Steps of size sqrt(h), so that the radius grows by sqrt(1 + h/4)."""
    step = SGD._step
    monkeypatch.setattr(SGD, "_step", lambda self, lr: step(self, np.sign(lr) * abs(lr) ** 0.5))


@fault(9)
def r1_without_the_half(monkeypatch):
    penalty_gradient = R1.penalty_gradient

    def doubled(self, x):
        penalty = penalty_gradient(self, x)
        self.D.grad *= 2
        return 2 * penalty

    monkeypatch.setattr(R1, "penalty_gradient", doubled)


@fault(9)
def r1_that_rewards_slopes(monkeypatch):
    penalty_gradient = R1.penalty_gradient

    def reward(self, x):
        penalty = penalty_gradient(self, x)
        self.D.grad *= -1
        return -penalty

    monkeypatch.setattr(R1, "penalty_gradient", reward)


@fault(9)
def simultaneous_steps_that_alternate(monkeypatch):
    def step(self, x, z_d, z_g):
        return self.discriminator_step(x, z_d), self.generator_step(z_g)

    monkeypatch.setattr(GAN, "simultaneous_step", step)


@fault(9)
def alternating_steps_with_g_on_the_old_d(monkeypatch):
    """G answers the D of one step ago: as bad as simultaneous."""
    step = GAN.discriminator_step

    def remembering(self, x, z):
        self.old = self.D.theta.copy()
        return step(self, x, z)

    def late(self, z):
        new, self.D.theta = self.D.theta.copy(), getattr(self, "old", self.D.theta)
        loss = self.generator_gradient(z)
        self.D.theta = new
        self.opt_g.descend()
        return loss

    monkeypatch.setattr(GAN, "discriminator_step", remembering)
    monkeypatch.setattr(GAN, "generator_step", late)


@fault(9)
def average_that_forgets_at_once(monkeypatch):
    average = GAN.update_average
    monkeypatch.setattr(GAN, "update_average", lambda self, decay, step: average(self, 0.0, step))


@fault(9)
def v_of_the_real_data_alone(monkeypatch):
    def discriminator(self, a_real, a_fake):
        da = np.concatenate([games.sigmoid(-a_real) / len(a_real), 0 * a_fake])
        return float(-games.softplus(-a_real).mean()), da

    monkeypatch.setattr(games.Minimax, "discriminator", discriminator)

# --- lesson 10 ---


@fault(10)
def pixels_from_0_to_1(monkeypatch):
    """Not the range of tanh: G could never make a real black."""
    monkeypatch.setattr(digits, "from_pixels", lambda pixels: np.divide(pixels, 255, dtype=np.float32))


@fault(10)
def an_epoch_that_draws_with_replacement(monkeypatch):
    monkeypatch.setattr(Rows, "sample", lambda self, n, *, rng: self.rows[rng.integers(len(self), size=n)])


@fault(10)
def parzen_without_its_normaliser(monkeypatch):
    right = metrics._log_likelihoods

    def log_likelihoods(samples, x, sigmas):
        constant = samples.shape[1] * np.log(np.asarray(sigmas) * np.sqrt(2 * np.pi))
        return right(samples, x, sigmas) + constant[:, None]

    monkeypatch.setattr(metrics, "_log_likelihoods", log_likelihoods)


@fault(10)
def parzen_sums_where_it_should_average(monkeypatch):
    right = metrics._log_likelihoods
    monkeypatch.setattr(metrics, "_log_likelihoods", lambda s, x, sigmas: right(s, x, sigmas) + np.log(len(s)))


@fault(10)
def parzen_in_bits(monkeypatch):
    right = metrics._log_likelihoods
    monkeypatch.setattr(metrics, "_log_likelihoods", lambda s, x, sigmas: right(s, x, sigmas) / np.log(2))


@fault(10)
def nearest_among_bytes_that_are_not_scaled(monkeypatch):
    right = metrics.nearest
    monkeypatch.setattr(metrics, "nearest", lambda samples, data: right(samples, data.astype(np.float32)))


@fault(10)
def walk_straight_on(monkeypatch):
    monkeypatch.setattr(npgan.gan, "walk", np.linspace)


@fault(10)
def noise_half_as_long(monkeypatch):
    """Trained on one noise, walked through another: G gets what it has not seen."""
    right = npgan.gan.walk
    monkeypatch.setattr(npgan.gan, "walk", lambda start, end, steps: right(start, end, steps) / 2)
