"""An organization's security policy: what a sign-in must have proved, and how long a token may live, to count there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet

from hub.actors import Actor
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused, require
from hub.domain.roles import Permission
from hub.models import ApiToken, Organization, TokenKind, User
from hub.policies import organizations as policies
from hub.services import audit

LONGEST_DAYS = 3650


class WouldLockOut(Exception):
    """The actor's own sign-in would not satisfy what it is about to require; the message says what to do first."""


class InvalidPolicy(ValueError):
    """A value that the policy cannot have; the message says why."""


@dataclass(frozen=True)
class SecurityPolicy:
    """What an organization requires. `token_max_days` is None for no limit."""

    second_factor_required: bool
    sso_required: bool
    token_max_days: int | None


def policy_of(organization: Organization) -> SecurityPolicy:
    """What `organization` requires now, as far as the row that was loaded says."""
    return SecurityPolicy(organization.second_factor_required, organization.sso_required, organization.token_max_days)


def update(*, by: Actor, organization: Organization, policy: SecurityPolicy) -> bool:
    """Require `policy` from now on; sign-ins and tokens that do not satisfy it have no power there at once.

    Returns whether anything changed. Raises PermissionRefused, InvalidPolicy, or WouldLockOut if the actor's own sign-in
    does not bring what is newly required: so whoever turns a switch on is inside afterwards.
    """
    require(policies.may(by, organization, Permission.SECURITY_MANAGE))
    if policy.token_max_days is not None and not 1 <= policy.token_max_days <= LONGEST_DAYS:
        raise InvalidPolicy(f"The longest life of a token is 1 to {LONGEST_DAYS} days, or unlimited.")
    with transaction.atomic():
        before = policy_of(Organization.objects.select_for_update().get(id=organization.id))
        if policy.second_factor_required and not before.second_factor_required and not by.second_factor:
            raise WouldLockOut("Sign in with a second factor yourself before you require one of everybody.")
        if policy.sso_required and not before.sso_required and organization.id not in by.sso:
            raise WouldLockOut("Sign in through the organization's single sign-on yourself before you require it.")
        return _store(by, organization, before, policy)


def open_up(*, by: Actor, organization: Organization) -> bool:
    """Turn both switches off, for owners who locked themselves out. Only whoever runs the hub's machine can.

    Returns whether anything changed. Raises PermissionRefused.
    """
    if by.source != "command" or by.user is not None or by.token is not None:
        raise PermissionRefused("Only whoever runs the hub's machine opens an organization from outside.")
    with transaction.atomic():
        before = policy_of(Organization.objects.select_for_update().get(id=organization.id))
        opened = SecurityPolicy(second_factor_required=False, sso_required=False, token_max_days=before.token_max_days)
        return _store(by, organization, before, opened)


def members_without_second_factor(organization: Organization) -> QuerySet[User]:
    """The people (no machines) who would be out if a second factor were required, by name."""
    factors = Authenticator.objects.filter(user=OuterRef("id")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    people = User.objects.filter(memberships__organization=organization, is_service=False)
    return people.exclude(Exists(factors)).order_by("username")


def tokens_living_longer(organization: Organization, days: int) -> QuerySet[ApiToken]:
    """The tokens in force of members and machines that would have no power there if `days` were the longest life."""
    reaching = Q(organization=None) | Q(organization=organization)
    rows = ApiToken.objects.in_force().filter(reaching, user__memberships__organization=organization)
    life = ExpressionWrapper(F("expires_at") - F("created_at"), output_field=DurationField())
    rows = rows.exclude(kind=TokenKind.PUBLISHING).annotate(life=life)
    return rows.filter(Q(expires_at=None) | Q(life__gt=timedelta(days=days)))


def _store(by: Actor, organization: Organization, before: SecurityPolicy, after: SecurityPolicy) -> bool:
    if before == after:
        return False
    Organization.objects.filter(id=organization.id).update(**asdict(after))
    changed = {name for name, value in asdict(after).items() if asdict(before)[name] != value}
    data = {
        "before": {name: asdict(before)[name] for name in sorted(changed)},
        "after": {name: asdict(after)[name] for name in sorted(changed)},
    }
    audit.record(by, HubAction.SECURITY_UPDATE, organization, namespace=organization.namespace, data=data)
    for name, value in asdict(after).items():
        setattr(organization, name, value)
    return True
