"""Rows as lists show them."""

from __future__ import annotations

from registry.models import PackageQuerySet

_LONG = ("manifest", "content", "readme", "readme_html", "changelog", "changelog_html", "warnings")


def light(rows: PackageQuerySet) -> PackageQuerySet:
    """Packages with namespace and latest release, without the texts, which can be long and are not listed."""
    return rows.select_related("namespace", "latest_release").defer(*(f"latest_release__{name}" for name in _LONG))
