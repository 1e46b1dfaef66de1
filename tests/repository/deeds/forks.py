"""Forks, what they take in and give back, and marks as fixes."""

from __future__ import annotations

from typing import Any

from registry.models import Package, Release
from registry.services import forks, packages, releases, upstream_merges
from registry.services.releases import Fix
from tests.conftest import RULE

READING = {
    "upstream_news": {"tell", "untold", "readable"},
    "upstreams": {"standing", "known_upstream", "missing"},
    "sync_points": {"newest", "carried_by", "merge_under_way", "folder", "files_for", "changes_files", "beside"},
}
PARTS = {
    "sync_points": {"keep", "merged", "record"},
    "upstream_news": {"happened"},
    "proposals": {"add"},
}


def furnish(world: Any) -> None:
    """A fork and its upstream, which both published since; the fork's newest release is marked as a fix."""

    def publish(package: Package, version: str, fix: Fix | None = None) -> Release:
        manifest = RULE.format(title="x", version=version, text=f"Words of {package} {version}.")
        return releases.publish(by=world.by, package=package, version=version, manifest=manifest, fix=fix)

    origin = packages.create(by=world.by, namespace=world.acme, name="origin", kind="rule")
    publish(origin, "1.0.0")
    fork = forks.fork(by=world.by, upstream=fresh(origin), namespace=world.acme, name="forked")
    publish(origin, "1.1.0")
    world.more.update(fork=fresh(fork), mended=publish(fork, "1.1.0", Fix("It leaked.")))


def fresh(package: Package) -> Package:
    return Package.objects.select_related("namespace", "latest_release").get(id=package.pk)


DEEDS = {
    "releases.mark_fix": lambda w: releases.mark_fix(by=w.by, release=w.yanked, fix=Fix("It leaked.")),
    "releases.unmark_fix": lambda w: releases.unmark_fix(by=w.by, release=w.more["mended"]),
    "upstream_merges.merge": lambda w: upstream_merges.merge(by=w.by, package=fresh(w.more["fork"])),
    "upstream_merges.propose": lambda w: upstream_merges.propose(by=w.by, package=fresh(w.more["fork"])),
}
