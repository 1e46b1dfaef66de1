"""What becomes of an organization as a whole: another name, its end, its return, and the end of the period of grace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from hub.actors import Actor
from hub.domain.actions import HubAction
from hub.domain.decisions import require
from hub.models import (
    ApiToken,
    GroupMapping,
    Invitation,
    Membership,
    Namespace,
    Organization,
    ScimGroup,
    ScimUser,
    ServiceAccount,
    Team,
    User,
    Webhook,
)
from hub.policies import organizations as policies
from hub.services import audit, namespaces, service_accounts, tokens


class NotDeleted(Exception):
    """There is nothing to restore: somebody else did, or the period of grace is over."""


def rename(*, by: Actor, organization: Organization, slug: str) -> None:
    """Let the organization, its namespace and its machines be called `slug`. Its former names lead there, and stay its own.

    Raises PermissionRefused, InvalidName or NameTaken.
    """
    require(policies.may_rename(by, organization))
    with transaction.atomic():
        namespace = _locked(organization)
        before = namespace.slug
        namespaces.give_name(namespace, slug)
        if namespace.slug != before:
            _rename_machines(before, namespace.slug)
            data = {"before": {"slug": before}, "after": {"slug": namespace.slug}}
            _record(by, HubAction.ORGANIZATION_RENAME, organization, data)
    organization.namespace = namespace


def delete(*, by: Actor, organization: Organization) -> None:
    """Close the organization with all that is in it, at once and for everybody. Owners can restore it for a while.

    Raises PermissionRefused.
    """
    require(policies.may_delete(by, organization))
    now = timezone.now()
    with transaction.atomic():
        namespace = _locked(organization)
        if Organization.objects.filter(id=organization.id, deleted_at=None).update(deleted_at=now):
            Namespace.objects.filter(id=namespace.id).update(closed_at=now)
            _record(by, HubAction.ORGANIZATION_DELETE, organization, {"slug": namespace.slug})
    organization.deleted_at = now


def restore(*, by: Actor, organization: Organization) -> None:
    """Bring a deleted organization back as it was. Raises PermissionRefused or NotDeleted."""
    with transaction.atomic():
        namespace = _locked(organization)
        require(policies.may_restore(by, organization))
        rows = Organization.objects.filter(id=organization.id, deleted_at__gt=_limit(), purged_at=None)
        if not rows.update(deleted_at=None):
            raise NotDeleted("It is restored already, or the time to restore it is over.")
        Namespace.objects.filter(id=namespace.id).update(closed_at=None)
        _record(by, HubAction.ORGANIZATION_RESTORE, organization, {"slug": namespace.slug})
    organization.deleted_at = None


def restorable_until(organization: Organization) -> datetime | None:
    """The end of a deleted organization's period of grace; None for one that is not deleted."""
    if organization.deleted_at is None:
        return None
    return organization.deleted_at + timedelta(days=settings.ORGANIZATION_GRACE_DAYS)


def grace_end() -> datetime:
    """Until when what is deleted now could be restored."""
    return timezone.now() + timedelta(days=settings.ORGANIZATION_GRACE_DAYS)


def due() -> QuerySet[Organization]:
    """The organizations whose period of grace is over."""
    return Organization.objects.filter(deleted_at__lte=_limit(), purged_at=None)


def purge(*, by: Actor, organization: Organization) -> bool:
    """Empty a deleted organization for good: people, teams, invitations, machines, tokens. Part of the daily clean-up.

    What it published stays closed, and its names stay taken. Returns whether this call did it.
    """
    with transaction.atomic():
        _locked(organization)
        if not due().filter(id=organization.id).update(purged_at=timezone.now()):
            return False
        counts = {"members": organization.memberships.count(), "teams": organization.teams.count()}
        for account in ServiceAccount.objects.filter(organization=organization).select_related("user", "organization"):
            service_accounts.retire(by=by, account=account)
        for token in ApiToken.objects.filter(organization=organization, revoked_at=None).select_related("user"):
            tokens.end(by=by, token=token)
        for model in (Invitation, GroupMapping, ScimGroup, ScimUser, Membership, Team):
            model.objects.filter(organization=organization).delete()
        Webhook.objects.filter(namespace__organization=organization).delete()
        _record(by, HubAction.ORGANIZATION_PURGE, organization, counts)
    return True


def _limit() -> datetime:
    return timezone.now() - timedelta(days=settings.ORGANIZATION_GRACE_DAYS)


def _locked(organization: Organization) -> Namespace:
    """The organization's namespace as it is now, with the organization locked against deeds at the same time."""
    Organization.objects.select_for_update().get(id=organization.id)
    return Namespace.objects.get(organization=organization)


def _rename_machines(before: str, after: str) -> None:
    """Service accounts are called after their organization, those that were deleted too: a name stands for one machine."""
    machines = User.objects.filter(Q(username__startswith=f"{before}/"), is_service=True)
    machines.update(username=Concat(Value(f"{after}/"), Substr("username", len(before) + 2)))


def _record(by: Actor, action: HubAction, organization: Organization, data: Mapping[str, object]) -> None:
    audit.record(by, action, organization, namespace=organization.namespace, data=data)
