"""Faults in the variants: a penalty of another weight or sign, noise of another size or on one side."""

from faults.planting import fault
from npgan.variants.regularised import R1, InstanceNoise


def weigh_the_penalty(monkeypatch, weight):
    right = R1.penalty_gradient

    def penalty_gradient(self, x):
        penalty = weight * right(self, x)
        self.D.grad *= weight
        return penalty

    monkeypatch.setattr(R1, "penalty_gradient", penalty_gradient)


@fault(9)
def r1_without_its_half(monkeypatch):
    weigh_the_penalty(monkeypatch, 2)


@fault(9)
def r1_rewards_slopes(monkeypatch):
    weigh_the_penalty(monkeypatch, -1)


@fault(8)
def instance_noise_on_the_data_alone(monkeypatch):
    right = InstanceNoise.unpack

    def unpack(self, z):
        z = right(self, z)
        self.e_fake = 0 * self.e_fake
        return z

    monkeypatch.setattr(InstanceNoise, "unpack", unpack)


@fault(8)
def instance_noise_of_variance_sigma(monkeypatch):
    right = InstanceNoise.check

    def check(self):
        right(self)
        self.sigma **= 0.5

    monkeypatch.setattr(InstanceNoise, "check", check)
