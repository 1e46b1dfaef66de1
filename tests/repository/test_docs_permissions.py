"""The tables of docs/permissions.md say what the policies answer."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hub.actors import ANONYMOUS, Actor
from hub.models import Organization, Role
from hub.policies import namespaces, organizations
from registry.models import Package, Visibility
from tests.repository.documents import ROOT

TEXT = (ROOT / "docs/permissions.md").read_text()
ANSWER = {"yes": True, "no": False}


def row(beginning: str) -> list[bool]:
    """The answers of the table's row that begins so."""
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| {beginning}"))
    return [ANSWER[cell] for cell in re.findall(r"\| (yes|no) (?=\|)", line)]


@pytest.mark.parametrize("visibility", Visibility.values)
def test_who_reads_a_package(
    visibility: str, build_package: Callable[..., Package], stranger: Actor, member: Actor, admin: Actor, owner: Actor
) -> None:
    build_package("style", "1.0.0", visibility=visibility)
    actors = [ANONYMOUS, stranger, member, admin, owner]
    assert [Package.objects.visible_to(actor).exists() for actor in actors] == row(visibility)


def test_who_changes_what(organization: Organization, member: Actor, admin: Actor, owner: Actor) -> None:
    questions = {
        "create a package": lambda actor: namespaces.may_publish(actor, organization.namespace),
        "fork into": lambda actor: namespaces.may_publish(actor, organization.namespace),
        "change name": lambda actor: organizations.may_manage(actor, organization),
        "add and remove members": lambda actor: organizations.may_give_role(actor, organization, Role.ADMIN),
        "make or remove an owner": lambda actor: organizations.may_give_role(actor, organization, Role.OWNER),
        "read the organization's activity": lambda actor: organizations.may_read_audit(actor, organization),
    }
    for beginning, may in questions.items():
        assert [bool(may(actor)) for actor in (member, admin, owner)] == row(beginning), beginning


def test_every_scope_is_explained() -> None:
    from hub.domain.actions import Scope

    for scope in Scope:
        assert f"| `{scope}` |" in TEXT
