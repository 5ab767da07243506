"""npgan train: a pair learns a data set and leaves pictures in a folder."""

import argparse
import os

from npgan import models, require
from npgan.app.commands.options import add_data, place, several, whole
from npgan.app.console import complain
from npgan.app.demos import DEMOS
from npgan.app.folder import RunFolder
from npgan.games import GAMES, Diverged
from npgan.latent import LATENTS
from npgan.optim import OPTIMISERS
from npgan.training import ORDERS

VARIANTS = "; ".join(f"{name}: {recipe.summary}" for name, recipe in models.RECIPES.items())
OPTIONS = {
    "steps": (int, "steps, each one update of G"),
    "epochs": (int, "how often every image is seen"),
    "batch": (int, "real samples, and as many fakes, per update"),
    "d_steps": (int, "updates of D per update of G: the k of Algorithm 1"),
    "variant": (models.RECIPES, f"what came after 2014, with defaults of its own. {VARIANTS}"),
    "game": (GAMES, "what D climbs and G descends"),
    "lr": (float, "learning rate of G, and of D unless --d-lr is given"),
    "d_lr": (float, "learning rate of D; --lr alone sets it, too"),
    "optimiser": (OPTIMISERS, "how both move"),
    "beta1": (float, "Adam's first decay, or SGD's momentum"),
    "g_hidden": ("widths", "widths of G's hidden layers, such as 256,512"),
    "d_hidden": ("widths", "widths of D's hidden layers"),
    "latent": (LATENTS, "the noise z"),
    "n_z": (int, "dimensions of z"),
    "order": (ORDERS, "who moves first, or both at once"),
    "average": (float, "decay of the running average of G's parameters; 0 for none"),
    "anneal": (bool, "let the learning rates fall linearly to 0"),
    "seed": (int, "seed of every random number: the same seed (on as many threads), the same bytes"),
}
OWN = {  # the settings that some variants have of their own
    "target": (float, "what D is to say of real samples"),
    "layer": (int, "which layer of D gives the features, counted as in a list"),
    "kernels": (int, "how many kernels compare the samples of a batch"),
    "dims": (int, "how many dimensions each kernel has"),
    "margin": (float, "the energy from which on D leaves fakes alone"),
    "code": (int, "width of the auto-encoder's code"),
    "pull": (float, "weight of the pulling-away term"),
    "clip": (float, "the largest weight that the critic may have"),
    "weight": (float, "weight of the gradient penalty"),
    "gamma": (float, "weight of the penalty"),
    "sigma": (float, "standard deviation of the noise"),
    "loud": (float, "what the label is multiplied by before D sees it"),
}


def add(commands):
    command = commands.add_parser("train", help="train a pair on a data set and leave pictures in a folder")
    demos = command.add_subparsers(metavar="DATA", required=True)
    for demo in DEMOS.values():
        one = demos.add_parser(demo.name, help=demo.summary, description=about(demo))
        for name, default in demo.settings.items():
            add_setting(one, name, OPTIONS[name], f"default {default if default is not None else 'none'}")
        for name, option in OWN.items():
            of = {v: demo.settings_of(v)[name] for v, recipe in models.RECIPES.items() if name in recipe.own}
            add_setting(one, name, option, ", ".join(f"{variant}: {value}" for variant, value in of.items()))
        one.add_argument("--hidden", type=whole, metavar="N", help="one width for every hidden layer of both")
        if demo.classic:
            settings = ", ".join(f"{name} {value}" for name, value in demo.classic.items())
            text = f"start from the settings of the classic script: {settings}"
            one.add_argument("--classic", action="store_true", help=text)
        if demo.threads is None:
            text = "threads of the matrix library (default: the quickest, measured at the start of a new run)"
            one.add_argument("--threads", type=whole, metavar="N", help=text)
        add_folder(one, demo)
        if demo.reads_files:
            add_data(one)
        absent = {} if demo.classic else {"classic": False}
        one.set_defaults(run=run, demo=demo, data=None, threads=None, **absent)


def about(demo):
    threads = " One thread of the matrix library, on a busy machine too." if demo.threads == 1 else ""
    return f"Train on {demo.summary}.{threads}"


def add_settings(command):
    """The options for the settings of all data sets, for a command that learns which one later."""
    command.add_argument("--freeze", choices=["D", "G"], help="a player that does not move")
    for name, option in (OPTIONS | OWN).items():
        add_setting(command, name, option, "default: as in npgan train")
    command.add_argument("--hidden", type=whole, metavar="N", help="one width for every hidden layer of both")
    add_data(command)
    command.set_defaults(classic=False)


def add_setting(command, name, option, default):
    """The option for one of a demo's settings; what is not given stays None."""
    kind, text = option
    flag, text = "--" + name.replace("_", "-"), f"{text} ({default})"
    if kind is bool:
        command.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, default=None, help=text)
    elif kind == "widths":
        command.add_argument(flag, dest=name, type=several("widths"), metavar="N,...", help=text)
    elif kind is int:
        command.add_argument(flag, dest=name, type=whole, metavar="N", help=text)
    elif isinstance(kind, type):
        command.add_argument(flag, dest=name, type=kind, metavar="X", help=text)
    else:
        one_of = command.add_mutually_exclusive_group() if name == "variant" else command
        one_of.add_argument(flag, dest=name, choices=list(kind), help=text)
        if name == "variant":
            how = {"dest": name, "action": "store_const", "const": "conditional"}
            one_of.add_argument("--conditional", **how, help="short for --variant conditional")


def add_folder(command, demo):
    folder = f"folder of the run (default runs/{demo.name}, or a numbered one if that is taken)"
    command.add_argument("--out", type=place, metavar="DIR", help=folder)
    what = command.add_mutually_exclusive_group()
    latest = f"without --out the latest of runs/{demo.name}, runs/{demo.name}-2, ..."
    what.add_argument("--resume", action="store_true", help=f"go on with the run in the folder, {latest}")
    text = f"replace the run in the folder, {latest}; files that no run has written stay"
    what.add_argument("--overwrite", action="store_true", help=text)
    command.add_argument("--quiet", action="store_true", help="no progress bar")


def given(args):
    """The settings that were typed, those that --classic stands for among them."""
    names = *args.demo.settings, *OWN
    typed = {name: value for name in names if (value := getattr(args, name)) is not None}
    if args.hidden is not None:
        defaults = args.demo.settings_of(args.variant or "gan")
        for name in "g_hidden", "d_hidden":
            typed.setdefault(name, [args.hidden] * len(defaults[name]))
    if "average" in typed:
        typed["average"] = typed["average"] or None
    classic = args.demo.classic if args.classic else {}
    if "lr" in classic.keys() & typed.keys():
        typed.setdefault("d_lr", typed["lr"])
    return classic | typed


def check_given(args):
    """ValueError for an option that was left empty: --out= or, in some versions of Python, --out=--."""
    for name, value in vars(args).items():
        if value in ("", []):
            raise ValueError(f"--{name.replace('_', '-')} was given nothing")


def chosen(args, name, typed):
    """The config of a new training: the defaults of the data and the variant, and what was typed."""
    if "lr" in typed:
        typed.setdefault("d_lr", typed["lr"])
    variant = typed.get("variant", "gan")
    models.own_settings(variant, {setting: typed[setting] for setting in OWN if setting in typed})
    return {"demo": name} | args.demo.settings_of(variant) | typed


def there_are(threads):
    """threads, if this machine has as many processors: more would wait for each other, for minutes a step."""
    if threads > (most := os.cpu_count() or 1):
        raise ValueError(f"threads must be at most {most}, the processors of this machine, got {threads}")
    return threads


def start(args):
    """The Run that the options describe."""
    from npgan.app.run import Run

    check_given(args)
    name, typed = args.demo.name, given(args)
    threads = {} if args.threads is None else {"threads": there_are(args.threads)}
    if args.resume:
        return Run.resume(RunFolder.old(args.out, name), demo=name, data_folder=args.data, **typed, **threads)
    config = chosen(args, name, typed) | threads
    return Run.new(args.out, config, overwrite=args.overwrite, data_folder=args.data)


def described(config):
    """All settings of a run in one line."""
    text = {list: lambda value: ",".join(map(str, value)), type(None): lambda value: "none"}
    told = (f"{name} {text.get(type(value), str)(value)}" for name, value in config.items() if name != "demo")
    return require.one_line(f"{config['demo']}: {', '.join(told)}")


def run(args):
    with start(args) as run:
        why = run.choose_threads()
        print(described(run.training.config))
        if why:
            print(why)
        ended = run.train(quiet=args.quiet)
        try:
            if not ended.startswith("diverged"):
                print(*run.report(), sep="\n")
        except Diverged as error:  # stopped before it was looked at
            ended = f"diverged at step {run.step}: {error}"
        if diverged := ended.startswith("diverged"):
            run.draw_history()  # no samples: such a G has none worth a look
        print(f"wrote {require.one_line(run.folder.path)}: {', '.join(sorted(run.folder.written))}")
    if ended:
        complain(ended)
    return 1 if diverged else 130 if ended else 0
