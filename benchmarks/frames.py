"""How many frames a second does `npgan play` reach, without a screen: training, drawing and all?

    python -m benchmarks.frames            ring and gaussian, at ten training steps a frame
    python -m benchmarks.frames ring -n 200

Prints frames a second by the clock, and by the processor time that they took, which is what they would be if
nothing else were running here. "drawn whole" counts the frames in which more than a blit was needed.
"""

import argparse
import time

# isort: off
import npgan  # noqa: F401  before numpy
from npgan import machine
# isort: on

WANTED = {"ring": 10, "grid": 10, "gaussian": 20}  # frames a second
STEPS, SIZE = 10, (12.8, 7.2)  # of training in a frame; inches of 100 dots


def window(name):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from npgan.app.demos import DEMOS
    from npgan.app.live.session import Session
    from npgan.app.live.window import Window

    figure = Figure(figsize=SIZE, dpi=100)
    FigureCanvasAgg(figure)
    opened = Window(figure, Session({"demo": name} | DEMOS[name].settings))
    opened.speed = STEPS
    return opened


def measure(name, n):
    """(frames a second by the clock, by the processor's time, how many of the n were drawn whole)."""
    opened, whole = window(name), 0
    opened.do_run()
    for _ in range(5):
        opened.tick()
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(n):
        opened.tick()
        whole += opened.scene.redraw
    return n / (time.perf_counter() - clock), n / (time.process_time() - processor), whole


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help=", ".join(WANTED))
    parser.add_argument("-n", type=int, default=100, help="frames (default 100)")
    args = parser.parse_args()
    with machine.threads(1):
        for name in args.data or ("ring", "gaussian"):
            clock, processor, whole = measure(name, args.n)
            aside = f"wanted {WANTED[name]}; {whole} of {args.n} drawn whole"
            print(f"{name:9s} {clock:5.1f} frames/s   {processor:5.1f} by processor time   ({aside})")


if __name__ == "__main__":
    main()
