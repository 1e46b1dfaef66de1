"""Resolution against the registry: who may compose what, what stays locked, what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from assistants.domain import composition as composing
from assistants.models import Bundle, Lock
from assistants.services import fetching, forks, resolving
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace
from registry.domain.faults import ManifestInvalid
from registry.models import Package, Release
from registry.services import packages, releases
from tests.conftest import RULE


def manifest(*uses: str) -> str:
    return "name: A\nversion: 1.0.0\nschema: v1\nrules:\n" + "".join(f"  - uses: {one}\n" for one in uses)


def into(namespace: Namespace, visibility: str = "public") -> Package:
    return Package(namespace=namespace, name="trial", kind="assistant", visibility=visibility)


def preview(by: Actor, namespace: Namespace, *uses: str, visibility: str = "public") -> Any:
    package = into(namespace, visibility)
    return resolving.preview(by=by, into=package, version="1.0.0", manifest=manifest(*uses))


def test_the_newest_fitting_release_is_chosen_and_the_choice_explained(
    build_package: Callable[..., Package], owner: Actor, acme: Namespace
) -> None:
    build_package("style", "1.0.0", "1.2.0", "2.0.0", "1.3.0-rc.1")
    resolution = preview(owner, acme, "acme/style@^1.0")
    assert resolution.lock["requirements"][0]["version"] == "1.2.0"
    explained = resolution.explanation[0]
    assert explained["reason"] == "newest release that fits ^1.0"
    assert explained["passed_over"] == [
        {"version": "2.0.0", "reason": "outside ^1.0"},
        {"version": "1.3.0-rc.1", "reason": "prerelease"},
    ]


def test_a_yanked_release_stays_in_locks_and_is_never_chosen_anew(
    build_package: Callable[..., Package], build_assistant: Callable[..., Package], owner: Actor, acme: Namespace
) -> None:
    package = build_package("style", "1.0.0", "1.1.0")
    build_assistant("helper", "rules:\n  - uses: acme/style@^1.0\n")
    before = fetching.find_now(owner, "acme", "helper").bundle_digest
    releases.yank(by=owner, release=package.releases.get(version="1.1.0"), reason="leaks")
    assert fetching.find_now(owner, "acme", "helper").bundle_digest == before
    assert preview(owner, acme, "acme/style@^1.0").lock["requirements"][0]["version"] == "1.0.0"
    with pytest.raises(ManifestInvalid, match=r"1\.1\.0 was yanked: leaks"):
        preview(owner, acme, "acme/style@1.1.0")


def test_an_assistant_shows_nothing_to_people_who_may_not_see_it(
    build_package: Callable[..., Package], owner: Actor, stranger: Actor, acme: Namespace
) -> None:
    build_package("secret-style", "1.0.0", visibility="private")
    with pytest.raises(ManifestInvalid, match="more people would see it"):
        preview(owner, acme, "acme/secret-style")
    assert preview(owner, acme, "acme/secret-style", visibility="private").lock["requirements"]
    assert stranger.user is not None
    for hidden in ("acme/secret-style", "acme/not-there"):
        with pytest.raises(ManifestInvalid, match="There is no package"):
            preview(stranger, stranger.user.namespace, hidden)


def test_a_part_that_becomes_private_closes_the_assistant_to_strangers(
    build_package: Callable[..., Package],
    build_assistant: Callable[..., Package],
    owner: Actor,
    stranger: Actor,
) -> None:
    part = build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\n")
    digest = fetching.find_now(stranger, "acme", "helper").bundle_digest
    packages.update(by=owner, package=part, visibility="private", summary="")
    with pytest.raises(PermissionRefused):
        fetching.find_now(stranger, "acme", "helper")
    assert not fetching.readable_bundle(stranger, digest)
    assert fetching.find_now(owner, "acme", "helper").bundle_digest == digest


@pytest.mark.parametrize("count", [5, 50])
def test_resolution_takes_three_queries_whatever_its_size(
    build_package: Callable[..., Package], owner: Actor, acme: Namespace, count: int
) -> None:
    for number in range(count):
        build_package(f"rule-{number}", "1.0.0", "1.1.0")
    composition = composing.read(manifest(*(f"acme/rule-{number}@^1.0" for number in range(count))))
    with CaptureQueriesContext(connection) as queries:
        resolving.resolve(by=owner, into=into(acme), version="1.0.0", composition=composition)
    assert len(queries) == 3, [query["sql"][:120] for query in queries]


def test_the_bundle_is_named_by_its_content_and_kept_once(
    build_package: Callable[..., Package], build_assistant: Callable[..., Package], owner: Actor
) -> None:
    build_package("style", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/style\n")
    lock = Lock.objects.get()
    document = json.loads(bytes(lock.bundle.content))
    assert document["requirements"] == lock.document["requirements"]
    assert document["config"]["rules"][0]["rule"] == "Text of style 1.0.0."
    assert lock.bundle_id == lock.document["bundle"]


def test_a_missing_input_is_named_and_nothing_is_published(
    build_package: Callable[..., Package], owner: Actor, acme: Namespace
) -> None:
    package = build_package("asks")
    text = RULE.format(title="asks", version="1.0.0", text='"Speak ${{ inputs.LANGUAGE }}."')
    releases.publish(by=owner, package=package, version="1.0.0", manifest=text)
    with pytest.raises(ManifestInvalid, match=r"manifest\.yaml:5:11: .*needs the input LANGUAGE"):
        preview(owner, acme, "acme/asks")


@pytest.mark.django_db(transaction=True)
def test_two_resolutions_at_once_give_the_same_bundle(
    build_package: Callable[..., Package], owner: Actor, acme: Namespace
) -> None:
    for number in range(10):
        build_package(f"rule-{number}", "1.0.0")
    targets = [
        packages.create(by=owner, namespace=acme, name="twin", kind="assistant", visibility="public"),
    ]
    text = manifest(*(f"acme/rule-{number}" for number in range(10)))

    def publish(version: str) -> str:
        try:
            return resolving.preview(by=owner, into=targets[0], version="1.0.0", manifest=text).bundle_digest
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        digests = set(pool.map(publish, ["1.0.0"] * 8))
    assert len(digests) == 1


def test_a_fork_remembers_where_it_comes_from(
    build_package: Callable[..., Package], build_assistant: Callable[..., Package], stranger: Actor
) -> None:
    build_package("style", "1.0.0")
    upstream = build_assistant("helper", "rules:\n  - uses: acme/style\n")
    upstream.refresh_from_db()
    assert stranger.user is not None
    fork = forks.fork(by=stranger, upstream=upstream, namespace=stranger.user.namespace, name="mine")
    assert (fork.upstream, fork.upstream_release) == (upstream, upstream.latest_release)
    assert Release.objects.get(package=fork).manifest == Release.objects.get(package=upstream).manifest
    actions = list(AuditEvent.objects.filter(actor=stranger.user).values_list("action", flat=True))
    assert "registry.package.fork" in actions


def test_a_fork_that_cannot_resolve_leaves_nothing_behind(
    build_package: Callable[..., Package], build_assistant: Callable[..., Package], owner: Actor, stranger: Actor
) -> None:
    part = build_package("style", "1.0.0")
    upstream = build_assistant("helper", "rules:\n  - uses: acme/style\n")
    packages.update(by=owner, package=part, visibility="private", summary="")
    upstream.refresh_from_db()
    assert stranger.user is not None
    with pytest.raises(ManifestInvalid):
        forks.fork(by=stranger, upstream=upstream, namespace=stranger.user.namespace, name="mine")
    assert not Package.objects.filter(namespace=stranger.user.namespace).exists()
    assert Bundle.objects.count() == 1
