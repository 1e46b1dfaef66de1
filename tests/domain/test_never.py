"""Rules that can never apply, and those that only look so."""

from __future__ import annotations

import json
import random
import subprocess
from typing import Any

import pytest

from assistants.domain import expressions
from assistants.domain.never import applies_never
from tests.support import npm


def found(**rule: Any) -> str:
    """What is said about a rule; empty if nothing is."""
    result = applies_never({"name": "R", "rule": "Words.", **rule})
    return f"{result.message} {result.mend}" if result else ""


def test_conditions_that_leave_no_way() -> None:
    assert "nothing says when" in found(alwaysApply=False)
    for way in ({"globs": "*.py"}, {"regex": "x"}, {"description": "D"}, {"invokable": True}):
        assert not found(alwaysApply=False, **way)
    assert not found()
    assert not found(alwaysApply=True, globs="/etc/*", regex="(")


@pytest.mark.parametrize(
    ("glob", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("/src/**/*.py", "absolute path"),
        ("~/code/*.py", "absolute path"),
        ("C:\\code\\*.py", "absolute path"),
        ("d:/code/*", "absolute path"),
        ("../other/**", "out of the repository"),
        ("src/../../x", "out of the repository"),
        ("src/\0.py", "NUL"),
        ("*.{}", "nothing in them"),
        ("*.{,}", "nothing in them"),
        ("src/{ , }/x", "nothing in them"),
        ("src/", "only files"),
    ],
)
def test_globs_that_match_nothing(glob: str, says: str) -> None:
    assert says in found(globs=glob)
    assert says in found(globs=[glob, glob])
    assert not found(globs=[glob, "*.py"]), "one that matches is enough"
    assert not found(globs=glob, invokable=True), "a person may still ask for it"
    assert not found(globs=glob, alwaysApply=False, description="When it fits"), "and the model"


@pytest.mark.parametrize(
    "glob",
    [
        "**/*.py",
        "*",
        "src",
        "a..b",
        "...",
        "~backup.doc",
        "*.{ts,tsx}",
        "{a,}.py",
        "!**/*.test.ts",
        "x/..y",
        "a b",
        "[ab].py",
    ],
)
def test_globs_that_may_match(glob: str) -> None:
    assert not found(globs=glob)


@pytest.mark.parametrize(
    ("globs", "excluded"),
    [
        (["*.py", "!*.py"], True),
        (["src/a.py", "!src/**"], True),
        (["src/**/*.py", "!**"], True),
        (["src/**/*.py", "!**/*"], True),
        (["src/**/*.py", "!**/*.py"], True),
        (["a.py", "b.ts", "!**/*.py"], False),
        (["a.py", "b.ts", "!**/*.py", "!**/*.ts"], True),
        (["src/**/*.py", "!src/test/**"], False),
        (["src2/a.py", "!src/**"], False),
        (["**/*.tsx", "!**/*.ts"], False),
        ([".github/a.py", "!**/*.py"], False),
        (["src/{.a,b}.py", "!**/*.py"], False),
        (["src/*.py", "!s*/**"], False),
        (["*.py", "!**/*.{py,ts}"], False),
        (["!**/*.test.ts"], False),
    ],
)
def test_globs_that_an_exclusion_takes_away(globs: list[str], excluded: bool) -> None:
    assert ("excludes" in found(globs=globs)) == excluded


def test_expressions_none_of_which_can_be_read() -> None:
    assert "“(” is not closed" in found(regex="import (")
    assert "cannot be read" in found(regex=["(", "["])
    assert not found(regex=["(", "import"])
    assert "cannot be read" in found(globs="*.py", regex="("), "both have to hold"
    assert not found(regex=r"(?<name>a)\k<name>")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("a\\", "backslash"), ("[a", "“[”"), ("(a", "“(”"), ("a)", "“)”"), ("*a", "“*”"), ("a**", "“*”"), ("a|+", "“+”"),
        ("x{2,1}", "downwards"), ("(?i)a", "JavaScript"), ("(?P<n>a)", "JavaScript"), ("a*+", "“+”"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_expression_is_said(expression: str, says: str) -> None:
    assert says in str(expressions.fault_of(expression))


@pytest.mark.node
def test_javascript_refuses_whatever_is_called_wrong() -> None:
    chance = random.Random(5)
    parts = [
        "a",
        "(",
        "(?:",
        "(?=",
        "(?<n>",
        "(?P<n>",
        "(?i)",
        ")",
        "[",
        "[^",
        "]",
        "\\",
        "*",
        "+?",
        "?",
        "{2}",
        "{2,1}",
        "{",
        "}",
        "|",
        "^",
        "$",
        ".",
    ]
    made = sorted({"".join(chance.choices(parts, k=chance.randint(1, 7))) for _ in range(4000)})
    script = "const all = JSON.parse(require('fs').readFileSync(0)); console.log(JSON.stringify(all.filter(one => { try { new RegExp(one); return true } catch { return false } })))"
    done = subprocess.run(
        [npm.node(), "-e", script], input=json.dumps(made), capture_output=True, text=True, check=True
    )
    readable = json.loads(done.stdout)
    assert len(readable) > 200
    assert [one for one in readable if expressions.fault_of(one)] == []
    assert sum(expressions.fault_of(one) is not None for one in made) > 2000
