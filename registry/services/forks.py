"""Forks: a package that starts from another one's release, and remembers it."""

from __future__ import annotations

from django.db import transaction

from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import Namespace
from registry import policies
from registry.models import Package, Release, Visibility
from registry.services import artifacts, packages, releases, sync_points

FIRST_VERSION = "1.0.0"
# Where it comes from is a relation, and no text: who may not see the upstream reads this too.
CHANGELOG = "Forked."


class NothingToFork(Exception):
    """The package has no release that could be forked."""


def fork(
    *, by: Actor, upstream: Package, namespace: Namespace, name: str, visibility: str = Visibility.PRIVATE
) -> Package:
    """Copy the latest release of `upstream` (which the actor must be able to read) into a new package as version 1.0.0.

    All that the release holds comes along: texts, files, licence. Raises NothingToFork, PermissionRefused, InvalidName,
    PackageExists, or ManifestInvalid where the actor may not read something that an assistant is made of. Then nothing is
    stored.
    """
    require(policies.may_read(by, upstream))
    source: Release | None = upstream.latest_release
    if source is None:
        raise NothingToFork(f"“{upstream}” has no release to start from.")
    with transaction.atomic():
        package = packages.create(
            by=by,
            namespace=namespace,
            name=name,
            kind=upstream.kind,
            visibility=visibility,
            summary=upstream.summary,
            upstream=source,
        )
        release = releases.publish(
            by=by,
            package=package,
            version=FIRST_VERSION,
            manifest=source.manifest,
            notes=releases.Notes(readme=source.readme, changelog=CHANGELOG),
            files=artifacts.files_of(source),
        )
        sync_points.keep(package=package, upstream_release=source, release=release)
    return package
