"""Words of names, texts and queries, and the keys under which a package is found besides the words of its texts.

A key is a lexeme that no text can hold, since it begins with a sign. So one index answers everything at once: who may
read it, what it is, which words it has. `=` stands before the stem of a word of the head (name, title, summary, tags);
that one is made where stems are, in the database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

MAX_WORDS = 12
MAX_WORD = 40
MAX_TEXT = 20_000
# Newer packages are looked at first, in spans of so many bits of their numbers.
SPANS = (13, 16, 19)
_WORD = re.compile(r"[^\W_]+")
_TERM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<bare>[^\s"]+))')
_SHORTEST_PREFIX, _LONGEST_PREFIX = 2, 16
_SHORTEST_TYPO = 4
_GRAM = 3


@dataclass(frozen=True)
class Asked:
    """What a query asks for: words that have to be there, phrases among them, and words that must not be."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    name: str = ""


def parse(text: str) -> Asked:
    """Read a query: words, “"phrases in quotes"”, and “-without”. Every text can be read."""
    wanted: list[str] = []
    phrases: list[str] = []
    excluded: list[str] = []
    for term in _TERM.finditer(text):
        found = list(words(term["phrase"] if term["bare"] is None else term["bare"]))
        if term["minus"]:
            excluded += found
            continue
        wanted += found
        if term["bare"] is None and len(found) > 1:
            phrases.append(" ".join(found[:MAX_WORDS]))
    name = "" if excluded or phrases else "-".join(text.lower().split())
    return Asked(tuple(dict.fromkeys(wanted))[:MAX_WORDS], tuple(phrases), tuple(excluded)[:MAX_WORDS], name[:100])


def words(text: str) -> Iterator[str]:
    """The words of a text, in one form of letters."""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        yield match[0][:MAX_WORD]


def prefixes(word: str) -> set[str]:
    """The beginnings of a word that it is found by, itself among them."""
    return {word[:length] for length in range(_SHORTEST_PREFIX, min(len(word), _LONGEST_PREFIX) + 1)} or {word}


def neighbours(word: str) -> set[str]:
    """The word and what is left of it without one letter. Two words that share one differ by a typing mistake or two."""
    if len(word) < _SHORTEST_TYPO:
        return {word}
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def grams(word: str) -> set[str]:
    """The runs of three letters of a word, by which it is found from its middle."""
    return {word[place : place + _GRAM] for place in range(len(word) - _GRAM + 1)}


def name_keys(name: str, title: str, tags: Iterable[str]) -> set[str]:
    """The keys by which a name is found whole, by a beginning, from its middle, and with a typing mistake."""
    keys = {f"#=:{name}"}
    for word in {*words(name), *words(title[:200]), *(word for tag in tags for word in words(tag))}:
        keys |= {f"^{part}" for part in prefixes(word)} | {f"~{part}" for part in neighbours(word)}
    for word in words(name):
        keys |= {f"%{part}" for part in grams(word)}
    return keys


def span_keys(number: int) -> set[str]:
    """In which spans of numbers a package stands."""
    return {f"#{bits}:{number >> bits}" for bits in SPANS}


def beginning(word: str) -> str:
    """The query for names and tags that have a word beginning like this; empty for one that is too short or too long."""
    return quoted(f"^{word}") if _SHORTEST_PREFIX <= len(word) <= _LONGEST_PREFIX else ""


def similar(word: str) -> str:
    """The query for names that hold something like the word."""
    found = any_of(f"~{part}" for part in sorted(neighbours(word)))
    runs = all_of(f"%{part}" for part in sorted(grams(word)))
    return f"({found} | {runs})" if runs else found


def any_of(keys: Iterable[str]) -> str:
    """The query for one of the keys."""
    joined = " | ".join(quoted(key) for key in keys)
    return f"({joined})" if joined else ""


def all_of(keys: Iterable[str]) -> str:
    """The query for all of the keys."""
    joined = " & ".join(quoted(key) for key in keys)
    return f"({joined})" if joined else ""


def quoted(key: str) -> str:
    """A key as PostgreSQL's query language writes it."""
    return "'" + key.replace("\\", "\\\\").replace("'", "''") + "'"


def content_text(value: Any, limit: int = MAX_TEXT) -> str:
    """The words that a manifest's value says, without its keys: names, descriptions, instructions, addresses."""
    parts: list[str] = []
    room = limit
    for text in _strings(value):
        parts.append(text[:room])
        room -= len(text) + 1
        if room <= 0:
            break
    return "\n".join(parts)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
