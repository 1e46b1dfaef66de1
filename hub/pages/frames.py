"""What stands around every page of a package."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from hub.actors import Actor
from hub.pages import relations
from registry import lookups, policies
from registry.kinds import KINDS
from registry.models import Package

# The kinds whose releases need something else; the others stand alone.
NEEDING = ("assistant", "mcp-server")


def frame(actor: Actor, found: Package, tab: str) -> dict[str, Any]:
    """Origin, counts on the tabs, and what the reader may do."""
    may = policies.abilities(actor, found)
    return {
        "package": found,
        "kind": KINDS[found.kind],
        "tab": tab,
        "address": f"{settings.BASE_URL}/{found}",
        "upstream": relations.upstream(actor, found),
        "may_release": bool(may.release),
        "may_manage": bool(may.manage),
        "may_quarantine": bool(may.quarantine),
        "successor": lookups.successor(actor, found),
        "has_dependencies": found.kind in NEEDING,
        **relations.counts(actor, found),
    }
