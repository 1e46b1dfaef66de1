"""Context bills over REST, on their page and in the preview of what is being composed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assistants.services import billing
from hub import shortcache
from hub.actors import Actor
from registry.models import Package
from registry.services import packages, releases

type Build = Callable[..., Package]

MANIFEST = """models:
  - name: Sonnet
    provider: anthropic
    model: claude-sonnet-4-6
  - name: Ours
    provider: ollama
    model: small
rules:
  - uses: acme/style
  - name: Copy
    rule: "{text}"
  - name: Nowhere
    rule: Only on the moon.
    globs: /etc/*
prompts:
  - name: Review
    prompt: Look at it closely.
mcpServers:
  - uses: acme/tracker
"""


@pytest.fixture
def helper(build_package: Build, build_assistant: Build) -> Package:
    """An assistant with something of everything that a bill can say."""
    style = build_package("style", "1.0.0", "1.1.0")
    build_package("tracker", "1.0.0", kind="mcp-server")
    text = style.releases.get(version="1.1.0").content["rules"][0]["rule"].strip()
    return build_assistant("helper", MANIFEST.format(text=text))


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_the_api_tells_all_of_it(api: Callable[..., Any], helper: Package) -> None:
    answer = api("get", "assistants/acme/helper/bill")
    assert answer.status_code == 200
    bill = answer.json()
    items = {item["name"]: item for item in bill["items"]}
    assert items["style"]["package"] == "acme/style"
    assert items["style"]["version"] == "1.1.0"
    assert items["Copy"]["package"] is None
    assert items["style"]["tokens"] == items["Copy"]["tokens"] > 0
    server = next(item for item in bill["items"] if item["section"] == "mcpServers")
    assert (server["package"], server["whole"]) == ("acme/tracker", False)
    assert bill["tokens"]["always"] == 2 * items["Copy"]["tokens"]
    assert bill["tokens"]["most"] == sum(item["tokens"] for item in bill["items"])
    assert [cost["name"] for cost in bill["costs"]] == ["Sonnet"]
    assert bill["unpriced_models"] == ["Ours"]
    assert [(one["about"], one["items"]) for one in bill["remarks"]] == [
        ("same", ["style", "Copy"]),
        ("never", ["Nowhere"]),
    ]
    assert bill["assistant"] == {"package": "acme/helper", "version": "1.0.0"}


def test_the_answer_has_an_etag_and_is_remembered_by_digest(api: Callable[..., Any], helper: Package) -> None:
    first = api("get", "assistants/acme/helper/bill")
    assert first.headers["Cache-Control"] == "public, no-cache"
    again = api("get", "assistants/acme/helper/bill", **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    shortcache.decisions.clear()
    with CaptureQueriesContext(connection) as warm:
        api("get", "assistants/acme/helper/bill")
    billing._of_bundle.cache_clear()
    shortcache.decisions.clear()
    with CaptureQueriesContext(connection) as cold:
        api("get", "assistants/acme/helper/bill")
    assert len(cold) == len(warm) + 1, "the items' sources; the bundle itself is kept elsewhere"


def test_one_query_however_many_packages(build_package: Build, build_assistant: Build) -> None:
    names = [f"rule-{number}" for number in range(12)]
    for name in names:
        build_package(name, "1.0.0")
    for count in (2, 12):
        uses = "".join(f"  - uses: acme/{name}\n" for name in names[:count])
        assistant = build_assistant(f"of-{count}", f"rules:\n{uses}")
        digest = assistant.releases.get().locks.get().bundle_id
        billing.fetching.bundles.get(digest)
        with CaptureQueriesContext(connection) as queries:
            bill = billing.of_bundle(digest)
        assert len(queries) == 1
        assert [item.package for item in bill.items] == [f"acme/{name}" for name in names[:count]]


def test_versions_exact_ranges_and_none(api: Callable[..., Any], client: Client, owner: Actor, helper: Package) -> None:
    manifest = "name: helper\nversion: 1.1.0\nschema: v1\nrules:\n  - Be brief.\n"
    releases.publish(by=owner, package=helper, version="1.1.0", manifest=manifest)
    for asked, version in (
        ("", "1.1.0"),
        ("?version=1.0.0", "1.0.0"),
        ("?version=~1.0.0", "1.0.0"),
        ("?version=latest", "1.1.0"),
    ):
        assert api("get", f"assistants/acme/helper/bill{asked}").json()["assistant"]["version"] == version
        assert f"Context bill of {version}" in client.get(f"/acme/helper/bill{asked}").content.decode()
    assert "That of the latest release" in client.get("/acme/helper/bill?version=1.0.0").content.decode()
    assert 'href="/acme/helper/bill?version=1.0.0"' in client.get("/acme/helper/releases/1.0.0").content.decode()
    assert client.get("/acme/helper/bill?version=9.9.9").status_code == 404
    assert client.get("/acme/helper/bill?version=%2Bnonsense%2B").status_code == 404
    assert api("get", "assistants/acme/helper/bill?version=9.9.9").status_code == 404


def test_the_page_says_it_in_words(client: Client, helper: Package) -> None:
    page = client.get("/acme/helper/bill").content.decode()
    text = words_of(page)
    assert re.search(r"About \d+ tokens are sent with each request, \d+ at most\.", text)
    assert "The tools of 1 server come on top; how large they are is unknown until it runs." in text
    assert "Estimated with the vocabulary o200k_base." in text
    assert "2 things to mend" in text
    assert "Two rules are the same" in text
    assert "This rule never applies" in text
    assert "/etc/*" in text
    assert "differ from it by -1.4 % to +65.9 %." in text
    assert "16.7 % more tokens, counted in" in text
    assert "No price is known of: Ours." in text
    assert 'href="/acme/style/releases/1.1.0"' in page
    assert 'aria-current="page"' in page


def test_an_assistant_without_parts_that_are_sent_says_so(client: Client, build_assistant: Build) -> None:
    build_assistant("bare", "models:\n  - name: Ours\n    provider: ollama\n    model: small\n")
    text = words_of(client.get("/acme/bare/bill").content.decode())
    assert "About 0 tokens are sent with each request, 0 at most." in text
    assert "has no rules, prompts or tools" in text


def test_who_may_not_read_a_part_is_told_so(
    api: Callable[..., Any], client: Client, owner: Actor, helper: Package
) -> None:
    assert api("get", "assistants/acme/helper/bill").status_code == 200, "so that it is remembered"
    style = Package.objects.select_related("namespace").get(name="style")
    packages.update(by=owner, package=style, visibility="private", summary="")
    assert api("get", "assistants/acme/helper/bill").status_code == 403
    text = words_of(client.get("/acme/helper/bill").content.decode())
    assert "contains a package that you may not read" in text
    assert "tokens" not in text


def test_only_assistants_with_a_release_have_one(
    api: Callable[..., Any], client: Client, owner: Actor, acme: Any, build_package: Build
) -> None:
    build_package("style", "1.0.0")
    assert client.get("/acme/style/bill").status_code == 404
    assert api("get", "assistants/acme/style/bill").status_code == 404
    packages.create(by=owner, namespace=acme, name="empty", kind="assistant", visibility="public")
    assert "No release to use" in client.get("/acme/empty/bill").content.decode()


def test_the_preview_of_a_composition_shows_the_sum(client: Client, owner: Actor, build_package: Build) -> None:
    build_package("style", "1.0.0")
    client.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    text = words_of(client.get("/compose?do=add:acme/style").content.decode())
    assert re.search(r"Context bill About \d+ tokens? (is|are) sent with each request,", text)
