"""Bundles and locks by name: the hot path of the hub.

Who may read is asked of the database at least every few seconds (hub/shortcache.py). A bundle's bytes are kept in
memory under their digest, which is what they are for ever.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.http import Http404

from assistants.models import Bundle, Lock, LockEntry
from hub import shortcache
from hub.actors import Actor
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from registry import lookups
from registry.domain.versions import InvalidVersion, Version
from registry.models import Visibility, readable_by

HIDDEN_PARTS = "This assistant contains a package that you may not read. Ask its publisher for access."


@dataclass(frozen=True)
class Found:
    """A locked assistant that the actor may read."""

    namespace: str
    version: str
    bundle_digest: str
    is_public: bool
    lock_id: int
    release_id: int


def find(actor: Actor, namespace: str, name: str, version: str = "latest") -> Found:
    """As `find_now`, but the answer may be up to `shortcache.TTL` seconds old. Warm, this asks the database nothing."""
    key = ("bundle", actor.authority, namespace, name, version)
    return shortcache.decisions.get(key, lambda: find_now(actor, namespace, name, version))


def find_now(actor: Actor, namespace: str, name: str, version: str = "latest") -> Found:
    """The assistant's lock that `version` names: `latest`, exact, or a range. One query, up to three for a range.

    A former name does as well, for three queries more.
    Raises Http404, InvalidRange, or PermissionRefused if a part of the assistant may not be read.
    """
    rows = Lock.objects.filter(
        readable_by(actor, "release__package__"),
        release__package__namespace__slug=slugs.normalize(namespace),
        release__package__name=slugs.normalize(name),
        release__package__deleted_at=None,
        release__package__namespace__closed_at=None,
    )
    if version in ("", "latest"):
        rows = rows.filter(release=F("release__package__latest_release"))
    else:
        rows = rows.filter(release__version=_exact(actor, namespace, name, version))
    hidden = LockEntry.objects.filter(lock=OuterRef("pk")).exclude(readable_by(actor, "package__"))
    values = rows.annotate(is_hidden=Exists(hidden)).values_list(
        "id", "bundle_id", "release__version", "release__package__visibility", "is_hidden", "release_id"
    )
    row = values.first()
    if row is None:
        present = _present_name(actor, namespace, name)
        return find_now(actor, *present, version)
    lock_id, digest, exact, visibility, is_hidden, release_id = row
    if is_hidden:
        raise PermissionRefused(HIDDEN_PARTS)
    is_public = visibility == Visibility.PUBLIC
    return Found(slugs.normalize(namespace), exact, digest, is_public, lock_id, release_id)


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
    """Whether some release that the actor may read in full resolved to this bundle."""
    hidden = LockEntry.objects.filter(lock=OuterRef("pk")).exclude(readable_by(actor, "package__"))
    rows = Lock.objects.filter(
        readable_by(actor, "release__package__"),
        bundle_id=digest,
        release__package__deleted_at=None,
        release__package__namespace__closed_at=None,
    )
    return rows.filter(~Exists(hidden)).exists()


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
