"""Signing in by password: what is answered to strangers, how often they may try, and what is asked again."""

from __future__ import annotations

import datetime as dt
import logging
import re
import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from hub.models import ApiToken, AuditEvent, User, UserSecret
from tests.conftest import PASSWORD

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
CANARY = "canary-7b1e-never-written"
VARYING = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"')


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    return build_user("ada")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser, just signed in."""
    client.force_login(ada, backend=BACKEND)
    return client


@pytest.fixture
def old_page(page: Client) -> Client:
    """Ada's browser, signed in long ago."""
    session = page.session
    session["hub.signed-in-at"] = 0
    session.save()
    return page


def sign_in(client: Client, login: str, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password})


def shown(answer: Any, *names: str) -> tuple[int, str, str]:
    """What a stranger sees of an answer, apart from what they typed themselves."""
    text = VARYING.sub("", answer.content.decode())
    for name in names:
        text = text.replace(name, "…")
    return answer.status_code, answer.headers.get("Location", ""), text


# --- accounts are not revealed


@pytest.mark.parametrize(("known", "unknown"), [("ada", "nobody"), ("ada@example.com", "nobody@example.com")])
def test_a_refused_sign_in_does_not_tell_whether_there_is_an_account(ada: User, known: str, unknown: str) -> None:
    answers = [sign_in(Client(), name, "wrong horse battery") for name in (known, unknown)]
    assert shown(answers[0], known) == shown(answers[1], unknown)
    assert "not correct" in answers[0].content.decode()


def test_a_reset_does_not_tell_whether_there_is_an_account(ada: User) -> None:
    seen = []
    for address in ("ada@example.com", "nobody@example.com"):
        visitor = Client()
        answer = visitor.post("/accounts/password/reset/", {"email": address})
        seen.append((shown(answer, address), shown(visitor.get(answer["Location"]), address)))
    assert seen[0] == seen[1]
    assert [message.to for message in mail.outbox] == [["ada@example.com"], ["nobody@example.com"]]
    assert "/accounts/password/reset/key/" not in mail.outbox[1].body


def test_with_mandatory_confirmation_a_sign_up_does_not_tell_either(ada: User, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    seen = []
    for name, address in (("eve", "ada@example.com"), ("neo", "nobody@example.com")):
        visitor = Client()
        answer = visitor.post("/accounts/signup/", {"username": name, "email": address, "password1": PASSWORD})
        seen.append((shown(answer, address), shown(visitor.get(answer["Location"]), address)))
    assert seen[0] == seen[1]
    assert not User.objects.filter(username="eve").exists()


def test_with_mandatory_confirmation_nobody_signs_in_before_it(client: Client, db: None, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client.post("/accounts/signup/", {"username": "neo", "email": "neo@example.com", "password1": PASSWORD})
    assert client.get("/settings").status_code == 302
    assert sign_in(client, "neo")["Location"] == "/accounts/confirm-email/"
    link = re.search(r"/accounts/confirm-email/\S+", str(mail.outbox[0].body))
    assert link
    client.post(link[0])
    sign_in(client, "neo")
    assert client.get("/settings").status_code == 200


# --- limits


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_after_five_wrong_passwords_the_right_one_waits(ada: User, client: Client, name: str) -> None:
    texts = [sign_in(client, name, "wrong horse battery").content.decode() for _ in range(6)]
    assert "Too many failed" not in texts[4]
    assert "Too many failed" in texts[5]
    assert "Too many failed" in sign_in(client, name).content.decode()
    assert "_auth_user_id" not in client.session


def test_another_name_is_not_locked_along_from_another_address(ada: User, build_user: Callable[..., User]) -> None:
    build_user("bob")
    for _ in range(6):
        sign_in(Client(), "bob", "wrong horse battery")
    assert sign_in(Client(REMOTE_ADDR="198.51.100.9"), "ada").status_code == 302


def test_one_address_may_not_ask_for_ever(client: Client, db: None) -> None:
    codes = [client.post("/accounts/signup/", {}).status_code for _ in range(21)]
    assert codes == [200] * 20 + [429]
    assert "Too many" in client.post("/accounts/signup/", {}).content.decode()


def test_proving_again_is_limited(old_page: Client) -> None:
    codes = [old_page.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code for _ in range(11)]
    assert codes[-1] == 429


# --- asked again


def test_what_was_sent_is_done_after_the_person_proved_who_it_is(old_page: Client, ada: User) -> None:
    answer = old_page.post("/settings/secrets", {"name": "KEY", "value": CANARY, "allowed_namespaces": ""})
    assert answer["Location"] == "/accounts/reauthenticate/?next=%2Fsettings%2Fsecrets"
    assert not UserSecret.objects.exists()
    for session in Session.objects.all():
        assert CANARY not in str(session.get_decoded())

    answer = old_page.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/settings/secrets"})
    assert answer["Location"] == "/settings/secrets"
    assert UserSecret.objects.get().name == "KEY"


def test_a_wrong_password_does_nothing(old_page: Client) -> None:
    old_page.post("/settings/tokens", {"name": "one", "scopes": ["read"], "lifetime": "30"})
    answer = old_page.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/settings/tokens"})
    assert answer.status_code == 200
    assert not ApiToken.objects.exists()


def test_what_was_left_lying_is_not_done_when_something_else_is_proved(old_page: Client) -> None:
    old_page.post("/settings/tokens", {"name": "one", "scopes": ["read"], "lifetime": "30"})
    answer = old_page.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/settings"})
    assert answer["Location"] == "/settings"
    assert not ApiToken.objects.exists()


def test_what_was_left_lying_too_long_is_not_done(old_page: Client, settings: Any) -> None:
    old_page.post("/settings/tokens", {"name": "one", "scopes": ["read"], "lifetime": "30"})
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
    old_page.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/settings/tokens"})
    assert not ApiToken.objects.exists()


def test_reading_is_not_asked_for_and_signing_in_counts(old_page: Client, ada: User) -> None:
    assert old_page.get("/settings/tokens").status_code == 200
    fresh = Client()
    sign_in(fresh, "ada")
    assert fresh.post("/settings/tokens", {"name": "one", "scopes": ["read"], "lifetime": "30"}).status_code == 200


def test_a_session_that_an_organization_vouched_for_is_asked_nevertheless(page: Client, organization: Any) -> None:
    session = page.session
    session["hub.sso-only"] = organization.id
    session.save()
    answer = page.post("/settings/tokens", {"name": "one", "scopes": ["read"], "lifetime": "30"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert page.get("/accounts/2fa/totp/activate/")["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("path", ["/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/accounts/email/"])
def test_changing_how_one_signs_in_is_asked_for(old_page: Client, path: str) -> None:
    answer = old_page.post(path, {"action_add": "", "email": "ada@elsewhere.example"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not EmailAddress.objects.filter(email="ada@elsewhere.example").exists()


# --- sessions


def test_sessions_are_listed_and_one_is_signed_out_from_afar(ada: User, client: Client) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other = Client(headers={"User-Agent": agent})
    sign_in(other, "ada")
    sign_in(client, "ada")
    text = client.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in text
    assert text.count("This one") == 1

    theirs = UserSession.objects.get(user_agent=agent)
    assert client.get(f"/settings/security/sessions/{theirs.id}/end").status_code == 200
    answer = client.post(f"/settings/security/sessions/{theirs.id}/end")
    assert answer["Location"] == "/accounts/sessions/"
    assert other.get("/settings").status_code == 302
    assert client.get("/settings").status_code == 200
    event = AuditEvent.objects.get(action="hub.session.end")
    assert (event.actor_label, event.data) == ("ada", {"browser": "Firefox on Linux", "address": "127.0.0.1"})


def test_all_others_are_signed_out_at_once(ada: User, client: Client) -> None:
    others = [Client(), Client()]
    for browser in (*others, client):
        sign_in(browser, "ada")
    client.post("/accounts/sessions/")
    assert [browser.get("/settings").status_code for browser in (*others, client)] == [302, 302, 200]
    assert AuditEvent.objects.filter(action="hub.session.end").count() == 2


def test_nobody_ends_anothers_session_or_by_that_page_their_own(ada: User, build_user: Callable[..., User]) -> None:
    build_user("bob")
    theirs, own = Client(), Client()
    sign_in(theirs, "bob")
    sign_in(own, "ada")
    for session in UserSession.objects.all():
        for method in ("get", "post"):
            assert getattr(own, method)(f"/settings/security/sessions/{session.id}/end").status_code == 404
    assert theirs.get("/settings").status_code == 200


def test_a_session_is_noted_when_it_begins_and_once_in_a_while(ada: User, client: Client) -> None:
    sign_in(client, "ada")
    long_ago = timezone.now() - dt.timedelta(hours=1)
    assert UserSession.objects.update(last_seen_at=long_ago) == 1
    client.get("/settings")
    assert UserSession.objects.get().last_seen_at == long_ago
    cache.clear()
    for _ in range(2):
        client.get("/settings", REMOTE_ADDR="198.51.100.9")
    seen = UserSession.objects.get()
    assert (seen.last_seen_at > long_ago, seen.ip) == (True, "198.51.100.9")


def test_a_new_password_signs_out_everybody_else(ada: User, client: Client) -> None:
    other = Client()
    for browser in (other, client):
        sign_in(browser, "ada")
    new = {"oldpassword": PASSWORD, "password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again"}
    client.post("/accounts/password/change/", new)
    assert [browser.get("/settings").status_code for browser in (other, client)] == [302, 200]
    message = mail.outbox[-1]
    assert message.subject == "[Assistant Hub] Password Changed"
    assert "127.0.0.1" in message.body


def test_a_reset_password_signs_out_everybody(ada: User, client: Client) -> None:
    other = Client()
    sign_in(other, "ada")
    client.post("/accounts/password/reset/", {"email": "ada@example.com"})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[0].body))
    assert link
    form = client.get(link[0])["Location"]
    client.post(form, {"password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again"})
    assert other.get("/settings").status_code == 302
    assert "does not work any more" in Client().get(link[0], follow=True).content.decode()


# --- what is written down


def test_a_password_is_written_nowhere(db: None, caplog: pytest.LogCaptureFixture, tmp_path: Any) -> None:
    caplog.set_level(logging.DEBUG)
    visitor = Client(raise_request_exception=False)
    old, new = f"{CANARY}-old", f"{CANARY}-new"
    visitor.post("/accounts/signup/", {"username": "ada", "email": "ada@example.com", "password1": old})
    sign_in(Client(), "ada", f"{CANARY}-wrong")
    session = visitor.session
    session["hub.signed-in-at"] = 0
    session.save()
    visitor.post("/settings/tokens", {"name": "one", "scopes": ["read"], "lifetime": "30"})
    visitor.post("/accounts/reauthenticate/", {"password": f"{CANARY}-wrong", "next": "/settings/tokens"})
    visitor.post("/accounts/reauthenticate/", {"password": old, "next": "/settings/tokens"})
    visitor.post("/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": new})
    sign_in(Client(), "ada", new)
    assert ApiToken.objects.exists()

    call_command("dumpdata", output=str(tmp_path / "dump.json"))
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    mails = [f"{message.subject} {message.body}" for message in mail.outbox]
    for text in (caplog.text, (tmp_path / "dump.json").read_text(), *sessions, *mails, *map(str, connection.queries)):
        assert CANARY not in text


def test_a_dead_mail_server_breaks_no_page(
    ada: User, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> int:
        raise smtplib.SMTPServerDisconnected("ada@example.com")

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    answers = [client.post("/accounts/password/reset/", {"email": f"{name}@example.com"}) for name in ("ada", "x")]
    assert {answer.status_code for answer in answers} == {302}
    assert "did not take a mail" in caplog.text
    assert "ada@example.com" not in caplog.text
