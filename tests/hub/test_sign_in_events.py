"""Signing in and out, and second factors, leave their marks in the audit log, or do not happen."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.contrib.sessions.models import Session
from django.test import Client

from hub.models import AuditEvent, User
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    """Somebody with a password."""
    return build_user("ada")


@pytest.fixture
def broken_audit(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets no event be written from when it is called."""

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    return lambda: monkeypatch.setattr(AuditEvent, "save", fail)


def last(action: str) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).latest("id")


def sign_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": "ada", "password": password}, headers={"X-Request-Id": "req-7"})


def test_signing_in_and_out_is_recorded(client: Client, ada: User) -> None:
    assert sign_in(client).status_code == 302
    event = last("hub.session.create")
    assert (event.actor, event.namespace, event.source, event.request_id) == (ada, ada.namespace, "browser", "req-7")
    assert event.ip_address == "127.0.0.1"
    assert event.data == {"with": ["password"]}
    client.post("/accounts/logout/")
    assert last("hub.session.delete").actor == ada


def test_a_wrong_password_is_recorded_with_the_account_that_it_was_for(client: Client, ada: User) -> None:
    assert sign_in(client, "wrong").status_code == 200
    event = last("hub.session.refuse")
    assert (event.actor, event.actor_label) == (None, "anonymous")
    assert (event.target_type, event.target_id, event.namespace) == ("hub.user", ada.id, ada.namespace)
    assert event.data == {"at": "password", "account": True}
    client.post(LOGIN, {"login": "ADA@example.com", "password": "wrong"})
    assert last("hub.session.refuse").target_id == ada.id


def test_a_name_that_is_no_account_is_not_kept(client: Client, ada: User) -> None:
    client.post(LOGIN, {"login": "correct horse battery", "password": "x"})
    event = last("hub.session.refuse")
    assert (event.target_id, event.target_label, event.namespace) == (None, "unknown account", None)
    assert event.data == {"at": "password", "account": False}
    assert "horse" not in repr(AuditEvent.objects.values().get(id=event.id))


def test_asking_for_a_new_password_is_recorded_for_accounts_only(client: Client, ada: User) -> None:
    client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert not AuditEvent.objects.filter(action="hub.password-reset.request").exists()
    client.post("/accounts/password/reset/", {"email": "ada@example.com"})
    event = last("hub.password-reset.request")
    assert (event.actor, event.target_id, event.namespace) == (None, ada.id, ada.namespace)


def test_who_cannot_be_recorded_is_not_let_in(client: Client, ada: User, broken_audit: Callable[[], None]) -> None:
    broken_audit()
    client.raise_request_exception = False
    assert sign_in(client).status_code == 500
    assert client.get("/settings").status_code == 302
    assert all("_auth_user_id" not in session.get_decoded() for session in Session.objects.all())


def test_a_second_factor_comes_and_goes_with_its_record(
    client: Client, ada: User, broken_audit: Callable[[], None]
) -> None:
    sign_in(client)
    add_app(client, ada)
    event = last("hub.authenticator.create")
    assert (event.actor, event.target_id, event.namespace) == (ada, ada.id, ada.namespace)
    assert {e.data["type"] for e in AuditEvent.objects.filter(action="hub.authenticator.create")} == {
        "totp",
        "recovery_codes",
    }

    client.post("/accounts/2fa/recovery-codes/generate/")
    assert last("hub.authenticator.create").data == {"type": "recovery_codes"}
    assert AuditEvent.objects.filter(action="hub.authenticator.delete").count() == 1

    before = set(Authenticator.objects.values_list("id", flat=True))
    client.raise_request_exception = False
    with pytest.MonkeyPatch.context() as then:
        then.setattr(AuditEvent, "save", _fail)
        assert client.post("/accounts/2fa/totp/deactivate/").status_code == 500
    assert set(Authenticator.objects.values_list("id", flat=True)) == before, "undone with its record"
    client.post("/accounts/2fa/totp/deactivate/")
    removed = AuditEvent.objects.filter(action="hub.authenticator.delete")
    assert {event.data["type"] for event in removed} == {"totp", "recovery_codes"}


def test_using_a_second_factor_and_getting_it_wrong_is_recorded(client: Client, ada: User) -> None:
    sign_in(client)
    add_app(client, ada)
    client.post("/accounts/logout/")
    sign_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    event = last("hub.session.refuse")
    assert (event.data["at"], event.target_id) == ("second factor", ada.id)
    codes = Authenticator.objects.get(user=ada, type="recovery_codes").wrap().get_unused_codes()
    client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert last("hub.authenticator.use").data == {"type": "recovery_codes", "again": False}
    assert last("hub.session.create").data == {"with": ["password", "recovery_codes"]}
    kept = repr(list(AuditEvent.objects.values()))
    assert not any(code in kept for code in codes)


def add_app(client: Client, user: User) -> None:
    """Set up an authenticator app as a browser does."""
    EmailAddress.objects.filter(user=user).update(verified=True)
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200, page.headers
    code = auth.format_hotp_value(auth.hotp_value(page.context["form"].secret, int(time.time()) // 30))
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code})
    assert answer.status_code == 302, answer.content.decode()


def _fail(*_: object, **__: object) -> None:
    raise OSError("the disk is full")
