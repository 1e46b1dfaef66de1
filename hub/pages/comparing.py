"""Two releases of a package beside each other."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.actors import Actor
from hub.context import actor_of
from hub.pages import relations
from hub.pages.frames import frame
from registry import comparisons, lookups
from registry.domain.diffs import unified
from registry.domain.versions import InvalidRange
from registry.models import Package, Release

OFFERED = 200


@require_safe
def compare(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """What changes from one release to another: by default from the one before the latest to the latest."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    before, after = _asked(actor, found, request.GET.get("from", ""), request.GET.get("to", ""))
    as_one = request.GET.get("view") == "unified"
    context = frame(actor, found, "releases") | _offered(found, before, after) | {"as_one": as_one}
    if before is not None and after is not None and before.pk != after.pk:
        comparison = comparisons.compare(before, after)
        context["comparison"] = comparison
        context["columns"] = [
            (text, [list(unified(hunk)) for hunk in text.hunks]) for text in comparison.texts * as_one
        ]
        if found.kind == "assistant":
            context["parts"] = relations.parts_changed(actor, before, after)
    return render(request, "registry/compare.html", context)


def _asked(actor: Actor, found: Package, before: str, after: str) -> tuple[Release | None, Release | None]:
    try:
        if not after and found.latest_release is None:
            return None, None
        newer = lookups.release_to_inspect(actor, found, after)
        older = lookups.release_to_inspect(actor, found, before) if before else comparisons.previous(newer)
    except InvalidRange:
        raise Http404 from None
    # What is needed to choose an older one is little; comparing takes the texts.
    return older if older is None or before else lookups.release_to_inspect(actor, found, older.version), newer


def _offered(found: Package, before: Release | None, after: Release | None) -> dict[str, Any]:
    """What the two lists of the form hold: the newest releases, and the ones that are compared if they are older."""
    offered = comparisons.versions(found, OFFERED + 1)
    is_cut, offered = len(offered) > OFFERED, offered[:OFFERED]
    known = {one.version for one in offered}
    offered += [one for one in (before, after) if one is not None and one.version not in known]
    return {"before": before, "after": after, "offered": offered, "is_cut": is_cut}
