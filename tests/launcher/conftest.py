"""A running launcher, its data folder and a port, each its own for every test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from hub.launcher import cluster, database
from hub.launcher.settings import PROJECT

UNWANTED = ("PG", "DATABASE_URL", "REDIS_URL", "HUB_", "HOST", "SECRET_KEY", "MAKE", "MFLAGS")


@dataclass
class Run:
    """A launcher that was started."""

    process: subprocess.Popen[str]
    data_dir: Path
    port: int

    def wait_for(self, text: str) -> str:
        """Read what the launcher prints up to a line that contains `text`, and return all of it."""
        assert self.process.stdout
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if text in line:
                return "".join(seen)
        raise AssertionError(f"the launcher ended without saying {text!r}:\n{''.join(seen)}{self.errors()}")

    def errors(self) -> str:
        """What the launcher wrote to its standard error until it ended."""
        return self.process.communicate(timeout=30)[1]

    def descendants(self) -> list[psutil.Process]:
        """Every process that this launcher has started, the database's too."""
        server = database.running(cluster.folder(self.data_dir))
        started = psutil.Process(self.process.pid).children(recursive=True)
        return [*started, server.process, *server.process.children()] if server else started


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for databases.

    Not `tmp_path`: each start of pytest closes the folder above it to other users, and as root the database
    runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        yield Path(folder)


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def launch(place: Path, free_port: int) -> Iterator[Callable[..., Run]]:
    """Starts launchers on one data folder; what still runs at the end of the test is ended."""
    runs: list[Run] = []
    data_dir = place / "data"

    def start(command: str = "tests.launcher.stand_in", **environment: str) -> Run:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
        own = {"HUB_DATA_DIR": str(data_dir), "PORT": str(free_port), **environment}
        process = subprocess.Popen(
            [sys.executable, "-m", *command.split()],
            cwd=PROJECT,
            env={**inherited, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        runs.append(Run(process, Path(own["HUB_DATA_DIR"]), int(own["PORT"])))
        return runs[-1]

    yield start
    for run in runs:
        run.process.terminate()
        run.process.communicate(timeout=60)
    database.stop(data_dir)
