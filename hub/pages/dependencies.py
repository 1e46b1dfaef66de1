"""What a release needs: the releases that an assistant is made of, and what an MCP server fetches to run."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.context import actor_of
from hub.pages import relations
from hub.pages.frames import frame
from registry import lookups
from registry.domain import launchers
from registry.domain.versions import InvalidRange


@require_safe
def dependencies(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Of the latest release, or of the one under `?version=`."""
    actor = actor_of(request)
    found = lookups.package_to_inspect(actor, namespace, name)
    asked = request.GET.get("version", "")
    context = frame(actor, found, "dependencies") | {"asked": asked}
    if asked or found.latest_release is not None:
        try:
            shown = lookups.release_to_inspect(actor, found, asked)
        except InvalidRange:
            raise Http404 from None
        context["release"] = shown
        if found.kind == "assistant":
            context["locked"] = relations.locked(actor, shown)
        elif found.kind == "mcp-server":
            context["needed"] = launchers.needed(shown.content, shown.document)
    return render(request, "registry/dependencies.html", context)
