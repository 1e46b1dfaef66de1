"""Passkeys where no browser is needed: answers that are none, names, and the address that they are tied to.

tests/browser/test_sign_in.py makes and uses real ones.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.sessions.models import Session
from django.test import Client
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from hub.models import User
from tests.conftest import PASSWORD

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


CLIENT_DATA = b64(json.dumps({"type": "webauthn.get", "challenge": "AA", "origin": "http://testserver"}).encode())
NOTHING: list[Any] = [
    "", "x", [], {}, 7, None, "[" * 19_000, "[" * 30_000, {"id": "a"}, {"rawId": None}, {"rawId": 5, "response": 5},
    {"id": "AA", "rawId": "AA", "response": {}}, {"rawId": "é", "response": {"clientDataJSON": "é"}},
    {"rawId": "AA", "type": "public-key", "response": {"userHandle": "\0", "clientDataJSON": CLIENT_DATA}},
    {"rawId": "AA", "response": {"clientDataJSON": b64(b"{}"), "attestationObject": b64(b"\xff" * 40), "userHandle": ""}},
    {"rawId": "AA", "response": {"clientDataJSON": b64(b"[]"), "attestationObject": b64(b"\x81" * 15_000)}},
    {"rawId": "AA", "response": {"clientDataJSON": CLIENT_DATA, "attestationObject": b64(b"\xa1\x63fmt\x01")}},
    {"rawId": "AA", "response": {"clientDataJSON": CLIENT_DATA, "authenticatorData": "AA", "signature": "AA", "userHandle": b64(b"1")}},
    {"rawId": "AA", "response": {"clientDataJSON": CLIENT_DATA, "authenticatorData": b64(bytes(37)), "signature": "", "userHandle": b64(b"zz")}},
    {"rawId": "AA", "response": {"clientDataJSON": CLIENT_DATA, "authenticatorData": b64(bytes(36) + b"\xc1" * 99), "signature": "AA", "userHandle": "AA"}},
]  # fmt: skip


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    user = build_user("ada")
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "Key", "credential": registered()})
    return user


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser."""
    client.force_login(ada, backend=BACKEND)
    return client


def registered() -> dict[str, Any]:
    """What is kept of a passkey: a key pair's public half on P-256, of no use to anybody."""

    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    credential = AttestedCredentialData.create(bytes(16), b"\x00", public)
    data = AuthenticatorData.create(bytes(32), AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT, 0, credential)
    attestation = b64(bytes(AttestationObject.create("none", data, {})))
    return {"rawId": "AA", "response": {"clientDataJSON": CLIENT_DATA, "attestationObject": attestation}}


def sent(credential: Any) -> dict[str, str]:
    return {"credential": credential if isinstance(credential, str) else json.dumps(credential), "name": "x"}


@pytest.mark.parametrize("number", range(len(NOTHING)))
def test_an_answer_that_is_none_is_refused_everywhere(page: Client, ada: User, number: int) -> None:
    form = sent(NOTHING[number])
    for path in ("/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/reauthenticate/"):
        page.get(path)
        assert page.post(path, form).status_code in (200, 302)
    assert Authenticator.objects.count() == 1

    stranger = Client()
    stranger.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    answer = stranger.post("/accounts/2fa/webauthn/login/", form)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    stranger.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert stranger.post("/accounts/2fa/authenticate/", form).status_code == 200
    assert "_auth_user_id" not in stranger.session


def test_what_a_browser_is_asked_is_in_a_block_of_data(page: Client) -> None:
    text = page.get("/accounts/2fa/webauthn/add/").content.decode()
    assert '<script id="passkey-options" type="application/json">' in text
    assert "passkey.js" in text


def test_a_name_is_short_and_may_be_changed_by_its_owner_only(page: Client, build_user: Callable[..., User]) -> None:
    key = Authenticator.objects.get()
    for name in ("", "x" * 61, "nul\0"):
        assert page.post(f"/accounts/2fa/webauthn/keys/{key.pk}/edit/", {"name": name}).status_code == 200
    assert page.post(f"/accounts/2fa/webauthn/keys/{key.pk}/edit/", {"name": "<b>"}).status_code == 302
    assert "&lt;b&gt;" in page.get("/settings/security").content.decode()

    bob = Client()
    bob.force_login(build_user("bob"), backend=BACKEND)
    for act in ("edit", "remove"):
        for method in ("get", "post"):
            address = f"/accounts/2fa/webauthn/keys/{key.pk}/{act}/"
            assert getattr(bob, method)(address, {"name": "mine"}).status_code == 404


@pytest.mark.parametrize(
    ("host", "secure", "words"),
    [
        ("127.0.0.1:8000", False, "open under a number, 127.0.0.1."),
        ("127.0.0.1:8000", True, "open under a number"),
        ("[::1]:8000", False, "open under a number, [::1]."),
        ("hub.example", False, "Passkeys need an encrypted connection"),
        ("hub.example", True, ""),
        ("localhost:8000", False, ""),
    ],
)
def test_where_passkeys_do_not_work_the_pages_say_why(
    page: Client, settings: Any, host: str, secure: bool, words: str
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for browser, path in ((page, "/settings/security"), (Client(), "/accounts/login/")):
        text = browser.get(path, headers={"Host": host}, secure=secure).content.decode()
        assert words in text
        assert ("Passkeys are tied" in text or "Passkeys need" in text) == bool(words)
        assert ('data-options-url="' in text) == (not words and browser is not page)


def test_signing_in_by_passkey_is_limited(db: None, client: Client) -> None:
    codes = [client.post("/accounts/2fa/webauthn/login/", sent({})).status_code for _ in range(11)]
    assert codes == [302] * 10 + [429]


def test_of_a_session_nothing_is_left_that_could_be_answered_twice(client: Client, ada: User) -> None:
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    before = Session.objects.get().get_decoded()["mfa.webauthn.state"]
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    assert Session.objects.get().get_decoded()["mfa.webauthn.state"]["challenge"] != before["challenge"]


@pytest.mark.parametrize(
    "path", ["/accounts/2fa/totp/activate/", "/settings/security", "/accounts/2fa/recovery-codes/"]
)
def test_no_cache_keeps_what_is_shown_once(page: Client, ada: User, path: str) -> None:

    RecoveryCodes.activate(ada)
    assert "no-store" in page.get(path)["Cache-Control"]
