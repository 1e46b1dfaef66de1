"""Rows of what package pages have beside the package itself: comparing, dependencies, badges, downloads."""

from __future__ import annotations

from tests.access.rows_registry import IT, fetching, reading
from tests.access.table import Row, every

OPEN = {"name": "open"}

ROWS: tuple[Row, ...] = (
    reading(f"{IT}/compare"),
    reading(f"{IT}/dependencies"),
    # The same for everybody: a badge of a private package is not there, for its owner either.
    every("GET", f"{IT}/badge.svg", 404),
    every("GET", f"{IT}/badge.svg", 200, parameters=OPEN),
    fetching(f"packages/{IT}/compare?from=1.0.0&to=1.0.0"),
    fetching(f"packages/{IT}/downloads"),
)
