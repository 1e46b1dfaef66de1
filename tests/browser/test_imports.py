"""Handing an archive in: the plan, the question, the report."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from hub.models import Organization, User
from tests.registry.test_import_uploads import ARCHIVE, work

SHOTS = os.environ.get("IMPORT_SHOTS", "")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_an_archive_is_looked_through_and_imported(
    page: Page,
    sign_in: Callable[[Page, User], None],
    axe: Callable[..., list[str]],
    owner: Any,
    organization: Organization,
) -> None:
    sign_in(page, owner.user)
    page.goto("/imports")
    shot(page, "1-form")
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []
    archive = {"name": "project.zip", "mimeType": "application/zip", "buffer": ARCHIVE}
    page.get_by_label("Archive or file").set_input_files(files=[archive])
    page.get_by_label("Namespace", exact=True).select_option("acme")
    page.get_by_role("button", name="Look through it").click()

    expect(page.get_by_role("progressbar")).to_be_visible()
    assert axe(page) == []
    shot(page, "2-progress")
    work()
    # The page finds out by itself.
    expect(page.get_by_role("button", name="Import it")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="style.mdc")
    expect(row).to_contain_text("acme/style@1.0.0")
    shot(page, "3-plan")
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []
    page.get_by_role("link", name="refused").click()
    expect(page.get_by_text("is not UTF-8")).to_be_visible()
    expect(page.get_by_text("style.mdc")).to_have_count(0)
    page.get_by_role("button", name="Import it").click()

    expect(page.get_by_role("progressbar")).to_be_visible()
    work()
    expect(page.get_by_role("link", name="Download as JSON")).to_be_visible()
    shot(page, "4-report")
    page.get_by_role("link", name="acme/style@1.0.0").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("style")
