"""Who acts in a web request. Views take the actor from here, whatever the way of signing in."""

from __future__ import annotations

import functools
import ipaddress

from django.conf import settings
from django.http import HttpRequest

from hub import sign_in_state, sso_state
from hub.actors import Actor
from hub.models import ApiToken, User


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request signed in by session, or through DRF's authentication by token."""
    token = getattr(request, "auth", None)
    origin = {"request_id": request.META.get("hub.request_id", ""), "ip_address": client_ip(request)}
    if isinstance(token, ApiToken):
        return of_token(token, source="api", **origin)
    if not isinstance(request.user, User):
        return Actor(source="browser", **origin)
    return Actor(
        user=request.user,
        sso=sso_state.proved(request),
        second_factor=sign_in_state.has_second_factor(request),
        confined_to=sso_state.confined_to(request),
        source="browser",
        **origin,
    )


def of_token(token: ApiToken, *, source: str, request_id: str = "", ip_address: str | None = None) -> Actor:
    """The actor that a token in force stands for (`hub.services.tokens.find`). It proves what its maker's session had.

    A second factor counts only while the person still has one, single sign-on while the person has an identity at a provider
    that is enabled (`has_authenticator` and `live_sso`, which `find` looks up).
    """
    return Actor(
        user=token.user,
        token=token,
        request_id=request_id,
        ip_address=ip_address,
        sso=frozenset(token.sso_organizations) & frozenset(getattr(token, "live_sso", ())),
        second_factor=token.second_factor and getattr(token, "has_authenticator", False),
        confined_to=token.organization_id,
        source=source,
    )


def client_ip(request: HttpRequest) -> str | None:
    """The client's address: the peer, or behind N trusted proxies the Nth entry from the right of X-Forwarded-For."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        address = forwarded[-settings.TRUSTED_PROXIES] if len(forwarded) >= settings.TRUSTED_PROXIES else address
    return _canonical(address)


@functools.lru_cache(maxsize=4096)
def _canonical(address: str) -> str | None:
    """An address in its one way of being written; None for what is none. Kept: parsing cost a twentieth of a fetch."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
