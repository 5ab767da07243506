"""What several commands take: a trained generator, a seed, the folder of the data; whole numbers, names."""

import argparse
from pathlib import Path

from npgan import checkpoint, require
from npgan.app.demos import DEMOS
from npgan.app.folder import CHECKPOINT

DIGITS = 40  # of the largest whole number that is taken; a seed may have as many
SAMPLES = 10**12  # at most: beyond, the size of an array of them might be no number that NumPy takes


def whole(text):
    """The whole number in an argument."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"wanted a whole number, got {text!r}") from None
    if abs(value) >= 10**DIGITS:
        raise argparse.ArgumentTypeError(f"wanted a whole number of at most {DIGITS} digits, got {value}")
    return value


def several(name):
    """What reads whole numbers with commas between, which are called `name`."""

    def read(text):
        try:
            return [whole(one) for one in text.split(",")]
        except argparse.ArgumentTypeError:
            wanted = f"{name} are whole numbers with commas between"
            raise argparse.ArgumentTypeError(f"{wanted}, got {text!r}") from None

    return read


def place(text):
    """The name of a file or folder in an argument: "" is more likely a slip than the folder one is in."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"wanted a name, got {text!r}")
    return text


def add_checkpoint(command):
    command.add_argument("checkpoint", type=place, help="a checkpoint.npz, or the folder of a run")


def add_seed(command, what="seed of the noise"):
    command.add_argument("--seed", type=whole, default=0, metavar="N", help=f"{what} (default 0)")


def add_data(command):
    text = "folder of the four MNIST files (default NPGAN_DATA, else one in the user's cache)"
    command.add_argument("--data", type=place, metavar="DIR", help=text)


def samples(n):
    """How many samples to draw: n, if it is a number of some."""
    if require.count("n", n) > SAMPLES:
        raise MemoryError(f"n must be at most {SAMPLES}, got {n}")
    return n


def largest(args):
    """Words for the largest of the whole numbers that were given, "" if there is none."""
    given = [(one, key) for key, value in vars(args).items() for one in numbers(value)]
    if not given:
        return ""
    value, key = max(given)
    return f" (the largest number is {flag(key)} {value})"


def flag(key):
    """How the option is typed that is args.key."""
    return "-n" if key == "n" else "--" + key.replace("_", "-")


def numbers(value):
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, int) and not isinstance(one, bool)]


def load(path):
    """The GAN of the checkpoint at path, or in the folder of a run; and its demo, or None if it is of none."""
    path = Path(path)
    saved = checkpoint.load(path / CHECKPOINT if path.is_dir() else path)
    return saved.gan, DEMOS.get(str(saved.config.get("demo")))


def load_images(path):
    """The same for a generator of images; ValueError for others."""
    gan, demo = load(path)
    if demo is None or demo.pixels is None:
        raise ValueError(f"{path} makes no images of digits: it was trained on {demo.summary if demo else '?'}")
    if gan.G.n_out != demo.pixels:
        wanted = f"its G ends in {gan.G.n_out}, not {demo.pixels} pixels"
        raise ValueError(f"{path} makes no images of digits: {wanted}")
    return gan, demo
