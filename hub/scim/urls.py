"""Addresses under /scim/v2/{organization}."""

from django.urls import URLPattern, path

from hub.scim.views import (
    ConfigView,
    DescriptionsView,
    GroupSearchView,
    GroupsView,
    GroupView,
    NothingView,
    OmittedView,
    SchemasView,
    UserSearchView,
    UsersView,
    UserView,
)

urlpatterns: list[URLPattern] = [
    path("Users", UsersView.as_view(), name="users"),
    path("Users/.search", UserSearchView.as_view(), name="user-search"),
    path("Users/<str:uid>", UserView.as_view(), name="user"),
    path("Groups", GroupsView.as_view(), name="groups"),
    path("Groups/.search", GroupSearchView.as_view(), name="group-search"),
    path("Groups/<str:uid>", GroupView.as_view(), name="group"),
    path("ServiceProviderConfig", ConfigView.as_view(), name="config"),
    path("ResourceTypes", DescriptionsView.as_view(), name="resource-types"),
    path("ResourceTypes/<str:name>", DescriptionsView.as_view(), name="resource-type"),
    path("Schemas", SchemasView.as_view(), name="schemas"),
    path("Schemas/<str:name>", SchemasView.as_view(), name="schema"),
    path(".search", OmittedView.as_view(), name="search"),
    path("Bulk", OmittedView.as_view(), name="bulk"),
    path("Me", OmittedView.as_view(), name="me"),
    path("<path:rest>", NothingView.as_view(), name="nothing"),
]
