"""What asking for permission costs: lists are filtered where the rows are, and a request asks for its power once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import shortcache
from hub.actors import Actor
from hub.models import Namespace, Organization
from hub.policies.memberships import role_of
from hub.services import organizations
from registry import catalogue, policies
from registry.models import Package
from registry.services import grants

SHARES = ("public", "internal", "private")


@pytest.fixture
def thousand(organization: Organization, stranger: Actor) -> list[Package]:
    """A thousand packages of acme and of a stranger, of every visibility."""
    assert stranger.user is not None
    spaces: list[Namespace] = [organization.namespace, stranger.user.namespace]
    rows = [
        Package(namespace=spaces[n % 2], name=f"package-{n}", kind="rule", visibility=SHARES[n // 2 % 3])
        for n in range(1000)
    ]
    return Package.objects.bulk_create(rows)


def test_a_thousand_packages_are_filtered_in_one_query(
    thousand: list[Package], owner: Actor, member: Actor, stranger: Actor
) -> None:
    granted = next(one for one in thousand if one.visibility == "private" and str(one).startswith("acme/"))
    grants.give(by=owner, package=granted, permission="read", user=member.user)
    foreign = {one.id for one in thousand if not str(one).startswith("acme/")}
    by_share = {share: {one.id for one in thousand if one.visibility == share} for share in SHARES}
    everything = set().union(*by_share.values())
    acme = everything - foreign
    expected = {
        Actor(): by_share["public"],
        member: by_share["public"] | (by_share["internal"] & acme) | {granted.id},
        owner: by_share["public"] | acme,
        stranger: by_share["public"] | foreign,
    }
    for actor, seen in expected.items():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = {row.id for row in catalogue.find(actor, catalogue.Search())}
        assert (len(queries), found) == (1, seen), actor.user


def test_a_list_costs_the_same_however_many_there_are(thousand: list[Package], api: Any, member: Actor) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api("get", address, member).status_code == 200
        return len(queries)

    cost("packages?limit=5")
    assert cost("packages?limit=5") == cost("packages?limit=100")


@pytest.mark.parametrize("deed", [policies.may_release, policies.may_yank, policies.may_manage])
def test_a_permission_costs_at_most_one_query(
    thousand: list[Package], member: Actor, owner: Actor, stranger: Actor, deed: Any
) -> None:
    for actor in (Actor(), stranger, member, owner):
        package = Package.objects.select_related("namespace__organization").get(id=thousand[0].id)
        with CaptureQueriesContext(connection) as queries:
            deed(actor, package)
        assert len(queries) <= 1, actor.user


def test_a_request_that_reads_asks_once_and_again_after_a_change(
    organization: Organization, owner: Actor, member: Actor
) -> None:
    with shortcache.reading():
        with CaptureQueriesContext(connection) as queries:
            assert {role_of(member, organization) for _ in range(3)} == {"member"}
            assert role_of(owner, organization) == "owner"
        assert len(queries) == 2
        organizations.remove_member(by=owner, organization=organization, user=member.user)
        assert role_of(member, organization) is None
    assert role_of(member, organization) is None
