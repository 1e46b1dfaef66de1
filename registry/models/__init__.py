"""The rows of the registry."""

from registry.models.artifacts import Artifact
from registry.models.grants import Grant, GrantPermission
from registry.models.mirrors import Mirror, MirroredPackage, UpstreamKind
from registry.models.packages import Package, PackageQuerySet, Visibility, readable_by
from registry.models.publishers import PublishingToken, TrustedPublisher, UsedIdentityToken
from registry.models.releases import Release, ReleaseCoordinate, ReleaseQuerySet
from registry.models.transfers import FormerPackageName, PackageTransfer

__all__ = [
    "Artifact",
    "FormerPackageName",
    "Grant",
    "GrantPermission",
    "Mirror",
    "MirroredPackage",
    "Package",
    "PackageQuerySet",
    "PackageTransfer",
    "PublishingToken",
    "Release",
    "ReleaseCoordinate",
    "ReleaseQuerySet",
    "TrustedPublisher",
    "UpstreamKind",
    "UsedIdentityToken",
    "Visibility",
    "readable_by",
]
