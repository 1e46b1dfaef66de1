"""Fills a hub's database with packages of five releases each, as fast as the database takes them.

`python -m bench.filling COUNT` fills the database that the hub's settings name, and prints as JSON the tokens to ask with.
"""
# ruff: noqa: PLC0415 - what fills imports models, which works only once Django is set up

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Iterator
from itertools import batched
from typing import Any

from bench.words import Writer

VERSIONS = ("1.0.0", "1.1.0", "1.2.0", "1.3.0", "2.0.0")
PACKAGES_OF_ONE = 100
GRANTS = 50
CHUNK = 5000
LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0", "")
KINDS = ("rule",) * 5 + ("prompt",) * 2 + ("mcp-server",) * 2 + ("model",)
VISIBILITIES = ("public",) * 7 + ("internal",) * 2 + ("private",)
BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
STEP = dt.timedelta(minutes=5)
_MANIFEST = {
    "rule": "rules:\n  - name: {title}\n    rule: >-\n      {text}\n",
    "prompt": "prompts:\n  - name: {title}\n    description: {summary}\n    prompt: >-\n      {text}\n",
    "mcp-server": "mcpServers:\n  - name: {title}\n    command: npx\n    args: ['{name}']\n",
    "model": "models:\n  - name: {title}\n    provider: ollama\n    model: {name}\n",
}
_SECTION = {"rule": "rules", "prompt": "prompts", "mcp-server": "mcpServers", "model": "models"}
_DIGEST = "'sha256:' || encode(sha256(convert_to(t.id || '@' || v.version, 'UTF8')), 'hex')"
_RELEASES = """
INSERT INTO registry_release ({columns})
SELECT {values} FROM bench_text t CROSS JOIN unnest(%s::text[], %s::text[]) WITH ORDINALITY AS v(version, version_key, place)
"""


def main(count: int) -> None:
    """Fill, and print who may look at what."""
    import django

    django.setup()
    began = time.monotonic()
    told = fill(count)
    told["seconds"] = round(time.monotonic() - began, 1)
    print(json.dumps(told))


def fill(count: int) -> dict[str, Any]:
    """Organizations, packages, releases, entries of the search, and a member with grants."""
    from django.db import connection

    spaces = _namespaces(-(-count // PACKAGES_OF_ONE))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # what is copied is known to fit together
        cursor.execute("SELECT coalesce(max(id), 0) FROM registry_package")
        first = cursor.fetchone()[0] + 1
        cursor.execute("SELECT coalesce(max(id), 0) FROM registry_release")
        first_release = cursor.fetchone()[0] + 1
        cursor.execute(
            "CREATE TEMP TABLE bench_text"
            " (id bigint, kind text, title text, manifest text, content jsonb, readme text, at timestamptz)"
        )
        _copy(cursor, count, first, first_release, spaces)
        _releases(cursor, first, first_release)
        for table in ("registry_package", "registry_release"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("DROP TABLE bench_text")
        _index(cursor)
        cursor.execute("SET session_replication_role = origin")
    return _member(spaces)


def _namespaces(count: int) -> list[int]:
    from hub.models import Namespace, NamespaceName, Organization

    made = Organization.objects.bulk_create(Organization(name=f"Bench {number}") for number in range(count))
    spaces = Namespace.objects.bulk_create(
        Namespace(slug=f"bench-{number}", organization=one) for number, one in enumerate(made)
    )
    NamespaceName.objects.bulk_create(NamespaceName(slug=one.slug, namespace=one) for one in spaces)
    return [one.id for one in spaces]


def _copy(cursor: Any, count: int, first: int, first_release: int, spaces: list[int]) -> None:
    """The packages, and the texts that their releases are made of."""
    from registry.models import Package

    fields = [field for field in Package._meta.concrete_fields if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    for rows in batched(_rows(count, first, first_release, spaces), CHUNK):
        with cursor.copy(f"COPY registry_package ({columns}) FROM STDIN") as copy:
            for row, _ in rows:
                copy.write_row([row.get(field.attname, _default(field)) for field in fields])
        with cursor.copy("COPY bench_text FROM STDIN") as copy:
            for _, text in rows:
                copy.write_row(text)


def _default(field: Any) -> Any:
    value = field.get_default()
    return (
        json.dumps(value)
        if isinstance(value, dict) or (value == [] and field.get_internal_type() == "JSONField")
        else value
    )


def _rows(
    count: int, first: int, first_release: int, spaces: list[int]
) -> Iterator[tuple[dict[str, Any], tuple[Any, ...]]]:
    writer, names = Writer(), set[tuple[int, str]]()
    choose = writer.random.choice
    for place in range(count):
        number, space, name = first + place, spaces[place % len(spaces)], writer.name()
        if (space, name) in names:
            name = f"{name}-{place}"
        names.add((space, name))
        kind, at = choose(KINDS), BEGIN + STEP * place
        title = name.replace("-", " ").capitalize()
        summary, body = choose(writer.sentences), writer.text(5)
        flat = body.replace("\n\n", " ")
        manifest = _MANIFEST[kind].format(title=title, summary=json.dumps(summary), name=name, text=flat)
        item = {"name": title, **_item(kind, name, flat)}
        content = json.dumps({"name": title, "version": VERSIONS[-1], "schema": "v1", _SECTION[kind]: [item]})
        row = {
            "id": number, "namespace_id": space, "name": name, "kind": kind, "visibility": choose(VISIBILITIES),
            "summary": summary, "tags": writer.tags(), "license": writer.pick(list(LICENSES)), "created_at": at,
            "updated_at": at, "latest_release_id": first_release + place * len(VERSIONS) + len(VERSIONS) - 1,
        }  # fmt: skip
        readme = f"# {title}\n\n{writer.text(9)}"
        yield row, (number, kind, title, f"name: {title}\nschema: v1\n{manifest}", content, readme, at)


def _item(kind: str, name: str, text: str) -> dict[str, Any]:
    """What the manifest of the kind says, read."""
    if kind == "mcp-server":
        return {"command": "npx", "args": [name]}
    return {"provider": "ollama", "model": name} if kind == "model" else {kind: text}


def _releases(cursor: Any, first: int, first_release: int) -> None:
    """Five for each package. Each has its own version in its text."""
    from registry.domain.versions import Version
    from registry.models import Release

    size = len(VERSIONS)
    values = {
        "id": f"{first_release} + (t.id - {first}) * {size} + v.place - 1",
        "package_id": "t.id", "version": "v.version", "version_key": "v.version_key", "is_prerelease": "false",
        "format": "'yaml'", "manifest": "'version: ' || v.version || E'\\n' || t.manifest", "digest": _DIGEST,
        "content": "t.content", "title": "t.title", "readme": "t.readme",
        "readme_html": "'<p>' || replace(t.readme, E'\\n\\n', '</p><p>') || '</p>'", "published_at": "t.at",
    }  # fmt: skip
    for field in Release._meta.concrete_fields:
        if field.attname not in values and not field.null:
            values[field.attname] = _literal(field)
    columns = ", ".join(f'"{name}"' for name in values)
    statement = _RELEASES.format(
        columns=columns, values=", ".join(value.replace("%", "%%") for value in values.values())
    )
    cursor.execute(statement, [list(VERSIONS), [Version.parse(version).sort_key for version in VERSIONS]])


def _literal(field: Any) -> str:
    value = field.get_default()
    if isinstance(value, list):
        return "'{}'" if field.get_internal_type() == "ArrayField" else "'[]'"
    return "'" + str(json.dumps(value) if isinstance(value, dict) else value) + "'"


def _index(cursor: Any) -> None:
    """Entries first, their index last: that is several times as fast as the other way round.

    In one transaction with the table locked: the hub's worker tends the index every minute, and would find none.
    """
    from django.db import transaction

    from registry.services import search_entries

    with transaction.atomic():
        cursor.execute("LOCK TABLE registry_searchentry IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_entry_vector'")
        definition = cursor.fetchone()[0]
        cursor.execute("DROP INDEX search_entry_vector")
        for _ in search_entries.rebuild(batch=1000):
            pass
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(definition)
    # What autovacuum does within minutes of a large change, at a pace that would still be going on while it is measured.
    cursor.execute("VACUUM ANALYZE")


def _member(spaces: list[int]) -> dict[str, Any]:
    """Somebody who is a member of three organizations and has grants on single packages of one."""
    from hub.actors import Actor
    from hub.models import Membership, Namespace, Role, User
    from hub.services import accounts, tokens
    from registry.models import Grant, Package

    made = {}
    for name in ("bench-member", "bench-stranger"):
        user = accounts.create(by=Actor(), user=User(username=name, email=f"{name}@example.com", password="!"))
        made[name] = user
    homes = Namespace.objects.filter(id__in=spaces[:3])
    members = Membership.objects.bulk_create(
        Membership(user=made["bench-member"], organization=one.organization, role=Role.MEMBER) for one in homes
    )
    private = Package.objects.filter(namespace__in=homes, visibility="private").select_related("namespace")
    of = {one.organization_id: one for one in members}
    Grant.objects.bulk_create(
        Grant(package=one, user=made["bench-member"], membership=of[one.namespace.organization_id], permission="read")
        for one in private[:GRANTS]
    )
    return {name: tokens.create(by=Actor(user), name="bench", scopes=["read"]).secret for name, user in made.items()}


if __name__ == "__main__":
    main(int(sys.argv[1]))
