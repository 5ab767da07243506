"""Faults in the remedies of Improved GAN: what feature matching compares, whom a minibatch contains, whose
labels are smoothed."""

import numpy as np

from faults.planting import fault
from npgan import theory
from npgan.gan import GAN
from npgan.layers import sigmoid
from npgan.variants import improved
from npgan.variants.improved import Apart, FeatureMatching, MinibatchDiscrimination, Smoothed


@fault(11)
def one_minibatch_of_real_and_fake(monkeypatch):
    """As a layer would see them that knows nothing of `parts`."""
    monkeypatch.setattr(Apart, "V_gradient", GAN.V_gradient)


def match(monkeypatch, layers, loss_of):
    """Let feature matching descend loss_of(f, f_real) = (loss, df), f the output of D.layers[:layers]."""

    def loss_gradient(self, fake):
        f, f_real = fake, self.x
        for layer in self.D.layers[:layers]:
            f_real, f = layer.predict(f_real), layer.forward(f)
        loss, df = loss_of(f, f_real)
        for layer in reversed(self.D.layers[:layers]):
            df = layer.backward(df, params=False)
        self.G.backward(df, inputs=False)
        return float(loss)

    monkeypatch.setattr(FeatureMatching, "loss_gradient", loss_gradient)


def gap_of_means(f, f_real):
    gap = f.mean(axis=0) - f_real.mean(axis=0)
    return gap @ gap, np.tile(2 / len(f) * gap, (len(f), 1))


@fault(11)
def feature_matching_sample_by_sample(monkeypatch):
    """The mean of squared differences, of pairs that chance has made; its gradient is right."""
    match(monkeypatch, -1, lambda f, r: (((f - r) ** 2).sum(axis=1).mean(), 2 / len(f) * (f - r)))


@fault(11)
def feature_matching_before_the_activation(monkeypatch):
    """One layer too early: there the features are linear, and know no more than the mean of x."""
    match(monkeypatch, -2, gap_of_means)


@fault(11)
def feature_matching_of_the_logit(monkeypatch):
    match(monkeypatch, None, gap_of_means)


@fault(11)
def feature_matching_with_the_length_of_the_gap(monkeypatch):
    """Not squared; its gradient is right."""

    def length(f, f_real):
        loss, df = gap_of_means(f, f_real)
        return loss**0.5, df / (2 * max(loss, 1e-300) ** 0.5)

    match(monkeypatch, -1, length)


@fault(11)
def feature_matching_moves_each_sample_as_far_as_the_mean(monkeypatch):
    """Without the 1/m that a sample has in the mean."""
    match(monkeypatch, -1, lambda f, r: (gap_of_means(f, r)[0], len(f) * gap_of_means(f, r)[1]))


@fault(11)
def feature_matching_to_the_first_batch_for_ever(monkeypatch):
    """The real samples that D saw first, and features of them that never change with D."""
    right = FeatureMatching.loss_gradient

    def V_gradient(self, x, fake):
        self.x = x if self.x is None else self.x
        return GAN.V_gradient(self, x, fake)

    def loss_gradient(self, fake):
        if not hasattr(self, "theta_then"):
            self.theta_then = self.D.theta.copy()
        now = self.D.theta.copy()
        self.D.theta = self.theta_then
        loss = right(self, fake)
        self.D.theta = now
        return loss

    monkeypatch.setattr(FeatureMatching, "V_gradient", V_gradient)
    monkeypatch.setattr(FeatureMatching, "loss_gradient", loss_gradient)


@fault(11)
def everyone_is_close_to_himself(monkeypatch):
    """o(i) is summed over all j: one more each."""
    right = improved.closeness

    def closeness(M):
        c = right(M)
        c[:, np.arange(c.shape[1]), np.arange(c.shape[1])] = 1
        return c

    monkeypatch.setattr(improved, "closeness", closeness)


@fault(11)
def closeness_by_the_largest_difference(monkeypatch):
    """exp(-max) in the place of exp(-sum), and its gradient as it was."""

    def closeness(M):
        c = np.exp(-np.abs(M[:, :, :, None] - M[:, :, None]).max(axis=1))
        c[:, np.arange(c.shape[1]), np.arange(c.shape[1])] = 0
        return c

    monkeypatch.setattr(improved, "closeness", closeness)


@fault(11)
def a_sample_does_not_move_the_closeness_of_others(monkeypatch):
    """c(i, j) is in o(i) and in o(j); the gradient has it once."""

    def closeness_gradient(M, c, do):
        slope = np.sign(M[:, :, :, None] - M[:, :, None])  # (B, C, m, m)
        return -np.einsum("bij,bi,bcij->bci", c, do, slope)

    monkeypatch.setattr(improved, "closeness_gradient", closeness_gradient)


@fault(11)
def t_starts_so_large_that_nobody_is_close(monkeypatch):
    def init(self, rng):
        self.T[...] = rng.normal(0, 100, self.T.shape)

    monkeypatch.setattr(MinibatchDiscrimination, "init", init)


@fault(11)
def fakes_are_smoothed_too(monkeypatch):
    right = Smoothed.discriminator

    def discriminator(self, a_real, a_fake):
        V, da = right(self, a_real, a_fake)
        da[len(a_real) :] += (1 - self.target) / len(a_fake)
        return V + (1 - self.target) * float(a_fake.mean()), da

    monkeypatch.setattr(Smoothed, "discriminator", discriminator)


@fault(11)
def smoothing_by_weight(monkeypatch):
    """t log D of real samples, and no (1 - t) log(1 - D): then the best D is t p/(t p + q)."""

    def discriminator(self, a_real, a_fake):
        t = self.target
        V = -t * improved.mean(improved.softplus(-a_real)) - improved.mean(improved.softplus(a_fake))
        return V, np.concatenate([t * sigmoid(-a_real) / len(a_real), -sigmoid(a_fake) / len(a_fake)])

    monkeypatch.setattr(Smoothed, "discriminator", discriminator)


@fault(11)
def the_best_d_knows_no_target(monkeypatch):
    right = theory.optimal_d
    monkeypatch.setattr(theory, "optimal_d", lambda p, q, target=1.0: right(p, q))
