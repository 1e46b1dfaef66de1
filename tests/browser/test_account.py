"""A person signs up, makes a token, sees it once and revokes it; and founds an organization, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from hub.models import User
from tests.conftest import PASSWORD

TOKEN = re.compile(r"^ahub_[0-9A-Za-z]{38}$")


def test_sign_up_make_a_token_see_it_once_revoke_it(
    page: Page, axe: Callable[..., list[str]], client: Client, live_server: object
) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()

    page.goto("/settings/tokens")
    expect(page.get_by_text("No tokens yet")).to_be_visible()
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("checkbox", name="Publish").check()
    page.get_by_role("button", name="Make a token").click()

    expect(page.get_by_role("heading", name="“laptop” is made")).to_be_visible()
    secret = page.get_by_role("region", name="Token", exact=True).inner_text().strip()
    assert TOKEN.match(secret)
    expect(page.get_by_role("region", name="Environment")).to_contain_text(f"CONTINUE_API_KEY={secret}")
    assert secret not in page.url
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).json()["username"] == "ada"
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []

    page.get_by_role("link", name="I have copied it").click()
    row = page.get_by_role("row").filter(has_text="laptop")
    expect(row).to_contain_text("In force")
    assert secret not in page.content()
    assert axe(page) == []

    row.get_by_role("button", name="Revoke…").click()
    page.get_by_role("dialog", name="Revoke “laptop”?").get_by_role("button", name="Revoke it").click()

    expect(row).to_contain_text("Revoked")
    expect(page.get_by_role("status").filter(has_text="is revoked")).to_be_visible()
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_token_is_copied_to_the_clipboard(
    new_page: Callable[..., Page], sign_in: Callable[[Page, User], None], build_user: Callable[..., User]
) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    sign_in(page, build_user("ada"))
    page.goto("/settings/tokens")
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="Make a token").click()

    page.get_by_role("button", name="Copy Token").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert TOKEN.match(page.evaluate("navigator.clipboard.readText()"))


def test_an_organization_is_run_without_scripts(
    new_page: Callable[..., Page], sign_in: Callable[[Page, User], None], build_user: Callable[..., User]
) -> None:
    build_user("bob")
    page = new_page(java_script_enabled=False)
    sign_in(page, build_user("ada"))
    page.goto("/organizations")
    page.get_by_role("link", name="New organization").click()
    page.get_by_label("Name", exact=True).fill("widgets")
    page.get_by_role("button", name="Make the organization").click()

    page.get_by_label("Username").fill("bob")
    page.get_by_label("Admin").check()
    page.get_by_role("button", name="Add").click()
    row = page.get_by_role("row").filter(has_text="bob")
    expect(row).to_contain_text("Admin")

    row.get_by_role("link", name="Manage bob").click()
    page.get_by_role("link", name="Remove…").click()
    expect(page.get_by_role("heading", name="Remove bob from widgets?")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("bob is out.")).to_be_visible()

    page.get_by_role("link", name="Leave…").click()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_text("An organization needs an owner.")).to_be_visible()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_wrong_form_can_be_mended_with_the_keyboard(
    new_page: Callable[..., Page],
    sign_in: Callable[[Page, User], None],
    build_user: Callable[..., User],
    axe: Callable[..., list[str]],
    watch: object,
    colours: str,
) -> None:
    watch.allow("status of 422")  # type: ignore[attr-defined]  # the fixture of conftest.py
    page = new_page(color_scheme=colours, viewport={"width": 360, "height": 740})
    sign_in(page, build_user("ada"))
    page.goto("/settings/secrets")
    page.get_by_label("Name", exact=True).fill("MODEL_KEY")
    page.get_by_label("Value").fill("one")
    page.get_by_label("Also give it to").fill("nobody")
    page.get_by_role("button", name="Keep a secret").click()

    expect(page.get_by_role("alert")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Also give it to")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    page.get_by_label("Value").fill("one")
    page.get_by_label("Value").press("Enter")

    expect(page.get_by_role("row").filter(has_text="MODEL_KEY")).to_contain_text("nobody else")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
