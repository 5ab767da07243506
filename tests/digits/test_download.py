"""Fetching MNIST from a server on this machine: sound files appear, and nothing else does."""

import gzip
import hashlib
import http.server
import sys
import threading

import pytest
from idx_files import NAMES, idx, small, zeros

from npgan import digits
from npgan.app import cli
from npgan.digits import DataError, fetch, mnist, read_idx
from npgan.digits.idx import ADVICE


class Server(http.server.ThreadingHTTPServer):
    """pages: {path: bytes, or (bytes, the length to claim), or Raw}; asked: the paths that were asked for.

    A path that ends in .endless.gz gives zeros until the client hangs up, or 300 MB are sent.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked, self.sent = {}, [], 0

    def mirror(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}/"


class Raw(bytes):
    """All that the server sends, from the first line on."""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        page = self.server.pages.get(self.path)
        if self.path.endswith(".endless.gz"):
            page = b"", None
        elif page is None:
            return self.send_error(404)
        elif isinstance(page, Raw):
            self.wfile.write(page)
            return self.wfile.close()
        body, length = page if isinstance(page, tuple) else (page, len(page))
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()
        try:
            self.wfile.write(body)
            while self.path.endswith(".endless.gz") and self.server.sent < 300:
                self.wfile.write(bytes(2**20))
                self.server.sent += 1
        except ConnectionError:  # the client had enough
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def content(rng):
    """{name: content} of four small files."""
    arrays = [*small(6, rng=rng), *small(4, rng=rng)]
    return {name: idx(array) for name, array in zip(NAMES, arrays, strict=True)}


@pytest.fixture
def sums(content):
    return {name: hashlib.sha256(one).hexdigest() for name, one in content.items()}


def serve(server, mirror, content):
    server.pages |= {f"/{mirror}/{name}.gz": gzip.compress(one) for name, one in content.items()}
    return server.mirror(mirror)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_fetch_brings_four_files_once(server, content, sums, own_cache):
    mirrors = [serve(server, "a", content)]
    folder = own_cache / "mnist"
    fetched = fetch(mirrors=mirrors, digests=sums, quiet=True)
    assert fetched == [(folder / f"{name}.gz", f"{mirrors[0]}{name}.gz") for name in NAMES]
    assert names_in(folder) == sorted(f"{name}.gz" for name in NAMES)
    assert idx(mnist().images.reshape(-1, 28, 28)) == content[NAMES[0]]
    assert idx(mnist(split="test").labels) == content[NAMES[3]]
    asked = len(server.asked)
    assert asked == 4
    assert fetch(mirrors=mirrors, digests=sums) == [(path, None) for path, _ in fetched]
    assert len(server.asked) == asked


def test_fetch_leaves_alone_what_is_sound_under_any_name(server, content, sums, tmp_path):
    (tmp_path / "train-images.idx3-ubyte").write_bytes(content[NAMES[0]])
    (tmp_path / f"{NAMES[1]}.gz").write_bytes(gzip.compress(content[NAMES[1]], 1))
    fetched = fetch(tmp_path, mirrors=[serve(server, "a", content)], digests=sums, quiet=True)
    assert [url is None for _, url in fetched] == [True, True, False, False]
    assert len(server.asked) == 2 and len(names_in(tmp_path)) == 4


def test_fetch_replaces_what_is_not_sound_but_deletes_nothing(server, content, sums, tmp_path):
    (tmp_path / NAMES[0]).write_bytes(b"other digits")
    (tmp_path / f"{NAMES[1]}.gz").write_bytes(gzip.compress(content[NAMES[1]])[:-1])
    fetch(tmp_path, mirrors=[serve(server, "a", content)], digests=sums, quiet=True)
    assert len(server.asked) == 4
    assert names_in(tmp_path) == sorted([f"{n}.gz" for n in NAMES] + [f"{NAMES[0]}.old", f"{NAMES[1]}.gz.old"])
    assert (tmp_path / f"{NAMES[0]}.old").read_bytes() == b"other digits"
    assert len(mnist(tmp_path).labels) == 6
    for junk in b"junk", b"more junk":
        (tmp_path / f"{NAMES[1]}").write_bytes(junk)
        fetch(tmp_path, mirrors=[], digests=sums, quiet=True)  # what is sound lies there already
    assert len(mnist(tmp_path).labels) == 6
    aside = [tmp_path / f"{NAMES[1]}.old", tmp_path / f"{NAMES[1]}.old-2"]
    assert [path.read_bytes() for path in aside] == [b"junk", b"more junk"]


FAILURES = {
    "404": (None, "HTTP Error 404"),
    "wrong digest": (gzip.compress(b"other digits"), "what came has SHA-256 "),
    "truncated": ((b"\x1f\x8b half", 1000), "only 7 of 1000 bytes came"),
    "cut off, length unknown": ((gzip.compress(b"half a file")[:-4], None), "what came is a damaged gzip file"),
    "a page of excuses": (b"<html>403</html>", "what came has SHA-256 "),
    "empty": (b"", "what came has SHA-256 "),
    "a bomb": (zeros(60_000_000), "what came holds more than MNIST's largest file"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_when_a_mirror_fails_the_next_one_is_asked(failure, server, content, sums, tmp_path):
    page, reason = FAILURES[failure]
    if page is not None:
        server.pages[f"/bad/{NAMES[0]}.gz"] = page
    bad, good = server.mirror("bad"), serve(server, "good", content)
    first = {NAMES[0]: sums[NAMES[0]]}
    with pytest.raises(DataError) as info:
        fetch(tmp_path / "new", mirrors=[bad, bad], digests=first, quiet=True)
    message, host = str(info.value), f"127.0.0.1:{server.server_port}"
    assert reason in message and f"(from {host}, {host})" in message and "\n" not in message
    assert names_in(tmp_path / "new") == []  # no half file
    server.asked.clear()
    fetched = fetch(tmp_path / "new", mirrors=[bad, good], digests=first, quiet=True)
    assert fetched == [(tmp_path / "new" / f"{NAMES[0]}.gz", f"{good}{NAMES[0]}.gz")]
    assert server.asked == [f"/bad/{NAMES[0]}.gz", f"/good/{NAMES[0]}.gz"]
    assert read_idx(fetched[0][0]).shape == (6, 28, 28)


REDIRECTS = [  # to nowhere: what urllib makes of some is no OSError
    "", "/", "//", "///", "http:", "http://", "http:///a", "http://[::1", "http://[", "http://]/", "http://127.0.0.1:x/",
    "http://127.0.0.1:99999999/", "http://127.0.0.1:-1/", "http://127.0.0.1:0/", "http://a b/", "http://a\tb/",
    "http://.", "http://a..b/", "http://" + "a" * 70 + "/", "http://\u00e9\udcff/", "http://%00/", "http://@/",
    "file:///etc/hostname", "ftp://127.0.0.1:1/a", "ftp://[/", "data:,a", "javascript:1", "nonsense", "?", "#",
    "http://127.0.0.1:1/\x01\x7f", "http://127.0.0.1:1/" + "a" * 5000, "://", ":", "\\\\a\\b",
]  # fmt: skip
ANSWERS = [
    b"", b"\n", b"\0" * 1000, b"nonsense\r\n\r\n", b"HTTP/1.0\r\n\r\n", b"HTTP/1.0 abc\r\n\r\n",
    b"HTTP/9.9 200 x\r\n\r\n", b"HTTP/1.0 99999 x\r\n\r\n", b"HTTP/1.0 200 " + b"x" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n", b"HTTP/1.0 404 \x1b[31m\xff\xfe\r\n\r\n",
    b"HTTP/1.0 500 " + b"long " * 9000 + b"\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Length: -5\r\n\r\nabc",
    b"HTTP/1.0 200 OK\r\nContent-Length: 9" + b"9" * 5000 + b"\r\n\r\nabc",
    b"HTTP/1.0 200 OK\r\nContent-Length: \xff\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
    b"HTTP/1.0 200 OK\r\n\r\n\x1f\x8b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
]  # fmt: skip


def test_a_mirror_that_sends_nonsense_keeps_no_other_from_being_asked(server, content, sums, tmp_path):
    answers = [Raw(answer) for answer in ANSWERS]
    for code in 301, 302, 307:
        for place in REDIRECTS:
            head = f"HTTP/1.0 {code} Moved\r\nLocation: {place}\r\n\r\n"
            answers.append(Raw(head.encode("utf-8", "surrogateescape")))
    first, good = {NAMES[0]: sums[NAMES[0]]}, serve(server, "good", content)
    for answer in answers:
        server.pages[f"/bad/{NAMES[0]}.gz"] = answer
        with pytest.raises(DataError) as info:
            fetch(tmp_path / "new", mirrors=[server.mirror("bad")] * 2, digests=first, quiet=True)
        message = str(info.value)
        assert message.isprintable() and len(message) < 500 and ADVICE in message, answer[:200]
        assert names_in(tmp_path / "new") == []
        server.asked.clear()
        both = [server.mirror("bad"), good]
        ((path, url),) = fetch(tmp_path / "new", mirrors=both, digests=first, quiet=True)
        assert url == f"{good}{NAMES[0]}.gz" and server.asked[-1] == f"/good/{NAMES[0]}.gz", answer[:200]
        path.unlink()


def test_an_endless_answer_is_cut_off(server, tmp_path):
    with pytest.raises(DataError, match="more came than MNIST's largest file holds"):
        fetch(tmp_path, mirrors=[server.mirror("a")], digests={"one.endless": "0"}, quiet=True)
    assert server.sent < 100 and names_in(tmp_path) == []


def test_a_failed_fetch_leaves_an_unsound_file_where_it_was(server, sums, tmp_path):
    (tmp_path / NAMES[0]).write_bytes(b"other digits")
    with pytest.raises(DataError):
        fetch(tmp_path, mirrors=[server.mirror("bad")], digests=sums, quiet=True)
    assert names_in(tmp_path) == [NAMES[0]]


def closed_mirror():
    """A mirror that nobody listens at."""
    with Server() as server:
        return server.mirror("gone")


def test_without_a_network_it_says_what_to_do(tmp_path, sums):
    with pytest.raises(DataError) as info:
        fetch(tmp_path, mirrors=[closed_mirror()], digests=sums, quiet=True)
    for words in "refused", "--data", "NPGAN_DATA", "`npgan train digits`":
        assert words in str(info.value)
    assert names_in(tmp_path) == []


def test_the_command(server, content, sums, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(fetch.__kwdefaults__, "digests", sums)
    monkeypatch.setitem(fetch.__kwdefaults__, "mirrors", [closed_mirror()])
    command = ["fetch", "mnist", "--data", str(tmp_path / "new" / "folder")]
    assert cli.main(command) == 2
    out, err = capsys.readouterr()
    assert err.startswith("npgan: error: ") and "npgan train digits" in err and not out
    assert err.count("\n") == 1
    monkeypatch.setitem(fetch.__kwdefaults__, "mirrors", [serve(server, "a", content)])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.main([*command, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out.count(f"from {server.mirror('a')}") == 4 and not err
    assert cli.main([*command[:3], str(tmp_path / "again")]) == 0
    assert f"{NAMES[3]}.gz: 100%" in capsys.readouterr().err
    assert cli.main(command) == 0
    assert capsys.readouterr().out.count("already there") == 4
    (tmp_path / "file").touch()
    assert cli.main(["fetch", "mnist", "--data", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err


def test_the_mirrors_are_addresses_and_the_digests_are_digests():
    assert len(digits.MIRRORS) >= 2 and len(NAMES) == 4
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in digits.MIRRORS)
    assert all(len(bytes.fromhex(digest)) == 32 for digest in digits.DIGESTS.values())
