"""The lessons as pages to read: static HTML, with what each cell printed and drew under it; no script, nothing
from elsewhere.

A page holds its pictures and its style itself: it can be sent to somebody alone. A policy in it says so to the
browser.
"""

import html
import io
import keyword
import os
import re
import tokenize
from importlib.metadata import version
from string import Template

import npgan
from npgan.app.execute import all_executed
from npgan.app.lessons import PAGES, markdown, read, write_over

GENERATOR = "npgan lessons --site"  # by this a page is known that may be replaced
NAMES = {"00_map.md": "index.html", "README.md": "teachers.html"}
LESSONS = re.compile(r"\b([Ll]essons?\s)(\d+b?(?:(?:,|,? and| to)\s\d+b?)*)")  # "lessons 3 and 4"
SCRIPT = re.compile(r"<code>lessons/((?:answers/)?\w+\.py)</code>")
LINK = re.compile(r'<a href="(?!https?:)([^"#]*)(#[^"]*)?">(.*?)</a>', re.DOTALL)
FORMULA = re.compile(r"(?<![\\$])(\$\$?)([^$`]+)\1")
SIGNS = {r"\sim": "~", r"\int": "&int;", r"\,": " ", r"\|": "||", "\\": ""}  # log, max: their names will do

LEAD = """Generative adversarial nets in NumPy, every gradient by hand. These lessons ran when the pages were
made: what a cell printed and drew stands under it, and each claim is an `assert` that held."""

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="$generator">
$meta<title>$title</title>
<style>$style</style>
</head>
<body>
<nav aria-label="Lessons">$nav</nav>
<main>
$body
</main>
<nav aria-label="Lessons, again">$nav</nav>
<footer>$foot</footer>
</body>
</html>
""")

STYLE = """
html { font-size: clamp(16px, 1.45vw, 26px); scroll-padding-top: 1rem; }
body { margin: 0 auto; padding: 0 1rem 2rem; max-width: 60rem; color: #1b1f24; background: #fff;
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: break-word; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; justify-content: space-between; padding: .8rem 0;
  font-size: .9rem; }
nav span:empty { display: none; }
a { color: #005a96; }
a:focus-visible, pre:focus-visible, summary:focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1rem 0; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 2.4rem 0 .6rem; }
h3 { font-size: 1.1rem; }
pre, code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .86rem; }
pre code { font-size: inherit; }
pre { overflow-x: auto; line-height: 1.45; padding: .7rem .9rem; margin: .6rem 0; border-radius: .3rem;
  background: #f3f5f7; }
.cell { position: relative; }
.cell > a { position: absolute; top: .35rem; right: .5rem; font-size: .75rem; color: #57606a;
  background: #f3f5f7; text-decoration: none; }
.out { white-space: pre-wrap; background: #fff; border-left: .3rem solid #009e73; border-radius: 0;
  padding: .2rem .9rem; }
.code b { color: #00468b; font-weight: 600; } .code i { color: #57606a; font-style: italic; }
.code q { color: #8a3c00; quotes: none; } .code u { color: #6f2c80; text-decoration: none; }
figure { margin: .8rem 0; }
img { max-width: 100%; height: auto; display: block; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0;
  border-bottom: 1px solid #d0d7de; }
.formula { font-family: Georgia, "DejaVu Serif", serif; font-style: italic; }
p.formula { text-align: center; font-size: 1.15rem; }
footer { border-top: 1px solid #d0d7de; padding: .8rem 0; font-size: .9rem; color: #57606a; }
@media (max-width: 40rem) { .cell > a { display: none; } }
@media print { nav { display: none; } pre { white-space: pre-wrap; } }
"""


# --- the pages ---


def check():
    """ValueError if the package that makes HTML of Markdown is not there."""
    try:
        import markdown  # noqa: F401
    except ImportError:
        raise ValueError('a site needs the package markdown: pip install "npgan[site]"') from None


def made_here(path):
    """Is that file a page of such a site?"""
    return path.is_file() and f'content="{GENERATOR}"'.encode() in path.read_bytes()[:2000]


def check_free(out):
    """Before it takes its time: ValueError if the folder holds an index.html that is none of ours; OSError if
    it cannot be written."""
    index = out / "index.html"
    there = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not there.is_dir():
        raise NotADirectoryError(f"{there} is no folder")
    if not os.access(there, os.W_OK):
        raise PermissionError(f"{there} cannot be written")
    if index.exists() and not made_here(index):
        raise ValueError(f"{index} is there, and not made by {GENERATOR}: choose another folder")


def write(out, files):
    """Write {name: bytes} into a folder, in place of the site that was there; other files in it stay."""
    for path in out.glob("*.html"):
        if path.name not in files and made_here(path):
            path.unlink()
    write_over(out, files)


def build(some, say=print):
    """{name: bytes} of the pages: these lessons, executed now, their answers, the map, the page for teachers.

    say: told a line after each lesson. Failed if one does not run to its end.
    """
    place, pages = some[0].path.parent, Pages(some)
    texts = {name: (place / name).read_text(encoding="utf-8") for name in PAGES if (place / name).is_file()}
    files, parts = {}, []
    for lesson in some:
        parts.append((lesson, lesson))
        if lesson.answers.is_file():
            parts.append((lesson, read(lesson.answers)))
    for (lesson, part), result in zip(parts, all_executed([part for _, part in parts]), strict=True):
        files[pages.name(part.path)] = pages.lesson(lesson, part, result).encode()
        pictures = sum("picture" in one for outputs in result.outputs for one in outputs)
        what = "lesson" if part is lesson else "answers to lesson"
        counts = f"{len(result.outputs)} cells, {pictures} pictures, {len(result.held)} asserts held"
        say(f"{what} {lesson.number}: {counts} ({result.seconds:.1f} s)")
    for name, text in texts.items():
        files[NAMES[name]] = pages.prose_page(name, text).encode()
    return files


class Pages:
    """What all pages of a site know: which others there are, in which order."""

    def __init__(self, some):
        self.lessons = some
        self.by_number = {lesson.number: self.name(lesson.path) for lesson in some}
        place = some[0].path.parent
        self.by_path = {name: page for name, page in NAMES.items() if (place / name).is_file()}
        self.parts = {}  # {(page, heading): where it is on that page}
        for lesson in some:
            self.by_path[lesson.path.name] = self.name(lesson.path)
            prose = "\n".join(cell.text for cell in lesson.cells if cell.prose)
            for i, heading in enumerate(re.findall(r"^## (.+)$", prose, re.MULTILINE), start=1):
                self.parts[self.name(lesson.path), heading] = f"#part-{i}"
            if lesson.answers.is_file():
                self.by_path[f"answers/{lesson.answers.name}"] = self.name(lesson.answers)

    def name(self, path):
        """Of the page of a lesson, or of its answers."""
        return f"{'answers_' if path.parent.name == 'answers' else ''}{path.stem}.html"

    def lesson(self, lesson, part, result):
        """The page of an executed lesson, or of its answers (then part is those)."""
        body, cell = [], 0
        for one in part.cells:
            if one.prose:
                body.append(self.prose(one.text, self.name(part.path)))
            else:
                body.append(code_cell(one.text, cell, result.outputs[cell]))
                cell += 1
        held, there = len(set(result.held)), len(set(result.asserts))
        foot = f"Executed with npgan {npgan.__version__} and NumPy {version('numpy')}: "
        foot += f"{held} of {there} asserts reached, and all of these held. The script: "
        foot += f"<code>lessons/{'answers/' if part is not lesson else ''}{html.escape(part.path.name)}</code>"
        meta = f'<meta name="npgan-asserts" content="{held}/{there}">\n'
        nav = self.nav(lesson, answers=part is not lesson)
        return page(part.title, contents("\n".join(body)), nav, foot, meta)

    def nav(self, lesson, answers):
        i, links = self.lessons.index(lesson), ["", "", ""]
        if answers:
            links[0] = a(self.name(lesson.path), f"&larr; lesson {lesson.number}")
        elif i > 0:
            links[0] = self.to(self.lessons[i - 1], "prev")
        links[1] = a("index.html", "all lessons")
        if i + 1 < len(self.lessons) and not answers:
            links[2] = self.to(self.lessons[i + 1], "next")
        return "".join(f"<span>{link}</span>" for link in links)

    def to(self, lesson, rel):
        """A link to the lesson before or after."""
        text = f"{lesson.number} {html.escape(lesson.title)}"
        return a(self.name(lesson.path), f"{text} &rarr;" if rel == "next" else f"&larr; {text}", rel)

    def prose_page(self, name, text):
        """The map, as the first page, with the order of the lessons on its top; or the page for teachers."""
        if NAMES[name] == "index.html":
            text = with_order_first(text)
            links = [a("teachers.html", "for teachers")] if "README.md" in self.by_path else []
            links += [self.to(lesson, "next") for lesson in self.lessons[:1]]
        else:
            links = [a("index.html", "all lessons")]
        body = self.prose(text, NAMES[name])
        title = re.search(r"^# (.+)$", text, re.MULTILINE)
        foot = f"npgan {npgan.__version__}. Everything on these pages stands in them: nothing is fetched."
        nav = "".join(f"<span>{link}</span>" for link in links)
        return page(title[1] if title else "npgan", body, nav, foot)

    def prose(self, text, here):
        """HTML of Markdown, with links to the other pages; what has no page here is no link."""
        made = SCRIPT.sub(r'<a href="\1">\g<0></a>', to_html(text))
        made = LINK.sub(self.link, made)
        return "".join(self.cited(part, here) if plain else part for part, plain in pieces(made))

    def link(self, found):
        """One to a page of this site; to a section, if it is named by the words of its heading."""
        path, part, text = found[1], found[2] or "", found[3]
        if not path:
            return found[0]
        page, heading = self.by_path.get(path), " ".join(html.unescape(text).split())
        return a(page + (part or self.parts.get((page, heading), "")), text) if page else text

    def cited(self, text, here):
        """Links for "lesson 3" and "lessons 3 and 4"."""

        def linked(found):
            page = self.by_number.get(found[0])
            return a(page, found[0]) if page and page != here else found[0]

        return LESSONS.sub(lambda found: found[1] + re.sub(r"\d+b?", linked, found[2]), text)


def page(title, body, nav, foot, meta=""):
    title = html.escape(title if "npgan" in title else f"{title} - npgan")
    parts = {"title": title, "body": body, "nav": nav, "foot": foot, "meta": meta}
    return PAGE.substitute(parts, generator=GENERATOR, style=STYLE)


def a(href, text, rel=""):
    return f'<a href="{href}"{f" rel={rel}" if rel else ""}>{text}</a>'


def with_order_first(text):
    """The map with its section "The order" right under the title."""
    head, *sections = re.split(r"(?=^## )", text, flags=re.MULTILINE)
    title, _, opening = head.partition("\n")
    title += f"\n\n{LEAD}"
    order = [section for section in sections if section.startswith("## The order")]
    others = [section for section in sections if section not in order]
    return "\n\n".join([title, *order, opening, *others])


def contents(body):
    """The page with a name for each of its sections, and behind its first paragraph a list of them."""
    names = []

    def named(found):
        names.append(re.sub(r"<[^>]*>", "", found[1]))
        return f'<h2 id="part-{len(names)}">{found[1]}</h2>'

    body = re.sub(r"<h2>(.*?)</h2>", named, body)
    items = "".join(f"<li>{a(f'#part-{i}', name)}</li>" for i, name in enumerate(names, start=1))
    parts = f"<details><summary>On this page</summary><ol>{items}</ol></details>" if names else ""
    head, end, rest = body.partition("</h1>")
    return head + end + parts + rest if end else parts + body


# --- cells ---


def to_html(text):
    """HTML of a prose cell: Markdown with formulas, which stay text."""
    import markdown as converter

    text = FORMULA.sub(formula, markdown(text))
    text = re.sub(r"(?<=\n)(?=(?:- |1\. ))(?<!\n\n)", "\n", text)  # a list may follow a line of a paragraph
    text = re.sub(r"(^(?:- |\d+\. ).*)\n\n(?=(?:- |1\. ))", r"\1\n", text, flags=re.MULTILINE)
    made = converter.markdown(text, extensions=["tables", "fenced_code", "sane_lists"], output_format="html")
    return made.replace("<pre>", '<pre tabindex="0">')


def formula(found):
    """A formula in TeX, E_{x \\sim p_{data}}, as text: signs by their names, and what is below set below."""
    text = html.escape(found[2])
    for sign, plain in SIGNS.items():
        text = text.replace(sign, plain)
    while "{" in text:
        text, before = re.sub(r"([_^])\{([^{}]*)\}", below, text), text
        if text == before:
            break
    text = re.sub(r"([_^])(\w)", below, text)
    if found[1] == "$$":
        return f'\n<p class="formula">{text}</p>\n'
    return f'<span class="formula">{text}</span>'


def below(found):
    tag = "sub" if found[1] == "_" else "sup"
    return f"<{tag}>{found[2]}</{tag}>"


def pieces(made):
    """(text, is it plain text, in no heading, link or code?) of HTML, in order."""
    within = 0
    for part in re.split(r"(<[^>]+>)", made):
        tag = re.match(r"<(/?)(a|code|pre|h\d)\b", part)
        if tag:
            within += -1 if tag[1] else 1
        yield part, not within and not part.startswith("<")


def code_cell(code, number, outputs):
    """A code cell, and under it what it printed and drew."""
    name = f"cell-{number + 1}"
    link = f'<a href="#{name}" aria-label="code cell {number + 1}">{number + 1}</a>'
    made = [f'<div class="cell" id="{name}">{link}']
    made.append(f'<pre class="code" tabindex="0"><code>{highlighted(code)}</code></pre></div>')
    for one in outputs:
        if "text" in one:
            if text := html.escape(one["text"].rstrip()):
                made.append(f'<pre class="out" tabindex="0"><samp>{text}</samp></pre>')
        else:
            source = f"data:image/webp;base64,{one['picture']}"
            made.append(f'<figure><img src="{source}" alt="{html.escape(one["alt"])}"></figure>')
    return "\n".join(made)


def highlighted(code):
    """HTML of Python: <b> for keywords, <q> strings, <i> comments, <u> numbers."""
    lines = code.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    made, done = [], 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        tag = tag_of(token)
        if not tag:
            continue
        start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        made += [html.escape(code[done:start]), f"<{tag}>{html.escape(code[start:end])}</{tag}>"]
        done = end
    return "".join(made) + html.escape(code[done:])


def tag_of(token):
    kind = tokenize.tok_name[token.type]
    if kind == "NAME":
        return "b" if keyword.iskeyword(token.string) else ""
    if kind == "STRING" or kind.startswith("FSTRING"):  # an f-string is several tokens from Python 3.12 on
        return "q"
    return {"COMMENT": "i", "NUMBER": "u"}.get(kind, "")
