"""Domains that organizations prove to be theirs: claimed, looked for, looked for again, and lost after a while."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from hub import dns_records, outbound
from hub.actors import Actor
from hub.domain import domain_names as domain
from hub.domain.actions import HubAction
from hub.domain.decisions import require
from hub.domain.domain_names import InvalidDomain
from hub.domain.roles import Permission
from hub.models import DomainProof, Namespace, Organization
from hub.models.domains import ProofMethod
from hub.policies import organizations as policies
from hub.services import audit

MOST = 10  # for each namespace
PAUSE_SECONDS = 10  # between two looks at one domain that people ask for
INTERVAL = timedelta(hours=6)  # between two looks of the hub's own
GRACE = timedelta(days=3)  # how long a proof may be missing
__all__ = [
    "Claimed",
    "Gone",
    "InvalidDomain",
    "TooMany",
    "TooSoon",
    "check",
    "claim",
    "due",
    "find",
    "of_namespace",
    "recheck",
    "release",
]


class Claimed(Exception):
    """The organization has claimed this domain already."""


class TooMany(Exception):
    """The organization has claimed as many domains as one may."""


class TooSoon(Exception):
    """Somebody looked a moment ago."""


class Gone(Exception):
    """The claim was given up meanwhile."""


@dataclass(frozen=True)
class Looked:
    """What a look at a domain has found: the method that proves it, or why nothing does."""

    method: str = ""
    error: str = ""


def claim(*, by: Actor, organization: Organization, name: str) -> DomainProof:
    """Claim a domain; the proof that comes back has the token that the domain has to show. Shown to nobody else yet.

    Raises PermissionRefused, InvalidDomain, Claimed or TooMany.
    """
    require(policies.may(by, organization, Permission.ORGANIZATION_UPDATE))
    checked, namespace = domain.checked(name), organization.namespace
    try:
        with transaction.atomic():
            # Of two claims at once the second one counts the first.
            Organization.objects.select_for_update(no_key=True).get(id=organization.id)
            if DomainProof.objects.filter(namespace=namespace).count() >= MOST:
                raise TooMany(f"An organization claims at most {MOST} domains. Remove one first.")
            token = secrets.token_urlsafe(32)
            made = DomainProof.objects.create(namespace=namespace, domain=checked, token=token, created_by=by.user)
            _record(by, HubAction.DOMAIN_CREATE, made, {})
    except IntegrityError:
        raise Claimed(f"“{checked}” is in the list already.") from None
    return made


def release(*, by: Actor, proof: DomainProof) -> None:
    """Give a domain up; what it verified is verified by the others alone. Raises PermissionRefused or Gone."""
    require(policies.may(by, _organization(proof), Permission.ORGANIZATION_UPDATE))
    with transaction.atomic():
        row = _locked(proof)
        _record(by, HubAction.DOMAIN_DELETE, row, {"verified": row.verified_at is not None})
        row.delete()
        _tell_namespace(proof.namespace)


def check(*, by: Actor, proof: DomainProof) -> DomainProof:
    """Look for the proof now, in the DNS and then at the well-known address. Not to be called within a transaction.

    Returns the proof as it is now: verified, or with `last_error`. Raises PermissionRefused, TooSoon or Gone.
    """
    require(policies.may(by, _organization(proof), Permission.ORGANIZATION_UPDATE))
    if not cache.add(f"domain-check:{proof.id}", 1, PAUSE_SECONDS):
        raise TooSoon(f"Somebody looked a moment ago. Wait {PAUSE_SECONDS} seconds.")
    began = timezone.now()
    return _noted(by, proof, find(proof.domain, proof.token), began)


def recheck(*, by: Actor, proof: DomainProof) -> DomainProof:
    """As `check`, for the hub's own schedule: a verification ends when the proof has been missing for the period of grace.

    Of two looks at the same time, one is noted. Raises Gone.
    """
    began = timezone.now()
    return _noted(by, proof, find(proof.domain, proof.token), began)


def due() -> QuerySet[DomainProof]:
    """The verified domains that nobody has looked at for a while, those of deleted organizations aside."""
    rows = DomainProof.objects.filter(verified_at__isnull=False, namespace__closed_at=None)
    return rows.filter(checked_at__lte=timezone.now() - INTERVAL).order_by("checked_at", "id")


def of_namespace(namespace: Namespace) -> list[str]:
    """The domains that the namespace has proved, for everybody. A query only for a verified one."""
    if namespace.verified_at is None:
        return []
    rows = DomainProof.objects.filter(namespace=namespace, verified_at__isnull=False)
    return list(rows.order_by("domain").values_list("domain", flat=True))


def find(name: str, token: str) -> Looked:
    """Look at both places; the second one only if the first does not have the token."""
    try:
        if domain.is_in_records(token, dns_records.text_records(domain.record_name(name))):
            return Looked(ProofMethod.DNS)
        in_dns = "The DNS has no such record."
    except dns_records.Failed as error:
        in_dns = str(error)
    try:
        if domain.is_in_file(token, outbound.fetch_json(domain.file_address(name))):
            return Looked(ProofMethod.FILE)
        in_file = "The file does not have the token."
    except (outbound.Failed, outbound.Refused) as error:
        in_file = str(error)
    return Looked(error=f"{in_dns} {in_file}"[:500])


def _noted(by: Actor, proof: DomainProof, looked: Looked, began: datetime) -> DomainProof:
    """Keep what was found: the beginning of a verification, that the proof is missing, or after the grace the end."""
    now = timezone.now()
    with transaction.atomic():
        row = _locked(proof)
        if row.checked_at is not None and row.checked_at >= began:
            return row  # somebody else has looked and noted meanwhile
        before = row.verified_at
        row.checked_at, row.last_error = now, looked.error
        if looked.method:
            row.method, row.verified_at, row.missing_since = looked.method, before or now, None
        elif before is not None:
            row.missing_since = row.missing_since or now
            if row.missing_since <= now - GRACE:
                row.method, row.verified_at, row.missing_since = "", None, None
        row.save(update_fields=["checked_at", "last_error", "method", "verified_at", "missing_since"])
        _tell_namespace(row.namespace)
        if row.verified_at is not None and before is None:
            _record(by, HubAction.DOMAIN_VERIFY, row, {"method": row.method})
        elif row.verified_at is None and before is not None:
            _record(by, HubAction.DOMAIN_EXPIRE, row, {"error": looked.error})
        elif looked.error:
            _record(by, HubAction.DOMAIN_MISS, row, {"error": looked.error})
    return row


def _tell_namespace(namespace: Namespace) -> None:
    """Make the namespace's own column say what its proofs say. One of the proofs must be locked, or the last one gone."""
    since = DomainProof.objects.filter(namespace=namespace).aggregate(since=Min("verified_at"))["since"]
    Namespace.objects.filter(id=namespace.pk).update(verified_at=since)


def _organization(proof: DomainProof) -> Organization:
    assert proof.namespace.organization is not None  # noqa: S101  # only organizations claim domains
    return proof.namespace.organization


def _locked(proof: DomainProof) -> DomainProof:
    """The proof as it is now, with its organization locked against deeds at the same time. Raises Gone."""
    Organization.objects.select_for_update(no_key=True).get(id=_organization(proof).id)
    rows = DomainProof.objects.select_for_update(of=("self",)).select_related("namespace__organization")
    row = rows.filter(id=proof.id).first()
    if row is None:
        raise Gone("This domain was removed.")
    return row


def _record(by: Actor, action: HubAction, proof: DomainProof, data: Mapping[str, object]) -> None:
    audit.record(by, action, proof, namespace=proof.namespace, data={"domain": proof.domain, **data})
