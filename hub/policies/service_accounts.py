"""Who makes and changes an organization's service accounts and their tokens."""

from __future__ import annotations

from django.db.models import QuerySet

from hub.actors import Actor
from hub.domain.decisions import Decision, Denied
from hub.domain.roles import Permission, Role
from hub.models import Membership, Organization, ServiceAccount, User
from hub.policies import organizations
from hub.policies.memberships import effective

# Machines publish and read. What runs an organization stays with people, who can be asked.
ROLES = (Role.MEMBER, Role.MAINTAINER, Role.AUDITOR)


def visible_to(actor: Actor) -> QuerySet[ServiceAccount]:
    """The service accounts of the organizations in which the actor manages them."""
    managed = effective(actor, Permission.SERVICE_ACCOUNTS_MANAGE).values("organization")
    return ServiceAccount.objects.filter(organization__in=managed)


def may_manage(actor: Actor, organization: Organization) -> Decision:
    """Whether the actor may list, describe and end service accounts of `organization`."""
    return organizations.may(actor, organization, Permission.SERVICE_ACCOUNTS_MANAGE)


def may_give_role(actor: Actor, organization: Organization, role: str) -> Decision:
    """Whether the actor may make a service account `role`."""
    if role not in ROLES:
        return Denied("A service account is a member, a maintainer or an auditor.")
    return may_change(actor, organization, role)


def may_change(actor: Actor, organization: Organization, role: str) -> Decision:
    """Whether the actor may take `role`, which a service account has, away from it, or delete the account."""
    return may_manage(actor, organization) and organizations.may_give_role(actor, organization, role)


def may_make_token(actor: Actor, organization: Organization | None, account: User | None) -> Decision:
    """Whether the actor may make or rotate a token of the service account.

    Whoever has such a token has the account's role, so only those may who could give that role: an admin does not get
    at the audit log through an auditor's token. No machine makes tokens for machines, and no token that is narrowed to
    packages makes one that is not.
    """
    if organization is None or account is None:
        return Denied("This token belongs to no service account.")
    if actor.user is None or actor.user.is_service:
        return Denied("A service account makes no tokens.")
    if actor.patterns:
        return Denied("A token that is narrowed to packages makes no tokens.")
    role = Membership.objects.filter(organization=organization, user=account).values_list("role", flat=True).first()
    if role is None:
        return Denied("This service account is no longer in the organization.")
    return may_change(actor, organization, role)
