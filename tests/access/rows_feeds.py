"""Rows of feeds: public to everybody, and of a private package to its readers."""

from __future__ import annotations

from tests.access.rows_registry import HIDDEN
from tests.access.table import Row, every

ROWS: tuple[Row, ...] = (
    Row("GET", "feeds/packages", every("GET", "", 200).statuses | {"revoked": 401, "expired": 401}, kind="client"),
    Row(
        "GET",
        "feeds/namespaces/<str:namespace>",
        every("GET", "", 200).statuses | {"revoked": 401, "expired": 401},
        kind="client",
    ),
    Row("GET", "<str:namespace>/<str:name>/feed", every("GET", "", 200).statuses | HIDDEN, kind="client"),
)
