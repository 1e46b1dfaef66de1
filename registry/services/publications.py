"""A new package and its first release, made together or not at all."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import Namespace
from hub.services import audit
from registry import policies
from registry.domain.files import FileTree
from registry.kinds import KINDS
from registry.models import Package, Release, Visibility
from registry.services import drafts, packages, releases, search_entries
from registry.services.drafts import Notes


def publish_new(
    *,
    by: Actor,
    namespace: Namespace,
    name: str,
    kind: str,
    version: str,
    manifest: str,
    visibility: str = Visibility.PRIVATE,
    summary: str = "",
    notes: Notes | None = None,
    files: FileTree | None = None,
    origin: Mapping[str, str] | None = None,
) -> Release:
    """Make a package and publish its first release; if the release is refused, the name stays free.

    Raises what `packages.create` and `releases.publish` raise. As both, it records two deeds. It costs half of what they
    do one after the other: nobody else can see, lock or have published in a package that this transaction makes.
    """
    package = packages.prepared(by, namespace, name=name, kind=kind, visibility=visibility, summary=summary)
    require(policies.may_begin(by, namespace, package.name))
    draft = drafts.draft(package, version=version, manifest=manifest, notes=notes, files=files, origin=origin)
    package.tags, package.license = list(draft.manifest.tags), draft.manifest.license
    package.summary = package.summary or draft.manifest.description
    with transaction.atomic():
        packages.insert(package)
        release = releases.add(by, package, draft)
        package.latest_release, package.updated_at = release, timezone.now()
        Package.objects.filter(id=package.id).update(latest_release=release, updated_at=package.updated_at)
        search_entries.of_new(package)
        KINDS[kind].after_publish(by, release, draft.manifest)
        audit.record_all(by, [packages.created(package), releases.published(release)], namespace=namespace)
    return release
