"""People as an organization's directory sees them, kept in step with its members through SCIM.

Every change locks the organization: what a client sends at the same time happens one after the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from hub.actors import Actor
from hub.domain import identities
from hub.domain import scim as domain
from hub.domain.actions import HubAction
from hub.domain.decisions import require
from hub.domain.scim import Person
from hub.models import Membership, Organization, Role, ScimGroup, ScimUser, Source, User
from hub.policies import scim as policies
from hub.services import accounts, audit, group_mappings, namespaces
from hub.services.organizations import LastOwner

MAX_USERS = 50_000


class Taken(Exception):
    """Another entry of the organization has this name, external id or person."""


class Stale(Exception):
    """The entry has changed since the caller looked at it."""


class NotHere(Exception):
    """The organization has no such entry (any more)."""


class TooMany(Exception):
    """The organization has as many entries as one may have."""


def create_user(*, by: Actor, organization: Organization, person: Person) -> ScimUser:
    """Add a person of the directory, and let the person in if that can be done without taking an account over.

    An account that nobody had is made; a member's account is joined; any other account waits until its owner comes in
    (`match`). Raises PermissionRefused, InvalidEntry, Taken, TooMany or LastOwner.
    """
    require(policies.may_provision(by, organization))
    person.checked()
    with _claiming():
        lock(organization)
        if ScimUser.objects.present().filter(organization=organization).count() >= MAX_USERS:
            raise TooMany(f"An organization has at most {MAX_USERS} people from its directory.")
        row = ScimUser(organization=organization)
        _write(row, person)
        _join(by, row, person)
        row.save()
        _record(by, HubAction.SCIM_USER_CREATE, row, {"active": row.active, "external_id": row.external_id})
        _bring_in_line(by, row)
    return row


def change_user(
    *,
    by: Actor,
    organization: Organization,
    uid: uuid.UUID,
    change: Callable[[ScimUser], Person],
    expected: Callable[[int], bool] | None = None,
) -> ScimUser:
    """Let `change` say what a person is from now on, given the row as it is. Whoever becomes inactive is out at once.

    `expected` says whether the version is one that the caller knows. Raises PermissionRefused, InvalidEntry, Taken,
    Stale, NotHere, LastOwner, and whatever `change` raises.
    """
    require(policies.may_provision(by, organization))
    with _claiming():
        lock(organization)
        row = _found(organization, uid, expected)
        before, was_active, was_joined = _described(row), row.active, row.user_id is not None
        person = change(row).checked()
        _write(row, person)
        _join(by, row, person)
        if _described(row) == before and was_joined == (row.user_id is not None):
            return row
        row.version += 1
        row.save()
        # Names may be personal: the log says that they changed, and shows only what decides about power.
        data = {"before": _summary(before), "after": _summary(_described(row))}
        _record(by, HubAction.SCIM_USER_UPDATE, row, data)
        if row.active != was_active or not was_joined:
            _bring_in_line(by, row)
    return row


def delete_user(
    *, by: Actor, organization: Organization, uid: uuid.UUID, expected: Callable[[int], bool] | None = None
) -> None:
    """Take a person out of the directory and of the organization. The account stays the person's own.

    The row stays as well, so that single sign-on does not bring the person back. Raises PermissionRefused, Stale,
    NotHere or LastOwner.
    """
    require(policies.may_provision(by, organization))
    with transaction.atomic():
        lock(organization)
        row = _found(organization, uid, expected)
        ScimGroup.objects.filter(members__scim_user=row).update(version=F("version") + 1, updated_at=timezone.now())
        row.groups.all().delete()
        row.active, row.deleted_at, row.version = False, timezone.now(), row.version + 1
        row.save()
        _record(by, HubAction.SCIM_USER_DELETE, row, {"external_id": row.external_id})
        _bring_in_line(by, row)


def match(*, by: Actor, organization: Organization, user: User, email: str) -> ScimUser | None:
    """Join `user`, who has come in and owns `email`, with the person of that address in the directory, if one waits.

    Part of a sign-in through the organization's provider, or of accepting an invitation: who `user` is was proved there.
    Returns the person's entry; None if the directory does not know the person.
    """
    with transaction.atomic():
        lock(organization)
        mine = ScimUser.objects.filter(organization=organization, user=user).order_by(
            F("deleted_at").desc(nulls_first=True)
        )
        known = mine.first()
        if known is not None and known.deleted_at is None:
            return known
        address = domain.key(email)
        rows = ScimUser.objects.filter(Q(addresses__contains=[address]) | Q(user_key=address), user=None)
        row = rows.filter(organization=organization).order_by(F("deleted_at").desc(nulls_first=True), "id").first()
        if row is None or user.is_service:
            return known
        row.user, row.version = user, row.version + 1
        row.save()
        _record(by, HubAction.SCIM_USER_LINK, row, {"member": user.username})
        if row.active:
            _bring_in_line(by, row)
    return row


def is_blocked(organization: Organization, user: User) -> bool:
    """Whether the organization's directory has taken `user` out, so that no sign-in may let the person in. One query."""
    return user.id in ScimUser.objects.blocked(organization, [user.id])


def provisioned_account(organization: Organization, email: str) -> User | None:
    """The account that was made for the person of this address in the directory, as long as it is nobody's. One query.

    It has no password, was never signed in to, and belongs to no other organization. Only such an account may be joined
    with an identity of the organization's provider without asking its owner.
    """
    rows = ScimUser.objects.present().filter(organization=organization, made_account=True, active=True)
    elsewhere = Membership.objects.filter(user=OuterRef("user")).exclude(organization=organization)
    rows = rows.filter(~Exists(elsewhere), user__email=domain.key(email), user__last_login=None, user__is_active=True)
    row = rows.select_related("user").first()
    user = row.user if row is not None else None
    return user if user is not None and not user.has_usable_password() else None


def lock(organization: Organization) -> None:
    """Let one change of an organization's directory happen at a time. Part of the caller's transaction."""
    Organization.objects.select_for_update(no_key=True).get(id=organization.id)


def groups_of(rows: Iterable[ScimUser]) -> dict[int, set[str]]:
    """The names under which mappings know the groups of each person, by the row's id. One query."""
    found: dict[int, set[str]] = {row.id: set() for row in rows}
    pairs = ScimGroup.objects.filter(members__scim_user__in=list(found)).values_list(
        "members__scim_user", "display_name", "external_id"
    )
    for row, *names in pairs:
        found[row].update(name for name in names if name)
    return found


@contextmanager
def _claiming() -> Iterator[None]:
    """A transaction in which a name that another has shows as Taken, also if both come at once."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise Taken("Another user has this userName, externalId or e-mail address.") from None


def _found(organization: Organization, uid: uuid.UUID, expected: Callable[[int], bool] | None) -> ScimUser:
    rows = ScimUser.objects.present().filter(organization=organization, uid=uid).select_related("user", "organization")
    row = rows.first()
    if row is None:
        raise NotHere
    if expected is not None and not expected(row.version):
        raise Stale("The entry has changed. Read it again.")
    return row


def _write(row: ScimUser, person: Person) -> None:
    row.user_name, row.user_key = person.user_name, domain.key(person.user_name)
    row.external_id, row.addresses = person.external_id, list(person.addresses)
    # Not to say any more whether somebody is active changes nobody's power.
    row.active = row.active if person.active is None else person.active
    emails = [
        {part: value for part, value in asdict(email).items() if value not in ("", None)} for email in person.emails
    ]
    row.attributes = {
        "name": dict(person.name),
        "displayName": person.display_name,
        "emails": emails,
        "says_active": person.active is not None,
    }


def _join(by: Actor, row: ScimUser, person: Person) -> None:
    """Find or make the account of `row`, if it has none. Nobody's account is joined who is not, or was not, in here."""
    if row.user_id is not None or not person.mail:
        return
    owned = EmailAddress.objects.filter(email=person.mail, verified=True).values("user")
    user = User.objects.filter(Q(email=person.mail) | Q(id__in=owned)).order_by("id").first()
    if user is None:
        row.user = _new_account(by, person) if row.active else None
        row.made_account = row.user is not None
        return
    here = Membership.objects.filter(organization=row.organization, user=user).exists()
    was_here = ScimUser.objects.filter(organization=row.organization, user=user).exists()
    if not user.is_service and (here or was_here):
        row.user = user


def _new_account(by: Actor, person: Person) -> User | None:
    """An account without password. None if somebody else has just made one with this address."""
    identity = identities.Identity(person.mail, person.mail, person.user_name, person.label)
    for username in identities.usernames(identity):
        user = User(username=username, email=person.mail, first_name=person.label[: domain.PART_MAX_LENGTH])
        user.set_unusable_password()
        try:
            return accounts.create(by=by, user=user)
        except namespaces.NameTaken:
            continue
        except accounts.EmailTaken:
            return None
    return None


def _bring_in_line(by: Actor, row: ScimUser) -> None:
    """Let the membership follow the entry: in with the role that the groups give, or out."""
    if row.user is None:
        return
    if not row.active:
        _take_out(by, row.organization, row.user)
        return
    groups = groups_of([row])[row.id]
    group_mappings.apply(
        by=by, organization=row.organization, user=row.user, groups=groups, source=Source.SCIM, default_role=Role.MEMBER
    )


def _take_out(by: Actor, organization: Organization, user: User) -> None:
    membership = Membership.objects.filter(organization=organization, user=user).first()
    if membership is None:
        return
    others = Membership.objects.filter(organization=organization, role=Role.OWNER).exclude(id=membership.id)
    if membership.role == Role.OWNER and not others.exists():
        raise LastOwner("An organization needs an owner. Make somebody else owner first.")
    data = {"member": user.username, "role": str(membership.role), "source": str(Source.SCIM)}
    membership.delete()
    audit.record(by, HubAction.MEMBERSHIP_DELETE, organization, namespace=organization.namespace, data=data)


def _described(row: ScimUser) -> dict[str, object]:
    return {
        "user_name": row.user_name,
        "external_id": row.external_id,
        "active": row.active,
        "attributes": row.attributes,
    }


def _summary(described: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in described.items() if name != "attributes"}


def _record(by: Actor, action: HubAction, row: ScimUser, data: Mapping[str, object]) -> None:
    audit.record(by, action, row, namespace=row.organization.namespace, data={"id": str(row.uid), **data})
