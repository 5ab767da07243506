"""The command line: parse, call, print. `npgan --help` lists the commands."""

import argparse
import sys
from pathlib import Path

import numpy as np

from npgan import __version__, checkpoint, digits, gradcheck
from npgan.demos import DEMOS, save_figure
from npgan.files import whole_file
from npgan.games import GAMES
from npgan.gan import LATENTS
from npgan.training import ORDERS

TRAIN_OPTIONS = {
    "steps": (int, "steps, each one update of G"),
    "batch": (int, "real samples, and as many fakes, per update"),
    "d_steps": (int, "updates of D per update of G: the k of Algorithm 1"),
    "game": (GAMES, "what D climbs and G descends"),
    "lr": (float, "learning rate of G, and of D unless --d-lr is given"),
    "d_lr": (float, "learning rate of D"),
    "beta1": (float, "Adam's first decay"),
    "hidden": (int, "width of the hidden layers"),
    "latent": (LATENTS, "the noise z"),
    "n_z": (int, "dimensions of z"),
    "order": (ORDERS, "who moves first, or both at once"),
    "average": (float, "decay of the running average of G's parameters; 0 for none"),
    "anneal": (bool, "let the learning rates fall linearly to 0"),
    "seed": (int, "seed of every random number: the same seed, the same bytes"),
}


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
    sample.add_argument("-n", type=int, default=1000, metavar="N", help="how many (default 1000)")
    sample.add_argument("-o", "--out", required=True, metavar="FILE", help="a .npy, .csv or .png file")
    sample.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the noise (default 0)")
    sample.add_argument("--raw", action="store_true", help="from G itself, not its running average")
    sample.set_defaults(run=run_sample)

    check = commands.add_parser("gradcheck", help="compare every gradient with finite differences")
    check.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the points checked at")
    check.set_defaults(run=run_gradcheck)

    fetch = commands.add_parser("fetch", help="download a data set, once")
    fetch.add_argument("data_set", choices=["mnist"], help="which")
    folder = "folder of the four IDX files (default NPGAN_DATA, else one in the user's cache)"
    fetch.add_argument("--data", metavar="DIR", help=folder)
    fetch.add_argument("--quiet", action="store_true", help="no progress bar")
    fetch.set_defaults(run=run_fetch)
    return top


def add_train_options(one, demo):
    for name, default in demo.settings.items():
        kind, text = TRAIN_OPTIONS[name]
        flag, text = "--" + name.replace("_", "-"), f"{text} (default {default})"
        if kind is bool:
            one.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=None, help=text)
        elif isinstance(kind, type):
            one.add_argument(flag, dest=name, type=kind, metavar="N" if kind is int else "X", help=text)
        else:
            one.add_argument(flag, dest=name, choices=list(kind), help=text)
    folder = f"folder of the run (default runs/{demo.name}, or a numbered one if that is taken)"
    one.add_argument("--out", metavar="DIR", help=folder)
    one.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    one.add_argument("--overwrite", action="store_true", help="replace the run in the folder")
    one.add_argument("--quiet", action="store_true", help="no progress bar")
    one.set_defaults(run=run_train, demo=demo)


def run_train(args):
    from npgan.runs import Run, old_folder

    given = {name: value for name in args.demo.settings if (value := getattr(args, name)) is not None}
    if "average" in given:
        given["average"] = given["average"] or None
    if "lr" in given and "d_lr" not in given:
        given["d_lr"] = given["lr"]
    if args.resume:
        run = Run.resume(old_folder(args.out, args.demo.name), demo=args.demo.name, **given)
    else:
        run = Run.new(args.out, {"demo": args.demo.name} | args.demo.settings | given, overwrite=args.overwrite)
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


def run_sample(args):
    out, path = Path(args.out), Path(args.checkpoint)
    if out.suffix not in (".npy", ".csv", ".png"):
        raise ValueError(f"samples can be written to a .npy, .csv or .png file, got {str(out)!r}")
    gan = checkpoint.load(path / "checkpoint.npz" if path.is_dir() else path).gan
    samples = gan.sample(args.n, rng=np.random.default_rng(args.seed), raw=args.raw)  # (n, d)
    if out.suffix == ".png":
        save_figure(out, draw_samples, samples)
    else:
        with whole_file(out) as file:
            if out.suffix == ".npy":
                np.save(file, samples)
            else:
                np.savetxt(file, samples, delimiter=",", fmt="%.9g")
    print(f"wrote {out}: {len(samples)} samples of {samples.shape[1]} numbers")
    return 0


def draw_samples(figure, samples):
    from npgan import plots

    plots.samples(figure.subplots(), samples)


def run_gradcheck(args):
    print(f"central differences in float64; wrong above {gradcheck.TOLERANCE:g}\n")
    print(f"{'what':58s} {'compared':>8s}  {'error':>8s}")
    wrong = 0
    for check in gradcheck.check_everything(rng=np.random.default_rng(args.seed)):
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
