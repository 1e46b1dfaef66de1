"""Who acts in a web request. Views take the actor from here, whatever the way of signing in."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from hub.actors import Actor
from hub.models import ApiToken, User


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a request signed in by session, or through DRF's authentication by token."""
    user = request.user if isinstance(request.user, User) else None
    token = getattr(request, "auth", None)
    return Actor(
        user=user,
        token=token if isinstance(token, ApiToken) else None,
        request_id=request.META.get("hub.request_id", ""),
        ip_address=client_ip(request),
    )


def client_ip(request: HttpRequest) -> str | None:
    """The client's address: the peer, or behind N trusted proxies the Nth entry from the right of X-Forwarded-For."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        address = forwarded[-settings.TRUSTED_PROXIES] if len(forwarded) >= settings.TRUSTED_PROXIES else address
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
