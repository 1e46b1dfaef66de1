"""The assistants that one resolution is made of, laid over each other.

An assistant may build on others (`extends`), and an organization may lay one over those of its members (an overlay).
Each is a layer: a composition whose requirements have got their releases already. What is laid over what, and which of two
items of one name stays, is decided here (docs/composing.md):

1. what an organization requires stays, whatever else there is;
2. then the nearest: the assistant itself before what it extends, that before what that extends;
3. what an organization adds gives way to all of those;
4. of two equally near, the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assistants.domain import filling
from assistants.domain.choosing import Choice
from assistants.domain.composition import EXTENDS, Composition, Entry, Inline, Requirement
from assistants.domain.filling import Block
from registry.domain import schema, templates
from registry.domain.faults import Fault, ManifestInvalid

MAX_DEPTH = 8
MAX_LAYERS = 100
MAX_ENTRIES = 2000
OVERLAYS = "overlays"


class Role(StrEnum):
    """What a layer is to the assistant that is resolved."""

    OWN = "own"
    EXTENDED = "extended"
    ADDED = "added"
    REQUIRED = "required"


@dataclass(frozen=True)
class Identity:
    """Whose assistant is resolved, and as what. `author` published it, as far as that is told."""

    package: str
    version: str
    digest: str
    author: str = ""

    def __str__(self) -> str:
        return f"{self.package}@{self.version}"


@dataclass(frozen=True)
class Layer:
    """One assistant's entries with their releases. `prefix` tells its paths from others', as in `extends[0].rules[1]`.

    `choices` are by the layer's own paths. `uses` is how it was asked for, `bundle` what it resolved to by itself.
    """

    identity: Identity
    composition: Composition
    choices: Mapping[str, Choice]
    prefix: str = ""
    role: Role = Role.OWN
    uses: str = ""
    bundle: str = ""
    without: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where the layer itself is asked for; empty for the assistant itself."""
        return self.prefix.removesuffix(".")

    @property
    def depth(self) -> int:
        """How far away it is: 0 for the assistant itself."""
        return self.prefix.count(f"{EXTENDS}[")

    @property
    def rank(self) -> tuple[int, int]:
        """Of two items of one name, the one whose layer has the lower rank stays."""
        return {Role.REQUIRED: 0, Role.OWN: 1, Role.EXTENDED: 1, Role.ADDED: 2}[self.role], self.depth

    def located(self) -> dict[str, str]:
        """As it stands in locks and bundles."""
        found = {"path": self.path, "uses": self.uses, "package": self.identity.package}
        found |= {"version": self.identity.version, "digest": self.identity.digest, "bundle": self.bundle}
        return found | ({"mode": self.role.value} if self.role in (Role.ADDED, Role.REQUIRED) else {})


@dataclass(frozen=True)
class Placed:
    """An entry of a layer with the item that it came to. `inputs` are the values that a requirement's block got."""

    layer: Layer
    entry: Entry
    item: Any = field(repr=False)
    block: Block | None = field(default=None, repr=False)
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it stands, unlike every other: `rules[0]`, `extends[0].rules[2]`."""
        return f"{self.layer.prefix}{self.entry.path}"

    @property
    def name(self) -> str:
        """What it is called among those of its section (contract 5.4, step 7)."""
        if isinstance(self.item, str):
            return self.item
        return str(self.item["provider" if self.entry.section == "context" else "name"])


@dataclass(frozen=True)
class Stack:
    """The items that stay, by section and in order, and those that were left out, each with the reason."""

    kept: Mapping[str, Sequence[Placed]]
    left_out: Mapping[str, str]
    lost_to: Mapping[str, Placed]
    all: Sequence[Placed]

    def sections(self) -> dict[str, list[Any]]:
        """The items as they stand in the bundle."""
        return {section: [one.item for one in placed] for section, placed in self.kept.items()}


def stack(layers: Sequence[Layer], blocks: Mapping[int, Block]) -> Stack:
    """Lay the layers over each other. Raises ManifestInvalid with every item that cannot be filled in."""
    if len(layers) > MAX_LAYERS or sum(len(layer.composition.entries) for layer in layers) > MAX_ENTRIES:
        message = f"All that it builds on is more than {MAX_LAYERS} assistants or {MAX_ENTRIES} entries."
        raise ManifestInvalid([Fault(message, mend="Extend fewer, or shorter ones.")])
    faults: list[Fault] = []
    everything = [_placed(layer, entry, blocks, faults) for layer in layers for entry in layer.composition.entries]
    if faults:
        raise ManifestInvalid(faults)
    left_out = _unwanted(layers, everything)
    order = [section for section in schema.SECTIONS if any(one.entry.section == section for one in everything)]
    kept: dict[str, list[Placed]] = {}
    lost_to: dict[str, Placed] = {}
    for section in order:
        candidates = [one for one in everything if one.entry.section == section and one.path not in left_out]
        kept[section] = _first_of_each_name(candidates, left_out, lost_to)
    return Stack({section: placed for section, placed in kept.items() if placed}, left_out, lost_to, everything)


def _placed(layer: Layer, entry: Entry, blocks: Mapping[int, Block], faults: list[Fault]) -> Placed:
    if isinstance(entry, Inline):
        return Placed(layer, entry, templates.rename_secrets(entry.item, layer.identity.package))
    block = blocks[layer.choices[entry.path].candidate.id]
    found: list[Fault] = []
    item = filling.fill(entry, block, found)
    # Places are those of the assistant that is resolved; another one's lines say nothing to its author.
    faults += found if not layer.prefix else [_elsewhere(layer, fault) for fault in found]
    renamed = templates.rename_secrets(item, layer.identity.package)
    return Placed(layer, entry, renamed, block, filling.given(entry, block))


def _elsewhere(layer: Layer, fault: Fault) -> Fault:
    return Fault(f"In {layer.identity}: {fault.message}", mend=fault.mend)


def _unwanted(layers: Sequence[Layer], everything: Iterable[Placed]) -> dict[str, str]:
    """What some layer says that it does without. An extension that names nothing of what it extends is a fault."""
    unwanted: dict[str, str] = {}
    faults: list[Fault] = []
    placed = list(everything)
    for layer in layers:
        for extension in layer.composition.extensions:
            within = f"{layer.prefix}{extension.requirement.path}."
            for name in extension.without:
                found = [one for one in placed if one.path.startswith(within) and _is_called(one, name)]
                unwanted |= {one.path: f"{layer.identity.package} does without {name}" for one in found}
                if not found and not layer.prefix:
                    message = f"“{extension.requirement.package}” has nothing called “{name}” to do without."
                    mend = "Name a package, or an item, of what it brings."
                    faults.append(Fault(message, extension.requirement.place, mend))
    if faults:
        raise ManifestInvalid(faults)
    own = next(layer for layer in layers if layer.role == Role.OWN)
    for one in placed:
        if one.layer.role == Role.ADDED:
            for name in own.composition.without:
                if _is_called(one, name):
                    unwanted[one.path] = f"{own.identity.package} does without {name}"
    return unwanted


def _is_called(one: Placed, name: str) -> bool:
    """Whether `name` means the entry: its package, the assistant that it comes from, or the item itself."""
    package = one.entry.package if isinstance(one.entry, Requirement) else ""
    return name.lower() in (package, one.layer.identity.package) or name == one.name


def _first_of_each_name(
    candidates: Sequence[Placed], left_out: dict[str, str], lost_to: dict[str, Placed]
) -> list[Placed]:
    winners: dict[str, Placed] = {}
    for one in candidates:
        if one.name not in winners or one.layer.rank < winners[one.name].layer.rank:
            winners[one.name] = one
    for one in candidates:
        winner = winners[one.name]
        if winner is not one:
            left_out[one.path] = f"same name as {winner.path}"
            lost_to[one.path] = winner
    return [one for one in candidates if winners[one.name] is one]


def flattened(head: Mapping[str, Any], found: Stack) -> str:
    """The whole as a manifest that needs nothing of the hub but exact releases, for clients that compose by themselves.

    JSON, which is YAML too. `head` is the assistant's own manifest.
    """
    own = ("name", "version", "schema", "metadata", "env", "requestOptions")
    value: dict[str, Any] = {key: head[key] for key in own if key in head}
    for section, placed in found.kept.items():
        value[section] = [_written(one) for one in placed]
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _written(one: Placed) -> Any:
    if isinstance(one.entry, Inline):
        return one.entry.item
    written: dict[str, Any] = {"uses": f"{one.entry.package}@{one.layer.choices[one.entry.path].candidate.version}"}
    if one.inputs:
        written["with"] = dict(one.inputs)
    return written | ({"override": dict(one.entry.override)} if one.entry.override else {})
