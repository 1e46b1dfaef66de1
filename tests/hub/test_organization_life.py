"""What becomes of an organization as a whole: renaming, deletion, restoring, purging."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hub import tasks
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import ApiToken, AuditEvent, Membership, Namespace, Organization, Role, ServiceAccount, Team, User
from hub.services import invitations, namespaces, organization_life, organizations, service_accounts, teams, tokens
from tests.hub.test_organizations import browser_of
from tests.hub.together import together


def a_machine(owner: Actor, organization: Organization, name: str = "ci") -> ServiceAccount:
    return service_accounts.create(by=owner, organization=organization, name=name, role="maintainer")


def long_ago(organization: Organization, days: int) -> None:
    Organization.objects.filter(id=organization.id).update(deleted_at=timezone.now() - timedelta(days=days))


# --- another name


def test_a_former_name_leads_on_and_stays_taken(organization: Organization, owner: Actor, stranger: Actor) -> None:
    organization_life.rename(by=owner, organization=organization, slug=" Ajax ")

    assert Namespace.objects.get(organization=organization).slug == organization.namespace.slug == "ajax"
    assert namespaces.renamed("acme") == "ajax"
    with pytest.raises(namespaces.NameTaken):
        organizations.create(by=stranger, slug="acme", name="")
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.data) == (
        "hub.organization.rename",
        {"before": {"slug": "acme"}, "after": {"slug": "ajax"}},
    )
    organization_life.rename(by=owner, organization=organization, slug="acme")
    assert namespaces.renamed("ajax") == "acme"


def test_machines_are_called_after_the_new_name(organization: Organization, owner: Actor) -> None:
    kept, gone = a_machine(owner, organization), a_machine(owner, organization, "old")
    service_accounts.delete(by=owner, account=gone)

    organization_life.rename(by=owner, organization=organization, slug="ajax")

    names = set(User.objects.filter(id__in=[kept.user_id, gone.user_id]).values_list("username", flat=True))
    assert names == {"ajax/ci", "ajax/old"}
    with pytest.raises(service_accounts.NameTaken):
        a_machine(owner, organization, "old")


def test_only_an_owner_in_the_browser_renames(
    organization: Organization, owner: Actor, admin: Actor, stranger: Actor
) -> None:
    token = tokens.create(by=owner, name="t", scopes=["admin"]).token
    for actor in (admin, stranger, Actor(owner.user, token=token)):
        with pytest.raises(PermissionRefused):
            organization_life.rename(by=actor, organization=organization, slug="ajax")
        with pytest.raises(PermissionRefused):
            organization_life.delete(by=actor, organization=organization)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_a_name_at_once_one_gets_it(organization: Organization, owner: Actor) -> None:
    other = organizations.create(by=owner, slug="other", name="")

    outcomes = together(
        lambda: organization_life.rename(by=owner, organization=organization, slug="wanted"),
        lambda: organization_life.rename(by=owner, organization=other, slug="wanted"),
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NameTaken", "NoneType"]


def test_the_page_asks_for_the_present_name(organization: Organization, owner: Actor) -> None:
    browser = browser_of(owner.user)

    wrong = browser.post("/organizations/acme/rename", {"slug": "ajax", "confirmation": "acne"})
    taken = browser.post("/organizations/acme/rename", {"slug": "olga", "confirmation": "acme"})
    right = browser.post("/organizations/acme/rename", {"slug": "ajax", "confirmation": "Acme"})

    assert (wrong.status_code, taken.status_code) == (422, 422)
    assert "This is another name" in wrong.content.decode()
    assert right["Location"] == "/organizations/ajax"


ADDRESSES = [
    ("/acme/style", "/ajax/style"),
    ("/acme/style?tab=x", "/ajax/style?tab=x"),
    ("/api/v1/packages/acme/style", "/api/v1/packages/ajax/style"),
    ("/api/v1/packages/ACME/style/releases/1.0.0", "/api/v1/packages/ajax/style/releases/1.0.0"),
]


@pytest.mark.parametrize(("old", "new"), ADDRESSES)
def test_old_addresses_lead_to_the_new_ones(
    organization: Organization, owner: Actor, build_package: Any, client: Client, old: str, new: str
) -> None:
    build_package("style", "1.0.0")
    organization_life.rename(by=owner, organization=organization, slug="ajax")

    answer = client.get(old)

    assert (answer.status_code, answer["Location"]) == (308 if old.startswith("/api") else 301, new)
    assert client.get(new).status_code == 200


def test_a_member_is_led_to_the_organization_and_a_program_keeps_its_method(
    organization: Organization, owner: Actor
) -> None:
    secret = tokens.create(by=owner, name="t", scopes=["read", "admin"]).secret
    organization_life.rename(by=owner, organization=organization, slug="ajax")

    page = browser_of(owner.user).get("/organizations/acme/teams")
    call = Client().post(
        "/api/v1/organizations/acme/teams",
        {"slug": "base"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )

    assert (page.status_code, page["Location"]) == (301, "/organizations/ajax/teams")
    assert (call.status_code, call["Location"]) == (308, "/api/v1/organizations/ajax/teams")


@pytest.mark.parametrize("path", ["", "/secret", "/api/v1/packages/{}/secret", "/nothing"])
def test_a_stranger_does_not_learn_of_a_renamed_organization(
    organization: Organization, owner: Actor, stranger: Actor, build_package: Any, path: str
) -> None:
    build_package("secret", "1.0.0", visibility="private")
    organization_life.rename(by=owner, organization=organization, slug="ajax")
    browser = browser_of(stranger.user)

    def answer(slug: str) -> tuple[int, str]:
        address = path.format(slug) if "{}" in path else f"/{slug}{path}"
        got = browser.get(address)
        text = re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]+"', "", got.content.decode())
        return got.status_code, text.replace(slug, "…")

    assert answer("acme")[0] == 404
    assert answer("acme") == answer("nowhere")


# --- the end, and the return


def test_deletion_closes_everything_at_once(
    organization: Organization, owner: Actor, member: Actor, build_package: Any, client: Client
) -> None:
    build_package("style", "1.0.0")
    account = a_machine(owner, organization)
    machine = service_accounts.create_token(by=owner, account=account, name="t", scopes=["read"]).secret
    mine = tokens.create(by=member, name="t", scopes=["read"]).secret
    organization_life.delete(by=owner, organization=organization)

    assert client.get("/acme/style").status_code == 404
    assert client.get("/acme").status_code == 404
    assert client.get("/api/v1/packages/acme/style").status_code == 404
    assert "acme/style" not in client.get("/?q=style").content.decode()
    for user in (owner.user, member.user):
        assert browser_of(user).get("/organizations/acme").status_code == 404
    assert browser_of(owner.user).get("/acme/style").status_code == 404
    for secret, status in ((machine, 401), (mine, 404)):
        headers = {"Authorization": f"Bearer {secret}"}
        assert client.get("/api/v1/organizations/acme", headers=headers).status_code == status


def test_an_owner_restores_it_as_it_was(
    organization: Organization, owner: Actor, admin: Actor, build_package: Any, client: Client
) -> None:
    build_package("style", "1.0.0")
    organization_life.delete(by=owner, organization=organization)
    with pytest.raises(PermissionRefused):
        organization_life.restore(by=admin, organization=organization)
    assert browser_of(admin.user).post("/organizations/acme/restore").status_code == 404
    assert "can be restored" not in browser_of(admin.user).get("/organizations").content.decode().lower()
    listed = browser_of(owner.user).get("/organizations").content.decode()
    assert "Can be restored until" in listed

    answer = browser_of(owner.user).post("/organizations/acme/restore")

    assert answer["Location"] == "/organizations/acme"
    assert client.get("/acme/style").status_code == 200
    deeds = AuditEvent.objects.filter(action__startswith="hub.organization.").order_by("id")
    assert list(deeds.values_list("action", flat=True))[-2:] == [
        "hub.organization.delete",
        "hub.organization.restore",
    ]


def test_the_page_deletes_after_the_name_was_typed(organization: Organization, owner: Actor) -> None:
    browser = browser_of(owner.user)

    assert browser.post("/organizations/acme/delete", {"confirmation": "no"}).status_code == 422
    assert browser.post("/organizations/acme/delete", {"confirmation": "acme"})["Location"] == "/organizations"
    assert Organization.objects.get().deleted_at is not None


def test_after_the_period_of_grace_nothing_comes_back(
    organization: Organization, owner: Actor, build_user: Callable[..., User]
) -> None:
    account = a_machine(owner, organization)
    service_accounts.create_token(by=owner, account=account, name="t", scopes=["read"])
    bound = tokens.create(by=owner, name="b", scopes=["read"], organization=organization).token
    teams.create(by=owner, organization=organization, slug="platform", name="")
    invitations.create(by=owner, organization=organization, email="new@example.com", role="member")
    organization_life.delete(by=owner, organization=organization)
    tasks.purge_organizations()
    assert Membership.objects.filter(organization=organization).exists(), "within the period of grace"

    long_ago(organization, 31)
    with pytest.raises(organization_life.NotDeleted):
        organization_life.restore(by=owner, organization=organization)
    tasks.purge_organizations()
    tasks.purge_organizations()

    organization.refresh_from_db()
    assert organization.purged_at is not None
    for rows in (organization.memberships, organization.teams, organization.invitations, organization.service_accounts):
        assert not rows.exists()
    assert not ApiToken.objects.in_force().filter(organization=organization).exists()
    bound.refresh_from_db()
    assert bound.revoked_at is not None
    assert AuditEvent.objects.filter(action="hub.organization.purge").count() == 1
    with pytest.raises(namespaces.NameTaken):
        organizations.create(by=Actor(build_user("late")), slug="acme", name="")


@pytest.mark.django_db(transaction=True)
def test_of_a_restore_and_a_purge_at_once_one_happens(organization: Organization, owner: Actor, settings: Any) -> None:
    organization_life.delete(by=owner, organization=organization)
    long_ago(organization, 31)

    outcomes = together(
        lambda: organization_life.purge(by=Actor(source="task"), organization=organization),
        lambda: organization_life.purge(by=Actor(source="task"), organization=organization),
    )

    assert sorted(outcomes, key=str) == [False, True]
    assert not Team.objects.exists()
    assert Role.OWNER not in organization.memberships.values_list("role", flat=True)
