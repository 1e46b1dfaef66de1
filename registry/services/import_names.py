"""The first reading of an import: every item gets its name, and those are found that there is nothing to do for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub.models import Namespace
from registry.importers import Candidate, Refusal, Source, read, settled
from registry.models import Package
from registry.services import imported
from registry.services.imported import Key, Known, key_of


@dataclass
class Names:
    """What is known of every item before anything is published. It holds no texts.

    `fresh` are the items without a row, a package or a used version: each makes its package, unless somebody is faster.
    """

    total: int = 0
    known: dict[Key, Known] = field(default_factory=dict)
    names: dict[Key, str] = field(default_factory=dict)
    refused: dict[Key, Refusal] = field(default_factory=dict)
    twins: dict[Key, Known | Candidate] = field(default_factory=dict)
    moved: dict[Key, Known] = field(default_factory=dict)
    losses: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    fresh: set[Key] = field(default_factory=set)


def settle(namespace: Namespace, source: str, files: Sequence[Source], progress: Callable[[int, int], None]) -> Names:
    """Read the files once. `progress(0, total)` is called for each item, with as many as were found so far."""
    found = Names(known=imported.known(namespace, source))
    light: dict[Key, Candidate] = {}
    digests: dict[Key, str] = {}
    for outcome in read(files):
        found.total += 1
        progress(0, found.total)
        if isinstance(outcome, Candidate):
            digests[key_of(outcome)] = outcome.digest
            light[key_of(outcome)] = replace(outcome, manifest="", readme="", files=())
    holders = imported.holders(namespace, {one.name for one in light.values()})
    new = {key: one for key, one in light.items() if key not in found.known}
    _place(found, new, digests, holders, gone=lambda one: one.source == source and key_of(one) not in light)
    _name(found, light, holders, source)
    _choose_fresh(found, namespace, source)
    return found


def _place(
    found: Names,
    new: Mapping[Key, Candidate],
    digests: Mapping[Key, str],
    holders: Mapping[str, Known | Package],
    *,
    gone: Callable[[Known], bool],
) -> None:
    """What each new candidate is: the twin of another file, one that was moved, refused for its name, or really new."""
    seen: dict[tuple[str, str, str], Candidate] = {}
    moved = set[str]()
    for key, one in new.items():
        holder = holders.get(one.name)
        if isinstance(holder, Package):
            reason = f"“{holder}” exists already, and it was not imported."
            found.refused[key] = Refusal(one.path, reason, one.item, one.kind, one.line, mend="Rename the file.")
        elif holder is not None and (holder.kind, holder.digest) == (one.kind, digests[key]):
            if gone(holder) and holder.name not in moved:
                moved.add(holder.name)
                found.moved[key] = holder
            else:
                found.twins[key] = holder
        else:
            first = seen.setdefault((one.name, one.kind, digests[key]), one)
            if first is not one:
                found.twins[key] = first


def _name(found: Names, light: Mapping[Key, Candidate], holders: Mapping[str, Known | Package], source: str) -> None:
    """The names, which files that were imported before keep. A file may not become a package of another kind."""
    taken = {key: known.name for key, known in (found.known | found.moved).items()}
    elsewhere = [one.name for one in holders.values() if isinstance(one, Known) and one.source != source]
    waiting = [one for key, one in light.items() if key not in found.refused and key not in found.twins]
    for one in settled(waiting, taken, elsewhere):
        key = key_of(one)
        found.names[key] = one.name
        found.losses[key] = one.losses
        if (known := found.known.get(key)) and known.kind != one.kind:
            reason = f"It was a package of the kind “{known.kind}” and would be one of the kind “{one.kind}” now."
            found.refused[key] = Refusal(
                one.path, reason, one.item, one.kind, one.line, mend="Move the file, or delete the package."
            )


def _choose_fresh(found: Names, namespace: Namespace, source: str) -> None:
    new = {key: name for key, name in found.names.items() if key not in found.known and key not in found.moved}
    used = imported.used_versions(namespace, new.values())
    rows = imported.remembered(namespace, source, new)
    found.fresh = {key for key, name in new.items() if name not in used and key not in rows}
