"""Memory of everything that a running hub consists of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from hub.launcher import cluster, database

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Use:
    """Memory of one process. `pss` shares out what several processes have in common; None where it cannot be told."""

    name: str
    rss: float
    pss: float | None


@dataclass(frozen=True)
class Census:
    """All processes at one moment, and their sums in megabytes: each in full, and what is shared counted once."""

    processes: list[Use]
    rss: float
    pss: float | None


def census(launcher: int, data_dir: Path) -> Census:
    """Every process that the launcher started, the launcher itself and the database server."""
    parent = psutil.Process(launcher)
    found = [parent, *parent.children(recursive=True)]
    server = database.running(cluster.folder(data_dir))
    if server:
        found += [server.process, *server.process.children()]
    uses = [use for process in found if (use := _use(process))]
    proportional = [use.pss for use in uses if use.pss is not None]
    return Census(uses, sum(use.rss for use in uses), sum(proportional) if len(proportional) == len(uses) else None)


def _use(process: psutil.Process) -> Use | None:
    try:
        with process.oneshot():
            name, rss = _name(process), process.memory_info().rss / MEGABYTE
        full = process.memory_full_info()
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return Use(name, rss, None)
    pss = getattr(full, "pss", None)
    return Use(name, rss, None if pss is None else pss / MEGABYTE)


def _name(process: psutil.Process) -> str:
    """What the process is for, from its command line."""
    line = " ".join(process.cmdline()).strip()
    if line.startswith("postgres: "):
        return "PostgreSQL, " + ("a connection" if "[local]" in line else line.removeprefix("postgres: "))
    known = {"hub.launcher": "launcher", "-m celery": "Celery", "-m granian": "web server", "postgres": "PostgreSQL"}
    return next((name for part, name in known.items() if part in line), process.name())
