"""How good are the samples, over many seeds? The numbers that the README states.

    python -m benchmarks.quality gaussian          seeds 0 to 9 at the defaults of `npgan train`
    python -m benchmarks.quality ring grid -s 3    three seeds of each
    python -m benchmarks.quality mnist             score against training time, and the classic settings

Each seed is one `npgan train` in this process, timed without its pictures; columns are described over
each table.
"""

import argparse
import tempfile
import time

# isort: off
import npgan  # noqa: F401  before numpy, as in the command: it says how long idle threads of OpenBLAS spin
import numpy as np
# isort: on

from npgan import metrics
from npgan.demos import DEMOS, pixels
from npgan.metrics import parzen_log_likelihood
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


def mixture(name):
    def measure(gan, rng):
        data = DEMOS[name].data()
        found = metrics.coverage(gan.sample(2500, rng=rng), data, rng=rng)
        return {"modes": found.captured, "quality": found.high_quality, "KL": found.reverse_kl}

    k = len(DEMOS[name].data().means)
    measure.__doc__ = f"""2,500 samples of the averaged generator, scored as published (VEEGAN, PacGAN): how
    many of the {k} modes have a sample within 3 sigma; the share of such samples (real data: 0.9889);
    KL(shares of the modes || equal shares), nats."""
    return measure


MEASURES = {"gaussian": gaussian, "ring": mixture("ring"), "grid": mixture("grid")}


def mnist(seed=0):
    """Parzen log-likelihood of the MNIST test set (protocol of 2014) against training time, seed 0."""
    demo = DEMOS["mnist"]
    train, test = demo.load("train"), demo.load("test")
    validation, unseen = pixels(train.images[50_000:51_000]), pixels(test.images)
    large = {"batch": 256, "lr": 8e-4, "d_lr": 8e-4}
    print(f"\nmnist: {mnist.__doc__}\n")
    print(f"{'settings':12s} {'epoch':>5s} {'seconds':>8s} {'averaged':>9s} {'raw':>9s}   (+- 2)")
    for name, settings, last in ("default", {}, 25), ("large batch", large, 40):
        with tempfile.TemporaryDirectory() as folder:
            run = Run.new(folder, {"demo": "mnist"} | demo.settings | settings | {"epochs": last, "seed": seed})
            marks, seconds, start = demo.marks(run.config, run.data), 0.0, time.perf_counter()
            for record in run.records:
                if record.step not in marks:
                    continue
                seconds += time.perf_counter() - start
                epoch = 1 + marks.index(record.step)
                if epoch % 5 == 0 or epoch == last:
                    rng = np.random.default_rng([seed, 2])
                    z = run.gan.noise(10_000, rng=rng)
                    scores = [
                        parzen_log_likelihood((run.gan.generate(z, raw=raw) + 1) / 2, validation, unseen).mean
                        for raw in (False, True)
                    ]
                    print(f"{name:12s} {epoch:5d} {seconds:8.0f} {scores[0]:9.1f} {scores[1]:9.1f}", flush=True)
                start = time.perf_counter()
    real = parzen_log_likelihood(pixels(train.images[:10_000]), validation, unseen)
    print(f"10,000 real training digits as centres: {real}; the 2014 paper: 225 +- 2")


def table(name, seeds):
    """Train once per seed and print what the measure says, then mean, standard error and extremes."""
    rows = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            run = Run.new(folder, {"demo": name} | DEMOS[name].settings | {"seed": seed})
            start = time.perf_counter()
            for _ in run.records:
                pass
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
    names = [*MEASURES, "mnist"]
    parser.add_argument("names", nargs="*", default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("-s", "--seeds", type=int, default=10, help="seeds 0 to SEEDS - 1 (default 10)")
    args = parser.parse_args()
    if unknown := set(args.names) - set(names):
        parser.error(f"unknown name {unknown.pop()!r}; choose from {', '.join(names)}")
    for name in args.names:
        if name == "mnist":
            mnist()
        else:
            table(name, range(args.seeds))


if __name__ == "__main__":
    main()
