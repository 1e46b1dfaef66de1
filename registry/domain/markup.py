"""Markdown to safe HTML, once, at publication."""

from __future__ import annotations

import re

import markdown
import nh3

_EXTENSIONS = ["fenced_code", "tables", "sane_lists", "codehilite", "toc"]
_CONFIG = {
    "codehilite": {"css_class": "highlight", "guess_lang": False},
    # A README's first heading stands below the page's own: h1 becomes h2 and so on.
    "toc": {"baselevel": 2, "marker": ""},
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "th": {"align", "colspan", "rowspan"},
    "td": {"align", "colspan", "rowspan"},
    "div": {"class"},
    "span": {"class"},
    "code": {"class"},
}
_CLASSES = {"div": {"highlight"}}
_SCHEMES = {"http", "https", "mailto"}
_BRACKET_OR_BLANK_LINE = re.compile(r"[\[\]]|\n[ \t]*\n")
# The parser looks from each “[” for its “]”, to the paragraph's end if there is none; this many steps take about a second.
_MAX_BRACKET_STEPS = 4_000_000


def render(text: str) -> str:
    """HTML of a Markdown text: no scripts, styles, ids, frames or foreign schemes; links say they lead elsewhere.

    Raises ValueError if the Markdown is nested so deeply, or has so many open brackets, that it cannot be rendered.
    """
    if not text.strip():
        return ""
    if _bracket_steps(text) > _MAX_BRACKET_STEPS:
        raise ValueError("The text has too many “[” without a “]” near by.")
    try:
        html = markdown.markdown(text, extensions=_EXTENSIONS, extension_configs=_CONFIG, output_format="html")
    except RecursionError:
        raise ValueError("The text is nested too deeply.") from None
    return nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS - {"style", "script", "map", "area"},
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener ugc",
    )


def _bracket_steps(text: str) -> int:
    """How far it is from every “[” to its “]”, or to the end of its paragraph, in sum."""
    steps, opened = 0, list[int]()
    for match in _BRACKET_OR_BLANK_LINE.finditer(text):
        if match[0] == "[":
            opened.append(match.start())
        elif match[0] == "]":
            steps += match.start() - opened.pop() if opened else 0
        else:
            steps += sum(match.start() - start for start in opened)
            opened.clear()
    return steps + sum(len(text) - start for start in opened)
