"""The reference page of the API works under the content security policy: the `page` fixture fails on any refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from hub.models import User


def test_reference_page_lists_the_operations(page: Page) -> None:
    answer = page.goto("/api/docs")

    expect(page.get_by_role("heading", name="Assistant Hub API")).to_be_visible()
    page.locator("#operations-tag-packages").click()
    expect(page.get_by_text("/api/v1/packages", exact=True).first).to_be_visible()
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_an_operation_is_tried_out_in_the_page(
    page: Page, sign_in: Callable[[Page, User], None], build_user: Callable[..., User]
) -> None:
    sign_in(page, build_user("ada"))
    page.goto("/api/docs")
    page.locator("#operations-tag-me").click()
    operation: Any = page.locator("#operations-me-me")

    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()

    expect(operation.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(operation.locator(".live-responses-table")).to_contain_text("ada")
