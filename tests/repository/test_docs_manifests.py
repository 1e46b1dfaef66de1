"""What docs/manifests.md shows can be published."""

from __future__ import annotations

import re

import pytest

from assistants.domain import composition
from assistants.services import starter
from registry.domain import manifests
from registry.domain.faults import ManifestInvalid
from registry.kinds import KINDS
from tests.support.environment import ROOT

TEXT = (ROOT / "docs" / "manifests.md").read_text()
EXAMPLES = dict(re.findall(r"\n## ([^\n]+)\n(?:(?!\n## ).)*?```(?:yaml|markdown)\n(.*?)```", TEXT, re.DOTALL))


def test_the_block_is_a_valid_rule() -> None:
    read = manifests.read_rule(EXAMPLES["A block"], "plain-errors")
    assert (read.title, read.tags) == ("Plain errors", ("errors", "style"))
    assert not read.warnings


def test_the_markdown_rule_takes_its_packages_name() -> None:
    rule = manifests.read_rule(EXAMPLES["A rule in Markdown"], "short-functions").value["rules"][0]
    assert rule["name"] == "short-functions"
    assert rule["globs"] == "**/*.py"


def test_the_assistant_uses_what_the_catalogue_has_and_gives_it_what_it_asks_for() -> None:
    read = composition.read(EXAMPLES["An assistant"])
    catalogue = {f"starter/{item.name}": item for item in starter.items()}
    for requirement in read.requirements:
        item = catalogue[requirement.package]
        block = KINDS[item.kind].read(item.manifest, item.name)
        assert set(block.inputs) == set(requirement.inputs)


def test_the_fault_is_worded_as_shown() -> None:
    text = "name: x\nversion: 1.0.0\nrules:\n  - name: a\n"
    with pytest.raises(ManifestInvalid) as refused:
        manifests.read_rule(text, "x")
    assert str(refused.value) in TEXT


@pytest.mark.parametrize("kind", ["rule", "prompt", "model", "mcp-server"])
def test_the_table_of_sections_is_right(kind: str) -> None:
    assert f"| `{kind}` | `{KINDS[kind].section}` |" in TEXT


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{manifests.MAX_BYTES // 1024} KiB of manifest" in TEXT
    assert f"{manifests.MAX_DOCUMENT_BYTES // 1024} KiB of README" in TEXT
    assert f"{composition.MAX_REQUIREMENTS} requirements" in TEXT
