"""npgan record: what is in a page, a GIF and a strip, and that it is true; what is refused."""

import html
import io
import json
import re
from pathlib import Path

import browser
import numpy as np
import pytest
from live_sessions import session, state
from PIL import Image
from small_runs import refused

from npgan import gradcheck
from npgan.app.cli import main
from npgan.app.commands.record import STORIES as NAMED
from npgan.app.live import page, pictures, record, stories

SMALL = "--batch", "8", "--g-hidden", "6", "--d-hidden", "5", "--steps", "40", "--frames", "9", "--quiet"
NARROW = "--width", "320"
needs_chromium = pytest.mark.skipif(browser.find() is None, reason="there is no chromium here")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)


def recorded(*words):
    assert main(["record", *words, *SMALL, *NARROW]) == 0


def data_of(path):
    text = Path(path).read_text(encoding="utf-8")
    return json.loads(re.search('id="data">(.*?)</script>', text)[1])


def shot(name="ring", frames=9, width=320, **more):
    played = session(name, **more)
    made = record.new_recording(played, "npgan record")
    return played, record.shoot(made, {"": played}, record.acts_of(played, frames), width=width)


# --- what is recorded ---


def test_recording_plays_the_training_as_it_is():
    played, made = shot()
    plain = session("ring")
    plain.advance(40)
    assert state(played) == state(plain) and made.frames[-1].where == "Step 40."
    assert made.frames[0].where == "Step 0." and made.frames[0].key and made.frames[-1].key


def test_each_frame_is_another_picture_and_says_what_was_measured():
    played, made = shot()
    assert len({frame.png for frame in made.frames}) == len(made.frames) >= 8
    found = played.measure()
    assert f"find {found['modes']} of 8 modes" in made.frames[-1].said
    last = played.history[-1]
    assert f"D says {last.d_real:.2f} of real ones and {last.d_fake:.2f} of fakes" in made.frames[-1].alt
    assert made.frames[-1].image().size == (320, 180)


@pytest.mark.parametrize("name", ["gaussian", "ring"])
def test_words_and_pictures_for_each_data_set(name):
    played, made = shot(name, frames=3)
    assert ("W1" in made.frames[-1].said) == (name == "gaussian")


def test_a_training_that_diverges_is_recorded_up_to_there():
    played, made = shot(lr=1e30, d_lr=1e30, optimiser="SGD")
    assert made.ended.startswith("diverged at step") and made.frames[-1].key
    assert made.frames[-1].said.startswith("Diverged at step") and len(made.frames) < 9


def test_an_end_that_is_asked_for_leaves_what_there_is():
    played, stopped = session("ring"), []

    def watch(moves):
        for i, move in enumerate(moves):
            if i == 20:
                stopped.append(2)
            yield move

    made = record.new_recording(played, "")
    record.shoot(made, {"": played}, record.acts_of(played, 9), width=320, stopped=stopped, watch=watch)
    assert played.step == 21 and made.ended == "stopped at step 21" and made.frames[-1].where == "Step 21."


# --- files ---


def test_a_page_holds_its_settings_its_command_and_its_policy(elsewhere, capsys):
    recorded("ring", "--seed", "7", "--variant", "r1", "-o", "my ring.html")
    text = Path("my ring.html").read_text(encoding="utf-8")
    command = html.unescape(re.search('id="command">(.*?)</code>', text)[1])
    assert command.startswith("npgan record ring ") and command.endswith("-o 'my ring.html'")
    for word in "--seed 7", "--variant r1", "--steps 40", "--frames 9", "--width 320", "--g-hidden 6":
        assert word in command
    assert "<th scope=row>gamma</th><td>0.003</td>" in text and "<th scope=row>seed</th><td>7</td>" in text
    policy = re.search('Content-Security-Policy" content="(.*?)"', text)[1]
    assert policy.startswith("default-src 'none'; img-src data:; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"(src|href)=.?(https?:|//)|@\w+@|url\(|@import", text)
    assert "wrote my ring.html: " in capsys.readouterr().out


def test_the_command_in_a_page_makes_the_same_page(elsewhere):
    recorded("gaussian", "-o", "a.html")
    first = Path("a.html").read_bytes()
    command = html.unescape(re.search('id="command">(.*?)</code>', first.decode())[1])
    Path("a.html").unlink()
    assert main([*command.split()[1:], "--quiet"]) == 0
    assert Path("a.html").read_bytes() == first


def test_names_are_no_html(elsewhere):
    name = "<img src=x>&@data@.csv"
    np.savetxt(name, np.random.default_rng(0).normal(size=(40, 2)), delimiter=",")
    recorded(name, "-o", "a.html")
    text = Path("a.html").read_text(encoding="utf-8")
    assert "<img src=x>" not in text and "&lt;img src=x&gt;&amp;@data@.csv" in text


def test_a_page_is_no_larger_than_asked(elsewhere):
    _, made = shot(frames=16)
    whole = page.page(made)
    small = page.page(made, limit=len(whole) * 2 // 3)
    assert len(small) <= len(whole) * 2 // 3 < len(whole) <= 5_000_000
    assert len(page.fit(made.frames, 10**9)[0]) == len(made.frames)
    with pytest.raises(ValueError, match="does not fit: choose a smaller --width, or a larger --limit"):
        page.page(made, limit=60_000)


def test_frames_that_are_left_out_are_not_key():
    frames = [record.Frame(str(i), "", "", i % 5 == 0, b"") for i in range(40)]
    fewer = page.thinned(frames)
    assert [frame for frame in fewer if frame.key] == [frame for frame in frames if frame.key]
    assert 12 <= len(fewer) < 30


def test_a_gif_moves_and_keeps_to_its_size(elsewhere):
    recorded("ring", "-o", "a.gif", "--limit", "0.25")
    assert Path("a.gif").stat().st_size <= 250_000
    with Image.open("a.gif") as image:
        assert image.n_frames >= 8 and image.size[0] == 320 and image.info["loop"] == 0
        first = np.asarray(image.convert("RGB")).copy()
        image.seek(image.n_frames - 1)
        assert (first != np.asarray(image.convert("RGB"))).mean() > 0.005


def test_a_strip_has_the_key_frames_two_by_two(elsewhere):
    recorded("ring", "-o", "a.png")
    _, made = shot()
    with Image.open("a.png") as image:
        width, height = image.size
    one = pictures.captioned(made.frames[0], pictures.lines_of(made.keys, 320))
    assert width == 640 and height == -(-len(made.keys) // 2) * one.size[1]


def test_what_is_said_stays_within_the_picture():
    font, text = pictures.sans(9), "one two three four five six seven " * 9
    wrapped = pictures.wrapped(text, font, 300, 3)
    assert wrapped.count("\n") == 2 and wrapped.endswith("...")
    assert all(font.getlength(line) <= 300 for line in wrapped.split("\n"))


def test_without_a_name_it_takes_one_that_is_free(elsewhere, capsys):
    Path("ring.html").write_text("mine")
    recorded("ring")
    assert Path("ring.html").read_text() == "mine" and Path("ring-2.html").stat().st_size > 10_000


def test_a_checkpoint_is_recorded_from_where_it_stands(elsewhere):
    small = ["--batch", "8", "--g-hidden", "6", "--d-hidden", "5", "--quiet"]
    assert main(["train", "gaussian", "--steps", "10", *small, "--out", "run"]) == 0
    words = ["record", "run", "--steps", "30", "--frames", "4", "--quiet", *NARROW, "-o", "a.html"]
    assert main(words) == 0
    frames = data_of("a.html")["frames"]
    assert frames[0][0] == "Step 10." and frames[-1][0] == "Step 30."
    assert "npgan record run --steps 30 --frames 4" in Path("a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words, message",
    [
        (["ring", "-o", "a.mp4"], "can be written to a .html, .gif or .png file, got 'a.mp4'"),
        (["ring", "-o", "no/a.html"], "there is no folder no to write a.html in"),
        (["rings"], "there are no data 'rings'"),
        (["ring", "--frames", "1"], "frames must be a whole number >= 2"),
        (["ring", "--width", "100"], "width must be a whole number >= 320"),
        (["ring", "--width", "9999"], "width must be at most 3840, got 9999"),
        (["ring", "--limit", "-1"], "limit"),
        (["ring", "--story", "figure-1"], "--story figure-1 has data of its own, got 'ring'"),
        (["--story", "figure-1", "--lr", "1"], "--story figure-1 has settings of its own, and takes no --lr"),
        (["ring", "--epochs", "3"], "ring has no epochs"),
    ],
)
def test_refused(words, message, elsewhere, capsys):
    refused(capsys, "record", *words, message=message)
    assert list(elsewhere.glob("*.*")) == []


# --- stories ---


@pytest.fixture
def short(monkeypatch):
    """Stories in a few steps."""
    monkeypatch.setattr(stories, "Act", lambda move, n, *more: record.Act(move, min(n, 6), *more))


def test_every_story_is_offered_by_the_command():
    assert list(NAMED) == list(stories.STORIES)


@pytest.mark.parametrize("name", stories.STORIES)
def test_a_story_is_told(name, short, elsewhere):
    words = "--story", name, "--seed", "1", "--frames", "3", *NARROW, "--quiet", "-o", "a.html"
    assert main(["record", *words]) == 0
    got = data_of("a.html")
    assert len(got["frames"]) >= 5 and len(set(got["pictures"])) == len(got["pictures"])
    assert all(re.search(r"\d", said) for _, said, _, key in got["frames"][1:] if key)
    assert f"npgan record --story {name} --seed 1 --frames 3" in Path("a.html").read_text(encoding="utf-8")


def test_two_sessions_of_a_story_begin_alike():
    for name in set(stories.STORIES) - {"figure-1"}:
        left, right = stories.STORIES[name](3, 10).sessions.values()
        assert left.gan.G.theta.tobytes() == right.gan.G.theta.tobytes(), name
        assert left.gan.D.theta.tobytes() == right.gan.D.theta.tobytes(), name
        assert left.config["seed"] == right.config["seed"] == 3


def test_the_wrong_gradient_of_the_story_is_wrong_and_the_right_one_right():
    left, right = stories.wrong_gradient(0, 10).sessions.values()
    rng = np.random.default_rng(0)
    x, z = left.data.sample(8, rng=rng), left.gan.noise(8, rng=rng)
    assert gradcheck.check_discriminator_step(left.gan, x, z).ok
    assert not gradcheck.check_discriminator_step(right.gan, x, z).ok
    right.advance(3)  # and trains with it
    left.advance(3)
    assert right.gan.D.theta.tobytes() != left.gan.D.theta.tobytes()


def test_numbers_of_stories():
    played = stories.new("ring", batch=8)
    played.data.means[:] = [[i, 0] for i in range(8)]
    played.gan.sample = lambda n, rng: np.repeat([[0.2, 0], [3, 0.1]], [970, 30], axis=0)
    assert stories.crowd(played) == (0.97, 1)
    line = stories.new("gaussian", batch=8)
    line.gan.sample = lambda n, rng, raw: line.data.sample(n, rng=rng)
    line.gan.probability = lambda x: np.full(len(x), 0.5)
    assert stories.from_best(line) < 0.05  # p_g is p_data: D* is 1/2
    line.gan.probability = lambda x: np.full(len(x), 0.75)
    assert abs(stories.from_best(line) - 0.25) < 0.05


# --- in a browser ---


@needs_chromium
def test_a_page_plays_from_disk_with_the_network_off(elsewhere):
    recorded("ring", "-o", "a.html")
    with browser.Browser() as chromium:
        opened = chromium.open(Path("a.html"), offline=True)
        src, now = "document.getElementById('frame').src", "document.getElementById('where').textContent"
        first = opened.evaluate(src)
        assert opened.evaluate(now) == "Step 0."
        assert opened.evaluate("frame.complete && frame.naturalWidth") == 320
        opened.press("ArrowRight")
        second = opened.evaluate(src)
        assert second != first and opened.evaluate(now) != "Step 0."
        opened.press("ArrowLeft")
        assert opened.evaluate(src) == first
        opened.evaluate("speed.value = '4'")
        opened.click("#play")
        opened.wait_for(f"{src} !== {json.dumps(first)}", 10)
        opened.press(" ")  # the button has the focus: it pauses
        assert opened.evaluate("timer === null && play.textContent === 'Play'")
        opened.press("End")
        assert opened.evaluate(now) == "Step 40." and "find" in opened.evaluate("said.textContent")
        assert opened.evaluate("scrub.getAttribute('aria-valuetext')") == "Step 40."
        assert opened.evaluate("frame.alt").startswith("Step 40. ")
        assert opened.evaluate("document.querySelector('[aria-current] button').textContent") == "Step 40"
        assert all(url.startswith(("file:", "data:")) for url in opened.requests) and opened.errors == []


@needs_chromium
def test_nothing_is_fetched_even_if_a_script_tried(elsewhere):
    recorded("ring", "-o", "a.html")
    with browser.Browser() as chromium:
        opened = chromium.open(Path("a.html"))
        assert opened.evaluate("fetch('https://example.com').then(() => 'got', () => 'refused')") == "refused"
        tags = "Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'})"
        assert opened.evaluate(f"(document.body.append({tags}), window.ran)") is None


def test_pictures_are_webp_of_the_frames():
    _, made = shot(frames=3)
    frames, texts = page.fit(made.frames, 10**8)
    for frame, text in zip(frames, texts, strict=True):
        got = Image.open(io.BytesIO(page.base64.b64decode(text)))
        assert got.format == "WEBP"
        assert np.abs(np.asarray(got.convert("RGB"), float) - np.asarray(frame.image(), float)).mean() < 4
