"""The addresses that Continue's clients ask for. Their first segments are reserved names."""

from django.urls import path

from assistants.continue_client import refreshing, views

urlpatterns = [
    path("auth/scope", views.scope),
    path("auth/refresh", refreshing.refresh),
    path("ide/get-assistant/<str:owner>/<str:package>", views.get_assistant),
    path("ide/list-assistants", views.list_assistants),
    path("ide/list-organizations", views.list_organizations),
    path("ide/sync-secrets", views.sync_secrets),
    path("registry/v1/<str:owner>/<str:package>/<path:version>", views.registry_content),
    path("v0/<str:owner>/<str:package>/latest/download", views.download),
]
