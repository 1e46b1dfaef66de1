"""The addresses of the assistants' pages."""

from django.urls import path

from assistants.views import composing, forks

urlpatterns = [
    path("compose", composing.compose, name="compose"),
    path("<str:namespace>/<str:name>/fork", forks.fork, name="fork"),
]
