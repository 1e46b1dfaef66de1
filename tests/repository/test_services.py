"""Every service that changes something says so in the audit log, in the transaction of the deed.

Services are found, not listed: a new one has to be named below, with a way to call it or as one that only reads.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.test import override_settings
from django.utils import timezone

import assistants.services
import hub.services
import registry.services
from assistants.services import starter
from hub.actors import Actor
from hub.domain.scim import Group, Person
from hub.models import AuditEvent, AuditUnsealed, Invitation, Organization, SsoConnection, User
from hub.services import (
    accounts,
    device_requests,
    devices,
    group_mappings,
    invitations,
    organization_life,
    organizations,
    scim,
    scim_groups,
    secrets,
    security,
    service_accounts,
    sessions,
    sign_in_links,
    sso,
    teams,
    tokens,
)
from registry.models import Package, Release
from registry.services import forks, grants, packages, publications, publishers, releases, transfers
from tests.conftest import RULE
from tests.hub.devices import asked, confirmed, signed_in
from tests.hub.scim import directory_of
from tests.hub.sso import connected
from tests.repository import deeds
from tests.support.issuer import Issuer, running

READING = {
    "accounts": set[str](),
    "device_requests": {"find"},
    "fetching": {"explanation", "find_now", "is_quarantined", "quarantine_of", "readable_bundle"},
    "invitations": {"find", "obstacle", "is_for", "state_of"},
    "extending": {"layers_of", "layers_in", "entries_of"},
    "locks": {"lock_release", "keep"},
    "namespaces": {"renamed"},
    "organization_life": {"due", "grace_end", "restorable_until"},
    "publishers": {"forget_used"},
    "rebuilding": {"rebuild", "check_all"},
    "resolving": {"resolve", "preview", "wider_ranges", "parts_of", "available", "blocks"},
    "rules": {"rules_for"},
    "scim": {"is_blocked", "provisioned_account", "groups_of", "lock"},
    "scim_groups": {"members_of"},
    "secrets": {"open_box"},
    "security": {"policy_of", "members_without_second_factor", "tokens_living_longer"},
    "sign_in_links": {"find"},
    "sso": {"of", "enabled", "owner_of", "as_setup", "is_connected", "connections_of"},
    "starter": {"items"},
    "tokens": {"find", "find_for_reading", "require_room", "with_authenticators"},
    "transfers": {"waiting", "incoming"},
}
# Part of another deed's transaction, which records them.
PARTS = {
    "namespaces": {"claim", "give_name"},
    "packages": {"lock"},
}
# What keeps the audit log itself, by tests of its own (tests/hub/test_audit.py and those beside it).
LOG = {
    "audit": {"record", "record_all", "record_read", "facts", "digest", "keys", "publics", "is_ours"},
    "audit_export": {"lines", "whole_log"}, "audit_reading": {"of_namespace", "of_person"}, "audit_retention": {"prune"},
    "audit_seals": {"seal_all", "seals", "as_domain", "status", "checkpoint", "waiting", "lock_out_sealing"},
    "audit_verification": {"verify", "faults_of", "pruned_through"},
}  # fmt: skip
# Each may hold READING, PARTS, DEEDS, ACTORS and OF_NOBODY of its own, and `furnish(world)`.
MODULES = [importlib.import_module(one.name) for one in pkgutil.iter_modules(deeds.__path__, "tests.repository.deeds.")]
for _module in MODULES:
    READING |= getattr(_module, "READING", {})
    PARTS |= getattr(_module, "PARTS", {})
MANIFEST = RULE.format(title="new", version="1.0.0", text="New.")


@dataclass(frozen=True)
class World:
    """What deeds are done to, by the owner of acme."""

    by: Actor
    acme: Any
    member: Any
    friend: User
    waiting: Any
    allowed: Any
    device: Any
    mapping: Any
    directory: Actor
    provisioned: Any
    group: Any
    style: Package
    helper: Package
    yanked: Release
    token: Any
    secret: Any
    machine: Any
    locked: Any
    closed: Any
    team: Any
    invited: Any
    granted: Any
    offer: Any
    publisher: Any
    issuer: Any
    connection: Any
    strong: Actor
    # What modules of tests/repository/deeds put there for their own deeds.
    more: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Of identity tokens."""
    with running() as made:
        yield made


@pytest.fixture
def world(
    owner: Actor,
    acme: Any,
    member: Actor,
    stranger: Actor,
    build_package: Any,
    build_assistant: Any,
    yanked_release: Release,
    settings: Any,
    issuer: Issuer,
) -> World:
    """One of each."""
    settings.TRUSTED_ISSUERS = [issuer.url]
    assert stranger.user is not None
    UserSession.objects.create(user=owner.user, session_key="k", ip="127.0.0.1")
    style = build_package("style", "1.0.0")
    locked = organizations.create(by=owner, slug="locked", name="Locked")
    Organization.objects.filter(id=locked.id).update(second_factor_required=True)
    directory = directory_of(owner, acme.organization).actor
    scim.create_user(by=directory, organization=acme.organization, person=Person(stranger.user.email))
    person = scim.create_user(by=directory, organization=acme.organization, person=Person("nina@corp.example"))
    members = frozenset({str(person.uid)})
    closed = organizations.create(by=owner, slug="closed", name="Closed")
    organization_life.delete(by=owner, organization=closed)
    Organization.objects.filter(id=closed.id).update(deleted_at=timezone.now() - timedelta(days=29))
    team = teams.create(by=owner, organization=acme.organization, slug="platform", name="Platform")
    teams.add_member(by=owner, team=team, user=owner.user)
    invited = invitations.create(by=owner, organization=acme.organization, email=stranger.user.email, role="member")
    Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    mine = packages.create(by=owner, namespace=owner.user.namespace, name="mine", kind="rule")
    offer = transfers.request(by=owner, package=mine, destination="acme")
    connection = connected(acme.organization, member.user)
    connected(locked)
    SsoConnection.objects.filter(organization=locked).update(is_enabled=False)
    made = World(
        by=owner,
        acme=acme,
        member=member.user,
        friend=stranger.user,
        waiting=asked(),
        allowed=confirmed(owner),
        device=signed_in(owner),
        mapping=group_mappings.create(by=owner, organization=acme.organization, group="makers", role="maintainer"),
        directory=directory,
        provisioned=person,
        group=scim_groups.create_group(
            by=directory, organization=acme.organization, group=Group("people", members=members)
        ),
        style=style,
        helper=build_assistant("helper", "rules:\n  - uses: acme/style\n"),
        yanked=yanked_release,
        token=tokens.create(by=owner, name="ci", scopes=["read"]).token,
        secret=secrets.put(by=owner, name="KEY", value="v"),
        machine=service_accounts.create(by=owner, organization=acme.organization, name="ci", role="member"),
        locked=locked,
        closed=closed,
        team=team,
        invited=invited,
        granted=grants.give(by=owner, package=style, permission="read", user=member.user),
        offer=offer,
        publisher=publishers.add(
            by=owner, package=style, provider="generic", issuer=issuer.url, repository="repo:acme/style"
        ),
        issuer=issuer,
        connection=connection,
        strong=Actor(owner.user, second_factor=True),
    )
    for module in MODULES:
        if hasattr(module, "furnish"):
            module.furnish(made)
    return made


def newcomer() -> User:
    return User(username="newcomer", email="newcomer@example.com", password="!")


def release_of(package: Package) -> Release:
    return Release.objects.select_related("package__namespace").get(package=package)


def purge_later(organization: Organization) -> None:
    with override_settings(ORGANIZATION_GRACE_DAYS=1):
        organization_life.purge(by=Actor(source="task"), organization=organization)


DEEDS: dict[str, Callable[[World], object]] = {
    "accounts.create": lambda w: accounts.create(by=Actor(), user=newcomer()),
    "accounts.update": lambda w: accounts.update(by=w.by, display_name="Olga O."),
    "device_requests.ask": lambda w: device_requests.ask(by=Actor(), client="ahub-cli", name="laptop", scopes=["read"]),
    "device_requests.confirm": lambda w: device_requests.confirm(by=w.by, request=w.waiting.row),
    "device_requests.deny": lambda w: device_requests.deny(by=w.by, request=w.waiting.row),
    "devices.collect": lambda w: devices.collect(by=Actor(), client="ahub-cli", device_code=w.allowed.device_code),
    "devices.refresh": lambda w: devices.refresh(by=Actor(), refresh_token=w.device.refresh),
    "devices.end": lambda w: devices.end(by=w.by, device=w.device.device),
    "devices.end_by_token": lambda w: devices.end_by_token(by=Actor(), token=w.device.access, client="ahub-cli"),
    "devices.end_all": lambda w: devices.end_all(by=w.by, user=w.by.user),
    "group_mappings.create": lambda w: group_mappings.create(
        by=w.by, organization=w.acme.organization, group="all", role="member"
    ),
    "group_mappings.delete": lambda w: group_mappings.delete(by=w.by, mapping=w.mapping),
    "group_mappings.apply": lambda w: group_mappings.apply(
        by=w.by, organization=w.acme.organization, user=w.friend, groups=["makers"], source="sso"
    ),
    "group_mappings.apply_all": lambda w: group_mappings.apply_all(
        by=w.by, organization=w.acme.organization, people=[(w.friend, ["makers"])], source="sso"
    ),
    "scim.create_user": lambda w: scim.create_user(
        by=w.directory, organization=w.acme.organization, person=Person("new@corp.example")
    ),
    "scim.change_user": lambda w: scim.change_user(
        by=w.directory, organization=w.acme.organization, uid=w.provisioned.uid, change=lambda _: Person("other")
    ),
    "scim.delete_user": lambda w: scim.delete_user(
        by=w.directory, organization=w.acme.organization, uid=w.provisioned.uid
    ),
    "scim.match": lambda w: scim.match(by=w.by, organization=w.acme.organization, user=w.friend, email=w.friend.email),
    "scim_groups.create_group": lambda w: scim_groups.create_group(
        by=w.directory, organization=w.acme.organization, group=Group("new")
    ),
    "scim_groups.change_group": lambda w: scim_groups.change_group(
        by=w.directory, organization=w.acme.organization, uid=w.group.uid, change=lambda *_: Group("other")
    ),
    "scim_groups.delete_group": lambda w: scim_groups.delete_group(
        by=w.directory, organization=w.acme.organization, uid=w.group.uid
    ),
    "organizations.create": lambda w: organizations.create(by=w.by, slug="other", name="Other"),
    "organizations.update": lambda w: organizations.update(
        by=w.by, organization=w.acme.organization, name="N", description="D"
    ),
    "organizations.add_member": lambda w: organizations.add_member(
        by=w.by, organization=w.acme.organization, user=w.friend, role="member"
    ),
    "organizations.change_role": lambda w: organizations.change_role(
        by=w.by, organization=w.acme.organization, user=w.member, role="admin"
    ),
    "organizations.remove_member": lambda w: organizations.remove_member(
        by=w.by, organization=w.acme.organization, user=w.member
    ),
    "organization_life.rename": lambda w: organization_life.rename(
        by=w.by, organization=w.acme.organization, slug="ajax"
    ),
    "organization_life.delete": lambda w: organization_life.delete(by=w.by, organization=w.acme.organization),
    "organization_life.restore": lambda w: organization_life.restore(by=w.by, organization=w.closed),
    "organization_life.purge": lambda w: purge_later(w.closed),
    "teams.create": lambda w: teams.create(by=w.by, organization=w.acme.organization, slug="new", name=""),
    "teams.update": lambda w: teams.update(by=w.by, team=w.team, slug="base", name="Base", description=""),
    "teams.delete": lambda w: teams.delete(by=w.by, team=w.team),
    "teams.add_member": lambda w: teams.add_member(by=w.by, team=w.team, user=w.member),
    "teams.remove_member": lambda w: teams.remove_member(by=w.by, team=w.team, user=w.by.user),
    "invitations.create": lambda w: invitations.create(
        by=w.by, organization=w.acme.organization, email="new@example.com", role="member"
    ),
    "invitations.resend": lambda w: invitations.resend(by=w.by, invitation=w.invited.invitation),
    "invitations.revoke": lambda w: invitations.revoke(by=w.by, invitation=w.invited.invitation),
    "invitations.accept": lambda w: invitations.accept(by=Actor(w.friend), secret=w.invited.link.rpartition("/")[2]),
    "grants.give": lambda w: grants.give(by=w.by, package=w.style, permission="publish", user=w.member),
    "grants.withdraw": lambda w: grants.withdraw(by=w.by, grant=w.granted),
    "transfers.request": lambda w: transfers.request(by=w.by, package=w.style, destination="stranger"),
    "transfers.accept": lambda w: transfers.accept(by=w.by, transfer=w.offer),
    "transfers.decline": lambda w: transfers.decline(by=w.by, transfer=w.offer),
    "transfers.cancel": lambda w: transfers.cancel(by=w.by, transfer=w.offer),
    "publishers.add": lambda w: publishers.add(
        by=w.by, package=w.style, provider="generic", issuer=w.issuer.url, repository="another"
    ),
    "publishers.remove": lambda w: publishers.remove(by=w.by, publisher=w.publisher),
    "publishers.end_all": lambda w: publishers.end_all(by=w.by, package=w.style),
    "publishers.exchange": lambda w: publishers.exchange(
        by=Actor(source="api"),
        token=w.issuer.token({"sub": "repo:acme/style", "aud": "http://testserver"}),
        package="acme/style",
    ),
    "sso.configure": lambda w: sso.configure(
        by=w.by, organization=w.acme.organization, setup=sso.Setup("https://other.example", "hub", "s")
    ),
    "sso.tested": lambda w: sso.tested(by=w.by, connection=w.connection, identity=sso.Identity("p")),
    "sso.enable": lambda w: sso.enable(by=w.strong, organization=w.locked),
    "sso.disable": lambda w: sso.disable(by=w.by, organization=w.acme.organization),
    "sso.delete": lambda w: sso.delete(by=w.by, organization=w.acme.organization),
    "sso.failed": lambda w: sso.failed(by=Actor(), connection=w.connection, reason="Down."),
    "sso.connect": lambda w: sso.connect(by=w.by, connection=w.connection, identity=sso.Identity("p")),
    "sso.disconnect": lambda w: sso.disconnect(by=Actor(w.member), connection=w.connection),
    "sso.arrive": lambda w: sso.arrive(
        by=Actor(), connection=w.connection, identity=sso.Identity("p", "pat@x.example")
    ),
    "secrets.put": lambda w: secrets.put(by=w.by, name="KEY", value="other"),
    "secrets.allow": lambda w: secrets.allow(by=w.by, secret=w.secret, allowed_namespaces=["stranger"]),
    "secrets.delete": lambda w: secrets.delete(by=w.by, secret=w.secret),
    "sessions.end": lambda w: sessions.end(by=w.by, sessions=list(UserSession.objects.filter(user=w.by.user))),
    "sign_in_links.create": lambda w: sign_in_links.create(by=w.by, user=w.friend),
    "tokens.create": lambda w: tokens.create(by=w.by, name="new", scopes=["read"]),
    "tokens.issue": lambda w: tokens.issue(
        by=w.by, holder=w.by.user, kind="personal", name="new", limits=tokens.Limits.of(["read"])
    ),
    "tokens.rotate": lambda w: tokens.rotate(by=w.by, token=w.token, overlap=timedelta(hours=1)),
    "tokens.end": lambda w: tokens.end(by=w.by, token=w.token),
    "service_accounts.create": lambda w: service_accounts.create(
        by=w.by, organization=w.acme.organization, name="new", role="member"
    ),
    "service_accounts.update": lambda w: service_accounts.update(
        by=w.by, account=w.machine, description="D", role="maintainer"
    ),
    "service_accounts.delete": lambda w: service_accounts.delete(by=w.by, account=w.machine),
    "service_accounts.retire": lambda w: service_accounts.retire(by=w.by, account=w.machine),
    "service_accounts.create_token": lambda w: service_accounts.create_token(
        by=w.by, account=w.machine, name="ci", scopes=["read"]
    ),
    "security.update": lambda w: security.update(
        by=w.by, organization=w.acme.organization, policy=security.SecurityPolicy(False, False, 30)
    ),
    "security.open_up": lambda w: security.open_up(by=Actor(source="command"), organization=w.locked),
    "tokens.revoke": lambda w: tokens.revoke(by=w.by, token=w.token),
    "packages.create": lambda w: packages.create(by=w.by, namespace=w.acme, name="new", kind="rule"),
    "packages.update": lambda w: packages.update(by=w.by, package=w.style, visibility="private", summary="S"),
    "packages.delete": lambda w: packages.delete(by=w.by, package=w.style),
    "publications.publish_new": lambda w: publications.publish_new(
        by=w.by, namespace=w.acme, name="new", kind="rule", version="1.0.0", manifest=MANIFEST
    ),
    "releases.publish": lambda w: releases.publish(by=w.by, package=w.style, version="2.0.0", manifest=MANIFEST),
    "releases.yank": lambda w: releases.yank(by=w.by, release=release_of(w.style), reason="wrong"),
    "releases.unyank": lambda w: releases.unyank(by=w.by, release=w.yanked),
    "forks.fork": lambda w: forks.fork(by=w.by, upstream=w.helper, namespace=w.acme, name="fork"),
    "starter.load": lambda w: starter.load(by=w.by),
}
for _module in MODULES:
    DEEDS |= getattr(_module, "DEEDS", {})


def found() -> set[str]:
    """The public functions of all services, as `module.function`."""
    names = set()
    for folder in (hub.services, registry.services, assistants.services):
        for one in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            module = importlib.import_module(one.name)
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__ == module.__name__ and not name.startswith("_"):
                    names.add(f"{one.name.rpartition('.')[2]}.{name}")
    return names


def test_every_service_is_known_here() -> None:
    reading = {
        f"{module}.{name}" for group in (READING, LOG, PARTS) for module, names in group.items() for name in names
    }
    assert found() == DEEDS.keys() | reading


def test_a_service_that_changes_something_takes_the_actor_first_and_everything_by_name() -> None:
    for name in DEEDS:
        module, _, function = name.partition(".")
        folder = next(one for one in (hub, registry, assistants) if hasattr(one.services, module))
        parameters = inspect.signature(getattr(getattr(folder.services, module), function)).parameters
        assert next(iter(parameters)) == "by", name
        assert {one.kind for one in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}, name


def everything() -> dict[str, list[Any]]:
    """All rows of the hub but the audit log, to compare."""
    models = [
        model
        for label in ("hub", "registry", "assistants", "usersessions", "socialaccount")
        for model in apps.get_app_config(label).get_models()
    ]
    return {
        model._meta.label: [tuple(map(str, row)) for row in model.objects.order_by("pk").values_list()]  # type: ignore[attr-defined]  # every model of ours has it
        for model in models
        if model not in (AuditEvent, AuditUnsealed)
    }


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_and_its_record_stand_or_fall_together(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, recorded = everything(), AuditEvent.objects.count()
    with monkeypatch.context() as broken:
        broken.setattr(AuditEvent, "save", no_audit)
        broken.setattr(AuditEvent.objects, "bulk_create", no_audit)
        with pytest.raises(AuditIsBroken):
            DEEDS[name](world)
    assert everything() == before, "undone with its record"
    assert AuditEvent.objects.count() == recorded

    DEEDS[name](world)
    event = AuditEvent.objects.order_by("id").last()
    assert AuditEvent.objects.count() > recorded
    assert event is not None
    assert event.actor_label == ACTORS.get(name, "olga")
    assert event.namespace is not None or name in OF_NOBODY
    assert event.target_label
    if name != "sign_in_links.create":
        assert everything() != before, "the deed of this test changes something"


# What happens in no namespace yet.
OF_NOBODY = {"device_requests.ask"}
# Who acts where it is not the owner.
ACTORS = {"accounts.create": "newcomer", "device_requests.ask": "anonymous", "security.open_up": "operator"}
ACTORS |= {
    "invitations.accept": "stranger",
    "publishers.exchange": "anonymous",
    "sso.failed": "anonymous",
    "sso.disconnect": "mia",
    "sso.arrive": "pat",
    "organization_life.purge": "the hub",
}
ACTORS |= {f"scim.{deed}_user": "acme/directory0" for deed in ("create", "change", "delete")}
ACTORS |= {f"scim_groups.{deed}_group": "acme/directory0" for deed in ("create", "change", "delete")}
for _module in MODULES:
    ACTORS |= getattr(_module, "ACTORS", {})
    OF_NOBODY |= getattr(_module, "OF_NOBODY", set())


class AuditIsBroken(Exception):
    """Raised instead of writing an event."""


def no_audit(*_: Any, **__: Any) -> None:
    raise AuditIsBroken
