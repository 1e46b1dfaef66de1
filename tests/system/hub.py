"""A whole hub of its own, started as `make up` starts it, and what talks to it over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C stops everything"
READY_SECONDS = 120
STOP_SECONDS = 40
TASK_SECONDS = 30
# What steers a hub elsewhere, the test run's own settings above all.
UNWANTED = (
    "PG",
    "DATABASE_URL",
    "REDIS_URL",
    "HUB_",
    "HOST",
    "PORT",
    "SECRET_KEY",
    "VAULT_KEY",
    "DJANGO_",
    "CONTINUE_",
)


@dataclass
class Hub:
    """A running hub."""

    url: str
    data_dir: Path
    environment: dict[str, str] = field(repr=False)
    process: subprocess.Popen[str] = field(repr=False)
    printed: list[str] = field(default_factory=list, repr=False)

    @property
    def is_ready(self) -> bool:
        """Whether the hub has said that it is."""
        return any(READY in line for line in self.printed)

    @property
    def first_run(self) -> dict[str, str]:
        """How to get in, as the hub wrote it down."""
        read: dict[str, str] = json.loads((self.data_dir / "first-run.json").read_text())
        return read

    def api(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Answer:
        """One call of the REST API, or of another address if `path` begins with `/`."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        address = self.url + (path if path.startswith("/") else f"/api/v1/{path}")
        data = None if body is None else json.dumps(body).encode()
        return ask(urllib.request.build_opener(), urllib.request.Request(address, data, headers, method=method))

    def queue_task(self, name: str) -> None:
        """Send a task through the broker, from a process of its own."""
        command = [sys.executable, "-m", "celery", "-A", "hub", "call", name]
        subprocess.run(command, check=True, cwd=ROOT, env=self.environment, capture_output=True, timeout=60)

    def wait_for_worker(self) -> None:
        """Return once the worker has shown that it works. Raises TimeoutError."""
        deadline = time.monotonic() + TASK_SECONDS
        while self.api("GET", "/readyz").json()["worker_seen_seconds_ago"] is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The worker did nothing within {TASK_SECONDS} seconds.")


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Message
    content: bytes
    url: str

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


def ask(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Answer:
    """Send a request and return the answer; a status such as 404 is one too."""
    try:
        with opener.open(request, timeout=30) as response:
            return Answer(response.status, response.headers, response.read(), response.url)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read(), error.url or "")


@contextmanager
def running(**environment: str) -> Iterator[Hub]:
    """Start a hub with a data folder of its own on a free port, stop it and remove its folder again.

    A hub that stops badly is an error. The folder is not one of pytest's: a later run of pytest closes the folders above
    those to the user that the database runs as.
    """
    with tempfile.TemporaryDirectory(prefix="hub-system-") as folder, _running(Path(folder), environment) as hub:
        yield hub


@contextmanager
def _running(data_dir: Path, environment: dict[str, str]) -> Iterator[Hub]:
    port = free_port()
    variables = {**_clean_environment(), "HUB_DATA_DIR": str(data_dir), "PORT": str(port), **environment}
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.launcher"],
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    hub = Hub(f"http://127.0.0.1:{port}", data_dir, variables, process)
    ready = threading.Event()
    reader = threading.Thread(target=_read, args=(hub, ready), daemon=True)
    reader.start()
    try:
        _require(ready.wait(READY_SECONDS) and hub.is_ready, "The hub did not start.")
        yield hub
    except Exception as error:
        error.add_note(f"The hub printed:\n{''.join(hub.printed)}")
        raise
    finally:
        _stop(process)
        reader.join()
        if process.stdout:
            process.stdout.close()
    _require(process.returncode == 0, f"The hub ended with code {process.returncode}:\n{''.join(hub.printed)}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _require(fulfilled: object, message: str) -> None:
    if not fulfilled:
        raise RuntimeError(message)


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}


def _read(hub: Hub, ready: threading.Event) -> None:
    """Keep what the hub prints, and notice when it is ready or has ended."""
    assert hub.process.stdout
    for line in hub.process.stdout:
        hub.printed.append(line)
        if READY in line:
            ready.set()
    ready.set()


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
