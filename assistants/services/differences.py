"""What is different for clients between two states of an assistant, as far as the reader may have both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404

from assistants.domain import differences as domain
from assistants.domain.differences import Difference
from assistants.domain.updating import Move, Taken, moves
from assistants.models import Lock
from assistants.services import fetching, resolving
from hub.actors import Actor
from hub.domain.decisions import PermissionRefused
from registry import lookups
from registry.domain.faults import ManifestInvalid
from registry.models import Package, Proposal

MAX_NUMBER = 2_000_000_000


@dataclass(frozen=True)
class Between:
    """Two bundles, what moved from one to the other, and what is different; or in `refusal` why that is not told."""

    before: str = ""
    after: str = ""
    moved: Sequence[Move] = ()
    differences: Sequence[Difference] = field(default=())
    refusal: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the API gives it out."""
        return {
            "before": self.before,
            "after": self.after,
            "moved": [one.as_json() for one in self.moved],
            "differences": [one.as_json() for one in self.differences],
        }


def between_locks(
    actor: Actor, package: Package, before: tuple[str, int | None], after: tuple[str, int | None]
) -> Between:
    """What is different between two locks of an assistant, each a version and maybe a number; without one, the lock in force.

    Raises Http404, InvalidRange, PermissionRefused or Quarantined.
    """
    old, new = (_digest(actor, package, *side) for side in (before, after))
    return _between(old, _document(old), new, _document(new))


def of_proposal(actor: Actor, proposal: Proposal) -> Between:
    """What merging a proposal of an assistant would change for clients, resolved as of now for the reader."""
    package, revision = proposal.package, proposal.current
    if revision is None:
        raise Http404
    try:
        old, document = "", _nothing(package)
        if package.latest_release_id is not None:
            old = fetching.find_now(actor, package.namespace.slug, package.name).bundle_digest
            document = _document(old)
        read = resolving.preview(by=actor, into=package, version=revision.version, manifest=revision.manifest)
    except (PermissionRefused, ManifestInvalid) as error:
        return Between(refusal=str(error))
    return _between(old, document, read.bundle_digest, read.document)


def _between(old: str, before: dict[str, Any], new: str, after: dict[str, Any]) -> Between:
    moved = moves(_taken(before), _taken(after))
    return Between(old, new, moved, domain.between(before, after))


def _taken(bundle: dict[str, Any]) -> list[Taken]:
    """What a bundle says that it is made of."""
    rows = [*bundle.get("extends", ()), *bundle["requirements"]]
    # A package and a version are one release, whatever its number.
    return [
        Taken(row["path"], row["package"], row["version"], release=hash((row["package"], row["version"])))
        for row in rows
    ]


def _digest(actor: Actor, package: Package, version: str, number: int | None) -> str:
    if number is None:
        return fetching.find_now(actor, package.namespace.slug, package.name, version).bundle_digest
    if not 0 < number < MAX_NUMBER:
        raise Http404
    exact = lookups.version_of(package, version)
    rows = Lock.objects.whole_for(actor).filter(
        release__package=package, release__version=exact, number=number, base=None
    )
    digest: str | None = rows.values_list("bundle_id", flat=True).first()
    if digest is None:
        raise Http404
    return digest


def _document(digest: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(fetching.bundles.get(digest))
    return document


def _nothing(package: Package) -> dict[str, Any]:
    return {"config": {"name": package.name}, "requirements": []}
