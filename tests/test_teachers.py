"""The page for teachers names sections, minutes and commands that there are."""

import re
from pathlib import Path

import pytest

from npgan.app.cli import main, parser
from npgan.app.lessons import lessons

FOLDER = Path(__file__).parents[1] / "lessons"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
LESSONS = {lesson.number: lesson for lesson in lessons(FOLDER)}


def headings(path):
    return re.findall(r"^# ## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)


def test_each_section_that_is_named_is_there():
    sections = re.findall(r"\[([^\]]+)\]\((\w+\.py)\)", TEXT)
    titles = re.findall(r"^### \[(.+)\]\((\w+\.py)\), \d+ minutes$", TEXT, re.MULTILINE)
    for text, file in set(sections) - set(titles):
        words = " ".join(text.split()).replace("\\*", "*")
        assert words in headings(FOLDER / file), f"{file} has no section {words!r}"
    assert len(sections) > 60 and len(titles) == len(LESSONS)


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert link.startswith("https://") or (FOLDER / link).exists(), link


def test_each_lesson_has_its_part_in_order_with_its_minutes():
    told = re.findall(r"^### \[(\w+) .+\]\((\w+\.py)\), (\d+) minutes$", TEXT, re.MULTILINE)
    assert [number for number, *_ in told] == list(LESSONS)
    for number, file, minutes in told:
        assert LESSONS[number].path.name == file and LESSONS[number].minutes == int(minutes)


def test_each_lesson_has_something_to_ask_to_project_and_to_refute():
    for part in re.split(r"^### \[", TEXT, flags=re.MULTILINE)[1:]:
        assert "**Ask**" in part and len(re.findall(r'^- \*\*"', part, re.MULTILINE)) >= 2, part[:40]
        assert "**Project**" in part, part[:40]


def test_the_courses_fit_their_time():
    course = TEXT.split("## 45 minutes")[1].split("\n## ")[0]
    assert sum(map(int, re.findall(r"^\| (\d+) \|", course, re.MULTILINE))) == 45
    rows = re.findall(r"^\| (\d) \| ([\w, ]+) \| (\d+) \|", TEXT, re.MULTILINE)
    assert [part for part, *_ in rows] == ["1", "2", "3", "4"]
    seen = []
    for _, some, minutes in rows:
        numbers = some.split(", ")
        assert sum(LESSONS[number].minutes for number in numbers) == int(minutes) <= 90
        seen += numbers
    assert seen == list(LESSONS)[: len(seen)] and len(seen) == 8


def test_commands_are_those_that_there_are(capsys):
    """And their options; play and record are looked at as soon as they are there."""
    (commands,) = (action for action in parser()._actions if action.choices and not action.option_strings)
    found = sorted(set(re.findall(r"`npgan (\w+)([^`]*)`", TEXT)))
    assert {name for name, _ in found} == {"gradcheck", "lessons", "play", "record"} and len(found) > 12
    for name, rest in found:
        if name in commands.choices:
            with pytest.raises(SystemExit) as info:
                main([name, "--help"])
            told = capsys.readouterr().out
            assert info.value.code == 0
            for option in re.findall(r"(?<!\w)--?[a-z][a-z-]*", rest):
                assert option in told, f"npgan {name} has no {option}"
        else:
            assert name in ("play", "record")
