"""What docs/scanning.md says of checks is so."""

from __future__ import annotations

import re
from typing import Any

from registry.checks import CHECKS, Subject, Text, running
from tests.repository.documents import ROOT, blocks

DOCUMENT = ROOT / "docs" / "scanning.md"


def test_the_example_is_a_check_that_works() -> None:
    [example] = blocks(DOCUMENT, "python")
    names: dict[str, Any] = {}
    exec(example, names)
    check = names["PLAIN_HTTP"]
    texts = (Text("manifest.yaml", "name: x\nurl: http://x.example\n"),)
    [finding] = check.run(Subject("acme/x", "rule", "1.0.0", {}, texts))
    assert (finding.check, finding.line, finding.column) == (check.name, 2, 6)


def test_every_check_is_in_the_table_and_every_limit_as_it_is() -> None:
    text = DOCUMENT.read_text()
    assert re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)[: len(CHECKS)] == list(CHECKS)
    assert f"`{running.GROUP}`" in text
    assert f"{running.SECONDS:g} seconds" in text
    assert f"keeps {running.MAX_FINDINGS} findings" in text
