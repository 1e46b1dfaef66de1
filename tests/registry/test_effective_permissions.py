"""Whatever people do one after the other, everybody may what follows from how things stand, and every organization has an owner.

What the hub decides from its rows is compared with a reference in plain Python that knows nothing of rows or queries.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from hub.models import Invitation, Organization, Role, User
from hub.services import accounts, invitations, organization_life, organizations, teams
from registry.models import Grant, Package
from registry.services import grants, packages, transfers

PEOPLE = ("ann", "bob", "cyd", "dan")
ORGANIZATIONS = ("acme", "ajax")
PACKAGES = ("one", "two")
LEVELS = ("", "read", "publish", "manage")
BY_ROLE = {"owner": "manage", "admin": "manage", "maintainer": "publish", "auditor": "read", "member": ""}
REFUSALS: tuple[type[Exception], ...] = (
    PermissionRefused,
    organizations.AlreadyMember,
    organizations.NotMember,
    organizations.LastOwner,
    organization_life.NotDeleted,
    teams.AlreadyInTeam,
    teams.NotInTeam,
    invitations.AlreadyInvited,
    invitations.Over,
    grants.NotGrantable,
    grants.Gone,
    packages.PackageGone,
    transfers.AlreadyOffered,
    transfers.NameTaken,
    transfers.Over,
    transfers.UnknownNamespace,
)

person = st.sampled_from(PEOPLE)
organization = st.sampled_from(ORGANIZATIONS)
package = st.sampled_from(PACKAGES)
role = st.sampled_from([str(one) for one in Role])
level = st.sampled_from(LEVELS[1:])
visibility = st.sampled_from(["public", "internal", "private"])


class World(RuleBasedStateMachine):
    """The hub beside its reference. A deed that the hub refuses changes neither."""

    def __init__(self) -> None:
        super().__init__()
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.users = {name: self._account(name) for name in PEOPLE}
        self.organizations = {}
        self.members: dict[str, dict[str, str]] = {}
        self.teams: dict[str, set[str]] = {}
        self.closed: set[str] = set()
        for slug, maker in zip(ORGANIZATIONS, PEOPLE, strict=False):
            self.organizations[slug] = organizations.create(by=self.by(maker), slug=slug, name=slug)
            teams.create(by=self.by(maker), organization=self.organizations[slug], slug="team", name="")
            self.members[slug], self.teams[slug] = {maker: "owner"}, set()
        self.place = dict.fromkeys(PACKAGES, "acme")
        self.visibility = dict.fromkeys(PACKAGES, "private")
        self.grants: dict[tuple[str, str], str] = {}  # (package, person or "team"): level
        self.ids = {
            name: packages.create(
                by=self.by("ann"), namespace=self.organizations["acme"].namespace, name=name, kind="rule"
            ).id
            for name in PACKAGES
        }

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.rollback.__exit__(None, None, None)

    # --- deeds

    @rule(by=person, where=organization, who=person, role=role)
    def add(self, by: str, where: str, who: str, role: str) -> None:
        with suppress(*REFUSALS):
            organizations.add_member(by=self.by(by), organization=self.row(where), user=self.users[who], role=role)
            self.members[where][who] = role

    @rule(by=person, where=organization, who=person, role=role)
    def change(self, by: str, where: str, who: str, role: str) -> None:
        with suppress(*REFUSALS):
            organizations.change_role(by=self.by(by), organization=self.row(where), user=self.users[who], role=role)
            self.members[where][who] = role

    @rule(by=person, where=organization, who=person)
    def take_out(self, by: str, where: str, who: str) -> None:
        with suppress(*REFUSALS):
            organizations.remove_member(by=self.by(by), organization=self.row(where), user=self.users[who])
            del self.members[where][who]
            self.teams[where].discard(who)
            self.forget_grants(lambda name, grantee: grantee == who and self.place[name] == where)

    @rule(by=person, where=organization, who=person, role=role)
    def invite_and_accept(self, by: str, where: str, who: str, role: str) -> None:
        with suppress(*REFUSALS):
            Invitation.objects.all().delete()
            sent = invitations.create(
                by=self.by(by), organization=self.row(where), email=self.users[who].email, role=role
            )
            invitations.accept(by=self.by(who), secret=sent.link.rpartition("/")[2])
            self.members[where].setdefault(who, role)

    @rule(by=person, where=organization, who=person)
    def into_team(self, by: str, where: str, who: str) -> None:
        with suppress(*REFUSALS):
            teams.add_member(by=self.by(by), team=self.row(where).teams.get(), user=self.users[who])
            self.teams[where].add(who)

    @rule(by=person, where=organization, who=person)
    def out_of_team(self, by: str, where: str, who: str) -> None:
        with suppress(*REFUSALS):
            teams.remove_member(by=self.by(by), team=self.row(where).teams.get(), user=self.users[who])
            self.teams[where].remove(who)

    @rule(by=person, where=organization)
    def renew_team(self, by: str, where: str) -> None:
        with suppress(*REFUSALS):
            teams.delete(by=self.by(by), team=self.row(where).teams.get())
            teams.create(by=self.by(by), organization=self.row(where), slug="team", name="")
            self.teams[where].clear()
            self.forget_grants(lambda name, grantee: grantee == "team" and self.place[name] == where)

    @rule(by=person, name=package, who=st.sampled_from([*PEOPLE, "team"]), level=level)
    def grant(self, by: str, name: str, who: str, level: str) -> None:
        with suppress(*REFUSALS):
            grantee: dict[str, Any] = {"user": self.users[who]} if who in PEOPLE else {"team": self.team_of(name)}
            grants.give(by=self.by(by), package=self.package(name), permission=level, **grantee)
            self.grants[name, who] = level

    @rule(by=person, name=package, who=st.sampled_from([*PEOPLE, "team"]))
    def withdraw(self, by: str, name: str, who: str) -> None:
        rows = Grant.objects.select_related("package__namespace").filter(package=self.ids[name])
        found = rows.filter(user=self.users[who]) if who in PEOPLE else rows.filter(user=None)
        given = found.first()
        if given is not None:
            with suppress(*REFUSALS):
                grants.withdraw(by=self.by(by), grant=given)
                del self.grants[name, who]

    @rule(by=person, name=package, visibility=visibility)
    def show(self, by: str, name: str, visibility: str) -> None:
        with suppress(*REFUSALS):
            packages.update(by=self.by(by), package=self.package(name), visibility=visibility, summary="")
            self.visibility[name] = visibility

    @rule(by=person, taker=person, name=package, to=organization)
    def hand_over(self, by: str, taker: str, name: str, to: str) -> None:
        with suppress(*REFUSALS):
            made = transfers.request(by=self.by(by), package=self.package(name), destination=to)
            offer = transfers.waiting().get(id=made.id)
            try:
                transfers.accept(by=self.by(taker), transfer=offer)
            except REFUSALS:
                transfers.cancel(by=self.by(by), transfer=offer)
            else:
                self.place[name] = to
                self.forget_grants(lambda other, _: other == name)
                if self.visibility[name] == "internal":
                    self.visibility[name] = "private"

    @rule(by=person, where=organization)
    def close_and_open(self, by: str, where: str) -> None:
        row = self.row(where)
        with suppress(*REFUSALS):
            if where in self.closed:
                organization_life.restore(by=self.by(by), organization=row)
                self.closed.remove(where)
            else:
                organization_life.delete(by=self.by(by), organization=row)
                self.closed.add(where)

    # --- what has to hold

    @invariant()
    def everybody_may_what_follows(self) -> None:
        for who in PEOPLE:
            by = self.by(who)
            rows = {
                "read": Package.objects.visible_to(by),
                "publish": Package.objects.publishable_by(by),
                "manage": Package.objects.manageable_by(by),
            }
            for level, found in rows.items():
                allowed = {name for name in PACKAGES if LEVELS.index(self.power(who, name)) >= LEVELS.index(level)}
                assert set(found.values_list("name", flat=True)) == allowed, (who, level)

    @invariant()
    def every_organization_has_an_owner(self) -> None:
        for slug, row in self.organizations.items():
            assert row.memberships.filter(role="owner").exists(), slug
            assert dict(row.memberships.values_list("user__username", "role")) == self.members[slug]

    def power(self, who: str, name: str) -> str:
        """The reference: how far the person's power over the package goes."""
        where = self.place[name]
        if where in self.closed:
            return ""
        role = self.members[where].get(who)
        ways = [BY_ROLE.get(role or "", "")]
        if self.visibility[name] == "public" or (self.visibility[name] == "internal" and role is not None):
            ways.append("read")
        if role is not None:
            ways.append(self.grants.get((name, who), ""))
        if who in self.teams[where]:
            ways.append(self.grants.get((name, "team"), ""))
        return max(ways, key=LEVELS.index)

    # --- helpers

    def by(self, name: str) -> Actor:
        return Actor(self.users[name])

    def row(self, slug: str) -> Organization:
        return Organization.objects.select_related("namespace").get(id=self.organizations[slug].id)

    def package(self, name: str) -> Package:
        return Package.objects.select_related("namespace").get(id=self.ids[name])

    def team_of(self, name: str) -> Any:
        return self.row(self.place[name]).teams.get()

    def forget_grants(self, which: Any) -> None:
        self.grants = {key: level for key, level in self.grants.items() if not which(*key)}

    @staticmethod
    def _account(name: str) -> User:
        return accounts.create(by=Actor(), user=User(username=name, email=f"{name}@example.com", password="!"))


@pytest.mark.django_db
def test_any_sequence_of_deeds() -> None:
    run_state_machine_as_test(World, settings=settings(max_examples=10, stateful_step_count=25, deadline=None))  # type: ignore[no-untyped-call]  # hypothesis has no types here
