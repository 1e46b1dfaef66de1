"""Locks: what a published assistant is made of, kept for ever."""

from __future__ import annotations

from assistants.domain import composition as composing
from assistants.domain.resolution import Choice
from assistants.models import Bundle, Lock, LockEntry
from assistants.services import receipts, resolving
from hub.actors import Actor
from registry.domain.manifests import Manifest
from registry.models import Release


def lock_release(by: Actor, release: Release, manifest: Manifest) -> None:
    """Resolve a release of an assistant just published and keep the result. Runs in the publication's transaction.

    Raises ManifestInvalid, which undoes the publication.
    """
    composition = composing.read(manifest.text)
    resolution, choices = resolving.resolve(
        by=by, into=release.package, version=release.version, composition=composition
    )
    Bundle.objects.bulk_create(
        [Bundle(digest=resolution.bundle_digest, content=resolution.bundle)], ignore_conflicts=True
    )
    lock = Lock.objects.create(
        release=release,
        bundle_id=resolution.bundle_digest,
        document=resolution.lock,
        explanation=resolution.explanation,
        pinned_manifest=resolution.pinned_manifest,
        secrets=[secret["fqsn"] for secret in resolution.document["secrets"]],
    )
    _store_entries(lock, choices)
    receipts.issue(lock, resolution.bundle, resolution.explanation)


def _store_entries(lock: Lock, choices: list[Choice]) -> None:
    ids = [choice.candidate.id for choice in choices]
    package_of = dict(Release.objects.filter(id__in=ids).values_list("id", "package_id"))
    LockEntry.objects.bulk_create(
        LockEntry(
            lock=lock,
            release_id=choice.candidate.id,
            package_id=package_of[choice.candidate.id],
            path=choice.requirement.path,
        )
        for choice in choices
    )
