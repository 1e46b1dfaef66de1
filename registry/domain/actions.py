"""What can happen in the registry."""

from __future__ import annotations

from enum import StrEnum


class RegistryAction(StrEnum):
    """Actions on packages and releases."""

    PACKAGE_CREATE = "registry.package.create"
    PACKAGE_UPDATE = "registry.package.update"
    PACKAGE_DELETE = "registry.package.delete"
    PACKAGE_FORK = "registry.package.fork"
    RELEASE_PUBLISH = "registry.release.publish"
    RELEASE_YANK = "registry.release.yank"
    RELEASE_UNYANK = "registry.release.unyank"
