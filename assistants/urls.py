"""The addresses of the assistants' pages."""

from django.urls import path

from assistants.views import composing

urlpatterns = [
    path("compose", composing.compose, name="compose"),
]
