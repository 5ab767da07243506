"""How much memory do `npgan train mnist` and `npgan score` take, and does it stay flat?

    python -m benchmarks.memory                      22 epochs: 20,625 steps
    python -m benchmarks.memory --epochs 1 -o DIR    one epoch, and keep the run in DIR

Resident size in MB, 10^6 bytes, each command in a process of its own; on Linux only. Exits with 1 above
220 MB for training or 350 MB for the score.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRAIN_LIMIT, SCORE_LIMIT = 220, 350  # MB


def resident(pid):
    """MB that the process has in memory now."""
    (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) or [0]
    return int(kilobytes) * 1024 / 1e6


def peak(*command, watch=lambda pid: None):
    """MB at the peak of one `npgan` command; watch(pid) is called ten times a second meanwhile."""
    process = subprocess.Popen([sys.executable, "-m", "npgan", *command])
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        watch(process.pid)
        time.sleep(0.1)
    if status:
        sys.exit(f"npgan {' '.join(command)} ended with status {status}")
    return usage.ru_maxrss * 1024 / 1e6


def measure(folder, epochs):
    sizes = []

    def watch(pid):
        done = len(list(folder.glob("epoch_*.png")))
        if done > len(sizes):
            sizes.append(resident(pid))
            print(f"after epoch {done:3d}: {sizes[-1]:6.1f} MB", flush=True)

    train = peak("train", "mnist", "--epochs", str(epochs), "--quiet", "--out", str(folder), watch=watch)
    score = peak("score", str(folder))
    print(f"\npeak of `npgan train mnist`, {epochs} epochs: {train:.1f} MB, wanted at most {TRAIN_LIMIT}")
    if len(sizes) > 1:
        print(f"growth from the first epoch to the last: {sizes[-1] - sizes[0]:+.1f} MB")
    print(f"peak of `npgan score`: {score:.1f} MB, wanted at most {SCORE_LIMIT}")
    return train <= TRAIN_LIMIT and score <= SCORE_LIMIT


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=22)
    parser.add_argument("-o", "--out", help="folder of the run (default: one that is removed at the end)")
    args = parser.parse_args()
    if args.out:
        return measure(Path(args.out), args.epochs)
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), args.epochs)


if __name__ == "__main__":
    sys.exit(not main())
