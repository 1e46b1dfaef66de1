"""Continue's Markdown rules: `.continue/rules/**/*.md`, and `rules.md` beside the code. They are the registry's own form."""

from __future__ import annotations

from registry.importers.base import Candidate, Importer, Outcome, Source
from registry.importers.naming import slug
from registry.importers.texts import decode, page_of


def claims(source: Source) -> bool:
    """Markdown below `.continue/rules`, and files called `rules.md`."""
    name = source.name.lower()
    pairs = zip(source.folders, source.folders[1:], strict=False)
    return name == "rules.md" or (name.endswith(".md") and (".continue", "rules") in pairs)


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One rule, its text unchanged; one that can be called as a command stays a rule that says so."""
    page = page_of(source)
    stem = source.name[:-3]
    folder = source.folders[-1] if source.folders else ""
    losses: tuple[str, ...] = ()
    if source.name.lower() == "rules.md" and ".continue" not in source.folders and source.folder:
        losses = (f"It applied to the files below “{source.folder}” only; add globs to say so.",)
    name = slug(f"{folder}-rules" if stem.lower() == "rules" else stem, stem)
    return [
        Candidate(source.path, "rule", name, decode(source), summary=page.text_of("description")[:300], losses=losses)
    ]


CONTINUE_RULES = Importer("continue-rule", "Continue rules (.continue/rules)", ("rule",), claims, read)
