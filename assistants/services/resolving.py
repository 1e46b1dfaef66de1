"""Resolution against the registry, in a constant number of queries whatever the number of requirements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from assistants.domain import composition as composing
from assistants.domain.choosing import Available, Candidate, Choice, Rules, choose
from assistants.domain.composition import EXTENDS, Composition
from assistants.domain.filling import Block
from assistants.domain.layers import Identity, Layer
from assistants.domain.resolution import Resolution, unroll
from assistants.domain.updating import widened
from assistants.services import extending
from assistants.services.rules import rules_for
from hub.actors import Actor
from hub.domain.decisions import Denied
from registry import lookups, policies
from registry.domain import canonical
from registry.domain.faults import ManifestInvalid
from registry.domain.versions import LATEST, Range, Version
from registry.kinds import KINDS
from registry.models import Imposer, Package, PackageQuerySet, Release
from registry.policies import Quarantined


@dataclass(frozen=True)
class Resolved:
    """A resolution, the layers that it is made of, and the rules that were in force."""

    resolution: Resolution
    layers: Sequence[Layer]
    rules: Rules


def resolve(*, by: Actor | None, into: Package, version: str, composition: Composition, author: str = "") -> Resolved:
    """Resolve an assistant's composition as release `version` of the package `into` (which need not be saved).

    `by` reads the packages; None stands for the hub itself, which reads what `into` may contain. Four queries: the packages,
    the versions they have, the rules, the content of the chosen releases; three more for what the assistant extends. Of a
    quarantined package the actor is told that it is. Raises ManifestInvalid with every requirement that cannot be met.
    """
    extensions = [extension.requirement for extension in composition.extensions]
    wanted = {one.package for one in (*composition.requirements, *extensions)}
    rules = rules_for(into)
    table = {name: rules.judged(found) for name, found in available(by, wanted, into).items()}
    choices = choose([*extensions, *composition.requirements], table, rules.domain)
    identity = Identity(str(into), version, canonical.digest(composition.manifest.text.encode()), author)
    own = Layer(identity, composition, {choice.requirement.path: choice for choice in choices})
    bases = extending.layers_of([one for one in choices if one.requirement.section == EXTENDS], into, rules)
    stacked = [*bases, own]
    return Resolved(unroll(stacked, blocks(parts_of(stacked))), stacked, rules.domain)


def wider_ranges(*, into: Package, composition: Composition) -> dict[str, str]:
    """For each requirement whose range leaves out the newest release that may be used, a range that has it, by its path.

    As the hub itself reads, and under the same rules: what a cool-down holds back is not the newest. Three queries.
    """
    extensions = [extension.requirement for extension in composition.extensions]
    every = [*extensions, *composition.requirements]
    rules = rules_for(into)
    found = available(None, {one.package for one in every}, into)
    table = {name: rules.judged(one) for name, one in found.items()}
    wider: dict[str, str] = {}
    for requirement in every:
        asked = replace(requirement, range=Range.parse(LATEST))
        try:
            chosen, newest = choose([requirement, asked], table, rules.domain)
        except ManifestInvalid:
            continue  # resolving what is asked for says what is wrong with it
        text = widened(requirement, newest.candidate.version)
        if text is not None and newest.candidate.version > chosen.candidate.version:
            wider[requirement.path] = text
    return wider


def preview(*, by: Actor, into: Package, version: str, manifest: str) -> Resolution:
    """What publishing `manifest` would give. Stores nothing. Raises ManifestInvalid."""
    read = composing.read(manifest)
    return resolve(by=by, into=into, version=version, composition=read, author=by.label).resolution


def parts_of(stacked: Iterable[Layer]) -> list[Choice]:
    """The choices of all layers that are parts of the bundle, not assistants that are built on."""
    every = (choice for layer in stacked for choice in layer.choices.values())
    return [choice for choice in every if choice.requirement.section != EXTENDS]


def available(by: Actor | None, names: Collection[str], into: Package) -> dict[str, Available]:
    """The packages of these names that may be read, with their versions, by the name asked for.

    Two queries, and three more if a name is not found and may be a former one.
    """
    if not names:
        return {}
    readable, halves = _readable(by, into), [name.partition("/") for name in names]
    # One array for each half: fifty conditions side by side take the database longer to plan than to run. What else has
    # one package's namespace and another one's name is left out here.
    rows = readable.filter(
        namespace__slug__among={namespace for namespace, _, _ in halves}, name__among={name for _, _, name in halves}
    )
    found = {str(package): package for package in rows.select_related("namespace") if str(package) in names}
    if missing := [name for name in names if name not in found]:
        found |= lookups.formerly_among(readable, missing)
    packages = {package.id for package in found.values()}
    candidates: dict[int, list[Candidate]] = {package_id: [] for package_id in packages}
    for package_id, candidate in _candidates(packages):
        candidates[package_id].append(candidate)
    return {name: _available(package, candidates[package.id], into) for name, package in found.items()}


def _readable(by: Actor | None, into: Package) -> PackageQuerySet:
    if by is not None:
        return Package.objects.known_to(by)
    return Package.objects.present().filter(policies.containable(into))


_COLUMNS = (
    "package_id", "id", "version", "yanked_at", "yank_reason", "yanked_by__username", "quarantined_at",
    "quarantine_reason", "quarantined_as", "deprecation_message", "published_at", "is_security_fix",
)  # fmt: skip


def _candidates(packages: Collection[int]) -> Iterable[tuple[int, Candidate]]:
    rows = Release.objects.filter(package__in=packages).values_list(*_COLUMNS)
    for (
        package_id, release_id, version, yanked, yank_reason, yanked_by, quarantined, quarantine_reason, imposer,
        message, published_at, is_fix,
    ) in rows:  # fmt: skip
        forbidden_by = str(Imposer(imposer).label) if quarantined else yanked_by or ""
        yield (
            package_id,
            Candidate(
                id=release_id,
                version=Version.parse(version),
                yank_reason=yank_reason if yanked else None,
                quarantine_reason=quarantine_reason if quarantined else None,
                deprecation=message,
                published_at=published_at,
                is_fix=is_fix,
                forbidden_by=forbidden_by,
            ),
        )


def _available(package: Package, candidates: list[Candidate], into: Package) -> Available:
    decision = policies.may_contain(into, package)
    section = EXTENDS if package.kind == "assistant" else KINDS[package.kind].section
    if package.is_quarantined:
        refusal, mend = str(Quarantined(package)), "Use another package."
        return Available(str(package), package.kind, section, (), refusal, mend)
    if into.pk is not None and package.pk == into.pk:
        refusal, mend = f"“{package}” cannot build on itself.", "Extend another one."
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
