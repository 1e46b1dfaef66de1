"""Copilot's instruction files: `applyTo` becomes globs."""

from __future__ import annotations

from registry.importers.base import Importer, Outcome, Source
from registry.importers.markdown_rules import is_everything, rule, unused
from registry.importers.naming import slug
from registry.importers.texts import page_of, strings_of

_SUFFIX = ".instructions.md"
_USED = frozenset({"name", "description", "applyTo"})


def claims(source: Source) -> bool:
    """Every file that ends in `.instructions.md`."""
    return source.name.lower().endswith(_SUFFIX)


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One rule. Without `applyTo` a file is attached by hand, or by a model that reads its description."""
    page = page_of(source)
    stem = source.name[: -len(_SUFFIX)]
    globs = strings_of(page.fields.get("applyTo"))
    always = None
    if is_everything(globs):
        globs, always = [], True
    elif not globs:
        always = False
    losses = unused(page, _USED, "instructions")
    if any("${" in one for one in globs):
        losses += ("“applyTo” has a variable; it is kept as text and fits no file.",)
    name = slug(stem, *reversed(source.folders))
    made = rule(
        source,
        page,
        name=name,
        title=page.text_of("name") or stem,
        globs=globs,
        always=always,
        description=page.text_of("description"),
        losses=losses,
    )
    return [made]


COPILOT_INSTRUCTIONS = Importer("copilot", "Copilot instructions (.instructions.md)", ("rule",), claims, read)
