"""From releases that are chosen to one expanded document, its lock, and the reasons.

This is the client's own algorithm (contract 5.4) with ranges and layers added, and with one difference: where the
reference turns a mistake into a silent `null`, this refuses. What comes of the same layers and blocks is the same bytes,
whenever and wherever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistants.domain import conflicts, layers
from assistants.domain.choosing import NO_RULES, Available, Candidate, Choice, Rules, choose
from assistants.domain.composition import EXTENDS, Inline, Requirement, pinned
from assistants.domain.conflicts import Conflict
from assistants.domain.filling import Block
from assistants.domain.layers import Identity, Layer, Placed, Role, Stack
from registry.domain import canonical, templates
from registry.domain.faults import Fault, ManifestInvalid

__all__ = [
    "BUNDLE_FORMAT", "LOCK_FORMAT", "MAX_BUNDLE_BYTES", "NO_RULES", "Available", "Block", "Candidate", "Choice",
    "Identity", "Layer", "Resolution", "Role", "Rules", "choose", "unroll",
]  # fmt: skip

BUNDLE_FORMAT = "assistant-hub/bundle/v1"
LOCK_FORMAT = "assistant-hub/lock/v1"
MAX_BUNDLE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Resolution:
    """The outcome: bundle (canonical JSON bytes, and value), lock, explanation, conflicts, the manifest with exact versions."""

    bundle: bytes
    bundle_digest: str
    document: dict[str, Any] = field(repr=False)
    lock: dict[str, Any] = field(repr=False)
    explanation: list[dict[str, Any]] = field(repr=False)
    pinned_manifest: str = field(repr=False)
    conflicts: tuple[Conflict, ...] = ()


def unroll(stacked: Sequence[Layer], blocks: Mapping[int, Block]) -> Resolution:
    """Expand the layers with the chosen blocks. Exactly one of them is the assistant itself (`Role.OWN`).

    Raises ManifestInvalid for missing inputs, items that came out wrong, and a bundle that is too large.
    """
    own = next(layer for layer in stacked if layer.role == Role.OWN)
    found = layers.stack(stacked, blocks)
    if not found.kept:
        raise ManifestInvalid([Fault("Nothing is left of the assistant.", mend="Take “without” back, or add an item.")])
    document, lock = _documents(own, stacked, found)
    bundle = canonical.encode(document)
    if len(bundle) > MAX_BUNDLE_BYTES:
        message = f"The resolved assistant is larger than {MAX_BUNDLE_BYTES // 1024**2} MiB."
        raise ManifestInvalid([Fault(message, mend="Use fewer or shorter packages.")])
    digest = canonical.digest(bundle)
    lock["bundle"] = digest
    return Resolution(
        bundle=bundle,
        bundle_digest=digest,
        document=document,
        lock=lock,
        explanation=_explanation(found),
        pinned_manifest=_pinned(own, stacked, found),
        conflicts=tuple(conflicts.find(found)),
    )


def _documents(own: Layer, stacked: Sequence[Layer], found: Stack) -> tuple[dict[str, Any], dict[str, Any]]:
    """The bundle, and the lock without the bundle's digest. What an assistant that stands alone has no use for is not there."""
    identity = own.identity
    assistant = {"package": identity.package, "version": identity.version, "digest": identity.digest}
    config = _config(own, stacked, found)
    requirements = [_locked(one) for one in found.all if isinstance(one.entry, Requirement)]
    secrets = sorted(templates.names(config, templates.SECRETS))
    others = {
        EXTENDS: [layer.located() for layer in stacked if layer.role == Role.EXTENDED],
        layers.OVERLAYS: [layer.located() for layer in stacked if layer.role in (Role.ADDED, Role.REQUIRED)],
    }
    around = {key: sorted(value, key=lambda one: one["path"]) for key, value in others.items() if value}
    document = {
        "format": BUNDLE_FORMAT,
        "assistant": assistant,
        "config": config,
        "requirements": requirements,
        "secrets": [{"name": name.rpartition("/")[2], "fqsn": name} for name in secrets],
    } | around
    lock = {"format": LOCK_FORMAT, "assistant": assistant, "bundle": "", "requirements": requirements} | around
    return document, lock


def _config(own: Layer, stacked: Sequence[Layer], found: Stack) -> dict[str, Any]:
    config: dict[str, Any] = {"name": own.composition.manifest.value["name"], "version": own.identity.version}
    config |= found.sections()
    # Options of every request are one whole: the nearest layer that has any says them all.
    for layer in sorted(stacked, key=lambda layer: layer.rank):
        if "requestOptions" in layer.composition.manifest.value:
            options = layer.composition.manifest.value["requestOptions"]
            return config | {"requestOptions": templates.rename_secrets(options, layer.identity.package)}
    return config


def _pinned(own: Layer, stacked: Sequence[Layer], found: Stack) -> str:
    given = all(one.inputs == one.entry.inputs for one in found.all if isinstance(one.entry, Requirement))
    if len(stacked) > 1 or not given:
        return layers.flattened(own.composition.manifest.value, found)
    versions = {path: str(choice.candidate.version) for path, choice in own.choices.items()}
    return pinned(own.composition, versions)


def _locked(one: Placed) -> dict[str, str]:
    requirement, block = one.entry, one.block
    if not isinstance(requirement, Requirement) or block is None:
        raise TypeError("Only what is a package has a release.")
    return {
        "path": one.path,
        "uses": f"{requirement.package}@{requirement.range}",
        "package": block.package,
        "kind": block.kind,
        "version": block.version,
        "digest": block.digest,
    }


def _explanation(found: Stack) -> list[dict[str, Any]]:
    """Each requirement with its reasons, then the items written out that were left out. The assistants built on come first."""
    seen: dict[str, dict[str, Any]] = {}
    for one in found.all:
        for layer_choice in one.layer.choices.values():
            if layer_choice.requirement.section == EXTENDS:
                path = f"{one.layer.prefix}{layer_choice.requirement.path}"
                seen.setdefault(path, _explain_choice(layer_choice, path, one.layer))
    explained = list(seen.values())
    explained += [_explain(one, found) for one in found.all if isinstance(one.entry, Requirement)]
    explained += [
        {"path": one.path, "dropped": found.left_out[one.path]}
        for one in found.all
        if isinstance(one.entry, Inline) and one.path in found.left_out
    ]
    return explained


def _explain_choice(choice: Choice, path: str, layer: Layer) -> dict[str, Any]:
    """What is said of every requirement: what it got, why, and who forbade what is newer."""
    requirement = choice.requirement
    explained: dict[str, Any] = {
        "path": path,
        "uses": f"{requirement.package}@{requirement.range}",
        "chosen": str(choice.candidate.version),
        "reason": choice.reason,
        "passed_over": [one.as_json() for one in choice.passed_over],
        "considered": choice.considered.as_json(),
    }
    if choice.deprecation:
        explained["deprecated"] = choice.deprecation
    if layer.role != Role.OWN:
        explained["via"] = str(layer.identity)
    return explained


def _explain(one: Placed, found: Stack) -> dict[str, Any]:
    requirement, block = one.entry, one.block
    if not isinstance(requirement, Requirement) or block is None:
        raise TypeError("Only what is a package is explained.")
    explained = _explain_choice(one.layer.choices[requirement.path], one.path, one.layer)
    explained |= {
        "inputs": sorted(requirement.inputs),
        "defaults": sorted(set(one.inputs) - set(requirement.inputs)),
        "unused_inputs": sorted(set(requirement.inputs) - set(block.inputs)),
        "overrides": _overrides(requirement, block, one.layer.identity),
    }
    if one.path in found.left_out:
        explained["dropped"] = found.left_out[one.path]
    return explained


def _overrides(requirement: Requirement, block: Block, identity: Identity) -> list[dict[str, Any]]:
    """What each override changed: the value before (of the block as published) and after, and who wrote it."""
    content = block.content[requirement.section][0]
    found = []
    for key in sorted(requirement.override):
        one: dict[str, Any] = {"key": key, "adds": key not in content, "after": requirement.override[key]}
        one |= {"before": content[key]} if key in content else {}
        one |= {"in": str(identity)} | ({"by": identity.author} if identity.author else {})
        found.append(one)
    return found
