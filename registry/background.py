"""Hands work to the worker. The rows in the database are the truth: what is lost here, a sweep finds."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def send(task: str, **arguments: object) -> None:
    """Queue `task`. A broker that is away is noted, and left to the next sweep."""
    try:
        current_app.send_task(task, kwargs=arguments)
    except (OperationalError, OSError):
        logger.warning("The broker cannot be reached; a sweep will start %s.", task)
