"""OpenID Connect as a relying party: the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).

Every request to the provider goes through `hub.outbound`, since its addresses are an organization's input.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings

from hub import id_tokens, outbound, vault
from hub.domain import identities
from hub.domain.identities import Identity
from hub.models import SsoConnection
from hub.sso.errors import Failed

SCOPES = "openid email profile"
_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True)
class Started:
    """Where to send the person, and what has to be remembered until the answer."""

    url: str
    state: str
    nonce: str
    verifier: str


def start(connection: SsoConnection, redirect_uri: str) -> Started:
    """Begin a sign-in. Raises Failed if the provider cannot be asked."""
    document = _document(connection)
    address = _address(document, "authorization_endpoint")
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": connection.client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return Started(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", state, nonce, verifier)


def finish(connection: SsoConnection, redirect_uri: str, code: str, *, nonce: str, verifier: str) -> Identity:
    """Who came back with `code`. Raises Failed."""
    document = _document(connection)
    answer = _exchange(connection, document, redirect_uri, code, verifier)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise Failed("The provider sent no ID token.")
    claims = _claims(connection, token, nonce)
    if "email" not in claims and "userinfo_endpoint" in document:
        claims = _with_userinfo(document, str(answer.get("access_token", "")), claims)
    try:
        return identities.identity(
            subject=claims.get("sub"),
            email=claims.get("email"),
            username=claims.get("preferred_username"),
            name=claims.get("name"),
            groups=claims.get(connection.groups_claim) if connection.groups_claim else None,
        )
    except identities.InvalidIdentity as error:
        raise Failed(str(error)) from None


def _claims(connection: SsoConnection, token: str, nonce: str) -> dict[str, Any]:
    try:
        claims = id_tokens.verified(
            token,
            issuer=connection.issuer,
            audience=connection.client_id,
            allowed_hosts=settings.SSO_ALLOWED_HOSTS,
        )
    except (id_tokens.BadToken, id_tokens.IssuerUnreachable) as error:
        raise Failed(f"The ID token does not hold. {error}") from None
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    party = claims.get("azp", connection.client_id if len(audiences) == 1 else None)
    if party != connection.client_id:
        raise Failed("The ID token was made for another client.")
    if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
        raise Failed("The ID token belongs to another sign-in.")
    return claims


def _exchange(
    connection: SsoConnection, document: dict[str, Any], redirect_uri: str, code: str, verifier: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": connection.client_id,
        "code_verifier": verifier,
    }
    headers = {}
    secret = vault.unseal(connection.sealed_secret) if connection.sealed_secret else ""
    methods = document.get("token_endpoint_auth_methods_supported", [_BASIC])
    if secret and _POST not in methods:
        pair = f"{quote(connection.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif secret:
        form["client_secret"] = secret
    try:
        return outbound.fetch_json(
            _address(document, "token_endpoint"),
            allowed_hosts=settings.SSO_ALLOWED_HOSTS,
            form=form,
            headers=headers,
        )
    except (outbound.Refused, outbound.Failed) as error:
        raise Failed(f"The provider did not take the code. {error}") from None


def _with_userinfo(document: dict[str, Any], access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
    try:
        more = outbound.fetch_json(
            _address(document, "userinfo_endpoint"),
            allowed_hosts=settings.SSO_ALLOWED_HOSTS,
            headers={"Authorization": f"Bearer {access_token}"},
        )
    except (outbound.Refused, outbound.Failed) as error:
        raise Failed(f"The provider did not tell about the person. {error}") from None
    if more.get("sub") != claims.get("sub"):
        raise Failed("The provider told about another person.")
    # What was signed wins.
    return {**more, **claims}


def _document(connection: SsoConnection) -> dict[str, Any]:
    try:
        return id_tokens.discovered(connection.issuer, allowed_hosts=settings.SSO_ALLOWED_HOSTS)
    except id_tokens.IssuerUnreachable as error:
        raise Failed(f"The provider cannot be asked. {error}") from None


def _address(document: dict[str, Any], name: str) -> str:
    """An address of the provider that may be used. Raises Failed."""
    address = document.get(name)
    try:
        outbound.target(str(address or ""), allowed_hosts=settings.SSO_ALLOWED_HOSTS)
    except outbound.Refused as error:
        raise Failed(f"The provider's {name.replace('_', ' ')} cannot be used. {error}") from None
    return str(address)
