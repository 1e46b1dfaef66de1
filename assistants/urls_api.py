"""The assistants' addresses under /api/v1/."""

from django.urls import path

from assistants.api import bills, views

urlpatterns = [
    path("assistants/<str:namespace>/<str:name>/bundle", views.BundleView.as_view(), name="bundle"),
    path("assistants/<str:namespace>/<str:name>/receipt", views.ReceiptView.as_view(), name="receipt"),
    path("assistants/<str:namespace>/<str:name>/bill", bills.BillView.as_view(), name="bill"),
    path("assistants/<str:namespace>/<str:name>/lock", views.LockView.as_view(), name="lock"),
    path("assistants/<str:namespace>/<str:name>/fork", views.ForkView.as_view(), name="fork"),
    path("bundles/<str:digest>", views.ContentView.as_view(), name="bundle-content"),
    path("resolve", views.ResolveView.as_view(), name="resolve"),
]
