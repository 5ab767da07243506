"""What the README shows runs as it stands, and what it links to is there; the Chinese one shows the same."""

import re
from pathlib import Path

import pytest

from npgan.app.cli import main

ROOT = Path(__file__).parents[1]
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")}
ALONE = [
    pytest.param(name, code, id=f"{name}-{i}")
    for name, text in TEXTS.items()
    for i, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    if code.startswith("import")
]
both = pytest.mark.parametrize("name", TEXTS)


def links(text):
    return re.findall(r"\]\(([^)#]+)\)", text)


def commands(text):
    """Each command at the start of a line, up to the words that say what it does."""
    return [found.strip() for found in re.findall(r"^npgan (?:\S+ ?)+", text, re.MULTILINE)]


def code(text):
    return re.findall(r"^```\w+\n.*?^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name, code", ALONE)
def test_each_piece_of_code_that_imports_what_it_needs_runs_alone(name, code):
    exec(compile(code, name, "exec"), {})


def test_there_is_code_that_runs_alone():
    assert {param.values[0] for param in ALONE} == set(TEXTS)


@both
def test_links_lead_somewhere(name):
    found = links(TEXTS[name])
    assert len(found) > 20
    for link in found:
        assert link.startswith("https://") or (ROOT / link).exists(), link


@both
def test_commands_are_those_that_there_are(name, capsys):
    found = sorted(set(re.findall(r"^npgan (\w+ ?\w*)", TEXTS[name], re.MULTILINE)))
    assert len(found) > 8
    for command in found:
        words = command.split() if command.startswith("train") else command.split()[:1]
        with pytest.raises(SystemExit) as info:
            main([*words, "--help"])
        assert info.value.code == 0, command


@both
def test_its_two_first_commands_stand_behind_their_markers(name):
    """There the CI finds them; and both files have the same."""
    found = [re.search(rf"^<!-- command:{mark} -->\n```sh\n(python3 .+)\n```$", text, re.MULTILINE)[1]
             for mark in ("first", "second") for text in (TEXTS["README.md"], TEXTS[name])]  # fmt: skip
    assert found[0] == found[1] != found[2] == found[3]


def test_the_chinese_one_has_what_the_english_one_has_in_the_same_order():
    """Commands, code, links, pictures, numbers, sections: all but the words."""
    english, chinese = TEXTS["README.md"], TEXTS["README.zh.md"]
    for find in commands, code, links:
        wanted, found = [one for one in find(english) if one != "README.zh.md"], iter(find(chinese))
        missing = [one for one in wanted if one not in found]  # in order, for the iterator only goes on
        assert not missing and len(wanted) > 3, f"README.zh.md lacks, or has elsewhere: {missing[0]}"
    numbers, sections = ([re.findall(what, text, re.MULTILINE) for text in TEXTS.values()]
                         for what in (r"\d+\.\d+", "^## "))  # fmt: skip
    assert set(numbers[0]) == set(numbers[1]) and len(sections[0]) == len(sections[1])
