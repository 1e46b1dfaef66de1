"""The rows of the registry."""

from registry.models.packages import Package, PackageQuerySet, Visibility, readable_by
from registry.models.releases import Release, ReleaseCoordinate, ReleaseQuerySet

__all__ = ["Package", "PackageQuerySet", "Release", "ReleaseCoordinate", "ReleaseQuerySet", "Visibility", "readable_by"]
