"""One launcher for each data folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.launcher.errors import CannotStart

# A launcher whose parent was killed notices within a second and stops by itself. Waiting that long lets
# `make up` work at once after `make up` was killed. One that says it is stopping gets longer.
PATIENCE = 2.0
PATIENCE_WHILE_STOPPING = 45.0


class Lock:
    """The held lock; other launchers read from it who holds it and whether it is about to be free."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Take the lock if nobody has it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._write(f"{os.getpid()} running")
        return True

    def say_stopping(self) -> None:
        """Tell a launcher that waits that this one is about to end."""
        self._write(f"{os.getpid()} stopping")

    def holder(self) -> tuple[str, bool]:
        """The process id in the lock, and whether that process is stopping."""
        pid, _, state = os.pread(self._descriptor, 100, 0).decode(errors="replace").strip().partition(" ")
        return pid, state == "stopping"

    def release(self) -> None:
        """Let the next launcher in."""
        os.close(self._descriptor)

    def _write(self, text: str) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)


@contextmanager
def only_one(path: Path) -> Iterator[Lock]:
    """Hold the lock at `path`. Raises CannotStart naming the other process if it stays taken."""
    lock = Lock(path)
    try:
        began = time.monotonic()
        while not lock.take():
            pid, stopping = lock.holder()
            waited = time.monotonic() - began
            if waited > (PATIENCE_WHILE_STOPPING if stopping else PATIENCE):
                raise CannotStart(
                    f"The hub is already running from {path.parent.parent} (process {pid}). "
                    "Stop it first, or set HUB_DATA_DIR and PORT to run a second one."
                )
            time.sleep(0.1)
        yield lock
    finally:
        lock.release()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for the lock at `path` and hold it: for short work that two processes must not do at once."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
