"""A real browser for tests: Debian's chromium, driven over its debugging pipe by the standard library alone.

    with Browser() as browser:                          # ask find() first: None where there is no chromium
        page = browser.open(path_or_url, width=1280, height=720, offline=True)
        page.evaluate("document.title")                 # a JavaScript expression, awaited if it is a promise
        page.wait_for("document.images[0].complete")    # until it is true
        page.press("ArrowRight"); page.click("#play"); page.click((640, 360))
        page.screenshot(path)                           # PNG, as bytes and, if a path is given, in a file
        page.requests, page.errors                      # every URL that was asked for; what went wrong
"""

import base64
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where chromium has other pipes
    fcntl = None

NAMES = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"
OPTIONS = (
    "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run",
    "--hide-scrollbars", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--disable-default-apps", "--disable-extensions", "--mute-audio",
)  # fmt: skip
ON_3_AND_4 = (  # of this process, which then becomes chromium
    "import os, sys; read, write, *command = sys.argv[1:]; "
    "os.dup2(int(read), 3); os.dup2(int(write), 4); os.execv(command[0], command)"
)
KEYS = {  # name: its code on the keyboard, its number, what it types
    "ArrowLeft": ("ArrowLeft", 37, ""), "ArrowUp": ("ArrowUp", 38, ""), "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""), "Home": ("Home", 36, ""), "End": ("End", 35, ""),
    "Tab": ("Tab", 9, ""), "Escape": ("Escape", 27, ""), "Enter": ("Enter", 13, "\r"), " ": ("Space", 32, " "),
}  # fmt: skip
ON = "Page", "Runtime", "Network", "Log"  # the domains whose events are listened to


def find():
    """The path of a chromium, or None: then the tests that want one skip, and say so."""
    return next((path for path in map(shutil.which, NAMES) if path), None) if fcntl else None


class Browser:
    """One chromium without a window, with a profile of its own that vanishes with it."""

    def __init__(self, seconds=60):
        """seconds: how long an answer may take before TimeoutError."""
        self.seconds, self.number, self.buffer, self.pages = seconds, 0, b"", {}
        self.profile = tempfile.TemporaryDirectory(prefix="npgan-browser-", ignore_cleanup_errors=True)
        (read, self.out), (self.back, write) = pipe(), pipe()
        command = [sys.executable, "-S", "-c", ON_3_AND_4, str(read), str(write), find(), *OPTIONS]
        self.process = subprocess.Popen(
            [*command, f"--user-data-dir={self.profile.name}", "about:blank"], pass_fds=(read, write),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read), os.close(write)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        try:
            self.ask("Browser.close")
        except (OSError, EOFError, TimeoutError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.out), os.close(self.back)
        self.profile.cleanup()

    def open(self, place, *, width=1280, height=720, offline=False, phone=False):
        """A Page that has loaded a file (a Path, or the name of one that is there) or an address."""
        url = str(place)
        if isinstance(place, Path) or not re.match(r"[a-z-]+:", url):
            url = Path(place).resolve(strict=True).as_uri()
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ON:
            page.ask(f"{domain}.enable")
        page.size(width, height, phone=phone)
        if offline:
            none = {"latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
            page.ask("Network.emulateNetworkConditions", offline=True, **none)
        page.go(url)
        return page

    # --- messages: JSON, each ended by NUL; to pipe 3, from pipe 4 ---

    def ask(self, method, session=None, **params):
        """The answer to a command of the DevTools protocol; RuntimeError if it is refused."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        message |= {"sessionId": session} if session else {}
        data, number = json.dumps(message).encode() + b"\0", self.number
        while data:
            data = data[os.write(self.out, data) :]
        end = time.monotonic() + self.seconds
        while True:
            answer = self.receive(end)
            if answer is None:
                raise TimeoutError(f"no answer to {method} in {self.seconds} s")
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def receive(self, end):
        """The next message, None if none has come by the time `end`; events are told to their page first."""
        while b"\0" not in self.buffer:
            wait = max(0, end - time.monotonic())
            if not select.select([self.back], [], [], wait)[0]:
                return None
            got = os.read(self.back, 1 << 20)
            if not got:
                raise EOFError("chromium has gone")
            self.buffer += got
        text, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(text)
        page = self.pages.get(message.get("sessionId"))
        if page and "method" in message:
            page.hear(message["method"], message["params"])
        return message


class Page:
    """One tab. requests: every URL that it has asked for. errors: exceptions, refusals, failed loads."""

    def __init__(self, browser, session):
        self.browser, self.session, self.requests, self.errors, self.loaded = browser, session, [], [], 0

    def ask(self, method, **params):
        return self.browser.ask(method, self.session, **params)

    def hear(self, method, params):
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self.loaded += 1
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}".strip())

    def go(self, url):
        """Load another address and wait until it is there."""
        before = self.loaded
        if text := self.ask("Page.navigate", url=url).get("errorText"):
            raise RuntimeError(f"{url}: {text}")
        self.wait(lambda: self.loaded > before, f"{url} to be loaded")

    def wait(self, done, what, seconds=None):
        """Listen until done() is true; TimeoutError, which says what was waited for."""
        seconds = seconds or self.browser.seconds
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds} s for {what}")
            self.browser.receive(min(end, time.monotonic() + 0.05))

    def wait_for(self, expression, seconds=None):
        """Wait until a JavaScript expression is true."""
        self.wait(lambda: self.evaluate(expression), expression, seconds)

    def listen(self, seconds):
        """Let time pass, and hear what happens meanwhile."""
        end = time.monotonic() + seconds
        while self.browser.receive(end) is not None:
            pass

    def evaluate(self, expression):
        """The value of a JavaScript expression, as JSON brings it; RuntimeError for what it throws."""
        got = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if details := got.get("exceptionDetails"):
            raise RuntimeError(details.get("exception", {}).get("description") or details["text"])
        return got["result"].get("value")

    def size(self, width, height, *, phone=False):
        """Size of the viewport in CSS pixels; as a phone it obeys the page's own meta viewport."""
        scale = {"deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, **scale)

    def press(self, key):
        """Press and release a key: a letter, or the name of a key in KEYS."""
        code, number, text = KEYS.get(key) or (f"Key{key.upper()}", ord(key.upper()), key)
        options = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **options)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **options)

    def click(self, where):
        """Click at a point (x, y) of the viewport, or in the middle of what a CSS selector finds first."""
        if isinstance(where, str):
            box = f"document.querySelector({json.dumps(where)})"
            self.evaluate(f"{box}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
            where = self.evaluate(
                f"(r => [r.left + r.width / 2, r.top + r.height / 2])({box}.getBoundingClientRect())"
            )
        at = {"x": where[0], "y": where[1]}
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", **at)
        for kind in "mousePressed", "mouseReleased":
            self.ask("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)

    def screenshot(self, path=None, *, whole=False):
        """What is seen, as PNG, and in a file if path names one; whole: with what is out of sight below."""
        data = base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])
        if path is not None:
            Path(path).write_bytes(data)
        return data


def pipe():
    """Two ends, neither of which has a number that a shell, or chromium, would use for its own."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return high
