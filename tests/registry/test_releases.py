"""Publishing: once, immutable, audited, by those who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent
from registry.domain.faults import ManifestInvalid
from registry.models import Package, Release
from registry.services import packages, releases
from tests.conftest import RULE

MANIFEST = RULE.format(title="style", version="1.0.0", text="Be brief.")


def test_a_release_keeps_the_text_its_digest_and_who_published_it(
    build_package: Callable[..., Package], owner: Actor
) -> None:
    package = build_package("style")
    release = releases.publish(by=owner, package=package, version="1.0.0", manifest=MANIFEST)
    assert release.manifest == MANIFEST
    assert release.digest.startswith("sha256:")
    assert release.published_by == owner.user
    package.refresh_from_db()
    assert package.latest_release == release
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.target_label) == ("registry.release.publish", "acme/style@1.0.0")


def test_only_those_who_manage_the_namespace_publish(
    build_package: Callable[..., Package], admin: Actor, member: Actor, stranger: Actor
) -> None:
    package = build_package("style")
    for refused in (member, stranger, Actor()):
        with pytest.raises(PermissionRefused):
            releases.publish(by=refused, package=package, version="1.0.0", manifest=MANIFEST)
    assert releases.publish(by=admin, package=package, version="1.0.0", manifest=MANIFEST).version == "1.0.0"


def test_a_version_is_never_reused_even_after_the_package_is_gone(
    build_package: Callable[..., Package], owner: Actor
) -> None:
    package = build_package("style", "1.0.0")
    with pytest.raises(releases.VersionExists):
        releases.publish(by=owner, package=package, version="1.0.0", manifest=MANIFEST)
    packages.delete(by=owner, package=package)
    again = build_package("style")
    with pytest.raises(releases.VersionExists):
        releases.publish(by=owner, package=again, version="1.0.0", manifest=MANIFEST)
    assert Release.objects.filter(package=again).count() == 0


def test_a_release_cannot_be_saved_again(build_package: Callable[..., Package]) -> None:
    release = build_package("style", "1.0.0").releases.get()
    release.manifest = "changed"
    with pytest.raises(TypeError, match="cannot be changed"):
        release.save()


def test_a_failed_audit_write_undoes_the_publication(
    build_package: Callable[..., Package], owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = build_package("style")

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr("hub.services.audit.record", fail)
    with pytest.raises(RuntimeError):
        releases.publish(by=owner, package=package, version="1.0.0", manifest=MANIFEST)
    assert not Release.objects.exists()


def test_yanking_moves_latest_to_the_release_before(yanked_release: Release, owner: Actor) -> None:
    package = yanked_release.package
    package.refresh_from_db()
    assert package.latest_release is not None
    assert package.latest_release.version == "1.0.0"
    assert releases.yank(by=owner, release=yanked_release, reason="again") is False
    assert releases.unyank(by=owner, release=yanked_release) is True
    package.refresh_from_db()
    assert package.latest_release == yanked_release


def test_a_prerelease_is_latest_only_while_there_is_no_stable_release(
    build_package: Callable[..., Package], owner: Actor
) -> None:
    package = build_package("style", "1.0.0-rc.1")
    package.refresh_from_db()
    assert package.latest_release is not None
    assert package.latest_release.version == "1.0.0-rc.1"
    releases.publish(by=owner, package=package, version="0.9.0", manifest=MANIFEST)
    package.refresh_from_db()
    assert package.latest_release.version == "0.9.0"


def test_a_secret_in_the_readme_refuses_the_release(build_package: Callable[..., Package], owner: Actor) -> None:
    notes = releases.Notes(readme="Use\nghp_" + "a" * 36)
    with pytest.raises(ManifestInvalid, match=r"README\.md:2:1"):
        releases.publish(by=owner, package=build_package("style"), version="1.0.0", manifest=MANIFEST, notes=notes)
