"""Three-way merge of texts: what was changed on both sides since their common base, put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from merge3 import Merge3

from registry.domain import diffs

OURS, THEIRS = "<<<<<<< ", ">>>>>>> "
MIDDLE = "======="
# The line that states the version: in YAML and front matter, and in a server.json that is indented as usual.
_VERSION_LINES = (
    re.compile(r"^version[ \t]*:.*$", re.MULTILINE),
    re.compile(r'^(?:  |\t)"version"[ \t]*:[ \t]*"[^"\n]*"', re.MULTILINE),
)
_MARKER = re.compile(r"^(?:<{7} .*|>{7} .*)$", re.MULTILINE)


@dataclass(frozen=True)
class Merged:
    """The text that came out, and in how many places both sides changed the same lines: these stand between markers.

    `shared` counts the places that both sides changed in the same way. What they did there can be taken back on neither
    side alone.
    """

    text: str
    conflicts: int
    shared: int = 0


class _Matcher:
    """The comparison that `Merge3` asks for, within the bounds of our own."""

    def __init__(
        self,
        isjunk: Callable[[str], bool] | None = None,
        a: Sequence[str] = "",
        b: Sequence[str] = "",
        autojunk: bool = True,  # noqa: FBT001, FBT002  # the signature that merge3 calls
    ) -> None:
        self._a, self._b = a, b

    def get_matching_blocks(self) -> list[tuple[int, int, int]]:
        """Runs that both have, and the empty one at the end."""
        return diffs.matching(self._a, self._b)


def merge(base: str, ours: str, theirs: str, *, our_name: str, their_name: str) -> Merged:
    """What `ours` and `theirs` made of `base`, together. Where they cannot be put together, both stand between markers."""
    if ours in (theirs, base):
        return Merged(theirs, 0, shared=int(ours != base))
    if theirs == base:
        return Merged(ours, 0)
    start = diffs.split(base)
    found = Merge3(start, diffs.split(ours), diffs.split(theirs), sequence_matcher=_Matcher)
    regions = list(found.merge_regions())
    conflicts = sum(region[0] == "conflict" for region in regions)
    lines: list[str] = []
    for line in found.merge_lines(
        name_a=our_name,
        name_b=their_name,
        start_marker=OURS.strip(),
        mid_marker=MIDDLE,
        end_marker=THEIRS.strip(),
    ):
        # A last line without an end would swallow the marker after it.
        ended = not lines or lines[-1].endswith("\n")
        lines.append(line if ended else f"\n{line}")
    return Merged(
        "".join(lines), conflicts, _shared(((region[0], region[1], region[2]) for region in regions), len(start))
    )


def with_version_of(text: str, other: str) -> str:
    """`text` with the line that states its version replaced by the one of `other`: every release has another one.

    So the version alone never makes a conflict.
    """
    for pattern in _VERSION_LINES:
        line = pattern.search(other)
        if line is not None:
            # Not as a template: the line may hold a backslash.
            stated = line[0].replace("\\", r"\\")
            return pattern.sub(stated, text, count=1)
    return text


def with_version(text: str, version: str) -> str:
    """`text` with the line that states its version stating `version`; as it is without such a line."""
    yaml, json = _VERSION_LINES
    if yaml.search(text):
        return yaml.sub(f"version: {version}", text, count=1)
    return json.sub(f'  "version": "{version}"', text, count=1)


def _shared(regions: Iterable[tuple[str, int, int]], length: int) -> int:
    """In how many places both sides made the same of the base, whose number of lines is `length`.

    Where both took the same lines away, there is no region at all: only the base has something between its neighbours.
    """
    count, at, between = 0, 0, False
    for kind, start, end in regions:
        if kind == "unchanged":
            count += start > at and not between
            at, between = end, False
        else:
            count += kind == "same"
            between = True
    return count + (length > at and not between)


def open_conflicts(text: str) -> int:
    """How many places of a text stand between markers."""
    return sum(marker.startswith(OURS) for marker in _MARKER.findall(text))


def first_marker(text: str) -> int | None:
    """The line (from 1) of the first conflict marker that is left in a text; None if there is none."""
    match = _MARKER.search(text)
    return None if match is None else text.count("\n", 0, match.start()) + 1
