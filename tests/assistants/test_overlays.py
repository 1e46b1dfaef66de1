"""Choosing what is laid over others' assistants: who may, which ones, by service, over REST and on the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from assistants.models import Overlay
from assistants.services import overlays, usage_policies
from assistants.services.overlays import Setup
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, Organization
from hub.services import organizations, teams, tokens
from registry.domain.versions import InvalidRange
from registry.models import Package
from registry.policies import Quarantined
from registry.services import packages, quarantines
from tests.hub.together import together
from tests.support.problems import problem

type Api = Callable[..., Any]
type Build = Callable[..., Package]

ADDRESS = "organizations/acme/overlays"


@pytest.fixture
def base(build_assistant: Build) -> Package:
    """acme/base, internal."""
    return build_assistant("base", "rules: [Ask first.]\n", visibility="internal")


@pytest.mark.parametrize("who", ["member", "stranger"])
def test_only_who_manages_the_organization_lays_over(
    request: pytest.FixtureRequest, organization: Organization, base: Package, owner: Actor, admin: Actor, who: str
) -> None:
    other = request.getfixturevalue(who)
    laid = overlays.add(by=admin, organization=organization, package=base)
    for deed in (
        lambda: overlays.add(by=other, organization=organization, package=base),
        lambda: overlays.change(by=other, overlay=laid, setup=Setup(mode="required")),
        lambda: overlays.remove(by=other, overlay=laid),
    ):
        with pytest.raises(PermissionRefused):
            deed()
    assert AuditEvent.objects.filter(action__startswith="assistants.overlay").count() == 1


def test_each_deed_says_what_it_did(organization: Organization, base: Package, owner: Actor) -> None:
    laid = overlays.add(by=owner, organization=organization, package=base, setup=Setup(range=" ^1 "))
    overlays.change(by=owner, overlay=laid, setup=Setup(range="^1", mode="required"))
    overlays.change(by=owner, overlay=laid, setup=Setup(range="^1", mode="required"))
    overlays.remove(by=owner, overlay=laid)
    events = list(AuditEvent.objects.filter(action__startswith="assistants.overlay").order_by("id"))
    assert [event.action.rpartition(".")[2] for event in events] == ["create", "update", "delete"]
    assert events[0].data == {
        "package": "acme/base", "of": "acme", "range": "^1", "mode": "added", "position": 0, "enabled": True,
    }  # fmt: skip
    assert (events[1].data["before"]["mode"], events[1].data["after"]["mode"]) == ("added", "required")
    assert all(event.namespace_label == "acme" for event in events)


def test_all_members_must_be_able_to_read_it(
    organization: Organization, build_assistant: Build, build_package: Build, owner: Actor
) -> None:
    def add(package: Package) -> Overlay:
        return overlays.add(by=owner, organization=organization, package=package)

    mine = owner.user.namespace
    add(build_assistant("elsewhere", "rules: [A.]\n", namespace=mine, visibility="public"))
    refused = {
        "private: not every": build_assistant("hidden", "rules: [A.]\n", visibility="private"),
        "to somebody else": build_assistant("own", "rules: [A.]\n", namespace=mine, visibility="internal"),
        "of kind rule": build_package("style", "1.0.0"),
        "no release that fits": packages.create(
            by=owner, namespace=organization.namespace, name="empty", kind="assistant", visibility="internal"
        ),
    }
    for words, package in refused.items():
        with pytest.raises(overlays.NotForAll, match=words):
            add(package)
    held = build_assistant("held", "rules: [A.]\n", visibility="internal")
    quarantines.impose(by=owner, package=held, reason="It leaks.")
    with pytest.raises(Quarantined):
        add(Package.objects.select_related("namespace", "latest_release").get(id=held.id))


def test_what_cannot_be_meant(organization: Organization, base: Package, owner: Actor) -> None:
    for setup in (Setup(mode="forced"), Setup(position=-1), Setup(position=1001)):
        with pytest.raises(overlays.InvalidOverlay):
            overlays.add(by=owner, organization=organization, package=base, setup=setup)
    with pytest.raises(InvalidRange):
        overlays.add(by=owner, organization=organization, package=base, setup=Setup(range="newest"))
    with pytest.raises(overlays.NotForAll, match="“\\^9”"):
        overlays.add(by=owner, organization=organization, package=base, setup=Setup(range="^9"))
    other = organizations.create(by=owner, slug="other", name="Other")
    theirs = teams.create(by=owner, organization=other, slug="theirs", name="Theirs")
    with pytest.raises(overlays.InvalidOverlay, match="another organization's"):
        overlays.add(by=owner, organization=organization, package=base, team=theirs)


def test_what_an_organization_forbids_it_does_not_lay_over_its_members(
    organization: Organization, base: Package, owner: Actor
) -> None:
    usage_policies.configure(by=owner, organization=organization, denied=[str(base)], reason="Too old.")
    with pytest.raises(overlays.NotForAll, match=r"Too old\."):
        overlays.add(by=owner, organization=organization, package=base)
    assert not Overlay.objects.exists()


def test_once_for_the_same_people(organization: Organization, base: Package, owner: Actor) -> None:
    team = teams.create(by=owner, organization=organization, slug="backend", name="Backend")
    for whose in (None, team):
        laid = overlays.add(by=owner, organization=organization, package=base, team=whose)
        with pytest.raises(overlays.OverlayExists):
            overlays.add(by=owner, organization=organization, package=base, team=whose)
    overlays.remove(by=owner, overlay=laid)
    with pytest.raises(overlays.Gone):
        overlays.remove(by=owner, overlay=laid)
    with pytest.raises(overlays.Gone):
        overlays.change(by=owner, overlay=laid, setup=Setup())


@pytest.mark.django_db(transaction=True)
def test_no_more_than_there_may_be_also_at_once(
    organization: Organization, build_assistant: Build, owner: Actor
) -> None:
    made = [build_assistant(f"base{number}", "rules: [A.]\n") for number in range(overlays.MAX_OVERLAYS + 1)]
    for package in made[:-2]:
        overlays.add(by=owner, organization=organization, package=package)
    found = together(
        *(lambda one=one: overlays.add(by=owner, organization=organization, package=one) for one in made[-2:])
    )
    assert sorted(type(one).__name__ for one in found) == ["Overlay", "TooMany"]
    assert Overlay.objects.order_by("-position").values_list("position", flat=True)[0] == overlays.MAX_OVERLAYS - 1


def test_over_rest(api: Api, organization: Organization, base: Package, owner: Actor, admin: Actor) -> None:
    teams.create(by=owner, organization=organization, slug="backend", name="Backend")
    secret = _admin_token(owner)
    made = _call(api, "post", ADDRESS, secret, {"package": "acme/base", "mode": "required", "team": "backend"})
    assert made.status_code == 201
    shape = made.json()
    number = shape.pop("id")
    assert {name: shape[name] for name in ("of", "team", "package", "version", "mode", "position", "enabled")} == {
        "of": "acme/backend", "team": "backend", "package": "acme/base", "version": "latest", "mode": "required",
        "position": 0, "enabled": True,
    }  # fmt: skip
    assert [one["id"] for one in _call(api, "get", ADDRESS, secret).json()["items"]] == [number]
    changed = _call(api, "patch", f"{ADDRESS}/{number}", secret, {"enabled": False})
    assert (changed.status_code, changed.json()["enabled"], changed.json()["mode"]) == (200, False, "required")
    problem(_call(api, "post", ADDRESS, secret, {"package": "acme/base", "team": "backend"}), 409, "overlay_exists")
    problem(_call(api, "post", ADDRESS, secret, {"package": "acme/base", "version": "^9"}), 422, "not_for_all")
    problem(_call(api, "post", ADDRESS, secret, {"package": "acme/base", "version": "newest"}), 400, "version_invalid")
    for absent in ({"package": "acme/absent"}, {"package": "nonsense"}, {"package": "acme/base", "team": "absent"}):
        problem(_call(api, "post", ADDRESS, secret, absent), 404, "not_found")
    problem(_call(api, "post", ADDRESS, secret, {"package": "acme/base", "mode": "forced"}), 400, "invalid")
    assert _call(api, "delete", f"{ADDRESS}/{number}", secret).status_code == 204
    problem(_call(api, "delete", f"{ADDRESS}/{number}", secret), 404, "not_found")


def test_on_the_pages(client: Client, organization: Organization, base: Package, owner: Actor) -> None:
    teams.create(by=owner, organization=organization, slug="backend", name="Backend")
    client.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = "/organizations/acme/overlays"
    assert "No overlays yet" in client.get(page).content.decode()
    assert '<option value="backend" selected>' in client.get(f"{page}?team=backend").content.decode()
    sent = {"package": "acme/base", "team": "", "mode": "required", "version": "latest", "position": ""}
    wrong = {"package": "acme/absent", "version": "newest"}
    for field, value in wrong.items():
        assert client.post(page, sent | {field: value}).status_code == 422
    assert client.post(page, sent).status_code == 302
    laid = Overlay.objects.get()
    listed = client.get(page).content.decode()
    assert "acme/base" in listed
    assert "all members" in listed
    edit = f"{page}/{laid.id}"
    assert client.post(edit, {"mode": "added", "version": "^9", "position": "3"}).status_code == 422
    assert client.post(edit, {"mode": "added", "version": "^1", "position": "3"}).status_code == 302
    laid.refresh_from_db()
    assert (laid.mode, laid.range, laid.position, laid.is_enabled) == ("added", "^1", 3, False)
    packages.update(by=owner, package=base, visibility="private", summary="")
    overlays_page = client.get(page).content.decode()
    assert "not in use" in overlays_page
    assert client.get(f"{edit}/remove").status_code == 200
    assert client.post(f"{edit}/remove").status_code == 302
    assert not Overlay.objects.exists()


def _admin_token(actor: Actor) -> str:
    return tokens.create(by=actor, name="admin", scopes=("read", "admin")).secret


def _call(api: Api, method: str, path: str, secret: str, body: Any = None) -> Any:
    return api(method, path, None, body, Authorization=f"Bearer {secret}")
