"""Who moderates is named on the machine, and nowhere else."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from hub.actors import ANONYMOUS, Actor
from hub.domain.decisions import PermissionRefused
from hub.models import AuditEvent, User
from hub.services import moderators, service_accounts
from tests.hub.together import together

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def run(*words: str) -> str:
    printed = io.StringIO()
    call_command("moderators", *words, stdout=printed)
    return printed.getvalue()


def test_the_command_names_lists_and_takes_back(member: Actor) -> None:
    assert run("add", "MIA") == "“mia” moderates this hub now.\n"
    assert run("add", "mia") == "“mia” moderates this hub: nothing was changed.\n"
    assert run("list") == "mia\n"
    assert run("remove", "mia") == "“mia” does not moderate this hub now.\n"
    assert run("list") == ""
    events = AuditEvent.objects.filter(action__startswith="hub.moderator").order_by("id")
    assert [(e.action, e.actor_label, e.target_label) for e in events] == [
        ("hub.moderator.create", "operator", "mia"),
        ("hub.moderator.delete", "operator", "mia"),
    ]
    with pytest.raises(CommandError, match="nobody called “nobody”"):
        run("add", "nobody")


def test_a_machine_cannot_moderate(organization: Any, owner: Actor) -> None:
    account = service_accounts.create(by=owner, organization=organization, name="ci", role="member")
    with pytest.raises(CommandError, match="Name a person"):
        run("add", account.user.username)
    with pytest.raises(IntegrityError, match="user_moderator_is_a_person"), transaction.atomic():
        User.objects.filter(id=account.user.pk).update(is_moderator=True)


def test_nobody_makes_moderators_from_outside(client: Client, owner: Actor, member: Actor) -> None:
    assert member.user is not None
    for by in (owner, ANONYMOUS, Actor(owner.user, source="command")):
        for deed in (moderators.appoint, moderators.dismiss):
            with pytest.raises(PermissionRefused):
                deed(by=by, user=member.user)
    client.force_login(owner.user, backend=BACKEND)
    client.post("/settings", {"display_name": "Me", "is_moderator": "on"})
    assert not User.objects.filter(is_moderator=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_person_is_named_once(member: Actor) -> None:
    assert member.user is not None
    user = member.user
    results = together(*[lambda: moderators.appoint(by=Actor(source="command"), user=user)] * 2)
    assert sorted(map(bool, results)) == [False, True]
    assert AuditEvent.objects.filter(action="hub.moderator.create").count() == 1
