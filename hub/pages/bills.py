"""What an assistant adds to each request."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assistants.views import bills
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.pages.frames import frame
from registry import lookups
from registry.domain.versions import InvalidRange


@require_safe
def bill(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Of the latest release, or of the one under `?version=`."""
    actor = actor_of(request)
    found = lookups.package(actor, namespace, name, kind="assistant")
    asked = request.GET.get("version", "")
    context = frame(actor, found, "bill") | {"asked": asked}
    if asked or found.latest_release is not None:
        try:
            context["release"] = lookups.release(found, asked or "latest")
            context["shown"] = bills.of_release(actor, context["release"])
        except InvalidRange:
            raise Http404 from None
        except PermissionRefused as error:
            context["refusal"] = str(error)
    return render(request, "assistants/bill.html", context)
