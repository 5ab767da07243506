"""npgan: generative adversarial nets from scratch in NumPy, every gradient written by hand and checked."""

import os

# OpenBLAS, the matrix library in most NumPys, lets its idle threads spin for some 20 ms, on processors
# that others could use. Let them give up after 2^18 ticks, about 0.1 ms. (In vain if numpy came first.)
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "18")

from npgan import games, theory
from npgan.distributions import Gaussian, Mixture, Rows, Uniform, grid, ring
from npgan.gan import GAN, Diverged
from npgan.layers import Dense, LeakyReLU, Sigmoid, Tanh, sigmoid
from npgan.network import Network
from npgan.optim import SGD, Adam, RMSProp
from npgan.training import Record, train

__version__ = "0.1.0"

__all__ = [
    "GAN", "SGD", "Adam", "Dense", "Diverged", "Gaussian", "LeakyReLU", "Mixture", "Network", "RMSProp",
    "Record", "Rows", "Sigmoid", "Tanh", "Uniform", "games", "grid", "ring", "sigmoid", "theory", "train",
]  # fmt: skip
