"""Context bills: only read."""

from __future__ import annotations

READING = {"billing": {"of_bundle", "of_document"}}
