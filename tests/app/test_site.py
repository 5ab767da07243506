"""The site of the lessons: executed to the last assert, linked, with pictures, and nothing from elsewhere.

Without more, lesson 3 is executed for it; NPGAN_SITE names the folder of a site that is there already, to be
looked at whole.
"""

import ast
import base64
import html
import io
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import browser
import pytest
from small_runs import refused

pytest.importorskip("markdown", reason="the site wants the package markdown, of npgan[site]")

from npgan.app import execute, lessons, site
from npgan.app.cli import main

FOLDER = Path(__file__).parents[2] / "lessons"
WHOLE = os.environ.get("NPGAN_SITE")
needs_chromium = pytest.mark.skipif(not browser.find(), reason="there is no chromium here")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of a site; lesson 3 is in it."""
    if WHOLE:
        return Path(WHOLE)
    out = tmp_path_factory.mktemp("site")
    assert main(["lessons", "3", "--site", str(out)]) == 0
    return out


class Page(HTMLParser):
    """What a page holds. hrefs, ids, srcs; images: (src, alt); tags; text of the outputs."""

    def __init__(self, text):
        super().__init__()
        self.hrefs, self.ids, self.images, self.tags, self.open = [], [], [], [], []
        self.feed(text)
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.hrefs += [attributes["href"]] if "href" in attributes else []
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.images += [(attributes["src"], attributes["alt"])] if tag == "img" else []
        if tag not in ("meta", "img", "br", "hr", "input", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another"


def pages(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}


def printed(text):
    """What stands under the cells of a page, as text."""
    return [html.unescape(found) for found in re.findall(r"<samp>(.*?)</samp>", text, re.DOTALL)]


def scripts(folder):
    """{page: the script it was made from}"""
    made = {f"{path.stem}.html": path for path in FOLDER.glob("[0-9]*_*.py")}
    made |= {f"answers_{path.stem}.html": path for path in FOLDER.glob("answers/[0-9]*_*.py")}
    return {page: path for page, path in made.items() if WHOLE or "03_optimal_d" in page}


# --- the real lessons ---


def test_every_page_is_there(built):
    wanted = {"index.html", *scripts(built)} | ({"teachers.html"} if (FOLDER / "README.md").exists() else set())
    assert set(pages(built)) == wanted and "03_optimal_d.html" in wanted


def test_links_lead_to_pages_and_places_on_them(built):
    found = {name: Page(text) for name, text in pages(built).items()}
    for name, one in found.items():
        assert len(one.hrefs) >= 2 and len(set(one.ids)) == len(one.ids), name
        for href in one.hrefs:
            if not href.startswith("https://"):
                page, _, part = href.partition("#")
                assert page in found or not page, f"{name}: {href}"
                assert not part or part in found[page or name].ids, f"{name}: {href}"


def test_nothing_is_from_elsewhere(built):
    for name, text in pages(built).items():
        found = Page(text)
        tags = {tag for tag, _ in found.tags}
        assert not tags & {"script", "link", "iframe", "object", "embed", "form", "video", "audio"}, name
        assert all(src.startswith("data:image/webp;base64,") for src, _ in found.images), name
        without_code = re.sub(r"<(samp|code)\b.*?</\1>", "", text, flags=re.DOTALL)
        assert not re.search(r"@import|url\(|srcset|\bon\w+=", without_code), name
        policy = next(more["content"] for tag, more in found.tags if more.get("http-equiv"))
        assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline';")


def test_the_last_assert_of_each_lesson_ran(built):
    for name, path in scripts(built).items():
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        there = sum(isinstance(node, ast.Assert) for node in nodes)
        assert f'<meta name="npgan-asserts" content="{there}/{there}">' in pages(built)[name], name


def test_every_cell_shows_what_it_prints_and_draws(built):
    from PIL import Image

    for name, path in scripts(built).items():
        text, script = pages(built)[name], path.read_text(encoding="utf-8")
        cells = [cell.text for cell in lessons.read(path).cells if not cell.prose]
        parts = re.split(r'<div class="cell" id="cell-\d+">', text)[1:]
        assert len(parts) == len(cells)
        for cell, part in zip(cells, parts, strict=True):
            code = html.unescape(re.sub(r"</?[a-z][^>]*>", "", re.search(r"<code>(.*?)</code>", part, re.S)[1]))
            assert code == cell, name
            if re.search(r"^(for .*\n    )?print\(", cell, re.M):
                assert printed(part), f"{name}: {cell[:60]}"
        images = Page(text).images
        drawn = len(re.findall(r"^plots\.finish\(", script, re.M))
        assert len(images) >= drawn and (len(images) == drawn or name == "05_algorithm_1.html")
        for src, alt in images:
            picture = Image.open(io.BytesIO(base64.b64decode(src.partition(",")[2])))
            assert picture.width > 700 and len(picture.convert("L").getcolors()) > 20 and len(alt) > 5


def test_lesson_3_reads_as_it_should(built):
    text = pages(built)["03_optimal_d.html"]
    assert "highest of 999 answers y: 0.725     p / (p + q) = 0.7251" in printed(text)[0]
    assert "<strong>y* = p / (p + q)</strong>" in text and "<em>for these samples</em>" in text
    assert '<a href="answers_03_optimal_d.html"><code>lessons/answers/03_optimal_d.py</code></a>' in text
    assert 'alt="At x = 4, where p = 0.32 and q = 0.12, one answer is best"' in text
    assert max(map(len, pages(built).values())) < 2_000_000


@needs_chromium
def test_lesson_3_in_a_browser_shows_its_pictures_and_fetches_nothing(built, tmp_path):
    with browser.Browser() as chromium:
        page = chromium.open(built / "03_optimal_d.html", offline=True)
        count = len(Page(pages(built)["03_optimal_d.html"]).images)
        sizes = page.evaluate("[...document.images].map(i => [i.complete, i.naturalWidth, i.width])")
        assert len(sizes) == count >= 6
        assert all(done and real > 700 and shown > 700 for done, real, shown in sizes)
        size = "parseFloat(getComputedStyle(document.querySelector('.code')).fontSize)"
        assert page.evaluate(size) > 15.9  # pixels: 12 points
        page.click('nav a[href="index.html"]')
        page.wait_for("document.querySelector('h1')?.textContent == 'The map'")
        page.click('a[href="03_optimal_d.html"]')
        page.wait_for("document.images.length >= 6 && document.readyState == 'complete'")
        assert {url.partition(":")[0] for url in page.requests} == {"file", "data"} and page.errors == []
        asked = "new Promise(r => { let i = new Image(); i.onload = i.onerror = e => r(e.type); i.src = '{}' })"
        for place in "http://127.0.0.1:9/a.png", "img.png":  # the page itself forbids it
            assert page.evaluate(asked.replace("{}", place)) == "error"
            assert "Content Security Policy" in page.errors.pop()
        phone = chromium.open(built / "03_optimal_d.html", width=390, height=800, phone=True, offline=True)
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        assert phone.evaluate("Math.max(...[...document.images].map(i => i.width))") <= 390


# --- small lessons, and those that fail ---

CELLS = '''# %% [markdown]
# # Count up
#
# **5 minutes in class.** **You need** to count (lessons 1 and 2). Compare $a_{x \\sim p}$ and `a < b` & D*.
# - a list, which follows at once
# - of two

# %%
from npgan import plots
import matplotlib.pyplot as plt
seen = ["<one>"]
print(*seen)

# %%
seen.append("two")
fig, ax = plt.subplots(figsize=(4, 3))
ax.set_title("A < B")
plots.finish(fig, "picture")
print(*seen)

# %% [markdown]
# ## Once more (`lessons/answers/01_count.py`)

# %% [markdown]
# ## Two & three

# %%
for i in range(2):
    seen.append(f"{i}: {seen[0]!r}")  # a comment
print(*seen, sep="\\n")
assert len(seen) == 4
'''
SECOND = """# %% [markdown]
# # Stop
#
# See lesson 1, lesson 2, [1](01_count.py), [Two
# & three](01_count.py), [no](../nowhere.py).

# %%
assert True
"""
MAP = """# The map

Words, see lesson 2.

## The order

| lesson |
|---|
| [1](01_count.py) |
"""


@pytest.fixture
def small(tmp_path):
    place = tmp_path / "lessons"
    (place / "answers").mkdir(parents=True)
    (place / "01_count.py").write_text(CELLS)
    (place / "answers" / "01_count.py").write_text("# %% [markdown]\n# # Answers\n\n# %%\nassert 1 + 1 == 2\n")
    (place / "02_stop.py").write_text(SECOND)
    (place / "00_map.md").write_text(MAP)
    return place


@pytest.fixture
def command(small, monkeypatch):
    monkeypatch.setattr(lessons, "folder", lambda: small)


def test_a_small_site(small):
    said = []
    made = site.build(lessons.lessons(small), say=said.append)
    files = {name: text.decode() for name, text in made.items()}
    assert set(files) == {"index.html", "01_count.html", "answers_01_count.html", "02_stop.html"}
    first, second, index = files["01_count.html"], files["02_stop.html"], files["index.html"]
    assert printed(first) == ["<one>", "<one> two", "<one>\ntwo\n0: '<one>'\n1: '<one>'"]
    assert [alt for _, alt in Page(first).images] == ["A < B"]
    assert first.index("<img") < first.index("&lt;one&gt; two")
    assert 'a<sub>x ~ p</sub></span> and <code>a &lt; b</code> &amp; D*.' in first
    assert "<li>a list, which follows at once</li>" in first
    assert "<b>for</b> i <b>in</b> <" not in first and "<b>for</b> i <b>in</b> range(<u>2</u>):" in first
    assert "<i># a comment</i>" in first and '<q>&quot;two&quot;</q>' in first
    assert 'lessons 1 and <a href="02_stop.html">2</a>' in first  # no link to itself
    assert '<a href="02_stop.html" rel=next>2 Stop &rarr;</a>' in first and "rel=prev" not in first
    assert '<a href="01_count.html" rel=prev>' in second and "rel=next" not in second
    assert 'See lesson <a href="01_count.html">1</a>, lesson 2, <a href="01_count.html">1</a>, ' in second
    assert '<a href="01_count.html#part-2">Two\n&amp; three</a>, no.' in second and 'id="part-2">Two' in first
    assert index.index("The order") < index.index("Words") and 'lesson <a href="02_stop.html">2</a>' in index
    assert said[0].startswith("lesson 1: 3 cells, 1 pictures, 1 asserts held (") and len(said) == 3
    assert made == site.build(lessons.lessons(small), say=said.append)


@pytest.mark.parametrize(
    "change, where, told",
    [
        (("len(seen) == 4", "len(seen) == 5"), "assert", "AssertionError: len(seen) == 5"),
        (("== 4", "== 5, f'{len(seen)}, not 5'"), "assert", "AssertionError: 4, not 5"),
        (("range(2)", "range(none)"), "for i in", "NameError: name 'none' is not defined"),
        (("seen[0]!r", "seen[9]!r"), "seen[9]", "IndexError: list index out of range"),
        (("range(2):", "range(2)"), "for i in", "SyntaxError: expected ':'"),
        (("assert len", "if i == 9:\n    assert len"), "    assert", "was never reached"),
        (('seen.append("two")', "import sys; sys.exit(3)"), None, "exit code 3"),
    ],
)
def test_a_lesson_that_fails_fails_the_build(change, where, told, small, command, capsys, monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")  # which would leave asserts out
    assert change[0] in CELLS
    text = CELLS.replace(*change)
    (small / "01_count.py").write_text(text)
    assert main(["lessons", "--site", "out"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("npgan: error: 01_count.py: ") and err.endswith(f"{told}\n") and err.count("\n") == 1
    if where:
        line = next(i for i, line in enumerate(text.splitlines(), start=1) if where in line)
        assert f"line {line}" in err and ("code cell 3" in err or told == "was never reached")
    assert out == "" and not Path("out").exists()


def test_a_site_replaces_only_a_site(command, small, capsys, elsewhere, monkeypatch):
    empty = execute.Result([[], [], []], [1], [1], 0.1)
    monkeypatch.setattr(site, "all_executed", lambda parts: [empty] * len(parts))
    (elsewhere / "mine").mkdir()
    (elsewhere / "mine" / "index.html").write_text("my own")
    refused(capsys, "lessons", "--site", "mine", message="mine/index.html is there, and not made by npgan")
    assert os.listdir(elsewhere / "mine") == ["index.html"]
    for _ in range(2):
        assert main(["lessons", "--site", "out"]) == 0
        assert "wrote out: 4 pages; open out/index.html in a browser\n" in capsys.readouterr().out
    for name in "notes.txt", "notes.html":
        (elsewhere / "out" / name).write_text("mine")
    assert main(["lessons", "2", "--site", "out"]) == 0
    assert set(os.listdir(elsewhere / "out")) == {"index.html", "02_stop.html", "notes.txt", "notes.html"}


def test_a_place_that_cannot_be_written_is_told_before_the_lessons_run(command, capsys, elsewhere, monkeypatch):
    monkeypatch.setattr(site, "all_executed", lambda parts: pytest.fail("it ran"))
    (elsewhere / "file").write_text("precious")
    for out in "file", "file/site":
        refused(capsys, "lessons", "--site", out, message="file is no folder")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    refused(capsys, "lessons", "--site", "new/site", message=f"{elsewhere} cannot be written")
    assert (elsewhere / "file").read_text() == "precious" and not (elsewhere / "new").exists()


def test_without_markdown(command, capsys, monkeypatch, elsewhere):
    monkeypatch.setitem(sys.modules, "markdown", None)
    refused(capsys, "lessons", "--site", "out", message='the package markdown: pip install "npgan[site]"')
    assert not (elsewhere / "out").exists()


def test_what_is_printed_names_no_home(small, monkeypatch):
    monkeypatch.setattr(execute, "HOME", "/rooms/somebody")
    out = execute.Output()
    out.write("no file /rooms/somebody/.cache/x")
    assert out.parts == [{"text": "no file ~/.cache/x"}]
