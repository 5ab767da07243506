"""The map of the lessons leads to each of them, in order, and gives the minutes that the lesson gives."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "lessons"
TEXT = (FOLDER / "00_map.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| \[(\w+) [^]]+\]\((\w+\.py)\) \| (\d+) \|", TEXT, re.M)  # number, file, minutes


def test_every_lesson_has_its_row_in_order():
    assert [file for _, file, _ in ROWS] == sorted(path.name for path in FOLDER.glob("[0-9]*_*.py"))
    assert [number for number, _, _ in ROWS] == [file.split("_")[0].lstrip("0") for _, file, _ in ROWS]


@pytest.mark.parametrize("number, file, minutes", ROWS, ids=[number for number, _, _ in ROWS])
def test_minutes_are_those_that_the_lesson_names(number, file, minutes):
    named = re.search(r"(\d+) minutes in class", (FOLDER / file).read_text(encoding="utf-8"))
    assert named is None or named[1] == minutes


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert link.startswith("https://arxiv.org/") or (FOLDER / link).exists(), link


def test_it_is_one_page():
    assert TEXT.count("\n") <= 90
