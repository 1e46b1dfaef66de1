"""The catalogue in a real browser: found, published, composed, forked, yanked and deleted; with and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from hub.actors import Actor
from hub.models import User
from registry.models import Package, Release
from tests.browser.conftest import Watch

type SignIn = Callable[[Page, User], None]
type Build = Callable[..., Package]
type Axe = Callable[..., list[str]]

BROKEN = "name: Ours\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: Ours\n    provider: opena\n    model: m1\n"
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def signed_in(page: Page, sign_in: SignIn, owner: Actor) -> Page:
    """A page of acme's owner."""
    assert owner.user is not None
    sign_in(page, owner.user)
    return page


def test_results_follow_the_words_while_they_are_typed(page: Page, build_package: Build, axe: Axe) -> None:
    build_package("naming-things", "1.0.0")
    build_package("error-messages", "1.0.0")
    page.goto("/search")
    results = page.locator("#results")
    expect(results.get_by_role("article")).to_have_count(2)

    page.get_by_label("Words").focus()
    page.keyboard.type("naming")

    expect(results.get_by_role("article")).to_have_count(1)
    expect(results).to_contain_text("naming-things")
    expect(page).to_have_url(re.compile(r"q=naming"))
    expect(page.get_by_label("Words")).to_be_focused()
    page.get_by_label("Words").fill("nothing like it")
    expect(results).to_contain_text("No package matches")
    assert axe(page, color_scheme="light") == []


def test_searching_works_without_scripts(new_page: Callable[..., Page], build_package: Build) -> None:
    build_package("naming-things", "1.0.0")
    build_package("error-messages", "1.0.0", kind="prompt")
    page = new_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("main").get_by_role("searchbox").fill("naming")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.get_by_role("article")).to_have_count(1)

    page.get_by_role("link", name="Clear").click()
    page.get_by_role("combobox", name="Kind").select_option("prompt")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    page.get_by_role("link", name="acme/error-messages").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("acme/error-messages")


def test_a_faulty_manifest_is_mended_and_published(signed_in: Page, watch: Watch, axe: Axe) -> None:
    watch.allow("status of 422")
    page = signed_in
    page.goto("/publish")
    page.get_by_role("main").get_by_role("link", name="Model Which").click()
    page.get_by_label("Namespace", exact=True).select_option("acme")
    page.get_by_label("Name", exact=True).fill("ours")
    page.get_by_role("radio", name="Public").check()
    page.get_by_label("Manifest").fill(BROKEN.replace("opena\n", "[opena\n"))
    page.get_by_role("button", name="Publish").click()

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Manifest")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Manifest: Line \d+, column \d+: "))
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []

    page.get_by_label("Manifest").fill(BROKEN.replace("opena\n", "openai\n"))
    page.get_by_role("button", name="Publish").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("acme/ours")
    expect(page.get_by_role("status").filter(has_text="Published acme/ours@1.0.0.")).to_be_visible()
    expect(page.get_by_role("region", name="Terminal: cn")).to_contain_text("cn --model acme/ours")
    assert "\r" not in Release.objects.get(package__name="ours").manifest


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_an_assistant_is_composed_and_published(
    new_page: Callable[..., Page], sign_in: SignIn, owner: Actor, build_package: Build, *, scripts: bool
) -> None:
    for name, kind in (("first", "rule"), ("second", "rule"), ("answers", "model")):
        build_package(name, "1.0.0", "1.2.0", kind=kind)
    assert owner.user is not None
    page = new_page(java_script_enabled=scripts)
    sign_in(page, owner.user)
    page.goto("/compose")
    page.get_by_label("Namespace", exact=True).select_option("acme")
    page.get_by_label("Name", exact=True).fill("helper")
    for name in ("first", "second", "answers"):
        page.get_by_role("button", name=f"Add acme/{name}").click()
        expect(page.get_by_label(f"Versions acme/{name}")).to_have_value("^1.2.0")
        if scripts:
            expect(page.get_by_role("button", name=f"Remove acme/{name}").last).to_be_focused()
    page.get_by_label("Rule 1").fill("Be brief.\nAlways.")
    page.get_by_role("button", name="Move acme/second up").click()
    if scripts:
        expect(page.get_by_role("button", name="Move acme/second up")).to_be_focused()
    page.get_by_label("Versions acme/answers").fill("1.0.0")
    page.get_by_role("radio", name="Public").check()
    page.get_by_role("button", name="Update the preview").last.click()

    manifest = page.get_by_role("region", name="manifest.yaml")
    expect(manifest).to_contain_text(re.compile(r"acme/second.*acme/first", re.DOTALL))
    expect(page.get_by_text("Everything resolves.")).to_be_visible()
    expect(page.get_by_role("table", name="Models").get_by_role("row").last).to_contain_text("asked for exactly")
    expect(page.get_by_role("table", name="Secrets")).to_contain_text("127.0.0.1:9")
    page.get_by_role("button", name="Publish").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("acme/helper")
    expect(page.get_by_role("region", name="Terminal: cn")).to_contain_text("cn --config acme/helper")
    expect(page.get_by_role("table", name="Rules")).to_contain_text("newest release that fits ^1.2.0")
    expect(page.get_by_role("table", name="Rules")).to_contain_text("written out in this assistant")


def test_a_draft_that_does_not_resolve_says_where(signed_in: Page, build_package: Build, watch: Watch) -> None:
    watch.allow("status of 422")
    build_package("first", "1.0.0")
    page = signed_in
    page.goto("/compose?do=add:acme/first")
    page.get_by_label("Versions acme/first").fill("^9.0.0")
    page.keyboard.press("Enter")
    fault = re.compile(r"Line 5, column 11: No release of “acme/first” fits “\^9.0.0”. The newest release is 1.0.0.")
    expect(page.get_by_text(fault)).to_be_visible()

    page.get_by_role("button", name="Advanced: edit the YAML").click()
    source = page.get_by_label("Manifest", exact=True)
    source.fill(source.input_value().replace("^9.0.0", "^1.0.0"))
    page.get_by_label("Name", exact=True).fill("Not A Name")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("Name: A package name has only lower-case letters")

    page.get_by_label("Name", exact=True).fill("helper")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("olga/helper")


def test_yanking_asks_for_a_reason_and_can_be_taken_back(signed_in: Page, build_package: Build, watch: Watch) -> None:
    watch.allow("status of 422")
    build_package("leaky", "1.0.0", "1.1.0")
    page = signed_in
    page.goto("/acme/leaky/releases/1.1.0")
    page.get_by_role("link", name="Yank…").click()
    page.get_by_label("Reason").fill("   ")
    page.get_by_role("button", name="Yank this release").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Reason").fill("It leaks.")
    page.get_by_role("button", name="Yank this release").click()
    expect(page.get_by_role("main")).to_contain_text("It leaks.")

    page.get_by_role("link", name="Releases").click()
    expect(page.get_by_role("row").filter(has_text="1.0.0")).to_contain_text("Latest")
    page.get_by_role("link", name="1.1.0", exact=True).click()
    page.get_by_role("link", name="Take the yank back…").click()
    page.get_by_role("button", name="Take the yank back").click()
    expect(page.get_by_role("status").filter(has_text="can be chosen again")).to_be_visible()


def test_deleting_asks_for_the_name(signed_in: Page, build_package: Build, watch: Watch) -> None:
    watch.allow("status of 422")
    watch.allow("status of 404")  # the page of what was deleted
    build_package("old", "1.0.0")
    page = signed_in
    page.goto("/acme/old/settings")
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_label("Name of the package").fill("acme/new")
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not the name.")
    page.get_by_label("Name of the package").fill("acme/old")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("status").filter(has_text="Deleted acme/old.")).to_be_visible()
    answer = page.goto("/acme/old")
    assert answer is not None
    assert answer.status == 404


def test_a_fork_remembers_where_it_comes_from(signed_in: Page, build_package: Build, build_assistant: Build) -> None:
    build_package("first", "1.0.0")
    build_assistant("helper", "rules:\n  - uses: acme/first@^1.0.0\n")
    page = signed_in
    page.goto("/acme/helper")
    page.get_by_role("link", name="Fork", exact=True).click()
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_role("button", name="Fork").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("olga/mine")
    page.get_by_role("complementary").get_by_role("link", name="acme/helper").click()
    page.get_by_role("link", name="Forks").click()
    expect(page.get_by_role("article")).to_contain_text("olga/mine")


def test_what_uses_a_package_is_told_only_as_far_as_one_may_see(
    page: Page, sign_in: SignIn, owner: Actor, stranger: Actor, build_package: Build, build_assistant: Build
) -> None:
    build_package("first", "1.0.0")
    build_assistant("seen", "rules:\n  - uses: acme/first\n")
    build_assistant("hidden", "rules:\n  - uses: acme/first\n", visibility="private")
    assert owner.user is not None
    assert stranger.user is not None
    sign_in(page, stranger.user)
    page.goto("/acme/first/used-by")
    expect(page.get_by_role("table", name="Used by").get_by_role("link")).to_have_text(["acme/seen"])
    sign_in(page, owner.user)
    page.reload()
    expect(page.get_by_role("table", name="Used by").get_by_role("link")).to_have_text(["acme/hidden", "acme/seen"])


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/search",
        "/publish",
        "/publish?kind=rule",
        "/compose?do=add:acme/first",
        "/acme",
        "/acme/first",
        "/acme/first/manifest",
        "/acme/first/releases",
        "/acme/first/releases/1.0.0",
        "/acme/first/releases/1.0.0/yank",
        "/acme/first/used-by",
        "/acme/first/forks",
        "/acme/first/new-release",
        "/acme/first/settings",
        "/acme/first/delete",
        "/acme/first/fork",
        "/acme/helper",
        "/acme/helper/manifest",
    ],
)
def test_pages_are_accessible_and_fit_a_phone(
    signed_in: Page, build_package: Build, build_assistant: Build, axe: Axe, address: str
) -> None:
    build_package("first", "1.0.0")
    build_package("answers", "1.0.0", kind="model")
    build_assistant("helper", "models:\n  - uses: acme/answers\nrules:\n  - uses: acme/first@^1.0.0\n")
    page = signed_in
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200
    assert axe(page, color_scheme="light") == []
    assert axe(page, color_scheme="dark") == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []
