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
    ORGANIZATION_CREATE = "hub.organization.create"
    ORGANIZATION_UPDATE = "hub.organization.update"
    MEMBERSHIP_CREATE = "hub.membership.create"
    MEMBERSHIP_UPDATE = "hub.membership.update"
    MEMBERSHIP_DELETE = "hub.membership.delete"
    TOKEN_CREATE = "hub.token.create"
    TOKEN_REVOKE = "hub.token.revoke"
    SECRET_SET = "hub.secret.set"
    SECRET_DELETE = "hub.secret.delete"


class Scope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    PUBLISH = "publish"
