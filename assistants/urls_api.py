"""The assistants' addresses under /api/v1/."""

from django.urls import path

from assistants.api import explanations, overlays, views

urlpatterns = [
    path("assistants/<str:namespace>/<str:name>/bundle", views.BundleView.as_view(), name="bundle"),
    path("assistants/<str:namespace>/<str:name>/receipt", views.ReceiptView.as_view(), name="receipt"),
    path("assistants/<str:namespace>/<str:name>/lock", views.LockView.as_view(), name="lock"),
    path(
        "assistants/<str:namespace>/<str:name>/explanation",
        explanations.ExplanationView.as_view(),
        name="explanation",
    ),
    path("assistants/<str:namespace>/<str:name>/fork", views.ForkView.as_view(), name="fork"),
    path("bundles/<str:digest>", views.ContentView.as_view(), name="bundle-content"),
    path("organizations/<str:slug>/overlays", overlays.OverlayListView.as_view(), name="overlays"),
    path("organizations/<str:slug>/overlays/<int:overlay_id>", overlays.OverlayView.as_view(), name="overlay"),
    path("resolve", views.ResolveView.as_view(), name="resolve"),
]
