"""Packages that pass to another namespace, and their former names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Membership, Namespace, Organization
from hub.services import organization_life, organizations, tokens
from registry import lookups
from registry.models import FormerPackageName, Grant, Package, PackageTransfer
from registry.services import grants, packages, publications, releases, transfers
from tests.conftest import RULE
from tests.hub.test_organizations import browser_of
from tests.hub.together import together


@pytest.fixture
def style(build_package: Any) -> Package:
    return Package.objects.select_related("namespace").get(id=build_package("style", "1.0.0").id)


@pytest.fixture
def widgets(stranger: Actor) -> Organization:
    """Another organization, of the stranger."""
    return organizations.create(by=stranger, slug="widgets", name="Widgets")


def offered(by: Actor, package: Package, to: str = "widgets") -> PackageTransfer:
    made = transfers.request(by=by, package=package, destination=to)
    return transfers.waiting().get(id=made.id)


def publish(by: Actor, package: Package, version: str) -> None:
    manifest = RULE.format(title=package.name, version=version, text="T")
    releases.publish(by=by, package=package, version=version, manifest=manifest)


def test_both_sides_agree_and_the_package_passes(
    style: Package, widgets: Organization, owner: Actor, member: Actor, stranger: Actor
) -> None:
    packages.update(by=owner, package=style, visibility="internal", summary="S")
    grants.give(by=owner, package=style, permission="manage", user=member.user)
    offer = offered(owner, style)
    assert str(Package.objects.select_related("namespace").get(id=style.id)) == "acme/style", "nothing changes yet"

    transfers.accept(by=stranger, transfer=offer)

    row = Package.objects.select_related("namespace").get(id=style.id)
    assert (str(row), row.visibility) == ("widgets/style", "private")
    assert not Grant.objects.exists()
    for actor in (owner, member):
        assert not Package.objects.visible_to(actor).filter(id=row.id).exists()
    publish(stranger, row, "1.1.0")
    events = AuditEvent.objects.filter(action="registry.transfer.accept")
    assert sorted(events.values_list("namespace__slug", flat=True)) == ["acme", "widgets"]


def test_who_may_offer(
    organization: Organization, style: Package, widgets: Organization, owner: Actor, member: Actor, stranger: Actor
) -> None:
    grants.give(by=owner, package=style, permission="manage", user=member.user)
    narrow = tokens.create(by=owner, name="t", scopes=["read", "manage"], patterns=["acme/style"]).token
    for actor in (member, stranger, ANONYMOUS, Actor(owner.user, token=narrow)):
        with pytest.raises(PermissionRefused):
            transfers.request(by=actor, package=style, destination="widgets")
    for nowhere in ("nowhere", "acme", ""):
        with pytest.raises(transfers.UnknownNamespace):
            transfers.request(by=owner, package=style, destination=nowhere)
    offered(owner, style)
    with pytest.raises(transfers.AlreadyOffered):
        transfers.request(by=owner, package=style, destination="widgets")


def test_who_may_answer(style: Package, widgets: Organization, owner: Actor, member: Actor, stranger: Actor) -> None:
    offer = offered(owner, style)
    assert member.user is not None
    organizations.add_member(by=stranger, organization=widgets, user=member.user, role="maintainer")
    for actor in (owner, member, ANONYMOUS):
        for deed in (transfers.accept, transfers.decline):
            with pytest.raises(PermissionRefused):
                deed(by=actor, transfer=offer)
    with pytest.raises(PermissionRefused):
        transfers.cancel(by=stranger, transfer=offer)
    assert transfers.incoming(member).count() == transfers.incoming(owner).count() == 0
    assert transfers.incoming(stranger).get() == offer


@pytest.mark.parametrize("end", ["decline", "cancel", "expire", "demote", "delete", "close"])
def test_what_is_over_cannot_be_accepted(
    organization: Organization,
    style: Package,
    widgets: Organization,
    owner: Actor,
    admin: Actor,
    stranger: Actor,
    end: str,
) -> None:
    offer = offered(admin if end == "demote" else owner, style)
    match end:
        case "decline":
            transfers.decline(by=stranger, transfer=offer)
        case "cancel":
            transfers.cancel(by=owner, transfer=offer)
        case "expire":
            PackageTransfer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        case "demote":
            Membership.objects.filter(user=admin.user).update(role="member")
        case "delete":
            packages.delete(by=owner, package=style)
        case "close":
            organization_life.delete(by=owner, organization=organization)
    with pytest.raises(transfers.Over):
        transfers.accept(by=stranger, transfer=offer)
    assert Package.objects.get(id=style.id).namespace_id == style.namespace_id


def test_an_offer_that_expired_makes_room(style: Package, widgets: Organization, owner: Actor) -> None:
    offered(owner, style)
    PackageTransfer.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    offered(owner, style)
    assert transfers.waiting().count() == 1


def test_no_name_comes_to_mean_two_things(
    acme: Namespace, style: Package, widgets: Organization, owner: Actor, stranger: Actor, build_package: Any
) -> None:
    taken = packages.create(by=stranger, namespace=widgets.namespace, name="style", kind="rule")
    offer = offered(owner, style)
    with pytest.raises(transfers.NameTaken):
        transfers.accept(by=stranger, transfer=offer)
    publish(stranger, taken, "1.0.0")
    packages.delete(by=stranger, package=taken)
    with pytest.raises(transfers.NameTaken):
        transfers.accept(by=stranger, transfer=offer)
    transfers.cancel(by=owner, transfer=offer)

    other = Package.objects.select_related("namespace").get(id=build_package("other", "1.0.0").id)
    transfers.accept(by=stranger, transfer=offered(owner, other))
    with pytest.raises(packages.PackageExists):
        packages.create(by=owner, namespace=acme, name="other", kind="rule")
    with pytest.raises(packages.PackageExists):
        publications.publish_new(
            by=owner,
            namespace=acme,
            name="other",
            kind="rule",
            version="1.0.0",
            manifest=RULE.format(title="other", version="1.0.0", text="T"),
        )


def test_it_goes_there_and_back_again(style: Package, widgets: Organization, owner: Actor, stranger: Actor) -> None:
    def row() -> Package:
        return Package.objects.select_related("namespace").get(id=style.id)

    for round_ in range(1, 4):
        transfers.accept(by=stranger, transfer=offered(owner, row()))
        publish(stranger, row(), f"{round_}.1.0")
        transfers.accept(by=owner, transfer=offered(stranger, row(), "acme"))
        publish(owner, row(), f"{round_}.2.0")

    assert str(row()) == "acme/style"
    with pytest.raises(releases.VersionExists):
        publish(owner, row(), "1.1.0")
    assert FormerPackageName.objects.count() == 2


def test_one_who_stands_on_both_sides_still_confirms(style: Package, owner: Actor) -> None:
    offer = offered(owner, style, "olga")
    assert str(Package.objects.select_related("namespace").get(id=style.id)) == "acme/style"
    assert str(transfers.accept(by=owner, transfer=offer)) == "olga/style"


def test_those_who_decide_are_told(style: Package, widgets: Organization, owner: Actor, settings: Any) -> None:
    settings.MAIL_HOST = "mail.example"
    offered(owner, style)
    assert [message.to for message in mail.outbox] == [["stranger@example.com"]]
    assert "http://testserver/transfers" in mail.outbox[0].body


# --- at once


@pytest.mark.django_db(transaction=True)
def test_accepted_twice_at_once(style: Package, widgets: Organization, owner: Actor, stranger: Actor) -> None:
    offer = offered(owner, style)

    def accept() -> object:
        return transfers.accept(by=stranger, transfer=offer)

    outcomes = together(accept, accept)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Over", "Package"]


@pytest.mark.django_db(transaction=True)
def test_accepted_and_cancelled_at_once(style: Package, widgets: Organization, owner: Actor, stranger: Actor) -> None:
    offer = offered(owner, style)

    accepted, cancelled = together(
        lambda: transfers.accept(by=stranger, transfer=offer), lambda: transfers.cancel(by=owner, transfer=offer)
    )

    assert isinstance(accepted, Package) != (cancelled is None)


@pytest.mark.django_db(transaction=True)
def test_handed_over_while_the_old_side_publishes(
    style: Package, widgets: Organization, owner: Actor, stranger: Actor
) -> None:
    offer = offered(owner, style)

    accepted, published = together(
        lambda: transfers.accept(by=stranger, transfer=offer), lambda: publish(owner, style, "2.0.0")
    )

    assert isinstance(accepted, Package)
    row = Package.objects.select_related("namespace").get(id=style.id)
    if published is None:
        with pytest.raises(releases.VersionExists):
            publish(stranger, row, "2.0.0")
    else:
        assert isinstance(published, (releases.PackageGone, PermissionRefused))
        assert not row.releases.filter(version="2.0.0").exists()


def test_who_was_allowed_where_it_was_may_nothing_where_it_is(
    style: Package, widgets: Organization, owner: Actor, stranger: Actor
) -> None:
    stale = Package.objects.select_related("namespace").get(id=style.id)
    release = stale.releases.get()
    release.package = stale
    transfers.accept(by=stranger, transfer=offered(owner, style))
    for deed in (
        lambda: publish(owner, stale, "2.0.0"),
        lambda: releases.yank(by=owner, release=release, reason="mine"),
        lambda: packages.update(by=owner, package=stale, visibility="public", summary=""),
        lambda: packages.delete(by=owner, package=stale) or pytest.fail("nothing was deleted"),
        lambda: grants.give(by=owner, package=stale, permission="manage", user=owner.user),
    ):
        with pytest.raises((releases.PackageGone, PermissionRefused, pytest.fail.Exception)):
            deed()
    assert Package.objects.get(id=style.id).deleted_at is None


@pytest.mark.django_db(transaction=True)
def test_handed_over_while_another_takes_the_name(
    acme: Namespace, style: Package, widgets: Organization, owner: Actor, admin: Actor, stranger: Actor
) -> None:
    offer = offered(owner, style)

    together(
        lambda: transfers.accept(by=stranger, transfer=offer),
        lambda: packages.create(by=admin, namespace=acme, name="style", kind="rule"),
    )

    assert list(Package.objects.values_list("namespace__slug", "name")) == [("widgets", "style")]


# --- former names


@pytest.fixture
def moved(style: Package, widgets: Organization, owner: Actor, stranger: Actor) -> Package:
    return transfers.accept(by=stranger, transfer=offered(owner, style))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/acme/style", "/widgets/style"),
        ("/acme/style/releases/1.0.0?x=1", "/widgets/style/releases/1.0.0?x=1"),
        ("/api/v1/packages/ACME/Style", "/api/v1/packages/widgets/style"),
    ],
)
def test_old_addresses_lead_on(moved: Package, client: Client, old: str, new: str) -> None:
    answer = client.get(old)
    assert (answer.status_code, answer["Location"]) == (308 if old.startswith("/api") else 301, new)
    assert client.get(new).status_code == 200


@pytest.mark.parametrize("address", ["/registry/v1/acme/style/latest", "/v0/acme/style/latest/download"])
def test_clients_get_it_by_its_old_name(moved: Package, client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


def test_nobody_learns_of_what_is_private(moved: Package, stranger: Actor, client: Client) -> None:
    packages.update(by=stranger, package=moved, visibility="private", summary="")
    for address in ("/acme/{}", "/api/v1/packages/acme/{}", "/registry/v1/acme/{}/latest"):
        answers = [client.get(address.format(name)) for name in ("style", "nothing")]
        assert [answer.status_code for answer in answers] == [404, 404]
        texts = [answer.content.decode().replace("style", "…").replace("nothing", "…") for answer in answers]
        assert texts[0][-300:] == texts[1][-300:]


def test_manifests_that_use_the_old_name_resolve(
    acme: Namespace, moved: Package, owner: Actor, organization: Organization, build_package: Any, build_assistant: Any
) -> None:
    build_package("plain", "1.0.0")
    organization_life.rename(by=owner, organization=organization, slug="ajax")
    names = lookups.formerly(ANONYMOUS, ["acme/style", "ajax/style", "acme/plain", "acme/none", "no/none"])
    assert {asked: str(found) for asked, found in names.items()} == {
        "acme/style": "widgets/style",
        "ajax/style": "widgets/style",
        "acme/plain": "ajax/plain",
    }


def test_an_assistant_is_served_by_its_old_names(
    organization: Organization,
    moved: Package,
    widgets: Organization,
    owner: Actor,
    stranger: Actor,
    build_assistant: Any,
    client: Client,
) -> None:
    helper = build_assistant("helper", "rules:\n  - uses: acme/style\n")
    assert client.get("/api/v1/assistants/acme/helper/bundle").status_code == 200
    transfers.accept(
        by=stranger, transfer=offered(owner, Package.objects.select_related("namespace").get(id=helper.id))
    )
    answer = client.get("/api/v1/assistants/acme/helper/bundle")
    assert answer.status_code == 200
    assert answer.content == client.get("/api/v1/assistants/widgets/helper/bundle").content
    assistant = client.get("/ide/get-assistant/acme/helper").json()
    assert assistant["configResult"]["errors"] in ([], None)


def test_present_names_cost_no_query_more(
    style: Package, build_assistant: Any, client: Client, django_assert_num_queries: Any
) -> None:
    from assistants.services import fetching

    build_assistant("helper", "rules:\n  - uses: acme/style\n")
    with django_assert_num_queries(1):
        fetching.find_now(ANONYMOUS, "acme", "helper")


# --- pages and API


def test_the_pages(style: Package, widgets: Organization, owner: Actor, stranger: Actor, member: Actor) -> None:
    giver, taker = browser_of(owner.user), browser_of(stranger.user)
    assert "Nothing is offered to you" in taker.get("/transfers").content.decode()
    assert giver.post("/acme/style/transfer", {"destination": "nowhere"}).status_code == 422
    assert giver.post("/acme/style/transfer", {"destination": "Widgets"}).status_code == 302
    assert "can accept until" in giver.get("/acme/style/transfer").content.decode()
    assert "Withdraw the offer" in giver.get("/acme/style/transfer/cancel").content.decode()
    giver.post("/acme/style/transfer/cancel")
    assert not transfers.waiting().exists()
    giver.post("/acme/style/transfer", {"destination": "widgets"})
    offer = transfers.waiting().get()
    assert "acme/style" in taker.get("/transfers").content.decode()
    assert "Decline acme/style?" in taker.get(f"/transfers/{offer.id}/decline").content.decode()
    taker.post(f"/transfers/{offer.id}/decline")
    assert taker.post(f"/transfers/{offer.id}/decline").status_code == 404
    giver.post("/acme/style/transfer", {"destination": "widgets"})
    offer = transfers.waiting().get()
    for other in (giver, browser_of(member.user)):
        assert other.post(f"/transfers/{offer.id}/accept").status_code == 404
    assert "Take acme/style into widgets?" in taker.get(f"/transfers/{offer.id}/accept").content.decode()
    assert taker.post(f"/transfers/{offer.id}/accept")["Location"] == "/widgets/style"


def test_the_list_takes_as_many_queries(
    widgets: Organization,
    owner: Actor,
    stranger: Actor,
    build_package: Callable[..., Package],
    django_assert_num_queries: Any,
) -> None:
    for number in range(8):
        package = Package.objects.select_related("namespace").get(id=build_package(f"p{number}", "1.0.0").id)
        transfers.request(by=owner, package=package, destination="widgets")
    taker = browser_of(stranger.user)
    with django_assert_num_queries(3):
        text = taker.get("/transfers").content.decode()
    assert "acme/p7" in text


def test_the_api(style: Package, widgets: Organization, owner: Actor, member: Actor, stranger: Actor, api: Any) -> None:
    assert api("post", "packages/acme/style/transfer", member, {"destination": "widgets"}).status_code == 403
    assert api("post", "packages/acme/style/transfer", owner, {"destination": "nowhere"}).status_code == 400
    made = api("post", "packages/acme/style/transfer", owner, {"destination": "widgets"})
    assert (made.status_code, made.json()["package"]) == (201, "acme/style")
    assert api("post", "packages/acme/style/transfer", owner, {"destination": "widgets"}).status_code == 409
    assert api("get", "transfers", owner).json()["items"] == []
    assert [one["id"] for one in api("get", "transfers", stranger).json()["items"]] == [made.json()["id"]]
    assert api("get", "transfers").status_code == 401
    assert api("post", f"transfers/{made.json()['id']}/accept", owner).status_code == 404
    assert api("delete", "packages/acme/style/transfer", owner).status_code == 204
    assert api("delete", "packages/acme/style/transfer", owner).status_code == 404
    again = api("post", "packages/acme/style/transfer", owner, {"destination": "widgets"}).json()["id"]
    assert api("post", f"transfers/{again}/decline", stranger).status_code == 204
    last = api("post", "packages/acme/style/transfer", owner, {"destination": "widgets"}).json()["id"]
    assert api("post", f"transfers/{last}/accept", stranger).status_code == 204
    assert api("get", "packages/widgets/style", stranger).status_code == 200
