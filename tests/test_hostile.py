"""The runner of hostile cases, on parts made up for it."""

import os
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from benchmarks.hostile import __main__ as hostile


@pytest.fixture
def part(monkeypatch):
    """part(attack) puts a part "made_up" with this attack in place."""

    def put(attack):
        module = types.ModuleType("benchmarks.hostile.made_up")
        module.attack = attack
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


def test_each_case_has_an_empty_folder_and_numbers_of_its_own(part, capsys):
    cases, folders = [], []

    def attack(rng, folder):
        assert os.listdir(folder) == []
        (folder / "dust").touch()
        folders.append(folder)
        cases.append(rng.integers(2**60))
        return "even" if cases[-1] % 2 == 0 else "odd"

    part(attack)
    for _ in range(2):
        assert hostile.main(["made_up", "-n", "20", "--seed", "3"]) == 0
    assert cases[:20] == cases[20:] and len(set(cases)) == 20 and not any(map(Path.exists, folders))
    even = sum(case % 2 == 0 for case in cases[:20])
    out = capsys.readouterr().out
    assert "made_up: 20 cases: " in out and f"even ({even})" in out and f"odd ({20 - even})" in out
    hostile.main(["made_up", "-n", "1", "--seed", "3", "--first", "7"])
    hostile.main(["made_up", "-n", "20", "--seed", "4"])
    assert cases[40] == cases[7] and not {*cases[41:]} & {*cases[:20]}


def test_a_fault_is_told_in_a_line_and_the_others_go_on(part, capsys):
    def attack(rng, folder):
        cases.append(None)
        if len(cases) == 3:
            raise AssertionError("a file\nis gone")
        if len(cases) == 6:
            raise KeyError("meta\x1b")
        if len(cases) == 9:
            raise AssertionError
        return "refused"

    cases = []
    part(attack)
    assert hostile.main(["made_up", "-n", "10"]) == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        "  fault: made_up --seed 0 --first 2 -n 1: a file\\nis gone",
        "  fault: made_up --seed 0 --first 5 -n 1: KeyError: 'meta\\x1b'",
        "  fault: made_up --seed 0 --first 8 -n 1: AssertionError",
    ]
    assert len(cases) == 10


def test_so_many_seconds_and_the_slowest_case(part, capsys):
    def attack(rng, folder):
        cases.append(None)
        time.sleep(0.2 if len(cases) == 2 else 0.01)
        return "slow"

    cases, start = [], time.monotonic()
    part(attack)
    assert hostile.main(["made_up", "--seconds", "0.5"]) == 0
    assert 0.5 <= time.monotonic() - start < 5 and len(cases) > 2
    assert "case 1 the slowest with 0.2" in capsys.readouterr().out


def test_what_there_is_not(capsys):
    for args, message in [
        (["poker"], "there is no part 'poker'"),
        (["-n", "1", "--seconds", "1"], "not allowed with"),
        (["--first", "x"], "invalid int"),
    ]:
        with pytest.raises(SystemExit) as info:
            hostile.main(args)
        assert info.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize("how, hangs", [("time.sleep(60)", 1), ("re.match('(a*)*b', 30 * 'a')", 1), ("", 0)])
def test_a_case_that_hangs_is_named_and_ends_everything(how, hangs):
    """The second one lets no other thread run; the third one is none."""
    code = f"""
import re, sys, time, types
from benchmarks.hostile import __main__ as hostile

def attack(rng, folder):
    if calls.append(None) or len(calls) == 3:
        {how or 'time.sleep(0.3)'}
    return "fine"

calls, hostile.HANGS = [], 0.5
module = sys.modules["benchmarks.hostile.made_up"] = types.ModuleType("made_up")
module.attack = attack
code = hostile.main(["made_up", "-n", "5"])
time.sleep(2)
sys.exit(code)
"""
    root = str(Path(hostile.__file__).parents[2])
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=50)
    assert done.returncode == hangs and ("attack" in done.stderr) == hangs
    assert "re.match" in how or ("--seed 0 --first 2 -n 1: hangs" in done.stdout) == hangs
