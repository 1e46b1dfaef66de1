"""What people do not see although it is written in plain letters: comments that only the source shows, data addresses,
and lines so long that nobody scrolls to their end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.checks.base import Check, Finding, Subject, Text

NAME = "concealment"

# Tools' own comments, which tell a linter, a generator or a licence scanner something.
_HARMLESS = re.compile(
    r"\s*(?:markdownlint|prettier|eslint|vale|textlint|toc|/?TOC|spdx|copyright|licen[cs]e|more\b|truncate|TODO"
    r"|FIXME|#|BEGIN|END|start|stop|end|"
    r"cspell|spell|omit|doctoc|alex|remark|lint|v\d|version|tabs:|region|endregion)",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"\b(?:you (?:must|should|are|will)|must|always|never|ignore|execute|run|send|call|fetch|read|assistant"
    r"|agent|model|instructions?|system|secret|token|password)\b",
    re.IGNORECASE,
)
_ACTIVE_DATA = re.compile(
    r"data:(?:text/html|application/(?:javascript|x-javascript|xhtml\+xml)|text/javascript|image/svg\+xml)[;,]",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"(?:\]\(|src=[\"']?|href=[\"']?)data:(?!image/(?:png|jpe?g|gif|webp)[;,])[a-z0-9.+/-]{3,60}[;,]", re.IGNORECASE
)
# Not after a blank: a run is looked at once, from its beginning.
_BLANKS = re.compile(r"(?<![ \t\u3000\u00a0])[ \t\u3000\u00a0]{200,}(?=\S)")
_LONG_LINE = 5_000
_FEW_WORDS = 3
_FENCE = ("```", "~~~")


def run(subject: Subject) -> Iterator[Finding]:
    """Comments in Markdown; the rest in every text."""
    for text in subject.readable():
        if text.file.lower().endswith((".md", ".mdc", ".markdown")) or text.file == "manifest.yaml":
            yield from _comments(text)
        yield from _lines(text)


def _comments(text: Text) -> Iterator[Finding]:
    """Every `<!-- … -->` outside of code that tells somebody to do something. Each is looked at once."""
    content, line, counted, end = _without_code(text), 1, 0, 0
    while (begin := content.find("<!--", end)) >= 0:
        end = content.find("-->", begin + 4)
        end = len(content) if end < 0 else end
        words = content[begin + 4 : min(end, begin + 2_000)]
        line += content.count("\n", counted, begin)
        counted = begin
        if len(words.split()) > _FEW_WORDS and not _HARMLESS.match(words) and _ORDER.search(words):
            column = begin - content.rfind("\n", max(0, begin - 10_000), begin)
            message = "A comment that only the source shows reads like an instruction; models read it all the same."
            mend = "Write it where people see it, or remove it."
            yield Finding(NAME, "warning", message, text.file, line, min(column, begin + 1), mend)


def _without_code(text: Text) -> str:
    """The text with fenced code emptied, line by line: there a comment is shown."""
    if "<!--" not in text.content:
        return ""
    kept, fenced = [], False
    for line in text.lines:
        fence = line.lstrip().startswith(_FENCE)
        fenced = fenced != fence
        kept.append("" if fenced or fence else line)
    return "\n".join(kept)


def _lines(text: Text) -> Iterator[Finding]:
    fenced = False
    for number, line in enumerate(text.lines, 1):
        if line.lstrip().startswith(_FENCE):
            fenced = not fenced
        if match := _ACTIVE_DATA.search(line) if not fenced else None:
            message = "A data: address that holds a page or a script instead of pointing to one."
            yield Finding(
                NAME, "warning", message, text.file, number, match.start() + 1, "Keep the file in the package."
            )
        elif match := _DATA.search(line) if not fenced else None:
            message = "A link whose address is the content itself, which no page shows."
            yield Finding(
                NAME, "warning", message, text.file, number, match.start() + 1, "Keep the file in the package."
            )
        if match := _BLANKS.search(line):
            message = f"Text after {len(match[0])} blanks, where nobody looks."
            yield Finding(NAME, "warning", message, text.file, number, match.end() + 1, "Take the blanks out.")
        if len(line) > _LONG_LINE and "data:image/" not in line:
            message = f"A line of {len(line)} characters: hardly anybody reads it to the end."
            yield Finding(NAME, "info", message, text.file, number, 1, "Break it into lines.")


CONCEALMENT = Check(NAME, 1, "Text that people do not see", run)
