"""Organizations: the services, and the pages of their members."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.domain.slugs import InvalidName
from hub.models import AuditEvent, Membership, Namespace, Organization, Role, User
from hub.services import audit, organizations, tokens
from hub.services.accounts import NameTaken
from tests.hub.together import together


@pytest.fixture
def people(organization: Organization, stranger: Actor, request: pytest.FixtureRequest) -> dict[str, User | None]:
    """One of each: owner, admin, member, stranger, and nobody."""
    by_role = {member.role: member.user for member in organization.memberships.select_related("user")}
    return {**by_role, "stranger": stranger.user, "anonymous": None}


def browser_of(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.get("/organizations")  # notes the session, as happens every few minutes (hub/sessions.py)
    return client


def roles(organization: Organization) -> dict[str, str]:
    return dict(organization.memberships.values_list("user__username", "role"))


# --- the services


def test_an_organization_starts_with_its_maker_as_owner(stranger: Actor) -> None:
    made = organizations.create(by=stranger, slug=" Widgets ", name="", description="Makes widgets")

    assert (made.namespace.slug, made.name, made.description) == ("widgets", "widgets", "Makes widgets")
    assert roles(made) == {"stranger": "owner"}
    event = AuditEvent.objects.get(action="hub.organization.create")
    assert (event.namespace, event.actor) == (made.namespace, stranger.user)


@pytest.mark.parametrize("slug", ["", "a", "settings", "Ünder", "-dash", "a" * 40, "x.yaml"])
def test_a_name_that_cannot_be_used_is_refused(stranger: Actor, slug: str) -> None:
    with pytest.raises(InvalidName):
        organizations.create(by=stranger, slug=slug, name="x")


@pytest.mark.parametrize("slug", ["acme", "olga"])
def test_a_name_is_held_by_one_person_or_organization(organization: Organization, stranger: Actor, slug: str) -> None:
    with pytest.raises(NameTaken):
        organizations.create(by=stranger, slug=slug, name="x")


def test_members_come_change_and_go(organization: Organization, owner: Actor, stranger: Actor) -> None:
    assert stranger.user is not None
    before = AuditEvent.objects.latest("id").id

    organizations.add_member(by=owner, organization=organization, user=stranger.user, role=Role.MEMBER)
    organizations.change_role(by=owner, organization=organization, user=stranger.user, role=Role.ADMIN)
    organizations.remove_member(by=owner, organization=organization, user=stranger.user)
    organizations.update(by=owner, organization=organization, name="Acme Inc.", description="")

    assert "stranger" not in roles(organization)
    events = AuditEvent.objects.filter(namespace=organization.namespace, id__gt=before)
    assert list(events.order_by("id").values_list("action", "data")) == [
        ("hub.membership.create", {"member": "stranger", "role": "member"}),
        ("hub.membership.update", {"member": "stranger", "before": "member", "role": "admin"}),
        ("hub.membership.delete", {"member": "stranger", "role": "admin"}),
        (
            "hub.organization.update",
            {
                "before": {"name": "Acme", "description": ""},
                "after": {"name": "Acme Inc.", "description": ""},
            },
        ),
    ]


def test_nobody_is_a_member_twice(organization: Organization, owner: Actor, member: Actor) -> None:
    assert member.user is not None
    with pytest.raises(organizations.AlreadyMember):
        organizations.add_member(by=owner, organization=organization, user=member.user, role=Role.ADMIN)
    assert roles(organization)["mia"] == "member"


def test_strangers_have_no_role_to_change(organization: Organization, owner: Actor, stranger: Actor) -> None:
    assert stranger.user is not None
    with pytest.raises(organizations.NotMember):
        organizations.change_role(by=owner, organization=organization, user=stranger.user, role=Role.ADMIN)
    with pytest.raises(organizations.NotMember):
        organizations.remove_member(by=owner, organization=organization, user=stranger.user)
    with pytest.raises(organizations.NotMember):
        organizations.remove_member(by=stranger, organization=organization, user=stranger.user)


def test_the_last_owner_stays(organization: Organization, owner: Actor) -> None:
    assert owner.user is not None
    with pytest.raises(organizations.LastOwner):
        organizations.remove_member(by=owner, organization=organization, user=owner.user)
    with pytest.raises(organizations.LastOwner):
        organizations.change_role(by=owner, organization=organization, user=owner.user, role=Role.MEMBER)
    assert roles(organization)["olga"] == "owner"


def test_only_owners_deal_in_ownership(organization: Organization, owner: Actor, admin: Actor, member: Actor) -> None:
    assert owner.user is not None
    assert admin.user is not None
    assert member.user is not None
    for user, role in ((member.user, Role.OWNER), (owner.user, Role.MEMBER), (admin.user, Role.OWNER)):
        with pytest.raises(PermissionRefused):
            organizations.change_role(by=admin, organization=organization, user=user, role=role)
    with pytest.raises(PermissionRefused):
        organizations.remove_member(by=admin, organization=organization, user=owner.user)
    organizations.change_role(by=admin, organization=organization, user=member.user, role=Role.ADMIN)
    assert roles(organization) == {"olga": "owner", "adam": "admin", "mia": "admin"}


def test_those_who_do_not_manage_are_refused(
    organization: Organization, owner: Actor, admin: Actor, member: Actor, stranger: Actor
) -> None:
    assert owner.user is not None
    assert admin.user is not None
    assert stranger.user is not None
    by_token = Actor(owner.user, token=tokens.create(by=owner, name="t", scopes=["read", "publish"]).token)
    for actor in (member, stranger, ANONYMOUS, by_token):
        with pytest.raises(PermissionRefused):
            organizations.update(by=actor, organization=organization, name="Mine", description="")
        with pytest.raises(PermissionRefused):
            organizations.add_member(by=actor, organization=organization, user=stranger.user, role=Role.MEMBER)
        with pytest.raises(PermissionRefused):
            organizations.change_role(by=actor, organization=organization, user=admin.user, role=Role.MEMBER)
        with pytest.raises(PermissionRefused):
            organizations.remove_member(by=actor, organization=organization, user=admin.user)
    for actor in (ANONYMOUS, by_token):
        with pytest.raises(PermissionRefused):
            organizations.create(by=actor, slug="more", name="")
    assert roles(organization) == {"olga": "owner", "adam": "admin", "mia": "member"}


def test_without_its_audit_event_nothing_changes(
    organization: Organization, owner: Actor, member: Actor, stranger: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert member.user is not None
    assert stranger.user is not None
    newcomer, known = stranger.user, member.user

    def fail(*_: object, **__: object) -> None:
        raise OSError("no log")

    monkeypatch.setattr(audit, "record", fail)
    changes: list[Callable[[], object]] = [
        lambda: organizations.create(by=owner, slug="second", name=""),
        lambda: organizations.update(by=owner, organization=organization, name="Other", description=""),
        lambda: organizations.add_member(by=owner, organization=organization, user=newcomer, role=Role.MEMBER),
        lambda: organizations.change_role(by=owner, organization=organization, user=known, role=Role.ADMIN),
        lambda: organizations.remove_member(by=owner, organization=organization, user=known),
    ]
    for change in changes:
        with pytest.raises(OSError, match="no log"):
            change()

    assert Organization.objects.get().name == "Acme"
    assert not Namespace.objects.filter(slug="second").exists()
    assert roles(organization) == {"olga": "owner", "adam": "admin", "mia": "member"}


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(organization: Organization, owner: Actor, admin: Actor) -> None:
    assert admin.user is not None
    organizations.change_role(by=owner, organization=organization, user=admin.user, role=Role.OWNER)

    def leave(by: Actor) -> Callable[[], object]:
        assert by.user is not None
        user = by.user
        return lambda: organizations.remove_member(by=by, organization=organization, user=user)

    outcomes = together(leave(owner), leave(admin))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastOwner", "NoneType"]
    assert list(roles(organization).values()).count("owner") == 1


@pytest.mark.django_db(transaction=True)
def test_a_person_let_in_twice_at_once_is_a_member_once(
    organization: Organization, owner: Actor, admin: Actor, stranger: Actor
) -> None:
    assert stranger.user is not None
    newcomer = stranger.user

    def add(by: Actor) -> Callable[[], object]:
        return lambda: organizations.add_member(by=by, organization=organization, user=newcomer, role=Role.MEMBER)

    outcomes = together(add(owner), add(admin))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyMember", "Membership"]
    assert AuditEvent.objects.filter(data__member="stranger").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_name_taken_twice_at_once_is_held_once(build_user: Callable[..., User]) -> None:
    ada, bob = Actor(build_user("ada")), Actor(build_user("bob"))

    outcomes = together(
        lambda: organizations.create(by=ada, slug="widgets", name="A"),
        lambda: organizations.create(by=bob, slug="widgets", name="B"),
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NameTaken", "Organization"]
    assert Organization.objects.count() == Membership.objects.count() == 1


# --- the pages: who gets which answer

ACCESS = [
    # address, and the status of a GET for owner, admin, member, stranger, anonymous
    ("/organizations", 200, 200, 200, 200, 302),
    ("/organizations/new", 200, 200, 200, 200, 302),
    ("/organizations/acme", 200, 200, 200, 404, 302),
    ("/organizations/acme/edit", 200, 200, 403, 404, 302),
    ("/organizations/acme/activity", 200, 403, 403, 404, 302),
    ("/organizations/acme/leave", 200, 200, 200, 404, 302),
    ("/organizations/acme/members", 302, 302, 302, 404, 302),
    ("/organizations/acme/members/mia", 200, 200, 403, 404, 302),
    ("/organizations/acme/members/olga", 200, 403, 403, 404, 302),
    ("/organizations/acme/members/nobody", 404, 404, 404, 404, 302),
    ("/organizations/acme/members/adam/remove", 200, 302, 403, 404, 302),
    ("/organizations/acme/members/olga/remove", 302, 403, 403, 404, 302),
    ("/organizations/nowhere", 404, 404, 404, 404, 302),
]


@pytest.mark.parametrize(("address", "statuses"), [(row[0], row[1:]) for row in ACCESS], ids=str)
def test_who_may_see_a_page(people: dict[str, User | None], address: str, statuses: tuple[int, ...]) -> None:
    actors = ("owner", "admin", "member", "stranger", "anonymous")

    answers = [browser_of(people[actor]).get(address) for actor in actors]

    assert tuple(answer.status_code for answer in answers) == statuses
    assert answers[-1]["Location"] == f"/accounts/login/?next={address}"


CHANGES = [
    # address, form, and the status of a POST for owner, admin, member, stranger, anonymous
    ("/organizations/acme/edit", {"name": "Acme"}, 302, 302, 403, 404, 302),
    ("/organizations/acme/edit", {"name": ""}, 422, 422, 403, 404, 302),
    ("/organizations/acme/members", {"username": "guest", "role": "member"}, 302, 302, 403, 404, 302),
    ("/organizations/acme/members", {"username": "guest", "role": "owner"}, 302, 422, 403, 404, 302),
    ("/organizations/acme/members", {"username": "mia", "role": "admin"}, 422, 422, 403, 404, 302),
    ("/organizations/acme/members", {"username": "nobody", "role": "member"}, 422, 422, 403, 404, 302),
    ("/organizations/acme/members/mia", {"role": "admin"}, 302, 302, 403, 404, 302),
    ("/organizations/acme/members/mia", {"role": "owner"}, 302, 422, 403, 404, 302),
    ("/organizations/acme/members/mia", {"role": "king"}, 422, 422, 403, 404, 302),
    ("/organizations/acme/members/olga", {"role": "member"}, 422, 403, 403, 404, 302),
    ("/organizations/acme/activity", {}, 405, 405, 405, 405, 405),
]


@pytest.mark.parametrize(("address", "form", "statuses"), [(row[0], row[1], row[2:]) for row in CHANGES], ids=str)
def test_who_may_change_what(
    people: dict[str, User | None],
    build_user: Callable[..., User],
    address: str,
    form: dict[str, str],
    statuses: tuple[int, ...],
) -> None:
    guest = build_user("guest")
    organization = Organization.objects.get()
    found = []
    for actor in ("owner", "admin", "member", "stranger", "anonymous"):
        found.append(browser_of(people[actor]).post(address, form).status_code)
        Membership.objects.filter(organization=organization, user=guest).delete()
        Membership.objects.filter(user__username="mia").update(role=Role.MEMBER)

    assert tuple(found) == statuses


def test_leaving_ends_what_one_sees(people: dict[str, User | None], organization: Organization) -> None:
    mia = browser_of(people["member"])

    answer = mia.post("/organizations/acme/leave", follow=True)

    assert answer.redirect_chain == [("/organizations", 302)]
    assert "You have left Acme." in answer.content.decode()
    assert mia.get("/organizations/acme").status_code == 404


def test_the_last_owner_is_told_why_leaving_fails(people: dict[str, User | None], organization: Organization) -> None:
    answer = browser_of(people["owner"]).post("/organizations/acme/leave", follow=True)

    assert answer.redirect_chain == [("/organizations/acme", 302)]
    assert "An organization needs an owner." in answer.content.decode()
    assert roles(organization)["olga"] == "owner"


def test_an_owner_removes_a_member(people: dict[str, User | None], organization: Organization) -> None:
    answer = browser_of(people["owner"]).post("/organizations/acme/members/mia/remove", follow=True)

    assert answer.redirect_chain == [("/organizations/acme", 302)]
    assert "mia" not in roles(organization)


def test_an_organization_is_made(people: dict[str, User | None]) -> None:
    browser = browser_of(people["stranger"])

    answer = browser.post("/organizations/new", {"slug": "Widgets", "name": "Widgets Ltd."}, follow=True)

    assert answer.redirect_chain == [("/organizations/widgets", 302)]
    assert "Widgets Ltd." in browser.get("/organizations").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        *({"slug": slug} for slug in ("", "acme", "mia", "settings", "a b", "a\0b")),
        *({"name": name} for name in ("x" * 101, "a\nb")),
        {"description": "x" * 301},
    ],
    ids=str,
)
def test_a_wrong_form_is_shown_again(people: dict[str, User | None], wrong: dict[str, str]) -> None:
    answer = browser_of(people["stranger"]).post("/organizations/new", {"slug": "widgets", **wrong})

    assert answer.status_code == 422
    assert "Please mend this first" in answer.content.decode()
    assert Organization.objects.count() == 1


def test_controls_are_for_those_who_may_use_them(people: dict[str, User | None], stranger: Actor) -> None:
    pages = {
        actor: browser_of(people[actor]).get("/organizations/acme").content.decode()
        for actor in ("owner", "admin", "member")
    }

    assert "Let somebody in" in pages["owner"]
    assert "Let somebody in" in pages["admin"]
    assert "Let somebody in" not in pages["member"]
    assert "/organizations/acme/activity" in pages["owner"]
    assert "/organizations/acme/activity" not in pages["admin"]
    assert "/organizations/acme/members/olga" not in pages["admin"]
    assert 'value="owner"' not in pages["admin"]
    assert "@example.com" not in "".join(pages.values())


def test_the_audit_log_is_read_page_by_page_with_as_many_queries(
    people: dict[str, User | None], organization: Organization, owner: Actor, django_assert_num_queries: Any
) -> None:
    for number in range(40):
        organizations.update(by=owner, organization=organization, name=f"Acme {number}", description="")
    browser = browser_of(people["owner"])

    seen, address = [], "/organizations/acme/activity"
    while address:
        with django_assert_num_queries(11):
            text = browser.get(address).content.decode()
        seen += re.findall(r">(hub\.[a-z.-]+)<", text)
        older = re.search(r'href="(\?cursor=[^"]+)" rel="next"', text)
        address = f"/organizations/acme/activity{older[1]}" if older else ""

    assert seen == ["hub.organization.update"] * 40 + ["hub.membership.create"] * 2 + ["hub.organization.create"]


def test_a_long_list_of_members_takes_as_many_queries(
    people: dict[str, User | None],
    organization: Organization,
    owner: Actor,
    build_user: Callable[..., User],
    django_assert_num_queries: Any,
) -> None:
    browser = browser_of(people["owner"])
    with django_assert_num_queries(5):
        browser.get("/organizations/acme")
    for number in range(30):
        organizations.add_member(
            by=owner, organization=organization, user=build_user(f"p{number:02}"), role=Role.MEMBER
        )

    with django_assert_num_queries(5):
        first = browser.get("/organizations/acme").content.decode()
    following = re.search(r'href="(\?cursor=[^"]+)" rel="next"', first)
    assert following is not None
    second = browser.get(f"/organizations/acme{following[1]}").content.decode()

    names = re.findall(r'<span class="mono">((?:p\d\d)|adam|mia|olga)</span>', first + second)
    assert names == sorted(roles(organization))


def test_a_list_of_organizations_takes_as_many_queries(stranger: Actor, django_assert_num_queries: Any) -> None:
    browser = browser_of(stranger.user)
    assert "You belong to no organization yet" in browser.get("/organizations").content.decode()
    for number in range(30):
        organizations.create(by=stranger, slug=f"org{number:02}", name="")

    with django_assert_num_queries(4):
        text = browser.get("/organizations").content.decode()

    assert "org24" in text
    assert "org25" not in text
