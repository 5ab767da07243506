"""How good are the samples, over many seeds? The numbers that the README states.

    python -m benchmarks.quality gaussian          seeds 0 to 9 at the defaults of `npgan train`
    python -m benchmarks.quality ring grid -s 3    three seeds of each

Each seed is one `npgan train` in this process; columns are described under each table.
"""

import argparse
import tempfile
import time

import numpy as np

from npgan import metrics
from npgan.demos import DEMOS
from npgan.runs import Run


def gaussian(gan, rng):
    """10,000 samples of the averaged generator: mean (4), std (1.25), W1 to as many real ones, and the W1
    of two real sets."""
    data = DEMOS["gaussian"].data()
    samples, real, more = (one.sample(10_000, rng=rng) for one in (gan, data, data))
    return {
        "mean": samples.mean(),
        "std": samples.std(),
        "W1": metrics.wasserstein(samples, real),
        "W1 real": metrics.wasserstein(more, real),
    }


MEASURES = {"gaussian": gaussian}


def table(name, seeds):
    """Train once per seed and print what the measure says, then mean, standard error and extremes."""
    rows = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            run = Run.new(folder, {"demo": name} | DEMOS[name].settings | {"seed": seed})
            start = time.perf_counter()
            run.train(quiet=True)
            seconds = time.perf_counter() - start
        row = MEASURES[name](run.gan, np.random.default_rng([seed, 2])) | {"seconds": seconds}
        if not rows:
            print(f"\n{name}: {MEASURES[name].__doc__}\n")
            print("seed      " + "".join(f"{key:>12s}" for key in row))
        rows.append(list(row.values()))
        print(f"{seed:<10d}" + "".join(f"{value:12.3f}" for value in rows[-1]), flush=True)
    rows = np.array(rows)
    spread = rows.std(axis=0, ddof=1) if len(rows) > 1 else np.zeros(rows.shape[1])
    for label, values in (
        ("mean", rows.mean(axis=0)),
        ("+- s.e.", spread / np.sqrt(len(rows))),
        ("lowest", rows.min(axis=0)),
        ("highest", rows.max(axis=0)),
    ):
        print(f"{label:<10s}" + "".join(f"{value:12.3f}" for value in values))


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(MEASURES), metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("-s", "--seeds", type=int, default=10, help="seeds 0 to SEEDS - 1 (default 10)")
    args = parser.parse_args()
    if unknown := set(args.names) - set(MEASURES):
        parser.error(f"unknown name {unknown.pop()!r}; choose from {', '.join(MEASURES)}")
    for name in args.names:
        table(name, range(args.seeds))


if __name__ == "__main__":
    main()
