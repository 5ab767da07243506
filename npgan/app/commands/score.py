"""npgan score: how good are the images of a trained generator?"""

import numpy as np

from npgan import require
from npgan.app.commands.options import add_checkpoint, add_data, add_seed, load_images, samples, whole
from npgan.app.demos.scores import score_lines


def add(commands):
    command = commands.add_parser("score", help="how good are the images of a trained generator?")
    add_checkpoint(command)
    command.add_argument("-n", type=whole, default=10_000, metavar="N", help="samples (default 10000)")
    add_seed(command)
    add_data(command)
    command.set_defaults(run=run)


def run(args):
    n, rng = samples(args.n), np.random.default_rng(require.count("seed", args.seed, least=0))
    gan, demo = load_images(args.checkpoint)
    train, test = (demo.load(split, args.data) for split in ("train", "test"))
    for line in score_lines(gan, train, test, n=n, rng=rng):
        print(line, flush=True)
    return 0
