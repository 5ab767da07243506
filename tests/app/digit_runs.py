"""What the tests of digits share: how many there are, and what a run of two epochs leaves."""

import math

N, N_TEST, BATCH = 300, 120, 32
TINY = ["--batch", str(BATCH), "--g-hidden", "16", "--d-hidden", "16", "--quiet"]
STEPS = math.ceil(2 * N / BATCH)  # 19: the tenth step takes the rest of epoch 1 and some of epoch 2
FILES = {".npgan-run", "checkpoint.npz", "config.json", "history.csv", "progress.csv"}
PICTURES = {"epoch_001.png", "epoch_002.png", "strip.png", "nearest.png", "losses.png", "progress.png"}
