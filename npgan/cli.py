"""The command line: parse, call, print. `npgan --help` lists the commands."""

import argparse
import sys
from pathlib import Path

import numpy as np

from npgan import __version__, checkpoint, digits, gradcheck, require
from npgan.demos import DEMOS, DigitsDemo, draw_nearest, save_figure
from npgan.files import whole_file
from npgan.games import GAMES
from npgan.gan import LATENTS
from npgan.training import ORDERS

TRAIN_OPTIONS = {
    "steps": (int, "steps, each one update of G"),
    "epochs": (int, "how often every image is seen"),
    "batch": (int, "real samples, and as many fakes, per update"),
    "d_steps": (int, "updates of D per update of G: the k of Algorithm 1"),
    "game": (GAMES, "what D climbs and G descends"),
    "lr": (float, "learning rate of G, and of D unless --d-lr is given"),
    "d_lr": (float, "learning rate of D"),
    "beta1": (float, "Adam's first decay"),
    "hidden": (int, "width of the hidden layers"),
    "g_hidden": ("widths", "widths of G's hidden layers, such as 256,512"),
    "d_hidden": ("widths", "widths of D's hidden layers"),
    "latent": (LATENTS, "the noise z"),
    "n_z": (int, "dimensions of z"),
    "order": (ORDERS, "who moves first, or both at once"),
    "average": (float, "decay of the running average of G's parameters; 0 for none"),
    "anneal": (bool, "let the learning rates fall linearly to 0"),
    "seed": (int, "seed of every random number: the same seed, the same bytes"),
}


DATA_FOLDER = "folder of the four MNIST files (default NPGAN_DATA, else one in the user's cache)"


def main(argv=None):
    """Run one command; return its exit code: 0, 1 (a check failed, a run diverged), 2 (bad input)."""
    args = parser().parse_args(argv)
    try:
        return args.run(args)
    except KeyboardInterrupt:
        return complain("interrupted", 130)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return complain(f"{place}{error.strerror or error}", 2)
    except ValueError as error:
        return complain(error, 2)
    except MemoryError as error:
        return complain(f"not enough memory: {str(error) or 'try smaller numbers'}", 2)


def complain(message, code):
    print(f"npgan: error: {message}", file=sys.stderr)
    return code


def parser():
    about = "Generative adversarial nets from scratch in NumPy."
    top = argparse.ArgumentParser(prog="npgan", description=about)
    top.add_argument("--version", action="version", version=f"npgan {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    training = commands.add_parser("train", help="train a pair on a data set and leave pictures in a folder")
    demos = training.add_subparsers(metavar="DATA", required=True)
    for demo in DEMOS.values():
        one = demos.add_parser(demo.name, help=demo.summary, description=f"Train on {demo.summary}.")
        add_train_options(one, demo)

    sample = commands.add_parser("sample", help="draw samples from a trained generator into a file")
    sample.add_argument("checkpoint", help="a checkpoint.npz, or the folder of a run")
    n_help = "how many (default 1000; 8 with --walk, 24 with --nearest)"
    sample.add_argument("-n", type=int, metavar="N", help=n_help)
    sample.add_argument("-o", "--out", required=True, metavar="FILE", help="a .npy, .csv or .png file")
    sample.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the noise (default 0)")
    sample.add_argument("--raw", action="store_true", help="from G itself, not its running average")
    how = sample.add_mutually_exclusive_group()
    how.add_argument("--walk", action="store_true", help="of images: N walks through the noise, ten steps each")
    how.add_argument("--nearest", action="store_true", help="of images: beside each the nearest training image")
    add_data_option(sample)
    sample.set_defaults(run=run_sample)

    score = commands.add_parser("score", help="how good are the images of a trained generator?")
    score.add_argument("checkpoint", help="a checkpoint.npz, or the folder of a run")
    score.add_argument("-n", type=int, default=10_000, metavar="N", help="samples (default 10000)")
    score.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the noise (default 0)")
    add_data_option(score)
    score.set_defaults(run=run_score)

    check = commands.add_parser("gradcheck", help="compare every gradient with finite differences")
    check.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the points checked at")
    check.set_defaults(run=run_gradcheck)

    fetch = commands.add_parser("fetch", help="download a data set, once")
    fetch.add_argument("data_set", choices=["mnist"], help="which")
    add_data_option(fetch)
    fetch.add_argument("--quiet", action="store_true", help="no progress bar")
    fetch.set_defaults(run=run_fetch)
    return top


def add_train_options(one, demo):
    for name, default in demo.settings.items():
        kind, text = TRAIN_OPTIONS[name]
        flag, text = "--" + name.replace("_", "-"), f"{text} (default {default})"
        if kind is bool:
            one.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=None, help=text)
        elif kind == "widths":
            one.add_argument(flag, dest=name, type=widths, metavar="N,...", help=text)
        elif isinstance(kind, type):
            one.add_argument(flag, dest=name, type=kind, metavar="N" if kind is int else "X", help=text)
        else:
            one.add_argument(flag, dest=name, choices=list(kind), help=text)
    folder = f"folder of the run (default runs/{demo.name}, or a numbered one if that is taken)"
    one.add_argument("--out", metavar="DIR", help=folder)
    what = one.add_mutually_exclusive_group()
    what.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    what.add_argument("--overwrite", action="store_true", help="replace the run in the folder")
    one.add_argument("--quiet", action="store_true", help="no progress bar")
    if demo.name == "mnist":
        add_data_option(one)
    one.set_defaults(run=run_train, demo=demo, data=None)


def add_data_option(one):
    one.add_argument("--data", metavar="DIR", help=DATA_FOLDER)


def widths(text):
    try:
        return [int(width) for width in text.split(",")]
    except ValueError:
        wanted = "widths are whole numbers with commas between"
        raise argparse.ArgumentTypeError(f"{wanted}, got {text!r}") from None


def run_train(args):
    from npgan.runs import Run, old_folder

    given = {name: value for name in args.demo.settings if (value := getattr(args, name)) is not None}
    if "average" in given:
        given["average"] = given["average"] or None
    if "lr" in given and "d_lr" not in given and not args.resume:
        given["d_lr"] = given["lr"]
    if args.resume:
        folder = old_folder(args.out, args.demo.name)
        run = Run.resume(folder, demo=args.demo.name, data_folder=args.data, **given)
    else:
        config = {"demo": args.demo.name} | args.demo.settings | given
        run = Run.new(args.out, config, overwrite=args.overwrite, data_folder=args.data)
    ended = run.train(quiet=args.quiet)
    diverged = ended.startswith("diverged")
    if diverged:
        run.draw_history()  # no samples: such a G has none worth a look
    else:
        print(*run.report(), sep="\n")
    print(f"wrote {run.folder}: {', '.join(sorted(path.name for path in run.folder.iterdir()))}")
    if ended:
        print(f"npgan: {ended}", file=sys.stderr)
    return 1 if diverged else 130 if ended else 0


def load(path):
    """The checkpoint at path, or in the folder of a run; and its demo, if it is of one."""
    path = Path(path)
    saved = checkpoint.load(path / "checkpoint.npz" if path.is_dir() else path)
    return saved.gan, DEMOS.get(str(saved.config.get("demo")))


def load_images(path):
    """The same for a generator of images; ValueError for others."""
    gan, demo = load(path)
    if not isinstance(demo, DigitsDemo):
        raise ValueError(f"{path} makes no images of digits: it was trained on {demo.summary if demo else '?'}")
    if gan.G.n_out != 784:
        raise ValueError(f"{path} makes no images of digits: its G ends in {gan.G.n_out}, not 784 pixels")
    return gan, demo


def run_sample(args):
    out, images = Path(args.out), args.walk or args.nearest
    if out.suffix not in (".npy", ".csv", ".png"):
        raise ValueError(f"samples can be written to a .npy, .csv or .png file, got {str(out)!r}")
    if args.nearest and out.suffix != ".png":
        raise ValueError(f"samples beside the nearest training image make a .png file, got {str(out)!r}")
    gan, demo = load_images(args.checkpoint) if images else load(args.checkpoint)
    if args.n is None:
        args.n = 8 if args.walk else 24 if args.nearest else 1000
    n, rng = require.count("n", args.n), np.random.default_rng(require.count("seed", args.seed, least=0))
    drawn = n * (10 if args.walk else 2 if args.nearest else 1)
    if out.suffix == ".png" and gan.G.n_out == 784 and drawn > 1000:
        raise ValueError(f"a picture takes at most 1000 images, got {drawn}: choose fewer, or a .npy file")
    if args.walk:
        samples = demo.walks(gan, n=n, rng=rng, raw=args.raw)
    else:
        samples = gan.sample(n, rng=rng, raw=args.raw)  # (n, d)
    if args.nearest:
        save_figure(out, draw_nearest, samples, demo.data(args.data).rows, size=(8, 0.4 + 0.7 * -(-n // 6)))
    elif args.walk and out.suffix == ".png":
        save_figure(out, draw_walks, samples, size=(7, 0.5 + 0.7 * n))
    elif out.suffix == ".png":
        save_figure(out, draw_samples, samples)
    else:
        with whole_file(out) as file:
            if out.suffix == ".npy":
                np.save(file, samples)
            else:
                np.savetxt(file, samples, delimiter=",", fmt="%.9g")
    print(f"wrote {out}: {len(samples)} samples of {samples.shape[1]} numbers")
    return 0


def run_score(args):
    n, rng = require.count("n", args.n), np.random.default_rng(require.count("seed", args.seed, least=0))
    gan, demo = load_images(args.checkpoint)
    for line in demo.score_lines(gan, n=n, rng=rng, folder=args.data):
        print(line, flush=True)
    return 0


def draw_walks(figure, samples):
    from npgan import plots

    plots.images(figure.subplots(), samples, columns=10).set_title("Each row: a walk from one noise to another")


def draw_samples(figure, samples):
    from npgan import plots

    plots.samples(figure.subplots(), samples)


def run_gradcheck(args):
    rng = np.random.default_rng(require.count("seed", args.seed, least=0))
    print(f"central differences in float64; wrong above {gradcheck.TOLERANCE:g}\n")
    print(f"{'what':58s} {'compared':>8s}  {'error':>8s}")
    wrong = 0
    for check in gradcheck.check_everything(rng=rng):
        print(f"{check.name[:58]:58s} {check.count:8d}  {check.error:8.1e}{'' if check.ok else '  WRONG'}")
        if not check.ok:
            wrong += 1
            print(f"    {check}")
    print(f"\n{wrong} wrong" if wrong else "\nevery gradient agrees")
    return 1 if wrong else 0


def run_fetch(args):
    for path, url in digits.fetch(args.data, quiet=args.quiet):
        print(f"{path}: {f'from {url}' if url else 'already there'}")
    return 0
