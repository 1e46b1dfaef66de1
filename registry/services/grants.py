"""Grants: what single people, machines and teams may do with single packages, beyond what roles allow."""

from __future__ import annotations

from django.db import transaction

from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import Membership, Organization, Team, User
from hub.services import audit
from registry import policies
from registry.domain.actions import RegistryAction
from registry.models import Grant, GrantPermission, Package
from registry.services.packages import PackageGone, lock

MAX_GRANTS = 1000  # for each package; more than that is a team
__all__ = ["Gone", "NotGrantable", "PackageGone", "TooMany", "give", "withdraw"]


class NotGrantable(ValueError):
    """The grantee cannot be given anything here; the message says why."""


class TooMany(Exception):
    """The package has as many grants as one may have."""


class Gone(Exception):
    """The grant was withdrawn meanwhile."""


def give(*, by: Actor, package: Package, permission: str, user: User | None = None, team: Team | None = None) -> Grant:
    """Let a member, a service account or a team do something with the package; a second time changes what.

    In an organization's package the grantee belongs to the organization. In a person's own it is anybody but that
    person, and no team. Raises PermissionRefused, NotGrantable, TooMany or PackageGone.
    """
    require(policies.may_manage(by, package))
    permission = GrantPermission(permission)
    if (user is None) == (team is None):
        raise NotGrantable("Name one person, or one team.")
    with transaction.atomic():
        holder = package.namespace.organization_id
        if holder is not None:
            # As for every change about members: whoever takes the person out comes before or after.
            Organization.objects.select_for_update(no_key=True).get(id=holder)
        row = lock(package)
        membership = _membership(row, user, team)
        existing = Grant.objects.filter(package=row, user=user, team=team).first()
        if existing is None:
            if row.grants.count() >= MAX_GRANTS:
                raise TooMany(f"A package has at most {MAX_GRANTS} grants. Make a team.")
            made = Grant.objects.create(
                package=row, user=user, team=team, membership=membership, permission=permission, granted_by=by.user
            )
            _record(by, RegistryAction.GRANT_CREATE, row, {**_grantee(made), "permission": permission.value})
            return made
        before = existing.permission
        existing.permission, existing.membership, existing.granted_by = permission, membership, by.user
        existing.save(update_fields=["permission", "membership", "granted_by"])
        if before != permission:
            data = {**_grantee(existing), "before": before, "permission": permission.value}
            _record(by, RegistryAction.GRANT_UPDATE, row, data)
    return existing


def withdraw(*, by: Actor, grant: Grant) -> None:
    """Take a grant away; what it alone allowed ends with the next request. Raises PermissionRefused or Gone."""
    package = grant.package
    require(policies.may_manage(by, package))
    with transaction.atomic():
        rows = Grant.objects.select_for_update(of=("self",)).select_related("user", "team")
        row = rows.filter(id=grant.id).first()
        if row is None:
            raise Gone("This grant was withdrawn already.")
        _record(by, RegistryAction.GRANT_DELETE, package, {**_grantee(row), "permission": str(row.permission)})
        row.delete()


def _membership(package: Package, user: User | None, team: Team | None) -> Membership | None:
    """What a person's grant hangs on; None for a team's, and for a person's own namespace. Raises NotGrantable."""
    namespace = package.namespace
    if namespace.organization_id is None:
        if team is not None:
            raise NotGrantable("Teams belong to organizations. Name a person.")
        if user is None or user.is_service or user.id == namespace.user_id:
            raise NotGrantable("Name somebody else, who has an account here.")
        return None
    if team is not None:
        if team.organization_id != namespace.organization_id:
            raise NotGrantable("This team belongs to another organization.")
        return None
    membership = Membership.objects.filter(organization=namespace.organization_id, user=user).first()
    if membership is None:
        raise NotGrantable(f"This is not a member of “{namespace.slug}”. Let them in first.")
    return membership


def _grantee(grant: Grant) -> dict[str, object]:
    if grant.team is not None:
        return {"team": grant.team.slug}
    return {"user": grant.user.username if grant.user is not None else ""}


def _record(by: Actor, action: RegistryAction, package: Package, data: dict[str, object]) -> None:
    audit.record(by, action, package, namespace=package.namespace, data=data)
