"""Packages that pass from one namespace to another, with the consent of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from hub import mail
from hub.actors import Actor
from hub.domain import roles, slugs
from hub.domain.decisions import require
from hub.domain.roles import Permission
from hub.models import Membership, Namespace, User
from hub.policies.namespaces import administered
from hub.services import audit
from registry import policies
from registry.domain.actions import RegistryAction
from registry.models import (
    FormerPackageName,
    Grant,
    Package,
    PackageTransfer,
    Release,
    ReleaseCoordinate,
    Visibility,
)
from registry.services import publishers, search_entries
from registry.services.packages import PackageExists, PackageGone, lock, require_no_quarantine

LIFE = timedelta(days=14)
MAX_MAILS = 20
__all__ = [
    "AlreadyOffered",
    "NameTaken",
    "Over",
    "PackageGone",
    "UnknownNamespace",
    "accept",
    "cancel",
    "decline",
    "incoming",
    "request",
    "waiting",
]


class UnknownNamespace(ValueError):
    """There is nobody of this name to take the package, or it is there already."""


class AlreadyOffered(Exception):
    """The package waits for an answer already."""


class Over(Exception):
    """The offer was answered, withdrawn, or has expired; the message says which."""


class NameTaken(Exception):
    """The destination has, or had, something of this name."""


def request(*, by: Actor, package: Package, destination: str) -> PackageTransfer:
    """Offer the package to the namespace `destination`, and tell those who decide there by mail.

    Nothing changes until one of them accepts. Not to be called within a transaction. Raises PermissionRefused,
    UnknownNamespace, AlreadyOffered or PackageGone.
    """
    require(policies.may_transfer(by, package))
    slug = slugs.normalize(destination)
    # Whether a name is taken is no secret: whoever signs up is told.
    target = Namespace.objects.filter(slug=slug, closed_at=None).select_related("user", "organization").first()
    if target is None or target.id == package.namespace_id:
        raise UnknownNamespace(f"There is no other person or organization called “{slug}”.")
    try:
        with transaction.atomic():
            row = lock(package)
            now = timezone.now()
            _open(row).filter(expires_at__lte=now).update(cancelled_at=now)
            transfer = PackageTransfer.objects.create(
                package=row,
                source_id=row.namespace_id,
                destination=target,
                requested_by=by.user,
                expires_at=now + LIFE,
            )
            data = {"package": str(row), "from": row.namespace.slug, "to": target.slug}
            _record(by, RegistryAction.TRANSFER_REQUEST, transfer, data)
    except IntegrityError:
        raise AlreadyOffered(f"“{package}” is offered already. Withdraw that offer first.") from None
    for address in _deciders(target):
        mail.send("transfer", address, {**data, "by": by.label, "link": f"{settings.BASE_URL}{reverse('transfers')}"})
    return transfer


def accept(*, by: Actor, transfer: PackageTransfer) -> Package:
    """Take the package into the destination, with all its releases.

    Its former name leads to it and is given to no other package. Every grant and trusted publisher of the old side ends,
    and what was internal becomes private: other people are meant now. Raises PermissionRefused, Over, NameTaken.
    """
    require(policies.may_receive(by, transfer.destination))
    try:
        with transaction.atomic():
            row = _locked(transfer)
            package = row.package
            source, destination = row.source, row.destination
            publishers.end_all(by=by, package=package)
            FormerPackageName.objects.get_or_create(namespace=source, name=package.name, package=package)
            changes = {"namespace": destination, "updated_at": timezone.now()}
            if package.visibility == Visibility.INTERNAL:
                changes["visibility"] = Visibility.PRIVATE
            Package.objects.filter(id=package.id).update(**changes)
            _claim_versions(package, destination)
            Grant.objects.filter(package=package).delete()
            _decide(by, row, "accepted_at")
            package.refresh_from_db()
            search_entries.refresh(package)
            data = {"package": package.name, "from": source.slug, "to": destination.slug}
            for namespace in (source, destination):
                audit.record(by, RegistryAction.TRANSFER_ACCEPT, package, namespace=namespace, data=data)
    except IntegrityError:
        raise _taken(transfer) from None
    return package


def decline(*, by: Actor, transfer: PackageTransfer) -> None:
    """Refuse the package. Raises PermissionRefused or Over."""
    require(policies.may_receive(by, transfer.destination))
    with transaction.atomic():
        row = _locked(transfer)
        _decide(by, row, "declined_at")
        _record(by, RegistryAction.TRANSFER_DECLINE, row, _described(row))


def cancel(*, by: Actor, transfer: PackageTransfer) -> None:
    """Withdraw the offer. Raises PermissionRefused or Over."""
    require(policies.may_transfer(by, transfer.package))
    with transaction.atomic():
        row = _locked(transfer)
        _decide(by, row, "cancelled_at")
        _record(by, RegistryAction.TRANSFER_CANCEL, row, _described(row))


def waiting() -> QuerySet[PackageTransfer]:
    """The offers that wait for an answer."""
    rows = PackageTransfer.objects.select_related("package__namespace", "source", "destination", "requested_by")
    over = Q(accepted_at__isnull=False) | Q(declined_at__isnull=False) | Q(cancelled_at__isnull=False)
    return rows.exclude(over).filter(
        expires_at__gt=timezone.now(),
        package__deleted_at=None,
        source__closed_at=None,
        destination__closed_at=None,
    )


def incoming(actor: Actor) -> QuerySet[PackageTransfer]:
    """The open offers that the actor decides about."""
    return waiting().filter(destination__in=administered(actor))


def _claim_versions(package: Package, destination: Namespace) -> None:
    """See to it that `destination/name` and each version of it mean this package alone. Raises NameTaken.

    Looked up after the package got its new name: that waited for whoever held or gave up the name at the same time.
    """
    names = FormerPackageName.objects.filter(namespace=destination, name=package.name)
    if names.exclude(package=package).exists():
        raise NameTaken(f"“{destination.slug}/{package.name}” was the name of another package.")
    try:
        require_no_quarantine(package, destination)
    except PackageExists as error:
        raise NameTaken(str(error)) from None
    versions = Release.objects.filter(package=package)
    departures = PackageTransfer.objects.filter(package=package, source=destination, accepted_at__isnull=False)
    left = departures.order_by("-accepted_at").values_list("accepted_at", flat=True).first()
    if left is not None:
        # It comes back: the versions that it had when it left are its own under this name already.
        versions = versions.filter(published_at__gt=left)
    ReleaseCoordinate.objects.bulk_create(
        ReleaseCoordinate(namespace=destination, name=package.name, version=version)
        for version in versions.values_list("version", flat=True)
    )


def _locked(transfer: PackageTransfer) -> PackageTransfer:
    """The offer as it is now, with its package locked. Raises Over."""
    Package.objects.select_for_update(of=("self",)).get(id=transfer.package_id)
    rows = PackageTransfer.objects.select_for_update(of=("self",))
    row = rows.select_related("package__namespace", "source", "destination", "requested_by").get(id=transfer.id)
    if row.accepted_at or row.declined_at or row.cancelled_at:
        raise Over("This offer was answered or withdrawn.")
    if not row.is_open():
        raise Over("This offer has expired.")
    if row.package.deleted_at is not None or row.package.namespace_id != row.source_id:
        raise Over("The package is no longer there.")
    if row.source.closed_at is not None or row.destination.closed_at is not None:
        raise Over("One side of the offer is gone.")
    if not _may_still_offer(row):
        raise Over("Whoever offered it may no longer do so.")
    return row


def _may_still_offer(row: PackageTransfer) -> bool:
    if row.requested_by is None:
        return False
    if row.source.organization_id is None:
        return row.source.user_id == row.requested_by_id
    held = Membership.objects.filter(organization=row.source.organization_id, user=row.requested_by)
    return roles.allows(held.values_list("role", flat=True).first(), Permission.PACKAGE_MANAGE)


def _decide(by: Actor, row: PackageTransfer, field: str) -> None:
    setattr(row, field, timezone.now())
    row.decided_by = by.user
    row.save(update_fields=[field, "decided_by"])


def _open(package: Package) -> QuerySet[PackageTransfer]:
    return PackageTransfer.objects.filter(package=package, accepted_at=None, declined_at=None, cancelled_at=None)


def _deciders(namespace: Namespace) -> list[str]:
    """The addresses of those who can accept for the namespace."""
    if namespace.user is not None:
        return [namespace.user.email]
    people = User.objects.filter(is_active=True, is_service=False)
    deciding = Q(
        memberships__organization=namespace.organization,
        memberships__role__in=roles.with_permission(Permission.PACKAGE_MANAGE),
    )
    return list(people.filter(deciding).order_by("id").values_list("email", flat=True)[:MAX_MAILS])


def _taken(transfer: PackageTransfer) -> NameTaken:
    name = f"{transfer.destination.slug}/{transfer.package.name}"
    return NameTaken(
        f"There is, or was, a package “{name}”, or one of its versions. It cannot come to mean another one."
    )


def _described(row: PackageTransfer) -> dict[str, object]:
    return {"package": str(row.package), "from": row.source.slug, "to": row.destination.slug}


def _record(by: Actor, action: RegistryAction, row: PackageTransfer, data: Mapping[str, object]) -> None:
    audit.record(by, action, row.package, namespace=row.source, data=data)
