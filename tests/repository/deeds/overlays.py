"""Deeds on overlays, and what only reads of scopes. A scope's lock is no deed: it comes of what others decided."""

from __future__ import annotations

from typing import Any

from assistants.services import overlays
from assistants.services.overlays import Setup
from registry.models import Package, Visibility
from registry.services import packages, releases

READING = {
    "explaining": {"explain", "scopes_of"},
    "extending": {"entries_of", "layers_in", "layers_of"},
    "overlaying": {"extended_by", "judge", "judged_for", "lying_on", "release_of"},
    "rules": {"rules_for"},
    "scoped_locks": {"find", "known"},
    "scoping": {
        "find",
        "find_now",
        "lock_of",
        "of_locks",
        "pinned_manifest",
        "read",
        "remembered",
        "standing_of",
        "within",
    },
}
DEEDS = {
    "overlays.add": lambda w: overlays.add(by=w.by, organization=w.acme.organization, package=w.more["other base"]),
    "overlays.change": lambda w: overlays.change(by=w.by, overlay=w.more["overlay"], setup=Setup(mode="required")),
    "overlays.remove": lambda w: overlays.remove(by=w.by, overlay=w.more["overlay"]),
}


def furnish(world: Any) -> None:
    """Two assistants that every member may read; one lies over those of the members."""
    for name in ("base", "other base"):
        slug = name.replace(" ", "-")
        made = packages.create(
            by=world.by, namespace=world.acme, name=slug, kind="assistant", visibility=Visibility.INTERNAL
        )
        manifest = f"name: {slug}\nversion: 1.0.0\nschema: v1\nrules: [Ask first.]\n"
        releases.publish(by=world.by, package=made, version="1.0.0", manifest=manifest)
        world.more[name] = Package.objects.select_related("namespace", "latest_release").get(id=made.id)
    world.more["overlay"] = overlays.add(by=world.by, organization=world.acme.organization, package=world.more["base"])
