"""Taking back, reporting, moderating and proving a domain in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from hub.models import DomainProof, Namespace, User
from hub.services import domains
from registry.models import Package
from registry.services import quarantines, reports
from tests.browser.conftest import PICTURES, Watch

type SignIn = Callable[[Page, User], None]
type Build = Callable[..., Package]
type Axe = Callable[..., list[str]]


@pytest.fixture
def moderator(build_user: Callable[..., User]) -> User:
    """Somebody who moderates the hub."""
    user = build_user("mona")
    User.objects.filter(id=user.id).update(is_moderator=True)
    return user


def clean(page: Page, axe: Axe, name: str) -> None:
    """Accessible in both colours; a picture of each is kept."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        assert axe(page, color_scheme=scheme) == [], (name, scheme)
        page.screenshot(path=PICTURES / f"lifecycle-{name}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_package_is_deprecated_archived_and_quarantined(
    new_page: Callable[..., Page],
    sign_in: SignIn,
    owner: Actor,
    build_package: Build,
    axe: Axe,
    watch: Watch,
    *,
    scripts: bool,
) -> None:
    watch.allow("status of 422")
    watch.allow("status of 403")
    build_package("style", "1.0.0", "1.1.0")
    build_package("taste", "1.0.0")
    page = new_page(java_script_enabled=scripts)
    assert owner.user is not None
    sign_in(page, owner.user)
    page.goto("/acme/style/settings")
    page.get_by_role("link", name="Deprecate…").click()
    page.get_by_label("Message").fill("Taste does it better.")
    page.get_by_label("Use instead").fill("acme/nothing")
    page.get_by_role("button", name="Deprecate it").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no package “acme/nothing”")
    page.get_by_label("Use instead").fill("acme/taste")
    page.get_by_role("button", name="Deprecate it").click()
    page.get_by_role("link", name="Archive…").click()
    page.get_by_role("button", name="Archive it").click()
    if scripts:
        clean(page, axe, "settings")
    page.goto("/acme/style")
    expect(page.get_by_text("Taste does it better.")).to_be_visible()
    expect(page.get_by_role("link", name="acme/taste")).to_be_visible()
    expect(page.get_by_role("link", name="New release")).to_have_count(0)
    if scripts:
        clean(page, axe, "deprecated")
    page.goto("/acme/style/releases/1.0.0")
    page.get_by_role("link", name="Quarantine…").click()
    page.get_by_label("Reason").fill("It sends keys away.")
    page.get_by_label("Link").fill("https://example.com/advisory")
    page.get_by_role("button", name="Quarantine it").click()
    expect(page.get_by_role("link", name="https://example.com/advisory")).to_be_visible()
    if scripts:
        clean(page, axe, "quarantined-release")
    visitor = new_page(java_script_enabled=scripts)
    visitor.goto("/acme/style/releases/1.0.0")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Quarantined")
    expect(visitor.get_by_text("It sends keys away.")).to_be_visible()
    if scripts:
        clean(visitor, axe, "notice")
    page.get_by_role("link", name="Lift the quarantine…").click()
    page.get_by_role("button", name="Lift it").click()
    visitor.goto("/acme/style/releases/1.0.0")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("acme/style")


def test_a_report_is_made_and_decided(
    new_page: Callable[..., Page], sign_in: SignIn, moderator: User, stranger: Actor, build_package: Build, axe: Axe
) -> None:
    for name in ("style", "taste"):
        build_package(name, "1.0.0")
    reader = new_page()
    assert stranger.user is not None
    sign_in(reader, stranger.user)
    reader.goto("/acme/style")
    reader.get_by_role("link", name="Report it to the moderators").click()
    reader.get_by_label("What is wrong?").fill("It sends keys away.")
    clean(reader, axe, "report")
    reader.get_by_role("button", name="Report it").click()
    expect(reader.get_by_text("The moderators will look at it.")).to_be_visible()

    page = new_page()
    sign_in(page, moderator)
    page.goto("/")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("link", name="Moderation").click()
    expect(page.get_by_role("link", name="acme/style@1.0.0")).to_be_visible()
    clean(page, axe, "moderation")
    page.get_by_role("link", name="Quarantine…").click()
    page.get_by_label("Reason").fill("It sends keys away.")
    page.get_by_role("button", name="Quarantine it").click()
    page.goto("/moderation")
    page.get_by_role("link", name="Resolve…").click()
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("No report waits")).to_be_visible()
    page.get_by_role("link", name="Quarantined releases").click()
    expect(page.get_by_text("A moderator of this hub")).to_be_visible()
    clean(page, axe, "moderation-releases")
    page.get_by_role("link", name="Lift…").click()
    page.get_by_role("button", name="Lift it").click()
    page.goto("/moderation/releases")
    expect(page.get_by_text("Nothing is quarantined")).to_be_visible()
    clean(page, axe, "moderation-empty")


def test_a_domain_is_added_and_shown(
    page: Page,
    new_page: Callable[..., Page],
    sign_in: SignIn,
    owner: Actor,
    build_package: Build,
    axe: Axe,
    monkeypatch: Any,
) -> None:
    build_package("style", "1.0.0")
    assert owner.user is not None
    sign_in(page, owner.user)
    page.goto("/organizations/acme/domains")
    page.get_by_label("Domain", exact=True).fill("acme.example")
    page.get_by_role("button", name="Add a domain").click()
    expect(page.get_by_text("assistant-hub-verification=")).to_be_visible()
    clean(page, axe, "domains")
    monkeypatch.setattr(domains, "find", lambda *_: domains.Looked("dns"))
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_text("acme.example is proved.")).to_be_visible()
    clean(page, axe, "domains-proved")
    assert DomainProof.objects.get().verified_at == Namespace.objects.get(slug="acme").verified_at
    visitor = new_page()
    visitor.goto("/acme")
    expect(visitor.get_by_role("link", name="acme.example")).to_be_visible()
    clean(visitor, axe, "namespace")


def test_a_moderator_sees_what_is_private_by_name_alone(
    page: Page, sign_in: SignIn, moderator: User, owner: Actor, build_package: Build, axe: Axe
) -> None:
    secret = build_package("secret", "1.0.0", visibility="private")
    reports.file(by=owner, package=secret, reason="It leaks.")
    moderator.refresh_from_db()
    quarantines.impose(by=Actor(moderator), package=build_package("open", "1.0.0"), reason="It leaks.")
    sign_in(page, moderator)
    page.goto("/moderation")
    expect(page.get_by_text("acme/secret")).to_be_visible()
    expect(page.get_by_role("link", name="acme/secret")).to_have_count(0)
    page.goto("/moderation/packages")
    expect(page.get_by_role("link", name="acme/open")).to_be_visible()
    clean(page, axe, "moderation-packages")
