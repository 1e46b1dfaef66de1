"""A release's bill of materials in CycloneDX 1.6. The same release gives the same bytes, whoever asks and whenever."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.model.service import Service
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from registry.domain.dependencies import Dependencies, Dependency

_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Names documents by the digest of what they are about.
_NAMESPACE = uuid.UUID("5b6f5c1e-6a43-5a0e-9c0c-5f0f0a1d7c11")
_TYPES = {
    "model": ComponentType.MACHINE_LEARNING_MODEL,
    "program": ComponentType.APPLICATION,
    "package": ComponentType.DATA,
}
# What a package of a kind is, where it is more than data.
_KINDS = {
    "model": ComponentType.MACHINE_LEARNING_MODEL,
    "mcp-server": ComponentType.APPLICATION,
    "assistant": ComponentType.APPLICATION,
}


@dataclass(frozen=True)
class Described:
    """The release that the document is about."""

    package: str
    kind: str
    version: str
    digest: str
    published_at: dt.datetime
    page: str
    description: str = ""
    license: str = ""


def document(release: Described, dependencies: Dependencies) -> bytes:
    """The document as JSON. What the reader may not see is only counted."""
    root = _package(release.package, release.kind, release.version, release.digest, release.license)
    root.description = release.description or None
    root.external_references.add(ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(release.page)))
    seen = [one.key for one in dependencies.visible]
    words = f"{release.package}@{release.version} {release.digest} {seen} {dependencies.hidden}"
    bom = Bom(
        serial_number=uuid.uuid5(_NAMESPACE, words),
        metadata=BomMetaData(component=root, timestamp=release.published_at, tools=[]),
    )
    if dependencies.hidden:
        bom.metadata.properties.add(Property(name="assistant-hub:hidden-dependencies", value=str(dependencies.hidden)))
    _add(bom, root, release.package, dependencies.visible)
    return JsonV1Dot6(bom).output_as_string(indent=2).encode()


def purl_of(dependency: Dependency) -> PackageURL | None:
    """The package URL of a dependency; None where there is no type of purl for it."""
    namespace, _, name = dependency.name.rpartition("/")
    if not name:
        return None
    match dependency.ecosystem:
        case "hub":
            return PackageURL("generic", namespace, name, dependency.version or None)
        case "npm" | "pypi" | "nuget":
            return PackageURL(dependency.ecosystem, namespace or None, name, dependency.version or None)
        case "oci":
            qualifiers = {"repository_url": dependency.name} | (
                {"tag": dependency.version} if dependency.version else {}
            )
            return PackageURL("oci", None, name.lower(), dependency.digest or None, qualifiers)
    return None


def _add(bom: Bom, root: Component, package: str, dependencies: Iterable[Dependency]) -> None:
    """Every dependency once, hung below the package that needs it."""
    made: dict[tuple[str, str, str, str], Component | Service] = {}
    holders: dict[str, Component] = {package: root}
    needs: dict[str, list[Component | Service]] = {}
    for one in dependencies:
        part = made.get(one.key)
        if part is None:
            part = made[one.key] = _service(one) if one.type == "service" else _component(one)
            if isinstance(part, Service):
                bom.services.add(part)
            else:
                bom.components.add(part)
        if one.type == "package" and isinstance(part, Component):
            holders[one.name] = part
        needs.setdefault(one.required_by or package, []).append(part)
    bom.register_dependency(root, needs.get(package, []))
    for holder, parts in needs.items():
        if holder != package and holder in holders:
            bom.register_dependency(holders[holder], parts)


def _component(one: Dependency) -> Component:
    if one.type == "package":
        return _package(one.name, one.kind, one.version, one.digest, one.license)
    ref = "/".join(("", *one.key[:3])).lstrip("/") + (f"@{one.version}" if one.version else "")
    group, _, name = one.name.rpartition("/") if one.ecosystem in ("npm", "oci") else ("", "", one.name)
    return Component(
        name=name,
        group=group or None,
        version=one.version or None,
        type=ComponentType.CONTAINER if one.ecosystem == "oci" else _TYPES[one.type],
        purl=purl_of(one),
        publisher=one.ecosystem or None if one.type == "model" else None,
        hashes=_hashes(one.digest),
        bom_ref=ref,
    )


def _package(package: str, kind: str, version: str, digest: str, license: str) -> Component:
    group, _, name = package.partition("/")
    return Component(
        name=name,
        group=group,
        version=version,
        type=_KINDS.get(kind, ComponentType.DATA),
        purl=PackageURL("generic", group, name, version),
        hashes=_hashes(digest),
        licenses=[DisjunctiveLicense(name=license)] if license else [],
        properties=[Property(name="assistant-hub:kind", value=kind)],
        bom_ref=f"{package}@{version}",
    )


def _service(one: Dependency) -> Service:
    return Service(name=one.ecosystem, bom_ref=f"service/{one.name}", endpoints=[XsUri(_uri(one.name))])


def _uri(address: str) -> str:
    """An address in which everything that may not stand in one is escaped."""
    return quote(_PERCENT.sub("%25", address), safe=":/?#[]@!$&'()*+,;=~%")


def _hashes(digest: str) -> list[HashType]:
    algorithm, _, value = digest.partition(":")
    return [HashType(alg=HashAlgorithm.SHA_256, content=value)] if algorithm == "sha256" and value else []
