"""Rows of webhooks: of acme for those who run it, and everybody's own."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from hub.actors import Actor
from hub.models import DeliveryState, Organization, WebhookDelivery
from hub.services import webhooks
from tests.access.table import MANAGERS, PEOPLE, Row, api, own, page

ORG = "organizations/<str:slug>/webhooks"
HOOK = f"{ORG}/<int:webhook_id>"
SENT = f"{HOOK}/deliveries/<int:delivery_id>"
MINE = "settings/webhooks"
MY_HOOK = f"{MINE}/<int:webhook_id>"
MY_SENT = f"{MY_HOOK}/deliveries/<int:delivery_id>"
OWN = {"webhook_id": "$own_webhook_id", "delivery_id": "$own_delivery_id"}
NEW = {"url": "https://example.com/hook", "events": ["registry.release.*"]}
SAVED = NEW | {"is_enabled": "on"}
# Nobody's organization asks for more than the person's own sign-in here.
EVERYBODYS = {"stranger": 200, "without_sso": 200}

PAGES: tuple[Row, ...] = (
    page("GET", ORG, MANAGERS),
    page("POST", ORG, MANAGERS, data=NEW, audit=("hub.webhook.create",)),
    page("GET", HOOK, MANAGERS),
    page("POST", HOOK, MANAGERS, done=302, data=SAVED, audit=("hub.webhook.update",)),
    page("GET", f"{HOOK}/delete", MANAGERS),
    page("POST", f"{HOOK}/delete", MANAGERS, done=302, audit=("hub.webhook.delete",)),
    page("GET", f"{HOOK}/rotate", MANAGERS),
    page("POST", f"{HOOK}/rotate", MANAGERS, data={"overlap": "24"}, audit=("hub.webhook.rotate",)),
    page("GET", f"{HOOK}/test", MANAGERS, done=302),
    page("POST", f"{HOOK}/test", MANAGERS, done=302, audit=("hub.webhook.test",)),
    page("GET", SENT, MANAGERS),
    page("GET", f"{SENT}/replay", MANAGERS, done=302),
    page("POST", f"{SENT}/replay", MANAGERS, done=302, audit=("hub.webhook.replay",)),
    page("GET", MINE, PEOPLE, others=EVERYBODYS),
    page("POST", MINE, PEOPLE, data=NEW, audit=("hub.webhook.create",), others=EVERYBODYS),
    own("GET", MY_HOOK, 200, parameters=OWN),
    own("POST", MY_HOOK, 302, parameters=OWN, data=SAVED, audit=("hub.webhook.update",)),
    own("GET", f"{MY_HOOK}/delete", 200, parameters=OWN),
    own("POST", f"{MY_HOOK}/delete", 302, parameters=OWN, audit=("hub.webhook.delete",)),
    own("GET", f"{MY_HOOK}/rotate", 200, parameters=OWN),
    own("POST", f"{MY_HOOK}/rotate", 200, parameters=OWN, data={"overlap": "24"}, audit=("hub.webhook.rotate",)),
    own("GET", f"{MY_HOOK}/test", 302, parameters=OWN),
    own("POST", f"{MY_HOOK}/test", 302, parameters=OWN, audit=("hub.webhook.test",)),
    own("GET", MY_SENT, 200, parameters=OWN),
    own("GET", f"{MY_SENT}/replay", 302, parameters=OWN),
    own("POST", f"{MY_SENT}/replay", 302, parameters=OWN, audit=("hub.webhook.replay",)),
)
REST: tuple[Row, ...] = (
    api("GET", ORG, MANAGERS),
    api("POST", ORG, MANAGERS, done=201, data=NEW, audit=("hub.webhook.create",)),
    api("GET", HOOK, MANAGERS),
    api("PATCH", HOOK, MANAGERS, data={"is_enabled": False}, audit=("hub.webhook.update",)),
    api("DELETE", HOOK, MANAGERS, done=204, audit=("hub.webhook.delete",)),
    api("POST", f"{HOOK}/rotate", MANAGERS, done=201, audit=("hub.webhook.rotate",)),
    api("POST", f"{HOOK}/test", MANAGERS, done=202, audit=("hub.webhook.test",)),
    api("GET", f"{HOOK}/deliveries", MANAGERS),
    api("GET", SENT, MANAGERS),
    api("POST", f"{SENT}/replay", MANAGERS, done=202, audit=("hub.webhook.replay",)),
)
ROWS = (*PAGES, *REST)


def furnish(owner: Actor, acme: Organization, parameters: dict[str, Any]) -> None:
    """A webhook of acme and one of its owner's own, each with a message that has arrived."""
    assert owner.user is not None
    for prefix, namespace in (("", acme.namespace), ("own_", owner.user.namespace)):
        # No pattern of anything that other rows do: the webhook's own deliveries are not theirs to count.
        made = webhooks.create(by=owner, namespace=namespace, url="https://example.com/", events=["registry.grant.*"])
        now = timezone.now()
        sent = WebhookDelivery.objects.create(
            webhook=made.webhook,
            event_type="webhook.test",
            body="{}",
            state=DeliveryState.DELIVERED,
            due_at=now,
            created_at=now,
            delivered_at=now,
        )
        parameters |= {f"{prefix}webhook_id": made.webhook.id, f"{prefix}delivery_id": sent.id}
