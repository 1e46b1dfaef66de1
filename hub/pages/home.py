"""The front page."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.actors import Actor
from hub.context import actor_of
from hub.pages import usage
from registry import catalogue
from registry.kinds import KINDS
from registry.models import Package
from registry.views.lists import light

NEWEST = 6
STARTERS = 3
COUNTED = 200  # packages of each kind; what is beyond is “more”
STARTER_NAMESPACE = "starter"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the hub is, how to point a client at it, and what there is."""
    actor = actor_of(request)
    starters = catalogue.find(actor, catalogue.Search(kind="assistant", namespace=STARTER_NAMESPACE))
    newest = catalogue.find(actor, catalogue.Search()).filter(latest_release__isnull=False)
    context = {
        "counts": _counts(actor),
        "starters": light(starters).order_by("name", "id")[:STARTERS],
        "newest": light(newest).order_by("-updated_at", "-id")[:NEWEST],
        "command": usage.client_command(f"--config {settings.DEFAULT_ASSISTANT}"),
    }
    return render(request, "pages/home.html", context)


def _counts(actor: Actor) -> list[dict[str, Any]]:
    """How many packages of each kind the reader may see, as far as COUNTED. One query, whatever the catalogue's size."""
    visible = Package.objects.visible_to(actor).order_by().values_list("kind")
    first, *others = (visible.filter(kind=kind)[: COUNTED + 1] for kind in KINDS)
    found = Counter(kind for (kind,) in first.union(*others, all=True))
    return [
        {"kind": kind, "count": min(found[kind.name], COUNTED), "more": found[kind.name] > COUNTED}
        for kind in KINDS.values()
    ]
