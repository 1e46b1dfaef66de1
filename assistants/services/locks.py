"""Locks: what a published assistant is made of, kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from assistants.domain import composition as composing
from assistants.domain.layers import Layer
from assistants.models import Bundle, Lock, LockEntry
from assistants.services import receipts, resolving, update_queue
from assistants.services.resolving import Resolved
from hub.actors import Actor
from registry.domain.manifests import Manifest
from registry.models import Release

PUBLISHED_TOGETHER = timedelta(seconds=60)  # no publication takes as long


def lock_release(by: Actor, release: Release, manifest: Manifest) -> None:
    """Resolve a release of an assistant just published and keep the result. Runs in the publication's transaction.

    Raises ManifestInvalid, which undoes the publication.
    """
    composition = composing.read(manifest.text)
    resolved = resolving.resolve(
        by=by, into=release.package, version=release.version, composition=composition, author=by.label
    )
    keep(release, resolved)
    # What was being published meanwhile could not be seen; and a cool-down may hold something back.
    update_queue.look_again(release.package, at=timezone.now() + PUBLISHED_TOGETHER)


def keep(release: Release, resolved: Resolved, **about: Any) -> Lock:
    """Store what a release resolved to, with its receipt. `about` are further columns of the lock. In a transaction."""
    resolution = resolved.resolution
    Bundle.objects.bulk_create(
        [Bundle(digest=resolution.bundle_digest, content=resolution.bundle)], ignore_conflicts=True
    )
    lock = Lock.objects.create(
        release=release,
        bundle_id=resolution.bundle_digest,
        document=resolution.lock,
        explanation=resolution.explanation,
        conflicts=[conflict.as_json() for conflict in resolution.conflicts],
        pinned_manifest=resolution.pinned_manifest,
        secrets=[secret["fqsn"] for secret in resolution.document["secrets"]],
        **about,
    )
    _store_entries(lock, resolved.layers)
    receipts.issue(lock, resolution.bundle, resolution.explanation, resolved.rules.statement)
    return lock


def _store_entries(lock: Lock, layers: Sequence[Layer]) -> None:
    """One row for each release inside, the assistants that are built on among them."""
    chosen = [
        (f"{layer.prefix}{path}", choice.candidate.id) for layer in layers for path, choice in layer.choices.items()
    ]
    package_of = dict(Release.objects.filter(id__in={release for _, release in chosen}).values_list("id", "package_id"))
    LockEntry.objects.bulk_create(
        LockEntry(lock=lock, release_id=release, package_id=package_of[release], path=path) for path, release in chosen
    )
