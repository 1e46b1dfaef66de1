"""Registries and assistants as plain values, to resolve without a database."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml

from assistants.domain import composition
from assistants.domain.resolution import Available, Block, Candidate, Identity, Layer, Resolution, choose, unroll
from registry.domain import canonical, manifests
from registry.domain.faults import Fault, ManifestInvalid
from registry.domain.versions import Version

KIND_OF = {"rules": "rule", "prompts": "prompt", "models": "model", "mcpServers": "mcp-server"}
IDENTITY = "org/asst"


def manifest(name: str = "Any", **sections: object) -> str:
    """A config.yaml with these sections."""
    return yaml.safe_dump({"name": name, "version": "1.0.0", **sections}, sort_keys=False, allow_unicode=True)


def model(name: str = "M", **fields: object) -> dict[str, object]:
    """A model with what a model must have."""
    return {"name": name, "provider": "openai", "model": "y", **fields}


@dataclass(frozen=True)
class Published:
    """A package of a made-up registry: its section, and the text of each version."""

    section: str
    texts: Mapping[str, str]
    yanked: Mapping[str, str] = field(default_factory=dict)


type Registry = Mapping[str, Published]


def single(section: str, text: str) -> Published:
    """A package whose one release is 1.0.0."""
    return Published(section, {"1.0.0": text})


def resolve(text: str, registry: Registry, *, version: str = "1.0.0", seed: int | None = None) -> Resolution:
    """Resolve the assistant `org/asst`. With a seed, everything whose order must not matter is shuffled first."""
    read = composition.read(text)
    available, blocks = _tables(registry, random.Random(seed) if seed is not None else None)
    choices = {choice.requirement.path: choice for choice in choose(read.requirements, available)}
    identity = Identity(IDENTITY, version, canonical.digest(text.encode()), "olga")
    return unroll([Layer(identity, read, choices)], blocks)


def config_of(text: str, registry: Registry) -> dict[str, Any]:
    """The config of the bundle that an assistant resolves to."""
    config: dict[str, Any] = resolve(text, registry).document["config"]
    return config


def _tables(registry: Registry, shuffled: random.Random | None) -> tuple[dict[str, Available], dict[int, Block]]:
    names = list(registry)
    if shuffled:
        shuffled.shuffle(names)
    available, blocks = {}, {}
    for name in names:
        package = registry[name]
        candidates = []
        for text_version, text in package.texts.items():
            number = len(blocks)
            blocks[number] = _block(name, package.section, text_version, text)
            candidates.append(Candidate(number, Version.parse(text_version), package.yanked.get(text_version)))
        if shuffled:
            shuffled.shuffle(candidates)
        available[name] = Available(name, KIND_OF[package.section], package.section, tuple(candidates))
    return available, blocks


def _block(package: str, section: str, version: str, text: str) -> Block:
    name = package.partition("/")[2]
    read = manifests.read_rule(text, name) if section == "rules" else manifests.read_block(text, section)
    digest = canonical.digest(text.encode())
    return Block(package, KIND_OF[section], version, digest, read.format, text, read.value, read.inputs)


def faults_of(call: Callable[..., object], *arguments: object) -> list[Fault]:
    """The faults for which a call refuses."""
    with pytest.raises(ManifestInvalid) as caught:
        call(*arguments)
    return caught.value.faults


def places(faults: Iterable[Fault]) -> list[str]:
    """Where faults stand, as `line:column`."""
    return [f"{fault.place.line}:{fault.place.column}" for fault in faults]
