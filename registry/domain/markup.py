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
# What the parser looks for the other half of, over and over, as it meets it: a link's text, its address, a tag.
_OPENING = {"[": "]", "(": ")", "<": ">"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_HALF_OR_BLANK_LINE = re.compile(r"[\[\]]|(?<=\])\(|\)|<(?=[A-Za-z/!?])|>|\n[ \t]*\n")
# It looks to the paragraph's end if there is none, for a tag to the text's end. So many steps take about a second.
_MAX_STEPS = {"[": 4_000_000, "(": 8_000_000, "<": 40_000_000}


def render(text: str) -> str:
    """HTML of a Markdown text: no scripts, styles, ids, frames or foreign schemes; links say they lead elsewhere.

    Raises ValueError if the Markdown is nested so deeply, or opens so much that it does not close, that it cannot be rendered.
    """
    if not text.strip():
        return ""
    for opening, steps in _steps(text).items():
        if steps > _MAX_STEPS[opening]:
            raise ValueError(f"The text has too many “{opening}” without a “{_OPENING[opening]}” near by.")
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


def _steps(text: str) -> dict[str, int]:
    """How far it is from every opening half to its closing one, or to where the parser gives up, in sum for each kind."""
    steps = dict.fromkeys(_OPENING, 0)
    opened: dict[str, list[int]] = {opening: [] for opening in _OPENING}
    for match in _HALF_OR_BLANK_LINE.finditer(text):
        found, at = match[0], match.start()
        if found in _OPENING:
            opened[found].append(at)
        elif found in _CLOSING:
            starts = opened[_CLOSING[found]]
            steps[_CLOSING[found]] += at - starts.pop() if starts else 0
        else:
            for opening in "[(":
                steps[opening] += sum(at - start for start in opened[opening])
                opened[opening].clear()
    return {opening: steps[opening] + sum(len(text) - start for start in opened[opening]) for opening in _OPENING}
