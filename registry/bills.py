"""The bill of materials of a release, as far as a reader may see it."""

from __future__ import annotations

from django.conf import settings

from hub.actors import Actor
from registry.domain import sbom
from registry.kinds import KINDS
from registry.models import Release


def of_release(actor: Actor, release: Release) -> bytes:
    """The CycloneDX document, the same bytes for whoever may see the same. The release comes with its package."""
    package = release.package
    described = sbom.Described(
        str(package),
        package.kind,
        release.version,
        release.digest,
        release.published_at,
        f"{settings.BASE_URL}/{package}/releases/{release.version}",
        release.title,
        package.license,
    )
    return sbom.document(described, KINDS[package.kind].dependencies(actor, release))
