"""The rows of the registry."""

from registry.models.grants import Grant, GrantPermission
from registry.models.packages import Package, PackageQuerySet, Visibility, readable_by, singled_out
from registry.models.publishers import PublishingToken, TrustedPublisher, UsedIdentityToken
from registry.models.releases import Release, ReleaseCoordinate, ReleaseQuerySet
from registry.models.search import SearchEntry
from registry.models.transfers import FormerPackageName, PackageTransfer

__all__ = [
    "FormerPackageName",
    "Grant",
    "GrantPermission",
    "Package",
    "PackageQuerySet",
    "PackageTransfer",
    "PublishingToken",
    "Release",
    "ReleaseCoordinate",
    "ReleaseQuerySet",
    "SearchEntry",
    "TrustedPublisher",
    "UsedIdentityToken",
    "Visibility",
    "readable_by",
    "singled_out",
]
