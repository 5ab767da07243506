"""npgan gradcheck: compare every gradient with finite differences."""

import numpy as np

from npgan import gradcheck, require
from npgan.app.commands.options import add_seed


def add(commands):
    command = commands.add_parser("gradcheck", help="compare every gradient with finite differences")
    add_seed(command, "seed of the points checked at")
    command.set_defaults(run=run)


def run(args):
    rng = np.random.default_rng(require.count("seed", args.seed, least=0))
    print(f"central differences in float64; wrong above {gradcheck.TOLERANCE:g}\n")
    print(f"{'what':58s} {'compared':>8s}  {'error':>8s}")
    wrong = 0
    for check in gradcheck.check_everything(rng=rng):
        print(f"{check.name[:58]:58s} {check.count:8d}  {check.error:8.1e}{'' if check.ok else '  WRONG'}")
        if not check.ok:
            wrong += 1
            print(f"    {check}")
    print(f"\n{wrong} wrong" if wrong else "\nevery gradient agrees")
    return 1 if wrong else 0
