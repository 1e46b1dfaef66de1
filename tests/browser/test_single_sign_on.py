"""Single sign-on in a real browser, which keeps cookies from other sites' posts and holds redirects to its policy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from hub import id_tokens
from hub.actors import Actor
from hub.models import Organization, User
from tests.browser.conftest import Watch
from tests.support import identity_provider, saml_provider


@pytest.fixture
def hub(live_server: Any, settings: Any) -> str:
    """Where the hub is, and what it calls itself; the provider is on another site then."""
    settings.BASE_URL = live_server.url
    assert urlsplit(live_server.url).hostname == "localhost"
    return str(live_server.url)


def set_up(page: Page, protocol: str, fields: dict[str, str]) -> None:
    """Set a provider up, test it and switch it on, as an admin does."""
    page.goto("/organizations/acme/sso")
    page.get_by_role("navigation", name="Protocol").get_by_role("link", name=protocol).click()
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Not tested")).to_be_visible()
    page.get_by_role("button", name="Test it").click()
    expect(page.get_by_text("It works: the provider says that you are pat@corp.example")).to_be_visible()
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_text("People can sign in through it now.")).to_be_visible()


def come_in(page: Page) -> None:
    """Sign in as somebody new, from the sign-in page on."""
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Sign in with your organization").click()
    page.get_by_label("Organization").fill("acme")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Account")).to_be_visible()
    expect(page).to_have_url("/organizations/acme")
    assert User.objects.get(username="pat").email == "pat@corp.example"


def test_openid_connect(
    hub: str,
    new_page: Any,
    sign_in: Any,
    watch: Watch,
    axe: Any,
    settings: Any,
    organization: Organization,
    owner: Actor,
) -> None:
    with identity_provider.running() as provider:
        watch.allow(f"foreign host: GET {provider.url}/authorize")
        settings.SSO_ALLOWED_HOSTS = [urlsplit(provider.url).netloc]
        id_tokens.forget_keys()
        provider.person = {"sub": "p-1", "email": "pat@corp.example", "preferred_username": "pat"}
        page = new_page()
        sign_in(page, owner.user)
        fields = {"Issuer": provider.url, "Client ID": provider.client_id, "Client secret": provider.client_secret}
        set_up(page, "OpenID Connect", fields)
        assert axe(page) == []
        come_in(new_page())


def test_saml(
    hub: str,
    new_page: Any,
    sign_in: Any,
    watch: Watch,
    axe: Any,
    settings: Any,
    organization: Organization,
    owner: Actor,
) -> None:
    with saml_provider.running() as provider:
        watch.allow(f"foreign host: GET {provider.url}/sso")
        settings.SSO_ALLOWED_HOSTS = [urlsplit(provider.url).netloc]
        provider.person = {"subject": "p-1", "email": "pat@corp.example", "uid": "pat"}
        page = new_page()
        sign_in(page, owner.user)
        set_up(page, "SAML", {"The provider's metadata (XML)": provider.metadata()})
        assert axe(page) == []
        page.goto("/organizations/acme/sso?protocol=saml")
        assert axe(page, color_scheme="dark") == []
        come_in(new_page())
