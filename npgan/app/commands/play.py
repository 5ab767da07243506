"""npgan play: a window in which a GAN learns, is stopped, and is moved by hand."""

import numpy as np

from npgan import machine
from npgan.app.commands import train
from npgan.app.commands.options import place, whole
from npgan.app.demos import DEMOS
from npgan.app.demos.own import OwnDemo
from npgan.app.signals import stop_signals

WINDOWS = "macosx", "qtagg", "gtk4agg", "gtk3agg", "tkagg", "wxagg"  # matplotlib's ways to open one
FILES = ".csv", ".npy"
SIZE = 12.8, 7.2  # inches
NO_SCREEN = (
    "there is no screen here to open a window on: `npgan play --browser` shows the same in a browser, "
    "`npgan record` writes it into a page"
)


def add(commands):
    command = commands.add_parser("play", help="a window in which a GAN learns, and is moved by hand")
    what = "a FILE.csv or FILE.npy of 1 or 2 columns; a checkpoint or the folder of a run"
    what = f"{', '.join(DEMOS)} (default ring); {what}"
    command.add_argument("what", nargs="?", default="ring", type=place, metavar="DATA", help=what)
    hide = "controls to leave out, such as lr,optimiser"
    command.add_argument("--hide", type=place, metavar="CONTROL,...", help=hide)
    command.add_argument("--browser", action="store_true", help="show it in a browser on this machine")
    command.add_argument("--port", type=whole, metavar="N", help="with --browser: where (default: a free one)")
    train.add_settings(command)
    command.set_defaults(run=run)


def run(args):
    from npgan.app.live.window import hidden

    hide = hidden(args.hide)
    if args.port is not None and not args.browser:
        raise ValueError("--port goes with --browser")
    if not args.browser:
        check_screen()
    with machine.threads(1):
        played = session(args)
        if args.browser:
            return browse(played, hide, args.port)
        return show(played, hide)


def session(args):
    """The Session that the options describe."""
    from pathlib import Path

    from npgan.app.live import keep
    from npgan.app.live.session import Session
    from npgan.app.live.table import read

    path, rows = Path(args.what), None
    if args.what in DEMOS:
        args.demo = DEMOS[args.what]
    elif path.suffix.lower() in FILES:
        rows = read(path)
        args.demo = OwnDemo(args.what, rows)
    elif path.is_dir() or path.suffix == ".npz":
        return resumed(keep.load(path, args.data), args)
    else:
        wanted = f"choose from {', '.join(DEMOS)}, or name a FILE.csv, a FILE.npy or the checkpoint of a run"
        raise ValueError(f"there are no data {args.what!r}: {wanted}")
    played = Session(config(args), rows, data_folder=args.data)
    if args.freeze:
        played.freeze(args.freeze)
    return played


def config(args):
    """The settings of the data, with those that were typed."""
    typed = train.given(args)
    for name in ("steps", "epochs"):
        if getattr(args, name) is not None and name not in args.demo.settings:
            raise ValueError(f"{args.demo.name} has no {name}")
    return train.chosen(args, args.what, typed)


def resumed(played, args):
    """A session from a checkpoint, with settings that its nets can go on with."""
    from npgan.app.live.session import IN_PLACE

    args.demo = played.demo
    typed = train.given(args)
    if "lr" in typed:
        typed.setdefault("d_lr", typed["lr"])
    for name, value in typed.items():
        if name not in IN_PLACE and played.config.get(name) != value:
            raise ValueError(f"{args.what} has {name} {played.config.get(name)}, and cannot go on with {value}")
    played.change(**typed | ({"freeze": args.freeze} if args.freeze else {}))
    return played


def check_screen():
    """ValueError if no window can be opened."""
    import matplotlib.pyplot as plt

    for name in WINDOWS:
        try:
            plt.switch_backend(name)
            return
        except ImportError:
            continue
    raise ValueError(NO_SCREEN)


def show(played, hide):
    """Open the window, and when it is closed print the command that repeats what was seen."""
    import matplotlib
    import matplotlib.pyplot as plt

    from npgan.app.live.window import Window

    with matplotlib.rc_context(matplotlib.rcParamsDefault), np.errstate(over="ignore", invalid="ignore"):
        matplotlib.rcParams["toolbar"] = "None"
        with stop_signals() as stopped:
            figure = plt.figure("npgan play", figsize=SIZE)
            window = Window(figure, played, hide, stopped=stopped)
            window.start()
            plt.show()
    print(*window.goodbye(), sep="\n")
    return 130 if stopped else 0


def browse(played, hide, port):
    """The same through a browser, until Ctrl-C."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from npgan.app.live.window import Window

    try:
        from npgan.app.live import browser
    except ImportError as error:
        raise ValueError(f"--browser needs more: python -m pip install 'npgan[browser]' ({error})") from None

    with matplotlib.rc_context(matplotlib.rcParamsDefault), np.errstate(over="ignore", invalid="ignore"):
        figure = Figure(figsize=SIZE)
        FigureCanvasAgg(figure)
        window = Window(figure, played, hide)
        browser.serve(window, port=port)
    print(*window.goodbye(), sep="\n")
    return 0
