"""The rows of the registry."""

from registry.models.artifacts import Artifact
from registry.models.grants import Grant, GrantPermission
from registry.models.packages import Package, PackageQuerySet, Visibility, readable_by
from registry.models.proposals import (
    Proposal,
    ProposalComment,
    ProposalEvent,
    ProposalFile,
    ProposalFollower,
    ProposalQuerySet,
    ProposalReview,
    ProposalRevision,
    ProposalState,
    Side,
    Verdict,
)
from registry.models.publishers import PublishingToken, TrustedPublisher, UsedIdentityToken
from registry.models.releases import Release, ReleaseCoordinate, ReleaseQuerySet
from registry.models.transfers import FormerPackageName, PackageTransfer

__all__ = [
    "Artifact",
    "FormerPackageName",
    "Grant",
    "GrantPermission",
    "Package",
    "PackageQuerySet",
    "PackageTransfer",
    "Proposal",
    "ProposalComment",
    "ProposalEvent",
    "ProposalFile",
    "ProposalFollower",
    "ProposalQuerySet",
    "ProposalReview",
    "ProposalRevision",
    "ProposalState",
    "PublishingToken",
    "Release",
    "ReleaseCoordinate",
    "ReleaseQuerySet",
    "Side",
    "TrustedPublisher",
    "UsedIdentityToken",
    "Verdict",
    "Visibility",
    "readable_by",
]
