"""Source with its syntax marked, for `ui/code_block.html`."""

from __future__ import annotations

import functools

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import MarkdownLexer, YamlLexer

# Longer texts are shown without colours: a page must not cost a second of lexing.
MAX_CHARACTERS = 64 * 1024
LEXERS = {"yaml": YamlLexer, "markdown": MarkdownLexer}


@functools.lru_cache(maxsize=64)
def source(text: str, language: str, marked_lines: tuple[int, ...] = ()) -> SafeString:
    """`text` as HTML; `marked_lines` (from 1) stand out. A release never changes, so the last few texts are kept."""
    lexer = LEXERS.get(language)
    if lexer is None or len(text) > MAX_CHARACTERS:
        return escape(text)
    # Blank lines at the start count, or the marks would stand beside the wrong lines. Pygments escapes what it is given.
    formatter = HtmlFormatter(nowrap=True, hl_lines=marked_lines)
    return mark_safe(highlight(text, lexer(stripnl=False), formatter))
