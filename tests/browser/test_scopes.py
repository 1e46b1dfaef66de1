"""Overlays and explanations in a real browser: an admin lays something over the others, a member sees why it is there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from assistants.models import Overlay
from assistants.services import overlays
from assistants.services.overlays import Setup
from hub.actors import Actor
from hub.models import Organization, User
from hub.services import teams
from registry.models import Package, Release
from registry.services import releases
from tests.browser.conftest import keep_picture

type Build = Callable[..., Package]
type Axe = Callable[..., list[str]]
type SignIn = Callable[[Page, User], None]

PHONE = {"width": 400, "height": 800}


@pytest.fixture
def helper(build_package: Build, build_assistant: Build, owner: Actor) -> Package:
    """acme/helper, with something passed over, overridden and in conflict with acme/base."""
    style = build_package("style", "1.0.0", "1.1.0", "2.0.0")
    yanked = Release.objects.select_related("package__namespace").get(package=style, version="1.1.0")
    releases.yank(by=owner, release=yanked, reason="It says too much.")
    build_package("brain", "1.0.0", kind="model")
    build_package("safety", "1.0.0", visibility="internal")
    build_assistant("base", "rules:\n  - uses: acme/safety\n  - name: style\n    rule: House.\n", visibility="internal")
    override = "override: {apiBase: 'http://127.0.0.1:8', roles: [chat, edit]}"
    return build_assistant(
        "helper", f"rules:\n  - uses: acme/style@^1\nmodels:\n  - uses: acme/brain\n    {override}\n"
    )


def test_an_admin_lays_an_assistant_over_the_others_and_takes_it_away(
    page: Page, sign_in: SignIn, helper: Package, organization: Organization, owner: Actor, admin: Actor, axe: Axe,
    watch: object,
) -> None:  # fmt: skip
    teams.create(by=owner, organization=organization, slug="backend", name="Backend")
    sign_in(page, admin.user)
    page.goto("/organizations/acme")
    page.get_by_role("link", name="Overlays").click()
    expect(page.get_by_text("No overlays yet")).to_be_visible()
    page.get_by_label("Assistant", exact=True).fill("acme/base")
    page.get_by_label("For").select_option("All members of the organization")
    page.get_by_label("Required: stays, whatever the assistant says").check()
    page.get_by_role("button", name="Lay an assistant over the others").click()
    row = page.get_by_role("row", name="acme/base")
    expect(row).to_contain_text("Required")
    expect(row).to_contain_text("1.0.0")
    for scheme in ("light", "dark"):
        assert axe(page, color_scheme=scheme) == []
        keep_picture(page, f"scopes-overlays-{scheme}")
    row.get_by_role("link", name="Edit").click()
    page.get_by_label("Release").fill("^1")
    page.get_by_label("In use").uncheck()
    assert axe(page) == []
    keep_picture(page, "scopes-overlay-edit")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="acme/base")).to_contain_text("not in use")
    page.get_by_role("row", name="acme/base").get_by_role("button", name="Take away…").click()
    page.get_by_role("dialog").get_by_role("button", name="Take it away").click()
    expect(page.get_by_text("It lies over nothing any more.")).to_be_visible()
    assert not Overlay.objects.exists()
    page.goto("/organizations/acme/teams/backend")
    page.get_by_role("link", name="Overlays").last.click()
    expect(page.get_by_label("For")).to_have_value("backend")


def test_a_member_reads_why_it_is_so(
    new_page: Callable[..., Page], sign_in: SignIn, helper: Package, organization: Organization, owner: Actor,
    member: Actor, axe: Axe,
) -> None:  # fmt: skip
    base = Package.objects.select_related("namespace", "latest_release").get(name="base")
    overlays.add(by=owner, organization=organization, package=base, setup=Setup(mode="required"))
    page = new_page()
    sign_in(page, member.user)
    page.goto("/acme/helper")
    page.get_by_role("link", name="Explanation").click()
    expect(page.get_by_role("table", name="Overlays").get_by_role("row", name="acme/base")).to_contain_text("required")
    summary = page.get_by_text("acme/style@^1").first
    summary.click()
    expect(page.get_by_text("yanked: It says too much.")).to_be_visible()
    expect(page.get_by_text("outside ^1")).to_be_visible()
    page.get_by_text("acme/brain@latest").first.click()
    expect(page.get_by_role("row", name="apiBase")).to_contain_text("http://127.0.0.1:8")
    for scheme in ("light", "dark"):
        assert axe(page, color_scheme=scheme) == []
        keep_picture(page, f"scopes-explanation-{scheme}")
    page.get_by_label("As it is for").select_option("none")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("It is not handed out like this")).to_be_visible()
    narrow = new_page(viewport=PHONE, java_script_enabled=False)
    sign_in(narrow, member.user)
    narrow.goto("/acme/helper/explanation")
    narrow.get_by_text("acme/style@^1").first.click()
    keep_picture(narrow, "scopes-explanation-narrow")
