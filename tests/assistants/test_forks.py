"""Forks: copies that remember where they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from assistants.models import Lock
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace
from registry.domain.faults import ManifestInvalid
from registry.models import Package, Release
from registry.services import forks, packages, releases

type Build = Callable[..., Package]

USES_STYLE = "rules:\n  - uses: acme/style@^1\n"


@pytest.fixture
def upstream(build_package: Build, build_assistant: Build) -> Package:
    """`acme/helper@1.0.0`, a public assistant that uses `acme/style`."""
    build_package("style", "1.0.0")
    package = build_assistant("helper", USES_STYLE)
    package.refresh_from_db()
    return package


def own(actor: Actor) -> Namespace:
    assert actor.user is not None
    return actor.user.namespace


def fork(upstream: Package, by: Actor, **more: Any) -> Package:
    namespace = more.pop("namespace", None) or own(by)
    return forks.fork(by=by, upstream=upstream, namespace=namespace, name="mine", **more)


def test_a_fork_records_its_upstream_package_and_release(upstream: Package, stranger: Actor) -> None:
    made = fork(upstream, stranger)
    made.refresh_from_db()
    assert (made.upstream, made.upstream_release) == (upstream, upstream.latest_release)
    assert (made.kind, made.visibility) == ("assistant", "private")
    event = AuditEvent.objects.get(action="registry.package.fork")
    assert upstream.latest_release is not None
    assert (event.target_label, event.data["upstream_release"]) == ("stranger/mine", upstream.latest_release.pk)


def test_a_fork_copies_the_release_and_locks_it_anew(upstream: Package, stranger: Actor) -> None:
    made = fork(upstream, stranger)
    source = upstream.releases.get()
    release = made.releases.get()
    assert (release.version, release.manifest, release.digest) == ("1.0.0", source.manifest, source.digest)
    assert release.changelog == "Forked.", "where it comes from is a relation: who may not see that reads this too"
    lock = Lock.objects.get(release=release)
    assert lock.document["assistant"]["package"] == "stranger/mine"
    assert lock.document["requirements"] == Lock.objects.get(release=source).document["requirements"]


def test_a_fork_goes_its_own_way(upstream: Package, stranger: Actor, owner: Actor) -> None:
    made = fork(upstream, stranger)
    manifest = "name: Mine\nversion: 1.1.0\nrules: [Be brief.]\n"
    releases.publish(by=stranger, package=made, version="1.1.0", manifest=manifest)
    assert upstream.releases.count() == 1
    packages.delete(by=owner, package=upstream)
    made.refresh_from_db()
    assert made.upstream_release is not None
    assert str(made.upstream_release) == "acme/helper@1.0.0"


def test_only_the_latest_release_that_is_not_yanked_is_forked(upstream: Package, owner: Actor, stranger: Actor) -> None:
    manifest = f"name: helper\nversion: 2.0.0\n{USES_STYLE}"
    second = releases.publish(by=owner, package=upstream, version="2.0.0", manifest=manifest)
    releases.yank(by=owner, release=second, reason="leaks")
    upstream.refresh_from_db()
    made = fork(upstream, stranger)
    assert made.upstream_release is not None
    assert made.upstream_release.version == "1.0.0"


def test_an_assistant_without_a_release_cannot_be_forked(owner: Actor, acme: Namespace) -> None:
    empty = packages.create(by=owner, namespace=acme, name="empty", kind="assistant", visibility="public")
    with pytest.raises(forks.NothingToFork):
        fork(empty, owner)


def test_a_fork_goes_only_where_one_may_publish(
    upstream: Package, stranger: Actor, member: Actor, acme: Namespace
) -> None:
    for actor in (stranger, member, Actor()):
        with pytest.raises(PermissionRefused):
            fork(upstream, actor, namespace=acme)
    assert not Package.objects.filter(name="mine").exists()


def test_a_name_that_is_taken_leaves_everything_as_it_was(upstream: Package, stranger: Actor) -> None:
    fork(upstream, stranger)
    before = AuditEvent.objects.count()
    with pytest.raises(packages.PackageExists):
        fork(upstream, stranger)
    assert AuditEvent.objects.count() == before


def test_a_part_that_the_forker_may_not_read_refuses_the_fork(upstream: Package, owner: Actor, stranger: Actor) -> None:
    style = Package.objects.select_related("namespace").get(name="style")
    packages.update(by=owner, package=style, visibility="private", summary="")
    with pytest.raises(ManifestInvalid, match="no package “acme/style” that you may read"):
        fork(upstream, stranger)
    assert not Package.objects.filter(name="mine").exists()


def test_a_private_part_keeps_a_fork_from_becoming_wider(
    build_package: Build, build_assistant: Build, owner: Actor, acme: Namespace
) -> None:
    build_package("style", "1.0.0", visibility="private")
    package = build_assistant("helper", USES_STYLE, visibility="private")
    package.refresh_from_db()
    with pytest.raises(ManifestInvalid, match="more people would see it"):
        fork(package, owner, namespace=acme, visibility="public")
    assert fork(package, owner, namespace=acme).visibility == "private"
    with pytest.raises(ManifestInvalid, match="more people would see it"):
        fork(package, owner)


def test_over_rest_a_private_upstream_is_not_there(
    api: Any, build_assistant: Build, build_package: Build, stranger: Actor
) -> None:
    build_package("style", "1.0.0", visibility="private")
    build_assistant("hidden", USES_STYLE, visibility="private")
    body = {"namespace": "stranger", "name": "mine"}
    hidden, absent = (api("post", f"assistants/acme/{name}/fork", stranger, body) for name in ("hidden", "absent"))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert {**hidden.json(), "instance": ""} == {**absent.json(), "instance": ""}


def test_over_rest_a_fork_names_its_upstream(api: Any, upstream: Package, stranger: Actor) -> None:
    answer = api("post", "assistants/acme/helper/fork", stranger, {"namespace": "stranger", "name": "mine"})
    assert answer.status_code == 201
    assert answer["Location"] == "/api/v1/packages/stranger/mine"
    assert "acme/helper" in str(answer.json()["upstream"])
    assert Release.objects.filter(package__name="mine").count() == 1
