"""Every option of every command, with every kind of nonsense: refused in a short line, or taken."""

import argparse
import functools
import io
import shutil
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest
from small_runs import refused

from npgan import digits, gradcheck
from npgan.app import cli, lessons, site
from npgan.app.commands import play, score
from npgan.app.live import page, pictures, record
from npgan.app.run import Run

NONSENSE = [  # no name of a folder outside: as such, some are taken
    "", " ", "\n", "\t", "a\nb", "\r", "\x1b[31m", "\u00e9", "\u6587", "\U0001f642", "\u202e", "\udcff",
    "\0", "a\0b", "9" * 19, "9" * 400, "-" + "9" * 400, "9" * 5000, "0." + "9" * 400, "-1", "0", "-0.0", "1.5",
    "1e999", "-1e999", "1e-999", "nan", "-NaN", "inf", "Infinity", "1e400", "0x10", "1_0", "\u0661\u0662",
    "1,2", ",", "1,,2", "1;2", "None", "null", "true", "[]", "{}", "()", "--", "-", "%s", "%(prog)s", "{0}",
    "./", "~", "/dev/null", "/proc/self/mem", "x" * 255, "x" * 256, "x" * 100_000, "x/" * 3000, "\n" * 1000,
]  # fmt: skip


def leaves(parser, *words):
    """(words, options that take a value) of each command that takes no further command."""
    deeper = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in deeper:
        for word, one in action.choices.items():
            yield from leaves(one, *words, word)
    if not deeper:
        yield words, [action for action in parser._actions if action.nargs != 0]


LEAVES = dict(leaves(cli.parser()))
GIVEN = {"checkpoint": None, "out": "out.npy", "data_set": "mnist"}  # what is required


def test_there_are_commands_and_options():
    commands = {"train", "play", "record", "sample", "score", "gradcheck", "lessons", "fetch"}
    assert {words[0] for words in LEAVES} == commands
    assert len(LEAVES) >= 9 and sum(map(len, LEAVES.values())) > 80


@pytest.fixture
def quick(monkeypatch, elsewhere):
    """What takes long is left out, but for what a command does before."""
    images, labels = np.zeros((300, 784), np.uint8), np.zeros(300, np.uint8)
    monkeypatch.setattr(digits, "mnist", lambda folder, split: digits.Digits(images, labels))
    monkeypatch.setattr(digits, "glyph_digits", lambda n, rng: digits.Digits(images, labels))
    monkeypatch.setattr(digits, "fetch", lambda folder, quiet: [])
    monkeypatch.setattr(gradcheck, "check_everything", lambda rng: [])
    monkeypatch.setattr(score, "score_lines", lambda *_, **__: [])
    monkeypatch.setattr(lessons, "copies", lambda some, pages: {"a.py": b""})
    monkeypatch.setattr(lessons, "notebooks", lambda some: {"a.ipynb": b""})
    monkeypatch.setattr(site, "check", lambda: None)
    monkeypatch.setattr(site, "build", lambda some, say: {"index.html": site.GENERATOR.encode()})
    monkeypatch.setattr(Run, "choose_threads", lambda self: "")
    monkeypatch.setattr(Run, "train", lambda self, quiet: "")
    monkeypatch.setattr(Run, "report", lambda self: [])
    monkeypatch.setattr("npgan.app.run.check_drawing", lambda: None)
    monkeypatch.setattr(play, "check_screen", lambda: None)
    monkeypatch.setattr(play, "show", lambda played, hide: 0)
    monkeypatch.setattr(play, "browse", lambda played, hide, port: 0)
    monkeypatch.setattr(record, "shoot", lambda *_, **__: None)
    for room, writer in (page, "page"), (pictures, "gif"), (pictures, "strip"):
        monkeypatch.setattr(room, writer, lambda recording, limit: b"")
    monkeypatch.setattr(cli, "parser", functools.cache(cli.parser))


def answer(args):
    """(exit code, standard error) of a command."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as err:
        try:
            code = cli.main(args)
        except SystemExit as end:
            code = end.code
    return code, err.getvalue()


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_nonsense(words, quick, elsewhere, gaussian, mnist):
    rng = np.random.default_rng(0)
    given = GIVEN | {"checkpoint": str(mnist if words == ("score",) else gaussian)}
    same = words[-1] not in ("gaussian", "mnist") and words[0] in ("train", "play", "record")  # as others have
    for tried in LEAVES[words]:
        few = same and tried.dest not in ("what", "hide", "port", "out", "frames", "width", "limit")
        for value in rng.permutation(NONSENSE)[:12] if few else NONSENSE:
            args = [*words]
            for action in LEAVES[words]:
                text = str(value) if action is tried else given.get(action.dest) if action.required else None
                if text is not None:
                    flag = action.option_strings[-1] if action.option_strings else None
                    args += [text] if flag is None else [f"{flag}={text}"] if flag[1] == "-" else [flag, text]
            code, err = answer(args)
            *usage, line = err.splitlines() or [""]
            told = f"{repr(args)[:300]}: {code}, {err[:2000]}"
            assert code in (0, 2) and (code == 0) == (err == ""), told
            assert (not usage or usage[0].startswith("usage: npgan")) and "error: " not in "".join(usage), told
            assert line.isprintable() and len(line) < 800 and (code == 0 or ": error: " in line), told
            for path in elsewhere.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_a_number_that_is_too_large_names_its_option(words, quick, gaussian, mnist):
    needed = [] if words[0] != "sample" else ["-o", "a.npy"]
    needed += [] if words[0] not in ("sample", "score") else [str(gaussian if words[0] == "sample" else mnist)]
    numbers = [one for one in LEAVES[words] if (one.metavar or "").startswith("N")]
    for action in numbers:
        for digits_ in 400, 5000:
            code, err = answer([*words, *needed, action.option_strings[0], "7" * digits_])
            assert code == 2 and f"argument {action.option_strings[0]}" in err.splitlines()[-1], err
    assert len(numbers) > 6 or words[0] != "train"


@pytest.mark.parametrize("n", [10**12, 10**13, 10**17, 10**39])
def test_more_samples_than_memory_holds(n, gaussian, mnist, capsys):
    sample = ["sample", "-o", "a.npy"]
    for args in [*sample, gaussian], [*sample, mnist, "--walk"], *([["score", mnist]] if n > 10**12 else []):
        refused(capsys, *args, "-n", n, message="not enough memory: ")
        refused(capsys, *args, "-n", n, message=f"(the largest number is -n {n})")


def test_names_that_are_none(capsys):
    for args in ["sample", "{}", "-o", "a.npy"], ["sample", "a", "-o", "{}"], ["train", "ring", "--out", "{}"]:
        for text in "", "a\0b":
            with pytest.raises(SystemExit) as info:
                cli.main([arg.replace("{}", text) for arg in args])
            assert info.value.code == 2 and "wanted a name, got" in capsys.readouterr().err


@pytest.mark.parametrize("args", [["train", "gaussian", "--out"], ["fetch", "mnist", "--data"]], ids=" ".join)
def test_folders_in_folders_without_end(args, elsewhere, capsys):
    assert cli.main([*args, "x/" * 1900]) == 2
    err = capsys.readouterr().err
    assert err.startswith("npgan: error: ") and err.count("\n") == 1 and len(err) < 800
