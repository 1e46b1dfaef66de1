"""Rows of importing."""

from __future__ import annotations

from typing import Any

from registry.services import import_uploads
from tests.access.table import PEOPLE, PUBLISHERS, api, page

RULE = b"---\ndescription: One\n---\nDo it.\n"
IT = "imports/<int:import_id>"
# Whoever does not publish in the namespace is told nothing of what was handed in for it.
UNSEEN = {"stranger": 404, "without_sso": 404, "inside": 404}
# The table's service account is a maintainer.
PROGRAMS = PUBLISHERS | {"service"}
SETTINGS = {"mcpServers": {"one": {"command": "one"}}}


def furnish(owner: Any, acme: Any, parameters: dict[str, Any]) -> None:
    """An archive that waits."""
    made = import_uploads.upload(by=owner, namespace=acme.namespace, file_name="one.mdc", chunks=[RULE])
    parameters["import_id"] = made.pk


ROWS = (
    page("GET", "imports", PEOPLE),
    page("POST", "imports", PEOPLE, done=422),
    page("GET", IT, PUBLISHERS, others=UNSEEN),
    page("GET", f"{IT}/run", PUBLISHERS, done=302, others=UNSEEN),
    page("POST", f"{IT}/run", PUBLISHERS, done=302, others=UNSEEN, audit=("registry.import.run",)),
    page("GET", f"{IT}/discard", PUBLISHERS, others=UNSEEN),
    page("POST", f"{IT}/discard", PUBLISHERS, done=302, others=UNSEEN, audit=("registry.import.discard",)),
    page("GET", f"{IT}/report", PUBLISHERS, done=404, others=UNSEEN),
    api(
        "POST",
        "imports?namespace=acme&file_name=mcp.json",
        PROGRAMS,
        done=202,
        others={"without_sso": 404},
        data=SETTINGS,
        audit=("registry.import.upload",),
    ),
    api("GET", IT, PROGRAMS, others=UNSEEN),
    api("POST", f"{IT}/run", PROGRAMS, done=202, others=UNSEEN, audit=("registry.import.run",)),
)
