"""The addresses of moderators. They stand before those of packages, which any two words after another could be."""

from django.urls import path

from registry.views import moderation

urlpatterns = [
    path("moderation", moderation.moderation, name="moderation"),
    path("moderation/packages", moderation.quarantined_packages, name="moderation-packages"),
    path("moderation/releases", moderation.quarantined_releases, name="moderation-releases"),
    path("moderation/reports/<int:report_id>/resolve", moderation.resolve, name="report-resolve"),
    path("moderation/reports/<int:report_id>/dismiss", moderation.dismiss, name="report-dismiss"),
]
