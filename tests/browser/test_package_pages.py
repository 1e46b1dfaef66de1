"""Package pages in a real browser: comparing, downloads, dependencies and badges, in light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from registry.models import DownloadCount, Package, Release
from registry.services import downloads, releases
from tests.conftest import RULE

type Build = Callable[..., Package]
type Axe = Callable[..., list[str]]

PHONE = {"width": 400, "height": 800}
README = "# Style\n\n## Use it\n\nWords.\n\n## How\n\n[Use it](#use-it) so.\n\n## Why\n\nBecause.\n"


@pytest.fixture
def style(build_package: Build, build_assistant: Build, owner: Actor) -> Package:
    """A rule with releases of every sort, used by an assistant, downloaded now and then."""
    package = build_package("style")
    for version in ("1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0"):
        manifest = RULE.format(title="style", version=version, text=f"Write short sentences, says {version}.")
        notes = releases.Notes(readme=README, changelog=f"Changes of {version}.\n")
        releases.publish(by=owner, package=package, version=version, manifest=manifest, notes=notes)
    releases.yank(
        by=owner, release=package.releases.select_related("package__namespace").get(version="1.1.0"), reason="R."
    )
    build_package("tracker", "1.0.0", kind="mcp-server")
    build_assistant("helper", "mcpServers:\n  - uses: acme/tracker\nrules:\n  - uses: acme/style\n")
    for release in Release.objects.all():
        for days in range(0, 100, 3):
            day = downloads.today() - timedelta(days=days)
            DownloadCount.objects.create(release=release, day=day, count=days + 1)
    downloads.roll_up()
    return package


def test_two_releases_are_chosen_and_compared_with_and_without_scripts(
    new_page: Callable[..., Page], style: Package
) -> None:
    for scripts in (True, False):
        page = new_page(java_script_enabled=scripts)
        page.goto("/acme/style/releases")
        page.get_by_role("link", name="Compare", exact=True).click()
        expect(page.get_by_label("From")).to_have_value("1.0.0")
        expect(page.get_by_label("To", exact=True)).to_have_value("1.2.0")
        page.get_by_label("From").select_option("1.1.0")
        page.get_by_role("button", name="Compare").click()
        expect(page).to_have_url(re.compile(r"from=1\.1\.0&to=1\.2\.0"))
        expect(page.get_by_role("region", name="Differences in manifest.yaml")).to_contain_text("says 1.2.0.")
        page.get_by_role("link", name="Unified").click()
        expect(page.get_by_role("region", name="Differences in manifest.yaml").get_by_role("row")).not_to_have_count(0)
        page.get_by_role("link", name="Swap").click()
        expect(page.get_by_label("From")).to_have_value("1.2.0")


def test_downloads_are_shown_for_the_period_that_is_chosen(page: Page, style: Package) -> None:
    page.goto("/acme/style")
    chart = page.get_by_role("img", name="Downloads in the last 30 days")
    expect(chart).to_be_visible()
    expect(chart.locator("rect")).to_have_count(10)
    page.get_by_role("link", name="90 days").click()
    expect(page.get_by_role("img", name="Downloads in the last 90 days").locator("rect")).to_have_count(30)
    page.get_by_text("As a table").click()
    expect(page.get_by_role("table", name="Downloads in the last 90 days").get_by_role("row")).to_have_count(91)


def test_badges_are_pictures_that_can_be_seen(page: Page, style: Package) -> None:
    page.goto("/acme/style")
    for name in ("acme/style: 1.2.0", re.compile("downloads: ")):
        badge = page.get_by_role("img", name=name)
        expect(badge).to_be_visible()
        assert badge.evaluate("image => image.complete && image.naturalWidth > 40")
    page.get_by_text("Put it into a README").click()
    expect(page.get_by_role("region", name="README.md")).to_contain_text("/acme/style/badge.svg)](")


def test_a_heading_of_the_readme_is_led_to(page: Page, style: Package) -> None:
    page.goto("/acme/style")
    page.get_by_text("Contents", exact=True).click()
    page.get_by_role("link", name="How", exact=True).click()
    expect(page).to_have_url(re.compile("#readme-how$"))
    expect(page.locator("#readme-how")).to_be_in_viewport()


@pytest.mark.parametrize(
    "address",
    [
        "/acme/style?period=365",
        "/acme/style/releases",
        "/acme/style/releases?show=prereleases",
        "/acme/style/releases/1.1.0",
        "/acme/style/releases/1.2.0?period=90",
        "/acme/style/compare",
        "/acme/style/compare?from=1.0.0&to=1.2.0&view=unified",
        "/acme/style/compare?to=1.0.0",
        "/acme/style/used-by",
        "/acme/style/dependencies",
        "/acme/tracker/dependencies",
        "/acme/helper/dependencies",
        "/acme/helper/compare",
    ],
)
def test_package_pages_are_accessible_and_fit_a_phone(page: Page, style: Package, axe: Axe, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    for summary in page.locator("main summary").all():
        summary.click()
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []
