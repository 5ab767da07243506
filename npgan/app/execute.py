"""A lesson is executed in a process of its own, cell after cell, and each leaves what it printed and drew.

`python -m npgan.app.execute LESSON.py OUT.json` is that process; `executed` starts it and reads what it leaves.
"""

import ast
import base64
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import npgan
from npgan.app.lessons import read

HELD = "__assert_held__"  # the name under which a cell finds what is told of each assert that has held
DPI = 110  # a figure of 11 inches is about as wide as the text beside it
HOME = str(Path.home())


class Failed(Exception):
    """A lesson that does not run to its end: which, where, and why."""


class Result(NamedTuple):
    """outputs: for each code cell a list of {"text": ...} and {"picture": WebP in base64, "alt": ...}, as they
    came. asserts: the lines of those that there are; held: of those that ran, and held."""

    outputs: list
    asserts: list
    held: list
    seconds: float


def executed(lesson):
    """The Result of a Lesson (or of any that has a path); Failed if it raises, or its last assert never ran."""
    with tempfile.TemporaryDirectory(prefix="npgan-lesson-") as folder:
        out = Path(folder) / "out.json"
        command = [sys.executable, "-m", "npgan.app.execute", str(Path(lesson.path).resolve()), str(out)]
        done = subprocess.run(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
        )  # fmt: skip
        if not out.is_file():
            said = [f"exit code {done.returncode}", *filter(str.strip, done.stdout.split("\n"))]
            raise Failed(f"{lesson.path.name}: {said[-1]}")
        found = json.loads(out.read_text(encoding="utf-8"))
    if error := found.pop("error"):
        raise Failed(f"{lesson.path.name}: {error}")
    result = Result(**found)
    if result.asserts and result.asserts[-1] not in result.held:
        raise Failed(f"{lesson.path.name}: the last assert, in line {result.asserts[-1]}, was never reached")
    return result


def all_executed(lessons):
    """Yield the Result of each, in order, as many at once as there are cores; the first that fails ends it."""
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from pool.map(executed, lessons)
    finally:
        pool.shutdown(cancel_futures=True)


def environment():
    """Of the process: this package, no screen, asserts on, and one thread, for the same numbers anywhere."""
    mine = {name: value for name, value in os.environ.items() if name not in ("NPGAN_IMG", "PYTHONOPTIMIZE")}
    paths = filter(None, [str(Path(npgan.__file__).resolve().parents[1]), mine.get("PYTHONPATH")])
    mine |= {"PYTHONPATH": os.pathsep.join(paths), "MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"}
    for name in "NPGAN_DATA", "XDG_CACHE_HOME":
        if mine.get(name):
            mine[name] = os.path.abspath(mine[name])
    return {"OPENBLAS_NUM_THREADS": "1"} | mine


# --- in the process ---


class Output(io.TextIOBase):
    """Standard output during a cell: texts and pictures in their order."""

    def __init__(self):
        self.parts = []

    def write(self, text):
        text = text.replace(HOME, "~") if len(HOME) > 1 else text  # a page may be for others
        if self.parts and "text" in self.parts[-1]:
            self.parts[-1]["text"] += text
        elif text:
            self.parts.append({"text": text})
        return len(text)

    def finish(self, fig, name):
        """In place of plots.finish: the figure becomes a picture under its cell."""
        import matplotlib.pyplot as plt

        file = io.BytesIO()
        fig.savefig(file, format="webp", dpi=DPI, pil_kwargs={"lossless": True, "method": 4})
        titles = [ax.get_title().replace("\n", " ") for ax in fig.axes if ax.get_title()]
        alt = "; ".join(titles) or name.replace("_", " ")
        self.parts.append({"picture": base64.b64encode(file.getvalue()).decode(), "alt": alt})
        plt.close(fig)


class Noting(ast.NodeTransformer):
    """After each assert, a call that notes its line."""

    def __init__(self):
        self.lines = []

    def visit_Assert(self, node):
        self.lines.append(node.lineno)
        call = ast.Call(ast.Name(HELD, ast.Load()), [ast.Constant(node.lineno)], [])
        return [node, ast.copy_location(ast.Expr(call), node)]


def run(path):
    """What `executed` wants to know of the lesson in a file, as a dict; "error": "" if it ran to its end."""
    from npgan import plots

    start, held, asserts, outputs = time.perf_counter(), set(), [], []
    namespace, error = {"__name__": "lesson", HELD: held.add}, ""
    for number, cell in enumerate((cell for cell in read(path).cells if not cell.prose), start=1):
        out, noting = Output(), Noting()
        outputs.append(out.parts)
        plots.finish = out.finish
        try:
            tree = ast.parse("\n" * (cell.line - 1) + cell.text, str(path))
            code = compile(ast.fix_missing_locations(noting.visit(tree)), str(path), "exec")
            with contextlib.redirect_stdout(out):
                exec(code, namespace)
        except Exception as problem:
            line = line_of(problem, path, cell.line)
            error = f"code cell {number}, line {line}: {told(problem, path, line)}"
            break
        finally:
            asserts += noting.lines
    seconds = time.perf_counter() - start
    return {"outputs": outputs, "asserts": asserts, "held": sorted(held), "seconds": seconds, "error": error}


def line_of(problem, path, first):
    """The line of the lesson, at or after its cell's first, at which it happened: the innermost of its own."""
    if isinstance(problem, SyntaxError):
        return problem.lineno
    frames = traceback.extract_tb(problem.__traceback__)
    return [first, *(frame.lineno for frame in frames if frame.filename == str(path))][-1]


def told(problem, path, line):
    """Its name and what it says; of an assert without a word, what it claims."""
    text = problem.msg if isinstance(problem, SyntaxError) else str(problem)
    if isinstance(problem, AssertionError) and not text:
        claim = path.read_text(encoding="utf-8").splitlines()[line - 1]
        text = claim.strip().removeprefix("assert ").partition("  #")[0]
    return f"{type(problem).__name__}: {text}"


def main(path, out):
    import matplotlib

    matplotlib.rcdefaults()  # whatever style the user has chosen for other figures
    Path(out).write_text(json.dumps(run(Path(path))), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
