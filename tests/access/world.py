"""The little company that the access table is about: one of every role, one of every thing that an address names."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from assistants.models import Lock
from hub.actors import Actor
from hub.models import ApiToken, Device, Organization, ScimGroup, ScimUser, ServiceAccount, User
from hub.services import (
    accounts,
    group_mappings,
    invitations,
    organization_life,
    organizations,
    secrets,
    service_accounts,
    sso,
    teams,
    tokens,
)
from registry.models import Package
from registry.services import grants, packages, publishers, releases, transfers
from tests.conftest import PASSWORD, RULE
from tests.hub import devices
from tests.hub.scim import directory_of
from tests.support.saml_provider import SamlProvider

PROVIDER = SamlProvider("https://idp.example")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
EVERY_SCOPE = ("read", "publish", "manage", "admin", "audit")
GITHUB = "https://token.actions.githubusercontent.com"
ROLES = ("member", "maintainer", "admin", "owner", "auditor")
# `revoked` and `expired` are the owner with a token, and a session, that is over; `without_sso` is the owner
# with neither proved through the single sign-on that acme requires while that one looks.
ACTORS = ("anonymous", "stranger", *ROLES, "service", "revoked", "expired", "without_sso")


@dataclass
class World:
    """What there is, what fills the parameters of addresses, and how each actor calls."""

    organization: Organization
    people: dict[str, User]
    account: ServiceAccount
    parameters: dict[str, Any]
    secrets: dict[str, str] = field(default_factory=dict)
    clients: dict[tuple[str, str], Client] = field(default_factory=dict)

    def client(self, kind: str, actor: str) -> Client:
        """What `actor` uses: a browser for a `page`, a program for what is not; signed in once."""
        if (kind, actor) not in self.clients:
            self.clients[kind, actor] = self.browser(actor) if kind == "page" else self.program(actor)
        return self.clients[kind, actor]

    def sign_in(self, actor: str) -> None:
        """Sign in as `actor` in every way, once, outside of what a test undoes."""
        for kind in ("page", "api", "client"):
            self.client(kind, actor)

    def person(self, actor: str) -> User:
        """The person behind `actor`."""
        return self.people["owner" if actor in ("revoked", "expired", "without_sso") else actor]

    def browser(self, actor: str) -> Client:
        """A browser that is signed in as `actor`. A service account has none: its token is sent, and not looked at."""
        client = Client(raise_request_exception=True)
        if actor == "service":
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {self.token('service')}"
        elif actor != "anonymous":
            client.force_login(self.person(actor), backend=BACKEND)
            kept = Session.objects.filter(session_key=client.session.session_key)
            if actor == "revoked":
                kept.delete()
            elif actor == "expired":
                kept.update(expire_date=timezone.now() - dt.timedelta(minutes=1))
        return client

    def program(self, actor: str) -> Client:
        """A program that sends a token of `actor` with every scope."""
        if actor == "anonymous":
            return Client()
        return Client(headers={"Authorization": f"Bearer {self.token(actor)}"})

    def fill(self, values: Any) -> Any:
        """`values` with every "$name" replaced by what it names here."""
        if isinstance(values, dict):
            return {name: self.fill(value) for name, value in values.items()}
        if isinstance(values, list):
            return [self.fill(value) for value in values]
        return self.parameters[values[1:]] if isinstance(values, str) and values.startswith("$") else values

    def secure(self) -> None:
        """From now on acme asks for its single sign-on, which nobody here has passed."""
        Organization.objects.filter(id=self.organization.id).update(sso_required=True)

    def token(self, actor: str) -> str:
        """A token of `actor`, made once."""
        if actor not in self.secrets:
            self.secrets[actor] = self._new_token(actor)
        return self.secrets[actor]

    def _new_token(self, actor: str) -> str:
        if actor == "service":
            scopes = ("read", "publish", "manage")
            return service_accounts.create_token(
                by=Actor(self.people["owner"]), account=self.account, name="pipeline", scopes=scopes
            ).secret
        by = Actor(self.person(actor))
        made = tokens.create(by=by, name=f"as {actor}", scopes=EVERY_SCOPE)
        if actor == "revoked":
            tokens.revoke(by=by, token=made.token)
        elif actor == "expired":
            ApiToken.objects.filter(id=made.token.id).update(expires_at=timezone.now() - dt.timedelta(minutes=1))
        return made.secret


def row_modules() -> list[Any]:
    """The modules `rows_…` beside this one: each has ROWS, and maybe `furnish(owner, acme, parameters)` for what they name."""
    names = [one.name for one in pkgutil.iter_modules([str(Path(__file__).parent)]) if one.name.startswith("rows_")]
    # Last what signs people out: a browser is signed in once for all rows.
    ordered = sorted(names, key=lambda name: (name == "rows_sign_in", name))
    return [importlib.import_module(f"tests.access.{name}") for name in ordered]


def _person(name: str) -> User:
    user = User(username=name, email=f"{name}@example.com")
    user.set_password(PASSWORD)
    return accounts.create(by=Actor(), user=user)


def _package(by: Actor, organization: Organization, name: str, body: str = "", **more: Any) -> Package:
    kind = "assistant" if body else "rule"
    package = packages.create(by=by, namespace=organization.namespace, name=name, kind=kind, **more)
    manifest = f"name: {name}\nversion: 1.0.0\nschema: v1\n{body}" if body else ""
    manifest = manifest or RULE.format(title=name, version="1.0.0", text="Secret words.")
    releases.publish(by=by, package=package, version="1.0.0", manifest=manifest)
    return package


def build() -> World:
    """Found acme and fill it."""
    people = {name: _person(f"the-{name}") for name in ("stranger", *ROLES, "target", "other")}
    owner, target = Actor(people["owner"]), Actor(people["target"])
    acme = organizations.create(by=owner, slug="acme", name="Acme")
    for name in ("member", "maintainer", "admin", "auditor", "target"):
        role = "member" if name == "target" else name
        organizations.add_member(by=owner, organization=acme, user=people[name], role=role)
    account = service_accounts.create(by=owner, organization=acme, name="builder", role="maintainer")
    held = service_accounts.create_token(by=owner, account=account, name="held", scopes=("read",))
    hidden = _package(owner, acme, "hidden", visibility="private")
    _package(owner, acme, "helper", "rules:\n  - uses: acme/hidden\n", visibility="private")
    _package(owner, acme, "open", visibility="public")
    parting = _package(owner, acme, "parting", visibility="private")
    stale = _package(owner, acme, "stale", visibility="private")
    releases.yank(by=owner, release=stale.releases.get(), reason="Old.")
    for person in people.values():
        secrets.put(by=Actor(person), name="KEY", value="s3cret-value")
    parameters: dict[str, Any] = {
        "slug": "acme", "namespace": "acme", "owner": "acme", "name": "hidden", "version": "1.0.0",
        "username": "the-target", "token_id": held.token.id, "account": "builder", "team": "core",
        "digest": Lock.objects.get(release__package__name="helper").bundle.digest,
    }  # fmt: skip
    _people(owner, target, acme, parameters)
    _own(owner, parameters)
    gift = packages.create(by=target, namespace=people["target"].namespace, name="gift", kind="rule")
    parameters |= {
        "grant_id": grants.give(by=owner, package=hidden, permission="read", user=people["target"]).id,
        "publisher_id": publishers.add(
            by=owner, package=hidden, provider="github", issuer=GITHUB, repository="acme/rules", workflow="release.yml"
        ).id,
        "outgoing_id": transfers.request(by=owner, package=parting, destination="the-target").id,
        "transfer_id": transfers.request(by=target, package=gift, destination="acme").id,
    }
    for module in row_modules():
        if hasattr(module, "furnish"):
            module.furnish(owner, acme, parameters)
    closed = organizations.create(by=owner, slug="closed", name="Closed")
    organization_life.delete(by=owner, organization=closed)
    return World(acme, people, account, parameters)


def _people(owner: Actor, target: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """A team, an invitation, single sign-on with a mapping, and what a directory has put in."""
    core = teams.create(by=owner, organization=acme, slug="core", name="Core", description="")
    teams.add_member(by=owner, team=core, user=target.user)
    invited = invitations.create(by=owner, organization=acme, email="new@example.com", role="member")
    setup = sso.Setup(protocol="saml", metadata=PROVIDER.metadata())
    connection = sso.configure(by=owner, organization=acme, setup=setup)
    now = timezone.now()
    type(connection).objects.filter(id=connection.id).update(tested_at=now, is_enabled=True)
    SocialAccount.objects.create(user=owner.user, provider=connection.key, uid="owner")
    mapping = group_mappings.create(by=owner, organization=acme, group="makers", role="member")
    directory = directory_of(owner, acme)
    kim = directory.user("kim")
    directory.group("readers", kim)
    parameters |= {
        "invitation_id": invited.invitation.id,
        "invitation": invited.link.rsplit("/", 1)[-1],
        "key": connection.key,
        "mapping_id": mapping.id,
        "scim_user": ScimUser.objects.get().uid,
        "scim_group": ScimGroup.objects.get().uid,
        "directory": directory.secret,
    }


def _own(owner: Actor, parameters: dict[str, Any]) -> None:
    """What is the owner's alone, whatever company they keep."""
    devices.signed_in(owner)
    session = UserSession.objects.create(
        user=owner.user, session_key="elsewhere", ip="127.0.0.1", user_agent="Browser", data={}
    )
    parameters |= {
        "device_id": Device.objects.get().id,
        "own_token_id": tokens.create(by=owner, name="own", scopes=("read",)).token.id,
        "session_id": session.id,
        "pk": 1,
        "code": devices.asked().user_code,
    }
