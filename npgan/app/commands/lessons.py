"""npgan lessons: list them, say the way to one, copy them, make notebooks or a site of them."""

import os
import shlex
from pathlib import Path

from npgan import require
from npgan.app import lessons
from npgan.app.commands.options import place
from npgan.app.console import complain


def add(commands):
    text = "list the lessons; copy them, make notebooks or a site of them"
    command = commands.add_parser("lessons", help=text, description=text[0].upper() + text[1:] + ".")
    command.add_argument("lesson", nargs="*", default=(), help="such as 3 or 2b (default: all)")
    what = command.add_mutually_exclusive_group()
    text = "copy the lessons and their answers into a folder, in which nothing else is changed"
    what.add_argument("--copy", type=place, metavar="DIR", help=text)
    what.add_argument("--notebooks", type=place, metavar="DIR", help="the same, as notebooks for Jupyter")
    text = "execute them, and write pages for a browser, with what each cell prints and draws"
    what.add_argument("--site", type=place, metavar="DIR", help=f"{text} (needs npgan[site])")
    command.set_defaults(run=run)


def run(args):
    some = lessons.chosen(args.lesson)
    if args.copy:
        return write(args.copy, lessons.copies(some, pages=not args.lesson), some)
    if args.notebooks:
        return write(args.notebooks, lessons.notebooks(some), some)
    if args.site:
        return make_site(Path(args.site), some)
    lines = (line for lesson in some for line in way(lesson)) if args.lesson else overview(some)
    print(*lines, sep="\n")
    return 0


def write(out, files, some):
    lessons.write(out, files)
    pages = "".join(f", {name}" for name in lessons.PAGES if name in files)
    what = f"lesson {some[0].number}" if len(some) == 1 else f"{len(some)} lessons"
    print(f"wrote {require.one_line(out)}: {what}, with answers{pages}")
    return 0


def make_site(out, some):
    from npgan.app import site
    from npgan.app.execute import Failed

    site.check()
    site.check_free(out)
    try:
        files = site.build(some, say=lambda line: print(line, flush=True))
    except Failed as error:
        complain(f"error: {error}")
        return 1
    site.write(out, files)
    print(f"wrote {require.one_line(out)}: {len(files)} pages; open {shown(out / 'index.html')} in a browser")
    return 0


def overview(some):
    yield from lessons.table(some)
    yield ""
    yield "`npgan lessons 3`: the way to lesson 3. `npgan lessons --copy DIR`: all of them, into a folder"


def way(lesson):
    """Lines that say what a lesson is, where, and how to run it."""
    yield f"lesson {lesson.number}: {lesson}"
    yield f"  needs         {lesson.needs}"
    yield f"  run it        python {shown(lesson.path)}"
    yield "  or step       cell by cell through that file in VS Code, Spyder or PyCharm"
    yield f"  its answers   {shown(lesson.answers)}"
    yield f"  to change it  npgan lessons {lesson.number} --copy DIR, or --notebooks DIR for Jupyter"


def shown(path):
    """The name of a file as it can be typed here: relative if it is below the current folder."""
    path = Path(os.path.abspath(path))
    with_here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return shlex.quote(require.one_line(with_here))
