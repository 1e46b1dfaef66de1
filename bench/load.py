"""Load: as many requests as the server answers in some seconds, or a given number of them."""

from __future__ import annotations

import http.client
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECTIONS = 8
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class Unexpected(RuntimeError):
    """The server answered with something that is not to be measured."""


@dataclass(frozen=True)
class Target:
    """What to ask for, and the status that the answer must have."""

    url: str
    headers: Mapping[str, str]
    status: int = 200


@dataclass(frozen=True)
class Sample:
    """One measurement: requests a second, and how long the middle one and the slowest hundredth took."""

    rate: float
    p50_ms: float
    p99_ms: float


type Measure = Callable[[Target, float], Sample]


def check(target: Target) -> int:
    """Ask once, see that the answer is the wanted one, and return the length of its body. Raises Unexpected."""
    connection = _connect(target)
    try:
        return _ask(connection, target)
    finally:
        connection.close()


def with_wrk(program: str) -> Measure:
    """Measure with wrk, which costs the least of the processor that it shares with the server."""

    def measure(target: Target, seconds: float) -> Sample:
        headers = [part for name, value in target.headers.items() for part in ("-H", f"{name}: {value}")]
        command = [
            program,
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{max(1, round(seconds))}s",
            "--latency",
            *headers,
            target.url,
        ]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in printed or "Socket errors" in printed:
            raise Unexpected(f"{target.url} was not answered as it should be:\n{printed}")
        rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
        if rate is None:
            raise Unexpected(f"wrk printed no rate:\n{printed}")
        return Sample(float(rate[1]), _latency(printed, 50), _latency(printed, 99))

    return measure


def with_threads(target: Target, seconds: float) -> Sample:
    """Measure with threads of this process, where there is no wrk. It takes more of the processor than wrk does."""
    deadline = time.monotonic() + seconds
    began = time.monotonic()
    times = _in_threads(target, lambda _: time.monotonic() < deadline)
    quantiles = statistics.quantiles(times, n=100)
    return Sample(len(times) / (time.monotonic() - began), quantiles[49] * 1000, quantiles[98] * 1000)


def fetch(target: Target, count: int) -> None:
    """Ask `count` times in all. Raises Unexpected."""
    each, more = divmod(count, CONNECTIONS)
    _in_threads(target, lambda done: done < each)
    connection = _connect(target)
    for _ in range(more):
        _ask(connection, target)
    connection.close()


def _in_threads(target: Target, goes_on: Callable[[int], bool]) -> list[float]:
    """Ask over several connections, each as long as `goes_on(number of its answers)`; seconds of every answer."""
    times: list[float] = []
    errors: list[Exception] = []

    def run() -> None:
        connection = _connect(target)
        mine: list[float] = []
        try:
            while goes_on(len(mine)):
                began = time.perf_counter()
                _ask(connection, target)
                mine.append(time.perf_counter() - began)
        except (Unexpected, OSError, http.client.HTTPException) as error:
            errors.append(error)
        finally:
            connection.close()
        times.extend(mine)

    threads = [threading.Thread(target=run) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise Unexpected(str(errors[0])) from errors[0]
    return times


def _connect(target: Target) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(target.url).netloc, timeout=30)


def _ask(connection: http.client.HTTPConnection, target: Target) -> int:
    parts = urlsplit(target.url)
    connection.request("GET", f"{parts.path}?{parts.query}".rstrip("?"), headers=dict(target.headers))
    response = connection.getresponse()
    length = len(response.read())
    if response.status != target.status:
        raise Unexpected(f"{target.url} answered {response.status} instead of {target.status}.")
    return length


def _latency(printed: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", printed)
    return float(found[1]) * UNITS[found[2]] if found else 0.0
