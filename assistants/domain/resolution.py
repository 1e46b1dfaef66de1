"""From requirements and what is available to exact releases, one expanded document, and the reasons.

This is the client's own algorithm (contract 5.4) with ranges added, and with one difference: where the reference
turns a mistake into a silent `null`, this refuses. Nothing here depends on time, on the order in which candidates
come, or on who else has published what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistants.domain.composition import Composition, Entry, Inline, Requirement, pinned
from registry.domain import canonical, manifests, schema, templates, yamltext
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.versions import Version

BUNDLE_FORMAT = "assistant-hub/bundle/v1"
LOCK_FORMAT = "assistant-hub/lock/v1"
MAX_BUNDLE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Candidate:
    """A release that a requirement might get. With a `yank_reason` or a `quarantine_reason` it is never chosen.

    `deprecation` is what those who publish it say about using it no more.
    """

    id: int
    version: Version
    yank_reason: str | None = None
    quarantine_reason: str | None = None
    deprecation: str = ""

    @property
    def refusal(self) -> str:
        """Why the release is never chosen; empty if it may be."""
        if self.quarantine_reason is not None:
            return f"quarantined: {self.quarantine_reason}"
        return "" if self.yank_reason is None else f"yanked: {self.yank_reason}"


@dataclass(frozen=True)
class Available:
    """A package that the actor may read, and its releases. `refusal` says why it may not be used here, if so."""

    package: str
    kind: str
    section: str
    candidates: tuple[Candidate, ...]
    refusal: str = ""
    # How to mend that, and what those who manage the package say about using it no more.
    mend: str = "Change who may read one of the two."
    deprecation: str = ""


@dataclass(frozen=True)
class Block:
    """The content of a chosen release."""

    package: str
    kind: str
    version: str
    digest: str
    format: str
    text: str
    content: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """What a requirement got, and why."""

    requirement: Requirement
    candidate: Candidate
    reason: str
    passed_over: tuple[tuple[str, str], ...] = ()
    deprecation: str = ""


@dataclass(frozen=True)
class Identity:
    """Whose assistant is resolved, and as what."""

    package: str
    version: str
    digest: str


@dataclass(frozen=True)
class Resolution:
    """The outcome: bundle (canonical JSON bytes and value), lock, explanation, and the manifest with exact versions."""

    bundle: bytes
    bundle_digest: str
    document: dict[str, Any] = field(repr=False)
    lock: dict[str, Any] = field(repr=False)
    explanation: list[dict[str, Any]] = field(repr=False)
    pinned_manifest: str = field(repr=False)


def choose(requirements: Iterable[Requirement], available: Mapping[str, Available]) -> list[Choice]:
    """The newest allowed release for each requirement. Raises ManifestInvalid with a fault for each that gets none."""
    faults: list[Fault] = []
    choices = []
    for requirement in requirements:
        chosen = _choose(requirement, available.get(requirement.package))
        if isinstance(chosen, Fault):
            faults.append(chosen)
        else:
            choices.append(chosen)
    if faults:
        raise ManifestInvalid(faults)
    return choices


def _choose(requirement: Requirement, available: Available | None) -> Choice | Fault:
    package, place = requirement.package, requirement.place
    if available is None:
        return Fault(f"There is no package “{package}” that you may read.", place, "Check the name, or ask for access.")
    if available.section != requirement.section:
        mend = (
            f"Put it under “{available.section}”."
            if available.section
            else "An assistant cannot be used inside another."
        )
        return Fault(
            f"“{package}” is of kind {available.kind}; it cannot stand under “{requirement.section}”.", place, mend
        )
    if available.refusal:
        return Fault(available.refusal, place, available.mend)
    usable = [candidate for candidate in available.candidates if not candidate.refusal]
    best = requirement.range.best(candidate.version for candidate in usable)
    if best is None:
        return _nothing_fits(requirement, available)
    candidate = next(candidate for candidate in usable if candidate.version == best)
    passed_over = _passed_over(requirement, available, best)
    return Choice(
        requirement, candidate, _reason(requirement), passed_over, available.deprecation or candidate.deprecation
    )


def _nothing_fits(requirement: Requirement, available: Available) -> Fault:
    refused = [candidate for candidate in available.candidates if candidate.refusal]
    fitting = requirement.range.best(candidate.version for candidate in refused)
    if fitting is not None:
        why = next(candidate.refusal for candidate in refused if candidate.version == fitting)
        return Fault(f"{requirement.package}@{fitting} was {why}", requirement.place, "Choose another version.")
    newest = max((candidate.version for candidate in available.candidates if not candidate.refusal), default=None)
    mend = f"The newest release is {newest}." if newest else "It has no release yet."
    return Fault(f"No release of “{requirement.package}” fits “{requirement.range}”.", requirement.place, mend)


def _reason(requirement: Requirement) -> str:
    if requirement.range.is_exact:
        return "asked for exactly"
    return "newest stable release" if requirement.range.is_latest else f"newest release that fits {requirement.range}"


def _passed_over(requirement: Requirement, available: Available, best: Version) -> tuple[tuple[str, str], ...]:
    """Newer releases that were not taken, newest first, each with the reason."""
    newer = sorted(
        (one for one in available.candidates if one.version > best), key=lambda one: one.version, reverse=True
    )
    return tuple((str(one.version), _refusal(one, requirement)) for one in newer[:20])


def _refusal(candidate: Candidate, requirement: Requirement) -> str:
    if candidate.refusal:
        return candidate.refusal
    return "prerelease" if candidate.version.is_prerelease else f"outside {requirement.range}"


def unroll(
    identity: Identity, composition: Composition, choices: list[Choice], blocks: Mapping[int, Block]
) -> Resolution:
    """Expand the composition with the chosen blocks.

    Raises ManifestInvalid for missing inputs, items that came out wrong, and a bundle that is too large.
    """
    chosen = {choice.requirement.path: blocks[choice.candidate.id] for choice in choices}
    expanded: dict[str, list[tuple[Entry, Any]]] = {}
    faults: list[Fault] = []
    for entry in composition.entries:
        item = entry.item if isinstance(entry, Inline) else _expand(entry, chosen[entry.path], faults)
        expanded.setdefault(entry.section, []).append((entry, templates.rename_secrets(item, identity.package)))
    if faults:
        raise ManifestInvalid(faults)
    dropped: dict[str, str] = {}
    sections = {section: _without_duplicates(section, items, dropped) for section, items in expanded.items()}
    return _outcome(identity, composition, choices, blocks, sections, dropped)


def _expand(requirement: Requirement, block: Block, faults: list[Fault]) -> Any:
    """The block's item with inputs filled in, secrets named in full, and overrides applied."""
    missing = [name for name in block.inputs if name not in requirement.inputs]
    if missing:
        names = ", ".join(missing)
        faults.append(
            Fault(f"“{block.package}” needs the input {names}.", requirement.place, f"Add “with: {{{missing[0]}: …}}”.")
        )
        return None
    if block.inputs:
        item = _filled(requirement, block, faults)
    else:
        item = templates.rename_secrets(block.content[requirement.section][0], block.package)
    if item is None:
        return None
    if requirement.override and isinstance(item, dict):
        item = {**item, **requirement.override}
    document = yamltext.Document({}, {(): yamltext.Span(requirement.place, 0, 0)}, {})
    for fault in schema.section_faults(requirement.section, item, (), document):
        faults.append(Fault(f"After filling in “{block.package}”: {fault.message}", requirement.place, fault.mend))
    item = schema.strip(requirement.section, item)
    if requirement.section == "mcpServers":
        item["sourceSlug"] = block.package
    return item


def _filled(requirement: Requirement, block: Block, faults: list[Fault]) -> Any:
    """The item after its inputs were put into the text, as the reference does, provided that no value breaks out of its place."""
    original = block.content[requirement.section][0]
    values = {name: templates.rename_secrets(value, block.package) for name, value in requirement.inputs.items()}

    def fill(variable: str) -> str | None:
        if variable.startswith(templates.SECRETS):
            return f"${{{{ {templates.SECRETS}{block.package}/{variable.removeprefix(templates.SECRETS)} }}}}"
        return values.get(variable.removeprefix(templates.INPUTS)) if variable.startswith(templates.INPUTS) else None

    if _length(block.text, fill) > manifests.MAX_BYTES:
        faults.append(Fault(f"The inputs make “{block.package}” too large.", requirement.place, "Use shorter values."))
        return None
    if block.format != "yaml":
        return templates.replace(original, fill)
    value = _parsed(templates.replace(block.text, fill))
    if value is None or _shape(value) != _shape(yamltext.parse(block.text).value):
        mend = "Quote the variable in the block, or change the value."
        faults.append(Fault(f"An input changes the structure of “{block.package}”.", requirement.place, mend))
        return None
    return schema.strip(requirement.section, value[requirement.section][0])


def _length(text: str, fill: Callable[[str], str | None]) -> int:
    """About how long a text is after filling in; asked before, because a long value may stand in many places."""
    return len(text) + sum(len(fill(match[1]) or "") for match in templates.VARIABLE.finditer(text))


def _parsed(text: str) -> Any:
    """The value of a filled-in block; None if clients would not take it for a block any more."""
    try:
        value = yamltext.parse(text).value
    except ManifestInvalid:
        return None
    has_head = isinstance(value, dict) and isinstance(value.get("name"), str) and isinstance(value.get("version"), str)
    return value if has_head else None


def _shape(value: Any) -> Any:
    """A JSON value's structure without its scalars."""
    if isinstance(value, dict):
        return [_shape(item) for item in value.values()]
    return [_shape(item) for item in value] if isinstance(value, list) else None


def _without_duplicates(section: str, items: list[tuple[Entry, Any]], dropped: dict[str, str]) -> list[Any]:
    """The first of each name (contract 5.4, step 7); what was dropped is noted by its path."""
    seen: dict[str, str] = {}
    kept = []
    for entry, item in items:
        key = item if isinstance(item, str) else str(item["provider" if section == "context" else "name"])
        if key in seen:
            dropped[entry.path] = seen[key]
        else:
            seen[key] = entry.path
            kept.append(item)
    return kept


def _outcome(
    identity: Identity,
    composition: Composition,
    choices: list[Choice],
    blocks: Mapping[int, Block],
    sections: dict[str, list[Any]],
    dropped: dict[str, str],
) -> Resolution:
    value = composition.manifest.value
    config: dict[str, Any] = {"name": value["name"], "version": identity.version} | sections
    if "requestOptions" in value:
        config["requestOptions"] = templates.rename_secrets(value["requestOptions"], identity.package)
    requirements = [_locked(choice, blocks[choice.candidate.id]) for choice in choices]
    secrets = sorted(templates.names(config, templates.SECRETS))
    assistant = {"package": identity.package, "version": identity.version, "digest": identity.digest}
    document = {
        "format": BUNDLE_FORMAT,
        "assistant": assistant,
        "config": config,
        "requirements": requirements,
        "secrets": [{"name": name.rpartition("/")[2], "fqsn": name} for name in secrets],
    }
    bundle = canonical.encode(document)
    if len(bundle) > MAX_BUNDLE_BYTES:
        message = f"The resolved assistant is larger than {MAX_BUNDLE_BYTES // 1024**2} MiB."
        raise ManifestInvalid([Fault(message, mend="Use fewer or shorter packages.")])
    digest = canonical.digest(bundle)
    lock = {"format": LOCK_FORMAT, "assistant": assistant, "bundle": digest, "requirements": requirements}
    versions = {choice.requirement.path: str(choice.candidate.version) for choice in choices}
    explanation = [_explain(choice, blocks[choice.candidate.id], dropped) for choice in choices]
    inline = [entry for entry in composition.entries if isinstance(entry, Inline) and entry.path in dropped]
    explanation += [{"path": entry.path, "dropped": f"same name as {dropped[entry.path]}"} for entry in inline]
    return Resolution(bundle, digest, document, lock, explanation, pinned(composition, versions))


def _locked(choice: Choice, block: Block) -> dict[str, str]:
    requirement = choice.requirement
    return {
        "path": requirement.path,
        "uses": f"{requirement.package}@{requirement.range}",
        "package": block.package,
        "kind": block.kind,
        "version": block.version,
        "digest": block.digest,
    }


def _explain(choice: Choice, block: Block, dropped: dict[str, str]) -> dict[str, Any]:
    requirement = choice.requirement
    content = block.content[requirement.section][0]
    explained: dict[str, Any] = {
        "path": requirement.path,
        "uses": f"{requirement.package}@{requirement.range}",
        "chosen": block.version,
        "reason": choice.reason,
        "passed_over": [{"version": version, "reason": reason} for version, reason in choice.passed_over],
        "inputs": sorted(requirement.inputs),
        "unused_inputs": sorted(set(requirement.inputs) - set(block.inputs)),
        "overrides": [{"key": key, "adds": key not in content} for key in sorted(requirement.override)],
    }
    if choice.deprecation:
        explained["deprecated"] = choice.deprecation
    if requirement.path in dropped:
        explained["dropped"] = f"same name as {dropped[requirement.path]}"
    return explained
