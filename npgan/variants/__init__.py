"""What came after 2014: each module is its difference from gan.py, and what it adds to the registries."""

from npgan.games import GAMES
from npgan.gan import GAN
from npgan.layers import LAYERS
from npgan.network import NETWORKS
from npgan.variants.conditional import Conditional
from npgan.variants.energy import AutoEncoder, PullingAway, energy
from npgan.variants.improved import Apart, FeatureMatching, MinibatchDiscrimination, smoothed
from npgan.variants.regularised import R1, InstanceNoise
from npgan.variants.wasserstein import Clipped, GradientPenalty, wasserstein

VARIANTS = {
    kind.__name__: kind
    for kind in (
        GAN, FeatureMatching, Apart, PullingAway, Clipped, GradientPenalty, R1, InstanceNoise, Conditional,
    )  # fmt: skip
}
GAMES.update({game.name: game for game in (smoothed, energy, wasserstein)})
LAYERS["MinibatchDiscrimination"] = MinibatchDiscrimination
NETWORKS["AutoEncoder"] = AutoEncoder
