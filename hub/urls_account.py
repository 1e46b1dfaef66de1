"""Addresses of a person's settings and of organizations, included at the root."""

from django.urls import path

from hub.views import (
    account,
    activity,
    devices,
    invitations,
    members,
    organization_life,
    organizations,
    secrets,
    security,
    security_policy,
    service_accounts,
    teams,
    tokens,
)

urlpatterns = [
    path("settings", account.profile, name="account_settings"),
    path("settings/activity", activity.personal_activity, name="activity"),
    path("settings/security", security.security, name="security"),
    path("settings/security/sessions/<int:session_id>/end", security.end_session, name="session-end"),
    path("device", devices.device, name="device"),
    path("settings/devices", devices.devices, name="devices"),
    path("settings/devices/<int:device_id>/end", devices.end_device, name="device-end"),
    path("settings/tokens", tokens.tokens, name="tokens"),
    path("settings/tokens/<int:token_id>/revoke", tokens.revoke, name="token-revoke"),
    path("settings/tokens/<int:token_id>/rotate", tokens.rotate, name="token-rotate"),
    path("settings/secrets", secrets.secrets, name="secrets"),
    path("settings/secrets/<str:name>", secrets.edit, name="secret-edit"),
    path("settings/secrets/<str:name>/delete", secrets.delete, name="secret-delete"),
    path("organizations", organizations.organizations, name="organizations"),
    path("organizations/new", organizations.new, name="organization-new"),
    path("organizations/<str:slug>", organizations.organization, name="organization"),
    path("organizations/<str:slug>/edit", organizations.edit, name="organization-edit"),
    path("organizations/<str:slug>/activity", activity.organization_activity, name="organization-activity"),
    path("organizations/<str:slug>/activity/export", activity.export, name="organization-activity-export"),
    path("organizations/<str:slug>/leave", members.leave, name="organization-leave"),
    path("organizations/<str:slug>/members", members.add, name="member-add"),
    path("organizations/<str:slug>/members/<str:username>", members.member, name="member"),
    path("organizations/<str:slug>/members/<str:username>/remove", members.remove, name="member-remove"),
    path("organizations/<str:slug>/roles", organizations.roles_page, name="organization-roles"),
    path("organizations/<str:slug>/rename", organization_life.rename, name="organization-rename"),
    path("organizations/<str:slug>/delete", organization_life.delete, name="organization-delete"),
    path("organizations/<str:slug>/restore", organization_life.restore, name="organization-restore"),
    path("organizations/<str:slug>/teams", teams.teams, name="teams"),
    path("organizations/<str:slug>/teams/<str:team>", teams.team, name="team"),
    path("organizations/<str:slug>/teams/<str:team>/edit", teams.edit, name="team-edit"),
    path("organizations/<str:slug>/teams/<str:team>/delete", teams.delete, name="team-delete"),
    path("organizations/<str:slug>/teams/<str:team>/members", teams.add, name="team-member-add"),
    path(
        "organizations/<str:slug>/teams/<str:team>/members/<path:username>/remove",
        teams.remove,
        name="team-member-remove",
    ),
    path("organizations/<str:slug>/invitations", invitations.invitations, name="invitations"),
    path(
        "organizations/<str:slug>/invitations/<int:invitation_id>/resend", invitations.resend, name="invitation-resend"
    ),
    path(
        "organizations/<str:slug>/invitations/<int:invitation_id>/revoke", invitations.revoke, name="invitation-revoke"
    ),
    path("invitations/accept", invitations.accept, name="invitation-accept"),
    path("invitations/<str:secret>", invitations.follow, name="invitation"),
    path("organizations/<str:slug>/security", security_policy.security_policy, name="organization-security"),
    path("organizations/<str:slug>/service-accounts", service_accounts.service_accounts, name="service-accounts"),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>", service_accounts.service_account, name="service-account"
    ),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>/delete",
        service_accounts.delete,
        name="service-account-delete",
    ),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>/tokens",
        service_accounts.make_token,
        name="service-tokens",
    ),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>/tokens/<int:token_id>/rotate",
        service_accounts.rotate_token,
        name="service-token-rotate",
    ),
    path(
        "organizations/<str:slug>/service-accounts/<str:name>/tokens/<int:token_id>/revoke",
        service_accounts.revoke_token,
        name="service-token-revoke",
    ),
]
