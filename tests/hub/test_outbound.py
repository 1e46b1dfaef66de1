"""Fetching from addresses that people type in: never from this machine or its network, and never without an end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hub import outbound


class Server(ThreadingHTTPServer):
    """Answers each path in its own way, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, bytes]] = []
        self.over = threading.Event()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def fetch(self, path: str, **more: Any) -> dict[str, Any]:
        return outbound.fetch_json(f"http://{self.host}{path}", allowed_hosts=[self.host], **more)


class Handler(BaseHTTPRequestHandler):
    server: Server
    bodies = {"/good": b'{"a": 1}', "/list": b"[1]", "/text": b"hello", "/large": b'{"a": "' + b"x" * 5000 + b'"}'}

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.command, self.path, self.rfile.read(length)))
        if self.path == "/silent":
            self.server.over.wait(30)
            return
        body = self.bodies.get(self.path, b"{}")
        self.send_response(302 if self.path == "/elsewhere" else 200)
        if self.path == "/elsewhere":
            self.send_header("Location", "/good")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on the loopback."""
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.over.set()
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://127.0.0.1/",
        "https://127.1.2.3:8443/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://localhost/",
        "https://ada@example.com/",
        "https://example.com/#part",
        "https://example.com:99999/",
        "https:///path",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
        "not an address",
    ],
)
def test_what_is_not_public_is_not_fetched(url: str) -> None:
    with pytest.raises(outbound.Refused):
        outbound.fetch_json(url, timeout=1)


def test_only_the_named_host_and_port_is_exempt(server: Server) -> None:
    assert server.fetch("/good") == {"a": 1}
    with pytest.raises(outbound.Refused):
        outbound.fetch_json(f"http://{server.host}/good", allowed_hosts=["127.0.0.1:1"])
    with pytest.raises(outbound.Refused):
        outbound.fetch_json(f"http://{server.host}/good")
    assert len(server.asked) == 1


def test_a_form_is_posted(server: Server) -> None:
    assert server.fetch("/good", form={"code": "a b"}) == {"a": 1}
    assert server.asked == [("POST", "/good", b"code=a+b")]


@pytest.mark.parametrize("path", ["/list", "/text", "/elsewhere"])
def test_what_is_no_json_object_is_a_failure_and_redirects_are_not_followed(server: Server, path: str) -> None:
    with pytest.raises(outbound.Failed):
        server.fetch(path)
    assert [asked[1] for asked in server.asked] == [path]


def test_size_and_time_are_bounded(server: Server) -> None:
    assert len(server.fetch("/large", max_bytes=6000)["a"]) == 5000
    with pytest.raises(outbound.Failed):
        server.fetch("/large", max_bytes=1000)
    with pytest.raises(outbound.Failed):
        server.fetch("/silent", timeout=0.2)
