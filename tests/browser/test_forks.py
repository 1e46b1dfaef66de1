"""A fork in a real browser: what it lacks, a merge with a conflict, proposing back, a mark as a fix."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from hub.models import User
from registry.models import Package
from registry.services import forks, packages, releases
from tests.browser.conftest import Watch

type SignIn = Callable[[Page, User], None]
type Axe = Callable[..., list[str]]
PHONE = {"width": 360, "height": 740}
RULES = "name: style\nversion: {version}\nschema: v1\nrules:\n  - name: style\n    rule: |\n{lines}"
LINES = ("Be kind.", "Read first.", "Ask when unsure.", "Write tests.", "Keep it short.")


def publish(by: Actor, package: Package, version: str, *lines: str, changelog: str = "") -> None:
    manifest = RULES.format(version=version, lines="".join(f"      {line}\n" for line in lines))
    releases.publish(
        by=by, package=package, version=version, manifest=manifest, notes=releases.Notes("# Style\n", changelog)
    )


@pytest.fixture
def fork(build_package: Callable[..., Package], owner: Actor, stranger: Actor) -> Package:
    """`stranger/style`, a public fork of `acme/style`; both changed the first line since."""
    style = build_package("style")
    publish(owner, style, "1.0.0", *LINES)
    style = Package.objects.select_related("namespace", "latest_release").get(id=style.pk)
    assert stranger.user
    made = forks.fork(by=stranger, upstream=style, namespace=stranger.user.namespace, name="style", visibility="public")
    publish(stranger, made, "1.1.0", "Be brave.", *LINES[1:])
    publish(owner, style, "1.1.0", *LINES[:4], "Keep it very short.", changelog="Shorter, please.")
    publish(owner, style, "1.2.0", "Be honest.", *LINES[1:4], "Keep it very short.", changelog="Honesty **first**.")
    mended = style.releases.select_related("package__namespace").get(version="1.2.0")
    releases.mark_fix(by=owner, release=mended, fix=releases.Fix("Kindness hid mistakes.", is_security=True))
    return made


def clean(page: Page, axe: Axe) -> None:
    """The page keeps the rules of accessibility in both schemes."""
    for scheme in ("light", "dark"):
        assert axe(page, color_scheme=scheme) == []
    page.emulate_media(color_scheme="light")


def test_a_fork_takes_in_what_changed_upstream(
    page: Page, sign_in: SignIn, fork: Package, stranger: Actor, axe: Axe, watch: Watch
) -> None:
    watch.allow("status of 422")
    assert stranger.user
    sign_in(page, stranger.user)
    page.goto("/stranger/style")
    page.get_by_role("link", name=re.compile("^Upstream")).click()
    expect(page.get_by_text("Upstream is 2 releases ahead")).to_be_visible()
    expect(page.get_by_text("Kindness hid mistakes.")).to_be_visible()
    expect(page.get_by_text("Shorter, please.")).to_be_visible()
    clean(page, axe)
    page.get_by_role("button", name="Merge from upstream").click()
    expect(page.get_by_text("1 place has to be decided")).to_be_visible()
    expect(page.get_by_text("It merges what changed in")).to_be_visible()
    expect(page.get_by_text("Both sides changed the same lines. Edit the proposal")).to_be_visible()
    clean(page, axe)
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_text("1 place stands between lines")).to_be_visible()
    clean(page, axe)
    manifest = page.get_by_label("Manifest")
    text = manifest.input_value()
    assert "<<<<<<< this package" in text
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("A conflict is not resolved.").first).to_be_visible()
    decided = re.sub(r"<{7} .*?>{7} [^\n]*\n", "      Be brave and honest.\n", text, flags=re.DOTALL)
    manifest.fill(decided)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Merge…").click()
    page.get_by_role("button", name=re.compile("^Merge")).click()
    expect(page.get_by_text(re.compile("Merged, and published as"))).to_be_visible()
    page.get_by_role("link", name=re.compile("^Upstream")).click()
    expect(page.get_by_text("This package has everything that its upstream published.")).to_be_visible()
    clean(page, axe)


def test_it_gives_back_and_works_on_a_phone_without_javascript(
    new_page: Callable[..., Page], sign_in: SignIn, fork: Package, stranger: Actor, axe: Axe
) -> None:
    page = new_page(viewport=PHONE, java_script_enabled=False)
    assert stranger.user
    sign_in(page, stranger.user)
    page.goto("/stranger/style/upstream")
    page.get_by_role("link", name="Propose back to upstream…").click()
    page.get_by_label("Title").fill("Be brave")
    page.get_by_role("button", name="Propose").click()
    expect(page).to_have_url(re.compile("/acme/style/proposals/1$"))
    expect(page.get_by_text("a fork of this package, changed")).to_be_visible()


def test_pages_of_fixes_and_of_a_hidden_upstream_are_clean(
    page: Page, sign_in: SignIn, fork: Package, owner: Actor, axe: Axe
) -> None:
    assert owner.user
    sign_in(page, owner.user)
    page.goto("/acme/style/releases")
    expect(page.get_by_text("Security fix")).to_be_visible()
    clean(page, axe)
    page.get_by_role("link", name="1.1.0", exact=True).click()
    page.get_by_role("link", name="Mark as a fix…").click()
    clean(page, axe)
    page.get_by_label("What it mends").fill("It was too long.")
    page.get_by_role("button", name="Mark it").click()
    expect(page.get_by_text("It was too long.").first).to_be_visible()
    clean(page, axe)
    style = Package.objects.select_related("namespace").get(namespace__slug="acme", name="style")
    packages.delete(by=owner, package=style)
    page.goto("/stranger/style/upstream")
    expect(page.get_by_text("This package was forked from one that is gone, or that you may not see.")).to_be_visible()
    clean(page, axe)
