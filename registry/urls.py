"""The addresses of the registry's pages. They come last: a namespace may be any word that is not reserved."""

from django.urls import path

from registry.views import (
    git_hooks,
    git_sources,
    grants,
    namespaces,
    publishers,
    publishing,
    releases,
    settings,
    transfers,
)

# Of an organization, and of the person who is signed in.
SOURCES = [
    path(f"{prefix}/sources{rest}", view, name=f"{names}{name}")
    for prefix, names in (("organizations/<str:slug>", ""), ("settings", "my-"))
    for rest, view, name in (
        ("", git_sources.sources, "sources"),
        ("/new", git_sources.new, "source-new"),
        ("/<int:source_id>", git_sources.source, "source"),
        ("/<int:source_id>/sync", git_sources.sync, "source-sync"),
        ("/<int:source_id>/edit", git_sources.edit, "source-edit"),
        ("/<int:source_id>/rotate", git_sources.rotate, "source-rotate"),
        ("/<int:source_id>/disconnect", git_sources.disconnect, "source-disconnect"),
        ("/<int:source_id>/syncs/<int:run_id>", git_sources.run, "source-run"),
    )
]

urlpatterns = [
    path("git/hooks/<uuid:uid>", git_hooks.hook, name="git-hook"),
    *SOURCES,
    path("transfers", transfers.transfers, name="transfers"),
    path("transfers/<int:transfer_id>/accept", transfers.accept, name="transfer-accept"),
    path("transfers/<int:transfer_id>/decline", transfers.decline, name="transfer-decline"),
    path("publish", publishing.publish, name="publish"),
    path("<str:namespace>/<str:name>/new-release", publishing.new_release, name="release-new"),
    path("<str:namespace>/<str:name>/releases/<str:version>/yank", releases.yank, name="release-yank"),
    path("<str:namespace>/<str:name>/releases/<str:version>/unyank", releases.unyank, name="release-unyank"),
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
