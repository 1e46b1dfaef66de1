"""A mirror is set up, run and looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from hub.models import Job, Organization, User
from hub.services import jobs
from registry.services import mirror_runs, mirrors
from tests.browser.conftest import Watch
from tests.registry.test_mirrors import Upstream, upstream

__all__ = ["upstream"]


def test_a_mirror_from_its_beginning_to_its_end(
    page: Page,
    sign_in: Callable[[Page, User], None],
    axe: Callable[..., list[str]],
    watch: Watch,
    owner: Any,
    organization: Organization,
    upstream: Upstream,
) -> None:
    watch.allow("status of 422")
    sign_in(page, owner.user)
    upstream.offer("com.example/issues", "1.0.0")
    upstream.offer("com.example/odd", "newest")
    page.goto("/organizations/acme/mirrors")
    expect(page.get_by_text("No mirrors yet")).to_be_visible()
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []
    page.get_by_label("An MCP registry").check()
    page.get_by_label("Address").fill("https://10.0.0.1")
    page.get_by_role("button", name="Follow an upstream").click()
    expect(page.get_by_role("link", name="The address belongs to a private network.")).to_be_visible()
    page.get_by_label("Address").fill(upstream.url)
    page.get_by_role("button", name="Follow an upstream").click()
    expect(page.get_by_text("Nothing has been mirrored yet.")).to_be_visible()

    page.get_by_role("button", name="Look for changes now").click()
    page.wait_for_url("**/jobs/*")
    jobs.register(mirrors.JOB, mirror_runs.handle)
    jobs.run(Job.objects.get().id)
    page.goto("/organizations/acme/mirrors")
    page.get_by_role("link", name=upstream.url).click()
    expect(page.get_by_role("row").filter(has_text="com.example/issues")).to_be_visible()
    expect(page.get_by_text("com.example/odd@newest")).to_be_visible()
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []
    page.get_by_role("link", name="acme/com.example.issues").click()
    expect(page.get_by_text("mirrored from")).to_be_visible()
    assert axe(page, color_scheme="light") == []

    page.go_back()
    page.get_by_role("button", name="Stop following…").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop following").click()
    expect(page.get_by_text("It is followed no longer.")).to_be_visible()
