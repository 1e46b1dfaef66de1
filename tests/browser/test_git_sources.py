"""Connecting a repository in the browser: from the empty page to the report of its first sync."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from registry import background
from registry.models import SyncRun
from registry.services import git_syncs
from tests.browser.conftest import PICTURES
from tests.registry.git import rule
from tests.support import git_server


@pytest.mark.django_db(transaction=True)
def test_a_repository_is_connected_synced_and_disconnected(
    page: Page,
    owner: Actor,
    sign_in: Callable[..., None],
    axe: Callable[..., list[str]],
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "send", lambda task, run_id: None)
    PICTURES.mkdir(parents=True, exist_ok=True)

    def look(name: str) -> None:
        for scheme in ("light", "dark"):
            assert axe(page, color_scheme=scheme) == [], name
            page.screenshot(path=PICTURES / f"source-{name}-{scheme}.png", full_page=True)

    sign_in(page, owner.user)
    with git_server.running(tmp_path) as server:
        settings.GIT_ALLOWED_HOSTS = [f"127.0.0.1:{server.port}"]
        remote = server.new()
        remote.commit(
            {
                "ai/style.mdc": rule("style"),
                "ai/broken.mdc": b"---\nname: broken\n---\nCaf\xe9\n",
                "ai/link.mdc": (git_server.LINK, "style.mdc"),
            }
        )
        page.goto("/organizations/acme")
        page.get_by_role("link", name="Sources").click()
        look("empty")
        page.get_by_role("link", name="Connect a repository").click()
        look("new")
        page.get_by_label("Repository").fill(remote.url)
        page.get_by_label("Folder").fill("ai")
        page.get_by_role("button", name="Connect and sync").click()
        expect(page.get_by_role("heading", name="The webhook")).to_be_visible()
        look("secret")
        page.get_by_role("link", name="I have copied it").click()
        expect(page.get_by_role("status").get_by_text("Waiting")).to_be_visible()
        look("waiting")
        git_syncs.work(run_id=SyncRun.objects.get().id)
        expect(page.get_by_text("Nothing is under way")).to_be_visible()
        page.reload()
        look("done")
        page.get_by_role("row").nth(1).get_by_role("link").click()
        expect(page.get_by_role("row", name="ai/style.mdc")).to_contain_text("Published")
        expect(page.get_by_role("row", name="ai/link.mdc")).to_contain_text("symbolic link")
        look("report")
        page.get_by_label("Outcome").select_option("refused")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("row", name="ai/broken.mdc")).to_be_visible()
        expect(page.get_by_role("row", name="ai/style.mdc")).to_have_count(0)
        page.goto("/acme/style")
        expect(page.get_by_text("ai/style.mdc")).to_be_visible()
        page.goto("/organizations/acme/sources")
        look("list")
        page.get_by_role("link", name=remote.url).click()
        page.get_by_role("link", name="Change…").click()
        look("edit")
        page.get_by_role("link", name="Cancel").click()
        page.get_by_role("link", name="Disconnect…").click()
        page.get_by_role("button", name="Disconnect").click()
        expect(page.get_by_text("Disconnected.")).to_be_visible()
