"""Rows of overlays, and of what an assistant is explained to be."""

from __future__ import annotations

from typing import Any

from assistants.services import overlays
from hub.actors import Actor
from hub.models import Organization
from registry.models import Package
from tests.access.rows_registry import HELPER, IT, fetching, reading
from tests.access.table import MANAGERS, Row, api, page
from tests.access.world import _package

ALL = "organizations/<str:slug>/overlays"
ONE = f"{ALL}/<int:overlay_id>"
NEW = {"package": "acme/second-base", "version": "latest", "mode": "required"}

ROWS: tuple[Row, ...] = (
    page("GET", ALL, MANAGERS),
    page("POST", ALL, MANAGERS, done=302, data=NEW, audit=("assistants.overlay.create",)),
    page("GET", ONE, MANAGERS),
    page(
        "POST",
        ONE,
        MANAGERS,
        done=302,
        data={"version": "^1", "mode": "added", "is_enabled": "on"},
        audit=("assistants.overlay.update",),
    ),
    page("GET", f"{ONE}/remove", MANAGERS),
    page("POST", f"{ONE}/remove", MANAGERS, done=302, audit=("assistants.overlay.delete",)),
    api("GET", ALL, MANAGERS),
    api("POST", ALL, MANAGERS, done=201, data=NEW, audit=("assistants.overlay.create",)),
    api("PATCH", ONE, MANAGERS, data={"version": "^1"}, audit=("assistants.overlay.update",)),
    api("DELETE", ONE, MANAGERS, done=204, audit=("assistants.overlay.delete",)),
    fetching(f"assistants/{IT}/explanation", parameters=HELPER),
    reading(f"{IT}/explanation", parameters=HELPER),
)


def furnish(owner: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """An assistant that acme lays over those of its members, and another one that it might lay over them."""
    for name in ("first-base", "second-base"):
        _package(owner, acme, name, "rules:\n  - Ask first.\n", visibility="internal")
    first = Package.objects.select_related("namespace", "latest_release").get(name="first-base")
    parameters["overlay_id"] = overlays.add(by=owner, organization=acme, package=first).id
