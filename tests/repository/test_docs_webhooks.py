"""docs/webhooks.md says what the code does, and its way to check a signature works."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import standardwebhooks

from hub.domain import webhooks as domain
from hub.services import webhook_deliveries, webhooks
from registry import feeds
from registry.mirroring import asking
from registry.services import mirror_runs, mirrors
from tests.repository.documents import ROOT, blocks

DOCUMENT = ROOT / "docs/webhooks.md"
TEXT = DOCUMENT.read_text()


def test_the_check_of_a_signature_takes_ours_and_refuses_others() -> None:
    scope: dict[str, Any] = {}
    exec(blocks(DOCUMENT, "python")[0], scope)  # our own document
    is_genuine: Callable[[str, dict[str, str], bytes], bool] = scope["is_genuine"]
    secret, other, body, now = domain.secret_of(b"a" * 32), domain.secret_of(b"b" * 32), '{"é": 1}', time.time()

    def headers(at: float, *secrets: str) -> dict[str, str]:
        moment = datetime.fromtimestamp(at, UTC)
        signed = [standardwebhooks.Webhook(each).sign("msg_1", moment, body) for each in secrets]
        return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at)), "webhook-signature": " ".join(signed)}

    assert is_genuine(secret, headers(now, secret), body.encode())
    assert is_genuine(secret, headers(now, other, secret), body.encode())
    assert not is_genuine(secret, headers(now, other), body.encode())
    assert not is_genuine(secret, headers(now, secret), b"{}")
    assert not is_genuine(secret, headers(now - 600, secret), body.encode())


def test_the_message_has_the_shape_of_the_example() -> None:
    example = json.loads(blocks(DOCUMENT, "json")[0])
    made = json.loads(domain.payload("x", "y", domain.data_of(dict.fromkeys((*domain.FACTS, "data"), "z"))))
    assert made.keys() == example.keys()
    assert made["data"].keys() == example["data"].keys()


def test_the_figures_are_those_of_the_code() -> None:
    minutes = [int(each.total_seconds() // 60) for each in domain.WAITS]
    assert (domain.WAITS[0].seconds, minutes[1:]) == (5, [1, 5, 30, 120, 480, 1440])
    assert "about 5 seconds, 1, 5 and 30 minutes, 2, 8 and 24 hours" in TEXT
    assert f"tried {domain.MAX_TRIES} times" in TEXT
    assert f"within {webhook_deliveries.TIMEOUT:.0f} seconds" in TEXT
    assert f"At most {webhook_deliveries.PER_WEBHOOK} messages" in TEXT
    assert f"So do {webhook_deliveries.PATIENCE.days} days" in TEXT
    assert f"up to {webhooks.MAX_OVERLAP.days} days" in TEXT
    assert f"newest {feeds.MAX_ENTRIES} entries" in (ROOT / "docs/feeds.md").read_text()


def test_the_bounds_of_mirrors_are_those_of_the_code() -> None:
    text = (ROOT / "docs/mirroring.md").read_text()
    size = asking.MAX_BYTES // 2**20
    assert f"at most {size} MiB and {asking.TIMEOUT:.0f} seconds, a list at most {asking.MAX_PAGES} pages" in text
    assert (timedelta(hours=1), timedelta(hours=1)) == (mirrors.PAUSE, mirror_runs.OVERLAP)
