"""Forks: a package that starts from another one's release, and remembers it."""

from __future__ import annotations

from django.db import transaction

from hub.actors import Actor
from hub.models import Namespace
from registry.models import Package, Release, Visibility
from registry.services import artifacts, packages, releases

FIRST_VERSION = "1.0.0"


class NothingToFork(Exception):
    """The package has no release that could be forked."""


def fork(
    *, by: Actor, upstream: Package, namespace: Namespace, name: str, visibility: str = Visibility.PRIVATE
) -> Package:
    """Copy the latest release of `upstream` (which the actor must be able to read) into a new package as version 1.0.0.

    Raises NothingToFork, PermissionRefused, InvalidName, PackageExists, or ManifestInvalid where the actor may not read
    something that the assistant is made of. Then nothing is stored.
    """
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
        notes = releases.Notes(readme=source.readme, changelog=f"Forked from {source}.")
        releases.publish(
            by=by,
            package=package,
            version=FIRST_VERSION,
            manifest=source.manifest,
            notes=notes,
            files=artifacts.files_of(source),
        )
    return package
