"""A new package and its first release, made together or not at all."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from hub.actors import Actor
from hub.models import Namespace
from registry.domain.files import FileTree
from registry.models import Release, Visibility
from registry.services import packages, releases
from registry.services.releases import Notes


def publish_new(
    *,
    by: Actor,
    namespace: Namespace,
    name: str,
    kind: str,
    version: str,
    manifest: str,
    visibility: str = Visibility.PRIVATE,
    notes: Notes | None = None,
    files: FileTree | None = None,
    origin: Mapping[str, str] | None = None,
) -> Release:
    """Make a package and publish its first release; if the release is refused, the name stays free.

    Raises what `packages.create` and `releases.publish` raise.
    """
    with transaction.atomic():
        package = packages.create(by=by, namespace=namespace, name=name, kind=kind, visibility=visibility)
        return releases.publish(
            by=by, package=package, version=version, manifest=manifest, notes=notes, files=files, origin=origin
        )
