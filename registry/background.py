"""Hands work to the worker. The rows in the database are the truth: what is lost here, a sweep finds."""

from __future__ import annotations

import logging

from kombu.exceptions import OperationalError

from hub.celery import app

logger = logging.getLogger(__name__)


def send(task: str, **arguments: object) -> None:
    """Queue `task`. A broker that is away is noted, and left to the next sweep."""
    try:
        app.send_task(task, kwargs=arguments)
    except (OperationalError, OSError):
        logger.warning("The broker cannot be reached; a sweep will start %s.", task)
