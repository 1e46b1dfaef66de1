"""How a caller of the API proves who it is: a token, or the browser's session."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from hub.context import client_ip
from hub.models import ApiToken, User
from hub.services import tokens


def bearer(request: Request | HttpRequest) -> str | None:
    """What a request sends as its token; None if it sends none."""
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer ahub_…`. A token that is not in force is refused, also where anonymous would do."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiToken] | None:
        """The token's holder (anonymous for trusted publishing) and the token; None without the header."""
        secret = bearer(request)
        if secret is None:
            return None
        find = tokens.find_for_reading if request.method in SAFE_METHODS else tokens.find
        token = find(secret, client_ip(request._request))
        if token is None:
            raise exceptions.AuthenticationFailed("The API token is unknown, expired or revoked.")
        return token.user or AnonymousUser(), token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 names in WWW-Authenticate."""
        return 'Bearer realm="Assistant Hub"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The signed-in browser, with Django's CSRF protection on everything that changes something."""


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes the token in the OpenAPI document."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """The OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "ahub_…"}


class SessionScheme(OpenApiAuthenticationExtension):
    """Describes the session in the OpenAPI document."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """The OpenAPI security scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
