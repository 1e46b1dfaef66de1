"""The whole corpus in one run: how many files became what, and every refusal with its reason."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from hub.actors import Actor
from hub.models import Namespace
from registry.domain.files import unpack
from registry.importers import Source
from registry.importers.report import Row
from registry.models import Package, Release
from registry.services import imports

CORPUS = next(
    (found for above in Path(__file__).resolve().parents if (found := above / "shared" / "corpus").is_dir()), Path()
)
FILES = sorted(file for file in CORPUS.rglob("*") if file.is_file()) if CORPUS.name else []

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not FILES and os.environ.get("CI") != "true", reason="NOT RUN: the corpus is not beside the project"
    ),
]

# By folder: what came of its files.
COUNTS = {
    ("copilot-agents", "assistant", "imported"): 16,
    ("copilot-instructions", "rule", "imported"): 39,
    ("cursor-rules", "rule", "imported"): 60,
    ("mcp-servers/docker", "mcp-server", "imported"): 80,
    ("mcp-servers/seed-2025-05.json", "mcp-server", "imported"): 98,
    ("mcp-servers/seed-2025-05.json", "mcp-server", "refused"): 137,
    ("mcp-servers/server-json", "mcp-server", "imported"): 3,
    ("mcp-servers/server-json", "mcp-server", "refused"): 1,
    ("skills", "skill", "imported"): 18,
}
# The seed's entries that say too little to start anything, by what they lack.
SEED_REFUSALS = {
    "It is not said where it comes from.": 122,
    "A package has no version.": 9,
    "An image has no tag, or no name that is one.": 3,
    "The entry is empty: it has no name.": 3,
}
REFUSED_FILE = (
    "mcp-servers/server-json/github-mcp-server.json",
    "“version” holds a variable that nobody filled in. Write the value itself.",
    8,
)


def sources() -> list[Source]:
    return [Source(str(file.relative_to(CORPUS)), file.read_bytes()) for file in FILES]


def folder_of(path: str) -> str:
    return "/".join(path.split("/")[: 2 if path.startswith("mcp-servers") else 1])


def reason_of(row: Row) -> str:
    for words, reason in (("not said where", 0), ("has no version", 1), ("no tag", 2), ("name of an image", 2)):
        if words in row.reason:
            return list(SEED_REFUSALS)[reason]
    return "The entry is empty: it has no name." if "no name" in row.reason else row.reason


def test_the_corpus_becomes_packages(owner: Actor, acme: Namespace) -> None:
    files = sources()
    planned = imports.plan(by=owner, namespace=acme, files=files).rows
    rows = imports.run(by=owner, namespace=acme, files=files)
    counts = Counter((folder_of(row.path), row.kind, str(row.outcome)) for row in rows)
    assert counts == COUNTS
    assert [row.as_json() for row in planned] == [row.as_json() for row in rows]

    refused = [row for row in rows if row.outcome == "refused"]
    assert Counter(reason_of(row) for row in refused if "seed" in row.path) == SEED_REFUSALS
    assert [(row.path, row.reason, row.line) for row in refused if "seed" not in row.path] == [REFUSED_FILE]
    assert all(row.line and row.line > 0 for row in refused)

    imported = [row for row in rows if row.outcome == "imported"]
    assert len({row.package for row in imported}) == len(imported) == Package.objects.filter(namespace=acme).count()
    assert Release.objects.filter(origin__path__startswith="skills/").exclude(artifact=None).count() == 18

    again = imports.run(by=owner, namespace=acme, files=files)
    assert {str(row.outcome) for row in again} == {"unchanged", "refused"}
    assert Release.objects.count() == len(imported)


# In the forms in which people leave them lying about; none is real.
PLANTED = {
    "github": "ghp_" + "Zz9" * 12,
    "anthropic": "sk-ant-" + "plantedQ7" * 4,
    "aws": "AKIA" + "QWERTYUIOPASDFGH",
    "slack": "xoxb-" + "1234567890-planted",
    "address": "postgres://admin:plantedpassword@db.internal/app",
}


def planted() -> list[Source]:
    """Copies of the files, each with a credential in it."""
    secrets = list(PLANTED.values())
    found = []
    for number, source in enumerate(sources()):
        secret = secrets[number % len(secrets)].encode()
        if source.name.endswith((".mdc", ".md", ".sh", ".py", ".js", ".sql", ".ps1")):
            content = source.content + b"\nUse " + secret + b" here.\n"
        elif source.path.startswith("mcp-servers/docker/") and source.name.endswith(".yaml"):
            content = source.content.replace(b"example: ", b"example: " + secret + b" #")
        elif source.name.endswith(".json"):
            content = source.content.replace(b'"description": "', b'"description": "' + secret + b" ", 3)
        else:
            continue
        found.append(Source(source.path, content, source.executable))
    servers = {
        "a": {"command": "x", "args": ["--key", secrets[0]], "env": {"API_KEY": "plantedplain", "X": secrets[4]}},
        "b": {"url": f"https://h.example/?token={secrets[1]}", "headers": {"Authorization": f"Bearer {secrets[2]}"}},
    }
    settings = json.dumps({"mcpServers": servers})
    config = f"name: C\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: M\n    provider: openai\n    model: m\n    apiKey: {secrets[1]}\n"
    return [*found, Source(".mcp.json", settings.encode()), Source(".continue/config.yaml", config.encode())]


def everything_stored() -> str:
    """Every row of every table as text."""
    tables = [model._meta.db_table for model in apps.get_models()]
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
            if table == "registry_artifact":
                cursor.execute(f'SELECT content FROM "{table}"')
                found += [_unpacked(bytes(row[0])) for row in cursor.fetchall()]
    return "\n".join(found)


def _unpacked(content: bytes) -> str:
    return "\n".join(file.content.decode("utf-8", "replace") for file in unpack(content).files)


def test_planted_secrets_never_reach_the_database(owner: Actor, acme: Namespace) -> None:
    files = planted()
    assert len(files) > 200
    rows = imports.run(by=owner, namespace=acme, files=files)
    stored = everything_stored() + "\n".join(map(str, rows))
    for name, secret in PLANTED.items():
        assert secret not in stored, name
    assert "plantedplain" not in stored
    settings = {row.package: row for row in rows if row.path in (".mcp.json", ".continue/config.yaml")}
    assert {str(row.outcome) for row in settings.values()} == {"imported"}
    # A rule with a credential in its text is refused where it stands.
    [rule] = [row for row in rows if row.path == "cursor-rules/svelte.mdc"]
    assert rule.outcome == "refused"
    assert rule.line == next(one for one in sources() if one.path == rule.path).content.count(b"\n") + 2
