"""The command lines of the processes. docs/production.md runs the same ones under a service manager."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from hub.launcher.settings import Settings


@dataclass(frozen=True)
class Commands:
    """What to run: once before the start, and then for as long as the hub runs."""

    prepare: list[str]
    web: list[str]
    worker: list[str]
    worker_is_ready: str  # what the worker writes once it takes work


def of(settings: Settings) -> Commands:
    """The hub's own commands."""
    return Commands(_prepare(settings), _web(settings), _worker(settings), worker_is_ready=" ready.")


def environment(settings: Settings, inherited: Mapping[str, str], database_url: str) -> dict[str, str]:
    """What the processes find in their environment: all that was inherited, and where things are."""
    defaults = {
        "HUB_BASE_URL": settings.url,
        "SECRET_KEY_FILE": str(settings.data_dir / "keys" / "django-secret-key"),
        "PYTHONUNBUFFERED": "1",  # mails and prints reach the log at once
        "MALLOC_ARENA_MAX": "2",  # glibc gives each thread a heap of its own otherwise
    }
    if settings.listens_everywhere and settings.public_url is None:
        defaults["HUB_ALLOWED_HOSTS"] = "*"  # under which of the machine's names others come cannot be known
    fixed = {"DATABASE_URL": database_url, "HUB_DATA_DIR": str(settings.data_dir)}
    return {**defaults, **inherited, **fixed}


def _prepare(settings: Settings) -> list[str]:
    options = ["--url", settings.url, "--first-run-file", str(settings.first_run_file)]
    return [sys.executable, "manage.py", "prepare", *options]


def _web(settings: Settings) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": settings.host,
        "--port": str(settings.port),
        "--workers": "1",  # a second one costs as much memory again; threads share what is loaded
        "--blocking-threads": "4",
        "--backpressure": "64",  # beyond that, clients wait in the socket's queue and not in memory
        "--workers-kill-timeout": "5",
        "--log-level": "warning",
    }
    flat = [part for option in options.items() for part in option]
    return [sys.executable, "-m", "granian", *flat, "--no-ws", "--respawn-failed-workers", "hub.wsgi:application"]


def _worker(settings: Settings) -> list[str]:
    options = {
        "--pool": "threads",  # one process; the work waits for the database and the network
        "--concurrency": "2",
        "--loglevel": "INFO",
        "--schedule": str(settings.run_dir / "celerybeat-schedule"),
    }
    flat = [part for option in options.items() for part in option]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]  # there is no second worker to talk to
    return [sys.executable, "-m", "celery", "-A", "hub", "worker", "--beat-thread", *flat, *alone]
