"""A lesson is a percent script, cells of prose and of code: to be found, read, copied, and made a notebook.

In a checkout the lessons stand beside the package, in a wheel inside of it.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import npgan
from npgan.files import whole_file

PAGES = "00_map.md", "README.md"  # what else is in the folder: the map, and a page for teachers
MARK = re.compile(r"^# %%(.*)$", re.MULTILINE)
STAR = re.compile(r"`[^`]*`|\n\n|\\\*|\*+")  # what decides whether a star is one: D*, or the end of *emphasis*


class Cell(NamedTuple):
    """prose: is it prose, or code? text: of prose without its comment signs. line: its first in the file."""

    prose: bool
    text: str
    line: int


@dataclass(frozen=True)
class Lesson:
    """path: of its file. The others are what the file says of itself."""

    path: Path
    title: str
    minutes: int | None
    needs: str
    cells: tuple

    @property
    def number(self):
        """As it is typed: 1, 2, 2b, ..."""
        return self.path.stem.partition("_")[0].lstrip("0")

    @property
    def answers(self):
        return self.path.parent / "answers" / self.path.name

    def __str__(self):
        return f"{self.title}{f' ({self.minutes} minutes)' if self.minutes else ''}"


# --- found and read ---


def folder():
    """Where the lessons are; FileNotFoundError if this copy of the package has none."""
    package = Path(npgan.__file__).resolve().parent
    for place in package / "lessons", package.parent / "lessons":
        if (place / PAGES[0]).is_file():
            return place
    raise FileNotFoundError(f"there are no lessons with this npgan, in {package}")


def lessons(place=None):
    """Every Lesson, in their order."""
    return [read(path) for path in sorted((place or folder()).glob("[0-9]*_*.py"))]


def chosen(numbers, place=None):
    """The lessons of these numbers, as typed; all without any. ValueError for one that there is not."""
    by_number = {lesson.number: lesson for lesson in lessons(place)}
    wanted = {number.lower().lstrip("0"): number for number in numbers}
    for number, typed in wanted.items():
        if number not in by_number:
            raise ValueError(f"there is no lesson {typed!r}; there are {', '.join(by_number)}")
    return [lesson for number, lesson in by_number.items() if not wanted or number in wanted]


def read(path):
    """The Lesson in a file."""
    cells = split(path.read_text(encoding="utf-8"))
    opening = next((cell.text for cell in cells if cell.prose), "")
    words = " ".join(opening.split())
    title = re.search(r"^# (.+)$", opening, re.MULTILINE)
    minutes = re.search(r"(\d+) minutes in class", words)
    needs = re.search(r"\*\*You need\*\*:? (.+?)(?=[.;] |\.$|\.? \*\*|$)", words)
    title, minutes = title[1] if title else path.stem, int(minutes[1]) if minutes else None
    return Lesson(path, title, minutes, needs[1] if needs else "", cells)


def split(text):
    """The cells of a percent script."""
    marks = [*MARK.finditer(text)]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    cells = []
    for mark, end in zip(marks, ends, strict=True):
        body, line = text[mark.end() + 1 : end], text.count("\n", 0, mark.end()) + 2
        prose = "[markdown]" in mark[1]
        if prose:
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        cells.append(Cell(prose, body.strip("\n"), line))
    return tuple(cells)


def markdown(prose):
    """A prose cell as what shows Markdown wants it: with a backslash before the star of D*, which else would
    begin or end an emphasis."""
    out, done, within = [], 0, False
    for found in STAR.finditer(prose):
        mark, start, end = found[0], found.start(), found.end()
        out.append(prose[done:start])
        before, after = prose[start - 1 : start], prose[end : end + 1]
        if mark == "\n\n":
            within = False  # no emphasis lasts longer than its paragraph
        elif mark == "*" and (before.isspace() and after.isspace() or before.isalpha() and not within):
            mark = "\\*"  # times, or the star of D*
        elif mark == "*":
            within = not within and not after.isspace()
        out.append(mark)
        done = end
    return "".join([*out, prose[done:]])


# --- told, copied, made notebooks ---


def table(some):
    """Lines that list lessons: number, title, minutes, and what each needs."""
    for lesson in some:
        yield f"{lesson.number:>3}  {lesson}"
        yield f"     needs {lesson.needs}"


def copies(some, pages=True):
    """{name: bytes} of the files to copy: lessons, their answers, and, or not, the other pages."""
    place = some[0].path.parent
    paths = [path for lesson in some for path in (lesson.path, lesson.answers)]
    paths += [place / name for name in PAGES if pages]
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def notebooks(some):
    """{name: bytes} of the lessons and their answers as notebooks."""
    files = {}
    for lesson in some:
        for path in lesson.path, lesson.answers:
            if path.is_file():
                name = path.with_suffix(".ipynb").relative_to(lesson.path.parent).as_posix()
                files[name] = notebook(read(path).cells)
    return files


def notebook(cells):
    """The bytes of a notebook, nbformat 4.5, with these cells and no outputs."""
    made = []
    for i, cell in enumerate(cells, start=1):
        text = markdown(cell.text) if cell.prose else cell.text
        one = {"cell_type": "markdown" if cell.prose else "code", "id": f"cell-{i}", "metadata": {}}
        one |= {"source": text.splitlines(keepends=True)}
        made.append(one if cell.prose else one | {"execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    meta = {"kernelspec": kernel, "language_info": {"name": "python"}}
    whole = {"cells": made, "metadata": meta, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()


def write(out, files):
    """Write {name: bytes} into a folder; ValueError, before anything is written, if others are there."""
    out = Path(out)
    for name, content in files.items():
        path = out / name
        if path.exists() and not (path.is_file() and path.read_bytes() == content):
            raise ValueError(f"{path} is there already, and differs: choose another folder, or move it away")
    write_over(out, files)


def write_over(out, files):
    """The same, in place of what is there under these names."""
    for name, content in files.items():
        path = Path(out) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            file.write(content)
