"""Context bills of published and of tried-out assistants."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from assistants.domain import bill as bills
from assistants.domain import vocabularies
from assistants.domain.bill import Bill, Source
from assistants.services import fetching
from registry.kinds import KINDS
from registry.models import Release


def of_bundle(bundle_digest: str) -> Bill:
    """The bill of the bundle of this digest. Who may read it was asked before. No query, or two if nobody asked lately."""
    return _of_bundle(bundle_digest)


def of_document(document: Mapping[str, Any]) -> Bill:
    """The bill of a bundle's document, published or not. One query if it names packages."""
    return bills.make(document, vocabularies.count, _sources(document["requirements"]))


def _sources(requirements: list[Mapping[str, str]]) -> list[Source]:
    """What the releases that a bundle was made of call their items, in its order."""
    wanted = {(one["package"], one["version"]) for one in requirements}
    if not wanted:
        return []
    names = [package.partition("/") for package, _ in wanted]
    rows = Release.objects.filter(
        package__namespace__slug__in={namespace for namespace, _, _ in names},
        package__name__in={name for _, _, name in names},
        version__in={version for _, version in wanted},
    ).select_related("package__namespace")
    fields = ("version", "content", "document", "package__kind", "package__name", "package__namespace__slug")
    found = {(str(row.package), row.version): row for row in rows.only(*fields)}
    sources = []
    for one in requirements:
        row = found.get((one["package"], one["version"]))
        if row is None:
            continue  # the package has another name since
        section = KINDS[row.package.kind].section
        told = bills.source(str(row.package), row.version, section, row.content, row.document)
        sources += [told] if told else []
    return sources


@functools.lru_cache(maxsize=256)
def _of_bundle(bundle_digest: str) -> Bill:
    """Of bytes that never change, so what was made once stays right."""
    return of_document(json.loads(fetching.bundles.get(bundle_digest)))
