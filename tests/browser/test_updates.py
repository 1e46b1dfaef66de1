"""Updates in a real browser: an assistant is let float, its locks are read, a proposal of the hub is merged, a policy is set."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from hub.models import User
from registry.models import Package
from tests.assistants.updating import publish, settle

type SignIn = Callable[[Page, User], None]
type Axe = Callable[..., list[str]]
PHONE = {"width": 360, "height": 740}
SHOTS = os.environ.get("SCREENSHOTS")


@pytest.fixture
def helper(build_package: Callable[..., Package], build_assistant: Callable[..., Package]) -> Package:
    """`acme/helper`, which uses a rule and a server."""
    build_package("style", "1.0.0")
    build_package("tickets", "1.0.0", kind="mcp-server")
    return build_assistant("helper", "rules:\n  - uses: acme/style@^1\nmcpServers:\n  - uses: acme/tickets@^1\n")


def clean(page: Page, axe: Axe, name: str) -> None:
    """The page keeps the rules of accessibility in both schemes, and nothing is wider than a phone."""
    for scheme in ("light", "dark"):
        assert axe(page, color_scheme=scheme) == []
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{scheme}.png"), full_page=True)
    page.emulate_media(color_scheme="light")
    wide = page.viewport_size
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}-phone.png"), full_page=True)
    if wide:
        page.set_viewport_size(wide)


def test_an_assistant_is_let_float_and_its_locks_tell_what_moved(
    page: Page, sign_in: SignIn, helper: Package, owner: Actor, axe: Axe
) -> None:
    assert owner.user
    sign_in(page, owner.user)
    page.goto("/acme/helper/settings")
    page.get_by_role("link", name="Updates").click()
    clean(page, axe, "updates-settings")
    page.get_by_label("Floating").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    publish(owner, Package.objects.get(name="style"), "1.1.0")
    settle()
    page.goto("/acme/helper")
    expect(page.get_by_text("floating", exact=True)).to_be_visible()
    page.get_by_role("link", name="Locks").click()
    expect(page.get_by_text("1.0.0 → 1.1.0")).to_be_visible()
    expect(page.get_by_text("newest release that fits ^1")).to_be_visible()
    clean(page, axe, "locks")


def test_a_proposal_of_the_hub_says_what_changes_for_clients_and_is_merged(
    page: Page, sign_in: SignIn, helper: Package, owner: Actor, axe: Axe
) -> None:
    assert owner.user
    publish(owner, Package.objects.get(name="style"), "1.1.0")
    publish(owner, Package.objects.get(name="tickets"), "1.0.1")
    settle()
    sign_in(page, owner.user)
    page.goto("/acme/helper/proposals")
    expect(page.get_by_text("The hub", exact=True)).to_be_visible()
    page.get_by_role("link", name="Update 2 packages").click()
    expect(page.get_by_role("heading", name="What changes for clients")).to_be_visible()
    expect(page.get_by_text("Changes the text of the rule “style”", exact=False).first).to_be_visible()
    expect(page.get_by_text("The hub opened it")).to_be_visible()
    clean(page, axe, "update-proposal")
    page.get_by_role("link", name="Merge…").click()
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text("Merged, and published as acme/helper@1.1.0.")).to_be_visible()


def test_an_organization_says_what_its_assistants_are_made_of(
    page: Page, sign_in: SignIn, helper: Package, owner: Actor, axe: Axe
) -> None:
    assert owner.user
    sign_in(page, owner.user)
    page.goto("/organizations/acme")
    page.get_by_role("link", name="Usage policy").click()
    page.get_by_label("Cool-down, in hours").fill("48")
    page.get_by_label("Never these packages").fill("evil/*\nbad/style")
    page.get_by_label("Reason").fill("Not reviewed.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    expect(page.get_by_text("Version 1")).to_be_visible()
    clean(page, axe, "usage-policy")
