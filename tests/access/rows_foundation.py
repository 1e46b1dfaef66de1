"""Rows of jobs, and of releases that are folders: `acme/tools` is a private skill."""

from __future__ import annotations

from typing import Any

from hub.actors import Actor
from hub.models import Organization
from hub.services import jobs
from registry.services import publications
from tests.access.rows_registry import IT, fetching, reading
from tests.access.table import PUBLISHERS, Row, api, page

SKILL = "---\nname: tools\ndescription: Secret words.\n---\nMore of them.\n"
TOOLS = {"name": "tools"}
NOBODYS = {"stranger": 404, "without_sso": 404, "inside": 404}


def furnish(owner: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """A job of acme, and a skill."""
    parameters["job_id"] = jobs.start(by=owner, kind="none", namespace=acme.namespace, data={}).id
    parameters["path"] = "SKILL.md"
    publications.publish_new(
        by=owner, namespace=acme.namespace, name="tools", kind="skill", version="1.0.0", manifest=SKILL
    )


ROWS: tuple[Row, ...] = (
    page("GET", "jobs/<int:job_id>", PUBLISHERS, others=NOBODYS),
    api("GET", "jobs/<int:job_id>", PUBLISHERS | {"service"}, others=NOBODYS | {"anonymous": 404}),
    reading(f"{IT}/releases/<str:version>/files/<path:path>", parameters=TOOLS),
    fetching(f"packages/{IT}/releases/<str:version>/archive", parameters=TOOLS),
)
