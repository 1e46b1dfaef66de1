"""Scopes over REST, through Continue's client and on the pages: what is served, what a cache may keep, what is explained."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assistants.models import Overlay
from assistants.services import overlays
from assistants.services.overlays import Setup
from hub import shortcache
from hub.actors import Actor
from hub.models import Membership, Organization
from hub.services import secrets, tokens
from hub.shortcache import ShortCache
from registry.models import Package
from registry.services import packages
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

BUNDLE = "assistants/acme/helper/bundle"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def laid(organization: Organization, owner: Actor, build_package: Build, build_assistant: Build) -> Overlay:
    """acme/base, required, over the public acme/helper, which overrides a model and passes over a release."""
    build_package("style", "1.0.0", "2.0.0")
    build_package("brain", "1.0.0", kind="model")
    body = "rules:\n  - uses: acme/style@^1\nmodels:\n  - uses: acme/brain\n    override: {apiBase: 'http://127.0.0.1:8'}\n"
    build_assistant("helper", body)
    build_package("safety", "1.0.0", visibility="internal")
    base = build_assistant(
        "base", "rules:\n  - uses: acme/safety\n  - name: style\n    rule: House.\n", visibility="internal"
    )
    return overlays.add(by=owner, organization=organization, package=base, setup=Setup(mode="required"))


def test_bundle_lock_and_receipt_are_those_of_the_scope(
    api: Api, laid: Overlay, member: Actor, stranger: Actor
) -> None:
    bundle, plain = api("get", BUNDLE, member), api("get", BUNDLE, stranger)
    assert bundle["ETag"] == f'"sha256:{hashlib.sha256(bundle.content).hexdigest()}"' != plain["ETag"]
    assert (bundle["Cache-Control"], plain["Cache-Control"]) == ("private, no-cache", "public, no-cache")
    assert {"Authorization", "Cookie"} <= {word.strip() for word in bundle["Vary"].split(",")}
    lock = api("get", "assistants/acme/helper/lock", member).json()
    assert f'"{lock["bundle"]}"' == bundle["ETag"]
    assert lock["overlays"][0]["package"] == "acme/base"
    address = bundle["Link"].partition(">")[0].lstrip("<")
    receipt = api("get", address, member)
    assert receipt.status_code == 200
    assert receipt.content != api("get", address, stranger).content
    assert bundle.content == api("get", BUNDLE, member).content == api("get", f"{BUNDLE}?scope=acme", member).content
    named = api("get", f"{BUNDLE}?scope=acme", member)["Link"]
    assert "scope=acme" in named


def test_somebody_else_s_etag_is_no_304(api: Api, laid: Overlay, member: Actor, stranger: Actor) -> None:
    mine, theirs = api("get", BUNDLE, member)["ETag"], api("get", BUNDLE, stranger)["ETag"]
    for actor, own, other in ((member, mine, theirs), (stranger, theirs, mine), (None, theirs, mine)):
        assert api("get", BUNDLE, actor, **{"If-None-Match": own}).status_code == 304
        answer = api("get", BUNDLE, actor, **{"If-None-Match": other})
        assert (answer.status_code, answer["ETag"]) == (200, own)


def test_leaving_out_what_is_required_is_a_problem_of_its_own(
    api: Api, laid: Overlay, member: Actor, stranger: Actor
) -> None:
    for rest in ("bundle", "bundle?target=cursor", "lock", "receipt"):
        mark = "&" if "?" in rest else "?"
        problem(api("get", f"assistants/acme/helper/{rest}{mark}scope=none", member), 403, "overlay_required")
        problem(api("get", f"assistants/acme/helper/{rest}{mark}scope=acme", stranger), 404, "not_found")
    assert api("get", f"{BUNDLE}?scope=none", stranger).status_code == 200
    packages.update(by=Actor(laid.created_by), package=laid.package, visibility="private", summary="")
    refused = problem(api("get", BUNDLE, member), 403, "overlay_unusable")
    assert "acme/base" not in refused["detail"]


def test_a_target_s_files_are_those_of_the_scope(api: Api, laid: Overlay, member: Actor) -> None:
    archive = zipfile.ZipFile(io.BytesIO(api("get", f"{BUNDLE}?target=agents-md", member).content))
    assert "Text of safety 1.0.0." in archive.read("AGENTS.md").decode()
    assert "Text of safety" not in api("get", f"{BUNDLE}?target=agents-md&format=json").content.decode()


def test_by_digest_only_to_whom_the_scope_belongs(
    api: Api, laid: Overlay, member: Actor, stranger: Actor, build_assistant: Build, owner: Actor
) -> None:
    packages.update(by=owner, package=laid.package, visibility="public", summary="")
    packages.update(
        by=owner,
        package=Package.objects.select_related("namespace").get(name="safety"),
        visibility="public",
        summary="",
    )
    digest = api("get", BUNDLE, member)["ETag"].strip('"')
    assert api("get", f"bundles/{digest}", member).status_code == 200
    for other in (stranger, None):
        problem(api("get", f"bundles/{digest}", other), 404, "not_found")


def test_continue_s_clients_get_the_scope_too(
    client: Client, api: Api, laid: Overlay, member: Actor, stranger: Actor
) -> None:
    def config(actor: Actor) -> Any:
        return api("get", "/ide/get-assistant/acme/helper", actor).json()

    for actor in (member, stranger):
        secrets.put(by=actor, name="MODEL_KEY", value="s3cret", allowed_namespaces=["acme"])
    assert "Text of safety 1.0.0." in json.dumps(config(member)["configResult"])
    assert "Text of style 1.0.0." in json.dumps(config(stranger)["configResult"])
    assert "acme/safety@1.0.0" in config(member)["rawYaml"]
    assert "safety" not in json.dumps(config(stranger))
    listed = {one["packageSlug"]: one for one in api("get", "/ide/list-assistants", member).json()}
    assert listed["helper"] == config(member)
    assert "acme/safety@1.0.0" in api("get", "/registry/v1/acme/helper/latest", member).json()["content"]
    assert "safety" not in api("get", "/registry/v1/acme/helper/latest", stranger).json()["content"]
    packages.update(by=Actor(laid.created_by), package=laid.package, visibility="private", summary="")
    [error] = config(member)["configResult"]["errors"]
    assert error["fatal"]
    assert "requires" in error["message"]
    assert "helper" not in {one["packageSlug"] for one in api("get", "/ide/list-assistants", member).json()}
    assert api("get", "/registry/v1/acme/helper/latest", member).status_code == 403


def test_a_list_costs_the_same_however_many_lie_on_the_caller(
    api: Api, laid: Overlay, member: Actor, build_assistant: Build
) -> None:
    counts = []
    for more in (0, 8):
        for number in range(more):
            build_assistant(f"another-{number}", f"rules:\n  - Be brief, {number}.\n")
        api("get", "/ide/list-assistants", member)  # makes the scope's locks
        shortcache.decisions.clear()
        with CaptureQueriesContext(connection) as queries:
            assert len(api("get", "/ide/list-assistants", member).json()) == 2 + more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_explanation_says_it_all(api: Api, laid: Overlay, member: Actor, owner: Actor, stranger: Actor) -> None:
    told = api("get", "assistants/acme/helper/explanation", member).json()
    bundle = api("get", BUNDLE, member)
    assert f'"{told["bundle"]}"' == bundle["ETag"]
    assert told["scope"]["overlays"] == [
        {
            "of": "acme", "package": "acme/base", "range": "latest", "version": "1.0.0", "mode": "required",
            "applied": True, "reason": "",
        }
    ]  # fmt: skip
    by_path = {one["path"]: one for one in told["requirements"]}
    [newer] = by_path["rules[0]"]["passed_over"]
    assert (newer["version"], newer["code"]) == ("2.0.0", "outside")
    assert by_path["rules[0]"]["dropped"] == "same name as overlays[0].rules[1]"
    [override] = by_path["models[0]"]["overrides"]
    assert (override["key"], override["after"], override["by"]) == ("apiBase", "http://127.0.0.1:8", owner.label)
    assert by_path["overlays[0].rules[0]"]["via"] == "acme/base@1.0.0"
    assert [one["subject"] for one in told["conflicts"]] == ["style"]
    assert told["policy"]["digest"].startswith("sha256:")
    assert told["secrets"] == [{"name": "MODEL_KEY", "fqsn": "acme/helper/acme/brain/MODEL_KEY", "found": "missing"}]


def test_an_explanation_tells_of_secrets_whether_they_are_there_and_nothing_more(
    api: Api, laid: Overlay, member: Actor, stranger: Actor
) -> None:
    def found(actor: Actor | None) -> Any:
        answer = api("get", "assistants/acme/helper/explanation", actor)
        assert b"s3cret-value" not in answer.content
        return answer.json()["secrets"][0]["found"]

    for actor, state in ((member, "yours"), (stranger, "not-allowed")):
        assert found(actor) == "missing"
        secrets.put(by=actor, name="MODEL_KEY", value="s3cret-value")
        assert found(actor) == state
    assert found(None) is None


def test_an_explanation_of_what_is_refused_says_why_and_shows_what_lies_below(
    api: Api, laid: Overlay, member: Actor, stranger: Actor
) -> None:
    told = api("get", "assistants/acme/helper/explanation?scope=none", member).json()
    assert told["scope"]["asked"] == "none"
    assert "cannot be left out" in told["scope"]["refusal"]
    assert f'"{told["bundle"]}"' == api("get", BUNDLE, stranger)["ETag"]
    packages.update(by=Actor(laid.created_by), package=laid.package, visibility="private", summary="")
    told = api("get", "assistants/acme/helper/explanation", member).json()
    [one] = told["scope"]["overlays"]
    assert (one["package"], one["version"], one["applied"]) == (None, None, False)
    assert "may not read" in one["reason"]
    problem(api("get", "assistants/acme/helper/explanation?scope=acme", stranger), 404, "not_found")
    problem(api("get", "assistants/acme/helper/explanation?version=newest", stranger), 400, "version_invalid")


def test_the_page_explains_it_to_people(client: Client, laid: Overlay, member: Actor, owner: Actor) -> None:
    assert "Laid over it for you" not in client.get("/acme/helper/explanation").content.decode()
    client.force_login(member.user, backend=BACKEND)
    text = client.get("/acme/helper/explanation").content.decode()
    for words in (
        "Why do I get this version?", "Why not the newest?", "outside ^1", "http://127.0.0.1:8", owner.label,
        "acme/base@1.0.0", "Required: from acme/base@1.0.0", "two of one name", "you do not have it",
    ):  # fmt: skip
        assert words in text, words
    refused = client.get("/acme/helper/explanation?scope=none").content.decode()
    assert "It is not handed out like this" in refused
    for address in ("?scope=absent", "?version=newest", "?version=9.9.9"):
        assert client.get(f"/acme/helper/explanation{address}").status_code == 404, address
    assert client.get("/acme/style/explanation").status_code == 404


def test_changes_are_seen_at_once_here_and_within_seconds_elsewhere(
    api: Api, laid: Overlay, member: Actor, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(shortcache, "decisions", ShortCache(clock=lambda: now[0]))
    scoped = api("get", BUNDLE, member)["ETag"]
    # What another process does clears nothing here.
    Overlay.objects.filter(id=laid.id).update(is_enabled=False)
    now[0] += shortcache.TTL - 0.1
    assert api("get", BUNDLE, member)["ETag"] == scoped
    now[0] += 0.1
    plain = api("get", BUNDLE, member)["ETag"]
    assert plain != scoped
    overlays.change(by=owner, overlay=laid, setup=Setup(mode="required"))
    assert api("get", BUNDLE, member)["ETag"] == scoped
    Membership.objects.filter(user=member.user).delete()
    now[0] += shortcache.TTL
    assert api("get", BUNDLE, member)["ETag"] == plain


def test_a_token_that_lives_too_long_is_not_served_what_another_one_was(
    api: Api, laid: Overlay, member: Actor, owner: Actor, organization: Organization
) -> None:
    """Both are of one person; the organization takes only one of the two."""
    short = tokens.create(by=member, name="short", scopes=("read",), expires_at=timezone.now() + dt.timedelta(days=2))
    long = tokens.create(by=member, name="long", scopes=("read",))
    Organization.objects.filter(id=organization.id).update(token_max_days=7)
    shortcache.decisions.clear()
    path = "/api/v1/assistants/acme/base/bundle"
    statuses = [
        api("get", path, None, Authorization=f"Bearer {one.secret}").status_code for one in (short, long, short)
    ]
    assert statuses == [200, 404, 200]
