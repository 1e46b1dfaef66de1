"""An organization's single sign-on and the mappings of groups over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub.actors import Actor
from hub.models import Organization, SsoConnection
from tests.support.saml_provider import SamlProvider

OIDC = {"issuer": "https://idp.example", "client_id": "hub", "secret": "a-secret"}
ADDRESS = "organizations/acme/sso"


@pytest.fixture
def api(client: Client, token_of: Callable[..., str]) -> Callable[..., Any]:
    """Calls the REST API as an actor, with a token that may run an organization."""

    def call(method: str, path: str, actor: Actor, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token_of(actor, 'read', 'admin')}"}
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(f"/api/v1/{path}", headers=headers, **content)

    return call


def test_a_provider_is_set_up_switched_and_forgotten(api: Any, organization: Organization, owner: Actor) -> None:
    assert api("get", ADDRESS, owner).status_code == 404
    made = api("put", ADDRESS, owner, OIDC)
    assert (made.status_code, made.json()["is_enabled"], made.json()["certificates"]) == (200, False, [])
    assert "secret" not in made.json()
    assert api("patch", ADDRESS, owner, {"is_enabled": True}).json()["type"].endswith(":not_ready")
    SsoConnection.objects.update(tested_at=timezone.now())
    assert api("patch", ADDRESS, owner, {"is_enabled": True}).json()["is_enabled"] is True
    kept = SsoConnection.objects.get().sealed_secret
    assert api("put", ADDRESS, owner, {**OIDC, "secret": None, "session_hours": 3}).json()["is_enabled"] is True
    assert SsoConnection.objects.get().sealed_secret == kept
    assert api("patch", ADDRESS, owner, {"is_enabled": False}).json()["is_enabled"] is False
    assert api("delete", ADDRESS, owner).status_code == 204
    assert api("delete", ADDRESS, owner).status_code == 404
    assert api("patch", ADDRESS, owner, {"is_enabled": False}).status_code == 404


def test_a_saml_provider(api: Any, organization: Organization, owner: Actor) -> None:
    provider = SamlProvider("https://idp.example")
    made = api("put", ADDRESS, owner, {"protocol": "saml", "metadata": provider.metadata()}).json()
    assert (made["issuer"], made["sso_url"]) == ("https://idp.example/metadata", "https://idp.example/sso")
    assert len(made["certificates"][0]) == 64


def test_faults_name_the_field(api: Any, organization: Organization, owner: Actor) -> None:
    for body, field in (
        ({**OIDC, "issuer": "http://idp.example"}, "issuer"),
        ({"protocol": "saml", "metadata": "<x/>"}, "metadata"),
    ):
        answer = api("put", ADDRESS, owner, body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert api("put", ADDRESS, owner, {"protocol": "ldap"}).status_code == 400
    assert api("put", ADDRESS, owner, {**OIDC, "default_role": "owner"}).status_code in (400, 403)
    assert not SsoConnection.objects.exists()


def test_only_who_manages_its_security(
    api: Any, organization: Organization, owner: Actor, member: Actor, stranger: Actor
) -> None:
    api("put", ADDRESS, owner, OIDC)
    for method, body in (("get", None), ("put", OIDC), ("patch", {"is_enabled": True}), ("delete", None)):
        assert api(method, ADDRESS, member, body).status_code == 403
        assert api(method, ADDRESS, stranger, body).status_code == 404
    assert SsoConnection.objects.exists()


def test_what_groups_give(api: Any, organization: Organization, owner: Actor, member: Actor) -> None:
    address = "organizations/acme/group-mappings"
    api("post", "organizations/acme/teams", owner, {"slug": "core"})
    made = api("post", address, owner, {"group": "makers", "role": "maintainer", "team": "core"})
    assert made.status_code == 201
    assert made.json() == {"id": made.json()["id"], "group": "makers", "role": "maintainer", "team": "core"}
    assert api("post", address, owner, {"group": "makers", "role": "maintainer", "team": "core"}).status_code == 409
    assert api("post", address, owner, {"group": "makers"}).status_code == 400
    assert api("post", address, owner, {"group": "makers", "team": "none"}).status_code == 404
    api("post", address, owner, {"group": "all", "role": "member"})
    assert [row["group"] for row in api("get", address, owner).json()["items"]] == ["all", "makers"]
    assert api("get", address, member).status_code == 403
    assert api("delete", f"{address}/{made.json()['id']}", member).status_code == 403
    assert api("delete", f"{address}/{made.json()['id']}", owner).status_code == 204
    assert api("delete", f"{address}/{made.json()['id']}", owner).status_code == 404
