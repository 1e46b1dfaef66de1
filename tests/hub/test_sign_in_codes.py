"""The second step of signing in: codes of an authenticator app and recovery codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client, RequestFactory

from hub import sign_in_state, totp, vault
from hub.models import User
from tests.conftest import PASSWORD
from tests.hub.together import together

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SECRET = re.compile(r'id="app-key"[^>]*><code>([A-Z2-7]+)<')
RECOVERY_CODE = re.compile(r"^\d{8}$", re.MULTILINE)


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    return build_user("ada")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser."""
    client.force_login(ada, backend=BACKEND)
    return client


def code_at(secret: str, step: int) -> str:
    return format_hotp_value(hotp_value(secret, step))


def next_code(secret: str) -> str:
    """The code of the coming half minute, which is taken already: no test waits for it."""
    return code_at(secret, totp.step_now() + 1)


def set_up(page: Client) -> str:
    """Set an app up through its form; gives its key."""
    found = SECRET.search(page.get("/accounts/2fa/totp/activate/").content.decode())
    assert found
    answer = page.post("/accounts/2fa/totp/activate/", {"code": code_at(found[1], totp.step_now())})
    assert answer["Location"] == "/accounts/2fa/recovery-codes/"
    return found[1]


@pytest.fixture
def key(page: Client) -> str:
    """The key of Ada's app."""
    return set_up(page)


def second_step(code: str) -> Any:
    """Sign in with the password in a new browser and then with `code`; gives the browser and the last answer."""
    browser = Client()
    answer = browser.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/settings").status_code == 302
    return browser, browser.post("/accounts/2fa/authenticate/", {"code": code})


def spaced(code: str) -> str:
    return f" {code[:3]} {code[3:]} "


def dashed(code: str) -> str:
    return f"{code[:2]}-{code[2:]}"


def forget_the_cache() -> None:
    """As a restart does, or another process that never knew."""
    cache.clear()


# --- an app


def test_the_password_alone_does_not_sign_in_any_more(key: str) -> None:
    browser, answer = second_step(next_code(key))
    assert answer["Location"] == "/"
    assert browser.get("/settings").status_code == 200


@pytest.mark.parametrize("typed", [str, spaced, dashed])
def test_a_code_works_once_however_it_is_typed(key: str, typed: Callable[[str], str]) -> None:
    code = next_code(key)
    assert second_step(typed(code))[1].status_code == 302
    for again in (code, spaced(code), dashed(code)):
        for forget in (lambda: None, forget_the_cache):
            forget()
            browser, answer = second_step(again)
            assert "wrong, or was used before" in answer.content.decode()
            assert browser.get("/settings").status_code == 302
        cache.clear()  # its limit of failures, too


def test_a_code_from_before_the_one_used_is_refused(key: str) -> None:
    Authenticator.objects.filter(type="totp").update(created_at="2026-01-01T00:00:00Z")
    step = totp.step_now()
    assert second_step(code_at(key, step + 1))[1].status_code == 302
    for earlier in (step, step - 1):
        assert second_step(code_at(key, earlier))[1].status_code == 200


def test_the_code_that_set_the_app_up_does_not_sign_in(key: str) -> None:
    step = totp.step_now()
    for used in (step, step - 1):
        assert second_step(code_at(key, used))[1].status_code == 200


def test_a_code_of_the_future_does_not_set_an_app_up(page: Client) -> None:
    found = SECRET.search(page.get("/accounts/2fa/totp/activate/").content.decode())
    assert found
    answer = page.post("/accounts/2fa/totp/activate/", {"code": next_code(found[1])})
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()


def test_after_five_wrong_codes_the_right_one_waits(key: str) -> None:
    for _ in range(5):
        second_step("000000")
    answer = second_step(next_code(key))[1]
    assert "Too many failed" in answer.content.decode()


@pytest.mark.parametrize("code", ["", " ", "٣٣٣٣٣٣", "1" * 5000, "12345\x00", "🙂"])
def test_no_code_breaks_the_page(key: str, code: str) -> None:
    assert second_step(code)[1].status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_code_one_succeeds(build_user: Callable[..., User]) -> None:
    secret = generate_totp_secret()
    app = Authenticator.objects.create(
        user=build_user("ada"), type="totp", data={"secret": vault.seal(secret)}, created_at="2026-01-01T00:00:00Z"
    )
    code = next_code(secret)
    assert sorted(map(str, together(*[lambda: totp.spend(app.pk, code)] * 8))) == ["False"] * 7 + ["True"]


def test_an_address_must_be_confirmed_first_but_may_be_changed_later(page: Client, ada: User) -> None:
    address = EmailAddress.objects.create(user=ada, email=ada.email, primary=True, verified=False)
    found = SECRET.search(page.get("/accounts/2fa/totp/activate/").content.decode())
    assert found
    code = code_at(found[1], totp.step_now())
    assert "Confirm your email address" in page.post("/accounts/2fa/totp/activate/", {"code": code}).content.decode()
    assert "Confirm your email address" in page.get("/settings/security").content.decode()
    assert not Authenticator.objects.exists()

    address.verified = True
    address.save()
    set_up(page)
    answer = page.post("/accounts/email/", {"action_add": "", "email": "ada@elsewhere.example"})
    assert answer.status_code == 302
    assert EmailAddress.objects.filter(email="ada@elsewhere.example").exists()


def test_removing_the_app_takes_the_codes_along_and_tells_the_person(key: str, page: Client) -> None:
    answer = page.post("/accounts/2fa/totp/deactivate/", follow=True)
    assert answer.redirect_chain[-1][0] == "/settings/security"
    assert not Authenticator.objects.exists()
    message = mail.outbox[-1]
    assert message.subject == "[Assistant Hub] Authenticator app removed"
    assert "127.0.0.1" in message.body
    assert "{" not in message.body


def test_a_new_password_by_mail_does_not_stand_in_for_the_second_step(key: str) -> None:
    browser = Client()
    browser.post("/accounts/password/reset/", {"email": "ada@example.com"})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert link
    form = browser.get(link[0])["Location"]
    answer = browser.post(form, {"password1": f"{PASSWORD} again", "password2": f"{PASSWORD} again"})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/settings").status_code == 302


# --- recovery codes


def recovery_codes(page: Client) -> list[str]:
    answer = page.get("/accounts/2fa/recovery-codes/download/")
    assert "attachment" in answer["Content-Disposition"]
    return RECOVERY_CODE.findall(answer.content.decode())


def test_a_recovery_code_works_once(key: str, page: Client) -> None:
    codes = recovery_codes(page)
    assert len(codes) == 10
    assert second_step(spaced(codes[0]))[1].status_code == 302
    assert second_step(codes[0])[1].status_code == 200
    assert recovery_codes(page) == codes[1:]
    assert "9 codes are left" in page.get("/settings/security").content.decode()


def test_new_recovery_codes_end_the_old_ones(key: str, page: Client) -> None:
    old = recovery_codes(page)
    assert page.get("/accounts/2fa/recovery-codes/generate/").status_code == 200
    page.post("/accounts/2fa/recovery-codes/generate/")
    assert not set(old) & set(recovery_codes(page))
    assert second_step(old[0])[1].status_code == 200


def test_when_all_are_used_the_page_says_so(key: str, page: Client) -> None:
    row = Authenticator.objects.get(type="recovery_codes")
    row.data["used_mask"] = 2**10 - 1
    row.save()
    assert "All are used" in page.get("/accounts/2fa/recovery-codes/").content.decode()
    assert page.get("/accounts/2fa/recovery-codes/download/").status_code == 404


# --- what is kept


def test_the_database_holds_no_key_and_no_code(page: Client, ada: User, tmp_path: Any) -> None:
    text = page.get("/accounts/2fa/totp/activate/").content.decode()
    found = SECRET.search(text)
    assert found
    assert found[1] not in str([session.get_decoded() for session in Session.objects.all()])
    page.post("/accounts/2fa/totp/activate/", {"code": code_at(found[1], totp.step_now())})
    codes = recovery_codes(page)

    call_command("dumpdata", output=str(tmp_path / "dump.json"))
    kept = (tmp_path / "dump.json").read_text()
    for secret in (found[1], *codes):
        assert secret not in kept
    sealed = [row.data.get("secret") or row.data["seed"] for row in Authenticator.objects.all()]
    assert all(text.startswith("gAAAA") for text in sealed)
    assert {vault.unseal(text) for text in sealed} >= {found[1]}


def test_a_session_knows_whether_it_showed_a_second_factor(
    key: str, page: Client, ada: User, django_assert_max_num_queries: Any
) -> None:
    browser, _ = second_step(next_code(key))

    def shown(client: Client) -> bool:
        request = RequestFactory().get("/")
        request.user, request.session = ada, client.session
        with django_assert_max_num_queries(2):  # one is the session's own
            return [sign_in_state.has_second_factor(request) for _ in range(3)][-1]

    assert shown(browser)
    by_password_only = Client()
    by_password_only.force_login(ada, backend=BACKEND)
    assert not shown(by_password_only)
    Authenticator.objects.filter(type="totp").delete()
    assert not shown(browser)


@pytest.mark.django_db(transaction=True)
def test_setting_an_app_up_shows_it_and_tells_the_person(key: str, page: Client, ada: User) -> None:
    request = RequestFactory().get("/")
    request.user, request.session = ada, page.session
    assert sign_in_state.has_second_factor(request)
    assert [message.subject for message in mail.outbox] == ["[Assistant Hub] Authenticator app set up"]
