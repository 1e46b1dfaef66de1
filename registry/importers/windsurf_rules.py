"""Windsurf's rules, `.windsurf/rules/*.md`, with their four triggers."""

from __future__ import annotations

from registry.importers.base import Importer, Outcome, Refused, Source
from registry.importers.markdown_rules import rule, unused
from registry.importers.naming import slug
from registry.importers.texts import page_of, strings_of

_PLACES = ((".windsurf", "rules"), (".devin", "rules"))
_USED = frozenset({"trigger", "globs", "description", "name"})


def claims(source: Source) -> bool:
    """Markdown below `.windsurf/rules` or `.devin/rules`."""
    pairs = zip(source.folders, source.folders[1:], strict=False)
    return source.name.lower().endswith(".md") and any(pair in _PLACES for pair in pairs)


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One rule. A rule for which Windsurf asks by hand keeps no description: with one, a model would choose it."""
    page = page_of(source)
    trigger = page.text_of("trigger") or "manual"
    globs = strings_of(page.fields.get("globs"))
    description = page.text_of("description")
    losses = unused(page, _USED, "rule")
    always: bool | None = False
    match trigger:
        case "always_on":
            always, globs = True, []
        case "glob":
            if not globs:
                raise Refused(
                    "The trigger is “glob”, but there are no “globs”.", "Add them.", page.lines.get("trigger", 1)
                )
            always = None
        case "model_decision":
            globs = []
        case "manual":
            globs = []
            losses += ("The description is left out, so that the rule stays one for choosing by hand.",) * bool(
                description
            )
            description = ""
        case _:
            mend = "Use always_on, glob, model_decision or manual."
            raise Refused(f"The trigger “{trigger[:40]}” is not known.", mend, page.lines.get("trigger", 1))
    stem = source.name[:-3]
    made = rule(
        source,
        page,
        name=slug(stem),
        title=page.text_of("name") or stem,
        globs=globs,
        always=always,
        description=description,
        losses=losses,
    )
    return [made]


WINDSURF_RULES = Importer("windsurf", "Windsurf rules (.windsurf/rules)", ("rule",), claims, read)
