"""Signed-in devices: handing out their tokens, renewing them, and ending them (RFC 8628, 3.4; RFC 6749, 6; RFC 9700, 4.14.2).

Every refresh token is used once. It is stored as a digest, and what follows it is computed from it with the hub's key:
so a request that is repeated within GRACE gets the same tokens again, and both of two processes that refresh at once go on.
A repetition after GRACE is somebody else's, or the person's after somebody else's: all tokens of the device end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain import devices as domain
from hub.domain import tokens
from hub.domain.actions import HubAction
from hub.domain.audit import address
from hub.domain.decisions import require
from hub.domain.devices import EndReason, Obstacle, Outcome
from hub.models import ApiToken, Device, DeviceRequest, RefreshToken, TokenKind, User
from hub.policies import devices as policies
from hub.services import audit


class InvalidRefreshToken(Exception):
    """The refresh token is unknown, used, expired, another client's, or its device or person is out."""


class ScopeTooWide(Exception):
    """More was asked for than the person confirmed."""


@dataclass(frozen=True)
class Pair:
    """Tokens of a device as its client gets them. No `repr` writes them into a log."""

    device: Device
    scopes: tuple[str, ...]
    expires_in: int
    access: str = field(repr=False)
    refresh: str = field(repr=False)


def collect(*, by: Actor, client: str, device_code: str) -> Pair | Obstacle:
    """What a client gets that asks whether its person has confirmed: tokens, once, or what is in the way.

    Who asks too often is told to slow down, and has to wait longer from then on.
    """
    with transaction.atomic():
        rows = DeviceRequest.objects.select_for_update(of=["self"]).select_related("user", "organization")
        request = rows.filter(device_digest=tokens.digest(device_code), client=client).first()
        if request is None or request.outcome == Outcome.USED:
            return Obstacle.UNKNOWN
        if request.is_expired():
            return Obstacle.EXPIRED
        if request.outcome == Outcome.OPEN:
            return _told_to_wait(request)
        user = request.user
        if request.outcome == Outcome.DENIED or user is None or not user.is_active:
            return Obstacle.DENIED
        DeviceRequest.objects.filter(id=request.id).update(outcome=str(Outcome.USED))
        return _sign_in(replace(by, user=user), request, user)


def refresh(*, by: Actor, refresh_token: str, client: str | None = None, scopes: Iterable[str] | None = None) -> Pair:
    """Renew a device's tokens; the access tokens it has keep their time. `scopes` may be fewer than were confirmed.

    Raises InvalidRefreshToken or ScopeTooWide. A token that was used before, outside the grace, ends the device.
    """
    found = RefreshToken.objects.filter(digest=tokens.digest(refresh_token)).first()
    if found is None:
        raise InvalidRefreshToken
    with transaction.atomic():
        pair = _renewed(by, found, refresh_token, client, None if scopes is None else frozenset(scopes))
    if pair is None:  # raised here, so that the end of a device whose token was used again is kept
        raise InvalidRefreshToken
    return pair


def end(*, by: Actor, device: Device) -> bool:
    """Sign a device out: its tokens stop at once. Returns whether this call did it. Raises PermissionRefused."""
    require(policies.may_end(by, device))
    return _end(by, device, EndReason.PERSON if by.token is None else EndReason.CLIENT)


def end_by_token(*, by: Actor, token: str, client: str) -> bool:
    """Sign out the device that an access or refresh token belongs to, as its client may (RFC 7009). Returns whether it did."""
    digest = tokens.digest(token)
    of_client = Device.objects.filter(client=client).select_related("user")
    device = (
        of_client.filter(refresh_tokens__digest=digest).first()
        or of_client.filter(tokens__digest=digest, tokens__kind=TokenKind.DEVICE).first()
    )
    return device is not None and _end(replace(by, user=device.user), device, EndReason.CLIENT)


def end_all(*, by: Actor, user: User) -> None:
    """Sign out every device of a person who has a new password, and those that were confirmed but have no tokens yet.

    Part of that deed: the caller has asked whether it may be done.
    """
    with transaction.atomic():
        waiting = DeviceRequest.objects.filter(user=user, outcome=Outcome.CONFIRMED)
        waiting.update(outcome=str(Outcome.DENIED))
        for device in Device.objects.signed_in().filter(user=user).order_by("id"):
            _end(by, device, EndReason.PASSWORD)


def _told_to_wait(request: DeviceRequest) -> Obstacle:
    now, rows = timezone.now(), DeviceRequest.objects.filter(id=request.id)
    if request.polled_at is not None and (now - request.polled_at).total_seconds() < request.interval:
        # Bounded by the life of the code: nobody has to wait longer than that.
        slower = min(request.interval + int(domain.INTERVAL.total_seconds()), int(domain.CODE_LIFE.total_seconds()))
        rows.update(polled_at=now, interval=slower)
        return Obstacle.SLOW_DOWN
    rows.update(polled_at=now)
    return Obstacle.PENDING


def _sign_in(by: Actor, request: DeviceRequest, user: User) -> Pair:
    now = timezone.now()
    device = Device.objects.create(
        user=user,
        organization=request.organization,
        client=request.client,
        name=request.name,
        scopes=request.scopes,
        sso_organizations=request.sso_organizations,
        second_factor=request.second_factor,
        ip_address=address(by.ip_address),
        refreshed_at=now,
        expires_at=now + domain.REFRESH_LIFE,
    )
    access, following = tokens.generate(), tokens.generate()
    _store_access(device, access, device.scopes, now)
    _store_refresh(device, following, now)
    _record(by, HubAction.DEVICE_SIGN_IN, device, {"client": device.client, "scopes": list(device.scopes)})
    return _pair(device, device.scopes, access, following, now + domain.ACCESS_LIFE)


def _renewed(
    by: Actor, found: RefreshToken, secret: str, client: str | None, scopes: frozenset[str] | None
) -> Pair | None:
    """The tokens that follow `secret`; None if there are none for who sent it. Locks the device: one call at a time."""
    device = (
        Device.objects.select_for_update(of=["self"]).select_related("user", "organization").get(id=found.device_id)
    )
    row, now = RefreshToken.objects.get(id=found.id), timezone.now()
    if client not in (None, device.client) or not device.is_signed_in() or row.expires_at <= now:
        return None
    if not device.user.is_active:
        return None
    wanted = sorted(scopes) if scopes is not None else device.scopes
    if not set(wanted) <= set(device.scopes):
        raise ScopeTooWide
    by = replace(by, user=device.user)
    if row.spent_at is None:
        return _spend(by, device, row, secret, wanted)
    if now - row.spent_at <= domain.GRACE:
        return _repeated(device, secret, wanted, now)
    _end(by, device, EndReason.REPLAY)
    return None


def _spend(by: Actor, device: Device, row: RefreshToken, secret: str, scopes: list[str]) -> Pair:
    now = timezone.now()
    access, following = _followers(secret, settings.SECRET_KEY, scopes)
    RefreshToken.objects.filter(id=row.id).update(spent_at=now)
    _store_access(device, access, scopes, now)
    _store_refresh(device, following, now)
    Device.objects.filter(id=device.id).update(
        refreshed_at=now, expires_at=now + domain.REFRESH_LIFE, ip_address=address(by.ip_address)
    )
    # Nobody's power changes, so remembered decisions stay: clients refresh all the time.
    audit.record_read(
        by, HubAction.DEVICE_REFRESH, device, namespace=device.user.namespace, data={"client": device.client}
    )
    return _pair(device, scopes, access, following, now + domain.ACCESS_LIFE)


def _repeated(device: Device, secret: str, scopes: list[str], now: datetime) -> Pair | None:
    """The tokens that the same request was answered with before; None if the hub's key has changed since."""
    for key in _keys():
        access, following = _followers(secret, key, scopes)
        if not RefreshToken.objects.filter(device=device, digest=tokens.digest(following)).exists():
            continue
        stored = ApiToken.objects.filter(device=device, digest=tokens.digest(access)).first()
        if stored is None:  # asked for with other scopes this time
            stored = _store_access(device, access, scopes, now)
        return _pair(device, scopes, access, following, stored.expires_at or now)
    return None


def _followers(secret: str, key: str, scopes: list[str]) -> tuple[str, str]:
    """The access token (for just these scopes) and the refresh token that follow `secret`."""
    return domain.follower(secret, key, f"access {' '.join(scopes)}"), domain.follower(secret, key, "refresh")


def _keys() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def _store_access(device: Device, secret: str, scopes: list[str], now: datetime) -> ApiToken:
    return ApiToken.objects.create(
        kind=TokenKind.DEVICE,
        device=device,
        signed_in_at=device.created_at,
        user=device.user,
        created_by=device.user,
        organization=device.organization,
        name=device.name,
        digest=tokens.digest(secret),
        hint=secret[-4:],
        scopes=scopes,
        sso_organizations=device.sso_organizations,
        second_factor=device.second_factor,
        expires_at=now + domain.ACCESS_LIFE,
    )


def _store_refresh(device: Device, secret: str, now: datetime) -> None:
    RefreshToken.objects.create(device=device, digest=tokens.digest(secret), expires_at=now + domain.REFRESH_LIFE)


def _pair(device: Device, scopes: list[str], access: str, following: str, expires_at: datetime) -> Pair:
    left = max(0, int((expires_at - timezone.now()).total_seconds()))
    return Pair(device, tuple(scopes), left, access, following)


def _end(by: Actor, device: Device, reason: EndReason) -> bool:
    now = timezone.now()
    with transaction.atomic():
        ended = Device.objects.filter(id=device.id, ended_at=None).update(ended_at=now)
        if ended:
            ApiToken.objects.filter(device=device, revoked_at=None).update(revoked_at=now)
            _record(by, HubAction.DEVICE_END, device, {"client": device.client, "reason": str(reason)})
    return bool(ended)


def _record(by: Actor, action: HubAction, device: Device, data: dict[str, object]) -> None:
    audit.record(by, action, device, namespace=device.user.namespace, data=data)
