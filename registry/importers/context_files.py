"""Files that a client reads of its own accord: AGENTS.md, CLAUDE.md, GEMINI.md and their like. Rules that always apply."""

from __future__ import annotations

from registry.importers.base import Importer, Outcome, Source
from registry.importers.markdown_rules import rule, unused
from registry.importers.naming import slug
from registry.importers.texts import page_of

# By name in small letters; what such a file is called where it lies at the top.
_NAMES = {
    "agents.md": "agents",
    "agent.md": "agents",
    "agents.override.md": "agents-override",
    "claude.md": "claude",
    "claude.local.md": "claude-local",
    "gemini.md": "gemini",
    "copilot-instructions.md": "copilot-instructions",
    ".cursorrules": "cursorrules",
    ".windsurfrules": "windsurfrules",
    ".clinerules": "clinerules",
    ".continuerules": "continuerules",
}
# Folders in which such a file is the whole project's.
_OF_THE_PROJECT = frozenset({".claude", ".github", ".gemini", ".codex", ".junie"})
# Folders in which every file is an item of its own.
_OF_ITEMS = frozenset({"commands", "agents", "rules", "workflows", "prompts"})


def claims(source: Source) -> bool:
    """The names above, in any letter case and folder; but not a rule or command that is called so in a client's own folder."""
    parent = source.folders[-1] if source.folders else ""
    is_inside = any(one.startswith(".") for one in source.folders[:-1]) or parent in _OF_ITEMS
    return source.name.lower() in _NAMES and not is_inside


def read(source: Source, beside: tuple[Source, ...]) -> list[Outcome]:
    """One rule: at the top it always applies, in a folder to the files of that folder."""
    page = page_of(source)
    plain = _NAMES[source.name.lower()]
    folders = [one for one in source.folders if one not in _OF_THE_PROJECT]
    globs = [f"{'/'.join(folders)}/**"] if folders else []
    losses = unused(page, frozenset({"name", "description"}), "file")
    if any(line.startswith("@") and " " not in line.strip() for line in page.body.split("\n")):
        losses += ("Lines such as “@file” stay as text: what they name is not read in.",)
    name = slug("-".join([*folders, plain]), plain)
    title = "/".join([*source.folders, source.name]) if folders else source.name
    made = rule(source, page, name=name, title=title, globs=globs, always=None if globs else True, losses=losses)
    return [made]


CONTEXT_FILES = Importer("context", "AGENTS.md, CLAUDE.md, GEMINI.md and their like", ("rule",), claims, read)
