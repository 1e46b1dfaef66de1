"""Rows of what checks find and what releases depend on: `acme/hidden` and `acme/helper` are private."""

from __future__ import annotations

from tests.access.rows_registry import HELPER, IT, fetching
from tests.access.table import Row

SBOM = f"packages/{IT}/releases/<str:version>/sbom"
ROWS: tuple[Row, ...] = (fetching(SBOM), fetching(SBOM, parameters=HELPER))
