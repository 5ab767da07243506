"""How good are the samples, over many seeds? The numbers that the README states.

    python -m benchmarks.quality gaussian          seeds 0 to 9 at the defaults of `npgan train`
    python -m benchmarks.quality ring grid --seeds 300:303
    python -m benchmarks.quality ring --seeds 100:110 --variants
                                                   a line for each variant, the plain GAN first
    python -m benchmarks.quality mnist --seeds 11:14
    python -m benchmarks.quality mnist --epochs 200
    python -m benchmarks.quality mnist --race      score against time, beside the classic PyTorch script

Each seed is one `npgan train` in this process, without its pictures. Small nets train on one thread, and their
seconds are those of the processor: on a quiet machine as many as the clock's. Digits train on as many threads
as the matrix library takes, and their seconds are the clock's. Columns are described over each table.
"""

import argparse
import functools
import importlib.util
import itertools
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# isort: off
import npgan  # noqa: F401  before numpy, as in the command: it says how long idle threads of OpenBLAS spin
import numpy as np
# isort: on

from benchmarks.steps import CASES, torch_classic_iterations
from npgan import digits, machine, metrics, models
from npgan.app.demos import DEMOS
from npgan.app.demos.scores import Examiner
from npgan.games import Diverged


def gaussian(gan, rng):
    """10,000 samples of the averaged generator: mean (4), std (1.25), W1 to as many real ones and the W1 of
    two real sets (means of 10 draws), total variation of their density, by kernels, from that of the data,
    and the same for as many real ones; is G monotone on z from -3 to 3?"""
    demo = DEMOS["gaussian"]
    data, samples = demo.data(), gan.sample(10_000, rng=rng)
    distance = metrics.with_floor(metrics.wasserstein, samples, data, rng=rng)
    variation, floor = demo.total_variation(samples, data, rng=rng)
    steps = np.diff(gan.generate(np.linspace(-3, 3, 601)[:, None])[:, 0])
    return {
        "mean": samples.mean(),
        "std": samples.std(),
        "W1": distance.value,
        "W1 real": distance.floor,
        "TV": variation,
        "TV real": floor,
        "monotone": float((steps > 0).all() or (steps < 0).all()),
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


@functools.cache
def examiner():
    """What npgan uses to score MNIST: the judge, and the features of the 10,000 test digits."""
    return Examiner(*(DEMOS["mnist"].load(split) for split in ("train", "test")))


def judged(samples):
    """(Frechet distance to the test digits, total variation of the class shares) of 10,000 digits, uint8."""
    found, real = examiner().judge.features(samples), examiner().features
    return metrics.frechet_distance(found, real), examiner().shares_off(found, real)


def mnist(gan, rng):
    """10,000 samples of the averaged generator, and of G as it is: the Frechet distance of their features, in
    a classifier of real digits, from those of the 10,000 test digits, and how far their class shares are from
    those of the test digits (total variation); the same for 10,000 real training digits."""
    pixels = examiner().train.images
    real = pixels[rng.permutation(len(pixels))[:10_000]]
    z = gan.noise(10_000, rng=rng)
    row = {}
    for name, samples in (
        ("", digits.to_pixels(gan.generate(z))),
        (" raw", digits.to_pixels(gan.generate(z, raw=True))),
        (" real", real),
    ):
        row[f"FD{name}"], row[f"TV{name}"] = judged(samples)
    return row


MEASURES = {"gaussian": gaussian, "ring": mixture("ring"), "grid": mixture("grid"), "mnist": mnist}


# --- MNIST: score against training time, beside the script that people would otherwise run ---

LAST = {"npgan": 40, "npgan --classic": 25, "torch classic": 25}  # epochs
KINDS = "averaged", "raw"  # of generators


def npgan_epochs(seed, **changes):
    """Train the pair of `npgan train mnist`. Before the first epoch and after each, yield what a score
    needs: a function that returns {name of the generator: 10,000 samples, uint8}."""
    training = DEMOS["mnist"].start({"demo": "mnist"} | DEMOS["mnist"].settings | {"seed": seed} | changes)
    gan = training.gan

    def samples():
        z = gan.noise(10_000, rng=np.random.default_rng([seed, 2]))
        return {kind: digits.to_pixels(gan.generate(z, raw=kind == "raw")) for kind in KINDS}

    yield samples
    for record in training.records:
        if record.step in training.marks:
            yield samples


def torch_epochs(seed):
    """The same for the classic PyTorch script, fed by its DataLoader, with the settings of `--classic`."""
    import torch

    images = DEMOS["mnist"].load("train").images
    iterations = torch_classic_iterations("digits", pixels=images, seed=seed)
    _, _, batch, _ = CASES["digits"]
    one_epoch = math.ceil(len(images) / batch)

    def samples():
        with torch.no_grad():
            return {"raw": digits.to_pixels(G(torch.randn(10_000, 100)).numpy())}

    yield samples
    while True:
        *_, G = itertools.islice(iterations, one_epoch)
        yield samples


CONTENDERS = {
    "npgan": npgan_epochs,
    "npgan --classic": functools.partial(npgan_epochs, **models.CLASSIC),
    "torch classic": torch_epochs,
}


def contend(name, seed):
    """A process of its own: for each path on stdin train an epoch, leave samples there, print its seconds."""
    epochs = CONTENDERS[name](seed)
    next(epochs)
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        samples = next(epochs)
        seconds = time.perf_counter() - start
        np.savez(line.strip(), **samples())
        print(seconds, flush=True)


def race(seed, epochs=None):
    """Frechet distance from the MNIST test digits (see above) against seconds of training.

    Each contender in its own process, an epoch at a time, in turn: npgan at the defaults of `npgan train
    mnist`, `npgan train mnist --classic` (the script's batch, rate and noise), both with a running average of
    G, and the classic PyTorch script."""
    contenders = [name for name in CONTENDERS if "torch" not in name or importlib.util.find_spec("torch")]
    command = [sys.executable, "-m", "benchmarks.quality", "mnist", f"--seeds={seed}:{seed + 1}", "--contender"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = {name: subprocess.Popen([*command, name], **pipes) for name in contenders}
    for process in processes.values():
        process.stdout.readline()  # each is ready before the first one starts
    seconds, scored = dict.fromkeys(contenders, 0.0), {name: [] for name in contenders}
    print(f"\nmnist, seed {seed}: {race.__doc__}\n")
    print(f"{'epoch':>5s}  {'contender':18s} {'seconds':>8s} {'averaged':>9s} {'raw':>9s}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.npz"
        for epoch in range(1, (epochs or max(LAST.values())) + 1):
            for name in contenders:
                if epoch > (epochs or LAST[name]):
                    continue
                print(path, file=processes[name].stdin, flush=True)
                seconds[name] += float(processes[name].stdout.readline())
                with np.load(path) as samples:
                    scores = {kind: judged(samples[kind])[0] for kind in samples}
                scored[name].append((epoch, seconds[name], min(scores.values())))
                columns = "".join(f"{scores[kind]:10.1f}" if kind in scores else f"{'':10s}" for kind in KINDS)
                print(f"{epoch:5d}  {name:18s} {seconds[name]:8.0f}{columns}", flush=True)
    for process in processes.values():
        process.stdin.close()
        process.wait()
    report(scored)


def report(scored):
    """Print when each contender gets as near as the classic script ever does, and as 10 and 5."""
    goals, whole = [10.0, 5.0], None
    if "torch classic" in scored:
        _, whole, _ = scored["torch classic"][-1]
        goals.insert(0, min(score for _, _, score in scored["torch classic"]))
    for goal in goals:
        for name, rows in scored.items():
            epoch, took, _ = next((row for row in rows if row[2] <= goal), (None, math.nan, None))
            share = f", {took / whole:.2f} of all that torch classic takes" if whole else ""
            reached = f"after {epoch} epochs and {took:.0f} s{share}" if epoch else "not"
            print(f"{name} reaches {goal:.1f} {reached}")


def trained(name, seed, variant="gan", **changes):
    """(steps, {measure: number} with the seconds) of one training at the defaults of the variant, but for the
    changes; where it diverges, (steps, {})."""
    settings = DEMOS[name].settings_of(variant) | {"seed": seed} | changes
    clock = time.perf_counter if DEMOS[name].threads is None else time.process_time
    training, start = DEMOS[name].start({"demo": name} | settings), clock()
    try:
        with machine.threads(DEMOS[name].threads), np.errstate(over="ignore", invalid="ignore"):
            for _ in training.records:
                pass
    except Diverged:
        return training.steps, {}
    seconds = clock() - start
    return training.steps, MEASURES[name](training.gan, np.random.default_rng([seed, 2])) | {"seconds": seconds}


def table(name, seeds, **changes):
    """Train once per seed and print what the measure says, then mean, standard error and extremes."""
    rows = []
    for seed in seeds:
        _, row = trained(name, seed, **changes)
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


# --- the variants ---

PAPERS = {  # the settings of the papers, which are those for images, for about as long as the others take
    "wgan as published": {
        "variant": "wgan", "clip": 0.01, "optimiser": "RMSProp", "lr": 5e-5, "d_lr": 5e-5, "batch": 64,
        "steps": 8000, "d_steps": 5, "order": "d_first", "anneal": False,
    },
    "wgan-gp as published": {
        "variant": "wgan-gp", "weight": 10.0, "optimiser": "Adam", "lr": 1e-4, "d_lr": 1e-4, "beta1": 0.0,
        "batch": 64, "steps": 5000, "d_steps": 5, "order": "d_first", "anneal": False,
    },
}  # fmt: skip


def variants(name, seeds, chosen):
    """A line for each variant: means over the seeds +- their standard errors; on how many seeds every mode was
    found; milliseconds a step (of G, with D's), seconds in all. "as published": the settings of the paper."""
    changes = {variant: {"variant": variant} for variant in DEMOS[name].variants} | PAPERS
    k = len(DEMOS[name].data().means)
    print(f"\n{name}, seeds {seeds[0]} to {seeds[-1]}: {MEASURES[name].__doc__}\n{variants.__doc__}\n")
    titles = "modes", f"all {k} on", "quality %", "lowest", "reverse KL", "highest", "ms/step", "seconds"
    print(f"{'variant':22s}" + "".join(f"{title:>17s}" for title in titles), flush=True)
    for label in chosen or changes:
        found = [trained(name, seed, **changes[label]) for seed in seeds]
        steps, rows = found[0][0], [row for _, row in found if row]
        if not rows:
            print(f"{label:22s}  diverged on every seed", flush=True)
            continue
        modes, quality, kl, seconds = np.array([list(row.values()) for row in rows]).T
        cells = [
            with_error(modes), f"{(modes == k).sum()} of {len(seeds)}", with_error(100 * quality),
            f"{100 * quality.min():.1f}", with_error(kl, 4), f"{kl.max():.4f}",
            f"{1e3 * seconds.mean() / steps:.2f}", f"{seconds.mean():.0f}",
        ]  # fmt: skip
        diverged = f"   {len(seeds) - len(rows)} diverged" if len(rows) < len(seeds) else ""
        print(f"{label:22s}" + "".join(f"{cell:>17s}" for cell in cells) + diverged, flush=True)


def with_error(values, digits=1):
    error = f" +- {values.std(ddof=1) / np.sqrt(len(values)):.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{error}"


def span(text):
    first, end = map(int, text.split(":"))
    return range(first, end)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="*", default=["gaussian", "ring", "grid"], metavar="NAME", help=", ".join(MEASURES)
    )
    parser.add_argument("--seeds", type=span, default=range(10), help="FIRST:END, END not included (0:10)")
    known = [*DEMOS["ring"].variants, *PAPERS]
    text = f"a table of the variants of ring or grid, all or some with commas between: {', '.join(known)}"
    parser.add_argument("--variants", nargs="?", const=",".join(known), metavar="NAME,...", help=text)
    parser.add_argument("--epochs", type=int, help="of mnist, in place of the default")
    parser.add_argument("--race", action="store_true", help="mnist, beside the classic PyTorch script")
    parser.add_argument("--contender", choices=CONTENDERS, help="be this one of mnist, an epoch per line")
    args = parser.parse_args()
    if args.contender:
        return contend(args.contender, args.seeds[0])
    if unknown := set(args.names) - set(MEASURES):
        parser.error(f"unknown name {unknown.pop()!r}; choose from {', '.join(MEASURES)}")
    chosen = args.variants.split(",") if args.variants else []
    if unknown := set(chosen) - set(known):
        parser.error(f"unknown variant {unknown.pop()!r}; choose from {', '.join(known)}")
    if chosen and not set(args.names) <= {"ring", "grid"}:
        parser.error("--variants wants ring, grid, or both")
    if (args.epochs or args.race) and args.names != ["mnist"]:
        parser.error("--epochs and --race are for mnist alone")
    for name in args.names:
        if chosen:
            variants(name, args.seeds, chosen)
        elif args.race:
            race(args.seeds[0], args.epochs)
        else:
            table(name, args.seeds, **({"epochs": args.epochs} if args.epochs else {}))


if __name__ == "__main__":
    main()
