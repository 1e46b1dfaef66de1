"""The rows of the registry."""

from registry.models.artifacts import Artifact
from registry.models.downloads import DownloadCount, PackageDownloadCount
from registry.models.grants import Grant, GrantPermission
from registry.models.packages import Package, PackageQuerySet, Visibility, readable_by
from registry.models.publishers import PublishingToken, TrustedPublisher, UsedIdentityToken
from registry.models.releases import Release, ReleaseCoordinate, ReleaseQuerySet
from registry.models.transfers import FormerPackageName, PackageTransfer

__all__ = [
    "Artifact",
    "DownloadCount",
    "FormerPackageName",
    "Grant",
    "GrantPermission",
    "Package",
    "PackageDownloadCount",
    "PackageQuerySet",
    "PackageTransfer",
    "PublishingToken",
    "Release",
    "ReleaseCoordinate",
    "ReleaseQuerySet",
    "TrustedPublisher",
    "UsedIdentityToken",
    "Visibility",
    "readable_by",
]
