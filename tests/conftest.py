"""Actors and things that tests are about. Names over numbers: a test says `yanked_release`, not `release2`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, settings

from hub import shortcache
from hub.actors import Actor
from hub.models import Membership, Namespace, Organization, Role, User
from hub.services import accounts, organizations, tokens
from registry.models import Package, Release, Visibility
from registry.services import packages, releases
from registry.services.downloads import tally
from tests.support import flushing, template

flushing.install()
settings.register_profile(
    "hub",
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("hub")

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any, django_db_createdb: bool
) -> None:
    """The tests' database is a copy of one that an earlier run has migrated; `--create-db` migrates anew."""
    with django_db_blocker.unblock():
        if django_db_createdb:
            template.forget()
        template.use()


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, django_db_keepdb: bool, django_db_createdb: bool
) -> None:
    """Keep what was just migrated for the next run; a database that is used again may hold what a test left."""
    fresh = django_db_createdb or not django_db_keepdb
    if fresh and not connection.settings_dict["TEST"].get("TEMPLATE"):
        with django_db_blocker.unblock():
            template.keep()


@pytest.fixture(autouse=True)
def _own_checkpoint(settings: Any, tmp_path: Path) -> None:
    """What one test seals is no evidence in another one."""
    settings.AUDIT_CHECKPOINT_FILE = tmp_path / "audit-checkpoint.json"


@pytest.fixture(autouse=True)
def _nothing_remembered(settings: Any) -> Iterator[None]:
    """No test sees what another one left in a cache; static files need no manifest; passwords hash fast."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DOWNLOADS_WRITTEN_EVERY = 0
    settings.API_RATE_PER_MINUTE = settings.API_ANONYMOUS_RATE_PER_MINUTE = 1_000_000
    shortcache.decisions.clear()
    cache.clear()
    tally.forget()
    yield
    tally.forget()


@pytest.fixture
def build_user(db: None) -> Callable[..., User]:
    """Makes people: `build_user("ada")`."""

    def build(name: str = "") -> User:
        name = name or f"person{next(_numbers)}"
        user = User(username=name, email=f"{name}@example.com")
        user.set_password(PASSWORD)
        return accounts.create(by=Actor(), user=user)

    return build


@pytest.fixture
def organization(build_user: Callable[..., User]) -> Organization:
    """An organization `acme` with olga as owner, adam as admin and mia as member."""
    owner = build_user("olga")
    made = organizations.create(by=Actor(owner), slug="acme", name="Acme")
    for name, role in (("adam", Role.ADMIN), ("mia", Role.MEMBER)):
        organizations.add_member(by=Actor(owner), organization=made, user=build_user(name), role=role)
    return made


def _of_role(organization: Organization, role: Role) -> Actor:
    return Actor(Membership.objects.select_related("user").get(organization=organization, role=role).user)


@pytest.fixture
def owner(organization: Organization) -> Actor:
    """The owner of acme."""
    return _of_role(organization, Role.OWNER)


@pytest.fixture
def admin(organization: Organization) -> Actor:
    """An admin of acme."""
    return _of_role(organization, Role.ADMIN)


@pytest.fixture
def member(organization: Organization) -> Actor:
    """A member of acme."""
    return _of_role(organization, Role.MEMBER)


@pytest.fixture
def stranger(build_user: Callable[..., User]) -> Actor:
    """Somebody with an account who belongs to nothing."""
    return Actor(build_user("stranger"))


@pytest.fixture
def acme(organization: Organization) -> Namespace:
    """The organization's namespace."""
    return organization.namespace


RULE = "name: {title}\nversion: {version}\nschema: v1\nrules:\n  - name: {title}\n    rule: {text}\n"
PROMPT = "name: {title}\nversion: {version}\nschema: v1\nprompts:\n  - name: {title}\n    prompt: {text}\n"
MODEL = (
    "name: {title}\nversion: {version}\nschema: v1\nmodels:\n  - name: {title}\n    provider: openai\n    model: m1\n"
    '    apiBase: http://127.0.0.1:9/v1\n    apiKey: "${{{{ secrets.MODEL_KEY }}}}"\n'
)
SERVER = "name: {title}\nversion: {version}\nschema: v1\nmcpServers:\n  - name: {title}\n    command: tool\n"
MANIFESTS = {"rule": RULE, "prompt": PROMPT, "model": MODEL, "mcp-server": SERVER}


@pytest.fixture
def build_package(acme: Namespace, owner: Actor) -> Callable[..., Package]:
    """Makes packages of acme: `build_package("style", "1.0.0", "1.1.0", visibility="internal")`."""

    def build(
        name: str, *versions: str, kind: str = "rule", visibility: str = Visibility.PUBLIC, **more: Any
    ) -> Package:
        by, namespace = more.pop("by", owner), more.pop("namespace", acme)
        package = packages.create(by=by, namespace=namespace, name=name, kind=kind, visibility=visibility, **more)
        for version in versions:
            manifest = MANIFESTS[kind].format(title=name, version=version, text=f"Text of {name} {version}.")
            releases.publish(by=by, package=package, version=version, manifest=manifest)
        return package

    return build


@pytest.fixture
def build_assistant(acme: Namespace, owner: Actor) -> Callable[..., Package]:
    """Makes assistants of acme: `build_assistant("helper", "rules:\\n  - uses: acme/style\\n")`."""

    def build(
        name: str, body: str, *, version: str = "1.0.0", visibility: str = Visibility.PUBLIC, **more: Any
    ) -> Package:
        by, namespace = more.pop("by", owner), more.pop("namespace", acme)
        package = packages.create(by=by, namespace=namespace, name=name, kind="assistant", visibility=visibility)
        manifest = f"name: {name}\nversion: {version}\nschema: v1\n{body}"
        releases.publish(by=by, package=package, version=version, manifest=manifest)
        return package

    return build


@pytest.fixture
def yanked_release(build_package: Callable[..., Package], owner: Actor) -> Release:
    """`acme/leaky@1.1.0`, yanked, beside 1.0.0 which is not."""
    package = build_package("leaky", "1.0.0", "1.1.0")
    release = package.releases.select_related("package__namespace").get(version="1.1.0")
    releases.yank(by=owner, release=release, reason="leaks")
    return Release.objects.select_related("package__namespace").get(id=release.id)


@pytest.fixture
def token_of() -> Callable[..., str]:
    """Makes an API token for an actor: `token_of(owner, "read")`."""

    def make(actor: Actor, *scopes: str) -> str:
        return tokens.create(by=actor, name="test", scopes=scopes or ("read", "publish", "manage")).secret

    return make


@pytest.fixture
def api(client: Client, token_of: Callable[..., str]) -> Callable[..., Any]:
    """Calls the REST API as an actor: `api("get", "packages/acme/style", owner)`, with JSON in and the response out."""
    secrets: dict[Any, str] = {}

    def call(method: str, path: str, actor: Actor | None = None, body: Any = None, **headers: str) -> Any:
        if actor is not None:
            if actor.user not in secrets:
                secrets[actor.user] = token_of(actor)
            headers["Authorization"] = f"Bearer {secrets[actor.user]}"
        address = path if path.startswith("/") else f"/api/v1/{path}"
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(address, headers=headers, **content)

    return call
