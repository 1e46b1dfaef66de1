"""Agent Skills: a folder with `SKILL.md`, taken whole."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from registry.importers.base import Candidate, Importer, Outcome, Refused, Source
from registry.importers.naming import slug
from registry.importers.texts import Page, page_of
from registry.importers.writing import markdown

_NAME = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_DESCRIPTION = 1024


def claims(source: Source) -> bool:
    """The file `SKILL.md`, which makes its folder a skill."""
    return source.name.lower() == "skill.md"


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One skill with all files of its folder. Its front matter is put right where clients would stumble over it."""
    page = page_of(source)
    fields, losses = _checked(source, page)
    main = replace(source, path="SKILL.md")
    if fields != page.fields or page.is_loose:
        main = replace(main, content=markdown(fields, page.body).encode())
    elif source.content.startswith(b"\xef\xbb\xbf"):
        main = replace(main, content=source.content[3:])
    prefix = f"{source.folder}/" if source.folder else ""
    others = [replace(one, path=one.path.removeprefix(prefix)) for one in beside if one.path != source.path]
    description = " ".join(fields["description"].split())
    return [
        Candidate(
            source.path,
            "skill",
            slug(fields["name"]),
            main.content.decode(),
            summary=description if len(description) <= 300 else f"{description[:299].rstrip()}…",
            files=tuple(sorted([main, *others], key=lambda one: one.path)),
            losses=losses,
        )
    ]


def _checked(source: Source, page: Page) -> tuple[dict[str, Any], tuple[str, ...]]:
    fields, losses = dict(page.fields), []
    name, folder = page.text_of("name"), source.folders[-1] if source.folders else ""
    if not _NAME.fullmatch(name):
        named = slug(name or folder).replace("_", "-").replace(".", "-")[:64].strip("-")
        losses.append(f"The name “{name[:64]}” is not one that clients accept; the skill is called “{named}”.")
        fields = {"name": named} | {key: one for key, one in fields.items() if key != "name"}
    elif folder and _NAME.fullmatch(folder) and folder != name:
        losses.append(f"The folder is called “{folder}” and the skill “{name}”; the skill's own name counts.")
    description = page.fields.get("description")
    if not isinstance(description, str) or not description.strip():
        raise Refused("The skill has no description.", "Say in “description” what it does and when to use it.")
    if len(description) > _MAX_DESCRIPTION:
        line = page.lines.get("description", 1)
        raise Refused(f"The description is longer than {_MAX_DESCRIPTION} characters.", "Shorten it.", line)
    if not page.body:
        raise Refused("The skill has no text.", "Write its instructions below the front matter.", page.body_line)
    metadata = fields.get("metadata")
    if isinstance(metadata, dict) and not all(isinstance(one, str) for one in metadata.values()):
        fields["metadata"] = {str(key): _text(one) for key, one in metadata.items()}
        losses.append("Values of “metadata” were turned into text, as the format asks.")
    if page.is_loose:
        losses.append("The front matter was not valid YAML; it was read line by line and written anew.")
    return fields, tuple(losses)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


SKILLS = Importer("skill", "Agent Skills (folders with SKILL.md)", ("skill",), claims, read, takes_folder=True)
