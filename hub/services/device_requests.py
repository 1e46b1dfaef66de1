"""Clients that ask to be signed in: the two codes, and a person's answer (RFC 8628, 3.1 to 3.3).

Rows in the database hold what the cache could: a code must be known to every process, and two answers at once, or an
answer and a question, must not overwrite each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain import devices as domain
from hub.domain import tokens
from hub.domain.actions import HubAction
from hub.domain.audit import address
from hub.domain.decisions import require
from hub.domain.devices import Outcome
from hub.models import Device, DeviceRequest, Organization, User
from hub.policies import devices as policies
from hub.services import audit

MAX_OPEN = 10_000  # in the whole hub: more than ever wait, and few enough that no code is likely to be hit by guessing
MAX_DEVICES = 50  # for each person
_ATTEMPTS = 5


class Busy(Exception):
    """So many clients wait for an answer that no more can be taken for the moment."""


class Closed(Exception):
    """The request was answered before, or its time is over."""


class TooManyDevices(Exception):
    """The person has as many signed-in devices as one may have."""


class InvalidScope(ValueError):
    """No scope, or one that devices do not get."""


@dataclass(frozen=True)
class Codes:
    """A request just made, with the code for the client and the one for the person. Neither is stored."""

    request: DeviceRequest
    device_code: str = field(repr=False)
    user_code: str = field(repr=False)


def ask(*, by: Actor, client: str, name: str, scopes: Iterable[str]) -> Codes:
    """Take down that a client wants to be signed in with `scopes`. `name` is what it calls itself; it is cleaned.

    Raises InvalidScope or Busy.
    """
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(map(str, domain.SCOPES)):
        raise InvalidScope(f"A device gets one or more of: {', '.join(domain.SCOPES)}.")
    if DeviceRequest.objects.open().count() >= MAX_OPEN:
        raise Busy("Too many devices are waiting to be signed in. Try again in a few minutes.")
    row = DeviceRequest(
        client=client,
        name=domain.clean_name(name) or "unnamed device",
        scopes=wanted,
        ip_address=address(by.ip_address),
        expires_at=timezone.now() + domain.CODE_LIFE,
        interval=int(domain.INTERVAL.total_seconds()),
    )
    return _stored(by, row)


def find(user_code: str) -> DeviceRequest | None:
    """The request whose code somebody typed, answered or over or not; None if there is none."""
    digests = [domain.user_code_digest(user_code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return DeviceRequest.objects.filter(user_digest__in=digests).first()


def confirm(*, by: Actor, request: DeviceRequest, organization: Organization | None = None) -> None:
    """Let the client have its tokens, in `organization` alone if one is given, with what the actor's session has proved.

    Of two answers at once the first counts. Raises PermissionRefused, Closed or TooManyDevices.
    """
    if organization is None and by.confined_to is not None:
        organization = Organization.objects.filter(id=by.confined_to).first()
    require(policies.may_sign_in(by, organization))
    with transaction.atomic():
        _require_room(by.user)
        _answer(
            by,
            request,
            outcome=Outcome.CONFIRMED,
            organization=organization,
            sso_organizations=sorted(by.sso),
            second_factor=by.second_factor,
        )
        place = organization.namespace.slug if organization is not None else None
        _record(by, HubAction.DEVICE_CONFIRM, request, {**_described(request), "organization": place})


def deny(*, by: Actor, request: DeviceRequest) -> None:
    """Refuse the client for good. Raises PermissionRefused or Closed."""
    require(policies.may_answer(by))
    with transaction.atomic():
        _answer(by, request, outcome=Outcome.DENIED)
        _record(by, HubAction.DEVICE_DENY, request, _described(request))


def _stored(by: Actor, row: DeviceRequest) -> Codes:
    """The row with codes that no other row has."""
    for _ in range(_ATTEMPTS):
        codes = Codes(row, tokens.generate(), domain.generate_user_code())
        row.device_digest = tokens.digest(codes.device_code)
        row.user_digest = domain.user_code_digest(codes.user_code, settings.SECRET_KEY)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                _record(by, HubAction.DEVICE_REQUEST, row, {"client": row.client, "scopes": row.scopes})
        except IntegrityError:
            row.pk = None
        else:
            return codes
    raise Busy("No free code was found. Try again.")


def _require_room(user: User | None) -> None:
    """Raises TooManyDevices. The person's row is locked, so that confirmations at once count each other."""
    if user is None:
        return
    User.objects.select_for_update(no_key=True).get(id=user.id)
    waiting = DeviceRequest.objects.filter(user=user, outcome=Outcome.CONFIRMED, expires_at__gt=timezone.now())
    if Device.objects.signed_in().filter(user=user).count() + waiting.count() >= MAX_DEVICES:
        raise TooManyDevices(f"{MAX_DEVICES} devices are signed in. Sign out some that are no longer used.")


def _answer(by: Actor, request: DeviceRequest, *, outcome: Outcome, **more: object) -> None:
    """Claims the request. Raises Closed for who comes second, or too late."""
    if not DeviceRequest.objects.open().filter(id=request.id).update(outcome=str(outcome), user=by.user, **more):
        raise Closed("This code was used already, or its time is over. Start again on the device.")


def _described(request: DeviceRequest) -> dict[str, object]:
    return {"client": request.client, "scopes": list(request.scopes), "asked_from": request.ip_address}


def _record(by: Actor, action: HubAction, request: DeviceRequest, data: dict[str, object]) -> None:
    """One event. Nobody has gained or lost power yet, so remembered decisions stay."""
    namespace = by.user.namespace if by.user is not None else None
    audit.record_read(by, action, request, namespace=namespace, data=data)
