"""A page is one HTML file with a recording and a player in it; it fetches nothing, and says so to its browser.

`player.html` is what stands in every page; @name@ there is where a part goes.
"""

import base64
import hashlib
import html
import io
import json
import re
from pathlib import Path

QUALITIES = 90, 80, 70, 55, 40, 25  # of WebP, from the best on
REST = 40_000  # bytes for all but the pictures and what is said of them
FEWEST = 12  # frames, however small the file is to be
TEMPLATE = Path(__file__).with_name("player.html")


def webp(frame, quality):
    file = io.BytesIO()
    frame.image().save(file, "WEBP", quality=quality, method=4)
    return file.getvalue()


def fit(frames, limit):
    """(frames, their pictures as WebP in base64) of the best quality with which these take at most `limit`
    bytes; with fewer frames, if even the worst is too large. ValueError if that does not do."""
    while True:
        some = frames[:: max(1, len(frames) // 8)]
        for quality in QUALITIES:
            guess = sum(len(webp(frame, quality)) for frame in some) * len(frames) / len(some) * 4 / 3
            if guess > 1.05 * limit:
                continue
            texts = [base64.b64encode(webp(frame, quality)).decode() for frame in frames]
            if sum(map(len, texts)) <= limit:
                return frames, texts
        frames = thinned(frames)


def thinned(frames):
    """Every second frame, and those that are key; ValueError if they are few already."""
    fewer = [frame for i, frame in enumerate(frames) if i % 2 == 0 or frame.key]
    if len(fewer) < FEWEST or len(fewer) == len(frames):
        raise ValueError("the recording does not fit: choose a smaller --width, or a larger --limit")
    return fewer


def page(recording, limit=5_000_000):
    """The page as bytes, at most `limit` of them; the recording keeps the frames that are in it."""
    words = sum(3 * len(frame.said) + len(frame.alt) for frame in recording.frames)
    recording.frames, texts = fit(recording.frames, limit - REST - words)
    frames = recording.frames
    plain = {name: getattr(recording, name) for name in ("title", "about", "shown", "command")}
    first = {name: getattr(frames[0], name) for name in ("where", "said", "alt")}
    parts = {name: html.escape(text) for name, text in (plain | first).items()} | {
        "settings": settings(recording.settings), "moments": moments(frames), "last": str(len(frames) - 1),
        "data": data(frames, texts), "picture": f"data:image/webp;base64,{texts[0]}",
    }  # fmt: skip
    template = TEMPLATE.read_text(encoding="utf-8")
    for kind in "script", "style":
        parts[f"{kind}_hash"] = digest(re.search(f"<{kind}>(.*?)</{kind}>", template, re.S)[1])
    return re.sub(r"@(\w+)@", lambda match: parts[match[1]], template).encode()


def data(frames, texts):
    """The frames as JSON that no browser takes for HTML."""
    rows = [[frame.where, frame.said, frame.alt, frame.key] for frame in frames]
    return json.dumps({"frames": rows, "pictures": texts}).replace("<", "\\u003c")


def digest(text):
    """What a Content-Security-Policy calls an inline script or style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def settings(columns):
    """The rows of a table with a column for each session; marked are those in which they differ."""
    names = dict.fromkeys(name for config in columns.values() for name in config)
    head = "".join(f"<th scope=col>{html.escape(name)}</th>" for name in columns)
    rows = [f"<tr><td></td>{head}</tr>"] if len(columns) > 1 else []
    for name in names:
        values = [told(config.get(name, "")) for config in columns.values()]
        mark = " class=differs" if len(set(values)) > 1 else ""
        cells = "".join(f"<td>{html.escape(value)}</td>" for value in values)
        rows.append(f"<tr{mark}><th scope=row>{html.escape(name.replace('_', ' '))}</th>{cells}</tr>")
    return "\n".join(rows)


def told(value):
    """A setting as the page says it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def moments(frames):
    """The key frames as a list to jump from."""
    items = []
    for i, frame in enumerate(frames):
        if frame.key:
            button = f"<button type=button data-frame={i}>{html.escape(frame.where.rstrip('.'))}</button>"
            items.append(f"<li>{button} <span>{html.escape(frame.said)}</span></li>")
    return "\n".join(items)
