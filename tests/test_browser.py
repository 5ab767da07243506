"""The browser of other tests does what they rely on: it waits, clicks, types, looks, and hears what fails."""

import browser
import pytest

pytestmark = pytest.mark.skipif(not browser.find(), reason="there is no chromium here")
PAGE = """<!doctype html><title>start</title><button style="margin-top: 3000px">press</button>
<img src="http://example.org/picture.png"><canvas width="50" height="50"></canvas><script>
document.querySelector("button").onclick = () => { document.title = "clicked"; throw new Error("told"); };
onkeydown = event => { document.title += " " + event.key + event.keyCode; };
onmousedown = event => { window.at = [event.clientX, event.clientY]; };
</script>"""


@pytest.fixture(scope="module")
def chromium():
    with browser.Browser() as opened:
        yield opened


@pytest.fixture
def page(chromium, tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    return chromium.open(tmp_path / "page.html", width=640, height=480, offline=True)


def test_what_is_asked_for_and_what_fails_is_heard(page, tmp_path):
    assert page.requests == [(tmp_path / "page.html").as_uri(), "http://example.org/picture.png"]
    assert len(page.errors) == 1 and "http://example.org/picture.png" in page.errors[0]


def test_clicks_and_keys(page):
    page.click("button")
    assert page.evaluate("document.title") == "clicked" and "Error: told" in page.errors[-1]
    for key in "ArrowRight", "a", "?", "5":
        page.press(key)
    assert page.evaluate("document.title") == "clicked ArrowRight39 a65 ?191 553"
    page.evaluate("document.title = ''; 0")
    page.press(" ")  # on a button that has the focus it is a click
    assert page.evaluate("document.title") == "clicked"
    page.click((12, 34))
    assert page.evaluate("at") == [12, 34]


def test_it_waits_and_says_what_for(page):
    page.evaluate("setTimeout(() => { document.title = 'late'; }, 200); 0")
    page.wait_for("document.title == 'late'")
    with pytest.raises(TimeoutError, match="waited 0.2 s for document.title == 'never'"):
        page.wait_for("document.title == 'never'", seconds=0.2)
    with pytest.raises(RuntimeError, match="nothing is not defined"):
        page.evaluate("nothing")
    assert page.evaluate("Promise.resolve({a: [1, null]})") == {"a": [1, None]}


def test_what_is_seen(page, tmp_path):
    from PIL import Image

    page.evaluate("document.body.style.background = 'rgb(1, 2, 3)'; 0")
    page.screenshot(tmp_path / "seen.png")
    seen = Image.open(tmp_path / "seen.png").convert("RGB")
    assert seen.size == (640, 480) and seen.getpixel((600, 100)) == (1, 2, 3)
    assert page.evaluate("[innerWidth, innerHeight]") == [640, 480]
    assert page.evaluate("[document.hidden, document.hasFocus()]") == [False, True]
