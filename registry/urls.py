"""The addresses of the registry's pages. They come last: a namespace may be any word that is not reserved."""

from django.urls import path

from registry.views import namespaces, publishing, releases, settings

urlpatterns = [
    path("publish", publishing.publish, name="publish"),
    path("<str:namespace>/<str:name>/new-release", publishing.new_release, name="release-new"),
    path("<str:namespace>/<str:name>/releases/<str:version>/yank", releases.yank, name="release-yank"),
    path("<str:namespace>/<str:name>/releases/<str:version>/unyank", releases.unyank, name="release-unyank"),
    path("<str:namespace>/<str:name>/settings", settings.settings, name="package-settings"),
    path("<str:namespace>/<str:name>/delete", settings.delete, name="package-delete"),
    path("<str:namespace>", namespaces.namespace, name="namespace"),
]
