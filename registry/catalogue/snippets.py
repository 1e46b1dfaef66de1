"""The passage of a text in which the words that were looked for stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchHeadline, SearchQuery
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat, Left

from registry.models import PackageQuerySet

# Of the private use area: texts are cleared of them, so that only the database sets them.
OPEN, CLOSE = "\ue000", "\ue001"
_MARKED = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_READ = 3000  # characters of each text: finding the passage costs time for every one


@dataclass(frozen=True)
class Part:
    """A piece of a passage, as plain text."""

    text: str
    is_match: bool


def with_passages(rows: PackageQuerySet, words: str) -> PackageQuerySet:
    """The rows, each with its passage as `passage`."""
    whole = Concat(Left(F("latest_release__readme"), _READ), Value("\n"), Left(F("latest_release__manifest"), _READ))
    text = Func(whole, Value(OPEN + CLOSE), Value(""), function="translate", output_field=TextField())
    query = SearchQuery(words, config="english", search_type="plain")
    found = SearchHeadline(
        text, query, config="english", start_sel=OPEN, stop_sel=CLOSE, max_words=28, min_words=14, max_fragments=1
    )
    return rows.annotate(passage=found)


def parts(passage: str | None) -> tuple[Part, ...]:
    """The passage in pieces; nothing if none of the words stands in it."""
    if not passage or not _MARKED.search(passage):
        return ()
    found: list[Part] = []
    for place, text in enumerate(_MARKED.split(" ".join(passage.split()))):
        plain = text.replace(OPEN, "").replace(CLOSE, "")
        if plain:
            found.append(Part(plain, is_match=place % 2 == 1))
    return tuple(found)
