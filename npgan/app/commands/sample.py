"""npgan sample: draw from a trained generator into a file of numbers or a picture."""

import sys
from functools import partial
from pathlib import Path

import numpy as np

from npgan import require
from npgan.app.commands import options
from npgan.app.demos.images import (
    by_class,
    classes,
    draw_grid,
    draw_nearest,
    draw_walks,
    nearest_size,
    walks,
    walks_size,
)
from npgan.app.figures import check_drawing, save_figure
from npgan.files import stream_at, whole_file


def add(commands):
    command = commands.add_parser("sample", help="draw samples from a trained generator into a file")
    options.add_checkpoint(command)
    n_help = "how many (default 1000; 8 with --walk, 24 with --nearest; of several labels 100 each, 10 in a "
    n_help += "picture, 1 with --walk, 6 with --nearest)"
    command.add_argument("-n", type=options.whole, metavar="N", help=n_help)
    out_help = "a .npy, .csv or .png file"
    command.add_argument("-o", "--out", type=options.place, required=True, metavar="FILE", help=out_help)
    options.add_seed(command)
    command.add_argument("--raw", action="store_true", help="from G itself, not its running average")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--walk", action="store_true", help="of images: N walks through the noise, ten steps each")
    how.add_argument("--nearest", action="store_true", help="of images: beside each the nearest training image")
    label_help = "of these classes, 7 or 3,1,4, as many of each, in this order (default: of all that G knows)"
    command.add_argument("--label", type=options.several("labels"), metavar="N,...", help=label_help)
    options.add_data(command)
    command.set_defaults(run=run)


def run(args):
    out = Path(args.out)
    if out.suffix not in (".npy", ".csv", ".png"):
        raise ValueError(f"samples can be written to a .npy, .csv or .png file, got {str(out)!r}")
    if args.nearest and out.suffix != ".png":
        raise ValueError(f"samples beside the nearest training image make a .png file, got {str(out)!r}")
    gan, demo = (options.load_images if args.walk or args.nearest else options.load)(args.checkpoint)
    args.label = args.label or classes(gan)
    args.n = usual(args, out) if args.n is None else args.n
    n, rng = options.samples(args.n), np.random.default_rng(require.count("seed", args.seed, least=0))
    if out.suffix == ".png":
        from npgan import plots

        check_drawing()
        plots.drawable(n * (10 if args.walk else 2 if args.nearest else 1), gan.G.n_out)
    how = {"rng": rng, "raw": args.raw} | by_class(gan, n, args.label)
    samples = walks(gan, n=n, **how) if args.walk else gan.sample(n, **how)
    write(out, samples, args, demo)
    wrote = f"wrote {require.one_line(out)}: {len(samples)} samples of {samples.shape[1]} numbers"
    wrote += f"; labels, in this order: {', '.join(map(str, args.label))}" if args.label else ""
    print(wrote, file=sys.stderr if stream_at(out) == 1 else sys.stdout)  # not among the samples
    return 0


def usual(args, out):
    """How many samples, or walks, if nobody says."""
    if (several := len(args.label)) > 1:
        return several * (1 if args.walk else 6 if args.nearest else 10 if out.suffix == ".png" else 100)
    return 8 if args.walk else 24 if args.nearest else 1000


def write(out, samples, args, demo):
    """Samples (n, d) as a picture or as numbers, by the ending of the name."""
    if args.nearest:
        rows = demo.data(args.data).rows
        save_figure(out, partial(draw_nearest, samples=samples, rows=rows), size=nearest_size(samples))
    elif out.suffix == ".png":
        draw, size = (draw_walks, walks_size(samples)) if args.walk else (draw_samples, (7, 6))
        if not args.walk and len(args.label) > 1 and len(samples) % len(args.label) == 0:
            draw = partial(draw_grid, title=f"{len(samples)} samples of G, by their label", labels=args.label)
        save_figure(out, partial(draw, samples=samples), size=size)
    else:
        with whole_file(out) as file:
            if out.suffix == ".npy":
                np.save(file, samples)
            else:
                np.savetxt(file, samples, delimiter=",", fmt="%.9g")


def draw_samples(figure, samples):
    from npgan import plots

    plots.samples(figure.subplots(), samples)
