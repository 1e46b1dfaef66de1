"""The same thing done twice at once: exactly one succeeds, and the audit log says so once.

Each deed runs in a thread with its own connection. All wait for each other, then act together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from hub.actors import Actor
from hub.models import ApiToken, AuditEvent
from hub.services import organizations, tokens
from registry.models import Package, Release, ReleaseCoordinate
from registry.services import packages, releases
from tests.conftest import RULE

pytestmark = pytest.mark.django_db(transaction=True)

type Build = Callable[..., Package]


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each deed returns or raises, all begun together."""
    gate = threading.Barrier(len(deeds), timeout=20)

    def run(deed: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            gate.wait()
            return deed()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def kinds_of(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


def publish(by: Actor, package: Package, text: str, version: str = "1.0.0") -> Callable[[], Release]:
    manifest = RULE.format(title="style", version=version, text=text)
    return lambda: releases.publish(
        by=by, package=Package.objects.get(id=package.id), version=version, manifest=manifest
    )


def test_of_several_publications_of_one_version_exactly_one_wins(build_package: Build, owner: Actor) -> None:
    package = build_package("style")
    results = at_once(*(publish(owner, package, f"Text {number}.") for number in range(4)))
    assert kinds_of(results) == ["Release", "VersionExists", "VersionExists", "VersionExists"]
    won = next(result for result in results if isinstance(result, Release))
    stored = Release.objects.get()
    assert (stored.id, stored.manifest) == (won.id, won.manifest)
    assert ReleaseCoordinate.objects.count() == 1
    assert events("registry.release.publish") == 1


def test_two_versions_at_once_are_both_published_and_the_newer_is_latest(build_package: Build, owner: Actor) -> None:
    package = build_package("style")
    results = at_once(*(publish(owner, package, "x", version) for version in ("1.1.0", "1.0.0", "1.2.0")))
    assert kinds_of(results) == ["Release"] * 3
    package.refresh_from_db()
    assert package.latest_release is not None
    assert package.latest_release.version == "1.2.0"


def test_a_package_is_made_once(acme: Any, owner: Actor, admin: Actor) -> None:
    def create(by: Actor, name: str) -> Callable[[], Package]:
        return lambda: packages.create(by=by, namespace=acme, name=name, kind="rule")

    results = at_once(create(owner, "style"), create(admin, "Style"), create(owner, "STYLE"))
    assert kinds_of(results) == ["Package", "PackageExists", "PackageExists"]
    assert Package.objects.count() == events("registry.package.create") == 1


def test_a_release_is_yanked_once_and_given_back_once(build_package: Build, owner: Actor, admin: Actor) -> None:
    package = build_package("style", "1.0.0", "1.1.0")

    def release() -> Release:
        return Release.objects.select_related("package__namespace").get(package=package, version="1.1.0")

    results = at_once(
        lambda: releases.yank(by=owner, release=release(), reason="one"),
        lambda: releases.yank(by=admin, release=release(), reason="two"),
    )
    assert sorted(results) == [False, True]
    reason = ("one", "two")[results.index(True)]
    assert release().yank_reason == reason
    assert AuditEvent.objects.get(action="registry.release.yank").data["reason"] == reason
    results = at_once(*[lambda: releases.unyank(by=owner, release=release())] * 2)
    assert sorted(results) == [False, True]
    assert events("registry.release.unyank") == 1


def test_a_token_is_revoked_once(owner: Actor) -> None:
    made = tokens.create(by=owner, name="ci", scopes=["read"])
    results = at_once(*[lambda: tokens.revoke(by=owner, token=ApiToken.objects.get(id=made.token.id))] * 3)
    assert sorted(results) == [False, False, True]
    assert events("hub.token.revoke") == 1


def test_a_package_is_deleted_once(build_package: Build, owner: Actor) -> None:
    package = build_package("style", "1.0.0")
    results = at_once(*[lambda: packages.delete(by=owner, package=package)] * 3)
    assert sorted(results) == [False, False, True]
    assert events("registry.package.delete") == 1


def test_publishing_into_a_package_while_it_is_deleted_is_one_before_the_other(
    build_package: Build, owner: Actor
) -> None:
    for number in range(4):
        package = build_package(f"style-{number}")
        published, deleted = at_once(
            publish(owner, package, "x"), lambda gone=package: packages.delete(by=owner, package=gone)
        )
        assert deleted is True
        assert isinstance(published, Release | releases.PackageGone), published
        package.refresh_from_db()
        assert package.deleted_at is not None
        stored = Release.objects.filter(package=package).count()
        assert (
            stored == ReleaseCoordinate.objects.filter(name=package.name).count() == int(isinstance(published, Release))
        )


def test_whoever_still_holds_a_deleted_package_cannot_publish_into_it(build_package: Build, owner: Actor) -> None:
    held = build_package("style")
    packages.delete(by=owner, package=Package.objects.select_related("namespace").get(id=held.id))
    with pytest.raises(releases.PackageGone):
        releases.publish(
            by=owner, package=held, version="1.0.0", manifest=RULE.format(title="style", version="1.0.0", text="x")
        )
    assert not Release.objects.exists()
    assert not ReleaseCoordinate.objects.exists(), "a refused publication takes no version"


def test_a_name_passes_to_one_organization_only(build_user: Any) -> None:
    people = [Actor(build_user(name)) for name in ("ann", "ben", "cat")]
    results = at_once(*(lambda by=by: organizations.create(by=by, slug="Fresh", name="") for by in people))
    assert kinds_of(results) == ["NameTaken", "NameTaken", "Organization"]
    assert events("hub.organization.create") == 1


def test_an_organization_keeps_an_owner_when_both_leave_at_once(organization: Any, owner: Actor, admin: Actor) -> None:
    organizations.change_role(by=owner, organization=organization, user=admin.user, role="owner")
    results = at_once(
        *(
            lambda who=who: organizations.remove_member(by=who, organization=organization, user=who.user)
            for who in (owner, admin)
        )
    )
    assert kinds_of(results) == ["LastOwner", "NoneType"]
    assert organization.memberships.filter(role="owner").count() == 1
