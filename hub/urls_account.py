"""Addresses of a person's settings and of organizations, included at the root."""

from django.urls import path

from hub.views import account, members, organizations, secrets, security, tokens

urlpatterns = [
    path("settings", account.profile, name="account_settings"),
    path("settings/activity", account.activity, name="activity"),
    path("settings/security", security.security, name="security"),
    path("settings/security/sessions/<int:session_id>/end", security.end_session, name="session-end"),
    path("settings/tokens", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke", tokens.revoke, name="token-revoke"),
    path("settings/secrets", secrets.secrets, name="secrets"),
    path("settings/secrets/<str:name>", secrets.edit, name="secret-edit"),
    path("settings/secrets/<str:name>/delete", secrets.delete, name="secret-delete"),
    path("organizations", organizations.organizations, name="organizations"),
    path("organizations/new", organizations.new, name="organization-new"),
    path("organizations/<str:slug>", organizations.organization, name="organization"),
    path("organizations/<str:slug>/edit", organizations.edit, name="organization-edit"),
    path("organizations/<str:slug>/activity", organizations.activity, name="organization-activity"),
    path("organizations/<str:slug>/leave", members.leave, name="organization-leave"),
    path("organizations/<str:slug>/members", members.add, name="member-add"),
    path("organizations/<str:slug>/members/<str:username>", members.member, name="member"),
    path("organizations/<str:slug>/members/<str:username>/remove", members.remove, name="member-remove"),
]
