"""Signing up, and a person's own settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.domain.slugs import InvalidName
from hub.models import AuditEvent, Namespace, Organization, User
from hub.services import accounts, audit, tokens
from tests.conftest import PASSWORD
from tests.hub.together import together


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    return build_user("ada")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser, whose session has been noted (hub/sessions.py does so every few minutes)."""
    client.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get("/organizations")
    return client


def unsaved(username: str, email: str = "") -> User:
    user = User(username=username, email=email or f"{username}@example.com")
    user.set_unusable_password()
    return user


def sign_up(client: Client, **more: str) -> Any:
    form = {"username": "ada", "email": "ada@example.com", "password1": PASSWORD, **more}
    return client.post("/accounts/signup/", form)


# --- the service


def test_an_account_comes_with_its_namespace(db: None) -> None:
    made = accounts.create(by=ANONYMOUS, user=unsaved(" Ada ", "Ada@Example.com"))

    assert (made.username, made.email, made.namespace.slug) == ("ada", "ada@example.com", "ada")
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.namespace) == ("hub.account.create", made, made.namespace)


def test_a_name_or_an_address_is_held_once(organization: Organization, ada: User) -> None:
    for taken in ("ada", "acme"):
        with pytest.raises(accounts.NameTaken):
            accounts.create(by=ANONYMOUS, user=unsaved(taken, "new@example.com"))
    with pytest.raises(accounts.EmailTaken):
        accounts.create(by=ANONYMOUS, user=unsaved("newcomer", "ada@example.com"))
    with pytest.raises(InvalidName):
        accounts.create(by=ANONYMOUS, user=unsaved("settings"))
    assert not User.objects.filter(username__in=["newcomer", "acme", "settings"]).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_sign_ups_with_one_name_one_succeeds() -> None:
    outcomes = together(
        lambda: accounts.create(by=ANONYMOUS, user=unsaved("ada", "one@example.com")),
        lambda: accounts.create(by=ANONYMOUS, user=unsaved("ada", "two@example.com")),
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NameTaken", "User"]
    assert User.objects.count() == Namespace.objects.count() == AuditEvent.objects.count() == 1


def test_without_its_audit_event_no_account_is_made_or_changed(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no log")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(OSError, match="no log"):
        accounts.create(by=ANONYMOUS, user=unsaved("bob"))
    with pytest.raises(OSError, match="no log"):
        accounts.update(by=Actor(ada), display_name="Countess")

    assert not User.objects.filter(username="bob").exists()
    ada.refresh_from_db()
    assert ada.get_display_name() == "ada"


def test_neither_nobody_nor_a_token_changes_an_account(ada: User) -> None:
    by_token = Actor(ada, token=tokens.create(by=Actor(ada), name="t", scopes=["publish"]).token)

    for actor in (ANONYMOUS, by_token):
        with pytest.raises(PermissionRefused):
            accounts.update(by=actor, display_name="Other")


# --- signing up


def test_signing_up_says_what_the_name_becomes(client: Client, db: None) -> None:
    text = client.get("/accounts/signup/").content.decode()

    assert "username/package" in text
    assert "People and organizations share these names" in text
    assert 'aria-describedby="id_username_helptext"' in text


def test_signing_up_signs_in(client: Client, db: None) -> None:
    assert sign_up(client).status_code == 302

    assert "ada@example.com" in client.get("/settings").content.decode()
    assert Namespace.objects.get().slug == "ada"


@pytest.mark.parametrize("name", ["acme", "ACME", "olga", "settings", "a", "a/b", "x.json", "a" * 40, "a\0b"])
def test_a_name_that_is_taken_or_cannot_be_used_is_refused(
    client: Client, organization: Organization, name: str
) -> None:
    answer = sign_up(client, username=name)

    assert "id_username_error" in answer.content.decode()
    assert not User.objects.filter(email="ada@example.com").exists()


def test_losing_a_race_for_a_name_leads_back_to_the_form(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form found the name free, and another sign-up took it before this one was stored."""

    def beaten(*, user: User, **_: object) -> None:
        raise accounts.NameTaken(f"The name “{user.username}” is taken.")

    monkeypatch.setattr(accounts, "create", beaten)

    answer = sign_up(client)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/signup/")
    assert "The name “ada” is taken." in client.get("/accounts/signup/").content.decode()


def test_a_closed_hub_takes_no_sign_ups(client: Client, db: None, settings: Any) -> None:
    settings.SIGNUP_OPEN = False

    assert "Sign-up is closed" in sign_up(client).content.decode()
    assert not User.objects.exists()


# --- settings

PRIVATE = ["/settings", "/settings/tokens", "/settings/secrets", "/settings/activity"]


@pytest.mark.parametrize("address", PRIVATE)
def test_settings_are_for_the_signed_in_and_for_no_cache(client: Client, ada: User, address: str) -> None:
    anonymous = client.get(address)
    assert (anonymous.status_code, anonymous["Location"]) == (302, f"/accounts/login/?next={address}")

    client.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.get(address)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    assert client.put(address).status_code == 405


@pytest.mark.parametrize("address", PRIVATE[:3])
def test_an_api_token_opens_no_page(client: Client, ada: User, token_of: Callable[..., str], address: str) -> None:
    answer = client.get(address, headers={"Authorization": f"Bearer {token_of(Actor(ada))}"})

    assert answer.status_code == 302


def test_a_display_name_is_changed_and_taken_away(page: Client, ada: User) -> None:
    answer = page.post("/settings", {"display_name": "Ada Lovelace"}, follow=True)

    assert answer.redirect_chain == [("/settings", 302)]
    assert 'value="Ada Lovelace"' in answer.content.decode()
    event = AuditEvent.objects.get(action="hub.account.update")
    assert (event.actor, event.namespace) == (ada, ada.namespace)
    page.post("/settings", {"display_name": ""})
    ada.refresh_from_db()
    assert ada.get_display_name() == "ada"


@pytest.mark.parametrize("name", ["x" * 151, "a\0b", "a\nb", "\u202egnoL"], ids=["long", "nul", "lines", "reversed"])
def test_a_display_name_that_misleads_is_refused(page: Client, ada: User, name: str) -> None:
    answer = page.post("/settings", {"display_name": name})

    assert answer.status_code == 422
    ada.refresh_from_db()
    assert ada.get_display_name() == "ada"


def test_a_display_name_is_written_as_text(page: Client) -> None:
    answer = page.post("/settings", {"display_name": "<script>alert(1)</script>"}, follow=True)

    assert "<script>alert(1)" not in answer.content.decode()


def test_a_new_password_ends_other_sessions(page: Client, ada: User) -> None:
    elsewhere = Client()
    elsewhere.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert elsewhere.get("/settings").status_code == 200

    new = "another horse and battery"
    answer = page.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert answer.status_code == 302
    assert elsewhere.get("/settings").status_code == 302
    assert page.get("/settings").status_code == 200


def test_someone_without_a_password_is_led_to_setting_one(page: Client, ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    page.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")

    text = page.get("/settings/security").content.decode()

    assert "/accounts/password/set/" in text
    assert "/accounts/password/change/" not in text
    new = "a first horse and battery"
    assert page.post("/accounts/password/set/", {"password1": new, "password2": new}).status_code == 302
    assert Client().login(username="ada", password=new)


def test_activity_is_ones_own_newest_first(
    page: Client, ada: User, stranger: Actor, django_assert_num_queries: Any
) -> None:
    token = tokens.create(by=Actor(ada), name="first", scopes=["read"]).token
    tokens.create(by=stranger, name="of a stranger", scopes=["read"])
    for number in range(40):
        accounts.update(by=Actor(ada), display_name=f"Ada {number}")
    tokens.revoke(by=Actor(ada), token=token)

    with django_assert_num_queries(3):
        text = page.get("/settings/activity").content.decode()

    assert text.index("hub.token.revoke") < text.index("Ada 39") < text.index("Ada 38")
    assert "Ada 16" in text
    assert "Ada 15" not in text
    assert 'rel="next"' in text
    assert "of a stranger" not in text
