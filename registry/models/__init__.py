"""The rows of the registry."""

from registry.models.artifacts import Artifact
from registry.models.downloads import DownloadCount, PackageDownloadCount
from registry.models.git_sources import GitSource, SyncEntry, SyncRun
from registry.models.grants import Grant, GrantPermission
from registry.models.imports import Import, ImportChunk, ImportedFile
from registry.models.lifecycle import Imposer, served
from registry.models.mirrors import Mirror, MirroredPackage, UpstreamKind
from registry.models.packages import Package, PackageQuerySet, Visibility, readable_by, singled_out
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
from registry.models.reports import Report, ReportState
from registry.models.scans import ReleaseScan
from registry.models.search import SearchEntry
from registry.models.transfers import FormerPackageName, PackageTransfer
from registry.models.upstreams import Direction, NewsKind, SyncPoint, UpstreamNews, UpstreamProposal

__all__ = [
    "Artifact",
    "Direction",
    "DownloadCount",
    "FormerPackageName",
    "GitSource",
    "Grant",
    "GrantPermission",
    "Import",
    "ImportChunk",
    "ImportedFile",
    "Imposer",
    "Mirror",
    "MirroredPackage",
    "NewsKind",
    "Package",
    "PackageDownloadCount",
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
    "ReleaseScan",
    "Report",
    "ReportState",
    "SearchEntry",
    "Side",
    "SyncEntry",
    "SyncPoint",
    "SyncRun",
    "TrustedPublisher",
    "UpstreamKind",
    "UpstreamNews",
    "UpstreamProposal",
    "UsedIdentityToken",
    "Verdict",
    "Visibility",
    "readable_by",
    "served",
    "singled_out",
]
