"""READMEs as pages show them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.safestring import SafeString, mark_safe

from registry.domain.anchors import Heading, anchored
from registry.models import Release

# A short text is taken in without a list of what is in it.
LEAST_HEADINGS = 4


@dataclass(frozen=True)
class Readme:
    """The text, whose headings can be linked to, and a list of them if there are several."""

    html: SafeString
    headings: tuple[Heading, ...] = field(default=())


def of(release: Release) -> Readme | None:
    """The README of a release, if it has one."""
    if not release.readme_html:
        return None
    found = anchored(release.readme_html, "readme-")
    headings = found.headings if len(found.headings) >= LEAST_HEADINGS else ()
    # It was sanitised when it was published (registry/domain/markup.py); the ids that were added are words.
    return Readme(mark_safe(found.html), headings)
