"""The processes that the launcher starts, and the ones that an earlier launcher left behind."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil

from hub.launcher.errors import CannotStart
from hub.launcher.settings import PROJECT

GRACE = 10.0
PR_SET_PDEATHSIG = 1
# Loaded here, because a process between fork and exec must not import anything.
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Row(TypedDict):
    """What is written down about a process. It leads a process group with its own number."""

    name: str
    pid: int
    created: float


@dataclass(frozen=True)
class Child:
    """A process that was started here, with the log that it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None


@dataclass
class Children:
    """All processes of one launcher. They are written down, so that the next launcher can end what is left of them."""

    record: Path
    log_dir: Path
    environment: Mapping[str, str]

    def __post_init__(self) -> None:
        self.started: list[Child] = []

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start a process in a session of its own, so that Ctrl-C reaches the launcher alone."""
        log = self.log_dir / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            process = subprocess.Popen(
                list(command),
                cwd=PROJECT,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509 - the launcher has one thread
            )
        child = Child(name, process, log)
        self.started.append(child)
        self._write_down()
        return child

    def stop(self) -> None:
        """Ask every process to end, last started first, and end by force what is left after the grace time."""
        running = [child for child in reversed(self.started) if not child.has_ended()]
        for child in running:
            child.process.terminate()
        deadline = time.monotonic() + GRACE
        for child in running:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
        for child in self.started:
            _kill_group(child.process.pid)
            child.process.wait()
        self.started.clear()
        self._write_down()

    def _write_down(self) -> None:
        rows: list[Row] = [
            {"name": child.name, "pid": child.process.pid, "created": _created(child.process.pid)}
            for child in self.started
            if not child.has_ended()
        ]
        unfinished = self.record.with_suffix(".new")
        unfinished.write_text(json.dumps(rows, indent=2))
        unfinished.replace(self.record)


def end_leftovers(record: Path, data_dir: Path) -> list[str]:
    """End what an earlier launcher started and could not stop. Returns the names of what was found.

    Raises CannotStart if something cannot be ended.
    """
    groups = _read(record)
    found = [(process, groups[group]["name"]) for process, group in _members(groups, data_dir)]
    processes = [process for process, _ in found]
    for process in processes:
        _signal(process.terminate)
    alive = wait_until_gone(processes, GRACE)
    for process in alive:
        _signal(process.kill)
    alive = wait_until_gone(alive, GRACE)
    if alive:
        pids = ", ".join(str(process.pid) for process in alive)
        raise CannotStart(f"Processes of an earlier run do not end: {pids}. End them, then try again.")
    record.unlink(missing_ok=True)
    return sorted({name for _, name in found})


def wait_until_gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for processes that need not be our children, and return those that live on.

    One that ended and that nobody has collected yet counts as gone.
    """
    deadline = time.monotonic() + seconds
    while (alive := [process for process in processes if _lives(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _end_with(parent: int) -> Callable[[], None]:
    """What a child does first: ask the kernel (Linux) for an end when its parent is killed."""

    def prepare() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it was killed before the kernel knew
                os._exit(1)

    return prepare


def _kill_group(group: int) -> None:
    """End what a process left in its group: the group keeps its number as long as a member lives."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:
        pass  # macOS says so of a group that holds nothing but ended processes


def _created(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return time.time()


def _read(record: Path) -> dict[int, Row]:
    """What was written down, by process group. A record that is missing or cut off has nothing to tell."""
    try:
        rows: list[Row] = json.loads(record.read_text())
        return {row["pid"]: row for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _members(groups: Mapping[int, Row], data_dir: Path) -> list[tuple[psutil.Process, int]]:
    """The processes of the recorded groups that really belong to this data folder.

    A number in the record may by now be another program's, above all after a restart of the machine. So the
    process must be as young as the record says, and its environment must name this data folder.
    """
    members = []
    for process in psutil.process_iter() if groups else []:
        try:
            group = os.getpgid(process.pid)
            if (
                group in groups
                and process.create_time() >= groups[group]["created"] - 5
                and process.environ().get("HUB_DATA_DIR") == str(data_dir)
            ):
                members.append((process, group))
        except (OSError, psutil.Error):
            continue
    return members


def _signal(send: Callable[[], None]) -> None:
    with suppress(psutil.NoSuchProcess):
        send()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
