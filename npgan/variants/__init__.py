"""What came after 2014: each module is its difference from gan.py."""

from npgan.gan import GAN
from npgan.variants.regularised import R1, InstanceNoise

VARIANTS = {kind.__name__: kind for kind in (GAN, R1, InstanceNoise)}
