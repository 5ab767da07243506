"""The window in a browser: matplotlib's WebAgg for one figure, served to this machine alone.

Who wants it needs the secret in the address. Other sites' pages are refused, also when their name has been made
to lead here (DNS rebinding): each request must name this machine as its host, and as its origin if it has one.
"""

import asyncio
import errno
import io
import json
import re
import secrets
import socket
from contextlib import suppress

import numpy as np

from npgan.app.signals import stop_signals

ADDRESS = "127.0.0.1"
HERE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")  # a tunnel may have any port at its other end
TRIES = 20  # ports, from the one wanted on
AHEAD = 2  # pictures that may be on their way before the browser has said that it has them
QUALITY = 90  # of JPEG
LARGEST, SHARPEST = 4096, 3  # of the figure in a browser: its width in pixels, pixels a CSS pixel
NEEDS = "--browser needs tornado: python -m pip install 'npgan[browser]'"
POLICY = (
    "default-src 'none'; connect-src ws://{host} wss://{host}; img-src blob: data:; style-src 'unsafe-inline'; "
    "script-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>npgan play</title><link rel="icon" href="data:,"><style>
html, body { margin: 0; height: 100%; overflow: hidden; background: #fff; font: 1.2rem sans-serif; }
.mpl-toolbar, .ui-dialog-titlebar { display: none !important; }
#gone { display: none; position: fixed; inset: 0; padding: 3rem; background: #fffc; font-size: 2rem; }
</style></head><body>
<div id="figure" role="application" aria-label="A GAN that learns; press ? for the keys"></div>
<div id="gone" role="alert">npgan play has ended.</div>
<script nonce="@nonce@" src="mpl.js"></script>
<script nonce="@nonce@">
"use strict";
const secure = location.protocol === "https:" ? "wss://" : "ws://";
const socket = new (mpl.get_websocket_type())(secure + location.host + location.pathname + "ws");
socket.addEventListener("close", () => { document.getElementById("gone").style.display = "block"; });
const figure = new mpl.figure("play", socket, () => {}, document.getElementById("figure"));
const fill = () => {
  const width = Math.min(innerWidth, Math.floor(innerHeight * 16 / 9));  // and mpl.js asks for that size
  figure.canvas_div.style.width = width + "px";
  figure.canvas_div.style.height = Math.floor(width * 9 / 16) + "px";
};
socket.addEventListener("open", () => setTimeout(fill, 100));
let late = null;
addEventListener("resize", () => { clearTimeout(late); late = setTimeout(fill, 150); });
document.addEventListener("keydown", event => {
  if ([" ", "ArrowUp", "ArrowDown"].includes(event.key)) event.preventDefault();
  if (!figure.canvas_div.contains(event.target)) figure.canvas_div.focus();
});
figure.canvas_div.focus();
</script></body></html>
"""


def serve(window, port=None, say=print):
    """Show the window to browsers on this machine until Ctrl-C, SIGTERM or its own end.

    port: where; None: any that is free. If it is in use the next free one is taken, and said. say(line):
    prints. ValueError if tornado is missing or there is no such port.
    """
    need_tornado()
    sockets, port = listen(port, say)
    try:
        with stop_signals() as stopped:
            asyncio.run(run(Server(window), sockets, port, stopped, say))
    finally:
        for one in sockets:
            one.close()


def need_tornado():
    try:
        import tornado.web  # noqa: F401
    except ImportError:
        raise ValueError(NEEDS) from None


def listen(port, say):
    """(sockets bound to 127.0.0.1, their port)"""
    if port is not None and not 0 < port < 2**16:
        raise ValueError(f"a port is a number from 1 to {2**16 - 1}, got {port}")
    for number in [0] if port is None else range(port, min(port + TRIES, 2**16)):
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((ADDRESS, number))
            one.listen(16)
            one.setblocking(False)
        except OSError as error:
            one.close()
            if error.errno != errno.EADDRINUSE:
                raise OSError(error.errno, error.strerror, f"port {number}") from None
            continue
        got = one.getsockname()[1]
        if port not in (None, got):
            say(f"port {port} is in use: took {got}")
        return [one], got
    raise ValueError(f"ports {port} to {number} are all in use")


async def run(server, sockets, port, stopped, say):
    """Serve, tick, and come to an end."""
    from tornado.httpserver import HTTPServer

    http = HTTPServer(server.application())
    http.add_sockets(sockets)
    say(f"open http://{ADDRESS}:{port}/{server.secret}/ in a browser on this machine; Ctrl-C ends it")
    say(f"(this machine is far away? first `ssh -L {port}:{ADDRESS}:{port} NAME` there, then the same address)")
    try:
        while not stopped and not server.window.closed:
            await asyncio.sleep(0.015 if server.tick() else 0.05)
    finally:
        http.stop()
        server.manager.close()
        await asyncio.sleep(0.05)  # for the last word to get out
        await http.close_all_connections()


def canvas_class():
    """WebAgg's canvas, which sends whole pictures as JPEG: that takes half the time of PNG."""
    from matplotlib.backends.backend_webagg_core import FigureCanvasWebAggCore
    from PIL import Image

    class Canvas(FigureCanvasWebAggCore):
        on_its_way = 0  # pictures that the slowest browser has not acknowledged yet

        def get_diff_image(self):
            if not self._png_is_old:
                return None
            self._png_is_old = False
            self.set_image_mode("full")
            file = io.BytesIO()
            pixels = np.asarray(self.get_renderer().buffer_rgba())[..., :3]
            Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, subsampling=0)
            self.on_its_way += 1
            return file.getvalue()

        def handle_ack(self, event):
            self.on_its_way = 0

        def handle_resize(self, event):
            width = min(max(float(event["width"]), 320), LARGEST / self.device_pixel_ratio)
            super().handle_resize({"width": width, "height": min(max(float(event["height"]), 180), width)})

        def handle_set_device_pixel_ratio(self, event):
            ratio = min(max(float(event["device_pixel_ratio"]), 1), SHARPEST)
            super().handle_set_device_pixel_ratio({"device_pixel_ratio": ratio})

        def handle_supports_binary(self, event):
            """All browsers do by now."""

    return Canvas


def manager_class():
    """WebAgg's manager without a toolbar, whose pages can be told that it is over."""
    from matplotlib.backends.backend_webagg_core import FigureManagerWebAgg, NavigationToolbar2WebAgg

    class NoTools(NavigationToolbar2WebAgg):
        toolitems = []

    class Manager(FigureManagerWebAgg):
        ToolbarCls = NoTools

        def close(self):
            for one in list(self.web_sockets):
                with suppress(Exception):
                    one.close()

    return Manager


class Server:
    """window: a Window. It gets a canvas that sends its pictures to all sockets that are open."""

    def __init__(self, window):
        self.window, self.secret = window, secrets.token_urlsafe(16)
        canvas = canvas_class()(window.figure)
        self.manager = manager_class()(canvas, 1)
        canvas.mpl_disconnect(self.manager.key_press_handler_id)  # s, q and the like are the window's own
        self.canvas = canvas

    def tick(self):
        """One frame, if anybody looks on and keeps up; True if so."""
        if not self.manager.web_sockets or self.canvas.on_its_way >= AHEAD:
            return False
        self.window.tick()
        return True

    def hear(self, message):
        """What a page says: an event, as JSON. False if it is none."""
        try:
            event = json.loads(message)
            getattr(self.canvas, f"handle_{event['type']}")
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        self.manager.handle_json(event)
        return True

    def application(self):
        """A tornado Application with the page, its script and its socket behind the secret."""
        from tornado.web import Application, RequestHandler

        class Refused(RequestHandler):
            def initialize(self, status=403):
                self.status = status

            def prepare(self):
                self.send_error(self.status)

        class Guarded(Application):
            def find_handler(self, request, **kwargs):
                if not from_here(request.headers):
                    return self.get_handler_delegate(request, Refused)
                return super().find_handler(request, **kwargs)

        paths = [(f"/{self.secret}/{name}", kind, {"server": self}) for name, kind in handlers().items()]
        usual = {"default_handler_class": Refused, "default_handler_args": {"status": 404}}
        return Guarded(paths, log_function=lambda handler: None, **usual)


def from_here(headers):
    """Does a request name this machine as its host, and as its origin, if it names one? What is given twice
    could be read in two ways, and will not do."""
    hosts, origins = headers.get_list("Host"), headers.get_list("Origin")
    if len(hosts) != 1 or len(origins) > 1:
        return False
    return bool(HERE.fullmatch(hosts[0])) and (not origins or origins[0] in (f"http://{hosts[0]}", f"https://{hosts[0]}"))


def handlers():
    """{path: RequestHandler}"""
    from tornado.web import RequestHandler

    class Base(RequestHandler):
        def initialize(self, server):
            self.server = server

        def set_default_headers(self):
            self.set_header("Cache-Control", "no-store")
            self.set_header("Referrer-Policy", "no-referrer")
            self.set_header("X-Content-Type-Options", "nosniff")

    class Page(Base):
        def get(self):
            nonce = secrets.token_urlsafe(16)
            self.set_header("Content-Security-Policy", POLICY.format(host=self.request.host, nonce=nonce))
            self.write(PAGE.replace("@nonce@", nonce))

    class Script(Base):
        def get(self):
            self.set_header("Content-Type", "text/javascript; charset=utf-8")
            self.write(self.server.manager.get_javascript())

    return {"": Page, "mpl.js": Script, "ws": socket_class()}


def socket_class():
    """What sends pictures to one page, and hears its events."""
    from tornado.websocket import WebSocketClosedError, WebSocketHandler

    class Socket(WebSocketHandler):
        def initialize(self, server):
            self.server = server

        def open(self):
            self.set_nodelay(True)
            self.server.canvas.on_its_way = 0
            self.server.manager.add_web_socket(self)

        def on_close(self):
            self.server.manager.web_sockets.discard(self)
            self.server.canvas.on_its_way = 0

        def on_message(self, message):
            if not self.server.hear(message):
                self.close(1003, "no event")

        def send_json(self, content):
            self.send(content, binary=False)

        def send_binary(self, blob):
            self.send(blob, binary=True)

        def send(self, message, binary):
            with suppress(WebSocketClosedError):
                self.write_message(message, binary=binary)

    return Socket
