"""Trusted publishing: a CI job proves what it is, and gets a token for one package and a quarter of an hour."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.actors import Actor
from hub.domain.actions import Scope
from hub.domain.decisions import require
from hub.models import ApiToken, TokenKind
from hub.services import audit, tokens
from registry import identity, policies
from registry.domain import publishers as domain
from registry.domain.actions import RegistryAction
from registry.domain.publishers import InvalidPublisher, Job, NotAJob, Publisher
from registry.models import Package, PublishingToken, TrustedPublisher, UsedIdentityToken
from registry.services.packages import PackageGone, lock

LIFE = timedelta(minutes=15)
MAX_PUBLISHERS = 20  # for each package
__all__ = [
    "Exchanged",
    "Exists",
    "Gone",
    "InvalidPublisher",
    "NoMatch",
    "PackageGone",
    "Replayed",
    "TooMany",
    "add",
    "end_all",
    "exchange",
    "forget_used",
    "remove",
]


class Exists(Exception):
    """The package trusts this job already."""


class TooMany(Exception):
    """The package has as many trusted publishers as one may have."""


class Gone(Exception):
    """The publisher was removed meanwhile."""


class NoMatch(Exception):
    """No trusted publisher of a package of this name matches; nor is it told whether there is such a package.

    `seen` is what the caller's own token claims, to find out why.
    """

    def __init__(self, seen: Mapping[str, str]) -> None:
        super().__init__("No trusted publisher of this package matches the token.")
        self.seen = dict(seen)


class Replayed(Exception):
    """The identity token was exchanged before."""


@dataclass(frozen=True)
class Exchanged:
    """What a job gets."""

    package: Package
    made: tokens.NewToken


def add(
    *,
    by: Actor,
    package: Package,
    provider: str,
    issuer: str,
    repository: str,
    workflow: str = "",
    environment: str = "",
) -> TrustedPublisher:
    """Let a job publish in the package from now on.

    Raises PermissionRefused, InvalidPublisher, Exists, TooMany or PackageGone.
    """
    require(policies.may_manage(by, package))
    wanted = Publisher(provider, repository, workflow, environment).checked()
    if issuer not in settings.TRUSTED_ISSUERS:
        raise InvalidPublisher("issuer", "The operator of this hub has not configured this issuer.")
    try:
        with transaction.atomic():
            row = lock(package)
            if row.trusted_publishers.count() >= MAX_PUBLISHERS:
                raise TooMany(f"A package has at most {MAX_PUBLISHERS} trusted publishers.")
            made = TrustedPublisher.objects.create(package=row, issuer=issuer, created_by=by.user, **asdict(wanted))
            _record(by, RegistryAction.PUBLISHER_CREATE, row, _described(made))
    except IntegrityError:
        raise Exists("This package trusts that job already.") from None
    return made


def remove(*, by: Actor, publisher: TrustedPublisher) -> None:
    """Trust a job no more. Tokens that it holds end at once. Raises PermissionRefused or Gone."""
    package = publisher.package
    require(policies.may_manage(by, package))
    with transaction.atomic():
        row = TrustedPublisher.objects.select_for_update().filter(id=publisher.id).first()
        if row is None:
            raise Gone("It was removed already.")
        _end_tokens(by, [row])
        _record(by, RegistryAction.PUBLISHER_DELETE, package, _described(row))
        row.delete()


def end_all(*, by: Actor, package: Package) -> None:
    """Trust nobody any more, and end every token: part of handing the package over, by a caller that asked the policy."""
    with transaction.atomic():
        rows = list(TrustedPublisher.objects.select_for_update().filter(package=package))
        _end_tokens(by, rows)
        for row in rows:
            _record(by, RegistryAction.PUBLISHER_DELETE, package, _described(row))
            row.delete()


def exchange(*, by: Actor, token: str, package: str) -> Exchanged:
    """A publishing token for the job that the identity token `token` speaks for, if `package` (`namespace/name`) trusts it.

    Every identity token works once. Raises identity.BadToken, identity.IssuerUnreachable, NoMatch or Replayed.
    """
    issuer, claims = identity.verified(token)
    namespace, _, name = package.partition("/")
    found = Package.objects.present().named(namespace, name).select_related("namespace").first()
    rows = TrustedPublisher.objects.filter(package=found, issuer=issuer) if found is not None else []
    for row in rows:
        job = _job(row.provider, issuer, claims)
        if job is not None and found is not None and _of(row).matches(job):
            return _exchange(by, found, row, job, _used(issuer, claims, token))
    raise NoMatch(_seen(issuer, claims))


def forget_used() -> int:
    """Delete what is remembered of identity tokens that have expired since. Returns how many."""
    deleted, _ = UsedIdentityToken.objects.filter(expires_at__lt=timezone.now()).delete()
    return deleted


def _exchange(by: Actor, package: Package, publisher: TrustedPublisher, job: Job, used: UsedIdentityToken) -> Exchanged:
    origin = {"provider": publisher.provider, **{k: v for k, v in asdict(job).items() if v}}
    seen = {key: value for key, value in asdict(job).items() if value}
    try:
        with transaction.atomic():
            row = TrustedPublisher.objects.select_for_update().filter(id=publisher.id).first()
            here = Package.objects.present().filter(id=package.id, namespace=package.namespace_id)
            # Who takes a repository's name after it was given up is somebody else.
            known = row is not None and row.repository_id in ("", job.repository_id)
            if row is None or not known or not here.exists():
                raise NoMatch(seen)
            used.save(force_insert=True)
            row.repository_id, row.last_used_at = job.repository_id, timezone.now()
            row.save(update_fields=["repository_id", "last_used_at"])
            limits = tokens.Limits.of([Scope.PUBLISH], expires_at=timezone.now() + LIFE)
            label = f"{row.provider}:{job.repository}" + (f"@{job.workflow}" if job.workflow else "")
            made = tokens.issue(
                by=by, holder=None, kind=TokenKind.PUBLISHING, name=label[: tokens.NAME_MAX_LENGTH], limits=limits
            )
            PublishingToken.objects.create(token=made.token, publisher=row, claims=origin)
            _record(by, RegistryAction.PUBLISHER_TOKEN, package, origin)
    except IntegrityError:
        raise Replayed("This identity token was used before. Ask for a new one.") from None
    return Exchanged(package, made)


def _end_tokens(by: Actor, publishers: list[TrustedPublisher]) -> None:
    for token in ApiToken.objects.in_force().filter(publishing__publisher__in=publishers):
        tokens.end(by=by, token=token)


def _job(provider: str, issuer: str, claims: Mapping[str, Any]) -> Job | None:
    try:
        return domain.PROVIDERS[provider].read(issuer, claims)
    except NotAJob:
        return None


def _of(row: TrustedPublisher) -> Publisher:
    return Publisher(row.provider, row.repository, row.workflow, row.environment)


def _used(issuer: str, claims: Mapping[str, Any], token: str) -> UsedIdentityToken:
    """What makes the token work once: its id, or its own text without the signature, which may be written in several ways."""
    own = claims.get("jti")
    subject = f"jti:{own}" if isinstance(own, str) and own else f"token:{token.rpartition('.')[0]}"
    until = datetime.fromtimestamp(float(claims["exp"]) + 2 * identity.LEEWAY, tz=UTC)
    return UsedIdentityToken(issuer=issuer, digest=hashlib.sha256(subject.encode()).hexdigest(), expires_at=until)


def _seen(issuer: str, claims: Mapping[str, Any]) -> dict[str, str]:
    """What the caller's own token says of the job, in each provider's reading that fits."""
    for provider in domain.PROVIDERS:
        job = _job(provider, issuer, claims)
        if job is not None:
            return {key: value for key, value in asdict(job).items() if value}
    return {}


def _described(row: TrustedPublisher) -> dict[str, object]:
    return {"issuer": row.issuer, **asdict(_of(row))}


def _record(by: Actor, action: RegistryAction, package: Package, data: Mapping[str, object]) -> None:
    audit.record(by, action, package, namespace=package.namespace, data=data)
