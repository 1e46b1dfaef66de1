"""The composer in a real browser: an assistant is built on, inputs are asked for, and what contradicts itself is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from assistants.models import Lock
from hub.actors import Actor
from hub.models import User
from registry.models import Package
from registry.services import releases
from tests.browser.conftest import keep_picture

type Build = Callable[..., Package]
type Axe = Callable[..., list[str]]
type SignIn = Callable[[Page, User], None]

PROMPT = """\
name: Changelog
version: 1.0.0
inputs:
  BRANCH: {description: The branch to compare with., default: main, choices: [main, develop]}
  ENTRIES: {type: integer, description: How many.}
prompts:
  - name: changelog
    prompt: ${{ inputs.ENTRIES }} entries since ${{ inputs.BRANCH }}.
"""


@pytest.fixture
def parts(build_package: Build, build_assistant: Build, owner: Actor) -> None:
    """`acme/base`, which an assistant can build on, and `acme/changelog`, which declares inputs."""
    build_package("style", "1.0.0")
    build_assistant("base", "rules:\n  - uses: acme/style\n  - name: Brief\n    rule: Be brief.\n")
    package = build_package("changelog", kind="prompt")
    releases.publish(by=owner, package=package, version="1.0.0", manifest=PROMPT)


def test_an_assistant_is_composed_of_a_base_and_a_prompt_with_inputs(
    page: Page, sign_in: SignIn, parts: None, owner: Actor, axe: Axe, watch: object
) -> None:
    assert owner.user is not None
    sign_in(page, owner.user)
    page.goto("/compose?add=acme/base&add=acme/changelog")
    expect(page.get_by_role("heading", name="Builds on")).to_have_count(1)
    page.get_by_label("BRANCH").select_option("develop")
    page.get_by_label("ENTRIES").fill("many")
    page.get_by_label("Name", exact=True).fill("writer")
    page.locator("#compose-update").click()
    expect(page.get_by_text("ENTRIES of “acme/changelog” is a whole number")).to_be_visible()
    page.get_by_label("ENTRIES").fill("5")
    page.locator("#compose-update").click()
    expect(page.get_by_text("Everything resolves.")).to_be_visible()
    expect(page.get_by_text("by way of acme/base@1.0.0")).to_be_visible()
    for scheme in ("light", "dark"):
        assert axe(page, color_scheme=scheme) == []
        keep_picture(page, f"composing-{scheme}")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="writer").first).to_be_visible()
    assert axe(page) == []
    keep_picture(page, "composing-published")
    lock = Lock.objects.select_related("bundle").get(release__package__name="writer")
    assert b"5 entries since develop." in bytes(lock.bundle.content)
