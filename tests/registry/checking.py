"""Texts under the eyes of one check."""

from __future__ import annotations

from typing import Any

from registry.checks import CHECKS, Finding, Subject, Text


def found(check: str, text: str, file: str = "SKILL.md", **more: Any) -> list[Finding]:
    """What a check finds in one file beside an empty manifest."""
    texts = (Text("manifest.yaml", more.pop("manifest", "")), Text(file, text))
    subject = Subject(more.pop("package", "acme/style"), "skill", "1.0.0", more.pop("value", {}), texts, **more)
    return list(CHECKS[check].run(subject))


def places(findings: list[Finding]) -> list[tuple[str, int, int]]:
    """Severity, line and column of each."""
    return [(one.severity, one.line, one.column) for one in findings]
