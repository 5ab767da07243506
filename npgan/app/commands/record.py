"""npgan record: a training as one file to look at: a page with a player, a GIF, or a strip of pictures."""

import shlex
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from npgan import machine, require
from npgan.app.commands import play, train
from npgan.app.commands.options import flag, place, whole
from npgan.app.console import complain
from npgan.app.demos import DEMOS
from npgan.app.signals import stop_signals
from npgan.files import whole_file

STORIES = {  # what `stories` has, without importing it
    "figure-1": "the paper's Figure 1: D learns, G follows it, and both meet",
    "mode-collapse": "a G that hops from mode to mode, beside one that finds all",
    "saturation": "a sure D stops G with the one loss, and not with the other",
    "disjoint": "p_g far from the data: where a perfect D says nothing, and a critic does",
    "wgan-vs-gan": "a plain GAN and a WGAN-GP on the same data",
    "wrong-gradient": "the one-cache bug beside the right gradient: V looks well in both",
}
MOST = {"frames": 1000, "width": 3840}
LEAST = {"frames": 2, "width": 320}
LIMIT = 5.0  # MB


def add(commands):
    command = commands.add_parser("record", help="write a training into a page with a player, a GIF or a PNG")
    what = f"{', '.join(DEMOS)} (default ring); a FILE.csv or FILE.npy of 1 or 2 columns; a checkpoint"
    command.add_argument("what", nargs="?", type=place, metavar="DATA", help=what)
    out = "a .html page with a player, a .gif, or a .png of the key frames (default: named after the data)"
    command.add_argument("-o", "--out", type=place, metavar="FILE", help=out)
    stories = "; ".join(f"{name}: {about}" for name, about in STORIES.items())
    command.add_argument("--story", choices=list(STORIES), help=f"a ready one. {stories}")
    command.add_argument("--frames", type=whole, metavar="N", help="how many pictures, about (default 100)")
    width = "of a picture, in pixels (default 1280; of a GIF 800)"
    command.add_argument("--width", type=whole, metavar="N", help=width)
    size = f"the largest file, in MB; pictures get coarser, then fewer, until it fits (default {LIMIT:g})"
    command.add_argument("--limit", type=float, metavar="MB", help=size)
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    train.add_settings(command)
    command.set_defaults(run=run)


def run(args):
    import matplotlib

    from npgan.app.figures import check_drawing
    from npgan.app.live import record

    out, write = target(args)
    frames, width = sizes(args, out)
    limit = int(1e6 * (LIMIT if args.limit is None else require.number("limit", args.limit)))
    quiet = np.errstate(over="ignore", invalid="ignore")
    usual = matplotlib.rc_context(matplotlib.rcParamsDefault)
    with machine.threads(1), usual, quiet, stop_signals() as stopped:
        check_drawing()
        recording, sessions, acts, opening = what_to_record(args, out, frames)
        watch = partial(bar, acts=acts, quiet=args.quiet, name=args.story or args.what)
        record.shoot(recording, sessions, acts, opening=opening, width=width, stopped=stopped, watch=watch)
        data = write(recording, limit)
    with whole_file(out) as file:
        file.write(data)
    print(f"wrote {require.one_line(out)}: {len(recording.frames)} frames, {len(data) / 1e6:.1f} MB")
    if recording.ended:
        complain(recording.ended)
    return 130 if stopped else 1 if recording.ended else 0


def target(args):
    """The path to write to, and what makes its bytes; ValueError or OSError if nothing can be written there."""
    from npgan.app.live import page, pictures

    kinds = {".html": page.page, ".htm": page.page, ".gif": pictures.gif, ".png": pictures.strip}
    if args.story is None:
        args.what = args.what or "ring"
    elif args.what is not None:
        raise ValueError(f"--story {args.story} has data of its own, got {args.what!r}")
    if args.out is None:
        stem = args.story or Path(args.what).stem or "record"
        names = (f"{stem}.html" if i == 1 else f"{stem}-{i}.html" for i in count(1))
        args.out = next(name for name in names if not Path(name).exists())
    out = Path(args.out)
    if out.suffix.lower() not in kinds:
        raise ValueError(f"a recording can be written to a .html, .gif or .png file, got {str(out)!r}")
    if out.is_dir():
        raise IsADirectoryError(f"{out} is a folder, wanted the name of a file")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {out.parent} to write {out.name} in")
    return out, kinds[out.suffix.lower()]


def sizes(args, out):
    """(frames, width in pixels)"""
    usual = {"frames": 100, "width": 800 if out.suffix.lower() == ".gif" else 1280}
    for name in usual:
        value = getattr(args, name)
        usual[name] = usual[name] if value is None else require.count(name, value, least=LEAST[name])
        if usual[name] > MOST[name]:
            raise ValueError(f"{name} must be at most {MOST[name]}, got {usual[name]}")
    return usual["frames"], usual["width"]


def what_to_record(args, out, frames):
    """(Recording, {name: session}, acts, what is said at first)"""
    from npgan.app.live import record

    if args.story:
        return story(args, out, frames)
    session = play.session(args)
    if session.step >= session.training.steps:
        raise ValueError(f"{args.what} has done all of its {session.step} steps: there is nothing to record")
    recording = record.new_recording(session, command(session, args, out))
    return recording, {"": session}, record.acts_of(session, frames), ""


def story(args, out, frames):
    from npgan.app.live import stories

    for name in (*train.OPTIONS, *train.OWN, "hidden", "freeze", "data"):
        if getattr(args, name) is not None and name != "seed":
            raise ValueError(f"--story {args.story} has settings of its own, and takes no {flag(name)}")
    seed = 0 if args.seed is None else require.count("seed", args.seed, least=0)
    told = stories.STORIES[args.story](seed, frames)
    words = ["npgan", "record", "--story", args.story, "--seed", str(seed), *of_file(args, out)]
    return told.recording(" ".join(map(shlex.quote, words))), told.sessions, told.acts, told.opening


def command(session, args, out):
    """The command that makes this recording again."""
    made = session.command().split(" ", 2)[2]
    if session.step:  # it went on from a checkpoint, which has the settings
        typed = [f"{flag(name)} {value}" for name, value in train.given(args).items()]
        made = " ".join([shlex.quote(args.what), *typed])
    return " ".join(["npgan record", made, *map(shlex.quote, of_file(args, out))])


def of_file(args, out):
    """The options that say how the file is to be, as they are typed."""
    words = []
    for name in "frames", "width", "limit":
        value = getattr(args, name)
        words += [] if value is None else [flag(name), f"{value:g}"]
    return [*words, "-o", out.name]


def bar(moves, *, acts, quiet, name):
    """The moves, behind a progress bar."""
    import sys

    from tqdm import tqdm

    disable = True if quiet or sys.stderr is None else None
    return tqdm(moves, total=sum(act.n for act in acts), unit="step", desc=name, disable=disable)
