"""Names for what is imported: safe, stable from run to run, and different where two files would take the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

from hub.domain import slugs
from registry.importers.base import Candidate

_NOT_SAFE = re.compile(r"[^a-z0-9._-]+")
_RUNS = re.compile(r"[-._]{2,}")
# Room for what tells two apart.
_LONGEST = slugs.PACKAGE_MAX_LENGTH - 30


def slug(*texts: str) -> str:
    """The first of `texts` that a package can be named after, as its name; `imported` if none can."""
    for text in texts:
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().replace("@", "")
        name = _RUNS.sub("-", _NOT_SAFE.sub("-", plain)).strip("-._")[:_LONGEST].strip("-._")
        for suffix in slugs.FILE_SUFFIXES:
            name = name.replace(suffix, suffix.replace(".", "-"))
        if len(name) == 1:
            name = f"{name}-"
        try:
            return slugs.check_package_name(name if not name.endswith("-") else f"{name}package")
        except slugs.InvalidName:
            continue
    return "imported"


def settled(
    candidates: Iterable[Candidate], taken: Mapping[tuple[str, str], str], reserved: Iterable[str] = ()
) -> list[Candidate]:
    """The candidates, in the order of their paths, each under a name of its own.

    `taken` are the names that files (path, item) have already; they keep them. `reserved` are names of packages that
    came from elsewhere. Of new files that would take one name the first keeps it; the others are called after their
    format, and if that is taken too, after a digest of their path, so that it does not depend on which others there are.
    """
    ordered = sorted(candidates, key=lambda one: (one.path, one.item))
    used = {*taken.values(), *reserved}
    found = []
    for one in ordered:
        name = taken.get((one.path, one.item)) or next(name for name in _names_for(one) if name not in used)
        used.add(name)
        found.append(one if name == one.name else _called(one, name, was_known=(one.path, one.item) in taken))
    return found


def _called(one: Candidate, name: str, *, was_known: bool) -> Candidate:
    if was_known:
        return replace(one, name=name)
    return replace(
        one, name=name, losses=(*one.losses, f"“{one.name}” was taken by another file, so it is called “{name}”.")
    )


def _names_for(one: Candidate) -> Iterable[str]:
    digest = hashlib.sha256(f"{one.path}\0{one.item}".encode("utf-8", "surrogateescape")).hexdigest()
    yield one.name
    yield f"{one.name}-{one.importer}"
    for length in range(6, len(digest)):
        yield f"{one.name}-{digest[:length]}"
