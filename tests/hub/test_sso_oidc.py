"""Single sign-on over OpenID Connect, against a provider that really answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.utils import timezone

from hub import id_tokens
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.domain.scim import Person
from hub.models import ApiToken, AuditEvent, Membership, Organization, SsoConnection, User
from hub.services import group_mappings, organizations, scim, sso, teams, tokens
from tests.conftest import PASSWORD
from tests.hub.scim import directory_of
from tests.hub.test_organizations import browser_of, roles
from tests.support.identity_provider import Provider, running

CALLBACK = "http://testserver"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with running() as made:
        yield made


@pytest.fixture
def provider(server: Provider, settings: Any) -> Iterator[Provider]:
    settings.SSO_ALLOWED_HOSTS = [urlsplit(server.url).netloc]
    id_tokens.forget_keys()
    server.person = {"sub": "p-1", "email": "pat@corp.example", "preferred_username": "pat", "name": "Pat P."}
    server.claims, server.key_id, server.signed_with, server.is_down = {}, "first", None, False
    server.userinfo = {}
    kept = dict(server.discovery)
    yield server
    server.discovery = kept


def setup_of(provider: Provider, **changes: Any) -> sso.Setup:
    values = {
        "issuer": provider.url,
        "client_id": provider.client_id,
        "secret": provider.client_secret,
        "groups_claim": "groups",
    }
    return sso.Setup(**(values | changes))


def switch_on(organization: Organization) -> SsoConnection:
    SsoConnection.objects.filter(organization=organization).update(tested_at=timezone.now(), is_enabled=True)
    row = sso.of(organization)
    assert row is not None
    return row


@pytest.fixture
def connection(provider: Provider, organization: Organization, owner: Actor) -> SsoConnection:
    sso.configure(by=owner, organization=organization, setup=setup_of(provider))
    return switch_on(organization)


def through(provider: Provider, browser: Client, address: str = "/sso/acme") -> Any:
    """Go to the provider and come back; the answer to coming back."""
    started = browser.get(address)
    assert started.status_code == 302, started.content
    return browser.get(provider.visited(started["Location"]).removeprefix(CALLBACK))


def signed_in(browser: Client) -> str:
    return str(browser.get("/settings").context["user"].username) if browser.get("/settings").status_code == 200 else ""


# --- the way in


def test_somebody_new_becomes_a_member(
    provider: Provider, connection: SsoConnection, organization: Organization, client: Client
) -> None:
    answer = through(provider, client, "/sso/Acme?next=/organizations/acme/teams")

    assert answer["Location"] == "/organizations/acme/teams"
    user = User.objects.get(username="pat")
    assert (roles(organization)["pat"], user.email, user.has_usable_password()) == ("member", "pat@corp.example", False)
    assert not EmailAddress.objects.filter(user=user, verified=True).exists(), "the provider could say any address"
    assert client.get("/organizations/acme").status_code == 200
    actions = AuditEvent.objects.filter(actor=user).values_list("action", flat=True)
    assert {"hub.account.create", "hub.sso.link", "hub.membership.create", "hub.sso.sign-in"} <= set(actions)

    again = Client()
    through(provider, again)
    assert signed_in(again) == "pat"
    assert SocialAccount.objects.count() == 1


def test_the_name_of_a_new_account_is_free_and_usable(
    provider: Provider, connection: SsoConnection, client: Client, build_user: Callable[..., User]
) -> None:
    build_user("pat")
    provider.person["email"] = "other@corp.example"
    through(provider, client)
    assert signed_in(client) == "pat-2"


def test_nobody_is_taken_over_by_an_address(
    provider: Provider, connection: SsoConnection, organization: Organization, stranger: Actor, client: Client
) -> None:
    assert stranger.user is not None
    provider.person["email"] = "Stranger@Example.com"

    answer = through(provider, client)

    assert answer["Location"] == "/accounts/login/?next=%2Fsso%2Fconnect"
    assert signed_in(client) == ""
    assert not SocialAccount.objects.exists()
    client.post("/accounts/login/", {"login": "stranger", "password": PASSWORD})
    assert "stranger@example.com" in client.get("/sso/connect").content.decode()
    assert not SocialAccount.objects.exists(), "not before the person agrees"
    connected = client.post("/sso/connect")
    assert connected["Location"] == "/organizations/acme"
    assert SocialAccount.objects.get().user == stranger.user
    assert roles(organization)["stranger"] == "member"
    assert client.get("/sso/connect").status_code == 404
    fresh = Client()
    through(provider, fresh)
    assert signed_in(fresh) == "stranger"


def test_a_session_that_began_there_reaches_that_organization_alone(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor
) -> None:
    organizations.create(by=owner, slug="other", name="Other")
    SocialAccount.objects.create(user=owner.user, provider=connection.key, uid="p-1")
    browser = Client()
    through(provider, browser)
    assert signed_in(browser) == "olga"
    assert browser.get("/organizations/acme").status_code == 200
    assert browser.get("/organizations/other").status_code == 403
    # Whoever runs the provider could be behind it, so it does not get at the account.
    asked = browser.post("/organizations/acme/security", {})
    assert asked["Location"].startswith("/accounts/reauthenticate/")


def test_a_signed_in_person_steps_up(
    provider: Provider, connection: SsoConnection, organization: Organization, member: Actor
) -> None:
    browser = browser_of(member.user)
    Organization.objects.filter(id=organization.id).update(sso_required=True)
    assert browser.get("/organizations/acme").status_code == 403
    assert through(provider, browser)["Location"] == "/sso/connect"
    browser.post("/sso/connect")
    assert browser.get("/organizations/acme").status_code == 200
    assert browser.get("/settings/tokens").status_code == 200

    later = browser_of(member.user)
    assert (
        through(provider, later, "/sso/acme?next=/organizations/acme/roles")["Location"] == "/organizations/acme/roles"
    )
    assert later.get("/organizations/acme").status_code == 200


def test_an_identity_stands_for_one_person(
    provider: Provider, connection: SsoConnection, owner: Actor, member: Actor
) -> None:
    SocialAccount.objects.create(user=owner.user, provider=connection.key, uid="p-1")
    browser = browser_of(member.user)
    assert through(provider, browser).status_code == 403
    identity = sso.Identity("p-1")
    with pytest.raises(sso.Refused):
        sso.connect(by=member, connection=connection, identity=identity)
    with pytest.raises(sso.Refused):
        sso.connect(by=owner, connection=connection, identity=sso.Identity("p-2"))
    for by in (Actor(), Actor(member.user, confined_to=10**6), Actor(member.user, token=ApiToken())):
        with pytest.raises(PermissionRefused):
            sso.connect(by=by, connection=connection, identity=identity)


def test_without_just_in_time_only_members_come_in(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor, stranger: Actor
) -> None:
    SsoConnection.objects.update(jit_enabled=False)
    nobody = Client()
    assert through(provider, nobody).status_code == 403
    assert not User.objects.filter(username="pat").exists()
    SocialAccount.objects.create(user=stranger.user, provider=connection.key, uid="p-1")
    assert through(provider, Client()).status_code == 403
    assert stranger.user is not None
    organizations.add_member(by=owner, organization=organization, user=stranger.user, role="auditor")
    browser = Client()
    through(provider, browser)
    assert signed_in(browser) == "stranger"
    assert roles(organization)["stranger"] == "auditor"


def test_who_the_directory_switched_off_stays_out(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor
) -> None:
    by = directory_of(owner, organization).actor
    person = scim.create_user(by=by, organization=organization, person=Person("pat@corp.example"))
    browser = Client()
    through(provider, browser)
    scim.delete_user(by=by, organization=organization, uid=person.uid)
    again = Client()
    assert through(provider, again).status_code == 403
    assert signed_in(again) == ""


def test_a_second_factor_is_still_asked_for(
    provider: Provider, connection: SsoConnection, organization: Organization, member: Actor
) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    SocialAccount.objects.create(user=member.user, provider=connection.key, uid="p-1")
    TOTP.activate(member.user, generate_totp_secret())
    browser = Client()
    assert through(provider, browser)["Location"].startswith("/accounts/2fa/authenticate/")
    assert browser.get("/organizations/acme").status_code == 302
    other = browser.post("/accounts/login/", {"login": "olga", "password": PASSWORD})
    assert other.status_code == 302
    assert browser.session.get("hub.sso") is None, "what one person began, another one does not finish"


# --- groups


def test_groups_give_and_take(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor
) -> None:
    team = teams.create(by=owner, organization=organization, slug="platform", name="")
    group_mappings.create(by=owner, organization=organization, group="makers", role="maintainer", team=team)
    provider.person["groups"] = ["makers", 7, "others"]
    through(provider, Client())
    assert roles(organization)["pat"] == "maintainer"
    assert team.memberships.count() == 1
    provider.person["groups"] = []
    through(provider, Client())
    assert roles(organization)["pat"] == "member"
    assert team.memberships.count() == 0
    Membership.objects.filter(user__username="pat").update(role="admin", source="manual")
    provider.person["groups"] = ["makers"]
    through(provider, Client())
    assert roles(organization)["pat"] == "admin"


# --- what does not hold


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["hub:client", "another"]},
        {"aud": ["hub:client", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 192},
        {"sub": 7},
        {"exp": -400},
        {"exp": None},
        {"iat": None},
        {"nbf": 400},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold(
    provider: Provider, connection: SsoConnection, client: Client, claims: dict[str, Any]
) -> None:
    now = int(time.time())
    numbers = {"exp", "nbf"}
    provider.claims = {
        name: now + value if name in numbers and isinstance(value, int) else value for name, value in claims.items()
    }
    assert through(provider, client).status_code == 502
    assert signed_in(client) == ""
    assert not User.objects.filter(username="pat").exists()
    connection.refresh_from_db()
    assert connection.last_error


@pytest.mark.parametrize("claims", [{"exp": -30}, {"nbf": 30}, {"aud": ["hub:client"]}], ids=str)
def test_clocks_may_differ_a_little(
    provider: Provider, connection: SsoConnection, client: Client, claims: dict[str, Any]
) -> None:
    now = int(time.time())
    provider.claims = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    through(provider, client)
    assert signed_in(client) == "pat"


def test_a_token_that_somebody_else_signed(provider: Provider, connection: SsoConnection, client: Client) -> None:
    provider.signed_with = rsa.generate_private_key(65537, 2048)
    assert through(provider, client).status_code == 502
    provider.key_id = "unknown"
    assert through(provider, client).status_code == 502
    assert signed_in(client) == ""


def test_an_unsigned_token(
    provider: Provider, connection: SsoConnection, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "token", lambda claims, **_: provider.unsigned(claims))
    assert through(provider, client).status_code == 502


def test_an_answer_counts_once_and_in_its_own_browser(
    provider: Provider, connection: SsoConnection, client: Client, member: Actor
) -> None:
    back = provider.visited(client.get("/sso/acme")["Location"]).removeprefix(CALLBACK)
    assert Client().get(back).status_code == 400, "a victim's browser, led here by somebody"
    assert client.get(back).status_code == 302
    assert Client().get(back).status_code == 400
    again = browser_of(member.user)
    assert again.get(back).status_code == 400
    for query in ("", "?state=x&code=y", "?code=y", "?state=&code="):
        assert client.get(f"/sso/callback/{connection.key}{query}").status_code == 400


def test_a_code_is_not_taken_twice(provider: Provider, connection: SsoConnection, client: Client) -> None:
    back = provider.visited(client.get("/sso/acme")["Location"]).removeprefix(CALLBACK)
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    provider.codes.clear()
    assert client.get(f"{urlsplit(back).path}?code={query['code']}&state={query['state']}").status_code == 502


def test_one_connection_does_not_answer_for_another(
    provider: Provider, connection: SsoConnection, stranger: Actor, client: Client
) -> None:
    other = organizations.create(by=stranger, slug="widgets", name="Widgets")
    sso.configure(by=stranger, organization=other, setup=setup_of(provider))
    foreign = switch_on(other)
    back = provider.visited(client.get("/sso/acme")["Location"]).removeprefix(CALLBACK)
    assert client.get(back.replace(connection.key, foreign.key)).status_code == 400
    SocialAccount.objects.create(user=stranger.user, provider=foreign.key, uid="p-1")
    through(provider, client)
    assert signed_in(client) == "pat", "the same subject at another connection is somebody else"


def test_the_provider_names_another(provider: Provider, connection: SsoConnection, client: Client) -> None:
    back = provider.visited(client.get("/sso/acme")["Location"]).removeprefix(CALLBACK)
    assert client.get(f"{back}&iss=https%3A%2F%2Fevil.example").status_code == 502


def test_the_person_says_no_there(provider: Provider, connection: SsoConnection, client: Client) -> None:
    back = provider.visited(client.get("/sso/acme")["Location"]).removeprefix(CALLBACK)
    state = parse_qs(urlsplit(back).query)["state"][0]
    answer = client.get(f"/sso/callback/{connection.key}?error=access_denied&state={state}")
    assert answer.status_code == 502


def test_a_provider_that_is_down_or_odd(provider: Provider, connection: SsoConnection, client: Client) -> None:
    provider.is_down = True
    assert client.get("/sso/acme").status_code == 502
    provider.is_down = False
    for wrong in (
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "http://169.254.169.254/"},
    ):
        provider.discovery = {**provider.discovery, **wrong}
        assert client.get("/sso/acme").status_code == 502, wrong
        provider.discovery |= {"issuer": provider.url}


def test_what_the_id_token_leaves_out_is_asked_for(
    provider: Provider, connection: SsoConnection, client: Client
) -> None:
    provider.person = {"sub": "p-1"}
    provider.userinfo = {"sub": "p-2", "email": "pat@corp.example"}
    assert through(provider, client).status_code == 502, "about another person"
    provider.userinfo = {"sub": "p-1", "email": "pat@corp.example", "preferred_username": "pat"}
    through(provider, client)
    assert signed_in(client) == "pat"


def test_nothing_under_a_name_is_one_answer(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor, client: Client
) -> None:
    organizations.create(by=owner, slug="other", name="")
    answers = [client.get(f"/sso/{slug}") for slug in ("other", "nowhere")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    sso.disable(by=owner, organization=organization)
    assert client.get("/sso/acme").content == answers[0].content
    assert client.get("/sso?organization=Acme&next=/x").context["url"] == "/sso/acme?next=%2Fx"
    assert client.get("/sso?organization=").status_code == 422


def test_nobody_is_led_away(provider: Provider, connection: SsoConnection, client: Client) -> None:
    assert through(provider, client, "/sso/acme?next=https://evil.example/")["Location"] == "/organizations/acme"
    assert "/sso" in client.get("/accounts/login/").content.decode() or signed_in(client)


# --- how long it counts


@pytest.mark.parametrize("end", ["disable", "delete", "disconnect", "time"])
def test_what_was_proved_ends_at_once(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor, member: Actor, end: str
) -> None:
    SocialAccount.objects.create(user=member.user, provider=connection.key, uid="p-1")
    browser = browser_of(member.user)
    through(provider, browser)
    token = tokens.create(by=Actor(member.user, sso=frozenset({organization.id})), name="t", scopes=["read"])
    Organization.objects.filter(id=organization.id).update(sso_required=True)

    def seen() -> list[int]:
        bearer = {"Authorization": f"Bearer {token.secret}"}
        from hub import shortcache

        shortcache.decisions.clear()
        return [
            browser.get("/organizations/acme").status_code,
            Client().get("/api/v1/organizations/acme", headers=bearer).status_code,
        ]

    assert seen() == [200, 200]
    match end:
        case "disable" | "delete":
            with pytest.raises(sso.NotReady):
                getattr(sso, end)(by=Actor(owner.user, sso=frozenset({organization.id})), organization=organization)
            SsoConnection.objects.update(is_enabled=False)
        case "disconnect":
            assert browser.post(f"/settings/security/identities/{connection.key}/disconnect").status_code == 302
        case "time":
            session = browser.session
            session["hub.sso"] = {key: time.time() - 1 for key in session["hub.sso"]}
            session.save()
    assert seen() == [403, 200 if end == "time" else 403]


# --- setting it up


def test_it_is_set_up_tested_and_switched_on_in_the_browser(
    provider: Provider, organization: Organization, owner: Actor
) -> None:
    browser = browser_of(owner.user)
    assert "No provider yet" in browser.get("/organizations/acme/sso").content.decode()
    form = {
        "issuer": provider.url,
        "client_id": provider.client_id,
        "secret": provider.client_secret,
        "default_role": "member",
        "session_hours": "8",
        "jit_enabled": "on",
    }
    assert browser.post("/organizations/acme/sso", form | {"issuer": "http://10.0.0.1/"}).status_code == 422
    assert browser.post("/organizations/acme/sso", form).status_code == 302
    page = browser.get("/organizations/acme/sso").content.decode()
    row = SsoConnection.objects.get()
    assert f"http://testserver/sso/callback/{row.key}" in page
    assert provider.client_secret not in page
    assert "Not tested" in page
    browser.post("/organizations/acme/sso/enable")
    assert not SsoConnection.objects.get().is_enabled
    assert Client().get("/sso/acme").status_code == 404

    started = browser.post("/organizations/acme/sso/test")
    back = browser.get(provider.visited(started.context["url"]).removeprefix(CALLBACK), follow=True)

    assert "It works: the provider says that you are pat@corp.example" in back.content.decode()
    assert not SocialAccount.objects.exists()
    browser.post("/organizations/acme/sso/enable")
    assert SsoConnection.objects.get().is_enabled
    assert browser.post("/organizations/acme/sso", form | {"secret": "", "session_hours": "4"}).status_code == 302
    assert SsoConnection.objects.get().is_enabled, "what does not decide who people are needs no new test"
    browser.post("/organizations/acme/sso", form | {"client_id": "another"})
    assert not SsoConnection.objects.get().is_enabled
    browser.post("/organizations/acme/sso/disable")
    assert "Delete the single sign-on" in browser.get("/organizations/acme/sso/delete").content.decode()
    browser.post("/organizations/acme/sso/delete")
    assert not SsoConnection.objects.exists()


def test_a_test_that_fails_says_why(provider: Provider, organization: Organization, owner: Actor) -> None:
    sso.configure(by=owner, organization=organization, setup=setup_of(provider, secret="wrong"))
    browser = browser_of(owner.user)
    started = browser.post("/organizations/acme/sso/test")
    back = browser.get(provider.visited(started.context["url"]).removeprefix(CALLBACK))
    assert "did not take the code" in back.content.decode()
    assert "did not take the code" in browser.get("/organizations/acme/sso").content.decode()
    assert not SsoConnection.objects.get().is_tested()


def test_groups_are_mapped_on_the_page(provider: Provider, organization: Organization, owner: Actor) -> None:
    browser = browser_of(owner.user)
    assert browser.post("/organizations/acme/sso/mappings", {"group": "makers"}).status_code == 422
    assert browser.post("/organizations/acme/sso/mappings", {"group": "makers", "role": "admin"}).status_code == 302
    mapping = organization.group_mappings.get()
    assert "makers" in browser.get("/organizations/acme/sso").content.decode()
    address = f"/organizations/acme/sso/mappings/{mapping.id}/remove"
    assert "makers" in browser.get(address).content.decode()
    browser.post(address)
    assert not organization.group_mappings.exists()


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("issuer", {"issuer": "http://idp.example"}),
        ("issuer", {"issuer": "https://127.0.0.1"}),
        ("issuer", {"issuer": "https://idp.example/?tenant=x"}),
        ("client_id", {"client_id": ""}),
        ("secret", {"secret": "x" * 1001}),
        ("groups_claim", {"groups_claim": "x" * 256}),
        ("session_hours", {"session_hours": 0}),
        ("session_hours", {"session_hours": 169}),
    ],
    ids=str,
)
def test_what_a_connection_cannot_have(
    organization: Organization, owner: Actor, provider: Provider, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(sso.InvalidConnection) as caught:
        sso.configure(by=owner, organization=organization, setup=setup_of(provider, **changes))
    assert caught.value.field == field


def test_who_sets_it_up(
    provider: Provider, organization: Organization, owner: Actor, admin: Actor, member: Actor, stranger: Actor
) -> None:
    for by in (member, stranger, Actor()):
        for deed in (
            lambda by: sso.configure(by=by, organization=organization, setup=setup_of(provider)),
            lambda by: sso.enable(by=by, organization=organization),
            lambda by: sso.disable(by=by, organization=organization),
            lambda by: sso.delete(by=by, organization=organization),
        ):
            with pytest.raises(PermissionRefused):
                deed(by)
    for role in ("auditor", "owner"):
        with pytest.raises((PermissionRefused, sso.InvalidConnection)):
            sso.configure(by=admin, organization=organization, setup=setup_of(provider, default_role=role))
    sso.configure(by=admin, organization=organization, setup=setup_of(provider))
    for deed in (sso.enable,):
        with pytest.raises(sso.NotReady):
            deed(by=admin, organization=organization)


def test_another_issuer_is_another_set_of_people(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor, member: Actor
) -> None:
    SocialAccount.objects.create(user=member.user, provider=connection.key, uid="p-1")
    sso.configure(by=owner, organization=organization, setup=setup_of(provider, issuer="https://idp.example"))
    assert not SocialAccount.objects.exists()
    assert SsoConnection.objects.get().key != connection.key


def test_while_it_is_required_it_stays(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor
) -> None:
    Organization.objects.filter(id=organization.id).update(sso_required=True)
    by = Actor(owner.user, sso=frozenset({organization.id}))
    for deed in (
        lambda: sso.disable(by=by, organization=organization),
        lambda: sso.delete(by=by, organization=organization),
        lambda: sso.configure(by=by, organization=organization, setup=setup_of(provider, client_id="x")),
    ):
        with pytest.raises(sso.NotReady):
            deed()


def test_the_secret_is_nowhere(
    provider: Provider, connection: SsoConnection, organization: Organization, owner: Actor, member: Actor, api: Any
) -> None:
    sso.configure(by=owner, organization=organization, setup=setup_of(provider))
    switch_on(organization)
    through(provider, Client())
    assert provider.client_secret not in str(list(SsoConnection.objects.values_list()))
    assert provider.client_secret not in str(list(AuditEvent.objects.values_list()))
    secret = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    answer = Client().get("/api/v1/organizations/acme/sso", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["is_enabled"]) == (200, True)
    assert "secret" not in answer.json()
    assert api("get", "organizations/acme/sso", member).status_code == 403


def test_time_of_a_start_is_over(
    provider: Provider, connection: SsoConnection, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = provider.visited(client.get("/sso/acme")["Location"]).removeprefix(CALLBACK)
    session = client.session
    session["hub.sso-starts"] = {
        state: begun | {"until": time.time() - timedelta(seconds=1).total_seconds()}
        for state, begun in session["hub.sso-starts"].items()
    }
    session.save()
    assert client.get(back).status_code == 400
