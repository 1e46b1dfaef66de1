"""What checks found, in a real browser: on the release's page and in the form that is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from registry.models import Package
from registry.services import releases
from tests.browser.conftest import Watch
from tests.registry.test_scans import NPX, OVERRIDE

type Axe = Callable[..., list[str]]


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_findings_stand_with_the_release(
    page: Page, build_package: Callable[..., Package], owner: Actor, axe: Axe, color_scheme: str
) -> None:
    package = build_package("tool", kind="mcp-server")
    releases.publish(by=owner, package=package, version="1.0.0", manifest=NPX)
    page.goto("/acme/tool")
    section = page.locator("#findings")
    expect(section.get_by_role("heading", name="Checks")).to_be_visible()
    expect(section).to_contain_text("line 7, column")
    section.get_by_text("Looked at").click()
    expect(section.get_by_text("hidden-unicode")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Bill of materials").click()
    assert download.value.suggested_filename == "tool-1.0.0.cdx.json"
    assert axe(page, color_scheme=color_scheme) == []


def test_a_refusal_says_where(
    page: Page,
    build_package: Callable[..., Package],
    sign_in: Callable[..., None],
    owner: Actor,
    watch: Watch,
    axe: Axe,
) -> None:
    watch.allow("status of 422")
    build_package("style", "1.0.0")
    sign_in(page, owner.user)
    page.goto("/acme/style/new-release")
    page.get_by_label("Manifest").fill(OVERRIDE)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("A character that overrides the direction of writing").first).to_be_visible()
    assert axe(page, color_scheme="dark") == []
