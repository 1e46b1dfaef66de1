"""docs/context-bill.md tells the figures, words and limits that the code has."""

from __future__ import annotations

import re

from assistants.domain import likeness
from assistants.domain.bill import FORMAT, About, Sent
from assistants.domain.vocabularies import FAMILIES, VOCABULARY
from tests.repository.documents import ROOT

TEXT = (ROOT / "docs/context-bill.md").read_text()


def test_the_table_of_vocabularies_is_the_one_in_use() -> None:
    rows = re.findall(r"^\| (.+?) \| (-?[\d.]+) \| (-?[\d.]+) to (-?[\d.]+) \|$", TEXT, re.MULTILINE)
    told = [(title, float(percent), float(low), float(high)) for title, percent, low, high in rows]
    assert told == [(one.title, one.percent, one.low, one.high) for one in FAMILIES]
    assert VOCABULARY in TEXT
    assert FORMAT in TEXT


def test_every_word_of_the_answer_is_explained() -> None:
    words = re.findall(r"^\| `([a-z]+)` \|", TEXT, re.MULTILINE)
    assert words == ["sent", *map(str, Sent), "about", *map(str, About)]


def test_the_threshold_is_the_one_in_use() -> None:
    assert f"more than {likeness.NEAR:.0%}".replace("%", " %") in TEXT
    assert likeness.WORDS_IN_A_ROW == 3
