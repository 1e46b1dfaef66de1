"""The addresses of feeds that are not about one package, under /feeds/."""

from django.urls import path

from registry.api import feeds

urlpatterns = [
    path("packages", feeds.CatalogueFeedView.as_view(), name="feed-packages"),
    path("namespaces/<str:namespace>", feeds.NamespaceFeedView.as_view(), name="feed-namespace"),
]
