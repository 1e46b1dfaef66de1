"""The addresses of the assistants' pages."""

from django.urls import path

from assistants.views import composing, overlays, updates, usage_policies

urlpatterns = [
    path("organizations/<str:slug>/usage-policy", usage_policies.usage_policy, name="organization-usage-policy"),
    path("<str:namespace>/<str:name>/updates", updates.updates, name="package-updates"),
    path("compose", composing.compose, name="compose"),
    path("organizations/<str:slug>/overlays", overlays.overlays, name="overlays"),
    path("organizations/<str:slug>/overlays/<int:overlay_id>", overlays.edit, name="overlay-edit"),
    path("organizations/<str:slug>/overlays/<int:overlay_id>/remove", overlays.remove, name="overlay-remove"),
]
