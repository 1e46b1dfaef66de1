"""Rows of mirrors: for those who manage an organization's packages."""

from __future__ import annotations

from typing import Any

from hub.actors import Actor
from hub.models import Organization
from registry.services import mirrors
from tests.access.table import MANAGERS, Row, api, page

ALL = "organizations/<str:slug>/mirrors"
ONE = f"{ALL}/<int:mirror_id>"
NEW = {"upstream": "hub", "base_url": "https://other.example.com", "visibility": "internal", "interval_hours": 24}

ROWS: tuple[Row, ...] = (
    page("GET", ALL, MANAGERS),
    page("POST", ALL, MANAGERS, done=302, data=NEW, audit=("registry.mirror.create",)),
    page("GET", ONE, MANAGERS),
    page("GET", f"{ONE}/run", MANAGERS, done=302),
    page("POST", f"{ONE}/run", MANAGERS, done=302, audit=("registry.mirror.run",)),
    page("GET", f"{ONE}/delete", MANAGERS),
    page("POST", f"{ONE}/delete", MANAGERS, done=302, audit=("registry.mirror.delete",)),
    api("GET", ALL, MANAGERS),
    api("POST", ALL, MANAGERS, done=201, data=NEW, audit=("registry.mirror.create",)),
    api("GET", ONE, MANAGERS),
    api("DELETE", ONE, MANAGERS, done=204, audit=("registry.mirror.delete",)),
    api("POST", f"{ONE}/run", MANAGERS, done=202, audit=("registry.mirror.run",)),
)


def furnish(owner: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """A mirror of acme."""
    setup = mirrors.Setup("hub", "https://hub.example.com")
    parameters["mirror_id"] = mirrors.create(by=owner, namespace=acme.namespace, setup=setup).id
