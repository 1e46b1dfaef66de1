"""How many bytes the busiest addresses answer with, recorded in a file and compared.

A page that grows by a tenth is looked at, then recorded with `RECORD_RENDERED_SIZES=1 make test ARGS=…`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.test import Client

from hub.actors import Actor
from hub.models import Namespace
from registry.models import Package
from tests.contracts.test_query_counts import ADDRESSES, IN_A_SCOPE, lay_over

RECORDED = Path(__file__).with_name("rendered_sizes.json")
PAGES = ("/acme/helper/explanation", "/organizations/acme/overlays")
# Times, tokens and counts have more or fewer digits from one run to the next.
TOLERANCE = 0.1
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sizes(api: Callable[..., Any], browser: Client, addresses: tuple[str, ...], actor: Actor) -> dict[str, int]:
    """The bytes of each answer: pages for a browser, the rest for a program."""
    found = {}
    for address in addresses:
        is_page = not address.startswith(("/api/", "/ide/", "/registry/"))
        answer = browser.get(address) if is_page else api("get", address, actor)
        assert answer.status_code == 200, address
        found[address] = len(answer.content)
    return found


def test_busy_addresses_answer_with_as_many_bytes_as_recorded(
    build_package: Callable[..., Package],
    build_assistant: Callable[..., Package],
    api: Callable[..., Any],
    owner: Actor,
    acme: Namespace,
) -> None:
    for name in ("style", "tests", "errors"):
        build_package(name, "1.0.0", "1.1.0")
    # Not the assistant of the counted queries: its bundle would be in this process's memory already.
    build_assistant("helper", "rules:\n  - uses: acme/style@^1.0\n  - uses: acme/tests\n  - Be brief.\n")
    browser = Client()
    browser.force_login(owner.user, backend=BACKEND)
    found = sizes(api, browser, ADDRESSES, owner)
    lay_over(acme.organization, build_assistant, owner)
    scoped = sizes(api, browser, (*IN_A_SCOPE, *PAGES), owner)
    found |= {f"in a scope: {address}": size for address, size in scoped.items()}
    if os.environ.get("RECORD_RENDERED_SIZES"):
        RECORDED.write_text(json.dumps(found, indent=2) + "\n")
    recorded = json.loads(RECORDED.read_text())
    assert found.keys() == recorded.keys()
    grown = {
        address: (recorded[address], size)
        for address, size in found.items()
        if abs(size - recorded[address]) > TOLERANCE * recorded[address]
    }
    assert not grown, grown
