"""Which version an imported item gets, and which versions of it an assistant of the same import asks for."""

from __future__ import annotations

from collections.abc import Sequence

from registry.domain.versions import InvalidVersion, Version

FIRST_VERSION = "1.0.0"


def next_version(said: str, used: Sequence[Version]) -> Version:
    """The version that the file names if that is newer than all others, else the next patch."""
    try:
        wanted = Version.parse(said) if said else None
    except InvalidVersion:
        wanted = None
    highest = max(used, default=None)
    if highest is None:
        return wanted or Version.parse(FIRST_VERSION)
    if wanted is not None and wanted > highest:
        return wanted
    major, minor, patch = highest.numbers
    return Version.parse(f"{major}.{minor}.{patch if highest.is_prerelease else patch + 1}")


def range_from(version: str) -> str:
    """This version and those that follow it without breaking."""
    number = Version.parse(version)
    return f"^{version}" if number.numbers[0] else f">={version} <1.0.0"
