"""The context bill in a real browser, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from registry.models import Package

PHONE = {"width": 400, "height": 800}
MANIFEST = """models:
  - name: Claude Sonnet 4.6
    provider: anthropic
    model: claude-sonnet-4-6
  - name: GPT-5.2
    provider: openai
    model: gpt-5.2
  - name: Ours
    provider: ollama
    model: small
rules:
  - uses: acme/style
  - name: Migrations
    rule: Expand the schema first, move the data, and contract only when nothing reads the old columns any more.
    globs: ["**/migrations/*.py"]
    alwaysApply: false
  - name: Style again
    rule: Write short sentences.
  - name: Only on one machine
    rule: Keep to the folder.
    globs: /home/somebody/code/**
prompts:
  - name: Review
    prompt: Look at the change closely, and name the file and the line of everything that you find.
mcpServers:
  - uses: acme/tracker
"""


@pytest.fixture
def helper(build_package: Callable[..., Package], build_assistant: Callable[..., Package]) -> Package:
    """An assistant with something of everything."""
    build_package("style", "1.0.0")
    build_package("tracker", "1.0.0", kind="mcp-server")
    return build_assistant("helper", MANIFEST)


def test_the_bill_is_read_and_its_packages_are_reached(page: Page, helper: Package) -> None:
    page.goto("/acme/helper")
    page.get_by_role("link", name="Context bill").click()
    expect(page.get_by_role("heading", name="Context bill of 1.0.0")).to_be_visible()
    expect(page.get_by_text("tokens are sent with each request")).to_be_visible()
    costs = page.get_by_role("table", name="Cost of a thousand requests")
    expect(costs.get_by_role("row")).to_have_count(3)
    expect(costs.get_by_role("row", name="Claude Sonnet 4.6")).to_contain_text("16.7 % more tokens")
    items = page.get_by_role("table", name="Tokens that each part adds")
    expect(items.get_by_role("row")).to_have_count(7)
    expect(items.get_by_role("row", name="Migrations")).to_contain_text("**/migrations/*.py")
    expect(page.get_by_text("This rule never applies")).to_be_visible()
    items.get_by_role("link", name="acme/style").click()
    expect(page).to_have_url("/acme/style/releases/1.0.0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [None, PHONE], ids=["wide", "narrow"])
def test_everybody_can_read_it(
    new_page: Callable[..., Page],
    axe: Callable[..., list[str]],
    helper: Package,
    scheme: str,
    viewport: dict[str, int] | None,
) -> None:
    page = new_page(color_scheme=scheme, **({"viewport": viewport} if viewport else {}))
    page.goto("/acme/helper/bill")
    assert axe(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
