"""Teams: services, pages and API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.domain.slugs import InvalidName
from hub.models import AuditEvent, Organization, Team, TeamMembership, User
from hub.services import organizations, service_accounts, teams, tokens
from tests.hub.test_organizations import browser_of
from tests.hub.together import together


@pytest.fixture
def platform(organization: Organization, owner: Actor) -> Team:
    return teams.create(by=owner, organization=organization, slug="platform", name="Platform")


def people_of(team: Team) -> set[str]:
    return set(team.memberships.values_list("membership__user__username", flat=True))


def test_members_come_and_go(platform: Team, owner: Actor, admin: Actor, member: Actor) -> None:
    assert member.user is not None
    teams.add_member(by=admin, team=platform, user=member.user)
    assert people_of(platform) == {"mia"}
    with pytest.raises(teams.AlreadyInTeam):
        teams.add_member(by=admin, team=platform, user=member.user)
    teams.remove_member(by=admin, team=platform, user=member.user)
    with pytest.raises(teams.NotInTeam):
        teams.remove_member(by=admin, team=platform, user=member.user)
    events = AuditEvent.objects.order_by("-id")[:2]
    assert [(event.action, event.data) for event in events] == [
        ("hub.team-member.delete", {"team": "platform", "member": "mia"}),
        ("hub.team-member.create", {"team": "platform", "member": "mia"}),
    ]


def test_who_leaves_the_organization_leaves_its_teams_for_good(
    organization: Organization, platform: Team, owner: Actor, member: Actor
) -> None:
    assert member.user is not None
    teams.add_member(by=owner, team=platform, user=member.user)
    organizations.remove_member(by=owner, organization=organization, user=member.user)
    organizations.add_member(by=owner, organization=organization, user=member.user, role="member")
    assert people_of(platform) == set()


def test_strangers_are_in_no_team(platform: Team, owner: Actor, stranger: Actor) -> None:
    assert stranger.user is not None
    with pytest.raises(teams.NotInTeam):
        teams.add_member(by=owner, team=platform, user=stranger.user)


def test_only_who_manages_makes_and_fills_teams(
    organization: Organization, platform: Team, owner: Actor, member: Actor, stranger: Actor
) -> None:
    assert member.user is not None
    teams.add_member(by=owner, team=platform, user=member.user)
    weak = Actor(owner.user, token=tokens.create(by=owner, name="t", scopes=["read", "manage"]).token)
    for actor in (member, stranger, ANONYMOUS, weak):
        for deed in (
            lambda by: teams.create(by=by, organization=organization, slug="new", name=""),
            lambda by: teams.update(by=by, team=platform, slug="new", name="", description=""),
            lambda by: teams.delete(by=by, team=platform),
            lambda by: teams.add_member(by=by, team=platform, user=member.user),
            lambda by: teams.remove_member(by=by, team=platform, user=member.user),
        ):
            with pytest.raises(PermissionRefused):
                deed(actor)
    assert people_of(platform) == {"mia"}


def test_names_are_checked_and_stand_once(organization: Organization, platform: Team, owner: Actor) -> None:
    for wrong in ("", "a", "A b", "-x", "x" * 40):
        with pytest.raises(InvalidName):
            teams.create(by=owner, organization=organization, slug=wrong, name="")
    with pytest.raises(teams.TeamExists):
        teams.create(by=owner, organization=organization, slug=" Platform ", name="")
    other = teams.create(by=owner, organization=organization, slug="other", name="")
    with pytest.raises(teams.TeamExists):
        teams.update(by=owner, team=other, slug="platform", name="", description="")


def test_there_is_an_end_to_teams(
    organization: Organization, platform: Team, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teams, "MAX_TEAMS", 1)
    with pytest.raises(teams.TooMany):
        teams.create(by=owner, organization=organization, slug="more", name="")


@pytest.mark.django_db(transaction=True)
def test_put_in_and_taken_out_of_the_organization_at_once(
    organization: Organization, platform: Team, owner: Actor, admin: Actor, member: Actor
) -> None:
    assert member.user is not None
    user = member.user

    together(
        lambda: teams.add_member(by=owner, team=platform, user=user),
        lambda: organizations.remove_member(by=admin, organization=organization, user=user),
    )

    assert not TeamMembership.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_put_in_twice_at_once(platform: Team, owner: Actor, admin: Actor, member: Actor) -> None:
    assert member.user is not None
    user = member.user

    def add(by: Actor) -> Callable[[], object]:
        return lambda: teams.add_member(by=by, team=platform, user=user)

    outcomes = together(add(owner), add(admin))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyInTeam", "TeamMembership"]


# --- pages


def test_the_pages(organization: Organization, owner: Actor, member: Actor) -> None:
    browser, reader = browser_of(owner.user), browser_of(member.user)
    assert "No teams yet" in browser.get("/organizations/acme/teams").content.decode()

    made = browser.post("/organizations/acme/teams", {"slug": "Platform", "name": "", "description": "Runs it"})
    assert made["Location"] == "/organizations/acme/teams/platform"
    assert "Nobody is in this team yet" in reader.get(made["Location"]).content.decode()
    browser.post("/organizations/acme/teams/platform/members", {"username": "mia"})
    again = browser.post("/organizations/acme/teams/platform/members", {"username": "mia"})
    assert (again.status_code, "is in this team already" in again.content.decode()) == (422, True)
    unknown = browser.post("/organizations/acme/teams/platform/members", {"username": "nobody"})
    assert unknown.status_code == 422
    seen = reader.get("/organizations/acme/teams/platform").content.decode()
    assert ">mia<" in seen
    assert "Put somebody in" not in seen
    assert "Take mia out" in browser.get("/organizations/acme/teams/platform/members/mia/remove").content.decode()
    browser.post("/organizations/acme/teams/platform/members/mia/remove")
    edited = browser.post("/organizations/acme/teams/platform/edit", {"slug": "base", "name": "Base"})
    assert edited["Location"] == "/organizations/acme/teams/base"
    assert people_of(Team.objects.get()) == set()
    assert browser.post("/organizations/acme/teams/base/delete")["Location"] == "/organizations/acme/teams"
    assert not Team.objects.exists()


def test_a_machine_is_in_a_team(organization: Organization, platform: Team, owner: Actor) -> None:
    service_accounts.create(by=owner, organization=organization, name="ci", role="member")
    browser = browser_of(owner.user)
    browser.post("/organizations/acme/teams/platform/members", {"username": "acme/ci"})
    assert people_of(platform) == {"acme/ci"}
    assert "acme/ci" in browser.get("/organizations/acme/teams/platform").content.decode()
    browser.post("/organizations/acme/teams/platform/members/acme/ci/remove")
    assert people_of(platform) == set()


def test_lists_take_as_many_queries(
    organization: Organization,
    platform: Team,
    owner: Actor,
    build_user: Callable[..., User],
    django_assert_num_queries: Any,
) -> None:
    browser = browser_of(owner.user)
    for number in range(30):
        teams.create(by=owner, organization=organization, slug=f"team{number:02}", name="")
        user = build_user(f"p{number:02}")
        organizations.add_member(by=owner, organization=organization, user=user, role="member")
        teams.add_member(by=owner, team=platform, user=user)
    with django_assert_num_queries(5):
        text = browser.get("/organizations/acme/teams").content.decode()
    assert "team23" in text
    with django_assert_num_queries(6):
        text = browser.get("/organizations/acme/teams/platform").content.decode()
    assert ">p24<" in text
    assert ">p25<" not in text


# --- API


def call(secret: str, method: str, path: str, body: object = None) -> Any:
    send = getattr(Client(), method)
    headers = {"Authorization": f"Bearer {secret}"}
    address = f"/api/v1/organizations/acme{path}"
    if body is None:
        return send(address, headers=headers)
    return send(address, body, content_type="application/json", headers=headers)


def test_the_api(organization: Organization, owner: Actor, member: Actor) -> None:
    admin = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    reader = tokens.create(by=member, name="t", scopes=["read", "admin"]).secret

    made = call(admin, "post", "/teams", {"slug": "platform"})
    assert (made.status_code, made["Location"]) == (201, "/api/v1/organizations/acme/teams/platform")
    assert call(admin, "post", "/teams", {"slug": "platform"}).status_code == 409
    assert call(admin, "post", "/teams", {"slug": "-"}).status_code == 400
    assert call(reader, "post", "/teams", {"slug": "mine"}).status_code == 403
    for _ in range(2):
        assert call(admin, "put", "/teams/platform/members/mia").status_code == 204
    assert call(admin, "put", "/teams/platform/members/nobody").status_code == 404
    listed = call(reader, "get", "/teams/platform/members").json()["items"]
    assert [(one["username"], one["came_through"]) for one in listed] == [("mia", "manual")]
    assert call(reader, "get", "/teams").json()["items"][0]["member_count"] == 1
    assert call(admin, "delete", "/teams/platform/members/mia").status_code == 204
    assert call(admin, "delete", "/teams/platform/members/mia").status_code == 404
    assert call(admin, "patch", "/teams/platform", {"slug": "base"}).json()["slug"] == "base"
    assert call(admin, "get", "/teams/platform").status_code == 404
    assert call(admin, "delete", "/teams/base").status_code == 204


def test_members_over_the_api(organization: Organization, owner: Actor, admin: Actor, stranger: Actor) -> None:
    secret = tokens.create(by=admin, name="t", scopes=["read", "admin"]).secret
    service_accounts.create(by=owner, organization=organization, name="ci", role="member")

    names = [one["username"] for one in call(secret, "get", "/members").json()["items"]]
    assert names == ["adam", "mia", "olga"]
    assert call(secret, "put", "/members/stranger", {"role": "maintainer"}).status_code == 201
    assert call(secret, "put", "/members/stranger", {"role": "member"}).json()["role"] == "member"
    assert call(secret, "put", "/members/stranger", {"role": "owner"}).status_code == 403
    assert call(secret, "put", "/members/stranger", {"role": "king"}).status_code == 400
    assert call(secret, "put", "/members/nobody", {"role": "member"}).status_code == 404
    assert call(secret, "delete", "/members/stranger").status_code == 204
    assert call(secret, "get", "/members/stranger").status_code == 404
    assert call(secret, "delete", "/members/olga").status_code == 403
    own = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    last = call(own, "delete", "/members/olga")
    assert (last.status_code, last.json()["type"]) == (409, "urn:assistant-hub:problem:last_owner")
    assert call(own, "put", "/members/olga", {"role": "member"}).status_code == 409


def test_organizations_over_the_api(organization: Organization, owner: Actor, member: Actor, stranger: Actor) -> None:
    secret = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    reader = tokens.create(by=member, name="t", scopes=["read"]).secret

    changed = call(secret, "patch", "", {"description": "Makes anvils"})
    assert (changed.status_code, changed.json()["description"]) == (200, "Makes anvils")
    assert call(reader, "patch", "", {"name": "Mine"}).status_code == 403
    assert call(reader, "get", "").json()["name"] == "Acme"
    outside = tokens.create(by=stranger, name="t", scopes=["read", "admin"]).secret
    assert call(outside, "get", "").status_code == 404
    listed = Client().get("/api/v1/organizations", headers={"Authorization": f"Bearer {reader}"}).json()["items"]
    assert [one["slug"] for one in listed] == ["acme"]
    assert Client().get("/api/v1/organizations").status_code == 401
