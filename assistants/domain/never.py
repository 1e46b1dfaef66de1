"""Rules that can never apply: conditions that contradict each other, or that no file of a repository could meet.

How a rule comes to apply is told in contract continue-client 8.2. Where clients differ, or a pattern might match something
after all, nothing is said: a finding here is meant to be right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistants.domain import expressions

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_EMPTY_BRACES = re.compile(r"\{[\s,]*\}")
_DOTTED = re.compile(r"(?:^|[/{,(|])\.")
_PLAIN = re.compile(r"[^*?\[\]{}()!+@|\\]+")


@dataclass(frozen=True)
class Never:
    """Why a rule never applies, and how to mend that."""

    message: str
    mend: str


def applies_never(rule: Mapping[str, Any]) -> Never | None:
    """Why a rule of a config.yaml can never apply; None if it may."""
    if rule.get("alwaysApply") is True:
        return None
    globs, written = texts(rule.get("globs")), texts(rule.get("regex"))
    if rule.get("alwaysApply") is False and not globs and not written:
        return _unconditional(rule)
    found = _of_globs(globs) or _of_expressions(written)
    if found is None or rule.get("invokable") or (rule.get("description") and rule.get("alwaysApply") is False):
        return None  # a person or the model may still ask for it
    return found


def texts(value: Any) -> tuple[str, ...]:
    """What may be one text or a list of them, as a list."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def _unconditional(rule: Mapping[str, Any]) -> Never | None:
    if rule.get("description") or rule.get("invokable"):
        return None
    return Never(
        "It is not always sent (“alwaysApply: false”), and nothing says when it is: no globs, no regex, no description.",
        "Give it one of the three, make it “invokable”, or leave “alwaysApply” out.",
    )


def _of_globs(globs: Sequence[str]) -> Never | None:
    """What is wrong if none of the globs can match. A list that only excludes is left alone: clients read it differently."""
    wanted = [glob for glob in globs if not glob.startswith("!")]
    unwanted = [glob[1:] for glob in globs if glob.startswith("!")]
    findings = [_impossible(glob) or _excluded(glob, unwanted) for glob in wanted]
    if not findings or None in findings:
        return None
    return findings[0]


def _impossible(glob: str) -> Never | None:
    """Why no path of a repository matches: paths have no root, no `..`, no NUL, and end in a file's name."""
    segments = glob.split("/")
    if not glob.strip():
        return Never("Its glob is empty, and no path is.", "Write one such as “**/*.py”, or leave “globs” out.")
    if "\0" in glob:
        return Never("Its glob holds a NUL, which no path does.", "Write the glob anew.")
    if glob.startswith(("/", "~/")) or _DRIVE.match(glob):
        return Never(
            f"The glob “{glob}” is an absolute path; files are matched by their path within the repository.",
            "Begin with a folder of the repository, or with “**/”.",
        )
    if ".." in segments:
        return Never(f"The glob “{glob}” leads out of the repository.", "Leave “..” out.")
    if _EMPTY_BRACES.search(glob):
        return Never(f"The glob “{glob}” has braces with nothing in them.", "Name the alternatives: “*.{ts,tsx}”.")
    if glob.endswith("/"):
        return Never(f"The glob “{glob}” names a folder, and only files are matched.", f"Write “{glob}**”.")
    return None


def _excluded(glob: str, unwanted: Sequence[str]) -> Never | None:
    """Whether one exclusion of the same list takes away all that the glob matches."""
    for exclusion in unwanted:
        if _covers(exclusion, glob):
            return Never(
                f"The glob “{glob}” matches only what “!{exclusion}” in the same list excludes.",
                "Remove one of the two.",
            )
    return None


def _covers(wide: str, narrow: str) -> bool:
    """Whether `wide` surely matches all that `narrow` does. Wildcards do not match names that begin with a dot."""
    if wide == narrow:
        return True
    if _DOTTED.search(narrow):
        return False
    if wide in ("**", "**/*"):
        return True
    if wide.endswith("/**") and _PLAIN.fullmatch(wide[:-2]):
        return narrow.startswith(wide[:-2])
    end = wide.removeprefix("**/*")
    return wide.startswith("**/*") and bool(_PLAIN.fullmatch(end)) and "/" not in end and narrow.endswith(end)


def _of_expressions(written: Sequence[str]) -> Never | None:
    """What is wrong if none of the regular expressions is one."""
    findings = [expressions.fault_of(one) for one in written]
    if not findings or None in findings:
        return None
    return Never(
        f"The regular expression “{written[0]}” cannot be read: {findings[0]}.",
        "Mend the expression, or remove it.",
    )
