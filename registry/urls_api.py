"""The registry's addresses under /api/v1/."""

from django.urls import path

from registry.api import packages, releases

urlpatterns = [
    path("packages", packages.PackageListView.as_view(), name="packages"),
    path("packages/<str:namespace>/<str:name>", packages.PackageView.as_view(), name="package"),
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
