"""Proposals over REST, from the first word to the release."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from hub.actors import Actor
from registry.models import Package, Proposal
from tests.conftest import PASSWORD, RULE

pytestmark = pytest.mark.django_db
MANIFEST = RULE.format(title="style", version="1.1.0", text="Better words.")
NEW = {"title": "Better words", "message": "*Because.*", "version": "1.1.0", "manifest": MANIFEST, "changelog": "New."}
PATH = "packages/acme/style/proposals"


@pytest.fixture
def style(build_package: Any) -> Package:
    """`acme/style@1.0.0`, public."""
    return build_package("style", "1.0.0")


def test_a_proposal_becomes_a_release(api: Any, style: Package, stranger: Actor, owner: Actor) -> None:
    made = api("post", PATH, stranger, NEW)
    assert made.status_code == 201, made.content
    assert made.headers["Location"] == f"/api/v1/{PATH}/1"
    body = made.json()
    assert (body["state"], body["base"], body["author"], body["revision"]) == ("open", "1.0.0", "stranger", 1)
    assert {check["state"] for check in body["checks"]} == {"passed"}
    diff = api("get", f"{PATH}/1/revisions/1/diff").json()
    assert "Changes the text of the rule “style”: 2 words instead of 4." in [c["words"] for c in diff["changes"]]
    assert "+    rule: Better words.\n" in diff["files"]["manifest"]

    said = api("post", f"{PATH}/1/comments", owner, {
        "text": "Why?", "spot": {"revision": 1, "file": "manifest", "side": "after", "line": 6},
    })  # fmt: skip
    assert said.status_code == 201, said.content
    assert api("get", f"{PATH}/1/comments").json()["items"][0]["line"] == 6
    assert api("post", f"{PATH}/1/reviews", owner, {"verdict": "approve", "revision": 1}).status_code == 201
    assert api("get", f"{PATH}/1").json()["reviews"]["approvals"] == 1

    assert api("post", f"{PATH}/1/merge", owner, {"revision": 2}).json()["type"].endswith(":state_changed")
    merged = api("post", f"{PATH}/1/merge", owner, {"revision": 1})
    assert (merged.status_code, merged.json()["version"]) == (201, "1.1.0")
    assert api("post", f"{PATH}/1/merge", owner, {"revision": 1}).status_code == 409
    listed = api("get", f"{PATH}?state=merged").json()["items"]
    assert [(one["number"], one["release"], one["decided_by"]) for one in listed] == [(1, "1.1.0", "olga")]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"title": "  "}, 400, "invalid"),
        ({"version": "latest"}, 400, "version_invalid"),
        ({"manifest": MANIFEST + "# ghp_" + "a1B2" * 9}, 422, "manifest_invalid"),
        ({"message": "x" * 20_001}, 400, "invalid"),
        ({"message": "ghp_" + "a1B2" * 9}, 400, "text_invalid"),
    ],
)
def test_what_cannot_be_proposed_is_said(
    api: Any, style: Package, stranger: Actor, change: dict[str, str], status: int, code: str
) -> None:
    answer = api("post", PATH, stranger, NEW | change)
    assert answer.status_code == status, answer.content
    assert answer.json()["type"].endswith(f":{code}")


def test_a_moved_base_is_merged_over_rest(api: Any, style: Package, stranger: Actor, owner: Actor) -> None:
    api("post", PATH, stranger, NEW)
    release = {"version": "1.0.1", "manifest": RULE.format(title="style", version="1.0.1", text="Text of style 1.0.0.")}
    assert api("post", "packages/acme/style/releases", owner, release | {"readme": "# Style\n"}).status_code == 201
    assert api("post", f"{PATH}/1/merge", owner, {"revision": 1}).json()["type"].endswith(":base_moved")
    merged = api("get", f"{PATH}/1/update", stranger).json()
    assert (merged["base"], merged["conflicts"], merged["readme"]) == ("1.0.1", 0, "# Style\n")
    texts = {name: merged[name] for name in ("manifest", "readme", "changelog", "base")}
    assert api("post", f"{PATH}/1/revisions", stranger, texts | {"version": "1.1.0"}).status_code == 201
    assert api("post", f"{PATH}/1/merge", owner, {"revision": 2}).status_code == 201


def test_the_pages_lead_from_the_proposal_to_the_release(
    client: Client, style: Package, stranger: Actor, owner: Actor
) -> None:
    client.login(username="stranger", password=PASSWORD)
    assert b"Propose a change" in client.get("/acme/style/proposals").content
    assert b"Text of style 1.0.0." in client.get("/acme/style/proposals/new").content
    done = client.post("/acme/style/proposals/new", NEW | {"readme": "<script>alert(1)</script>"})
    assert done.status_code == 302, done.content
    page = client.get(done["Location"]).content.decode()
    assert "<em>Because.</em>" in page
    assert "looks at it" not in page
    files = client.get("/acme/style/proposals/1/files").content.decode()
    assert "<ins>" in files
    assert "&lt;script&gt;" in files
    assert "<script>alert" not in files
    client.logout()
    assert client.get("/acme/style/proposals/1").status_code == 200, "a public package's proposals are public"

    client.login(username="olga", password=PASSWORD)
    spot = {"revision": 1, "file": "manifest", "side": "after", "line": 6}
    client.post("/acme/style/proposals/1/comment", {"text": "Line talk."} | spot)
    assert "Line talk." in client.get("/acme/style/proposals/1/files").content.decode()
    assert (
        client.post("/acme/style/proposals/1/review", {"verdict": "request_changes", "revision": 1}).status_code == 422
    )
    client.post("/acme/style/proposals/1/review", {"verdict": "approve", "revision": 1})
    assert client.get("/acme/style/proposals/1/merge").status_code == 200
    assert client.post("/acme/style/proposals/1/merge", {"revision": 1})["Location"] == "/acme/style/proposals/1"
    assert Proposal.objects.get().state == "merged"
    assert "Published as" in client.get("/acme/style/proposals/1").content.decode()


def test_a_conflict_is_resolved_in_the_editor(
    client: Client, api: Any, style: Package, stranger: Actor, owner: Actor
) -> None:
    api("post", PATH, stranger, NEW)
    other = RULE.format(title="style", version="1.0.1", text="Other words.")
    api("post", "packages/acme/style/releases", owner, {"version": "1.0.1", "manifest": other})
    client.login(username="stranger", password=PASSWORD)
    assert "The package has moved on" in client.get("/acme/style/proposals/1").content.decode()
    editor = client.get("/acme/style/proposals/1/edit?onto=latest").content.decode()
    assert "Both sides changed the same lines" in editor
    assert "&lt;&lt;&lt;&lt;&lt;&lt;&lt; this proposal" in editor
    texts = NEW | {"base": "1.0.1", "readme": ""}
    marked = client.post("/acme/style/proposals/1/edit", texts | {"manifest": "<<<<<<< x\n"})
    assert (marked.status_code, "A conflict is not resolved." in marked.content.decode()) == (422, True)
    assert client.post("/acme/style/proposals/1/edit", texts).status_code == 302
    assert "moved on" not in client.get("/acme/style/proposals/1").content.decode()


@pytest.mark.parametrize("query", ["?revision=99", "?revision=x", "?since=-1", "?revision=99999999999", "?since=7"])
def test_odd_addresses_lead_nowhere(client: Client, api: Any, style: Package, stranger: Actor, query: str) -> None:
    api("post", PATH, stranger, NEW)
    assert client.get(f"/acme/style/proposals/1/files{query}").status_code == 404
    assert client.get("/acme/style/proposals/99999999999").status_code == 404
    assert client.get("/acme/style/proposals?state=odd").status_code == 404


def test_pages_cost_as_many_queries_for_many_comments_as_for_few(
    client: Client, api: Any, style: Package, stranger: Actor, owner: Actor, django_assert_max_num_queries: Any
) -> None:
    api("post", PATH, stranger, NEW)
    spot = {"revision": 1, "file": "manifest", "side": "after", "line": 6}
    for number in range(6):
        api("post", f"{PATH}/1/comments", owner if number % 2 else stranger, {"text": "Hm.", "spot": spot})
        api("post", f"{PATH}/1/comments", owner, {"text": "Hm."})
    client.login(username="olga", password=PASSWORD)
    for path, most in (("1", 25), ("1/files", 20), ("", 15)):
        with django_assert_max_num_queries(most):
            assert client.get(f"/acme/style/proposals/{path}".rstrip("/")).status_code == 200


def test_an_assistant_that_floats_on_the_package_is_named(
    client: Client, api: Any, build_assistant: Any, style: Package, stranger: Actor
) -> None:
    build_assistant("floating", "rules:\n  - uses: acme/style@^1.0.0\n")
    build_assistant("pinned", "rules:\n  - uses: acme/style@1.0.0\n")
    build_assistant("hidden", "rules:\n  - uses: acme/style\n", visibility="private")
    api("post", PATH, stranger, NEW)
    page = client.get("/acme/style/proposals/1").content.decode()
    assert "2 assistants that you see contain this package." in page
    assert "acme/floating" in page
    assert "acme/pinned" not in page
    assert "acme/hidden" not in page
