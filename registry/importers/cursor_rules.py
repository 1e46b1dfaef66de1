"""Cursor rules, `.mdc`: the registry's own Markdown rules read them as they are."""

from __future__ import annotations

from registry.domain import frontmatter
from registry.importers.base import Candidate, Importer, Outcome, Source
from registry.importers.markdown_rules import unused
from registry.importers.naming import slug
from registry.importers.texts import Page, decode, page_of
from registry.importers.writing import markdown

_USED = frozenset(frontmatter.FIELDS)


def claims(source: Source) -> bool:
    """Every file that ends in `.mdc`."""
    return source.name.lower().endswith(".mdc")


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One rule, its text unchanged, but for globs that have to be told apart for others than Cursor."""
    page = page_of(source)
    name = slug(source.name[:-4], *reversed(source.folders))
    losses = unused(page, _USED, "rule")
    summary = page.text_of("description")[:300]
    return [Candidate(source.path, "rule", name, _manifest(source, page), summary=summary, losses=losses)]


def _manifest(source: Source, page: Page) -> str:
    """Cursor parts globs at commas also where YAML sees one text, which all others take for one glob."""
    globs = page.fields.get("globs")
    if page.is_loose or not isinstance(globs, str) or len(parted := frontmatter.split_globs(globs)) < 2:
        return decode(source)
    return markdown(page.fields | {"globs": parted}, page.body)


CURSOR_RULES = Importer("cursor", "Cursor rules (.mdc)", ("rule",), claims, read)
