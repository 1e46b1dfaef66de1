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
    PROPOSAL_CREATE = "registry.proposal.create"
    PROPOSAL_UPDATE = "registry.proposal.update"
    PROPOSAL_REVISE = "registry.proposal.revise"
    PROPOSAL_OPEN = "registry.proposal.open"
    PROPOSAL_CLOSE = "registry.proposal.close"
    PROPOSAL_REOPEN = "registry.proposal.reopen"
    PROPOSAL_MERGE = "registry.proposal.merge"
    PROPOSAL_FOLLOW = "registry.proposal.follow"
    PROPOSAL_MUTE = "registry.proposal.mute"
    PROPOSAL_RULES = "registry.proposal-rules.update"
    COMMENT_CREATE = "registry.proposal-comment.create"
    COMMENT_UPDATE = "registry.proposal-comment.update"
    COMMENT_DELETE = "registry.proposal-comment.delete"
    COMMENT_RESOLVE = "registry.proposal-comment.resolve"
    COMMENT_UNRESOLVE = "registry.proposal-comment.unresolve"
    REVIEW_CREATE = "registry.proposal-review.create"
    REVIEW_DISMISS = "registry.proposal-review.dismiss"
