"""Background work of the foundation."""

from __future__ import annotations

import time
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.core.management import call_command


def heartbeat_file() -> Path:
    """Touched by the worker on its schedule, so that readiness can be told without asking the worker."""
    return settings.DATA_DIR / "run" / "worker-heartbeat"


@shared_task
def heartbeat(**_: object) -> None:
    """Show that schedule, broker and worker all work."""
    path = heartbeat_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(time.time()))


@shared_task
def clear_expired_sessions(**_: object) -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")
