"""What the formats of Markdown rules have in common: a page, the rule's fields, and a manifest out of them."""

from __future__ import annotations

from typing import Any

from registry.importers.base import Candidate, Refused, Source
from registry.importers.texts import Page
from registry.importers.writing import markdown

_ALWAYS = frozenset({"*", "**", "**/*", "/**"})


def rule(
    source: Source,
    page: Page,
    *,
    name: str,
    title: str,
    globs: list[str] | None = None,
    always: bool | None = None,
    description: str = "",
    losses: tuple[str, ...] = (),
) -> Candidate:
    """A rule out of a page. `always` is None where the globs decide."""
    if not page.body:
        raise Refused("The rule has no text.", "Write the rule below the front matter.", page.body_line)
    fields: dict[str, Any] = {"name": title[:200]}
    if description:
        fields["description"] = description
    if globs:
        fields["globs"] = globs[0] if len(globs) == 1 else globs
    if always is not None:
        fields["alwaysApply"] = always
    return Candidate(source.path, "rule", name, markdown(fields, page.body), summary=description[:300], losses=losses)


def is_everything(globs: list[str]) -> bool:
    """Whether globs fit every file, so that the rule always applies."""
    return bool(globs) and all(one in _ALWAYS for one in globs)


def unused(page: Page, used: frozenset[str], what: str) -> tuple[str, ...]:
    """A sentence about the fields that a package of this kind has no place for."""
    left = sorted(str(key) for key in page.fields.keys() - used if page.fields[key] not in (None, "", [], {}))
    return (f"Not carried over from the {what}: {', '.join(left)[:200]}.",) if left else ()
