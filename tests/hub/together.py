"""Runs calls at the same time, each on a database connection of its own, as requests of different people would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

WAIT_SECONDS = 20


def together(*calls: Callable[[], object]) -> list[object]:
    """What each call returned, or the exception that it raised. They start when all are ready."""
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            ready.wait(WAIT_SECONDS)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
