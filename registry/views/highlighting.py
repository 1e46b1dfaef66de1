"""Source with its syntax marked, for `ui/code_block.html`."""

from __future__ import annotations

import functools

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import BashLexer, JsonLexer, MarkdownLexer, PythonLexer, YamlLexer

# Longer texts are shown without colours: a page must not cost a second of lexing.
MAX_CHARACTERS = 64 * 1024
LEXERS = {
    "yaml": YamlLexer,
    "markdown": MarkdownLexer,
    "skill": MarkdownLexer,
    "json": JsonLexer,
    "python": PythonLexer,
    "shell": BashLexer,
}
# By the end of a file's name; other texts are shown without colours.
LANGUAGES = {
    "md": "markdown",
    "json": "json",
    "yaml": "yaml",
    "yml": "yaml",
    "py": "python",
    "sh": "shell",
    "bash": "shell",
}


def of_file(path: str, content: bytes) -> SafeString | None:
    """A file's text as HTML; None for one that is no text."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return source(text, LANGUAGES.get(path.rpartition(".")[2].lower(), "")) if "\0" not in text else None


@functools.lru_cache(maxsize=64)
def source(text: str, language: str, marked_lines: tuple[int, ...] = ()) -> SafeString:
    """`text` as HTML; `marked_lines` (from 1) stand out. A release never changes, so the last few texts are kept."""
    lexer = LEXERS.get(language)
    if lexer is None or len(text) > MAX_CHARACTERS:
        return escape(text)
    # Blank lines at the start count, or the marks would stand beside the wrong lines. Pygments escapes what it is given.
    formatter = HtmlFormatter(nowrap=True, hl_lines=marked_lines)
    return mark_safe(highlight(text, lexer(stripnl=False), formatter))
