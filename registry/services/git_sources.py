"""Git sources: connected, changed and disconnected. What a sync does is in `git_syncs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from hub import outbound, vault
from hub.actors import Actor
from hub.domain.decisions import require
from hub.models import Namespace
from hub.services import audit
from registry import policies
from registry.domain import git_hooks
from registry.domain.actions import RegistryAction
from registry.git import repository
from registry.models import GitSource, Visibility

MAX_SOURCES = 50  # for each namespace
MAX_URL_LENGTH = 500
MAX_CREDENTIAL_LENGTH = 2000
INTERVALS = (0, 15, 60, 360, 1440)
DEFAULT_USERNAME = "git"


class InvalidSource(ValueError):
    """A field of a source cannot be used: `field` says which, the message why."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.field = name


class Exists(Exception):
    """The namespace has this folder of the repository connected already, maybe from another branch."""


class TooMany(Exception):
    """The namespace has as many sources as one may have."""


class Gone(Exception):
    """The source was disconnected meanwhile."""


@dataclass(frozen=True)
class Setup:
    """What is set about a source, beside its repository. `is_enabled` lets it be synced by webhook and schedule."""

    branch: str = ""
    folder: str = ""
    visibility: str = Visibility.PRIVATE
    interval_minutes: int = 60
    is_enabled: bool = True


@dataclass(frozen=True)
class Credential:
    """A user name and a password or deploy token. An empty token is none: the repository is public."""

    token: str = field(default="", repr=False)
    username: str = ""


@dataclass(frozen=True)
class Connected:
    """A source, with the secret of its webhook, which is shown this once."""

    source: GitSource
    webhook_secret: str = field(repr=False)


def connect(
    *, by: Actor, namespace: Namespace, url: str, setup: Setup | None = None, credential: Credential | None = None
) -> Connected:
    """Keep the packages of `namespace` in step with a folder of the repository at `url`. Nothing is fetched yet.

    The actor answers for what syncs publish from now on. Raises PermissionRefused, InvalidSource, Exists or TooMany.
    """
    require(policies.may_manage_sources(by, namespace))
    url = checked_url(url)
    setup, credential = _checked(setup or Setup()), _checked_credential(credential or Credential())
    secret = git_hooks.new_secret()
    with transaction.atomic():
        Namespace.objects.select_for_update().get(id=namespace.id)
        if GitSource.objects.filter(namespace=namespace).count() >= MAX_SOURCES:
            raise TooMany(f"A namespace has at most {MAX_SOURCES} sources. Disconnect one first.")
        source = GitSource(
            namespace=namespace,
            url=url,
            webhook_secret=vault.seal(secret),
            connected_by=by.user,
            next_sync_at=timezone.now() if setup.interval_minutes and setup.is_enabled else None,
            **vars(setup),
            **_sealed(credential),
        )
        _stored(source)
        _record(by, RegistryAction.GIT_SOURCE_CREATE, source, {"after": _described(source)})
    return Connected(source, secret)


def change(*, by: Actor, source: GitSource, setup: Setup, credential: Credential | None = None) -> None:
    """Change what is synced and when; with `credential`, that too. The actor answers for the source from now on.

    The repository stays the same one: its credential must not be sent to another server. Raises PermissionRefused,
    InvalidSource, Exists or Gone.
    """
    require(policies.may_manage_sources(by, source.namespace))
    setup = _checked(setup)
    given = None if credential is None else _sealed(_checked_credential(credential))
    with transaction.atomic():
        row = _locked(source)
        before = _described(row)
        for name, value in {**vars(setup), **(given or {})}.items():
            setattr(row, name, value)
        row.stopped_because, row.connected_by = "", by.user
        # Another folder of the same commit has other files, and who answers now may do what nobody could before.
        row.last_ref = ""
        row.next_sync_at = timezone.now() if row.interval_minutes and row.is_enabled else None
        _stored(row)
        data = {"before": before, "after": _described(row), "credential_changed": given is not None}
        _record(by, RegistryAction.GIT_SOURCE_UPDATE, row, data)
    source.refresh_from_db()


def rotate_secret(*, by: Actor, source: GitSource) -> Connected:
    """Give the webhook another secret; the old one is refused at once. Raises PermissionRefused or Gone."""
    require(policies.may_manage_sources(by, source.namespace))
    secret = git_hooks.new_secret()
    with transaction.atomic():
        row = _locked(source)
        row.webhook_secret = vault.seal(secret)
        row.save(update_fields=["webhook_secret"])
        _record(by, RegistryAction.GIT_SOURCE_ROTATE, row, {})
    return Connected(row, secret)


def disconnect(*, by: Actor, source: GitSource) -> None:
    """Forget a source, its credential and its history. Packages and releases stay. Raises PermissionRefused or Gone."""
    require(policies.may_manage_sources(by, source.namespace))
    with transaction.atomic():
        row = _locked(source)
        _record(by, RegistryAction.GIT_SOURCE_DELETE, row, {"before": _described(row)})
        row.delete()


def checked_url(url: str) -> str:
    """The address of a repository in the form that is kept. Nothing is looked up. Raises InvalidSource."""
    url = url.strip().rstrip("/")
    if len(url) > MAX_URL_LENGTH:
        raise InvalidSource("url", f"An address has at most {MAX_URL_LENGTH} characters.")
    try:
        where = outbound.target(url, allowed_hosts=settings.GIT_ALLOWED_HOSTS)
    except outbound.Refused as error:
        mend = " Give user name and token in their own fields." if "@" in url else ""
        raise InvalidSource("url", f"{error}{mend}") from None
    if "?" in where.path or where.path == "/":
        raise InvalidSource("url", "Give the address for cloning, such as “https://git.example.com/acme/rules.git”.")
    return urlsplit(url).geturl()


def hook_url(source: GitSource) -> str:
    """The whole address of the source's webhook."""
    return settings.BASE_URL + reverse("git-hook", args=[source.uid])


def place_of(source: GitSource) -> repository.Place:
    """Where to fetch from, with the credential opened. Raises hub.vault.Unreadable."""
    token = vault.unseal(source.credential) if source.credential else ""
    credential = (source.username or DEFAULT_USERNAME, token) if token else None
    return repository.Place(source.url, source.branch, source.folder, credential)


def _checked(setup: Setup) -> Setup:
    try:
        branch = repository.check_branch(setup.branch)
    except ValueError as error:
        raise InvalidSource("branch", str(error)) from None
    try:
        folder = repository.check_folder(setup.folder)
    except ValueError as error:
        raise InvalidSource("folder", str(error)) from None
    if setup.visibility not in Visibility.values:
        raise InvalidSource("visibility", f"Use one of: {', '.join(Visibility.values)}.")
    if setup.interval_minutes not in INTERVALS:
        raise InvalidSource("interval_minutes", f"Use one of: {', '.join(map(str, INTERVALS))}.")
    return Setup(branch, folder, setup.visibility, setup.interval_minutes, setup.is_enabled)


def _checked_credential(credential: Credential) -> Credential:
    for name, value in (("token", credential.token), ("username", credential.username)):
        if len(value) > MAX_CREDENTIAL_LENGTH or not value.isascii() or not (value.isprintable() or not value):
            raise InvalidSource(name, "Use printable ASCII characters on one line.")
    if ":" in credential.username or len(credential.username) > 200:
        raise InvalidSource("username", "A user name has at most 200 characters, and no “:”.")
    return credential


def _sealed(credential: Credential) -> dict[str, str]:
    token = vault.seal(credential.token) if credential.token else ""
    return {"credential": token, "username": credential.username if token else ""}


def _stored(source: GitSource) -> None:
    try:
        with transaction.atomic():
            source.save()
    except IntegrityError:
        raise Exists("This folder of the repository is connected already. Change that source.") from None


def _locked(source: GitSource) -> GitSource:
    rows = GitSource.objects.select_for_update(of=("self",)).select_related("namespace")
    row = rows.filter(id=source.id).first()
    if row is None:
        raise Gone("It was disconnected meanwhile.")
    return row


def _described(source: GitSource) -> dict[str, object]:
    names = ("url", "branch", "folder", "visibility", "interval_minutes", "is_enabled")
    return {name: getattr(source, name) for name in names} | {"has_credential": bool(source.credential)}


def _record(by: Actor, action: RegistryAction, source: GitSource, data: Mapping[str, object]) -> None:
    audit.record(by, action, source, namespace=source.namespace, data={"url": source.url, **data})
