"""The registry's addresses under /api/v1/."""

from django.urls import path

from registry.api import grants, packages, publishers, releases, search, transfers

urlpatterns = [
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
    path("packages/<str:namespace>/<str:name>/releases", releases.ReleaseListView.as_view(), name="releases"),
    path("packages/<str:namespace>/<str:name>/releases/<str:version>", releases.ReleaseView.as_view(), name="release"),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/manifest",
        releases.ManifestView.as_view(),
        name="manifest",
    ),
    path("packages/<str:namespace>/<str:name>/releases/<str:version>/yank", releases.YankView.as_view(), name="yank"),
    path(
        "packages/<str:namespace>/<str:name>/releases/<str:version>/unyank",
        releases.UnyankView.as_view(),
        name="unyank",
    ),
]
