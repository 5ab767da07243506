"""The package as a whole: what importing it costs, who imports whom, how long its pages and functions are."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import npgan

PACKAGE = Path(npgan.__file__).parent
PATHS = sorted(PACKAGE.rglob("*.py"))
DOWN = [  # imports run downwards only: a room may import from those before it
    "interrupts", "machine", "require", "files", "archive", "layers", "network", "games", "optim", "latent",
    "gan", "distributions", "training", "theory", "digits", "metrics", "variants", "models", "classifier",
    "judge", "gradcheck", "specs", "checkpoint", "plots", "app",
]  # fmt: skip
CORE = "layers", "network", "games", "optim", "latent", "gan", "training", "theory"


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(nodes):
    """The names of the modules imported by these nodes: npgan.layers for both ways to import it."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "an import names its module in full"
            yield node.module
            if node.module == "npgan":
                yield from (f"npgan.{alias.name}" for alias in node.names)


def test_importing_npgan_loads_numpy_alone():
    code = "import sys, npgan; print(*{'matplotlib', 'tqdm', 'torch', 'hypothesis'}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_importing_npgan_comes_before_numpy_to_the_threads_of_its_matrix_library():
    code = "import os, npgan; print(os.environ['OPENBLAS_THREAD_TIMEOUT'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip()
    first = next(node for node in tree(PACKAGE / "__init__.py").body if isinstance(node, ast.ImportFrom))
    assert list(imports([first])) == ["npgan", "npgan.interrupts", "npgan.machine"]
    assert set(imports(ast.walk(tree(PACKAGE / "interrupts.py")))) == {"_signal", "os", "sys"}


def test_only_plots_and_widgets_import_matplotlib_at_once():
    for path in PATHS:
        if any(name.split(".")[0] == "matplotlib" for name in imports(tree(path).body)):
            assert path in (PACKAGE / "plots.py", PACKAGE / "app/live/widgets.py"), path


def test_imports_run_downwards():
    """At the top of a module, and inside of functions."""
    assert {room(path) for path in PATHS} == {*DOWN, "__init__", "__main__"}
    for path in PATHS:
        here = room(path)
        if here.startswith("__"):
            continue
        for name in imports(ast.walk(tree(path))):
            other = name.split(".")[1] if name.startswith("npgan.") else None
            if other in DOWN and other != here:
                assert DOWN.index(other) < DOWN.index(here), f"{path} imports {other}"


def test_nothing_below_imports_the_application():
    for path in PATHS:
        if room(path) not in ("app", "__main__"):
            assert not any(name.startswith("npgan.app") for name in imports(ast.walk(tree(path)))), path


def test_no_module_compares_the_name_of_a_game():
    names = set(npgan.games.GAMES)
    for path in PATHS:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Compare):
                compared = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                assert not compared & names, f"{path}:{node.lineno}"


def test_every_module_opens_with_the_sentence_that_says_what_it_is():
    for path in PATHS:
        doc = ast.get_docstring(tree(path))
        assert doc and len(doc.splitlines()[0]) > 20, path


@pytest.mark.parametrize("page", CORE)
def test_a_page_of_the_core_is_read_in_one_sitting(page):
    assert len((PACKAGE / f"{page}.py").read_text(encoding="utf-8").splitlines()) <= 150


def test_a_function_of_the_application_fits_on_a_screen():
    for path in PATHS:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef) and room(path) == "app":
                assert node.end_lineno - node.lineno < 40, f"{path}: {node.name}"


def test_everything_in_all_is_there():
    assert all(hasattr(npgan, name) for name in npgan.__all__)
