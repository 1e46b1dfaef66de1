"""The table of settings in docs/production.md is the list that the code reads, with the same defaults."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.repository.documents import ROOT

READERS = {"read", "env", "environ", "environment"}
# Defaults that depend on something else are told in words.
IN_WORDS = {
    "HUB_ALLOWED_HOSTS",
    "HUB_DATA_DIR",
    "DATABASE_URL",
    "SECRET_KEY",
    "VAULT_KEY",
    "SECRET_KEY_FILE",
    "VAULT_KEY_FILE",
    "HUB_AUDIT_KEY",
    "HUB_AUDIT_KEY_FILE",
    "HUB_RECEIPT_KEY",
    "HUB_RECEIPT_KEY_FILE",
}


def table() -> dict[str, str]:
    text = (ROOT / "docs/production.md").read_text()
    rows = re.findall(r"^\| `([A-Z][A-Z0-9_]*)` \| (.+?) \| .+ \|$", text, re.MULTILINE)
    names = [name for name, _ in rows]
    assert len(names) == len(set(names)), "a variable stands in the table twice"
    return dict(rows)


def reading_calls() -> Iterator[tuple[str, ast.Call]]:
    """Each call in the product that reads a variable of the environment, with the variable's name."""
    for package in ("hub", "registry", "assistants"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and node.args and _reads(node.func):
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.isupper():
                        yield first.value, node


def _reads(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in {"_url", "getenv"}
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    name = owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
    return name in READERS and function.attr != "setdefault"


@cache
def code_defaults() -> dict[str, str]:
    """Name → default as the table would write it; words where the code computes it."""
    found: dict[str, str] = {}
    for name, call in reading_calls():
        default = call.args[1] if len(call.args) > 1 else None
        found.setdefault(name, "")
        if isinstance(default, ast.Constant):
            found[name] = _written(default.value)
        elif isinstance(default, ast.List) and not default.elts:
            found[name] = "empty"
        if isinstance(call.func, ast.Attribute) and call.func.attr == "secret":
            found.setdefault(f"{name}_FILE", "")
    return found


def _written(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value != "" else "empty"


def test_the_reading_of_the_code_finds_what_it_should() -> None:
    assert {"HUB_BASE_URL", "HUB_DATA_DIR", "DATABASE_URL", "VAULT_KEY_FILE", "HOST", "PORT"} <= code_defaults().keys()


def test_every_variable_that_the_code_reads_is_in_the_table_and_no_other() -> None:
    assert table().keys() == code_defaults().keys()


@pytest.mark.parametrize("name", sorted(code_defaults().keys() - IN_WORDS))
def test_the_default_is_the_one_of_the_code(name: str) -> None:
    default = code_defaults()[name]
    if default:
        assert table()[name] == default


def test_the_example_environment_uses_known_variables() -> None:
    lines = (ROOT / "deploy/systemd/hub.env").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert names <= table().keys()


def test_the_units_run_what_make_up_runs() -> None:
    from hub.launcher import commands, settings

    ours = commands.of(settings.read({}))
    for name, command in (("web", ours.web), ("worker", ours.worker), ("prepare", ours.prepare)):
        unit = (ROOT / f"deploy/systemd/assistant-hub-{name}.service").read_text()
        line = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).split()
        # The worker of `make up` alone may leave out what several workers need.
        alone = {"--without-gossip", "--without-mingle", "--without-heartbeat"}
        words = {word for word in command[1:] if word.startswith("-") or ("." in word and "/" not in word)} - alone
        assert words - {settings.read({}).host} <= set(line), name


def test_the_age_of_decisions_and_the_size_of_bodies_are_told_right() -> None:
    from django.conf import settings

    from hub import shortcache

    text = (ROOT / "docs/production.md").read_text()
    assert shortcache.TTL == 4
    assert "at most 4 seconds" in text
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 2 * 1024 * 1024
    assert "up to 2 MiB" in text
