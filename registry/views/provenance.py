"""Where the text of a release came from, as its page says it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.models import Release

# What those who publish for others write into `Release.origin`, in the order of the page. What is not here follows.
LABELS: dict[str, str | Promise] = {
    "repository": _("Repository"),
    "commit": _("Commit"),
    "path": _("Path"),
    "importer": _("Imported as"),
    "mirror": _("Mirrored from"),
    "proposal": _("Proposal"),
}


@dataclass(frozen=True)
class Origin:
    """One thing about where it came from. `is_link` for an address of the web without a password in it."""

    label: str | Promise
    value: str
    is_link: bool


def origin_of(release: Release) -> list[Origin]:
    """What is known about where a release's text came from; nothing if whoever published it wrote it."""
    known = {str(key): str(value) for key, value in (release.origin or {}).items() if value}
    keys = [key for key in LABELS if key in known] + sorted(known.keys() - LABELS.keys())
    return [Origin(LABELS.get(key, key), known[key], _is_link(known[key])) for key in keys]


def _is_link(value: str) -> bool:
    return value.startswith(("https://", "http://")) and "@" not in value and not any(map(str.isspace, value))
