"""Organizations and their members."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from hub.actors import Actor
from hub.domain import slugs
from hub.domain.actions import HubAction
from hub.domain.decisions import PermissionRefused, require
from hub.domain.roles import Permission
from hub.models import Membership, Organization, Role, User
from hub.policies import organizations as policies
from hub.services import audit, namespaces


class LastOwner(Exception):
    """An organization keeps at least one owner."""


class AlreadyMember(Exception):
    """The person belongs to the organization already."""


class NotMember(Exception):
    """The person does not belong to the organization (any more)."""


def create(*, by: Actor, slug: str, name: str, description: str = "") -> Organization:
    """Make an organization with the actor as its owner. Raises PermissionRefused, InvalidName or NameTaken."""
    if by.user is None or by.token is not None:
        raise PermissionRefused("Sign in in the browser to create an organization.")
    slug = slugs.check_namespace(slugs.normalize(slug))
    with transaction.atomic():
        organization = Organization.objects.create(name=name or slug, description=description)
        namespace = namespaces.claim(slug, organization=organization)
        Membership.objects.create(organization=organization, user=by.user, role=Role.OWNER)
        data = {"slug": namespace.slug}
        audit.record(by, HubAction.ORGANIZATION_CREATE, organization, namespace=namespace, data=data)
    return organization


def update(*, by: Actor, organization: Organization, name: str, description: str) -> None:
    """Change how the organization presents itself. Raises PermissionRefused."""
    require(policies.may(by, organization, Permission.ORGANIZATION_UPDATE))
    with transaction.atomic():
        locked = Organization.objects.select_for_update(no_key=True).get(id=organization.id)
        before = {"name": locked.name, "description": locked.description}
        after = {"name": name, "description": description}
        Organization.objects.filter(id=organization.id).update(**after)
        _record(by, HubAction.ORGANIZATION_UPDATE, organization, {"before": before, "after": after})
    organization.name, organization.description = name, description


def add_member(*, by: Actor, organization: Organization, user: User, role: str) -> Membership:
    """Let `user` in. Raises PermissionRefused or AlreadyMember."""
    require(policies.may_give_role(by, organization, role))
    if user.is_service:
        raise PermissionRefused("A service account belongs to the organization that made it.")
    try:
        with transaction.atomic():
            membership = Membership.objects.create(organization=organization, user=user, role=role)
            _record(by, HubAction.MEMBERSHIP_CREATE, organization, {"member": user.username, "role": role})
    except IntegrityError:
        raise AlreadyMember(f"{user.username} is a member already.") from None
    return membership


def change_role(*, by: Actor, organization: Organization, user: User, role: str) -> None:
    """Give a member another role. Raises PermissionRefused, NotMember or LastOwner."""
    require(policies.may_give_role(by, organization, role))
    with transaction.atomic():
        membership = _locked_membership(organization, user)
        require(policies.may_give_role(by, organization, membership.role))
        if role != Role.OWNER:
            _require_other_owner(membership)
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        data = {"member": user.username, "before": before, "role": role}
        _record(by, HubAction.MEMBERSHIP_UPDATE, organization, data)


def remove_member(*, by: Actor, organization: Organization, user: User) -> None:
    """Take a person out, or leave oneself. Raises PermissionRefused, NotMember or LastOwner."""
    leaving = by.user == user and by.token is None
    if not leaving:
        require(policies.may_manage(by, organization))
    with transaction.atomic():
        membership = _locked_membership(organization, user)
        if not leaving:
            require(policies.may_give_role(by, organization, membership.role))
        _require_other_owner(membership)
        membership.delete()
        data = {"member": user.username, "role": membership.role}
        _record(by, HubAction.MEMBERSHIP_DELETE, organization, data)


def _locked_membership(organization: Organization, user: User) -> Membership:
    """The membership, with the organization locked: two owners who leave at once must see each other."""
    Organization.objects.select_for_update().get(id=organization.id)
    membership = Membership.objects.filter(organization=organization, user=user).first()
    # Service accounts have rules of their own (hub/services/service_accounts.py).
    if membership is None or user.is_service:
        raise NotMember(f"{user.username} is not a member.")
    return membership


def _require_other_owner(membership: Membership) -> None:
    others = Membership.objects.filter(organization=membership.organization_id, role=Role.OWNER).exclude(
        id=membership.id
    )
    if membership.role == Role.OWNER and not others.exists():
        raise LastOwner("An organization needs an owner. Make somebody else owner first.")


def _record(by: Actor, action: HubAction, organization: Organization, data: Mapping[str, object]) -> None:
    audit.record(by, action, organization, namespace=organization.namespace, data=data)
