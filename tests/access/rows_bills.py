"""Rows of context bills."""

from __future__ import annotations

from tests.access.rows_registry import HELPER, IT, fetching, reading
from tests.access.table import Row

ROWS: tuple[Row, ...] = (
    reading(f"{IT}/bill", parameters=HELPER),
    fetching(f"assistants/{IT}/bill", parameters=HELPER),
)
