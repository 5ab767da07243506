"""Does any random hostile case find a fault?

    python -m benchmarks.hostile                              ten seconds of each part
    python -m benchmarks.hostile idx kills --seconds 300      five minutes of each of the two
    python -m benchmarks.hostile idx --seed 7 --first 41 -n 1    one case, as a fault's line names it

A part is a module of this folder with attack(rng, folder): one case in an empty folder, which returns a word
for its outcome, or raises. Case i of a seed is always the same. Exits with 1 if there was a fault.
"""

import argparse
import faulthandler
import importlib
import itertools
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np

from npgan import require

PARTS = "checkpoints", "idx", "tables", "kills", "pairs"
HANGS = 300  # seconds after which a case, which has limits of its own, will never end


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hostile", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default all)")
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("-n", type=int, metavar="N", help="cases of each part")
    how_long.add_argument("--seconds", type=float, default=10, metavar="S", help="for each part (default 10)")
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="of the cases (default 0)")
    parser.add_argument("--first", type=int, default=0, metavar="I", help="the first case (default 0)")
    args = parser.parse_args(argv)
    faults = 0
    for part in args.parts or PARTS:
        try:
            attack = importlib.import_module(f"benchmarks.hostile.{part}").attack
        except ModuleNotFoundError as error:
            if error.name != f"benchmarks.hostile.{part}":
                raise
            parser.error(f"there is no part {part!r}, choose from {', '.join(PARTS)}")
        faults += len(run(part, attack, args.seed, args.first, args.n, args.seconds))
    return 1 if faults else 0


def run(part, attack, seed, first=0, n=None, seconds=10.0):
    """Cases of one part until there are n or, without n, until the time is up; prints, returns the faults."""
    outcomes, faults, slowest, start = Counter(), [], (0.0, first), time.monotonic()
    for i in itertools.count(first):
        if i - first == n or (n is None and time.monotonic() - start > seconds):
            break
        begun, (word, fault) = time.monotonic(), outcome(part, attack, seed, i)
        outcomes[word] += 1
        if fault:
            faults.append(fault)
            print(f"  fault: {part} --seed {seed} --first {i} -n 1: {fault}", flush=True)
        slowest = max(slowest, (time.monotonic() - begun, i))
    counts = ", ".join(f"{word} ({count})" for word, count in outcomes.most_common())
    took = f"{time.monotonic() - start:.0f} s, case {slowest[1]} the slowest with {slowest[0]:.2f} s"
    print(f"{part}: {outcomes.total()} cases: {counts or 'none'}; {took}", flush=True)
    return faults


def outcome(part, attack, seed, i):
    """(word, None), or ("fault", what happened), of one case."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, watched(part, seed, i):
        try:
            return attack(np.random.default_rng([seed, i]), Path(folder)), None
        except AssertionError as error:
            return "fault", require.one_line(error, 1000) or "AssertionError"
        except Exception as error:
            return "fault", require.one_line(f"{type(error).__name__}: {error}", 1000)


class watched:
    """A context that ends the process, with a word on the case, if it hangs."""

    def __init__(self, part, seed, i):
        case = f"  fault: {part} --seed {seed} --first {i} -n 1: hangs, and so this is the end"
        self.timer = threading.Timer(HANGS, print, [case], {"flush": True})
        self.timer.daemon = True

    def __enter__(self):
        self.timer.start()
        faulthandler.dump_traceback_later(HANGS + 1, exit=True, file=sys.__stderr__)  # no thread of Python's

    def __exit__(self, *_):
        self.timer.cancel()
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    sys.exit(main())
