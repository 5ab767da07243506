"""Do the tests notice a slip of the pen? Changes one sign, number or comparison at a time, and runs them.

    python -m benchmarks.mutation                    40 changes a page, half an hour
    python -m benchmarks.mutation theory optim       these pages only, some 3 minutes each
    python -m benchmarks.mutation gan --all          every change there is

It prints how many changes to a page its tests noticed, and shows the others: some change nothing that
matters, the rest ask for a test. Only a copy of the repository is changed, in a temporary folder. The work
is done by cosmic-ray (pip install cosmic-ray, https://cosmic-ray.readthedocs.io).
"""

import argparse
import ast
import os
import random
import re
import shutil
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

try:
    from cosmic_ray.commands import execute, init
    from cosmic_ray.config import ConfigDict
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator
    from cosmic_ray.testing import TestOutcome, run_tests
    from cosmic_ray.work_db import use_db
except ImportError:
    sys.exit("this needs cosmic-ray: pip install cosmic-ray")

ROOT = Path(__file__).parents[1]
TESTS = {  # page: the tests that are about it, the quick ones first
    "layers": "test_layers test_tangent",
    "network": "test_network test_tangent",
    "games": "test_games",
    "optim": "test_optim",
    "latent": "test_latent",
    "gan": "test_gan test_contract",
    "training": "test_training test_contract",
    "theory": "test_theory",
    "distributions": "test_distributions",
    "gradcheck": "test_gradcheck_numbers test_gradcheck test_contract",
    "variants/regularised": "variants/test_regularised test_contract",
    "variants/wasserstein": "variants/test_wasserstein test_contract",
    "variants/energy": "variants/test_energy test_contract",
    "variants/improved": "variants/test_improved test_contract",
    "archive": "test_archive test_checkpoint_damage",
    "specs": "test_specs test_checkpoint_equal",
    "checkpoint": "test_checkpoint test_checkpoint_damage test_checkpoint_equal",
}
SLIPS = (  # a << in place of a + is no slip: it would be noticed at once, and flatter the tests
    r"Number|AddNot|AndWithOr|OrWithAnd|TrueWithFalse|FalseWithTrue|Binary\w+_(Add|Sub|Mul|Div)$"
    r"|BitOr_BitAnd|BitAnd_BitOr|Comparison\w+_(Eq|NotEq|Lt|LtE|Gt|GtE)$|Is_IsNot|IsNot_Is$"
    r"|Unary\w+(_UAdd|Add_USub|Delete_\w+)$"
)
UNSHRUNK = """
hypothesis.settings.register_profile(
    "unshrunk", hypothesis.settings(), phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate]
)
hypothesis.settings.load_profile("unshrunk")
"""  # an example is enough, it need not be the simplest


def copy_of_repository(folder):
    leave = shutil.ignore_patterns(".*", "__pycache__", "img", "lessons", "runs")
    copy = Path(shutil.copytree(ROOT, Path(folder) / "copy", ignore=leave))
    with open(copy / "tests" / "conftest.py", "a", encoding="utf-8") as file:
        file.write(UNSHRUNK)
    return copy


def changed(source, change):
    """The source with the change made, or None if it is no Python then, or the same as before."""
    operator = get_operator(change.operator_name)(**change.operator_args)
    text = mutate_code(source, operator, change.occurrence)
    try:
        return ast.dump(ast.parse(text)) != ast.dump(ast.parse(source)) and text
    except SyntaxError:
        return None


def sample(source, items, n, seed):
    """n of the work items, each at a place of its own; or, with n=None, all that are slips of the pen."""
    rng, places, lines = random.Random(seed), {}, source.splitlines()
    for item in items:
        (change,) = item.mutations
        line, column = change.start_pos
        if re.search(SLIPS, change.operator_name) and not lines[line - 1].startswith("*,", column):
            kind = change.operator_name.split("_")[0]
            places.setdefault((change.start_pos, kind), []).append(item)
    if n is None:
        chosen = [item for place in places.values() for item in place]
    else:
        chosen = [rng.choice(places[place]) for place in rng.sample(sorted(places), len(places))]
    return list(islice((item for item in chosen if changed(source, *item.mutations)), n))


def try_page(page, copy, n, seed):
    """Print what the tests of a page make of n changes to it; return (tried, noticed)."""
    start, file = time.perf_counter(), copy / "npgan" / f"{page}.py"
    tests = " ".join(f"tests/{test}.py" for test in TESTS[page].split())
    command = f"{sys.executable} -m pytest -x -q --tb=no -p no:cacheprovider {tests}"
    outcome, output = run_tests(command, timeout=600)
    if outcome != TestOutcome.SURVIVED:
        sys.exit(f"{page}: its tests fail without any change\n{output}")
    timeout = 20 + 5 * (time.perf_counter() - start)
    config = {"test-command": command, "timeout": timeout, "distributor": {"name": "local"}}
    with use_db(str(copy / f"{file.stem}.sqlite")) as db:
        init([file], db, {})
        items = sample(file.read_text(encoding="utf-8"), db.work_items, n, seed)
        db.clear()
        db.add_work_items(items)
        execute(db, ConfigDict(config))
        outcomes = [(item.mutations[0], result) for item, result in db.completed_work_items]
    unnoticed = [(change.start_pos[0], result.diff) for change, result in outcomes if not result.is_killed]
    tried, noticed = len(outcomes), len(outcomes) - len(unnoticed)
    print(f"{page:22} tried {tried:4}   noticed {noticed:4}   {time.perf_counter() - start:4.0f} s")
    for line, diff in sorted(unnoticed):
        print(f"    npgan/{page}.py:{line}", *re.findall("^[-+][^-+].*", diff, re.MULTILINE), sep="\n        ")
    return tried, noticed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("pages", nargs="*", metavar="page", help=f"of {', '.join(TESTS)}; default: all")
    parser.add_argument("--changes", type=int, default=40, help="to each page (default %(default)s)")
    parser.add_argument("--all", action="store_true", help="every change that there is")
    parser.add_argument("--seed", type=int, default=0, help="chooses the changes")
    args = parser.parse_args()
    if unknown := set(args.pages) - set(TESTS):
        parser.error(f"unknown page {', '.join(sorted(unknown))}; choose from {', '.join(TESTS)}")
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of_repository(folder)
        os.chdir(copy)  # its tests are to find its npgan
        n = None if args.all else args.changes
        counts = [try_page(page, copy, n, args.seed) for page in args.pages or TESTS]
        os.chdir(ROOT)
    tried, noticed = map(sum, zip(*counts, strict=True))
    print(f"{'together':22} tried {tried:4}   noticed {noticed:4}   {noticed / tried:.1%}")


if __name__ == "__main__":
    main()
