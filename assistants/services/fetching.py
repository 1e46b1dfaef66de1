"""Bundles and locks by name, as they are without any scope (`scoping` hands them out).

A bundle's bytes are kept in memory under their digest, which is what they are for ever.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.http import Http404

from assistants.models import Bundle, Lock, LockEntry, lies_on, open_to, parts_hidden_from, quarantined
from hub.actors import Actor
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from registry import lookups
from registry.domain.versions import InvalidVersion, Version
from registry.models import Release, Visibility, served
from registry.policies import Quarantined

HIDDEN_PARTS = "This assistant contains a package that you may not read. Ask its publisher for access."


@dataclass(frozen=True)
class Found:
    """A locked assistant that the actor may read. `is_laid_over` says whether any overlay lies on the actor."""

    namespace: str
    version: str
    bundle_digest: str
    is_public: bool
    lock_id: int
    release_id: int
    package_id: int
    is_laid_over: bool


def find_now(actor: Actor, namespace: str, name: str, version: str = "latest") -> Found:
    """The assistant's lock that `version` names: `latest`, exact, or a range. One query, up to three for a range.

    A former name does as well, for three queries more.
    Raises Http404, InvalidRange, PermissionRefused if a part of the assistant may not be read, or Quarantined.
    """
    rows = (
        Lock.objects.known_to(actor)
        .current()
        .filter(
            release__package__namespace__slug=slugs.normalize(namespace), release__package__name=slugs.normalize(name)
        )
    )
    if version in ("", "latest"):
        rows = rows.filter(release=F("release__package__latest_release"))
    else:
        rows = rows.filter(release__version=_exact(actor, namespace, name, version))
    rows = rows.annotate(
        is_hidden=parts_hidden_from(actor), is_quarantined=is_quarantined(), is_laid_over=lies_on(actor)
    )
    row = rows.values_list(
        "id",
        "bundle_id",
        "release__version",
        "release__package__visibility",
        "is_hidden",
        "is_quarantined",
        "release_id",
        "release__package_id",
        "is_laid_over",
    ).first()
    if row is None:
        present = _present_name(actor, namespace, name)
        return find_now(actor, *present, version)
    lock_id, digest, exact, visibility, is_hidden, is_held, release_id, package_id, is_laid_over = row
    if is_hidden:
        raise PermissionRefused(HIDDEN_PARTS)
    if is_held:
        raise quarantine_of(lock_id)
    is_public = visibility == Visibility.PUBLIC
    return Found(
        slugs.normalize(namespace), exact, digest, is_public, lock_id, release_id, package_id, bool(is_laid_over)
    )


def _present_name(actor: Actor, namespace: str, name: str) -> tuple[str, str]:
    """What is called something else now. Raises Http404."""
    asked = slugs.normalize(namespace), slugs.normalize(name)
    found = lookups.formerly(actor, ["/".join(asked)]).get("/".join(asked))
    if found is None or (found.namespace.slug, found.name) == asked:
        raise Http404
    return found.namespace.slug, found.name


def _exact(actor: Actor, namespace: str, name: str, version: str) -> str:
    try:
        return str(Version.parse(version))
    except InvalidVersion:
        found = lookups.package_by_any_name(actor, namespace, name)
        if found.kind != "assistant":
            raise Http404 from None
        return lookups.version_of(found, version)


def readable_bundle(actor: Actor, digest: str) -> bool:
    """Whether some release that the actor may read in full resolved to this bundle, in a scope that is the actor's. One query.

    Raises Quarantined if that holds only of releases that are quarantined or contain something that is.
    """
    rows = Lock.objects.known_to(actor).filter(open_to(actor), ~parts_hidden_from(actor), bundle_id=digest)
    rows = rows.annotate(is_quarantined=is_quarantined()).order_by("is_quarantined", "id")
    row = rows.values_list("id", "is_quarantined").first()
    if row is not None and row[1]:
        raise quarantine_of(row[0])
    return row is not None


def is_quarantined() -> ExpressionWrapper[Q]:
    """The condition on a lock that it or a part of it is quarantined, as a column."""
    return ExpressionWrapper(quarantined(), BooleanField())


def quarantine_of(lock_id: int) -> Quarantined:
    """Why a lock may not be fetched, for somebody who may read all that it names. The whole before its parts."""
    release = Release.objects.select_related("package__namespace").get(locks=lock_id)
    if own := [one for one in (release.package, release) if one.is_quarantined]:
        return Quarantined(own[0])
    rows = LockEntry.objects.filter(lock=lock_id).exclude(served("package__"), served("release__"))
    entries = rows.select_related("package__namespace", "release__package__namespace").order_by("id")
    parts = [entry.package if entry.package.is_quarantined else entry.release for entry in entries]
    return Quarantined(*{str(part): part for part in parts}.values(), of=str(release))


def explanation(lock_id: int) -> list[dict[str, Any]]:
    """Why each requirement got what it got."""
    found: list[dict[str, Any]] = Lock.objects.values_list("explanation", flat=True).get(id=lock_id)
    return found


class BundleCache:
    """The bytes of bundles used last, up to a total size. A bundle never changes, so nothing is ever stale."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, digest: str) -> bytes:
        """The bytes of this digest; one query if they are not kept. Raises Bundle.DoesNotExist."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
                return self._kept[digest]
        content = bytes(Bundle.objects.values_list("content", flat=True).get(digest=digest))
        with self._lock:
            if digest not in self._kept and len(content) <= self.max_bytes // 8:
                self._kept[digest] = content
                self._size += len(content)
                while self._size > self.max_bytes:
                    self._size -= len(self._kept.popitem(last=False)[1])
        return content


bundles = BundleCache(max_bytes=32 * 1024 * 1024)
