"""How far a fork is behind its upstream."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.context import actor_of
from hub.pages.frames import frame
from hub.pages.packages import NEWEST_FIRST, PAGE_SIZE
from registry import lookups, policies
from registry.services import upstreams
from registry.views.paging import page_or_404


@require_safe
def upstream(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Where the package was forked from, and which changes there are missing here."""
    actor = actor_of(request)
    found = lookups.package(actor, namespace, name)
    if not found.is_fork:
        raise Http404
    standing = upstreams.standing(by=actor, package=found)
    context = frame(actor, found, "upstream") | {
        "standing": standing,
        "may_propose": actor.user is not None and bool(policies.may_propose(actor, found)),
    }
    if standing.ahead and standing.upstream and standing.point:
        rows = upstreams.missing(standing.upstream, standing.point)
        rows = rows.defer("manifest", "content", "readme", "readme_html", "changelog", "document", "files")
        context["page"] = page_or_404(request, rows, NEWEST_FIRST, PAGE_SIZE)
    return render(request, "registry/upstream.html", context)
