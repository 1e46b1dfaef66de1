"""Who calls: the token of the Authorization header. Browser sessions do not count here."""

from __future__ import annotations

from django.http import HttpRequest

from hub.actors import Actor
from hub.context import client_ip, of_token
from hub.services import tokens


class BadToken(Exception):
    """A token was sent that is not in force."""


def caller(request: HttpRequest) -> Actor:
    """The actor of a request. Raises BadToken. A client without a token sends nothing, or the word `undefined`."""
    origin = {"request_id": request.META.get("hub.request_id", ""), "ip_address": client_ip(request)}
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or secret.strip() in ("", "undefined", "null"):
        return Actor(source="client", **origin)
    token = tokens.find(secret.strip(), client_ip(request))
    if token is None:
        raise BadToken(
            "The API token is unknown, expired or revoked. Make a new one in the hub, under Account, Tokens."
        )
    return of_token(token, source="client", **origin)
