"""The addresses of people and organizations under /api/v1/."""

from django.urls import URLPattern, path

from hub.api.me import MeView

urlpatterns: list[URLPattern] = [
    path("me", MeView.as_view(), name="me"),
]
