"""The addresses of the assistants' pages."""

from django.urls import path

from assistants.views import composing, forks, overlays

urlpatterns = [
    path("compose", composing.compose, name="compose"),
    path("organizations/<str:slug>/overlays", overlays.overlays, name="overlays"),
    path("organizations/<str:slug>/overlays/<int:overlay_id>", overlays.edit, name="overlay-edit"),
    path("organizations/<str:slug>/overlays/<int:overlay_id>/remove", overlays.remove, name="overlay-remove"),
    path("<str:namespace>/<str:name>/fork", forks.fork, name="fork"),
]
