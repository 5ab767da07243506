"""npgan play --browser: who is let in, what is sent, and a real browser that presses a button."""

import asyncio
import builtins
import http.client
import json
import socket
import threading
import time

import browser as chromium
import pytest
from live_sessions import session
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from npgan.app.live import browser
from npgan.app.live.window import Window

pytest.importorskip("tornado", reason="there is no tornado here")


class Served:
    """A window that is served in a thread, and where."""

    def __init__(self, port=None):
        figure = Figure(figsize=(12.8, 7.2))
        FigureCanvasAgg(figure)
        self.window, self.said = Window(figure, session("ring"), say=lambda line: None), []
        self.thread = threading.Thread(target=browser.serve, args=(self.window, port, self.said.append))

    def __enter__(self):
        self.thread.start()
        end = time.monotonic() + 30
        while not any(line.startswith("open http") for line in self.said):
            assert time.monotonic() < end and self.thread.is_alive()
            time.sleep(0.02)
        self.url = next(line for line in self.said if line.startswith("open")).split()[1]
        self.port, self.path = int(self.url.split(":")[2].split("/")[0]), "/" + self.url.split("/", 3)[3]
        return self

    def __exit__(self, *error):
        self.window.closed = True
        self.thread.join(30)
        assert not self.thread.is_alive()

    def get(self, path="", **headers):
        """(status, body, headers) of a request with these headers; Host is right if it is not given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest("GET", self.path + path, skip_host=True)
        headers = {"Host": f"127.0.0.1:{self.port}"} | headers
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read() if answer.status != 101 else b""
        connection.close()
        return answer.status, body, dict(answer.getheaders())


UPGRADE = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    with Served() as one:
        yield one


def test_the_page_and_its_script_are_behind_a_secret(served):
    status, body, headers = served.get()
    assert status == 200 and b"mpl.figure" in body
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert served.get("mpl.js")[0] == 200 and len(served.path) > 20
    secret, served.path = served.path, "/"
    try:
        for path in "", "mpl.js", "ws", "favicon.ico", secret[1:-2] + "x/":
            assert served.get(path)[0] == 404, path
    finally:
        served.path = secret


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:65000", "[::1]:80", "[::1]"])
def test_a_tunnel_may_end_at_any_port(served, host):
    assert served.get(Host=host)[0] == 200
    assert served.get(Host=host, Origin=f"http://{host}")[0] == 200
    assert served.get("ws", Host=host, Origin=f"http://{host}", **UPGRADE)[0] == 101


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8988", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2",
     "0.0.0.0", "localhost@evil.example", "evil.example#localhost", "localhost:80;x", "192.168.0.1", " "],
)  # fmt: skip
def test_a_foreign_host_is_refused(served, host):
    """The address is right, secret and all: what a page finds that has its own name lead to this machine."""
    for path in "", "mpl.js", "ws":
        status, body, _ = served.get(path, Host=host, **(UPGRADE if path == "ws" else {}))
        assert status in (400, 403) and b"mpl.figure" not in body, path  # 400: no host at all
    assert served.get(Host=host, Origin=f"http://{host}")[0] in (400, 403)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://evil.example:8988", "null", "http://localhost:1", "file://", ""]
)
def test_a_foreign_origin_is_refused(served, origin):
    for path in "", "mpl.js", "ws":
        more = UPGRADE if path == "ws" else {}
        assert served.get(path, Origin=origin, **more)[0] == 403, path


def test_only_this_machine_can_connect(served):
    sockets, port = browser.listen(None, print)
    assert [one.getsockname()[0] for one in sockets] == ["127.0.0.1"] and port > 0
    sockets[0].close()


def test_a_port_in_use_is_passed_over_and_said():
    sockets, port = browser.listen(None, print)
    said = []
    others, got = browser.listen(port, said.append)
    try:
        assert got > port and said == [f"port {port} is in use: took {got}"]
    finally:
        for one in sockets + others:
            one.close()


@pytest.mark.parametrize("port", [0, -1, 65536, 10**20])
def test_no_port(port):
    with pytest.raises(ValueError, match="a port is a number from 1 to 65535"):
        browser.listen(port, print)


def test_without_tornado_one_line_says_what_to_install(monkeypatch):
    usual = builtins.__import__

    def missing(name, *args, **more):
        if name.startswith("tornado"):
            raise ImportError(name)
        return usual(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ValueError, match=r"--browser needs tornado: .*npgan\[browser\]"):
        browser.serve(None)


# --- pictures and events ---


class Seen:
    """What a socket gets."""

    def __init__(self):
        self.pictures, self.events = [], []
        self.send_binary, self.send_json = self.pictures.append, self.events.append


@pytest.fixture
def server():
    figure = Figure(figsize=(12.8, 7.2))
    FigureCanvasAgg(figure)

    async def make():
        return browser.Server(Window(figure, session("ring"), say=print))

    return asyncio.run(make())


def test_it_stands_still_while_nobody_looks_or_the_browser_lags(server):
    server.window.running, server.window.speed = True, 1
    assert not server.tick() and server.window.session.step == 0
    seen = Seen()
    server.manager.add_web_socket(seen)
    for _ in range(5):
        server.tick()
    assert server.window.session.step == browser.AHEAD == len(seen.pictures)
    assert all(picture[:3] == b"\xff\xd8\xff" for picture in seen.pictures)  # JPEG
    server.hear('{"type": "ack"}')
    assert server.tick() and server.window.session.step == browser.AHEAD + 1


def test_keys_and_clicks_reach_the_window(server):
    theta = server.window.session.gan.D.theta.copy()
    assert server.hear(json.dumps({"type": "key_press", "key": "kd"}))
    assert (server.window.session.gan.D.theta != theta).any() and server.window.session.step == 0
    box = server.window.buttons["step"].ax.bbox
    at = {"x": (box.x0 + box.x1) / 2, "y": server.canvas.get_renderer().height - (box.y0 + box.y1) / 2}
    for kind in "button_press", "button_release":
        assert server.hear(json.dumps({"type": kind, "button": 0, "buttons": 0, "modifiers": [], **at}))
    assert server.window.session.step == 1


@pytest.mark.parametrize("message", ["", "no json", "[]", "{}", '{"type": 3}', '{"type": "unheard of"}', "1"])
def test_what_is_no_event_is_not_heard(server, message):
    assert not server.hear(message)


def test_no_page_asks_for_a_picture_that_fills_the_memory(server):
    server.hear('{"type": "set_device_pixel_ratio", "device_pixel_ratio": 1e9}')
    server.hear('{"type": "resize", "width": 1e9, "height": 1e9}')
    width, height = server.canvas.get_width_height(physical=True)
    assert width <= browser.LARGEST and height <= browser.LARGEST


@pytest.mark.skipif(chromium.find() is None, reason="there is no chromium here")
def test_a_browser_shows_the_figure_and_presses_a_button():
    with Served() as served, chromium.Browser() as one:
        page = one.open(served.url, width=1280, height=720)
        page.wait_for("figure.imageObj.naturalWidth > 1000")
        page.listen(1)
        pixels = "figure.canvas.toDataURL()"
        before, session = page.evaluate(pixels), served.window.session
        box, height = served.window.buttons["step"].ax.bbox, served.window.figure.bbox.height
        scale = page.evaluate("figure.canvas.getBoundingClientRect().width") / served.window.figure.bbox.width
        page.click(((box.x0 + box.x1) / 2 * scale, (height - (box.y0 + box.y1) / 2) * scale))
        page.wait(lambda: session.step == 1, "a step")
        page.wait(lambda: page.evaluate(pixels) != before, "another picture")
        page.press(" ")
        page.wait(lambda: session.step > 1, "training to run")
        own = served.url, f"blob:http://127.0.0.1:{served.port}", "data:"
        assert all(url.startswith(own) for url in page.requests)
        assert page.errors == []
        page.press("q")
        page.wait_for("getComputedStyle(document.getElementById('gone')).display === 'block'")
    with socket.socket() as plain:
        assert plain.connect_ex(("127.0.0.1", served.port)) != 0
