"""How good are the samples, over many seeds? The numbers that the README states.

    python -m benchmarks.quality gaussian          seeds 0 to 9 at the defaults of `npgan train`
    python -m benchmarks.quality ring grid --seeds 300:303
    python -m benchmarks.quality ring --seeds 100:110 --variants
                                                   a line for each variant, the plain GAN first
    python -m benchmarks.quality mnist             score against time, beside the classic PyTorch script

Each seed is one `npgan train` in this process, on one thread, without its pictures. Its seconds are those of
the processor: on a quiet machine as many as the clock's. Columns are described over each table.
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
from npgan import machine, metrics, models
from npgan.app.demos import DEMOS
from npgan.digits import unit_pixels
from npgan.games import Diverged
from npgan.metrics import parzen_log_likelihood


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


MEASURES = {"gaussian": gaussian, "ring": mixture("ring"), "grid": mixture("grid")}


# --- MNIST: score against training time, beside the script that people would otherwise run ---

LAST = {"npgan": 50, "npgan --classic": 25, "torch classic": 25}  # epochs
KINDS = "averaged", "raw"  # of generators


def npgan_epochs(seed, **changes):
    """Train the pair of `npgan train mnist`. Before the first epoch and after each, yield what a score
    needs: a function that returns {name of the generator: 10,000 samples, pixels in [0, 1]}."""
    training = DEMOS["mnist"].start({"demo": "mnist"} | DEMOS["mnist"].settings | {"seed": seed} | changes)
    gan = training.gan

    def samples():
        z = gan.noise(10_000, rng=np.random.default_rng([seed, 2]))
        return {name: (gan.generate(z, raw=raw) + 1) / 2 for name, raw in (("averaged", False), ("raw", True))}

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
            return {"raw": (G(torch.randn(10_000, 100)).numpy() + 1) / 2}

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


def mnist(seed=0):
    """Parzen log-likelihood of the MNIST test set (protocol of 2014) against seconds of training.

    Each contender in its own process, an epoch at a time, in turn: npgan at the defaults of `npgan train
    mnist` (batch 256, Adam 8e-4, one noise for both), `npgan train mnist --classic` (the script's batch 64,
    Adam 2e-4), both with a running average of G, and the classic PyTorch script."""
    demo = DEMOS["mnist"]
    train, test = demo.load("train"), demo.load("test")
    validation, unseen = unit_pixels(train.images[50_000:51_000]), unit_pixels(test.images)
    contenders = [name for name in CONTENDERS if "torch" not in name or importlib.util.find_spec("torch")]
    command = [sys.executable, "-m", "benchmarks.quality", "mnist", "--contender"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = {name: subprocess.Popen([*command, name], **pipes) for name in contenders}
    for process in processes.values():
        process.stdout.readline()  # each is ready before the first one starts
    seconds, scored = dict.fromkeys(contenders, 0.0), {name: [] for name in contenders}
    print(f"\nmnist: {mnist.__doc__}\n")
    print(f"{'epoch':>5s}  {'contender':18s} {'seconds':>8s} {'averaged':>9s} {'raw':>9s}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.npz"
        for epoch in range(1, max(LAST.values()) + 1):
            for name in contenders:
                if epoch > LAST[name]:
                    continue
                print(path, file=processes[name].stdin, flush=True)
                seconds[name] += float(processes[name].stdout.readline())
                with np.load(path) as samples:
                    scores = {
                        key: parzen_log_likelihood(samples[key], validation, unseen).mean for key in samples
                    }
                scored[name].append((epoch, seconds[name], max(scores.values())))
                columns = "".join(f"{scores[key]:10.1f}" if key in scores else f"{'':10s}" for key in KINDS)
                print(f"{epoch:5d}  {name:18s} {seconds[name]:8.0f}{columns}", flush=True)
    for process in processes.values():
        process.stdin.close()
        process.wait()
    real = parzen_log_likelihood(unit_pixels(train.images[:10_000]), validation, unseen)
    print(f"10,000 real training digits as centres: {real}; the 2014 paper: 225 +- 2")
    goals = [225.0]
    if "torch classic" in contenders:
        _, whole, score = scored["torch classic"][-1]
        goals.insert(0, score)
    for goal in goals:
        for name in contenders:
            epoch, took, _ = next((row for row in scored[name] if row[2] >= goal), (None, math.nan, None))
            if epoch:
                share = f", {took / whole:.2f} of all that torch classic takes" if len(goals) > 1 else ""
                print(f"{name} reaches {goal:.1f} after {epoch} epochs and {took:.0f} s{share}")
            else:
                print(f"{name} does not reach {goal:.1f}")


def trained(name, seed, variant="gan", **changes):
    """(steps, {measure: number} with the seconds) of one training at the defaults of the variant, but for the
    changes; where it diverges, (steps, {})."""
    settings = DEMOS[name].settings_of(variant) | {"seed": seed} | changes
    training, start = DEMOS[name].start({"demo": name} | settings), time.process_time()
    try:
        with machine.threads(DEMOS[name].threads), np.errstate(over="ignore", invalid="ignore"):
            for _ in training.records:
                pass
    except Diverged:
        return training.steps, {}
    seconds = time.process_time() - start
    return training.steps, MEASURES[name](training.gan, np.random.default_rng([seed, 2])) | {"seconds": seconds}


def table(name, seeds):
    """Train once per seed and print what the measure says, then mean, standard error and extremes."""
    rows = []
    for seed in seeds:
        _, row = trained(name, seed)
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
    changes = {variant: {"variant": variant} for variant in models.RECIPES} | PAPERS
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
    names = [*MEASURES, "mnist"]
    parser.add_argument("names", nargs="*", default=list(MEASURES), metavar="NAME", help=", ".join(names))
    parser.add_argument("--seeds", type=span, default=range(10), help="FIRST:END, END not included (0:10)")
    known = [*models.RECIPES, *PAPERS]
    text = f"a table of the variants of ring or grid, all or some with commas between: {', '.join(known)}"
    parser.add_argument("--variants", nargs="?", const=",".join(known), metavar="NAME,...", help=text)
    parser.add_argument("--contender", choices=CONTENDERS, help="be this one of mnist, an epoch per line")
    args = parser.parse_args()
    if args.contender:
        return contend(args.contender, seed=0)
    if unknown := set(args.names) - set(names):
        parser.error(f"unknown name {unknown.pop()!r}; choose from {', '.join(names)}")
    chosen = args.variants.split(",") if args.variants else []
    if unknown := set(chosen) - set(known):
        parser.error(f"unknown variant {unknown.pop()!r}; choose from {', '.join(known)}")
    if chosen and not set(args.names) <= {"ring", "grid"}:
        parser.error("--variants wants ring, grid, or both")
    for name in args.names:
        if chosen:
            variants(name, args.seeds, chosen)
        elif name == "mnist":
            mnist()
        else:
            table(name, args.seeds)


if __name__ == "__main__":
    main()
