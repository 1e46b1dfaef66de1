"""The page that says why an assistant is what it is, for whoever looks at it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assistants.services import explaining
from assistants.views import explanations
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.pages.frames import frame
from registry import lookups
from registry.domain.versions import InvalidRange


@require_safe
def explanation(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Why each requirement got its version and nothing newer, what was overridden, what lies over it. `?version=`, `?scope=`."""
    actor = actor_of(request)
    found = lookups.package(actor, namespace, name, kind="assistant")
    version, scope = request.GET.get("version", "latest"), request.GET.get("scope", "")
    if "\0" in version:
        raise Http404
    context = frame(actor, found, "explanation") | {"scope": scope, "scopes": explaining.scopes_of(actor)}
    if found.latest_release is not None or version not in ("", "latest"):
        try:
            explained = explaining.explain(actor, found.namespace.slug, found.name, version, scope)
            context["shown"] = explanations.shown(explained)
        except InvalidRange:
            raise Http404 from None
        except PermissionRefused as error:
            context["refusal"] = str(error)
    return render(request, "assistants/explanation.html", context)
