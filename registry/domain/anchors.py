"""Headings of a rendered text that can be linked to.

A text's own ids are taken away when it is rendered, since they could be those of the page around it. Here each heading gets
one with a prefix, and links inside of the text lead there.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

# As `markup.render` leaves them: without attributes, and with nothing but double quotes.
_HEADING = re.compile(r"<h([2-6])>(.*?)</h\1>", re.DOTALL)
_INNER_LINK = re.compile(r'href="#([^"]*)"')
_TAG = re.compile(r"<[^>]*>")
_NO_WORD = re.compile(r"[^\w\s-]")


@dataclass(frozen=True)
class Heading:
    """One heading: its level from 2, the id to link to, and its words."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Anchored:
    """HTML whose headings have ids, and the list of them."""

    html: str
    headings: tuple[Heading, ...] = ()


def anchored(text: str, prefix: str) -> Anchored:
    """The rendered text `text` with ids that begin with `prefix`. What is sanitised stays so: ids are made of words alone."""
    found: list[Heading] = []
    used: dict[str, int] = {}

    def with_id(match: re.Match[str]) -> str:
        words = " ".join(html.unescape(_TAG.sub("", match[2])).split())
        base = slug(words)
        count = used[base] = used.get(base, -1) + 1
        heading = Heading(int(match[1]), f"{prefix}{base}-{count}" if count else f"{prefix}{base}", words)
        found.append(heading)
        # For the eye alone: who listens goes from heading to heading anyway.
        link = f'<a class="anchor" href="#{heading.id}" aria-hidden="true" tabindex="-1"></a>'
        return f'<h{match[1]} id="{heading.id}">{match[2]}{link}</h{match[1]}>'

    linked = _INNER_LINK.sub(lambda match: f'href="#{prefix}{slug(html.unescape(match[1]))}"', text)
    return Anchored(_HEADING.sub(with_id, linked), tuple(found))


def slug(words: str) -> str:
    """The last part of a heading's address, as most sites that show READMEs make it."""
    return re.sub(r"\s", "-", _NO_WORD.sub("", words.strip().lower())) or "section"
