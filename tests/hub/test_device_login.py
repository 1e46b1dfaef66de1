"""Signing a device in over HTTP: the OAuth endpoints, the page where a person confirms, the page of devices, the REST API."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from hub import sso_state
from hub.actors import Actor
from hub.domain import devices as domain
from hub.models import AuditEvent, Device, Organization, User
from hub.redaction import RedactingFormatter
from hub.services import device_requests, organizations, tokens
from tests.hub.devices import (
    CLIENT,
    ask_for_tokens,
    asked,
    get_code,
    poll,
    revoke,
    signed_in,
    some_time_ago,
    spent,
)
from tests.hub.sso import connected

LIST_QUERIES = 4  # session, person, devices with their last use, organizations come along


@pytest.fixture
def ada(build_user: Callable[..., User]) -> User:
    return build_user("ada")


@pytest.fixture
def page(client: Client, ada: User) -> Client:
    """Ada's browser, whose session has been noted."""
    client.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get("/organizations")
    return client


@pytest.fixture
def device() -> Client:
    """A program without cookies."""
    return Client()


def body_of(answer: Any, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


def answered(page: Client, code: str, answer: str = "confirm", **more: str) -> Any:
    return page.post("/device", {"code": code, "answer": answer, **more})


# --- the whole way


def test_a_device_is_signed_in_and_works_wherever_tokens_do(page: Client, device: Client, ada: User) -> None:
    codes = body_of(get_code(device, scope="read publish", device_name="Ada's laptop"))
    assert codes["verification_uri"] == "http://testserver/device"
    assert codes["verification_uri_complete"] == f"http://testserver/device?code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert body_of(poll(device, codes["device_code"]), 400)["error"] == "authorization_pending"

    shown = page.get(f"/device?code={codes['user_code']}").content.decode()
    for words in (
        codes["user_code"],
        "Assistant Hub command line",
        "Ada&#x27;s laptop",
        "127.0.0.1",
        "publish and yank",
    ):
        assert words in shown
    assert "delete it" not in shown, "what manage would allow"
    assert answered(page, codes["user_code"]).headers["Location"] == "/settings/devices"

    body = body_of(poll(device, codes["device_code"]))
    assert {key: body[key] for key in ("token_type", "scope")} == {"token_type": "Bearer", "scope": "publish read"}
    assert body["expires_in"] in range(7190, 7201)
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    me = device.get("/api/v1/me", headers=bearer).json()
    assert (me["username"], me["token"]["name"], me["token"]["scopes"]) == ("ada", "Ada's laptop", ["publish", "read"])
    assert device.get("/auth/scope", headers=bearer).json() == {"organizationId": None}
    assert device.get("/ide/list-assistants", headers=bearer).status_code == 200
    package = {"namespace": "ada", "name": "style", "kind": "rule"}
    made = device.post("/api/v1/packages", json.dumps(package), content_type="application/json", headers=bearer)
    assert made.status_code == 201, made.content
    event = AuditEvent.objects.get(action="registry.package.create")
    assert (event.actor, event.token_label) == (ada, "Ada's laptop")

    listed = page.get("/settings/devices").content.decode()
    assert "Ada&#x27;s laptop" in listed
    assert "publish, read" in listed


def test_a_device_login_for_one_organization(page: Client, device: Client, ada: User) -> None:
    acme = organizations.create(by=Actor(ada), slug="acme", name="Acme")
    organizations.create(by=Actor(ada), slug="other", name="Other")
    codes = body_of(get_code(device))

    shown = page.get("/device", {"code": codes["user_code"]}).content.decode()
    assert "Acme" in shown
    answered(page, codes["user_code"], organization=str(acme.id))

    body = body_of(poll(device, codes["device_code"]))
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert device.get("/auth/scope", headers=bearer).json() == {"organizationId": f"org_{acme.id}"}
    assert [one["slug"] for one in device.get("/api/v1/me", headers=bearer).json()["organizations"]] == ["acme"]
    assert "in Acme alone" in page.get("/settings/devices").content.decode()


# --- the endpoint for codes


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_id": "somebody"}, 400, "invalid_request"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"client_id": "a\0b"}, 400, "invalid_request"),
        ({"client_id": "https://client.example/metadata"}, 400, "invalid_request"),
        ({"scope": "read admin"}, 400, "invalid_scope"),
        ({"scope": "scim"}, 400, "invalid_scope"),
        ({"scope": "openid"}, 400, "invalid_scope"),
    ],
)
def test_a_request_for_a_code_that_cannot_be_met(
    db: None, device: Client, fields: dict[str, str], status: int, error: str
) -> None:
    assert body_of(get_code(device, **fields), status)["error"] == error
    assert not AuditEvent.objects.exists()


def test_without_a_scope_a_device_may_read(db: None, device: Client) -> None:
    for more in ({}, {"scope": ""}):
        assert body_of(get_code(device, **more))["scope"] == "read"


def test_a_parameter_is_sent_once(db: None, device: Client) -> None:
    answer = device.post("/identity/o/api/device/code", {"client_id": CLIENT, "scope": ["read", "manage"]})
    assert answer.status_code == 400
    form = f"client_id={CLIENT}&scope=read&scope=manage"
    answer = device.post("/identity/o/api/device/code", form, content_type="application/x-www-form-urlencoded")
    assert body_of(answer, 400)["error"] == "invalid_request"


def test_without_a_name_a_device_is_called_after_its_program(db: None, device: Client) -> None:
    get_code(device)
    device.post(
        "/identity/o/api/device/code",
        f"client_id={CLIENT}",
        content_type="application/x-www-form-urlencoded",
        headers={"User-Agent": "curl/8.5.0 (linux)"},
    )
    names = AuditEvent.objects.filter(action="hub.device.request").order_by("id").values_list("target_label", flat=True)
    assert list(names) == ["unnamed device", "curl/8.5.0"]


def test_codes_are_given_out_at_a_limited_rate(db: None, device: Client) -> None:
    answers = [get_code(device) for _ in range(31)]

    assert {answer.status_code for answer in answers[:30]} == {200}
    assert body_of(answers[30], 429)["error"] == "temporarily_unavailable"
    assert answers[30]["Retry-After"] == "60"


def test_a_hub_full_of_waiting_clients_says_so(db: None, device: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_requests, "MAX_OPEN", 0)
    assert body_of(get_code(device), 503)["error"] == "temporarily_unavailable"


@pytest.mark.parametrize("path", ["device/code", "token", "revoke"])
def test_the_endpoints_take_forms_by_post_only(db: None, device: Client, path: str) -> None:
    address = f"/identity/o/api/{path}"
    assert device.get(address).status_code == 405
    assert device.post(address, "{}", content_type="application/json").status_code in (400, 401)
    assert device.post(f"{address}?client_id={CLIENT}").status_code in (400, 401)
    unreadable = device.post(address, {"client_id": CLIENT, "grant_type": "\0", "device_code": "\0", "token": "\0"})
    assert unreadable.status_code in (200, 400)


@pytest.mark.parametrize(
    "path",
    [
        "/identity/o/authorize", "/identity/o/device", "/identity/o/logout", "/identity/o/api/clients",
        "/identity/o/api/userinfo", "/identity/o/api/introspect", "/.well-known/openid-configuration", "/.well-known/jwks.json",
    ],
)  # fmt: skip
def test_what_the_hub_does_not_offer_is_not_there(db: None, device: Client, path: str) -> None:
    assert device.get(path).status_code == 404
    assert device.post(path).status_code in (404, 405)


def test_the_metadata_leads_to_every_endpoint(db: None, device: Client) -> None:
    answer = device.get("/.well-known/oauth-authorization-server")
    body = answer.json()
    assert body["issuer"] == "http://testserver"
    names = {"device_authorization_endpoint": "device-code", "token_endpoint": "token", "revocation_endpoint": "revoke"}
    for key, name in names.items():
        assert body[key] == body["issuer"] + reverse(f"oauth-{name}")
    assert body["scopes_supported"] == ["read", "publish", "manage"]
    assert body["grant_types_supported"] == ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
    assert answer["Access-Control-Allow-Origin"] == "*"


# --- the token endpoint


def test_a_code_that_is_polled_too_fast_answers_slow_down(db: None, device: Client) -> None:
    codes = body_of(get_code(device))
    assert body_of(poll(device, codes["device_code"]), 400)["error"] == "authorization_pending"
    assert body_of(poll(device, codes["device_code"]), 400)["error"] == "slow_down"


def test_what_became_of_a_code_is_told_in_the_words_of_the_rfc(page: Client, device: Client) -> None:
    denied, late, used = (body_of(get_code(device)) for _ in range(3))
    answered(page, denied["user_code"], "deny")
    some_time_ago(device_requests.find(late["user_code"]), domain.CODE_LIFE, "expires_at")  # type: ignore[arg-type]
    answered(page, used["user_code"])
    body_of(poll(device, used["device_code"]))

    for codes, error in ((denied, "access_denied"), (late, "expired_token"), (used, "invalid_grant")):
        assert body_of(poll(device, codes["device_code"]), 400)["error"] == error
    assert body_of(poll(device, "ahub_nothing"), 400)["error"] == "invalid_grant"
    assert body_of(poll(device, ""), 400)["error"] == "invalid_request"
    assert Device.objects.count() == 1


def test_another_client_gets_nothing_for_a_code_or_a_refresh_token(page: Client, device: Client) -> None:
    OAuthClient.objects.create(
        id="other",
        name="Other",
        type="public",
        scopes="read",
        grant_types="urn:ietf:params:oauth:grant-type:device_code\nrefresh_token",
    )
    codes = body_of(get_code(device))
    answered(page, codes["user_code"])

    assert body_of(poll(device, codes["device_code"], client_id="other"), 400)["error"] == "invalid_grant"
    assert body_of(poll(device, codes["device_code"], client_id="unknown"), 401)["error"] == "invalid_client"
    mine = body_of(poll(device, codes["device_code"]))
    refresh = {"grant_type": "refresh_token", "refresh_token": mine["refresh_token"]}
    assert body_of(ask_for_tokens(device, **refresh, client_id="other"), 400)["error"] == "invalid_grant"
    assert revoke(device, mine["refresh_token"], client_id="other").status_code == 200
    assert body_of(ask_for_tokens(device, **refresh))["access_token"]


def test_a_client_gets_no_more_than_its_row_says(db: None, device: Client) -> None:
    """`manage` is not among its scopes, `admin` no device gets, and without the grant there are no codes at all."""
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    OAuthClient.objects.create(id="narrow", name="N", type="public", scopes="read\nadmin", grant_types=grant)
    OAuthClient.objects.create(id="web", name="W", type="public", scopes="read", grant_types="authorization_code")
    OAuthClient.objects.create(id="closed", name="C", type="confidential", scopes="read", grant_types=grant)

    assert body_of(get_code(device, client_id="narrow", scope="read"))["scope"] == "read"
    for scope in ("manage", "admin"):
        assert body_of(get_code(device, client_id="narrow", scope=scope), 400)["error"] == "invalid_scope"
    assert body_of(get_code(device, client_id="web", scope="read"), 400)["error"] == "invalid_request"
    assert body_of(get_code(device, client_id="closed", scope="read"), 401)["error"] == "invalid_client"


def test_the_hubs_own_client_cannot_be_weakened_by_a_row(db: None, device: Client) -> None:
    OAuthClient.objects.create(id=CLIENT, name="Forged", type="confidential", scopes="read\nadmin", grant_types="x")
    assert body_of(get_code(device, scope="read"))["user_code"]
    assert body_of(get_code(device, scope="admin"), 400)["error"] == "invalid_scope"


def test_refreshing_over_http(ada: User, device: Client) -> None:
    pair = signed_in(Actor(ada), "read", "publish")
    refresh = {"grant_type": "refresh_token", "refresh_token": pair.refresh}

    assert body_of(ask_for_tokens(device, **refresh, scope="read manage"), 400)["error"] == "invalid_scope"
    first = body_of(ask_for_tokens(device, **refresh))
    assert body_of(ask_for_tokens(device, **refresh)) == {
        **first,
        "expires_in": pytest.approx(first["expires_in"], abs=5),
    }
    assert (first["scope"], first["token_type"]) == ("publish read", "Bearer")
    spent(pair.refresh, domain.GRACE + dt.timedelta(minutes=1))
    assert body_of(ask_for_tokens(device, **refresh), 400)["error"] == "invalid_grant"
    assert body_of(ask_for_tokens(device, grant_type="refresh_token", refresh_token=first["refresh_token"]), 400)
    assert tokens.find(first["access_token"]) is None


@pytest.mark.parametrize("grant", ["password", "client_credentials", "authorization_code", ""])
def test_no_other_grant_is_given(ada: User, device: Client, grant: str) -> None:
    more = {"username": "ada", "password": "correct horse battery", "code": "x"}
    assert body_of(ask_for_tokens(device, grant_type=grant, **more), 400)["error"] in (
        "unsupported_grant_type", "invalid_request",
    )  # fmt: skip


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_a_device_signs_itself_out(ada: User, device: Client, which: str) -> None:
    pair = signed_in(Actor(ada))

    assert revoke(device, getattr(pair, which), token_type_hint=f"{which}_token").status_code == 200

    assert tokens.find(pair.access) is None
    assert revoke(device, pair.access).status_code == 200
    assert AuditEvent.objects.get(action="hub.device.end").data["reason"] == "signed out by the client"


# --- the page where a person confirms


def test_who_is_signed_out_signs_in_first_and_keeps_the_code(db: None, client: Client) -> None:
    answer = client.get("/device?code=BCDF-GHJK")
    assert answer.headers["Location"] == "/accounts/login/?next=/device%3Fcode%3DBCDF-GHJK"


def test_a_get_shows_and_never_confirms(page: Client) -> None:
    one = asked()
    page.get("/device", {"code": one.user_code, "answer": "confirm"})
    page.head("/device", {"code": one.user_code, "answer": "confirm"})
    assert one.row.is_open()


def test_another_site_cannot_confirm(ada: User) -> None:
    strict, one = Client(enforce_csrf_checks=True), asked()
    strict.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert answered(strict, one.user_code).status_code == 403
    assert one.row.is_open()


@pytest.mark.parametrize("what", ["confirm", "deny"])
def test_an_answer_is_given_once(page: Client, what: str) -> None:
    one = asked()
    answered(page, one.user_code, what)

    again = answered(page, one.user_code)

    assert again.status_code == 422
    assert "This code was used already" in again.content.decode()
    assert one.row.outcome == {"confirm": "confirmed", "deny": "denied"}[what]


def test_an_old_code_is_named_as_such(page: Client) -> None:
    one = asked()
    some_time_ago(one.row, domain.CODE_LIFE, "expires_at")

    answer = page.get("/device", {"code": one.user_code})

    assert answer.status_code == 422
    assert "This code is too old" in answer.content.decode()


@pytest.mark.parametrize(
    ("code", "words"), [("BCDF-GHJK", "No device has this code"), ("1234", "eight letters"), ("", "required")]
)
def test_a_wrong_code_is_asked_for_again(page: Client, code: str, words: str) -> None:
    for answer in (page.get("/device", {"code": code}), answered(page, code)):
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_codes_cannot_be_guessed(page: Client, build_user: Callable[..., User]) -> None:
    one = asked()
    for _ in range(5):
        page.get("/device", {"code": "BCDF-GHJK"})
        answered(page, "BCDF-GHJK")

    refused = page.get("/device", {"code": one.user_code})

    assert refused.status_code == 429
    assert "too many codes" in refused.content.decode()
    assert answered(page, one.user_code).status_code == 429
    assert one.row.is_open()
    other = Client()
    other.force_login(build_user("ben"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert other.get("/device", {"code": one.user_code}).status_code == 200


def test_right_codes_do_not_count_as_guesses(page: Client) -> None:
    one = asked()
    assert {page.get("/device", {"code": one.user_code}).status_code for _ in range(12)} == {200}


def test_a_device_elsewhere_is_pointed_out(page: Client, device: Client) -> None:
    assert "another address than yours" in page.get("/device", {"code": asked().user_code}).content.decode()
    near = body_of(get_code(device))["user_code"]
    assert "another address than yours" not in page.get("/device", {"code": near}).content.decode()


def test_an_organization_that_is_not_ones_own_cannot_be_chosen(page: Client, organization: Organization) -> None:
    one = asked()
    answer = answered(page, one.user_code, organization=str(organization.id))
    assert answer.status_code == 422
    assert "Acme" not in answer.content.decode()
    assert one.row.is_open()


def test_a_session_confined_to_an_organization_confirms_for_that_one(
    client: Client, owner: Actor, organization: Organization
) -> None:
    client.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    connected(organization, owner.user)
    session = client.session
    sso_state.note(session, organization.id, seconds=3600, began_session=True)
    session.save()
    one = asked()

    assert "Everywhere that I belong" not in client.get("/device", {"code": one.user_code}).content.decode()
    assert answered(client, one.user_code).status_code == 422
    answered(client, one.user_code, organization=str(organization.id))

    row = one.row
    assert (row.organization, row.sso_organizations) == (organization, [organization.id])


def test_too_many_devices_are_an_error_of_the_form(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_requests, "MAX_DEVICES", 0)
    answer = answered(page, asked().user_code)
    assert answer.status_code == 422
    assert "devices are signed in" in answer.content.decode()


# --- the page of devices, and the API


def test_a_person_ends_a_device(page: Client, ada: User) -> None:
    pair = signed_in(Actor(ada))
    address = f"/settings/devices/{pair.device.id}/end"

    assert "Sign out “laptop”?" in page.get(address).content.decode()
    assert tokens.find(pair.access)
    assert page.post(address, follow=True).redirect_chain == [("/settings/devices", 302)]

    assert tokens.find(pair.access) is None
    assert "had been signed out before" in page.post(address, follow=True).content.decode()
    assert "No devices" in page.get("/settings/devices").content.decode()


def test_somebody_elses_device_is_not_there(page: Client, stranger: Actor) -> None:
    pair = signed_in(stranger)
    for missing in (pair.device.id, pair.device.id + 999):
        for send in (page.get, page.post):
            assert send(f"/settings/devices/{missing}/end").status_code == 404
        assert page.delete(f"/api/v1/me/devices/{missing}").status_code == 404
    assert tokens.find(pair.access)
    assert "laptop" not in page.get("/settings/devices").content.decode()


def test_the_page_says_when_and_from_where_a_device_was_used(page: Client, ada: User) -> None:
    pair = signed_in(Actor(ada))
    assert "192.0.2.7" in page.get("/settings/devices").content.decode()

    tokens.find(pair.access, "198.51.100.9")

    assert "198.51.100.9" in page.get("/settings/devices").content.decode()
    assert "No tokens yet" in page.get("/settings/tokens").content.decode()


def test_the_list_costs_the_same_however_long_it_is(page: Client, ada: User, django_assert_num_queries: Any) -> None:
    acme = organizations.create(by=Actor(ada), slug="acme", name="Acme")
    for number in range(3):
        signed_in(Actor(ada), organization=acme, name=f"laptop {number}")
    with django_assert_num_queries(LIST_QUERIES - 1):
        page.get("/settings/devices")


def test_devices_over_the_api(page: Client, device: Client, ada: User, stranger: Actor) -> None:
    mine, another = signed_in(Actor(ada)), signed_in(Actor(ada))
    signed_in(stranger)
    bearer = {"Authorization": f"Bearer {mine.access}"}

    listed = page.get("/api/v1/me/devices").json()["items"]
    assert [one["id"] for one in listed] == [another.device.id, mine.device.id]
    assert (listed[0]["name"], listed[0]["client"], listed[0]["organization"]) == ("laptop", CLIENT, None)
    assert [one["id"] for one in device.get("/api/v1/me/devices", headers=bearer).json()["items"]] == [mine.device.id]
    assert device.get("/api/v1/me/devices").status_code == 401
    assert device.delete(f"/api/v1/me/devices/{another.device.id}", headers=bearer).status_code == 404
    assert device.delete(f"/api/v1/me/devices/{mine.device.id}", headers=bearer).status_code == 204
    assert device.get("/api/v1/me", headers=bearer).status_code == 401
    assert page.delete(f"/api/v1/me/devices/{another.device.id}").status_code == 204
    assert tokens.find(another.access) is None


def test_a_made_token_has_no_devices(page: Client, device: Client, ada: User) -> None:
    signed_in(Actor(ada))
    bearer = {"Authorization": f"Bearer {tokens.create(by=Actor(ada), name='ci', scopes=['read']).secret}"}
    assert device.get("/api/v1/me/devices", headers=bearer).json()["items"] == []


def test_the_token_of_a_device_does_what_its_scopes_say_and_no_more(device: Client, owner: Actor) -> None:
    bearer = {"Authorization": f"Bearer {signed_in(owner).access}"}
    for method, path, body in (
        ("post", "/api/v1/packages", {"namespace": "acme", "name": "style", "kind": "rule"}),
        ("patch", "/api/v1/organizations/acme/security", {"token_max_days": 30}),
        ("get", "/api/v1/organizations/acme/audit-events", None),
    ):
        answer = getattr(device, method)(
            path, json.dumps(body) if body else None, content_type="application/json", headers=bearer
        )
        assert answer.status_code == 403, (path, answer.content)


# --- nothing leaks


def test_no_secret_of_a_device_is_logged_stored_or_recorded(
    page: Client, device: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    codes = body_of(get_code(device))
    answered(page, codes["user_code"])
    body = body_of(poll(device, codes["device_code"]))
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    following = body_of(ask_for_tokens(device, **refresh))
    device.post("/auth/refresh", json.dumps({"refreshToken": following["refresh_token"]}), content_type="text/plain")
    body_of(ask_for_tokens(device, **{**refresh, "refresh_token": body["access_token"]}), 400)
    revoke(device, following["access_token"])

    secrets = [
        codes["device_code"],
        *(one[key] for one in (body, following) for key in ("access_token", "refresh_token")),
    ]
    lines = "\n".join(map(RedactingFormatter("%(name)s %(message)s").format, caplog.records))
    with connection.cursor() as cursor:
        tables = [
            name for name in connection.introspection.table_names() if name.startswith(("hub_", "django_session"))
        ]
        rows = ""
        for table in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            rows += "".join(row[0] for row in cursor.fetchall())
    for secret in secrets:
        assert secret not in lines
        assert secret not in rows
        assert secret not in str([message.body for message in mail.outbox])
    assert "hub_devicerequest" in tables
    assert codes["user_code"] not in rows


def test_no_repr_shows_a_token(ada: User) -> None:
    one, pair = device_requests.ask(by=Actor(), client=CLIENT, name="n", scopes=["read"]), signed_in(Actor(ada))
    for secret in (one.device_code, one.user_code, pair.access, pair.refresh):
        assert secret not in repr(one) + repr(pair)
