"""Names that could be taken for another package's: the same to the eye, or one slip of the hand away."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator

from registry.checks.base import Check, Finding, Subject

NAME = "look-alike-name"

# Names have only a–z, 0–9 and -_. , so these are all that look alike.
_ALIKE = (
    ("rn", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("0", "o"),
    ("1", "l"),
    ("i", "l"),
    ("5", "s"),
    ("3", "e"),
    ("4", "a"),
    ("2", "z"),
    ("8", "b"),
    ("6", "g"),
    ("9", "g"),
)
_SEPARATORS = re.compile(r"[-_.]+")
_LETTERS = string.ascii_lowercase + string.digits + "-_."
# More words than these have too many orders.
_MOST_WORDS = 4
# Below this length every name is a slip away from another.
_SHORTEST = 4


def run(subject: Subject) -> Iterator[Finding]:
    """Compare with the popular names that the subject brings along."""
    namespace, _, name = subject.package.partition("/")
    for other in subject.popular:
        other_namespace, _, other_name = other.partition("/")
        if other == subject.package:
            continue
        if other_namespace == namespace:
            continue  # its own packages may be named alike
        why = likeness(name, other_name) or _namespaces(namespace, other_namespace, name, other_name)
        if why:
            message = f"The name could be taken for {other}, which others use: {why}."
            mend = "If it is not meant to stand for it, publish under a name of its own."
            yield Finding(NAME, "warning", message, subject.manifest.file, mend=mend)


def likeness(name: str, other: str) -> str:
    """Why one name could be taken for the other; empty if not. Equal names in other namespaces are what forks have."""
    if name == other or min(len(name), len(other)) < _SHORTEST:
        return ""
    if skeleton(name) == skeleton(other):
        return "they look alike"
    if sorted(_words(name)) == sorted(_words(other)):
        return "they have the same words"
    if distance(name, other, 1) <= 1 and not _numbered(name, other):
        return "they differ by a slip"
    return ""


def skeleton(name: str) -> str:
    """What is left of a name to a quick eye."""
    text = _SEPARATORS.sub("", name)
    for seen, same in _ALIKE:
        text = text.replace(seen, same)
    return text


def distance(one: str, other: str, most: int) -> int:
    """Edits (a letter more, less, other, or two swapped) from one to the other; anything above `most` once that is certain."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def slips(name: str) -> set[str]:
    """Every name that `name` could be taken for: one slip away, the same to the eye, parted otherwise, in another order.

    Names that exist are looked up among these, which costs the same however many packages there are.
    """
    found = set(_edits(name))
    for seen, same in _ALIKE:
        found |= {name.replace(seen, same), name.replace(same, seen)}
        found |= {_at_once(name, index, same, seen) for index in _places(name, same)}
        found |= {_at_once(name, index, seen, same) for index in _places(name, seen)}
    words = _words(name)
    found |= {separator.join(words) for separator in ("", "-", "_", ".")}
    if 1 < len(words) <= _MOST_WORDS:
        for order in itertools.permutations(words):
            found |= {separator.join(order) for separator in ("-", "_", ".")}
    return {one for one in found if len(one) >= _SHORTEST} - {name}


def _edits(name: str) -> Iterator[str]:
    for index in range(len(name) + 1):
        before, after = name[:index], name[index:]
        yield from (before + letter + after for letter in _LETTERS)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _LETTERS)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def _places(name: str, part: str) -> Iterator[int]:
    return (index for index in range(len(name)) if name.startswith(part, index))


def _at_once(name: str, index: int, part: str, other: str) -> str:
    return name[:index] + other + name[index + len(part) :]


def _namespaces(namespace: str, other_namespace: str, name: str, other_name: str) -> str:
    """The same package name in a namespace that looks like another."""
    if name == other_name and likeness(namespace, other_namespace):
        return "their namespaces look alike"
    return ""


def _words(name: str) -> list[str]:
    return [word for word in _SEPARATORS.split(name) if word]


def _numbered(name: str, other: str) -> bool:
    """Whether the names differ only in numbers, as versions of a model do."""
    return re.sub(r"\d+", "", name) == re.sub(r"\d+", "", other)


LOOKALIKES = Check(NAME, 1, "Names that look like another's", run)
