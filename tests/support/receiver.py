"""A webhook's receiver on the loopback, which answers as each test needs and remembers what it was sent."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import standardwebhooks


class Receiver(ThreadingHTTPServer):
    """Answers `status`; `/slow`, `/hang`, `/huge` and `/elsewhere` as they are called."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.location = ""
        self.headers: dict[str, str] = {}
        self.messages: list[tuple[str, dict[str, str], bytes]] = []
        self.open_now = self.open_most = 0
        self.arrived = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.lock = threading.Lock()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str = "/hook") -> str:
        return f"http://{self.host}{path}"

    def verified(self, secret: str, number: int = -1) -> dict[str, object]:
        """The message of that number through the library's own verifier."""
        _, headers, body = self.messages[number]
        found: dict[str, object] = standardwebhooks.Webhook(secret).verify(body, headers)
        return found

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.messages]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.lock:
            self.server.messages.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.server.open_now += 1
            self.server.open_most = max(self.server.open_most, self.server.open_now)
        self.server.arrived.release()
        try:
            if self.path in ("/slow", "/hang"):
                self.server.go_on.wait(30)
            if self.path != "/hang":
                self._answer()
        except OSError:
            pass  # The hub has hung up: what the test is about.
        finally:
            with self.server.lock:
                self.server.open_now -= 1

    def _answer(self) -> None:
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        for _ in range(20_000 if self.path == "/huge" else 1):
            self.wfile.write(b"thanks " * 200 if self.path == "/huge" else b"thanks")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to say."""


@contextmanager
def receiving(*, certificate: Path | None = None) -> Iterator[Receiver]:
    """A receiver that runs; with a file that holds a certificate and its key, over TLS."""
    with Receiver() as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
            thread.join()
