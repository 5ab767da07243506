"""What the README shows runs as it stands, and what it links to is there."""

import re
from pathlib import Path

import pytest

from npgan.app.cli import main

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
ALONE = [code for code in re.findall(r"```python\n(.*?)```", TEXT, re.S) if code.startswith("import")]


@pytest.mark.parametrize("code", ALONE, ids=range(len(ALONE)))
def test_each_piece_of_code_that_imports_what_it_needs_runs_alone(code):
    exec(compile(code, "README.md", "exec"), {})
    assert ALONE


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert len(links) > 20
    for link in links:
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_commands_are_those_that_there_are(capsys):
    for command in sorted(set(re.findall(r"^npgan (\w+ ?\w*)", TEXT, re.M))):
        words = command.split() if command.startswith("train") else command.split()[:1]
        with pytest.raises(SystemExit) as info:
            main([*words, "--help"])
        assert info.value.code == 0, command
