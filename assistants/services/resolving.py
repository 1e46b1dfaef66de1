"""Resolution against the registry, in a constant number of queries whatever the number of requirements."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from django.db.models import Q

from assistants.domain import composition as composing
from assistants.domain.composition import Composition
from assistants.domain.resolution import Available, Block, Candidate, Choice, Identity, Resolution, choose, unroll
from hub.actors import Actor
from hub.domain.decisions import Denied
from registry import lookups, policies
from registry.domain import canonical
from registry.domain.versions import Version
from registry.kinds import KINDS
from registry.models import Package, Release
from registry.policies import Quarantined


def resolve(*, by: Actor, into: Package, version: str, composition: Composition) -> tuple[Resolution, list[Choice]]:
    """Resolve an assistant's composition as release `version` of the package `into` (which need not be saved).

    Three queries: the packages that the actor may read, the versions they have, the content of the chosen ones. Of a
    quarantined package the actor is told that it is.
    Raises ManifestInvalid with every requirement that cannot be met.
    """
    wanted = {requirement.package for requirement in composition.requirements}
    choices = choose(composition.requirements, available(by, wanted, into))
    identity = Identity(str(into), version, canonical.digest(composition.manifest.text.encode()))
    return unroll(identity, composition, choices, blocks(choices)), choices


def preview(*, by: Actor, into: Package, version: str, manifest: str) -> Resolution:
    """What publishing `manifest` would give. Stores nothing. Raises ManifestInvalid."""
    resolution, _ = resolve(by=by, into=into, version=version, composition=composing.read(manifest))
    return resolution


def available(by: Actor, names: Collection[str], into: Package) -> dict[str, Available]:
    """The packages of these names that the actor may read, with their versions, by the name asked for.

    Two queries, and three more if a name is not found and may be a former one.
    """
    condition = Q(pk__in=[])
    for name in names:
        namespace, _, package = name.partition("/")
        condition |= Q(namespace__slug=namespace, name=package)
    found = {
        str(package): package for package in Package.objects.known_to(by).filter(condition).select_related("namespace")
    }
    if missing := [name for name in names if name not in found]:
        found |= lookups.formerly(by, missing)
    packages = {package.id for package in found.values()}
    candidates: dict[int, list[Candidate]] = {package_id: [] for package_id in packages}
    columns = ("yanked_at", "yank_reason", "quarantined_at", "quarantine_reason", "deprecation_message")
    rows = Release.objects.filter(package__in=packages).values_list("package_id", "id", "version", *columns)
    for package_id, release_id, version, yanked, yank_reason, quarantined, quarantine_reason, message in rows:
        refusals = (yank_reason if yanked else None, quarantine_reason if quarantined else None)
        candidates[package_id].append(Candidate(release_id, Version.parse(version), *refusals, message))
    return {name: _available(package, candidates[package.id], into) for name, package in found.items()}


def _available(package: Package, candidates: list[Candidate], into: Package) -> Available:
    decision = policies.may_contain(into, package)
    section = KINDS[package.kind].section
    if package.is_quarantined:
        refusal, mend = str(Quarantined(package)), "Use another package."
        return Available(str(package), package.kind, section, (), refusal, mend)
    found = Available(str(package), package.kind, section, tuple(candidates), deprecation=package.deprecation_message)
    return replace(found, refusal=decision.reason) if isinstance(decision, Denied) else found


def blocks(choices: Iterable[Choice]) -> dict[int, Block]:
    """The content of the chosen releases, by id. One query."""
    ids = {choice.candidate.id for choice in choices}
    rows = Release.objects.filter(id__in=ids).select_related("package__namespace")
    fields = (
        "version",
        "digest",
        "format",
        "manifest",
        "content",
        "inputs",
        "package__kind",
        "package__name",
        "package__namespace__slug",
    )
    return {row.id: _block(row) for row in rows.only(*fields)}


def _block(release: Release) -> Block:
    return Block(
        package=str(release.package),
        kind=release.package.kind,
        version=release.version,
        digest=release.digest,
        format=release.format,
        text=release.manifest,
        content=release.content,
        inputs=tuple(release.inputs),
    )
