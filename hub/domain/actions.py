"""What can happen in the foundation, in the grammar shared by permissions and audit events: `area.thing.verb`."""

from __future__ import annotations

from enum import StrEnum


class HubAction(StrEnum):
    """Actions on people, organizations, tokens and secrets."""

    ACCOUNT_CREATE = "hub.account.create"
    ACCOUNT_UPDATE = "hub.account.update"
    ACCOUNT_SIGN_IN_LINK = "hub.account.sign-in-link"
    ACCOUNT_EMAIL_CHANGE = "hub.account.email-change"
    ACCOUNT_PASSWORD_CHANGE = "hub.account.password-change"
    SESSION_END = "hub.session.end"
    ORGANIZATION_CREATE = "hub.organization.create"
    ORGANIZATION_UPDATE = "hub.organization.update"
    ORGANIZATION_RENAME = "hub.organization.rename"
    ORGANIZATION_DELETE = "hub.organization.delete"
    ORGANIZATION_RESTORE = "hub.organization.restore"
    ORGANIZATION_PURGE = "hub.organization.purge"
    SECURITY_UPDATE = "hub.security.update"
    MEMBERSHIP_CREATE = "hub.membership.create"
    MEMBERSHIP_UPDATE = "hub.membership.update"
    MEMBERSHIP_DELETE = "hub.membership.delete"
    TEAM_CREATE = "hub.team.create"
    TEAM_UPDATE = "hub.team.update"
    TEAM_DELETE = "hub.team.delete"
    TEAM_MEMBER_ADD = "hub.team-member.create"
    TEAM_MEMBER_REMOVE = "hub.team-member.delete"
    INVITATION_CREATE = "hub.invitation.create"
    INVITATION_RESEND = "hub.invitation.resend"
    INVITATION_REVOKE = "hub.invitation.revoke"
    INVITATION_ACCEPT = "hub.invitation.accept"
    SERVICE_ACCOUNT_CREATE = "hub.service-account.create"
    SERVICE_ACCOUNT_UPDATE = "hub.service-account.update"
    SERVICE_ACCOUNT_DELETE = "hub.service-account.delete"
    TOKEN_CREATE = "hub.token.create"
    TOKEN_ROTATE = "hub.token.rotate"
    TOKEN_REVOKE = "hub.token.revoke"
    SESSION_CREATE = "hub.session.create"
    SESSION_REFUSE = "hub.session.refuse"
    SESSION_DELETE = "hub.session.delete"
    PASSWORD_RESET_REQUEST = "hub.password-reset.request"
    AUTHENTICATOR_ADD = "hub.authenticator.create"
    AUTHENTICATOR_REMOVE = "hub.authenticator.delete"
    AUTHENTICATOR_USE = "hub.authenticator.use"
    AUDIT_READ = "hub.audit.read"
    AUDIT_EXPORT = "hub.audit.export"
    AUDIT_PRUNE = "hub.audit.prune"
    SECRET_SET = "hub.secret.set"
    SECRET_DELETE = "hub.secret.delete"


class Scope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    PUBLISH = "publish"
    MANAGE = "manage"
    ADMIN = "admin"
    AUDIT = "audit"
    SCIM = "scim"
