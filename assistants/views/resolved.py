"""A published assistant in resolved form, for the pages that show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from assistants.domain.drafting import to_yaml
from assistants.models import Lock
from assistants.services import fetching
from assistants.views import parts
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from registry.domain import canonical, destinations
from registry.domain.destinations import Destination
from registry.models import Release
from registry.views import highlighting


@dataclass(frozen=True)
class Resolved:
    """What a release of an assistant is made of, exactly; or in `refusal` why the reader is not told."""

    refusal: str = ""
    sections: list[parts.Section] = field(default_factory=list)
    destinations: list[Destination] = field(default_factory=list)
    config: SafeString | None = None
    bundle_digest: str = ""
    lock_digest: str = ""
    conflicts: list[Mapping[str, Any]] = field(default_factory=list)


def of_release(actor: Actor, release: Release) -> Resolved:
    """The lock of `release` with everything that a page shows of it. A constant number of queries."""
    package = release.package
    try:
        found = fetching.find_now(actor, package.namespace.slug, package.name, release.version)
    except PermissionRefused as error:
        return Resolved(refusal=str(error))
    lock = Lock.objects.defer("pinned_manifest").get(id=found.lock_id)
    config = json.loads(fetching.bundles.get(found.bundle_digest))["config"]
    entries = parts.entries_of(lock.pk)
    return Resolved(
        sections=parts.sections(release.content, parts.locked_in(lock.document), lock.explanation, entries),
        destinations=destinations.of_config(config),
        config=highlighting.source(to_yaml(config), "yaml"),
        bundle_digest=found.bundle_digest,
        lock_digest=canonical.digest(canonical.encode(lock.document)),
        conflicts=lock.conflicts,
    )
