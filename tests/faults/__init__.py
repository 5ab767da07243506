"""Bugs to plant into the library, each with the lessons that must notice it, a file for each room.

A fault is a function of pytest's monkeypatch that breaks one thing; FAULTS pairs it with the number
of a lesson, as its file name has it ("02b"). A lesson that still runs to its end over a planted fault
teaches something it does not check.
"""

from faults import data, games, gan, gradcheck, lesson_10, metrics, network, theory, training, variants  # noqa: F401
from faults.planting import PLANTED, fault

FAULTS = sorted(PLANTED, key=lambda pair: pair[0])  # (lesson, plant), by lesson

__all__ = ["FAULTS", "fault"]
