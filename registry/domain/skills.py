"""Agent Skills: a folder whose SKILL.md says in its front matter what the skill is for, and below it how it is done.

Fields and limits are those of the Agent Skills format (contract client-formats 2.2). What goes beyond them is kept, and a
warning says that other clients may not honour it.
"""

from __future__ import annotations

import re
from typing import Any

from registry.domain import frontmatter, literals, manifests, yamltext
from registry.domain.faults import Fault, ManifestInvalid, Place
from registry.domain.manifests import Manifest
from registry.domain.yamltext import Document

FILE = "SKILL.md"
FIELDS = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
LENGTHS = {"name": 64, "description": 1024, "compatibility": 500}
MAX_LINES = 500
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def read(text: str, package_name: str) -> Manifest:
    """The manifest of a skill: its SKILL.md. Raises ManifestInvalid with everything that is wrong."""
    manifests.check_size(text, FILE)
    parts = frontmatter.split(text)
    if parts is None:
        mend = "Begin with “---”, “name: …”, “description: …” and “---”."
        raise ManifestInvalid([Fault("A SKILL.md begins with front matter.", mend=mend, file=FILE)])
    document = yamltext.parse(parts.front, file=FILE, first_line=parts.first_line)
    if not isinstance(document.value, dict):
        raise ManifestInvalid(
            [Fault("Front matter is a list of “key: value” lines.", document.place(()), "Write “name: …”.", FILE)]
        )
    faults = [*_faults(document), *literals.in_text(text, FILE)]
    if faults:
        raise ManifestInvalid(faults)
    fields: dict[str, Any] = document.value
    metadata = {str(key): str(value) for key, value in (fields.get("metadata") or {}).items()}
    known = {name: str(fields[name]).strip() for name in ("description", "license") if fields.get(name)}
    content = {
        "name": fields["name"],
        "metadata": metadata | known,
        "skill": {**{name: fields[name] for name in fields if name != "metadata"}, "metadata": metadata},
    }
    return manifests.describe(text, "skill", content, _warnings(document, parts.body, package_name))


def body(text: str) -> str:
    """What stands below the front matter of a SKILL.md."""
    parts = frontmatter.split(text)
    return parts.body if parts else text


def _faults(document: Document) -> list[Fault]:
    fields, faults = document.value, []
    for name in ("name", "description"):
        if not fields.get(name):
            faults.append(
                Fault(f"“{name}” is missing.", document.place(()), f"Add “{name}: …” to the front matter.", FILE)
            )
    for name, most in LENGTHS.items():
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            faults.append(Fault(f"“{name}” is text.", document.place((name,)), "Quote it.", FILE))
        elif value is not None and len(value.strip()) > most:
            faults.append(
                Fault(f"“{name}” is longer than {most} characters.", document.place((name,)), "Shorten it.", FILE)
            )
    if isinstance(fields.get("name"), str) and not _NAME.fullmatch(fields["name"]):
        mend = "Use lower-case letters and digits, with single hyphens between them."
        faults.append(Fault("The name is not one that clients take.", document.place(("name",)), mend, FILE))
    if not isinstance(fields.get("metadata") or {}, dict):
        faults.append(
            Fault("“metadata” is a mapping.", document.place(("metadata",)), "Write “key: value” lines below it.", FILE)
        )
    return faults


def _warnings(document: Document, body: str, package_name: str) -> list[Fault]:
    fields, found = document.value, []
    for key in fields:
        if key not in FIELDS:
            message = f"“{key}” is not in the common format; only some clients honour it."
            found.append(Fault(message, document.key_place((key,)), file=FILE))
    for key, value in (fields.get("metadata") or {}).items():
        if not isinstance(value, str):
            message = f"“{key}” is read as text by clients that read it at all."
            found.append(Fault(message, document.place(("metadata", key)), "Quote it.", FILE))
    if fields["name"] != package_name:
        message = f"Clients call the skill “{fields['name']}”, and keep it in a folder of that name."
        found.append(Fault(message, document.place(("name",)), f"Call the package “{fields['name']}” too.", FILE))
    if body.count("\n") > MAX_LINES:
        mend = "Move details to files below references/."
        found.append(Fault(f"The instructions have more than {MAX_LINES} lines.", Place(), mend, FILE))
    return found
