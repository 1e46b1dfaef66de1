"""A webhook is made, tested, looked at, rotated and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from hub.models import Organization, User
from hub.services import webhook_deliveries
from tests.browser.conftest import Watch
from tests.support.receiver import receiving


def test_a_webhook_from_its_beginning_to_its_end(
    page: Page,
    sign_in: Callable[[Page, User], None],
    axe: Callable[..., list[str]],
    watch: Watch,
    settings: Any,
    owner: Any,
    organization: Organization,
) -> None:
    watch.allow("status of 422")
    sign_in(page, owner.user)
    with receiving() as receiver:
        settings.WEBHOOK_ALLOWED_HOSTS = [receiver.host]
        page.goto("/organizations/acme/webhooks")
        expect(page.get_by_text("No webhooks yet")).to_be_visible()
        assert axe(page, color_scheme="light") == []
        page.get_by_label("Address").fill("https://10.0.0.1/")
        page.get_by_role("button", name="Make a webhook").click()
        expect(page.get_by_role("link", name="The address belongs to a private network.")).to_be_visible()
        page.get_by_label("Address").fill(receiver.url())
        page.get_by_role("button", name="Make a webhook").click()

        expect(page.get_by_role("heading", name="The signing secret")).to_be_visible()
        secret = page.locator("#webhook-secret").inner_text().strip()
        assert axe(page, color_scheme="dark") == []
        page.get_by_role("link", name="I have copied it").click()
        expect(page.get_by_text("Nothing sent yet")).to_be_visible()
        page.get_by_role("button", name="Send a test message").click()
        webhook_deliveries.deliver_due()
        assert receiver.verified(secret)["type"] == "webhook.test"

        page.reload()
        expect(page.get_by_role("row").filter(has_text="webhook.test")).to_contain_text("Delivered")
        assert axe(page, color_scheme="light") == []
        assert axe(page, color_scheme="dark") == []
        page.get_by_role("link", name="webhook.test").click()
        page.get_by_text("What came back").click()
        expect(page.get_by_text("thanks")).to_be_visible()
        assert axe(page, color_scheme="light") == []
        assert axe(page, color_scheme="dark") == []
        page.get_by_role("button", name="Send it again").click()
        expect(page.get_by_text("on its way again")).to_be_visible()
        webhook_deliveries.deliver_due()
        assert len(set(receiver.ids)) == 1

        page.goto("/organizations/acme/webhooks")
        page.get_by_role("link", name=receiver.url()).click()
        page.get_by_role("link", name="Rotate the secret…").click()
        page.get_by_role("button", name="Rotate it").click()
        expect(page.get_by_role("heading", name="The signing secret")).to_be_visible()
        page.get_by_role("link", name="I have copied it").click()
        page.get_by_role("button", name="Delete…").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("The webhook is deleted.")).to_be_visible()


def test_a_persons_own_webhooks_work_without_script(
    new_page: Callable[..., Page], sign_in: Callable[[Page, User], None], axe: Callable[..., list[str]], stranger: Any
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, stranger.user)
    page.goto("/settings/webhooks")
    page.get_by_label("Address").fill("https://example.com/hook")
    page.get_by_role("button", name="Make a webhook").click()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
