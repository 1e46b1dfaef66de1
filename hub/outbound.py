"""Fetches from addresses that people of an organization have typed in, without becoming their way into our own network.

Only `https` and only public addresses: a name is resolved once, every address it has must be public, and the connection
goes to the address that was checked, so that a name cannot mean something else a moment later. Redirects are not
followed, and both time and size are bounded. Hosts that the operator names are exempt from the first two rules.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

TIMEOUT = 5.0
MAX_BYTES = 256 * 1024
_PORTS = {"https": 443, "http": 80}
# Ranges whose addresses carry an IPv4 address of anybody's choice; Python calls some of them global.
_CARRIERS = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The address may not be fetched from; the message says why."""


class Failed(Exception):
    """The other side did not answer, or not as it should; the message says how, without quoting the answer."""


@dataclass(frozen=True)
class Target:
    """A checked address: what to ask of whom. `exempt` hosts may be private and unencrypted."""

    scheme: str
    host: str
    port: int
    path: str
    exempt: bool


@dataclass(frozen=True)
class Answer:
    """What came back: the names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class _Request:
    """What is sent (without a body: GET), and how much is read of the answer. `cuts` leaves the rest unread."""

    headers: Mapping[str, str]
    max_bytes: int
    body: bytes | None = None
    cuts: bool = False


def target(url: str, *, allowed_hosts: Collection[str] = ()) -> Target:
    """What `url` names, if its form allows fetching from it; nothing is looked up. Raises Refused."""
    parts = _split(url)
    host = (parts.hostname or "").lower()
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise Refused("The port of the address cannot be used.") from None
    exempt = host in allowed_hosts or f"{host}:{port}" in allowed_hosts
    if parts.scheme != "https" and not (exempt and parts.scheme == "http"):
        raise Refused("The address must begin with “https://”.")
    if not host or parts.username is not None or parts.fragment:
        raise Refused("The address needs a host, and no user name or “#”.")
    if not exempt:
        _check_literal(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, exempt)


def fetch_json(
    url: str,
    *,
    allowed_hosts: Collection[str] = (),
    timeout: float = TIMEOUT,
    max_bytes: int = MAX_BYTES,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object at `url`, within `timeout` seconds in all and `max_bytes`. With `form`, that is posted.

    `allowed_hosts` names hosts (`idp.internal` or `127.0.0.1:8080`) that may be private and unencrypted. Raises Refused
    or Failed.
    """
    where = target(url, allowed_hosts=allowed_hosts)
    request = _Request(headers or {}, max_bytes)
    if form is not None:
        coded = {"Content-Type": "application/x-www-form-urlencoded", **request.headers}
        request = _Request(coded, max_bytes, urlencode(form).encode())
    answer = _found(where, request, timeout)
    try:
        found = json.loads(answer.body)
    except ValueError:
        raise Failed(f"{where.host} did not answer with JSON.") from None
    except RecursionError:
        raise Failed(f"{where.host} answered with JSON that is nested too deeply.") from None
    if not isinstance(found, dict):
        raise Failed(f"{where.host} did not answer with a JSON object.")
    return found


def fetch_bytes(url: str, *, allowed_hosts: Collection[str] = (), timeout: float = TIMEOUT, max_bytes: int) -> bytes:
    """What is at `url`, whatever it is, within bounds as for `fetch_json`. Raises Refused or Failed."""
    return _found(target(url, allowed_hosts=allowed_hosts), _Request({"Accept": "*/*"}, max_bytes), timeout).body


def _found(where: Target, request: _Request, timeout: float) -> Answer:
    answer = _exchange(where, request, time.monotonic() + timeout)
    if answer.status != http.HTTPStatus.OK:
        raise Failed(f"{where.host} answered with status {answer.status}.")
    return answer


def open_channel(where: Target, *, timeout: float) -> socket.socket:
    """A connection without TLS to an address of `where` that was checked: for libraries that speak a protocol of their own.

    Raises Refused or Failed.
    """
    for number in _addresses(where):
        try:
            return socket.create_connection((number, where.port), timeout=timeout)
        except (OSError, ValueError):
            continue
    raise Failed(f"{where.host} cannot be reached.")


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    allowed_hosts: Collection[str] = (),
    timeout: float = TIMEOUT,
    keep_bytes: int = 2048,
) -> Answer:
    """Post `body` as it is, and give back what came, whatever its status: of its body no more than `keep_bytes`.

    Bounds and `allowed_hosts` as for `fetch_json`. Raises Refused or Failed.
    """
    where = target(url, allowed_hosts=allowed_hosts)
    return _exchange(where, _Request(headers, keep_bytes, body, cuts=True), time.monotonic() + timeout)


def is_public(address: Address) -> bool:
    """Whether `address` belongs to the internet at large, not to this machine, its network or its cloud."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast


def _split(url: str) -> SplitResult:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Refused("The address has characters that no address has.")
    try:
        return urlsplit(url)
    except ValueError:
        raise Refused("This is not an address.") from None


def _check_literal(host: str) -> None:
    """Refuse a number that is no public address. Names are checked when they are looked up."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_public(address):
        raise Refused("The address belongs to a private network.")


def _addresses(where: Target) -> list[str]:
    """The addresses of the host, all of them checked."""
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Failed(f"{where.host} cannot be found.") from None
    numbers = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for number in numbers:
        if not where.exempt and not is_public(ipaddress.ip_address(number.partition("%")[0])):
            raise Refused(f"{where.host} is in a private network.")
    return numbers


def _exchange(where: Target, request: _Request, deadline: float) -> Answer:
    """The answer to one request. A guard closes the connection when the time is over, whatever it is waiting for."""
    for number in _addresses(where):
        try:
            channel = _connect(where, number, deadline)
        except (OSError, ValueError):
            continue
        guard = threading.Timer(max(deadline - time.monotonic(), 0), _cut, [channel])
        guard.daemon = True
        guard.start()
        try:
            if isinstance(channel, ssl.SSLSocket):
                channel.do_handshake()
            return _ask(where, channel, request)
        except ssl.SSLCertVerificationError:
            raise Failed(f"The certificate of {where.host} is not valid.") from None
        except (OSError, http.client.HTTPException, ValueError):
            late = time.monotonic() >= deadline
            raise Failed(f"{where.host} {'took too long' if late else 'broke the connection off'}.") from None
        finally:
            guard.cancel()
            channel.close()
    raise Failed(f"{where.host} cannot be reached.")


def _connect(where: Target, number: str, deadline: float) -> socket.socket:
    left = max(deadline - time.monotonic(), 0.001)
    channel = socket.create_connection((number, where.port), timeout=left)
    if where.scheme == "http":
        return channel
    try:
        context = ssl.create_default_context()
        return context.wrap_socket(channel, server_hostname=where.host, do_handshake_on_connect=False)
    except (OSError, ValueError):
        channel.close()
        raise


def _ask(where: Target, channel: socket.socket, request: _Request) -> Answer:
    connection = http.client.HTTPConnection(where.host, where.port)
    # The connection is made already, to the address that was checked.
    connection.sock = channel
    sent = {"Accept": "application/json", "User-Agent": "assistant-hub", "Connection": "close", **request.headers}
    # http.client would leave out port 80 alone, and does not know of TLS here.
    name = f"[{where.host}]" if ":" in where.host else where.host
    sent["Host"] = name if where.port == _PORTS[where.scheme] else f"{name}:{where.port}"
    connection.request("GET" if request.body is None else "POST", where.path, request.body, sent)
    answer = connection.getresponse()
    body = answer.read(request.max_bytes + 1)
    if len(body) > request.max_bytes and not request.cuts:
        raise Failed(f"{where.host} answered with more than {request.max_bytes} bytes.")
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, headers, body[: request.max_bytes])


def _cut(channel: socket.socket) -> None:
    with contextlib.suppress(OSError):
        channel.shutdown(socket.SHUT_RDWR)
