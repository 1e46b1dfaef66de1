"""What can happen in the registry."""

from __future__ import annotations

from hub.domain.actions import Action


class RegistryAction(Action):
    """Actions on packages and releases."""

    PACKAGE_CREATE = "registry.package.create"
    PACKAGE_UPDATE = "registry.package.update"
    PACKAGE_DELETE = "registry.package.delete"
    PACKAGE_FORK = "registry.package.fork"
    RELEASE_PUBLISH = "registry.release.publish"
    RELEASE_YANK = "registry.release.yank"
    RELEASE_UNYANK = "registry.release.unyank"
    GRANT_CREATE = "registry.grant.create"
    GRANT_UPDATE = "registry.grant.update"
    GRANT_DELETE = "registry.grant.delete"
    TRANSFER_REQUEST = "registry.transfer.request"
    TRANSFER_ACCEPT = "registry.transfer.accept"
    TRANSFER_DECLINE = "registry.transfer.decline"
    TRANSFER_CANCEL = "registry.transfer.cancel"
    PUBLISHER_CREATE = "registry.trusted-publisher.create"
    PUBLISHER_DELETE = "registry.trusted-publisher.delete"
    MIRROR_CREATE = "registry.mirror.create"
    MIRROR_DELETE = "registry.mirror.delete"
    MIRROR_RUN = "registry.mirror.run"
    PUBLISHER_TOKEN = "registry.trusted-publisher.exchange"
