"""Badges: a label and a value as a small picture for pages elsewhere.

The picture brings its own grounds, so it is legible on light and dark pages. Its texts are fitted to the widths that are
estimated here, whatever face the reader's machine has.
"""

from __future__ import annotations

import re
import unicodedata
from xml.sax.saxutils import escape, quoteattr

HEIGHT = 20
PADDING = 6
MOST_CHARACTERS = 40
LABEL_GROUND = "#37474b"
GROUNDS = {"accent": "#00607a", "none": "#5a686c", "warning": "#744700"}
# Widths of a sans-serif face of 11 pixels, by character.
_WIDTHS = {
    **dict.fromkeys("ijl'|", 3.1),
    **dict.fromkeys("I.,:;! ", 4.0),
    **dict.fromkeys("frt()[]-/\\", 4.8),
    **dict.fromkeys("ckszxvyJ", 6.0),
    **dict.fromkeys("0123456789abdeghnopqu", 7.0),
    **dict.fromkeys("ABCEFKLPRSTVXYZ", 7.4),
    **dict.fromkeys("wDGHNOQU", 8.6),
    **dict.fromkeys("mMW@%", 10.8),
}
_AVERAGE = 7.2
_WIDE = 11.0
_UNDRAWABLE = re.compile(r"[^\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def badge(label: str, value: str, ground: str = "accent") -> str:
    """The picture, as SVG without styles or scripts. Long texts are cut."""
    label, value = _fit(label), _fit(value)
    left, right = width_of(label) + 2 * PADDING, width_of(value) + 2 * PADDING
    words = f"{label}: {value}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" role="img"'
        f" aria-label={quoteattr(words)}><title>{escape(words)}</title>"
        f'<clipPath id="r"><rect width="{left + right}" height="{HEIGHT}" rx="3"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{left}" height="{HEIGHT}" fill="{LABEL_GROUND}"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{GROUNDS[ground]}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(label, PADDING)}{_text(value, left + PADDING)}</g></svg>"
    )


def width_of(text: str) -> int:
    """About how wide a text is, in pixels."""
    return max(1, round(sum(map(_width, text))))


def short_count(count: int) -> str:
    """A number in at most four characters and its unit: 950, 1.2k, 34k, 5.6M."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= size:
            tenths = count * 10 // size
            return f"{tenths // 10}.{tenths % 10}{unit}" if tenths < 100 and tenths % 10 else f"{tenths // 10}{unit}"
    return str(count)


def _text(text: str, x: int) -> str:
    return f'<text x="{x}" y="14" textLength="{width_of(text)}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'


def _fit(text: str) -> str:
    text = _UNDRAWABLE.sub("", text)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _width(character: str) -> float:
    if character in _WIDTHS:
        return _WIDTHS[character]
    if unicodedata.combining(character):
        return 0.0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _AVERAGE
