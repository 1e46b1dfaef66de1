"""People's secrets: kept encrypted, handed only to assistants that may have them, and never shown again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace, User, UserSecret
from hub.services import audit, organizations, secrets, tokens
from tests.hub.together import together

VALUE = "sk-not-for-everybody"


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    return build_user("ada")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser, whose session has been noted (hub/sessions.py does so every few minutes)."""
    client.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get("/organizations")
    return client


def kept(user: User, name: str = "MODEL_KEY", value: str = VALUE, allowed: list[str] | None = None) -> UserSecret:
    return secrets.put(by=Actor(user), name=name, value=value, allowed_namespaces=allowed or [])


# --- the service


def test_a_secret_is_stored_encrypted(ada: User) -> None:
    secret = kept(ada)

    with connection.cursor() as cursor:
        cursor.execute("SELECT ciphertext, row_to_json(s)::text FROM hub_usersecret s WHERE id = %s", [secret.id])
        ciphertext, row = cursor.fetchone()
    assert VALUE not in row
    assert VALUE.encode() not in bytes(ciphertext)
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="ada") == VALUE
    event = AuditEvent.objects.get(action="hub.secret.set")
    assert event.data == {"name": "MODEL_KEY", "new": True, "allowed_namespaces": []}


def test_an_older_key_still_opens_what_it_closed(ada: User, settings: Any) -> None:
    kept(ada)

    settings.VAULT_KEYS = [Fernet.generate_key().decode(), *settings.VAULT_KEYS]

    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="ada") == VALUE


def test_only_assistants_of_trusted_namespaces_get_a_secret(ada: User, owner: Actor, stranger: Actor) -> None:
    for name in ("trusted-friend", "unnamed"):
        organizations.create(by=stranger, slug=name, name="")
    acme = Namespace.objects.get(slug="acme").organization
    assert acme is not None
    organizations.add_member(by=owner, organization=acme, user=ada, role="member")
    kept(ada, allowed=[" Trusted-Friend "])

    box = secrets.open_box(Actor(ada))

    for namespace in ("ada", "acme", "trusted-friend"):
        assert box.value("MODEL_KEY", namespace=namespace) == VALUE
    for namespace in ("unnamed", "stranger", "nobody"):
        assert box.value("MODEL_KEY", namespace=namespace) is None
    assert box.value("OTHER_KEY", namespace="ada") is None
    organizations.remove_member(by=owner, organization=acme, user=ada)
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="acme") is None


def test_a_secret_is_for_its_owner_alone(ada: User, stranger: Actor) -> None:
    kept(ada, allowed=["stranger"])

    assert secrets.open_box(stranger).value("MODEL_KEY", namespace="stranger") is None
    assert secrets.open_box(Actor()).value("MODEL_KEY", namespace="ada") is None


@pytest.mark.parametrize("name", ["", "1KEY", "MY-KEY", "A" * 101, "KEY\n", "clé"])
def test_a_name_that_no_client_could_ask_for_is_refused(ada: User, name: str) -> None:
    with pytest.raises(secrets.InvalidSecret):
        kept(ada, name=name)


@pytest.mark.parametrize("value", ["", "two\nlines", "nul\0", "naïve", "x" * 8193])
def test_a_value_that_fits_no_header_is_refused(ada: User, value: str) -> None:
    with pytest.raises(secrets.InvalidSecret) as refusal:
        kept(ada, value=value)
    assert not value or value not in str(refusal.value)


@pytest.mark.parametrize("unknown", ["nobody", "x" * 5000, "../ada"])
def test_a_namespace_that_somebody_could_take_later_is_refused(ada: User, unknown: str) -> None:
    with pytest.raises(secrets.UnknownNamespace):
        kept(ada, allowed=["ada", unknown])


def test_a_secret_is_not_shared_without_bounds(ada: User) -> None:
    with pytest.raises(secrets.InvalidSecret):
        kept(ada, allowed=[f"name{number}" for number in range(51)])


def test_who_may_ask_changes_without_the_value(ada: User, stranger: Actor) -> None:
    secret = kept(ada)

    secrets.allow(by=Actor(ada), secret=secret, allowed_namespaces=["stranger"])

    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="stranger") == VALUE
    assert AuditEvent.objects.latest("id").data["allowed_namespaces"] == ["stranger"]


def test_neither_a_stranger_nor_a_token_touches_a_secret(ada: User, stranger: Actor) -> None:
    secret = kept(ada)
    by_token = Actor(ada, token=tokens.create(by=Actor(ada), name="t", scopes=["publish"]).token)

    for actor in (ANONYMOUS, by_token):
        with pytest.raises(PermissionRefused):
            secrets.put(by=actor, name="MORE", value="v")
    for actor in (ANONYMOUS, by_token, stranger):
        with pytest.raises(PermissionRefused):
            secrets.delete(by=actor, secret=secret)
        with pytest.raises(PermissionRefused):
            secrets.allow(by=actor, secret=secret, allowed_namespaces=[])
    assert UserSecret.objects.get() == secret


def test_without_its_audit_event_nothing_changes(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = kept(ada)

    def fail(*_: object, **__: object) -> None:
        raise OSError("no log")

    monkeypatch.setattr(audit, "record", fail)
    changes: list[Callable[[], object]] = [
        lambda: kept(ada, value="other"),
        lambda: kept(ada, name="SECOND"),
        lambda: secrets.allow(by=Actor(ada), secret=secret, allowed_namespaces=["ada"]),
        lambda: secrets.delete(by=Actor(ada), secret=secret),
    ]
    for change in changes:
        with pytest.raises(OSError, match="no log"):
            change()

    assert UserSecret.objects.get().allowed_namespaces == []
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="ada") == VALUE


@pytest.mark.django_db(transaction=True)
def test_two_first_values_at_once_leave_one_secret(build_user: Callable[..., User]) -> None:
    ada = build_user("ada")

    outcomes = together(lambda: kept(ada, value="one"), lambda: kept(ada, value="two"))

    assert all(isinstance(outcome, UserSecret) for outcome in outcomes)
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="ada") in ("one", "two")


# --- the pages


def form(**more: Any) -> dict[str, Any]:
    return {"name": "MODEL_KEY", "value": VALUE, "allowed_namespaces": "", **more}


def test_a_secret_is_kept_and_never_shown(page: Client, ada: User, stranger: Actor) -> None:
    answer = page.post("/settings/secrets", form(allowed_namespaces="stranger, ADA"), follow=True)

    text = answer.content.decode()
    assert answer.redirect_chain == [("/settings/secrets", 302)]
    assert "MODEL_KEY" in text
    assert "ada, stranger" in text
    assert VALUE not in text
    assert VALUE not in page.get("/settings/secrets/MODEL_KEY").content.decode()
    assert VALUE not in page.get("/settings/activity").content.decode()
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="stranger") == VALUE


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "MY-KEY"},
        {"name": "A" * 101},
        {"name": "A\0"},
        {"value": ""},
        {"value": "two\nlines"},
        {"value": "naïve"},
        {"value": "x" * 8193},
        {"allowed_namespaces": "nobody"},
        {"allowed_namespaces": "a\0"},
        {"allowed_namespaces": "x" * 2001},
        {"allowed_namespaces": "x " * 60},
    ],
    ids=lambda wrong: f"{next(iter(wrong))}: {len(next(iter(wrong.values())))} characters",
)
def test_a_wrong_form_is_shown_again_without_the_value(page: Client, wrong: dict[str, str]) -> None:
    answer = page.post("/settings/secrets", form(**wrong))

    assert answer.status_code == 422
    assert "Please mend this first" in answer.content.decode()
    assert VALUE not in answer.content.decode()
    assert not UserSecret.objects.exists()


def test_a_secret_is_changed_with_or_without_its_value(page: Client, ada: User, stranger: Actor) -> None:
    kept(ada)

    page.post("/settings/secrets/MODEL_KEY", {"value": "", "allowed_namespaces": "stranger"})
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="stranger") == VALUE

    page.post("/settings/secrets/MODEL_KEY", {"value": "other", "allowed_namespaces": ""})
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="stranger") is None
    assert secrets.open_box(Actor(ada)).value("MODEL_KEY", namespace="ada") == "other"

    wrong = page.post("/settings/secrets/MODEL_KEY", {"value": "", "allowed_namespaces": "nobody"})
    assert wrong.status_code == 422


def test_deleting_asks_first(page: Client, ada: User) -> None:
    kept(ada)

    assert page.get("/settings/secrets/MODEL_KEY/delete").status_code == 200
    assert UserSecret.objects.exists()

    answer = page.post("/settings/secrets/MODEL_KEY/delete")
    assert (answer.status_code, answer["Location"]) == (302, "/settings/secrets")
    assert not UserSecret.objects.exists()


def test_somebody_elses_secret_is_not_found(page: Client, stranger: Actor) -> None:
    kept(stranger.user)  # type: ignore[arg-type]  # the fixture has a person

    assert "MODEL_KEY" not in page.get("/settings/secrets").content.decode()
    for address in ("/settings/secrets/MODEL_KEY", "/settings/secrets/MODEL_KEY/delete"):
        assert page.get(address).status_code == 404
        assert page.post(address, form()).status_code == 404
    assert UserSecret.objects.exists()


def test_a_long_list_takes_as_many_queries(page: Client, ada: User, django_assert_num_queries: Any) -> None:
    for number in range(30):
        kept(ada, name=f"KEY_{number:02}")

    with django_assert_num_queries(3):
        text = page.get("/settings/secrets").content.decode()

    assert "KEY_24" in text
    assert "KEY_25" not in text
