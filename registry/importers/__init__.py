"""What people have already, turned into packages. One importer is one module, in one dict; plain Python, no Django.

`read` asks the importers in their order; the first that claims a file reads it. A file that nobody claims is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from registry.domain.faults import ManifestInvalid
from registry.importers.base import Candidate, Importer, Outcome, Refusal, Refused, Source, part_of
from registry.importers.context_files import CONTEXT_FILES
from registry.importers.continue_config import CONTINUE_CONFIG
from registry.importers.continue_rules import CONTINUE_RULES
from registry.importers.copilot_agents import COPILOT_AGENTS
from registry.importers.copilot_instructions import COPILOT_INSTRUCTIONS
from registry.importers.cursor_rules import CURSOR_RULES
from registry.importers.docker_catalogue import DOCKER_CATALOGUE
from registry.importers.mcp_json import MCP_JSON
from registry.importers.naming import settled
from registry.importers.prompts import PROMPTS
from registry.importers.server_json import SERVER_JSON
from registry.importers.server_json_seed import SERVER_JSON_SEED
from registry.importers.skills import SKILLS
from registry.importers.windsurf_rules import WINDSURF_RULES

IMPORTERS: dict[str, Importer] = {
    importer.name: importer
    for importer in (
        SKILLS,
        CURSOR_RULES,
        COPILOT_INSTRUCTIONS,
        COPILOT_AGENTS,
        PROMPTS,
        CONTEXT_FILES,
        WINDSURF_RULES,
        CONTINUE_RULES,
        SERVER_JSON_SEED,
        SERVER_JSON,
        MCP_JSON,
        DOCKER_CATALOGUE,
        CONTINUE_CONFIG,
    )
}


def importer_of(source: Source) -> Importer | None:
    """The importer that claims a file."""
    return next((one for one in IMPORTERS.values() if one.claims(source)), None)


def claimed(files: Iterable[Source]) -> list[Source]:
    """The files that become something or belong to something that does, in the order of their paths."""
    ordered = sorted(files, key=lambda one: one.path)
    folders = _skill_folders(ordered)
    return [one for one in ordered if _owner(one, folders) is not None or importer_of(one)]


def read(files: Iterable[Source]) -> Iterator[Outcome]:
    """What the files would become, in the order of their paths. Never raises for what is in them."""
    ordered = sorted(files, key=lambda one: one.path)
    folders = _skill_folders(ordered)
    inside: dict[str, list[Source]] = {}
    for source in ordered:
        if (owner := _owner(source, folders)) is not None:
            inside.setdefault(owner, []).append(source)
    for source in ordered:
        owner = _owner(source, folders)
        if owner is not None and not (IMPORTERS["skill"].claims(source) and source.folder == owner):
            continue
        if importer := importer_of(source):
            yield from read_one(importer, source, tuple(inside.get(source.folder, ())) if importer.takes_folder else ())


def read_one(importer: Importer, source: Source, beside: tuple[Source, ...] = ()) -> list[Outcome]:
    """What one file becomes, by one importer."""
    try:
        found = importer.read(source, beside)
    except Refused as refused:
        return [refused.of(source.path, kind=importer.kinds[0] if len(importer.kinds) == 1 else "")]
    except ManifestInvalid as error:
        return [Refused.because(error).of(source.path)]
    return [replace(one, importer=importer.name) if isinstance(one, Candidate) else one for one in found]


def _skill_folders(files: Iterable[Source]) -> frozenset[str]:
    return frozenset(one.folder for one in files if IMPORTERS["skill"].claims(one))


def _owner(source: Source, folders: frozenset[str]) -> str | None:
    """The skill that a file belongs to: the innermost folder around it that has a SKILL.md; None for no skill."""
    folder = source.folder
    while True:
        if folder in folders:
            return folder
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


__all__ = [
    "IMPORTERS",
    "Candidate",
    "Importer",
    "Outcome",
    "Refusal",
    "Source",
    "claimed",
    "importer_of",
    "part_of",
    "read",
    "settled",
]
