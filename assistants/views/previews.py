"""What a manifest would give if it were published: its parts and its resolved form, or its faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from assistants.domain import composition as composing
from assistants.domain.bill import Bill
from assistants.domain.drafting import to_yaml
from assistants.services import billing, resolving
from assistants.views import parts
from hub.actors import Actor
from hub.models import Namespace
from registry.domain import destinations
from registry.domain.destinations import Destination
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.versions import InvalidVersion, Version
from registry.models import Package, Visibility
from registry.views import highlighting


@dataclass(frozen=True)
class Preview:
    """The manifest as source, with its faults marked; or, without faults, what it resolves to."""

    source: SafeString
    faults: list[Fault] = field(default_factory=list)
    sections: list[parts.Section] = field(default_factory=list)
    resolved: SafeString | None = None
    digest: str = ""
    destinations: list[Destination] = field(default_factory=list)
    conflicts: list[Mapping[str, Any]] = field(default_factory=list)
    bill: Bill | None = None


def make(actor: Actor, manifest: str, *, namespace: Namespace, values: dict[str, Any]) -> Preview:
    """Try `manifest` as the assistant that the form's `values` describe. Stores nothing."""
    name = values.get("name") or "preview"
    visibility = values.get("visibility") or Visibility.PRIVATE
    into = Package(namespace=namespace, name=name, kind="assistant", visibility=visibility)
    try:
        version = str(Version.parse(values.get("version") or ""))
    except InvalidVersion:
        version = "0.0.0"  # the field itself says what is wrong with the version
    try:
        content = composing.read(manifest).manifest.value
        resolution = resolving.preview(by=actor, into=into, version=version, manifest=manifest)
    except ManifestInvalid as error:
        lines = tuple(sorted({fault.place.line for fault in error.faults}))
        return Preview(highlighting.source(manifest, "yaml", lines), faults=error.faults)
    config = resolution.document["config"]
    return Preview(
        source=highlighting.source(manifest, "yaml"),
        sections=parts.sections(content, parts.locked_in(resolution.lock), resolution.explanation),
        resolved=highlighting.source(to_yaml(config), "yaml"),
        digest=resolution.bundle_digest,
        destinations=destinations.of_config(config),
        conflicts=[conflict.as_json() for conflict in resolution.conflicts],
        bill=billing.of_document(resolution.document),
    )
