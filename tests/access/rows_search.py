"""Rows of the search over REST: everybody may ask, and finds what he may read."""

from __future__ import annotations

from tests.access.table import EVERYBODY, Row, api

ROWS: tuple[Row, ...] = (api("GET", "search", EVERYBODY - {"revoked", "expired"}),)
