"""How much of a repository the hub takes in. What goes beyond is refused, or left out with a reason."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits on one fetch."""

    seconds: float = 120.0
    answer_bytes: int = 16 * MIB  # lists of branches and tags
    pack_bytes: int = 256 * MIB
    objects: int = 150_000
    object_bytes: int = 24 * MIB  # one of them, unpacked
    unpacked_bytes: int = 1024 * MIB  # all of them together
    delta_bytes: int = 32 * MIB  # all instructions that make one object of another
    entries: int = 100_000  # names looked at while walking, so that trees that contain each other end
    files: int = 20_000
    depth: int = 20
    path_length: int = 400
    file_bytes: int = MIB
    total_bytes: int = 96 * MIB  # of the files that are handed on


LIMITS = Limits()
