"""docs/clients.md names the targets that there are, and docs/receipts.md the reasons for which a receipt is refused."""

from __future__ import annotations

import re

from assistants.targets import TARGETS, Severity
from tests.repository.documents import ROOT

CLIENTS = (ROOT / "docs/clients.md").read_text()


def test_the_table_of_clients_is_the_list_of_targets() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| .+ \|$", CLIENTS, re.MULTILINE)
    assert rows == [(target.name, target.title) for target in TARGETS.values()]
    assert all(f"`{severity}`" in CLIENTS for severity in Severity)


def test_every_reason_to_refuse_a_receipt_is_told() -> None:
    raised = set(re.findall(r'ReceiptRefused\(\s*"([a-z-]+)"', (ROOT / "assistants/domain/receipts.py").read_text()))
    table = (ROOT / "docs/receipts.md").read_text().partition("## What is refused")[2].partition("## Keys")[0]
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)*)`", table)) == raised
