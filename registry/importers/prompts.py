"""Prompts in Markdown: Copilot's `.prompt.md`, and Continue's `.continue/prompts` in both forms."""

from __future__ import annotations

import re

from registry.importers.base import Candidate, Importer, Outcome, Refused, Source
from registry.importers.markdown_rules import unused
from registry.importers.naming import slug
from registry.importers.texts import page_of
from registry.importers.writing import yaml

_SUFFIXES = (".prompt.md", ".prompt", ".md")
_USED = frozenset({"name", "description", "invokable"})
_PLACE = re.compile(r"\$\{input:([^:{}\s]+)(?::[^{}]*)?\}")


def claims(source: Source) -> bool:
    """Files that end in `.prompt.md`, and what lies in `.continue/prompts`."""
    name = source.name.lower()
    return name.endswith(".prompt.md") or (
        source.folders[-2:] == (".continue", "prompts") and name.endswith((".md", ".prompt"))
    )


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One prompt."""
    page = page_of(source)
    if not page.body:
        raise Refused("The prompt has no text.", "Write the prompt below the front matter.", page.body_line)
    stem = next(source.name[: -len(end)] for end in _SUFFIXES if source.name.lower().endswith(end))
    description = page.text_of("description")
    body = page.body
    if len(set(_PLACE.findall(body))) == 1:
        # One place, however often: it is what the person adds.
        body = _PLACE.sub("{{{ input }}}", body)
    item = {"name": page.text_of("name") or stem, "description": description, "prompt": body}
    losses = unused(page, _USED, "prompt")
    if "${input:" in body:
        losses += ("Places such as ${input:…} stay as text: prompts have no named arguments.",)
    value = {"name": item["name"][:200], "version": "1.0.0", "schema": "v1"}
    manifest = yaml(value | {"prompts": [{key: text for key, text in item.items() if text}]})
    name = slug(stem, item["name"], *reversed(source.folders))
    return [
        Candidate(source.path, "prompt", name, manifest, summary=description[:300], losses=losses, is_generated=True)
    ]


PROMPTS = Importer("prompt", "Prompts (.prompt.md, .continue/prompts)", ("prompt",), claims, read)
