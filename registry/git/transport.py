"""Git over HTTP through connections that go only to addresses which were checked (hub/outbound.py).

dulwich speaks Git's protocol; it is given a pool of ours, which connects to one server alone, follows no redirect, and
ends with the time or the size that a fetch may take.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import urllib3
from dulwich.client import Urllib3HttpGitClient
from urllib3.connection import HTTPConnection, HTTPSConnection

from hub import outbound
from registry.git.errors import TooLarge, Unreachable, Unusable

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0


class _Guard:
    """The time that is left, and the connections to cut when it is over."""

    def __init__(self, where: outbound.Target, seconds: float) -> None:
        self.where = where
        self.deadline = time.monotonic() + seconds
        self.refusal: Exception | None = None
        self._open: list[HTTPConnection | urllib3.BaseHTTPResponse] = []
        # TLS takes a socket over; a second handle still reaches it.
        self._handles: list[socket.socket] = []

    def connect(self, connection: HTTPConnection) -> socket.socket:
        """A socket to the server. Raises OSError, as urllib3 expects; why is kept in `refusal`."""
        left = min(CONNECT_SECONDS, max(self.deadline - time.monotonic(), 0.001))
        try:
            channel = outbound.open_channel(self.where, timeout=left)
        except (outbound.Refused, outbound.Failed) as error:
            self.refusal = error
            raise OSError(str(error)) from None
        self._open.append(connection)
        self._handles.append(channel.dup())
        return channel

    def cut(self) -> None:
        """Break off what is open, whatever it is waiting for."""
        for handle in self._handles:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    def keep(self, answer: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
        """Close `answer` in the end, whoever has forgotten it by then."""
        self._open.append(answer)
        return answer

    def close(self) -> None:
        """Close everything."""
        self.cut()
        for one in (*reversed(self._open), *self._handles):
            one.close()

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.deadline


class _OneServer(urllib3.PoolManager):
    """A pool for one server. dulwich may ask it for other addresses when a server tells it to: those are refused."""

    def __init__(self, guard: _Guard) -> None:
        super().__init__(num_pools=1, headers={"User-Agent": "git/2 assistant-hub", "Connection": "close"})
        self._guard = guard

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        """One request, without redirects or second attempts."""
        parts = urllib3.util.parse_url(url)
        where = self._guard.where
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if (parts.scheme, (parts.host or "").strip("[]"), port) != (where.scheme, where.host, where.port):
            raise Unusable("The server leads to another one. Give the address where the repository is.")
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=SILENCE_SECONDS)
        answer = self._pool().urlopen(
            method,
            parts.request_uri,
            body=options.get("body"),
            headers=options["headers"],
            preload_content=False,
            redirect=False,
            retries=False,
            timeout=timeout,
        )
        return self._guard.keep(answer)

    def _pool(self) -> Any:
        where, guard = self._guard.where, self._guard

        class Connection(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return guard.connect(self)

        class SecureConnection(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return guard.connect(self)

        if where.scheme == "http":
            plain = urllib3.HTTPConnectionPool(where.host, where.port)
            plain.ConnectionCls = Connection
            return plain
        secure = urllib3.HTTPSConnectionPool(where.host, where.port, ssl_context=ssl.create_default_context())
        secure.ConnectionCls = SecureConnection
        return secure


class Client(Urllib3HttpGitClient):
    """dulwich's client over our pool, with a limit on how many bytes it reads in all."""

    def __init__(self, url: str, guard: _Guard, max_bytes: int, credential: tuple[str, str] | None) -> None:
        user, password = credential or (None, None)
        super().__init__(
            url,
            pool_manager=_OneServer(guard),
            username=user,
            password=password,
            quiet=True,
        )
        self._guard, self._left = guard, max_bytes

    def allow(self, more: int) -> None:
        """Let that many more bytes through."""
        self._left += more

    def _http_request(self, *arguments: Any, **options: Any) -> tuple[Any, Callable[[int], bytes]]:
        response, read = super()._http_request(*arguments, **options)

        def bounded(size: int) -> bytes:
            data = read(size)
            self._left -= len(data)
            if self._left < 0:
                raise TooLarge("The repository is larger than the hub takes in. Choose a smaller one.")
            if self._guard.late:
                raise Unreachable("The server took too long. The hub tries again at the next sync.")
            return data

        return response, bounded


@contextlib.contextmanager
def client(
    url: str, *, allowed_hosts: list[str], seconds: float, max_bytes: int, credential: tuple[str, str] | None
) -> Iterator[Client]:
    """A client for the repository at `url`, for as long as it may take.

    `credential` is a user name and a password or token. Raises Unusable where the address may not be fetched from.
    """
    try:
        where = outbound.target(url, allowed_hosts=allowed_hosts)
    except outbound.Refused as error:
        raise Unusable(str(error)) from None
    guard = _Guard(where, seconds)
    timer = threading.Timer(seconds, guard.cut)
    timer.daemon = True
    timer.start()
    try:
        yield Client(url, guard, max_bytes, credential)
    except Exception as error:
        # What the other side or the library says may quote anything; what we know ourselves is told instead.
        if isinstance(guard.refusal, outbound.Refused):
            raise Unusable(str(guard.refusal)) from None
        if guard.refusal is not None:
            raise Unreachable(str(guard.refusal)) from None
        if guard.late and not isinstance(error, TooLarge):
            raise Unreachable("The server took too long. The hub tries again at the next sync.") from None
        raise
    finally:
        timer.cancel()
        guard.close()
