"""Rows of signing in: allauth's pages, single sign-on, devices' endpoints, and SCIM."""

from __future__ import annotations

from typing import Any

from tests.access.table import NO_SESSION, NO_TOKEN, PEOPLE, Row, every, page
from tests.access.world import ACTORS

REST = {"rest": "Nothing"}
SCIM = "scim/v2/<str:slug>"
CODES = "accounts/2fa/recovery-codes"
PASSKEYS = "accounts/2fa/webauthn"
RESET = "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"


def visitors(method: str, route: str, *, shown: int = 200, signed_in: int = 302, **more: Any) -> Row:
    """A page for who is not signed in; who is, is led on."""
    return Row(method, route, {actor: shown if actor in NO_SESSION else signed_in for actor in ACTORS}, **more)


def scim(method: str, route: str, *, done: int = 404, **more: Any) -> Row:
    """SCIM is for the organization's directory: a service account's token of scope `scim`, which nobody in the table has."""
    answers = {actor: 401 if actor in NO_TOKEN else 403 if actor == "service" else done for actor in ACTORS}
    return Row(method, f"{SCIM}{route}", answers, kind="api", **more)


SCIM_ROWS = (
    *(
        scim(method, f"/{kind}/<str:uid>", parameters={"uid": f"$scim_{one}"})
        for kind, one in (("Users", "user"), ("Groups", "group"))
        for method in ("GET", "PUT", "PATCH", "DELETE")
    ),
    *(scim(method, f"/{kind}") for kind in ("Users", "Groups") for method in ("GET", "POST")),
    *(scim("POST", f"/{kind}/.search") for kind in ("Users", "Groups")),
    *(scim("GET", f"/{what}") for what in ("ServiceProviderConfig", "ResourceTypes", "Schemas")),
    *(scim("POST", f"/{what}") for what in (".search", "Bulk")),
    scim("GET", "/Me"),
    scim("GET", "/<path:rest>", parameters=REST),
    scim("GET", "/ResourceTypes/<str:name>", parameters={"name": "User"}),
    scim("GET", "/Schemas/<str:name>", parameters={"name": "urn:ietf:params:scim:schemas:core:2.0:User"}),
)

SSO = (
    every("GET", "sso", 200),
    every("GET", "sso/<str:slug>", 302),
    page("GET", "sso/connect", PEOPLE, done=404),
    page("POST", "sso/connect", PEOPLE, done=404),
    every("GET", "sso/callback/<str:key>", 400),
    every("POST", "sso/saml/<str:key>/acs", 400),
    every("GET", "sso/saml/<str:key>/metadata", 200),
)


OWN_SIGN_IN = (
    "email",
    "password/change",
    "password/set",
    "reauthenticate",
    "login/code/confirm",
    "sessions",
    "2fa",
    "2fa/authenticate",
    "2fa/reauthenticate",
    "2fa/totp/activate",
    "2fa/totp/deactivate",
    "2fa/recovery-codes/generate",
    "2fa/webauthn",
    "2fa/webauthn/add",
    "2fa/webauthn/login",
    "2fa/webauthn/reauthenticate",
    "2fa/webauthn/keys/<int:pk>/edit",
    "2fa/webauthn/keys/<int:pk>/remove",
    "3rdparty",
    "3rdparty/signup",
)
ACCOUNTS = (
    *(visitors(method, f"accounts/{what}/") for what in ("login", "signup") for method in ("GET", "POST")),
    *(every(method, "accounts/password/reset/", 200) for method in ("GET", "POST")),
    every("GET", "accounts/password/reset/done/", 200),
    every("GET", "accounts/password/reset/key/done/", 200),
    every("GET", "accounts/password/reset/key/x-y/", 200, named=RESET),
    every("POST", "accounts/password/reset/key/x-y/", 200, named=RESET),
    every("GET", "accounts/confirm-email/x/", 200, named="accounts/^confirm-email/(?P<key>[-:\\w]+)/$"),
    every("POST", "accounts/confirm-email/x/", 404, named="accounts/^confirm-email/(?P<key>[-:\\w]+)/$"),
    every("GET", "accounts/confirm-email/<str:key>/", 200),
    every("POST", "accounts/confirm-email/<str:key>/", 404),
    every("GET", "accounts/confirm-email/", 200),
    every("GET", "accounts/inactive/", 200),
    every("GET", "account/link/<str:uid>/<str:token>", 302, parameters={"uid": "x", "token": "y"}),
    visitors("GET", "accounts/logout/", shown=302, signed_in=200),
    visitors("POST", "accounts/logout/", shown=302, audit=("hub.session.delete",)),
    # Who is not signed in is sent to do that; the table's sessions began without a proof that allauth knows, so the
    # people of them are sent to prove who they are. What these pages do then is in `tests.hub.test_sign_in`.
    *(every(method, f"accounts/{place}/", 302) for place in OWN_SIGN_IN for method in ("GET", "POST")),
    *(every("GET", f"accounts/{place}/", 302) for place in ("2fa/recovery-codes", "2fa/recovery-codes/download")),
    every("POST", "accounts/2fa/recovery-codes/download/", 302),
    every("GET", "accounts/3rdparty/login/cancelled/", 200),
    every("GET", "accounts/3rdparty/login/error/", 401),
    *(
        every(method, f"accounts/social/{place}/", 301)
        for place in ("connections", "signup", "login/cancelled", "login/error")
        for method in ("GET", "POST")
    ),
)

DEVICES = (
    every("GET", ".well-known/oauth-authorization-server", 200),
    every("POST", "identity/o/api/device/code", 400),
    every("POST", "identity/o/api/token", 400),
    every("POST", "identity/o/api/revoke", 400),
)

ROWS: tuple[Row, ...] = (*SSO, *SCIM_ROWS, *ACCOUNTS, *DEVICES)
