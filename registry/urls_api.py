"""The registry's addresses under /api/v1/."""

from django.urls import path

from registry.api import (
    comparing,
    git_sources,
    grants,
    imports,
    lifecycle,
    mirrors,
    packages,
    proposal_talk,
    proposals,
    publishers,
    releases,
    sbom,
    search,
    transfers,
)

SOURCE = "namespaces/<str:namespace>/sources/<int:source_id>"

urlpatterns = [
    path("imports", imports.ImportListView.as_view(), name="imports"),
    path("imports/<int:import_id>", imports.ImportView.as_view(), name="import"),
    path("imports/<int:import_id>/run", imports.ImportRunView.as_view(), name="import-run"),
    path("organizations/<str:slug>/mirrors", mirrors.MirrorListView.as_view(), name="mirrors"),
    path("organizations/<str:slug>/mirrors/<int:mirror_id>", mirrors.MirrorView.as_view(), name="mirror"),
    path("organizations/<str:slug>/mirrors/<int:mirror_id>/run", mirrors.MirrorRunView.as_view(), name="mirror-run"),
    path("packages", packages.PackageListView.as_view(), name="packages"),
    path("search", search.SearchView.as_view(), name="search"),
    path("packages/<str:namespace>/<str:name>", packages.PackageView.as_view(), name="package"),
    path("packages/<str:namespace>/<str:name>/grants", grants.GrantListView.as_view(), name="grants"),
    path("packages/<str:namespace>/<str:name>/grants/<int:grant_id>", grants.GrantView.as_view(), name="grant"),
    path("trusted-publishing/audience", publishers.AudienceView.as_view(), name="publishing-audience"),
    path("trusted-publishing/token", publishers.ExchangeView.as_view(), name="publishing-token"),
    path(
        "packages/<str:namespace>/<str:name>/trusted-publishers",
        publishers.PublisherListView.as_view(),
        name="trusted-publishers",
    ),
    path(
        "packages/<str:namespace>/<str:name>/trusted-publishers/<int:publisher_id>",
        publishers.PublisherView.as_view(),
        name="trusted-publisher",
    ),
    path("packages/<str:namespace>/<str:name>/transfer", transfers.OfferView.as_view(), name="transfer"),
    path("transfers", transfers.TransferListView.as_view(), name="transfers"),
    path("transfers/<int:transfer_id>/accept", transfers.AcceptView.as_view(), name="transfer-accept"),
    path("transfers/<int:transfer_id>/decline", transfers.DeclineView.as_view(), name="transfer-decline"),
    path("packages/<str:namespace>/<str:name>/compare", comparing.CompareView.as_view(), name="compare"),
    path("packages/<str:namespace>/<str:name>/downloads", comparing.DownloadsView.as_view(), name="downloads"),
    path("packages/<str:namespace>/<str:name>/releases", releases.ReleaseListView.as_view(), name="releases"),
    path("packages/<str:namespace>/<str:name>/releases/<str:version>", releases.ReleaseView.as_view(), name="release"),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/manifest",
        releases.ManifestView.as_view(),
        name="manifest",
    ),
    path("packages/<str:namespace>/<str:name>/deprecate", lifecycle.DeprecateView.as_view(), name="deprecate"),
    path("packages/<str:namespace>/<str:name>/undeprecate", lifecycle.UndeprecateView.as_view(), name="undeprecate"),
    path("packages/<str:namespace>/<str:name>/archive", lifecycle.ArchiveView.as_view(), name="package-archive"),
    path("packages/<str:namespace>/<str:name>/unarchive", lifecycle.UnarchiveView.as_view(), name="package-unarchive"),
    path("packages/<str:namespace>/<str:name>/quarantine", lifecycle.QuarantineView.as_view(), name="quarantine"),
    path("packages/<str:namespace>/<str:name>/unquarantine", lifecycle.UnquarantineView.as_view(), name="unquarantine"),
    path("packages/<str:namespace>/<str:name>/reports", lifecycle.ReportListView.as_view(), name="reports"),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/deprecate",
        lifecycle.ReleaseDeprecateView.as_view(),
        name="release-deprecate",
    ),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/undeprecate",
        lifecycle.ReleaseUndeprecateView.as_view(),
        name="release-undeprecate",
    ),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/quarantine",
        lifecycle.ReleaseQuarantineView.as_view(),
        name="release-quarantine",
    ),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/unquarantine",
        lifecycle.ReleaseUnquarantineView.as_view(),
        name="release-unquarantine",
    ),
    path("packages/<str:namespace>/<str:name>/releases/<str:version>/sbom", sbom.SbomView.as_view(), name="sbom"),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/archive",
        releases.ArchiveView.as_view(),
        name="archive",
    ),
    path("packages/<str:namespace>/<str:name>/releases/<str:version>/yank", releases.YankView.as_view(), name="yank"),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/unyank",
        releases.UnyankView.as_view(),
        name="unyank",
    ),
    path("namespaces/<str:namespace>/sources", git_sources.GitSourceListView.as_view(), name="git-sources"),
    path(f"{SOURCE}", git_sources.GitSourceView.as_view(), name="git-source"),
    path(f"{SOURCE}/webhook-secret", git_sources.WebhookSecretView.as_view(), name="git-source-secret"),
    path(f"{SOURCE}/syncs", git_sources.SyncRunListView.as_view(), name="git-syncs"),
    path(f"{SOURCE}/syncs/<int:run_id>", git_sources.SyncRunView.as_view(), name="git-sync"),
    path(f"{SOURCE}/syncs/<int:run_id>/entries", git_sources.SyncEntryListView.as_view(), name="git-sync-entries"),
    path("packages/<str:namespace>/<str:name>/proposals", proposals.ProposalListView.as_view(), name="proposals"),
    path(
        "packages/<str:namespace>/<str:name>/proposal-rules",
        proposals.ProposalRulesView.as_view(),
        name="proposal-rules",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>", proposals.ProposalView.as_view(), name="proposal"
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/open",
        proposals.ProposalOpenView.as_view(),
        name="proposal-open",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/close",
        proposals.ProposalCloseView.as_view(),
        name="proposal-close",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/reopen",
        proposals.ProposalReopenView.as_view(),
        name="proposal-reopen",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/merge",
        proposals.ProposalMergeView.as_view(),
        name="proposal-merge",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/update",
        proposals.ProposalUpdateView.as_view(),
        name="proposal-update",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/subscription",
        proposals.ProposalSubscriptionView.as_view(),
        name="proposal-subscription",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/revisions",
        proposals.RevisionListView.as_view(),
        name="proposal-revisions",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/revisions/<int:revision>",
        proposals.RevisionView.as_view(),
        name="proposal-revision",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/revisions/<int:revision>/diff",
        proposals.RevisionDiffView.as_view(),
        name="proposal-diff",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/comments",
        proposal_talk.CommentListView.as_view(),
        name="proposal-comments",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/comments/<int:comment_id>",
        proposal_talk.CommentView.as_view(),
        name="proposal-comment",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/comments/<int:comment_id>/resolve",
        proposal_talk.CommentResolveView.as_view(),
        name="proposal-comment-resolve",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/reviews",
        proposal_talk.ReviewListView.as_view(),
        name="proposal-reviews",
    ),
    path(
        "packages/<str:namespace>/<str:name>/proposals/<int:number>/reviews/<int:review_id>/dismiss",
        proposal_talk.ReviewDismissView.as_view(),
        name="proposal-review-dismiss",
    ),
]
