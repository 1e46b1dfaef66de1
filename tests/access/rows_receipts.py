"""Rows of receipts and their keys."""

from __future__ import annotations

from tests.access.rows_registry import HELPER, IT, fetching
from tests.access.table import Row, every

ROWS: tuple[Row, ...] = (
    fetching(f"assistants/{IT}/receipt", parameters=HELPER),
    every("GET", ".well-known/hub-keys.json", 200),
)
