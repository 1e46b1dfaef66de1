"""Launchers that are not pinned: what they run tomorrow may be something else than what was looked at today.

Looks at what MCP servers are started with, and line by line at the files of a release (scripts, SKILL.md). READMEs tell
people how to install things; they start nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from registry.checks.base import Check, Finding, Subject, Text
from registry.domain import commands
from registry.domain.commands import Launch

NAME = "unpinned-launcher"

_STARTED = re.compile(
    r"(?<![\w./@-])(?:npx|bunx|pnpx|npm[ \t]+(?:exec|x)|pnpm[ \t]+(?:dlx|exec)|yarn[ \t]+dlx|bun[ \t]+x|uvx"
    r"|uv[ \t]+tool[ \t]+run|pipx[ \t]+run|(?:docker|podman|nerdctl)[ \t]+run)[ \t]+"
)
_ENDS = re.compile(r"[;&|`)\n]")
_PIPED = re.compile(
    r"\b(?:curl|wget|iwr|Invoke-WebRequest)\b[^|\n]{0,300}\|[ \t]*(?:sudo[ \t]+(?:-\w+[ \t]+)?)?"
    r"(?:(?:/usr)?/bin/)?(?:env[ \t]+)?(?:(?:ba|z|da|fi|k)?sh|python3?|node|perl|ruby|iex|Invoke-Expression)\b"
    r"|\b(?:ba|z)?sh[ \t]+(?:-c[ \t]+)?[\"']?(?:<\(|\$\()[ \t]*(?:curl|wget)\b"
    r"|\b(?:iex|Invoke-Expression)\b[^\n]{0,80}\b(?:iwr|irm|DownloadString)\b",
    re.IGNORECASE,
)
_PASSED = frozenset({"README.md", "CHANGELOG.md", "manifest.yaml", "server.json"})
_STARTS = re.compile(
    r"(?:^|/)[^./]+$|\.(?:sh|bash|zsh|fish|ps1|bat|cmd|py|js|mjs|cjs|ts|rb|pl|php|lua|ya?ml|toml|mk|md|mdc|txt)$",
    re.IGNORECASE,
)
_MARKDOWN = (".md", ".mdc", ".txt")
_REMARK = re.compile(r"\s*(?:#(?!!)|//|REM\b)", re.IGNORECASE)
_MAX_LINE = 2_000
_WORD = 80


def run(subject: Subject) -> Iterator[Finding]:
    """Judge the commands of MCP servers, then the lines of the files."""
    for server in _servers(subject):
        words = [str(server.get("command") or ""), *(str(word) for word in server.get("args") or [])]
        launch = commands.launch_of(words)
        if launch is not None and not launch.is_pinned:
            # At the first place where the manifest has the word; at its beginning where it is written otherwise.
            index = subject.manifest.content.find(launch.word)
            yield _finding(launch, subject.manifest, *(subject.manifest.place(index) if index >= 0 else (1, 1)))
    for text in subject.readable():
        if text.file not in _PASSED and _STARTS.search(text.file):
            yield from _in_text(text)


def _servers(subject: Subject) -> Iterator[dict[str, Any]]:
    listed = subject.value.get("mcpServers")
    return (server for server in (listed if isinstance(listed, list) else []) if isinstance(server, dict))


def _in_text(text: Text) -> Iterator[Finding]:
    in_markdown = text.file.lower().endswith(_MARKDOWN)
    fenced = False
    for number, line in enumerate(text.lines, 1):
        if in_markdown and line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        if len(line) > _MAX_LINE or _REMARK.match(line):
            continue
        if match := _PIPED.search(line):
            message = "A script is fetched and run at once; what it does can change at any time."
            mend = "Keep the script in the package, or check it against a SHA-256 before it runs."
            yield Finding(NAME, "warning", message, text.file, number, match.start() + 1, mend)
        # In prose a word such as npx is talked about; in code it is run.
        if not in_markdown or fenced:
            yield from _commands(text, number, line)


def _commands(text: Text, number: int, line: str) -> Iterator[Finding]:
    for match in _STARTED.finditer(line):
        command = _ENDS.split(line[match.start() :], maxsplit=1)[0]
        words = [word.strip("\"',[]") for word in command.split()]
        launch = commands.launch_of([word for word in words if word])
        if launch is not None and not launch.is_pinned:
            yield _finding(launch, text, number, match.start() + 1)


def _finding(launch: Launch, text: Text, line: int, column: int) -> Finding:
    word, name = _short(launch.word), _short(launch.name)
    if launch.ecosystem == "oci":
        message = f"{launch.program} runs the image “{word}”, whatever it is by then."
        mend = f"Name a version or, better, a digest: {name}@sha256:…."
    elif launch.ecosystem == "git":
        message = f"{launch.program} runs “{word}”, whatever it is by then."
        mend = "Name a commit by its 40 digits, or a release of a package."
    else:
        message = f"{launch.program} runs “{word}”, in whatever version there is by then."
        mend = f"Name an exact version: {name}{'@' if launch.ecosystem == 'npm' else '=='}1.2.3."
    return Finding(NAME, "warning", message, text.file, line, column, mend)


def _short(word: str) -> str:
    return word if len(word) <= _WORD else f"{word[: _WORD - 1]}…"


LAUNCHERS = Check(NAME, 1, "Launchers that are not pinned", run)
