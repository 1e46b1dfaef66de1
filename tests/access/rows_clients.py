"""Rows of an assistant as files for clients."""

from __future__ import annotations

from tests.access.rows_registry import HELPER, IT, reading
from tests.access.table import Row

ROWS: tuple[Row, ...] = (reading(f"{IT}/clients", parameters=HELPER),)
