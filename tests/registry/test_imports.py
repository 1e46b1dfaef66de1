"""Importing into a namespace: what is new is published, what is not stays, and what is wrong is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace
from hub.services import tokens
from registry.importers import Source
from registry.importers.report import Row
from registry.models import ImportedFile, Package, Release
from registry.services import import_names, imports, lifecycle, packages
from tests.hub.together import together

RULE = "---\ndescription: {0}\n---\nWrite {0}.\n"


def rule(path: str, word: str = "one") -> Source:
    return Source(path, RULE.format(word).encode())


def told(rows: list[Row] | tuple[Row, ...]) -> list[tuple[str, str | None, str | None, str]]:
    return [(row.path, row.package, row.version, str(row.outcome)) for row in rows]


@pytest.fixture
def run(owner: Actor, acme: Namespace) -> Callable[..., list[Row]]:
    """Imports into acme: `run(rule("aa.mdc"))`."""
    return lambda *files, **more: imports.run(by=owner, namespace=acme, files=files, **more)


def test_a_file_becomes_a_package_that_knows_where_it_is_from(run: Any, owner: Actor) -> None:
    [row] = run(rule("rules/style.mdc"), visibility="internal")
    assert told([row]) == [("rules/style.mdc", "acme/style", "1.0.0", "imported")]
    release = Release.objects.get()
    assert release.origin["path"] == "rules/style.mdc"
    assert release.origin["importer"] == "cursor"
    assert release.origin["source_digest"].startswith("sha256:")
    assert (release.package.visibility, release.package.summary) == ("internal", "one")
    events = AuditEvent.objects.filter(namespace_label="acme", action__startswith="registry").order_by("id")
    assert list(events.values_list("action", flat=True)) == ["registry.package.create", "registry.release.publish"]


def test_again_publishes_only_what_changed(run: Any) -> None:
    run(rule("aa.mdc"), rule("bb.mdc"))
    rows = run(rule("aa.mdc"), rule("bb.mdc", "two"))
    assert told(rows) == [("aa.mdc", "acme/aa", "1.0.0", "unchanged"), ("bb.mdc", "acme/bb", "1.0.1", "imported")]
    assert Release.objects.count() == 3


def test_a_plan_foresees_the_run_and_changes_nothing(run: Any, owner: Actor, acme: Namespace) -> None:
    run(rule("aa.mdc"), rule("moved.mdc", "six"))
    files = [
        rule("aa.mdc", "two"),
        rule("bb.mdc"),
        rule("x/bb.mdc", "three"),
        rule("y/bb.mdc"),
        rule("new/moved.mdc", "six"),
    ]
    files += [Source("bad.mdc", b"\xff"), Source("s.instructions.md", b"")]
    before = Release.objects.count()
    plan = imports.plan(by=owner, namespace=acme, files=files)
    assert Release.objects.count() == before
    assert plan.as_json() == [row.as_json() for row in run(*files)]
    assert {row.path: str(row.outcome) for row in plan.rows} == {
        "aa.mdc": "imported",
        "bb.mdc": "imported",
        "x/bb.mdc": "imported",
        "y/bb.mdc": "unchanged",
        "new/moved.mdc": "unchanged",
        "bad.mdc": "refused",
        "s.instructions.md": "refused",
    }


def test_a_broken_file_blocks_only_itself(run: Any) -> None:
    secret = Source("leak.mdc", ("---\ndescription: x\n---\nfine\nghp_" + "a1B2" * 9).encode())
    rows = run(Source("bad.mdc", b"ok\n\xff"), secret, rule("good.mdc"))
    assert [(row.path, str(row.outcome), row.line) for row in rows] == [
        ("bad.mdc", "refused", 2),
        ("good.mdc", "imported", 1),
        ("leak.mdc", "refused", 5),
    ]
    assert "ghp_" not in rows[2].reason


def test_files_that_would_take_one_name_get_two(run: Any) -> None:
    rows = run(rule("a/style.mdc"), rule("b/style.mdc", "two"), rule("c/style.mdc", "three"))
    names = [row.package for row in rows]
    assert names[:2] == ["acme/style", "acme/style-cursor"]
    assert names[2] is not None
    assert names[2].startswith("acme/style-")
    assert "was taken" in rows[1].reason
    # A file that comes later and stands before them changes nothing about that.
    again = run(
        rule("0/style.mdc", "four"), rule("a/style.mdc"), rule("b/style.mdc", "two"), rule("c/style.mdc", "three")
    )
    assert [row.package for row in again[1:]] == names
    assert again[0].package not in names


def test_a_package_that_was_not_imported_is_left_alone(run: Any, build_package: Any) -> None:
    build_package("style", "1.0.0")
    [row] = run(rule("style.mdc"))
    assert (str(row.outcome), row.package) == ("refused", None)
    assert "was not imported" in row.reason
    assert Release.objects.count() == 1


def test_a_deleted_package_begins_anew_above_its_old_versions(run: Any, owner: Actor) -> None:
    run(rule("aa.mdc"))
    packages.delete(by=owner, package=Package.objects.get())
    assert told(run(rule("aa.mdc"))) == [("aa.mdc", "acme/aa", "1.0.1", "imported")]
    assert told(run(rule("aa.mdc"))) == [("aa.mdc", "acme/aa", "1.0.1", "unchanged")]


def test_an_archived_package_refuses_its_file_and_no_other(run: Any, owner: Actor) -> None:
    run(rule("aa.mdc"))
    lifecycle.archive(by=owner, package=Package.objects.get())
    rows = run(rule("aa.mdc", "two"), rule("bb.mdc"))
    assert [(str(row.outcome), "archived" in row.reason) for row in rows] == [("refused", True), ("imported", False)]


def test_sources_do_not_get_in_each_others_way(run: Any) -> None:
    run(rule("aa.mdc"), source="one")
    rows = run(rule("aa.mdc", "two"), source="two")
    assert rows[0].package == "acme/aa-cursor"
    assert told(run(rule("aa.mdc"), source="one"))[0][3] == "unchanged"


def test_one_server_of_many_that_changed(run: Any) -> None:
    def settings(**servers: str) -> Source:
        entries = {name: {"command": command} for name, command in servers.items()}
        return Source(".mcp.json", json.dumps({"mcpServers": entries}).encode())

    run(settings(alpha="x", beta="y"))
    rows = run(settings(alpha="x", beta="z", gamma="w"))
    assert [(row.package, row.version, str(row.outcome)) for row in rows] == [
        ("acme/alpha", "1.0.0", "unchanged"),
        ("acme/beta", "1.0.1", "imported"),
        ("acme/gamma", "1.0.0", "imported"),
    ]


CONFIG = """name: Team
version: 0.3.0
schema: v1
models: [{name: Main, provider: ollama, model: x}]
rules:
  - Be terse.
  - {name: Tests, rule: %s}
"""


def test_an_assistant_uses_the_parts_of_its_file(run: Any, owner: Actor) -> None:
    rows = run(Source("config.yaml", (CONFIG % "Test.").encode()))
    assert [row.package for row in rows] == ["acme/main", "acme/tests", "acme/team"]
    assistant = Release.objects.get(package__name="team")
    assert assistant.version == "0.3.0"
    assert "acme/tests@^1.0.0" in assistant.manifest
    rows = run(Source("config.yaml", (CONFIG % "Test more.").encode()))
    assert [(row.version, str(row.outcome)) for row in rows] == [
        ("1.0.0", "unchanged"),
        ("1.0.1", "imported"),
        ("0.3.0", "unchanged"),
    ]
    rows = run(Source("config.yaml", (CONFIG % "''").replace("Team", "Other").encode()), source="elsewhere")
    assert [str(row.outcome) for row in rows] == ["unchanged", "refused", "refused"]
    assert "A part of it was refused: rules/tests." in rows[2].reason


def test_a_version_that_a_file_names_is_used_if_it_is_new(run: Any) -> None:
    def server(version: str, more: str = "") -> Source:
        value = {
            "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
            "name": "com.acme/tool",
            "description": f"A tool{more}",
            "version": version,
            "remotes": [{"type": "sse", "url": "https://tool.example/sse"}],
        }
        return Source("server.json", json.dumps(value).encode())

    assert run(server("2.1.0"))[0].version == "2.1.0"
    assert run(server("2.1.0", "!"))[0].version == "2.1.1"
    assert run(server("3.0.0", "!"))[0].version == "3.0.0"


def test_who_may_not_publish_imports_nothing(member: Actor, acme: Namespace) -> None:
    for deed in (imports.plan, imports.run):
        with pytest.raises(PermissionRefused):
            deed(by=member, namespace=acme, files=[rule("aa.mdc")])
    assert not Package.objects.exists()


def test_progress_is_told(run: Any) -> None:
    steps: list[tuple[int, int]] = []
    run(rule("aa.mdc"), Source("bb.mdc", b"\xff"), progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 1), (0, 2), (1, 2), (2, 2)]


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_double_nothing(owner: Actor, acme: Namespace) -> None:
    def once(word: str) -> Callable[[], list[Row]]:
        files = [rule(f"{number}.mdc", word) for number in range(10, 22)]
        return lambda: imports.run(by=owner, namespace=acme, files=files)

    for word in ("one", "two"):
        first, second = together(once(word), once(word))
        assert isinstance(first, list), first
        assert isinstance(second, list), second
        outcomes = [{str(a.outcome), str(b.outcome)} for a, b in zip(first, second, strict=True)]
        assert all(one == {"imported", "unchanged"} for one in outcomes), outcomes
    assert Package.objects.count() == ImportedFile.objects.count() == 12
    assert Release.objects.count() == 24


@pytest.mark.parametrize("meanwhile", ["the same file", "a package of its own", "a version that is used up"])
def test_who_is_faster_keeps_what_they_made(
    run: Any, owner: Actor, build_package: Any, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    settle = import_names.settle

    def settle_and_be_overtaken(*given: Any) -> Any:
        found = settle(*given)
        monkeypatch.setattr(import_names, "settle", settle)
        if meanwhile == "the same file":
            run(rule("style.mdc"))
        else:
            package = build_package("style", "1.0.0")
            if meanwhile == "a version that is used up":
                packages.delete(by=owner, package=package)
        return found

    monkeypatch.setattr(import_names, "settle", settle_and_be_overtaken)
    [row] = run(rule("style.mdc"))
    if meanwhile == "the same file":
        assert told([row]) == [("style.mdc", "acme/style", "1.0.0", "unchanged")]
    elif meanwhile == "a package of its own":
        assert (str(row.outcome), row.package) == ("refused", None)
        assert Release.objects.count() == 1
    else:
        assert told([row]) == [("style.mdc", "acme/style", "1.0.1", "imported")]


def test_a_token_for_some_names_imports_those(owner: Actor, acme: Namespace) -> None:
    made = tokens.create(by=owner, name="web", scopes=["publish"], patterns=["acme/web-*"])
    by = replace(owner, token=made.token)
    rows = imports.run(by=by, namespace=acme, files=[rule("style.mdc"), rule("web-style.mdc", "two")])
    assert [(row.path, str(row.outcome)) for row in rows] == [("style.mdc", "refused"), ("web-style.mdc", "imported")]
    assert "You may not publish in “acme/style”" in rows[0].reason
    assert [str(one) for one in Package.objects.all()] == ["acme/web-style"]


def test_a_new_file_costs_thirteen_queries(run: Any) -> None:
    def queries(count: int, word: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            run(*(rule(f"{word}-{number}.mdc", f"{word} {number}") for number in range(count)))
        return len(captured)

    queries(1, "warm")
    # Two transactions, one in the other, are four more: in a test, which is one itself, both are savepoints.
    assert queries(12, "many") - queries(2, "few") == 10 * (13 + 4)
