"""The passage of a text in which the words that were looked for stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Func, TextField, Value
from django.db.models.sql.compiler import SQLCompiler

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


class _Headline(Func):
    """The passage of a README and a manifest in which the words of a query stand.

    One expression: one that is put together from Django's takes as long to be written down as to be answered.
    """

    output_field = TextField()
    marks = f"{OPEN}{CLOSE}"
    options = f"StartSel={OPEN}, StopSel={CLOSE}, MaxWords=28, MinWords=14, MaxFragments=1"

    def as_sql(self, compiler: SQLCompiler, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        """The function, and what stands in it."""
        (readme, _none), (manifest, _none), (words, said) = map(compiler.compile, self.source_expressions)
        text = f"translate(concat_ws(E'\\n', left({readme}, {_READ}), left({manifest}, {_READ})), %s, '')"
        query = f"plainto_tsquery('english', {words})"
        return f"ts_headline('english', {text}, {query}, %s)", (self.marks, *said, self.options)


def with_passages(rows: PackageQuerySet, words: str) -> PackageQuerySet:
    """The rows, each with its passage as `passage`."""
    return rows.annotate(passage=_Headline("latest_release__readme", "latest_release__manifest", Value(words)))


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
