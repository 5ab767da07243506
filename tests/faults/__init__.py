"""Bugs to plant into the library, each with the lessons that must notice it: a file for each room of the
library, and for each lesson one with what it alone must notice.

A fault is a function of pytest's monkeypatch that breaks one thing; FAULTS pairs it with the number
of a lesson, as its file name has it ("02b"). A lesson that still runs to its end over a planted fault
teaches something it does not check.
"""

from importlib import import_module
from pathlib import Path

from faults.planting import PLANTED, fault

for path in sorted(Path(__file__).parent.glob("*.py")):
    if path.name != "__init__.py":
        import_module(f"faults.{path.stem}")

FAULTS = sorted(PLANTED, key=lambda pair: pair[0])  # (lesson, plant), by lesson

__all__ = ["FAULTS", "fault"]
