"""What several commands take: a trained generator, a seed, the folder of the data."""

from pathlib import Path

from npgan import checkpoint
from npgan.app.demos import DEMOS
from npgan.app.folder import CHECKPOINT


def add_checkpoint(command):
    command.add_argument("checkpoint", help="a checkpoint.npz, or the folder of a run")


def add_seed(command, what="seed of the noise"):
    command.add_argument("--seed", type=int, default=0, metavar="N", help=f"{what} (default 0)")


def add_data(command):
    text = "folder of the four MNIST files (default NPGAN_DATA, else one in the user's cache)"
    command.add_argument("--data", metavar="DIR", help=text)


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
