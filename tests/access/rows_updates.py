"""Rows of an assistant's updates, its locks, and what an organization lets its assistants be made of."""

from __future__ import annotations

from tests.access.rows_registry import HELPER, IT, calling, changing, fetching, reading
from tests.access.table import MANAGERS, MEMBERS, Row, api, page

UPDATES = ("assistants.update-policy.update",)
USAGE = ("assistants.usage-policy.update",)
FLOATING = {"mode": "floating", "min_age_hours": 4, "merges": "none"}
POLICY = "organizations/<str:slug>/usage-policy"

ROWS: tuple[Row, ...] = (
    reading(f"{IT}/locks", parameters=HELPER),
    changing("GET", f"{IT}/updates", MANAGERS, parameters=HELPER),
    changing("POST", f"{IT}/updates", MANAGERS, done=302, parameters=HELPER, data=FLOATING, audit=UPDATES),
    fetching(f"assistants/{IT}/updates", parameters=HELPER),
    calling("PUT", f"assistants/{IT}/updates", MANAGERS, parameters=HELPER, data=FLOATING, audit=UPDATES),
    fetching(f"assistants/{IT}/locks", parameters=HELPER),
    fetching(f"assistants/{IT}/difference", parameters=HELPER),
    page("GET", POLICY, MANAGERS),
    page("POST", POLICY, MANAGERS, done=302, data={"min_age_hours": "4", "denied": "evil/*"}, audit=USAGE),
    api("GET", POLICY, MEMBERS, others={"service": 200}),
    api("PUT", POLICY, MANAGERS, data={"denied": ["evil/*"]}, audit=USAGE),
)
