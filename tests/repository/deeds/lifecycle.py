"""Deprecation, archiving, quarantine, reports, moderators and domains."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.core.cache import cache
from django.utils import timezone

from hub.actors import Actor
from hub.models import DomainProof, User
from hub.services import domains, moderators
from registry.models import Release
from registry.services import lifecycle, packages, quarantines, releases, reports
from tests.conftest import RULE

READING = {
    "domains": {"find", "due", "of_namespace"},
    "moderators": {"everybody"},
    "quarantines": {"packages_seen_by", "releases_seen_by"},
    "reports": {"queue"},
}
PARTS = {
    "packages": {"lock", "lock_to_publish", "require_no_quarantine", "prepared", "insert", "created"},
    "releases": {"refresh", "add", "published"},
}


def furnish(world: Any) -> None:
    """One of each thing in each state, and a moderator."""
    old = packages.create(by=world.by, namespace=world.acme, name="old", kind="rule")
    manifest = RULE.format(title="old", version="1.0.0", text="Old.")
    releases.publish(by=world.by, package=old, version="1.0.0", manifest=manifest)
    release = Release.objects.select_related("package__namespace").get(package=old)
    lifecycle.deprecate(by=world.by, package=old, message="Gone by.")
    lifecycle.deprecate_release(by=world.by, release=release, message="Gone by.")
    lifecycle.archive(by=world.by, package=old)
    quarantines.impose(by=world.by, package=old, reason="It leaks.")
    User.objects.filter(id=world.member.id).update(is_moderator=True)
    world.member.is_moderator = True
    claimed = domains.claim(by=world.by, organization=world.acme.organization, name="acme.example")
    proved = domains.claim(by=world.by, organization=world.acme.organization, name="proved.example")
    long_ago = timezone.now() - timedelta(days=9)
    DomainProof.objects.filter(id=proved.id).update(
        verified_at=long_ago, method="dns", checked_at=long_ago, missing_since=long_ago
    )
    world.more.update(
        {
            "old": old,
            "old_release": release,
            "moderator": Actor(world.member),
            "report": reports.file(by=world.by, package=old, reason="It leaks."),
            "claimed": claimed,
            "proved": proved,
        }
    )


def check(world: Any) -> None:
    """A look that finds the record."""
    cache.clear()
    with patch.object(domains, "find", return_value=domains.Looked("dns")):
        domains.check(by=world.by, proof=world.more["claimed"])


def recheck(world: Any) -> None:
    """A look that finds nothing, after the period of grace."""
    with patch.object(domains, "find", return_value=domains.Looked(error="Nothing.")):
        domains.recheck(by=Actor(source="task"), proof=world.more["proved"])


DEEDS = {
    "domains.claim": lambda w: domains.claim(by=w.by, organization=w.acme.organization, name="new.example"),
    "domains.release": lambda w: domains.release(by=w.by, proof=w.more["claimed"]),
    "domains.check": check,
    "domains.recheck": recheck,
    "lifecycle.deprecate": lambda w: lifecycle.deprecate(by=w.by, package=w.style, message="Old."),
    "lifecycle.undeprecate": lambda w: lifecycle.undeprecate(by=w.by, package=w.more["old"]),
    "lifecycle.deprecate_release": lambda w: lifecycle.deprecate_release(by=w.by, release=w.yanked, message="Old."),
    "lifecycle.undeprecate_release": lambda w: lifecycle.undeprecate_release(by=w.by, release=w.more["old_release"]),
    "lifecycle.archive": lambda w: lifecycle.archive(by=w.by, package=w.style),
    "lifecycle.unarchive": lambda w: lifecycle.unarchive(by=w.by, package=w.more["old"]),
    "moderators.appoint": lambda w: moderators.appoint(by=Actor(source="command"), user=w.friend),
    "moderators.dismiss": lambda w: moderators.dismiss(by=Actor(source="command"), user=w.member),
    "quarantines.impose": lambda w: quarantines.impose(by=w.by, package=w.style, reason="It leaks."),
    "quarantines.lift": lambda w: quarantines.lift(by=w.by, package=w.more["old"]),
    "reports.file": lambda w: reports.file(by=w.by, package=w.style, reason="It leaks."),
    "reports.resolve": lambda w: reports.resolve(by=w.more["moderator"], report=w.more["report"]),
    "reports.dismiss": lambda w: reports.dismiss(by=w.more["moderator"], report=w.more["report"]),
}
ACTORS = {
    "domains.recheck": "the hub",
    "moderators.appoint": "operator",
    "moderators.dismiss": "operator",
    "reports.resolve": "mia",
    "reports.dismiss": "mia",
}
# A namespace's log does not tell who reported it.
OF_NOBODY = {"reports.file", "reports.resolve", "reports.dismiss"}
