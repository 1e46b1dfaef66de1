"""The registry's addresses under /api/v1/."""

from django.urls import path

from registry.api import (
    comparing,
    git_sources,
    grants,
    imports,
    lifecycle,
    packages,
    publishers,
    releases,
    sbom,
    transfers,
)

SOURCE = "namespaces/<str:namespace>/sources/<int:source_id>"

urlpatterns = [
    path("imports", imports.ImportListView.as_view(), name="imports"),
    path("imports/<int:import_id>", imports.ImportView.as_view(), name="import"),
    path("imports/<int:import_id>/run", imports.ImportRunView.as_view(), name="import-run"),
    path("packages", packages.PackageListView.as_view(), name="packages"),
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
]
