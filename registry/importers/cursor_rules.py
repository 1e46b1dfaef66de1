"""Cursor rules, `.mdc`: the registry's own Markdown rules read them as they are."""

from __future__ import annotations

from registry.domain import frontmatter
from registry.importers.base import Candidate, Importer, Outcome, Source
from registry.importers.markdown_rules import unused
from registry.importers.naming import slug
from registry.importers.texts import decode, page_of

_USED = frozenset(frontmatter.FIELDS)


def claims(source: Source) -> bool:
    """Every file that ends in `.mdc`."""
    return source.name.lower().endswith(".mdc")


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One rule, its text unchanged."""
    page = page_of(source)
    name = slug(source.name[:-4], *reversed(source.folders))
    losses = unused(page, _USED, "rule")
    return [
        Candidate(source.path, "rule", name, decode(source), summary=page.text_of("description")[:300], losses=losses)
    ]


CURSOR_RULES = Importer("cursor", "Cursor rules (.mdc)", ("rule",), claims, read)
