"""A proposal in a real browser: written, commented at a line, reviewed, merged; and the bell that tells of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from hub.models import User
from registry.models import Package, Proposal, ProposalEvent
from registry.services import proposal_events, proposals
from registry.services.proposals import Content
from tests.browser.conftest import Watch
from tests.conftest import RULE

type SignIn = Callable[[Page, User], None]
type Axe = Callable[..., list[str]]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def style(build_package: Callable[..., Package]) -> Package:
    """`acme/style@1.0.0`, public."""
    return build_package("style", "1.0.0")


def manifest(text: str, version: str = "1.1.0") -> str:
    return RULE.format(title="style", version=version, text=text)


def propose(by: Actor, package: Package) -> None:
    text = manifest("Text of style 1.1.0, and **more**.") + "    globs: ['*.py']\n"
    content = Content("1.1.0", text, readme="# Style\n\nNew words.\n", changelog="More words.")
    proposals.create(by=by, package=package, title="Say more", message="Because *less* is not enough.", content=content)


def clean(page: Page, axe: Axe) -> None:
    """The page keeps the rules of accessibility in both schemes."""
    for scheme in ("light", "dark"):
        assert axe(page, color_scheme=scheme) == []
    page.emulate_media(color_scheme="light")


def test_a_proposal_is_written_and_mended(
    page: Page, sign_in: SignIn, style: Package, stranger: Actor, axe: Axe, watch: Watch
) -> None:
    watch.allow("status of 422")
    assert stranger.user
    sign_in(page, stranger.user)
    page.goto("/acme/style")
    page.get_by_role("link", name=re.compile("^Proposals")).click()
    expect(page.get_by_text("No proposal here")).to_be_visible()
    page.get_by_role("link", name="Propose a change").click()
    clean(page, axe)
    page.get_by_label("Title").fill("Say more")
    page.get_by_label("Message").fill("Because *less* is not enough.")
    page.get_by_label("Manifest").fill(manifest("ghp_" + "a1B2" * 9))
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Manifest").fill(manifest("More words."))
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("heading", name="Say more #1")).to_be_visible()
    expect(page.get_by_text("The changelog is empty")).to_be_visible()
    clean(page, axe)


def test_it_is_commented_at_a_line_reviewed_and_merged(
    page: Page, sign_in: SignIn, style: Package, stranger: Actor, owner: Actor, axe: Axe
) -> None:
    propose(stranger, style)
    assert owner.user
    sign_in(page, owner.user)
    page.goto("/acme/style/proposals/1")
    page.get_by_role("link", name="Changes").click()
    clean(page, axe)
    table = page.get_by_role("table", name=re.compile("manifest"))
    expect(table.locator("ins").first).to_be_visible()
    page.get_by_role("link", name="Comment on line 6").last.click()
    page.get_by_label("Comment").fill("Why **bold**?")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("article", name="Comment of olga")).to_contain_text("Why bold?")
    clean(page, axe)
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("article", name="Comment of olga")).to_contain_text("Resolved")

    page.get_by_role("link", name="Conversation").click()
    page.get_by_role("radio", name=re.compile("^Approve")).check()
    page.get_by_role("button", name="Send the review").click()
    expect(page.get_by_role("article", name="Review of olga")).to_contain_text("Approved")
    page.get_by_role("link", name="Merge…").click()
    clean(page, axe)
    page.get_by_role("button", name="Merge and publish").click()
    expect(page.get_by_text("Published as 1.1.0 by olga.")).to_be_visible()
    clean(page, axe)
    page.get_by_role("link", name="1.1.0", exact=True).first.click()
    expect(page.get_by_role("link", name="#1")).to_be_visible()


def test_the_bell_counts_and_the_list_is_read(
    page: Page, sign_in: SignIn, style: Package, stranger: Actor, owner: Actor, axe: Axe
) -> None:
    propose(stranger, style)
    for event in ProposalEvent.objects.all():
        proposal_events.tell(event_id=event.pk)
    assert owner.user
    sign_in(page, owner.user)
    page.goto("/acme/style")
    bell = page.get_by_role("link", name="Notifications: 1 unread")
    expect(bell).to_be_visible()
    bell.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Notifications")).to_be_visible()
    clean(page, axe)
    page.get_by_role("button", name="Open").click()
    expect(page).to_have_url(re.compile("/acme/style/proposals/1$"))
    expect(page.get_by_role("link", name="Notifications: none unread")).to_be_visible()
    page.goto("/settings/notifications")
    clean(page, axe)


def test_a_conflict_is_decided_in_the_editor_without_scripts(
    new_page: Callable[..., Page], sign_in: SignIn, style: Package, stranger: Actor, owner: Actor, axe: Axe
) -> None:
    propose(stranger, style)
    propose(owner, style)
    second = Proposal.objects.select_related("package__namespace").get(number=2)
    proposals.merge(by=owner, proposal=second, revision=1)
    page = new_page(java_script_enabled=False, viewport=PHONE)
    assert stranger.user
    sign_in(page, stranger.user)
    page.goto("/acme/style/proposals/1")
    page.get_by_role("link", name="Bring it up to date").click()
    expect(page.get_by_text("could be put together with 1.1.0")).to_be_visible()
    page.get_by_role("link", name="Notifications").click()
    expect(page.get_by_text("Nothing yet")).to_be_visible()
