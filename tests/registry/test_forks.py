"""Forks of packages of any kind: what comes along, and what a fork says to whom of where it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace, Organization
from hub.services import organization_life
from registry import bills
from registry.domain.files import File, tree
from registry.models import Package, Release, SyncPoint, Visibility
from registry.services import artifacts, forks, grants, packages, proposals, quarantines, releases, upstream_merges
from tests.conftest import PASSWORD, RULE

pytestmark = pytest.mark.django_db

type Build = Callable[..., Package]
SKILL = "---\nname: {name}\ndescription: Looks at changes.\nlicense: {license}\n---\n\n# Look\n\nLook closely.\n"
SECRET_NAME = "acme/hidden-upstream"


def fresh(package: Package) -> Package:
    return Package.objects.select_related("namespace", "latest_release").get(id=package.id)


def own(actor: Actor) -> Namespace:
    assert actor.user is not None
    return actor.user.namespace


def publish(by: Actor, package: Package, version: str, text: str) -> Release:
    """A release whose texts do not say of which package it is."""
    manifest = RULE.format(title="rules", version=version, text=text)
    notes = releases.Notes(changelog=text)
    return releases.publish(by=by, package=package, version=version, manifest=manifest, notes=notes)


@pytest.fixture
def skill(acme: Namespace, owner: Actor) -> Package:
    """`acme/look@1.0.0`, a public skill with a licence and a script."""
    package = packages.create(by=owner, namespace=acme, name="look", kind="skill", visibility="public")
    files = tree([File("LICENSE", b"MIT, 2026 Acme.\n"), File("scripts/look.sh", b"true\n", executable=True)])
    manifest = SKILL.format(name="look", license="MIT")
    releases.publish(by=owner, package=package, version="1.0.0", manifest=manifest, files=files)
    return fresh(package)


@pytest.fixture
def hidden(build_package: Build, owner: Actor, acme: Namespace, member: Actor) -> Package:
    """`acme/hidden-upstream@1.0.0`, a private rule that mia may read. None of its texts has its name."""
    upstream = build_package("hidden-upstream", visibility="private")
    publish(owner, upstream, "1.0.0", "Old words.")
    grants.give(by=owner, package=upstream, permission="read", user=member.user)
    return fresh(upstream)


@pytest.fixture
def forked(hidden: Package, member: Actor) -> Package:
    """`mia/rules`, public, forked from the private one."""
    made = forks.fork(by=member, upstream=hidden, namespace=own(member), name="rules", visibility="public")
    return fresh(made)


def test_the_licence_comes_along_in_the_metadata_and_in_the_files(skill: Package, stranger: Actor) -> None:
    made = fresh(forks.fork(by=stranger, upstream=skill, namespace=own(stranger), name="look"))
    assert made.license == skill.license == "MIT"
    assert made.latest_release is not None
    assert made.latest_release.artifact_id == skill.latest_release.artifact_id  # type: ignore[union-attr]
    files = artifacts.files_of(made.latest_release)
    assert files is not None
    assert files.get("LICENSE") == File("LICENSE", b"MIT, 2026 Acme.\n")
    assert files.get("scripts/look.sh").executable  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["rule", "prompt", "model", "mcp-server"])
def test_every_kind_is_forked_over_rest(build_package: Build, api: Any, stranger: Actor, kind: str) -> None:
    build_package("thing", "1.0.0", kind=kind)
    body = {"namespace": "stranger", "name": "mine"}
    answer = api("post", "packages/acme/thing/fork", stranger, body)
    assert answer.status_code == 201
    assert answer.json()["upstream"]["package"] == "acme/thing"
    assert answer.json()["is_fork"] is True
    point = SyncPoint.objects.get(package__name="mine")
    assert (str(point.upstream_release), str(point.release)) == ("acme/thing@1.0.0", "stranger/mine@1.0.0")


def test_ones_own_package_is_forked_beside_itself_under_another_name(
    skill: Package, owner: Actor, acme: Namespace
) -> None:
    made = forks.fork(by=owner, upstream=skill, namespace=acme, name="look-again")
    assert str(made) == "acme/look-again"
    with pytest.raises(packages.PackageExists):
        forks.fork(by=owner, upstream=skill, namespace=acme, name="look")


def test_nobody_forks_what_they_may_not_read(hidden: Package, stranger: Actor, owner: Actor) -> None:
    with pytest.raises(PermissionRefused):
        forks.fork(by=stranger, upstream=hidden, namespace=own(stranger), name="mine")
    quarantines.impose(by=owner, package=hidden, reason="It leaks.")
    with pytest.raises(PermissionRefused):
        forks.fork(by=owner, upstream=fresh(hidden), namespace=own(owner), name="mine")


def take_in(hidden: Package, forked: Package, owner: Actor, member: Actor) -> None:
    """Upstream publishes 7.7.7, and the fork merges that as 1.1.0."""
    publish(owner, hidden, "7.7.7", "Better words.")
    carried = upstream_merges.merge(by=member, package=fresh(forked))
    assert carried.proposal is not None
    proposals.merge(by=member, proposal=carried.proposal, revision=1)


def places(actor: Actor | None, api: Any, client: Client) -> list[str]:
    """Everything that a reader of `mia/rules` is given about it."""
    if actor is not None and actor.user is not None:
        client.login(username=actor.user.username, password=PASSWORD)
    rest = [
        "packages/mia/rules",
        "packages/mia/rules/releases",
        "packages/mia/rules/releases/1.0.0",
        "packages/mia/rules/releases/1.1.0",
        "packages/mia/rules/releases/1.1.0/sbom",
        "packages/mia/rules/upstream",
        "packages/mia/rules/proposals",
        "packages/mia/rules/proposals/1",
        "packages/mia/rules/proposals/1/revisions/1",
        "packages/mia/rules/proposals/1/revisions/1/diff",
        "packages/mia/rules/compare",
    ]
    pages = [
        *("", "/releases", "/releases/1.0.0", "/releases/1.1.0", "/upstream", "/proposals?state=all", "/proposals/1"),
        *("/proposals/1/files", "/compare", "/manifest", "/feed", "/forks"),
    ]
    answers = [api("get", path, actor) for path in rest] + [client.get(f"/mia/rules{path}") for path in pages]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.content.decode() for answer in answers]


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_who_may_not_see_the_upstream_is_not_told_its_name_anywhere(
    hidden: Package, forked: Package, owner: Actor, member: Actor, stranger: Actor, api: Any, client: Client, who: str
) -> None:
    take_in(hidden, forked, owner, member)
    for text in places(stranger if who == "stranger" else None, api, client):
        assert "hidden-upstream" not in text
        assert "7.7.7" not in text
    page = client.get("/mia/rules/upstream").content.decode()
    assert "gone, or that you may not see" in page
    answer = api("get", "packages/mia/rules/upstream", stranger if who == "stranger" else None).json()
    assert (answer["state"], answer["upstream"], answer["ahead"]) == ("hidden", None, 0)
    assert api("get", "packages/mia/rules").json()["upstream"] is None
    assert api("get", "packages/mia/rules").json()["is_fork"] is True


def test_who_may_see_it_is_told(
    hidden: Package, forked: Package, owner: Actor, member: Actor, api: Any, client: Client
) -> None:
    take_in(hidden, forked, owner, member)
    client.login(username="mia", password=PASSWORD)
    assert 'href="/acme/hidden-upstream' in client.get("/mia/rules/upstream").content.decode()
    assert SECRET_NAME in client.get("/mia/rules/proposals/1").content.decode()
    assert api("get", "packages/mia/rules/proposals/1", member).json()["carries"] == {
        "direction": "into-fork",
        "package": SECRET_NAME,
        "version": "7.7.7",
    }
    client.logout()
    assert api("get", "packages/mia/rules/proposals/1").json()["carries"] == {
        "direction": "into-fork",
        "package": None,
        "version": None,
    }


def test_the_audit_log_of_the_fork_names_no_upstream(
    hidden: Package, forked: Package, owner: Actor, member: Actor
) -> None:
    take_in(hidden, forked, owner, member)
    events = AuditEvent.objects.filter(namespace=own(member))
    assert {"registry.package.fork", "registry.proposal.merge", "registry.package.sync"} <= set(
        events.values_list("action", flat=True)
    )
    for event in events:
        assert "hidden-upstream" not in f"{event.target_label} {event.data}"


def gone(kind: str, hidden: Package, owner: Actor, member: Actor) -> None:
    match kind:
        case "deleted":
            packages.delete(by=owner, package=hidden)
        case "withdrawn":
            grants.withdraw(by=owner, grant=hidden.grants.select_related("package__namespace").get())
        case "closed":
            organization_life.delete(by=owner, organization=Organization.objects.get(namespace__slug="acme"))


@pytest.mark.parametrize("kind", ["deleted", "withdrawn", "closed"])
def test_a_fork_outlives_what_it_was_forked_from(
    hidden: Package, forked: Package, owner: Actor, member: Actor, api: Any, client: Client, kind: str
) -> None:
    gone(kind, hidden, owner, member)
    made = publish(member, fresh(forked), "1.1.0", "My own.")
    assert api("get", "packages/mia/rules/releases/latest/manifest").content.decode() == made.manifest
    assert api("get", "packages/mia/rules", member).json()["upstream"] is None
    assert api("get", "packages/mia/rules/upstream", member).json()["state"] == "hidden"
    client.login(username="mia", password=PASSWORD)
    page = client.get("/mia/rules").content.decode()
    assert "hidden-upstream" not in page
    assert "gone, or that you may not see" in page
    with pytest.raises(upstream_merges.NothingToCarry, match="gone, or you may not see it"):
        upstream_merges.merge(by=member, package=fresh(forked))
    with pytest.raises(upstream_merges.NothingToCarry, match="gone, or you may not see it"):
        upstream_merges.propose(by=member, package=fresh(forked))


def test_an_assistant_that_was_forked_resolves_after_its_upstream_is_gone(
    build_package: Build, build_assistant: Build, owner: Actor, stranger: Actor, api: Any
) -> None:
    build_package("style", "1.0.0")
    helper = fresh(build_assistant("helper", "rules:\n  - uses: acme/style@^1\n"))
    forks.fork(by=stranger, upstream=helper, namespace=own(stranger), name="mine")
    packages.delete(by=owner, package=helper)
    bundle = api("get", "assistants/stranger/mine/bundle", stranger)
    assert bundle.status_code == 200
    assert "acme/helper" not in bundle.content.decode()


def test_lists_and_counts_of_forks_hold_only_what_one_may_see(
    skill: Package, stranger: Actor, member: Actor, api: Any, client: Client
) -> None:
    forks.fork(by=stranger, upstream=skill, namespace=own(stranger), name="open", visibility=Visibility.PUBLIC)
    forks.fork(by=stranger, upstream=skill, namespace=own(stranger), name="closed")
    page = client.get("/acme/look/forks").content.decode()
    assert "stranger" in page
    assert "closed" not in page
    _, _, tab = client.get("/acme/look").content.decode().partition('href="/acme/look/forks"')
    assert re.search(r">\s*1\s*<", tab[:200]), tab[:200]


def test_a_bill_of_materials_does_not_tell_where_a_fork_comes_from(forked: Package, member: Actor) -> None:
    release = Release.objects.select_related("package__namespace").get(package=forked)
    assert b"hidden-upstream" not in bills.of_release(member, release)


def test_a_page_of_a_fork_costs_one_query_more(skill: Package, stranger: Actor, client: Client, member: Actor) -> None:
    forks.fork(by=stranger, upstream=skill, namespace=own(stranger), name="mine", visibility="public")

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(address).status_code == 200
        return len(found)

    assert queries("/stranger/mine") == queries("/acme/look") + 1
