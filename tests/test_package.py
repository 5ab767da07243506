"""The package as a whole: what importing it costs, what it depends on, who imports whom."""

import ast
import subprocess
import sys
from pathlib import Path

import npgan

PACKAGE = Path(npgan.__file__).parent
DOWN = [  # imports run downwards only: a module may import from those before it
    "require", "files", "layers", "network", "games", "optim", "distributions", "theory", "glyphs", "digits",
    "metrics", "gan", "variants", "models", "training", "gradcheck", "checkpoint", "plots", "demos", "runs",
    "cli",
]  # fmt: skip


def test_importing_npgan_loads_numpy_alone():
    code = "import sys, npgan; print(*{'matplotlib', 'tqdm', 'torch', 'hypothesis'}.intersection(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_only_plots_imports_matplotlib_at_once():
    for path in PACKAGE.rglob("*.py"):
        tops = [
            node
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
        for node in tops:
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
            )
            if any(name.split(".")[0] == "matplotlib" for name in names):
                assert path.name == "plots.py", path


def test_imports_run_downwards():
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room.startswith("__"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("npgan"):
                parts = node.module.split(".")
                for other in parts[1:2] or [alias.name for alias in node.names if alias.name in DOWN]:
                    assert other == room or DOWN.index(other) < DOWN.index(room), f"{path.name} imports {other}"


def test_every_module_opens_with_the_sentence_that_says_what_it_is():
    for path in PACKAGE.rglob("*.py"):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert doc and len(doc.splitlines()[0]) > 20, path


def test_everything_in_all_is_there():
    assert all(hasattr(npgan, name) for name in npgan.__all__)
