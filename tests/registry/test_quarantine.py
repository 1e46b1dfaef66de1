"""Quarantine: refused everywhere at once, told to those who may know, lifted only by the side that imposed it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from assistants.continue_client import assistants as client_assistants
from assistants.models import Lock
from assistants.services import fetching, scoping
from hub import shortcache
from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Namespace, User
from registry import catalogue, lookups
from registry.models import Package, Release
from registry.policies import Quarantined
from registry.services import lifecycle, packages, quarantines, releases, transfers
from tests.conftest import RULE
from tests.hub.together import together

type Build = Callable[..., Package]
type Api = Callable[..., Any]

REASON = "It sends keys away."
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def moderator(build_user: Callable[..., User]) -> Actor:
    """Somebody who moderates the hub and belongs to nothing."""
    user = build_user("mona")
    User.objects.filter(id=user.id).update(is_moderator=True)
    user.refresh_from_db()
    return Actor(user)


@pytest.fixture
def style(build_package: Build) -> Package:
    """`acme/style` with two releases, inside `acme/helper`."""
    return build_package("style", "1.0.0", "1.1.0")


@pytest.fixture
def helper(style: Package, build_assistant: Build) -> Package:
    """An assistant that has `acme/style@1.1.0` locked."""
    return build_assistant("helper", "rules:\n  - uses: acme/style\n")


def release_of(package: Package, version: str) -> Release:
    return Release.objects.select_related("package__namespace").get(package=package, version=version)


def impose(by: Actor, thing: Package | Release, **more: Any) -> bool:
    package, release = (thing.package, thing) if isinstance(thing, Release) else (thing, None)
    return quarantines.impose(by=by, package=package, release=release, **{"reason": REASON, **more})


def lift(by: Actor, thing: Package | Release) -> bool:
    package, release = (thing.package, thing) if isinstance(thing, Release) else (thing, None)
    return quarantines.lift(by=by, package=package, release=release)


WHERE_REFUSED = (
    "/api/v1/packages/acme/style",
    "/api/v1/packages/acme/style/releases",
    "/api/v1/packages/acme/style/releases/latest",
    "/api/v1/packages/acme/style/releases/1.0.0",
    "/api/v1/packages/acme/style/releases/1.1.0/manifest",
    "/api/v1/packages/acme/style/releases/%5E1.0/manifest",
    "/api/v1/assistants/acme/helper/bundle",
    "/api/v1/assistants/acme/helper/bundle?version=1.0.0",
    "/api/v1/assistants/acme/helper/bundle?version=%5E1.0",
    "/api/v1/assistants/acme/helper/lock",
    "/registry/v1/acme/style/1.1.0",
    "/registry/v1/acme/style@1.0.0/latest",
    "/v0/acme/style/latest/download",
    "/acme/style",
    "/acme/style/manifest",
    "/acme/style/releases",
    "/acme/style/releases/1.0.0",
    "/acme/style/used-by",
    "/acme/style/forks",
)


def test_a_quarantined_package_is_refused_wherever_it_is_asked_for(
    client: Client, style: Package, helper: Package, owner: Actor
) -> None:
    digest = fetching.find_now(ANONYMOUS, "acme", "helper").bundle_digest
    addresses = (*WHERE_REFUSED, f"/api/v1/bundles/{digest}")
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)

    assert impose(owner, style)

    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 403, address
        assert REASON in answer.content.decode(), address
        assert "Text of style" not in answer.content.decode(), address
    assert client.get("/api/v1/assistants/acme/helper/bundle").json()["type"].endswith(":quarantined")
    # The client shows the message of no other answer than 200.
    shown = client.get("/ide/get-assistant/acme/helper").json()["configResult"]
    assert shown["config"] is None
    assert "“acme/style” is quarantined" in shown["errors"][0]["message"]

    assert lift(owner, style)
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


def test_it_is_in_no_list_and_no_search_and_no_count(
    client: Client, style: Package, helper: Package, owner: Actor
) -> None:
    impose(owner, style)
    for actor in (ANONYMOUS, owner):
        assert "style" not in {one.name for one in catalogue.find(actor, catalogue.Search(text="style"))}
        assert "style" not in {one.name for one in catalogue.find(actor, catalogue.Search(namespace="acme"))}
    for address in ("/", "/acme", "/search?q=style", "/api/v1/packages", "/api/v1/packages?q=style"):
        assert "acme/style" not in client.get(address).content.decode().replace("<wbr>", ""), address
    listed = client_assistants.visible_locks(owner, Namespace.objects.all())
    assert list(listed) == []


def test_nothing_resolves_to_it_and_who_may_know_is_told(
    api: Api, style: Package, owner: Actor, stranger: Actor
) -> None:
    body = {"manifest": "name: x\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: acme/style\n"}
    assert api("post", "resolve", stranger, body).status_code == 200
    impose(owner, style)
    answer = api("post", "resolve", stranger, body)
    assert answer.status_code == 422
    assert "“acme/style” is quarantined: It sends keys away." in answer.json()["detail"]
    packages.update(by=owner, package=style, visibility="private", summary="")
    assert "no package “acme/style” that you may read" in api("post", "resolve", stranger, body).json()["detail"]


def test_a_quarantined_release_is_passed_over_and_stops_what_has_it_locked(
    client: Client, api: Api, style: Package, helper: Package, owner: Actor, stranger: Actor
) -> None:
    impose(owner, release_of(style, "1.1.0"))

    assert client.get("/api/v1/packages/acme/style/releases/latest").json()["version"] == "1.0.0"
    assert client.get("/api/v1/packages/acme/style/releases/%5E1/manifest").headers["ETag"]
    for address in ("/api/v1/packages/acme/style/releases/1.1.0", "/acme/style/releases/1.1.0"):
        assert client.get(address).status_code == 403
    refused = client.get("/api/v1/assistants/acme/helper/bundle")
    assert refused.status_code == 403
    expected = f"“acme/helper@1.0.0” cannot be used now. “acme/style@1.1.0” is quarantined: {REASON}"
    assert refused.json()["detail"] == expected
    listed = client.get("/api/v1/packages/acme/style/releases").json()["items"]
    assert [(one["version"], one["is_quarantined"], one["title"]) for one in listed] == [
        ("1.1.0", True, ""),
        ("1.0.0", False, "style"),
    ]
    wanted = "name: x\nversion: 1.0.0\nschema: v1\nrules:\n  - uses: acme/style@{}\n"
    explained = api("post", "resolve", stranger, {"manifest": wanted.format("^1.0")}).json()["explanation"][0]
    assert explained["chosen"] == "1.0.0"
    [passed] = explained["passed_over"]
    assert (passed["version"], passed["reason"]) == ("1.1.0", f"quarantined: {REASON}")
    assert (passed["code"], passed["by"]) == ("quarantined", "Those who run the namespace")
    exact = api("post", "resolve", stranger, {"manifest": wanted.format("1.1.0")})
    assert f"acme/style@1.1.0 was quarantined: {REASON}" in exact.json()["detail"]


def test_a_quarantined_assistant_is_refused_by_its_own_name(client: Client, helper: Package, owner: Actor) -> None:
    digest = Lock.objects.get().bundle_id
    impose(owner, release_of(helper, "1.0.0"))
    for address in ("/api/v1/assistants/acme/helper/bundle?version=1.0.0", f"/api/v1/bundles/{digest}"):
        assert client.get(address).json()["detail"] == f"“acme/helper@1.0.0” is quarantined: {REASON}"
    assert client.get("/api/v1/assistants/acme/helper/bundle").status_code == 404, "it has no release to choose"


def test_a_reader_of_the_whole_is_not_told_of_a_part_that_is_hidden(
    style: Package, helper: Package, owner: Actor, stranger: Actor
) -> None:
    impose(owner, style)
    packages.update(by=owner, package=style, visibility="private", summary="")
    with pytest.raises(PermissionRefused) as caught:
        fetching.find_now(stranger, "acme", "helper")
    assert not isinstance(caught.value, Quarantined)
    assert "style" not in str(caught.value)
    assert not fetching.readable_bundle(stranger, Lock.objects.get().bundle_id)


def test_a_bundle_that_another_release_gives_as_well_stays(
    client: Client, style: Package, helper: Package, owner: Actor
) -> None:
    digest = Lock.objects.get().bundle_id
    impose(owner, release_of(style, "1.0.0"))
    assert client.get(f"/api/v1/bundles/{digest}").status_code == 200, "it contains 1.1.0"


def test_deleting_frees_neither_the_locks_nor_the_name(
    client: Client, style: Package, helper: Package, owner: Actor, acme: Any, build_package: Build
) -> None:
    impose(owner, style)
    assert packages.delete(by=owner, package=style)
    refused = client.get("/api/v1/assistants/acme/helper/bundle")
    assert refused.status_code == 403
    assert "is quarantined" in refused.json()["detail"]
    for address in ("/acme/style", "/api/v1/packages/acme/style"):
        assert client.get(address).content == client.get(address.replace("style", "nothg")).content.replace(
            b"nothg", b"style"
        )
    with pytest.raises(packages.PackageExists, match="deleted in quarantine"):
        packages.create(by=owner, namespace=acme, name="style", kind="rule")


def test_nobody_moves_another_package_to_a_name_that_was_deleted_in_quarantine(
    style: Package, owner: Actor, acme: Any
) -> None:
    impose(owner, style)
    packages.delete(by=owner, package=style)
    assert owner.user is not None
    mine = packages.create(by=owner, namespace=owner.user.namespace, name="style", kind="rule")
    offer = transfers.request(by=owner, package=mine, destination="acme")
    with pytest.raises(transfers.NameTaken, match="deleted in quarantine"):
        transfers.accept(by=owner, transfer=offer)


def test_what_was_deleted_stays_gone_and_its_versions_used(client: Client, build_package: Build, owner: Actor) -> None:
    packages.delete(by=owner, package=build_package("style", "1.0.0"))
    assert client.get("/api/v1/packages/acme/style/releases/1.0.0").status_code == 404
    again = build_package("style")
    with pytest.raises(releases.VersionExists):
        releases.publish(
            by=owner,
            package=again,
            version="1.0.0",
            manifest=RULE.format(title="style", version="1.0.0", text="Other."),
        )


def test_nothing_is_published_in_it_meanwhile(api: Api, style: Package, owner: Actor) -> None:
    impose(owner, style)
    body = {"version": "2.0.0", "manifest": RULE.format(title="style", version="2.0.0", text="x")}
    assert api("post", "packages/acme/style/releases", owner, body).status_code == 403
    with pytest.raises(packages.TakesNoReleases, match="quarantined") as caught:
        releases.publish(by=owner, package=style, **body)
    assert caught.value.code == "quarantined"
    assert Release.objects.filter(package=style).count() == 2


def test_who_manages_it_and_who_moderates_looks_into_it(
    api: Api,
    client: Client,
    style: Package,
    owner: Actor,
    admin: Actor,
    member: Actor,
    stranger: Actor,
    moderator: Actor,
) -> None:
    impose(owner, style, link="https://example.com/advisory")
    impose(owner, release_of(style, "1.0.0"))
    for actor in (owner, admin, moderator):
        shown = api("get", "packages/acme/style", actor).json()
        assert shown["quarantine"]["reason"] == REASON
        assert shown["quarantine"]["imposed_by"] == "manager"
        assert api("get", "packages/acme/style/releases/1.0.0", actor).json()["manifest"]
        assert api("get", "packages/acme/style/releases/1.0.0/manifest", actor).status_code == 403, "served to nobody"
        client.force_login(actor.user, backend=BACKEND)
        for address in ("/acme/style", "/acme/style/releases/1.0.0", "/acme/style/manifest"):
            page = client.get(address)
            assert page.status_code == 200, address
            assert REASON in page.content.decode()
        assert ("/acme/style/unquarantine" in client.get("/acme/style").content.decode()) is (actor is moderator)
        client.logout()
    for actor in (member, stranger, None):
        refused = api("get", "packages/acme/style", actor)
        assert refused.status_code == 403
        assert "https://example.com/advisory" in refused.json()["detail"]
    notice = client.get("/acme/style")
    assert notice.status_code == 403
    assert "<h1>Quarantined</h1>" in notice.content.decode()


def test_who_runs_the_namespace_imposes_and_who_only_manages_the_package_does_not(
    style: Package, owner: Actor, admin: Actor, member: Actor, stranger: Actor, build_package: Build
) -> None:
    from registry.services import grants

    grants.give(by=owner, package=style, permission="manage", user=member.user)
    for actor in (member, stranger, ANONYMOUS):
        with pytest.raises(PermissionRefused):
            impose(actor, style)
        with pytest.raises(PermissionRefused):
            lift(actor, style)
    assert impose(admin, style)
    assert not impose(owner, style), "it is"
    assert lift(owner, style)
    assert not lift(owner, style)
    assert stranger.user is not None
    own = build_package("mine", "1.0.0", by=stranger, namespace=stranger.user.namespace)
    assert impose(stranger, own)
    assert lift(stranger, own)


def test_what_a_moderator_imposed_only_a_moderator_lifts(style: Package, owner: Actor, moderator: Actor) -> None:
    for thing in (style, release_of(style, "1.0.0")):
        impose(owner, thing, reason="Ours.")
        assert impose(moderator, thing), "a moderator takes it over"
        thing.refresh_from_db()
        assert (thing.quarantined_as, thing.quarantine_reason) == ("moderator", REASON)
        with pytest.raises(PermissionRefused, match="Only a moderator lifts it"):
            lift(owner, thing)
        assert not impose(owner, thing, reason="Ours."), "nor is it worded anew by somebody else"
        assert lift(moderator, thing)
    events = AuditEvent.objects.filter(action__contains="quarantine").order_by("id")
    assert [(event.action, event.actor_label, event.data.get("as")) for event in events][:3] == [
        ("registry.package.quarantine", "olga", "manager"),
        ("registry.package.quarantine", "mona", "moderator"),
        ("registry.package.unquarantine", "mona", "moderator"),
    ]


def test_a_moderators_token_carries_the_power_only_with_its_scope_and_unconfined(
    api: Api, client: Client, style: Package, moderator: Actor, token_of: Callable[..., str]
) -> None:
    body = {"reason": REASON}
    reading = {"Authorization": f"Bearer {token_of(moderator, 'read', 'publish')}"}
    address = "/api/v1/packages/acme/style/quarantine"
    refused = client.post(address, body, content_type="application/json", headers=reading)
    assert refused.status_code == 403
    done = api("post", "packages/acme/style/quarantine", moderator, body)
    assert (done.status_code, done.json()["imposed_by"]) == (200, "moderator")
    assert moderator.user is not None
    User.objects.filter(id=moderator.user.pk).update(is_moderator=False)
    assert api("post", "packages/acme/style/unquarantine", moderator).status_code == 403, "from the moment on"


def test_a_moderator_does_not_read_what_is_private(
    api: Api, client: Client, build_package: Build, owner: Actor, moderator: Actor
) -> None:
    secret = build_package("secret", "1.0.0", visibility="private")
    impose(owner, secret)
    assert api("get", "packages/acme/secret", moderator).status_code == 404
    assert api("post", "packages/acme/secret/unquarantine", moderator).status_code == 404
    client.force_login(moderator.user, backend=BACKEND)
    assert "acme/secret" not in client.get("/moderation/packages").content.decode()


@pytest.mark.parametrize(
    "body", [{}, {"reason": " "}, {"reason": "x", "link": "javascript:alert(1)"}, {"reason": "x" * 501}]
)
def test_a_quarantine_says_why(api: Api, style: Package, owner: Actor, body: dict[str, str]) -> None:
    refused = api("post", "packages/acme/style/quarantine", owner, body)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] in ("reason", "link")
    style.refresh_from_db()
    assert not style.is_quarantined


def test_the_own_process_forgets_at_once_what_it_remembered(style: Package, helper: Package, owner: Actor) -> None:
    for _ in range(2):
        assert scoping.find(ANONYMOUS, "acme", "helper")
    assert shortcache.decisions._entries
    impose(owner, style)
    with pytest.raises(Quarantined):
        scoping.find(ANONYMOUS, "acme", "helper")


def test_no_cache_keeps_what_may_be_quarantined_without_asking(client: Client, helper: Package) -> None:
    digest = Lock.objects.get().bundle_id
    for address in (
        f"/api/v1/bundles/{digest}",
        "/api/v1/packages/acme/style/releases/1.0.0/manifest",
        "/api/v1/assistants/acme/helper/bundle",
        "/api/v1/assistants/acme/helper/lock",
    ):
        answer = client.get(address)
        assert answer["Cache-Control"] == "public, no-cache", address
        assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_a_client_that_has_the_bytes_is_refused_too(
    client: Client, style: Package, helper: Package, owner: Actor
) -> None:
    tag = client.get("/api/v1/assistants/acme/helper/bundle")["ETag"]
    impose(owner, style)
    again = client.get("/api/v1/assistants/acme/helper/bundle", headers={"If-None-Match": tag})
    assert again.status_code == 403
    assert "ETag" not in again.headers


def test_a_former_name_leads_to_the_refusal(client: Client, style: Package, owner: Actor, build_user: Any) -> None:
    ben = Actor(build_user("ben"))
    offer = transfers.request(by=owner, package=style, destination="ben")
    moved = transfers.accept(by=ben, transfer=offer)
    impose(ben, moved)
    with pytest.raises(Quarantined, match="ben/style"):
        lookups.package_by_any_name(ANONYMOUS, "acme", "style")
    assert client.get("/registry/v1/acme/style/1.0.0").status_code == 403


def test_the_starting_page_of_a_fork_refuses(client: Client, style: Package, owner: Actor) -> None:
    impose(owner, style)
    client.force_login(owner.user, backend=BACKEND)
    assert client.get("/acme/style/fork").status_code == 403
    assert client.get("/acme/style/settings").status_code == 200, "where it is lifted"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_imposes_and_one_lifts(style: Package, owner: Actor, admin: Actor) -> None:
    results = together(lambda: impose(owner, style, reason="One."), lambda: impose(admin, style, reason="Two."))
    assert sorted(map(bool, results)) == [False, True], results
    style.refresh_from_db()
    assert style.quarantine_reason == ("One.", "Two.")[results.index(True)]
    results = together(lambda: lift(owner, style), lambda: lift(admin, style))
    assert sorted(map(bool, results)) == [False, True], results
    for action in ("registry.package.quarantine", "registry.package.unquarantine"):
        assert AuditEvent.objects.filter(action=action).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_release_that_is_published_while_another_is_quarantined_is_the_latest(style: Package, owner: Actor) -> None:
    release = release_of(style, "1.1.0")
    manifest = RULE.format(title="style", version="1.2.0", text="Better.")
    found = Package.objects.select_related("namespace").get(id=style.id)
    results = together(
        lambda: impose(owner, release),
        lambda: releases.publish(by=owner, package=found, version="1.2.0", manifest=manifest),
    )
    assert not [one for one in results if isinstance(one, Exception)]
    style.refresh_from_db()
    assert style.latest_release is not None
    assert style.latest_release.version == "1.2.0"


@pytest.mark.django_db(transaction=True)
def test_publishing_and_quarantining_at_once_is_one_before_the_other(build_package: Build, owner: Actor) -> None:
    manifest = RULE.format(title="style", version="1.0.0", text="x")
    for number in range(3):
        package = build_package(f"style-{number}")
        found = Package.objects.select_related("namespace").get(id=package.id)
        published, imposed = together(
            lambda found=found: releases.publish(by=owner, package=found, version="1.0.0", manifest=manifest),
            lambda package=package: impose(owner, package),
        )
        assert imposed is True
        assert isinstance(published, Release | packages.TakesNoReleases), published
        assert Release.objects.filter(package=package).count() == int(isinstance(published, Release))


def test_the_explanation_of_a_lock_tells_of_deprecation(
    build_package: Build, build_assistant: Build, owner: Actor
) -> None:
    old = build_package("old", "1.0.0")
    lifecycle.deprecate(by=owner, package=old, message="Gone by.")
    build_assistant("newer", "rules:\n  - uses: acme/old\n")
    assert Lock.objects.get().explanation[0]["deprecated"] == "Gone by."
    assert "deprecated" not in json.dumps(Lock.objects.get().document)
