"""The assistants' addresses under /api/v1/."""

from django.urls import path

from assistants.api import bills, explanations, overlays, updates, usage_policies, views
from assistants.api.polling import polled

urlpatterns = [
    path("assistants/<str:namespace>/<str:name>/bundle", polled(views.BundleView.as_view()), name="bundle"),
    path("assistants/<str:namespace>/<str:name>/receipt", views.ReceiptView.as_view(), name="receipt"),
    path("assistants/<str:namespace>/<str:name>/bill", bills.BillView.as_view(), name="bill"),
    path("assistants/<str:namespace>/<str:name>/lock", views.LockView.as_view(), name="lock"),
    path(
        "assistants/<str:namespace>/<str:name>/explanation",
        explanations.ExplanationView.as_view(),
        name="explanation",
    ),
    path("assistants/<str:namespace>/<str:name>/fork", views.ForkView.as_view(), name="fork"),
    path("assistants/<str:namespace>/<str:name>/updates", updates.UpdatesView.as_view(), name="updates"),
    path("assistants/<str:namespace>/<str:name>/locks", updates.LockListView.as_view(), name="locks"),
    path("assistants/<str:namespace>/<str:name>/difference", updates.DifferenceView.as_view(), name="difference"),
    path("organizations/<str:slug>/usage-policy", usage_policies.UsagePolicyView.as_view(), name="usage-policy"),
    path("bundles/<str:digest>", views.ContentView.as_view(), name="bundle-content"),
    path("organizations/<str:slug>/overlays", overlays.OverlayListView.as_view(), name="overlays"),
    path("organizations/<str:slug>/overlays/<int:overlay_id>", overlays.OverlayView.as_view(), name="overlay"),
    path("resolve", views.ResolveView.as_view(), name="resolve"),
]
