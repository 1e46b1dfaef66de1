"""The locks of an assistant: what it was made of, since when, and why it changed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assistants.services import lock_history
from hub.context import actor_of
from hub.pages.frames import frame
from registry import lookups
from registry.views.paging import page_or_404

PAGE_SIZE = 30


@require_safe
def lock_list(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Every lock of every release, newest first."""
    actor = actor_of(request)
    found = lookups.package(actor, namespace, name)
    if found.kind != "assistant":
        raise Http404
    page = page_or_404(request, lock_history.of_package(actor, found), lock_history.NEWEST, PAGE_SIZE)
    context = frame(actor, found, "locks") | {"page": page, "entries": lock_history.told(actor, page.items)}
    return render(request, "assistants/locks.html", context)
