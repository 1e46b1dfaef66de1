"""A device is signed in by its code, used, and signed out again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from playwright.sync_api import Page, expect

from hub.models import Organization, User
from tests.browser.conftest import Watch
from tests.hub.devices import get_code, poll


def test_a_device_is_signed_in_and_out(
    page: Page,
    sign_in: Callable[[Page, User], None],
    axe: Callable[..., list[str]],
    watch: Watch,
    client: Client,
    owner: Any,
    organization: Organization,
) -> None:
    watch.allow("status of 422")
    sign_in(page, owner.user)
    codes = get_code(client, device_name="laptop", scope="read publish").json()

    page.goto(urlsplit(codes["verification_uri"]).path)
    page.get_by_label("Code").fill("BBBB-BBBB")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("link", name="No device has this code.")).to_be_visible()
    page.get_by_label("Code").fill(codes["user_code"].lower())
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("heading", name="Sign in this device?")).to_be_visible()
    expect(page.get_by_text(codes["user_code"], exact=True)).to_be_visible()
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []
    page.get_by_label("Where").select_option(label="Acme")
    page.get_by_role("button", name="Sign it in").click()

    expect(page.get_by_role("heading", name="Signed-in devices")).to_be_visible()
    token = poll(client, codes["device_code"]).json()["access_token"]
    page.reload()
    row = page.get_by_role("row").filter(has_text="laptop")
    expect(row).to_contain_text("in Acme alone")
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert axe(page) == []

    row.get_by_role("button", name="Sign out…").click()
    page.get_by_role("dialog", name="Sign out “laptop”?").get_by_role("button", name="Sign it out").click()

    expect(page.get_by_text("No devices")).to_be_visible()
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
