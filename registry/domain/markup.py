"""Markdown to safe HTML, once, at publication."""

from __future__ import annotations

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


def render(text: str) -> str:
    """HTML of a Markdown text: no scripts, styles, ids, frames or foreign schemes; links say they lead elsewhere.

    Raises ValueError if the Markdown is nested so deeply that it cannot be rendered.
    """
    if not text.strip():
        return ""
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
