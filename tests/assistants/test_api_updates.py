"""Updates over REST and on pages: settings, locks, differences, the policy of an organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from assistants.models import UpdateState
from hub.actors import Actor
from registry.models import Package
from tests.assistants.updating import current, floating, publish, settle

type Build = Callable[..., Package]
USES_STYLE = "rules:\n  - uses: acme/style@^1\n"
IT = "assistants/acme/helper"


@pytest.fixture
def style(build_package: Build) -> Package:
    return build_package("style", "1.0.0")


@pytest.fixture
def helper(style: Package, build_assistant: Build) -> Package:
    return build_assistant("helper", USES_STYLE)


@pytest.fixture
def browser(client: Client, owner: Actor) -> Client:
    """The owner's."""
    assert owner.user is not None
    client.force_login(owner.user)
    return client


def test_settings_are_read_and_replaced(helper: Package, api: Any, owner: Actor, member: Actor) -> None:
    assert api("get", f"{IT}/updates").json() == {
        "mode": "locked",
        "min_age_hours": 0,
        "proposes": True,
        "beyond_range": False,
        "merges": "none",
        "due_at": None,
        "problem": None,
    } | {"due_at": api("get", f"{IT}/updates").json()["due_at"]}
    answer = api("put", f"{IT}/updates", owner, {"mode": "floating", "min_age_hours": 24})
    assert (answer.status_code, answer.json()["mode"], answer.json()["min_age_hours"]) == (200, "floating", 24)
    assert api("put", f"{IT}/updates", owner, {}).json()["mode"] == "locked"
    assert api("put", f"{IT}/updates", member, {}).status_code == 403
    refused = api("put", f"{IT}/updates", owner, {"merges": "all", "proposes": False})
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "Without proposals there is nothing to merge by policy.",
    )
    assert api("put", f"{IT}/updates", owner, {"mode": "wild"}).status_code == 400
    assert api("put", f"{IT}/updates", owner, {"min_age_hours": 99_999}).status_code == 400


def test_what_is_in_the_way_is_told_to_who_publishes_alone(
    helper: Package, api: Any, owner: Actor, stranger: Actor
) -> None:
    UpdateState.objects.update_or_create(package=helper, defaults={"problem": "No way."})
    assert api("get", f"{IT}/updates", owner).json()["problem"] == "No way."
    assert api("get", f"{IT}/updates", stranger).json()["problem"] is None


def test_locks_are_listed_newest_first_in_pages(helper: Package, style: Package, api: Any, owner: Actor) -> None:
    floating(owner, helper)
    for version in ("1.1.0", "1.2.0"):
        publish(owner, style, version)
        settle()
    first = api("get", f"{IT}/locks?limit=2").json()
    assert [(one["version"], one["number"], one["superseded_at"] is None) for one in first["items"]] == [
        ("1.0.0", 3, True),
        ("1.0.0", 2, False),
    ]
    assert first["items"][0]["moved"][0]["after"] == "1.2.0"
    assert first["items"][0]["bundle"] == current(helper).bundle_id
    rest = api("get", f"{IT}/locks?limit=2&cursor={first['next']}").json()
    assert [(one["number"], one["moved"]) for one in rest["items"]] == [(1, [])]
    assert api("get", f"{IT}/locks?cursor=nonsense").status_code == 400


def test_a_move_of_what_the_reader_may_not_see_is_counted_and_not_named(
    helper: Package, style: Package, api: Any, owner: Actor, stranger: Actor
) -> None:
    floating(owner, helper)
    publish(owner, style, "1.1.0")
    settle()
    Package.objects.filter(id=style.pk).update(visibility="private")
    seen, unseen = (api("get", f"{IT}/locks", actor).json()["items"][0] for actor in (owner, stranger))
    assert (len(seen["moved"]), seen["hidden_moves"]) == (1, 0)
    assert (unseen["moved"], unseen["hidden_moves"]) == ([], 1)
    refused = api("get", f"{IT}/difference?from=1.0.0&from_lock=1&to_lock=2", stranger)
    assert (refused.status_code, "style" in refused.content.decode()) == (404, False)


def test_what_is_different_between_two_locks(helper: Package, style: Package, api: Any, owner: Actor) -> None:
    floating(owner, helper)
    publish(owner, style, "1.1.0")
    settle()
    found = api("get", f"{IT}/difference?from=1.0.0&from_lock=1").json()
    assert found["after"] == current(helper).bundle_id
    assert [(one["package"], one["before"], one["after"]) for one in found["moved"]] == [
        ("acme/style", "1.0.0", "1.1.0")
    ]
    [one] = found["differences"]
    assert (one["about"], one["how"], one["name"], one["look_closely"]) == ("rule", "changed", "style", True)
    assert api("get", f"{IT}/difference").json()["differences"] == []
    for query, status in (("from_lock=9", 404), ("from=7.0.0", 404), ("from=~~", 400), ("to_lock=0", 400)):
        assert api("get", f"{IT}/difference?{query}").status_code == status, query


def test_what_a_proposal_changes_for_clients(helper: Package, style: Package, api: Any, owner: Actor) -> None:
    publish(owner, style, "1.0.1")
    settle()
    found = api("get", f"{IT}/difference?proposal=1", owner).json()
    assert (found["before"], found["moved"][0]["after"]) == (current(helper).bundle_id, "1.0.1")
    assert [one["about"] for one in found["differences"]] == ["rule"]
    assert api("get", f"{IT}/difference?proposal=2", owner).status_code == 404


def test_the_policy_of_an_organization(helper: Package, api: Any, owner: Actor, member: Actor, stranger: Actor) -> None:
    address = "organizations/acme/usage-policy"
    assert api("get", address, member).json()["version"] == 0
    asked = {"denied": ["evil/*"], "min_age_hours": 12, "reason": "Because."}
    admin_token = api("put", address, owner, asked)
    assert admin_token.status_code == 403, "the fixture's token lacks the scope"
    assert api("get", address, stranger).status_code == 404


def test_pages_show_the_mode_the_locks_and_what_a_proposal_changes(
    helper: Package, style: Package, browser: Client, owner: Actor
) -> None:
    publish(owner, style, "1.0.1")
    settle()
    page = browser.get("/acme/helper/proposals/1").content.decode()
    assert "What changes for clients" in page
    assert "The hub proposes" in page.replace("\n", " ")
    assert "acme/style" in page
    assert "The hub" in browser.get("/acme/helper/proposals").content.decode()
    page = browser.get("/acme/helper/updates").content.decode()
    assert "An update is proposed" in page
    answer = browser.post("/acme/helper/updates", {"mode": "floating", "min_age_hours": 0, "merges": "none"})
    assert answer.status_code == 302
    settle()
    page = browser.get("/acme/helper/locks").content.decode()
    assert "This assistant floats" in page
    assert "newest release that fits ^1" in page
    assert "floating" in browser.get("/acme/helper").content.decode()
    assert browser.get("/acme/style/locks").status_code == 404
    assert browser.get("/acme/style/updates").status_code == 404
    invalid = browser.post("/acme/helper/updates", {"mode": "floating", "min_age_hours": -1, "merges": "none"})
    assert invalid.status_code == 422


def test_the_page_of_the_policy(browser: Client, helper: Package) -> None:
    address = "/organizations/acme/usage-policy"
    assert browser.get(address).status_code == 200
    asked = {"min_age_hours": 1, "denied": "evil/*\r\nbad/style", "allowed": "", "reason": "Because."}
    assert browser.post(address, asked).status_code == 302
    page = browser.get(address).content.decode()
    assert "Version 1" in page
    assert "bad/style\nevil/*" in page
    refused = browser.post(address, asked | {"denied": "what ever"})
    assert refused.status_code == 422
    assert "is no pattern of packages" in refused.content.decode()
