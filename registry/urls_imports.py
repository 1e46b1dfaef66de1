"""The addresses of importing. They come before those of packages, whose second word may be a number too."""

from django.urls import path

from registry.views import imports

urlpatterns = [
    path("imports", imports.imports, name="imports"),
    path("imports/<int:import_id>", imports.detail, name="import"),
    path("imports/<int:import_id>/run", imports.run, name="import-run"),
    path("imports/<int:import_id>/discard", imports.discard, name="import-discard"),
    path("imports/<int:import_id>/report", imports.report, name="import-report"),
]
