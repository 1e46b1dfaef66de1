"""How many queries the busiest addresses take, recorded in a file and compared.

A change of a number is a change of cost: look at it, then record it with `RECORD_QUERY_COUNTS=1 make test ARGS=…`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistants.services import billing, overlays
from assistants.services.overlays import Setup
from hub import shortcache
from hub.actors import Actor
from hub.models import Namespace, Organization
from hub.services import teams
from registry.models import Package

RECORDED = Path(__file__).with_name("query_counts.json")
ADDRESSES = (
    "/",
    "/search?q=style",
    "/acme",
    "/acme/style",
    "/acme/helper",
    "/api/v1/me",
    "/api/v1/packages",
    "/api/v1/packages?q=style",
    "/api/v1/packages/acme/style",
    "/api/v1/packages/acme/style/releases",
    "/api/v1/packages/acme/style/releases/latest",
    "/api/v1/packages/acme/style/releases/1.0.0/manifest",
    "/api/v1/assistants/acme/helper/bundle",
    "/api/v1/assistants/acme/helper/bundle?version=%5E1.0",
    "/api/v1/assistants/acme/helper/lock",
    "/api/v1/assistants/acme/helper/bill",
    "/acme/helper/bill",
    "/api/v1/assistants/acme/helper/explanation",
    "/acme/helper/explanation",
    "/ide/get-assistant/acme/helper",
    "/ide/list-assistants",
    "/ide/list-organizations",
    "/registry/v1/acme/helper/latest",
)
# Asked once more by somebody on whom an organization's and a team's overlays lie; the first fetch makes the scope's lock.
IN_A_SCOPE = (
    "/api/v1/assistants/acme/helper/bundle",
    "/api/v1/assistants/acme/helper/lock",
    "/api/v1/assistants/acme/helper/explanation",
    "/ide/get-assistant/acme/helper",
    "/ide/list-assistants",
    "/registry/v1/acme/helper/latest",
)
MOST_WARM = 3


def queries_of(api: Callable[..., Any], address: str, actor: Actor) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert api("get", address, actor).status_code == 200, address
    return len(queries)


def measured(api: Callable[..., Any], address: str, actor: Actor) -> dict[str, int]:
    shortcache.decisions.clear()
    billing._of_bundle.cache_clear()
    cold = queries_of(api, address, actor)
    return {"cold": cold, "warm": queries_of(api, address, actor)}


def lay_over(organization: Organization, build_assistant: Callable[..., Package], owner: Actor) -> None:
    """Something required of all members, and something that a team adds."""
    team = teams.create(by=owner, organization=organization, slug="core", name="Core")
    teams.add_member(by=owner, team=team, user=owner.user)
    for name, whose, mode in (("house", None, "required"), ("tips", team, "added")):
        base = build_assistant(name, f"rules:\n  - Rule of {name}.\n", visibility="internal")
        overlays.add(by=owner, organization=organization, package=base, team=whose, setup=Setup(mode=mode))


def test_busy_addresses_take_as_many_queries_as_recorded(
    build_package: Callable[..., Package],
    build_assistant: Callable[..., Package],
    api: Callable[..., Any],
    owner: Actor,
    acme: Namespace,
) -> None:
    for name in ("style", "tests", "errors"):
        build_package(name, "1.0.0", "1.1.0")
    build_assistant("helper", "rules:\n  - uses: acme/style@^1.0\n  - uses: acme/tests\n  - uses: acme/errors\n")
    api("get", "me", owner)
    found = {address: measured(api, address, owner) for address in ADDRESSES}
    lay_over(acme.organization, build_assistant, owner)
    for address in ("/api/v1/assistants/acme/helper/bundle", "/ide/list-assistants"):
        api("get", address, owner)
    found |= {f"in a scope: {address}": measured(api, address, owner) for address in IN_A_SCOPE}
    if os.environ.get("RECORD_QUERY_COUNTS"):
        RECORDED.write_text(json.dumps(found, indent=2) + "\n")
    assert found == json.loads(RECORDED.read_text())
    assert found["/api/v1/assistants/acme/helper/bundle"]["warm"] <= MOST_WARM
    assert found["in a scope: /api/v1/assistants/acme/helper/bundle"]["warm"] == 0
