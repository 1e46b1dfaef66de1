"""What can happen in the registry."""

from __future__ import annotations

from enum import StrEnum


class RegistryAction(StrEnum):
    """Actions on packages and releases."""

    PACKAGE_CREATE = "registry.package.create"
    PACKAGE_UPDATE = "registry.package.update"
    PACKAGE_DELETE = "registry.package.delete"
    PACKAGE_FORK = "registry.package.fork"
    PACKAGE_DEPRECATE = "registry.package.deprecate"
    PACKAGE_UNDEPRECATE = "registry.package.undeprecate"
    PACKAGE_ARCHIVE = "registry.package.archive"
    PACKAGE_UNARCHIVE = "registry.package.unarchive"
    PACKAGE_QUARANTINE = "registry.package.quarantine"
    PACKAGE_UNQUARANTINE = "registry.package.unquarantine"
    RELEASE_PUBLISH = "registry.release.publish"
    RELEASE_YANK = "registry.release.yank"
    RELEASE_UNYANK = "registry.release.unyank"
    RELEASE_DEPRECATE = "registry.release.deprecate"
    RELEASE_UNDEPRECATE = "registry.release.undeprecate"
    RELEASE_QUARANTINE = "registry.release.quarantine"
    RELEASE_UNQUARANTINE = "registry.release.unquarantine"
    REPORT_CREATE = "registry.report.create"
    REPORT_RESOLVE = "registry.report.resolve"
    REPORT_DISMISS = "registry.report.dismiss"
    IMPORT_UPLOAD = "registry.import.upload"
    IMPORT_RUN = "registry.import.run"
    IMPORT_DISCARD = "registry.import.discard"
    GRANT_CREATE = "registry.grant.create"
    GRANT_UPDATE = "registry.grant.update"
    GRANT_DELETE = "registry.grant.delete"
    TRANSFER_REQUEST = "registry.transfer.request"
    TRANSFER_ACCEPT = "registry.transfer.accept"
    TRANSFER_DECLINE = "registry.transfer.decline"
    TRANSFER_CANCEL = "registry.transfer.cancel"
    PUBLISHER_CREATE = "registry.trusted-publisher.create"
    PUBLISHER_DELETE = "registry.trusted-publisher.delete"
    PUBLISHER_TOKEN = "registry.trusted-publisher.exchange"
