"""npgan: generative adversarial nets from scratch in NumPy, every gradient written by hand and checked."""

from npgan import interrupts, machine  # noqa: F401  before NumPy: Ctrl-C, and how long idle threads spin

# isort: split
from npgan import games, theory, variants
from npgan.distributions import Gaussian, Mixture, Rows, Uniform, grid, ring
from npgan.games import Diverged
from npgan.gan import GAN
from npgan.layers import Dense, LeakyReLU, Sigmoid, Tanh, sigmoid
from npgan.network import Network
from npgan.optim import SGD, Adam, RMSProp
from npgan.training import Record, train

__version__ = "0.1.0"

__all__ = [
    "GAN", "SGD", "Adam", "Dense", "Diverged", "Gaussian", "LeakyReLU", "Mixture", "Network", "RMSProp",
    "Record", "Rows", "Sigmoid", "Tanh", "Uniform", "games", "grid", "ring", "sigmoid", "theory", "train",
    "variants",
]  # fmt: skip
