"""The addresses of the registry's pages. They come last: a namespace may be any word that is not reserved."""

from django.urls import path

from registry.views import (
    badges,
    grants,
    lifecycle,
    namespaces,
    publishers,
    publishing,
    releases,
    settings,
    transfers,
)

urlpatterns = [
    path("transfers", transfers.transfers, name="transfers"),
    path("transfers/<int:transfer_id>/accept", transfers.accept, name="transfer-accept"),
    path("transfers/<int:transfer_id>/decline", transfers.decline, name="transfer-decline"),
    path("publish", publishing.publish, name="publish"),
    path("<str:namespace>/<str:name>/new-release", publishing.new_release, name="release-new"),
    path("<str:namespace>/<str:name>/deprecate", lifecycle.deprecate, name="package-deprecate"),
    path("<str:namespace>/<str:name>/undeprecate", lifecycle.undeprecate, name="package-undeprecate"),
    path("<str:namespace>/<str:name>/archive", lifecycle.archive, name="package-archive"),
    path("<str:namespace>/<str:name>/unarchive", lifecycle.unarchive, name="package-unarchive"),
    path("<str:namespace>/<str:name>/quarantine", lifecycle.quarantine, name="package-quarantine"),
    path("<str:namespace>/<str:name>/unquarantine", lifecycle.unquarantine, name="package-unquarantine"),
    path("<str:namespace>/<str:name>/report", lifecycle.report, name="package-report"),
    path(
        "<str:namespace>/<str:name>/releases/<str:version>/deprecate",
        lifecycle.deprecate_release,
        name="release-deprecate",
    ),
    path(
        "<str:namespace>/<str:name>/releases/<str:version>/undeprecate",
        lifecycle.undeprecate_release,
        name="release-undeprecate",
    ),
    path(
        "<str:namespace>/<str:name>/releases/<str:version>/quarantine",
        lifecycle.quarantine,
        name="release-quarantine",
    ),
    path(
        "<str:namespace>/<str:name>/releases/<str:version>/unquarantine",
        lifecycle.unquarantine,
        name="release-unquarantine",
    ),
    path("<str:namespace>/<str:name>/releases/<str:version>/report", lifecycle.report, name="release-report"),
    path("<str:namespace>/<str:name>/releases/<str:version>/yank", releases.yank, name="release-yank"),
    path("<str:namespace>/<str:name>/releases/<str:version>/unyank", releases.unyank, name="release-unyank"),
    path("<str:namespace>/<str:name>/badge.svg", badges.badge, name="badge"),
    path("<str:namespace>/<str:name>/settings", settings.settings, name="package-settings"),
    path("<str:namespace>/<str:name>/access", grants.access, name="package-access"),
    path("<str:namespace>/<str:name>/access/<int:grant_id>/withdraw", grants.withdraw, name="grant-withdraw"),
    path("<str:namespace>/<str:name>/publishing", publishers.publishing, name="package-publishing"),
    path("<str:namespace>/<str:name>/publishing/<int:publisher_id>/remove", publishers.remove, name="publisher-remove"),
    path("<str:namespace>/<str:name>/transfer", transfers.offer, name="package-transfer"),
    path("<str:namespace>/<str:name>/transfer/cancel", transfers.cancel, name="package-transfer-cancel"),
    path("<str:namespace>/<str:name>/delete", settings.delete, name="package-delete"),
    path("<str:namespace>", namespaces.namespace, name="namespace"),
]
