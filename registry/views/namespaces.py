"""A person's or an organization's page."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.actors import Actor
from hub.context import actor_of
from hub.domain import slugs
from hub.models import Namespace
from hub.policies.namespaces import Standing, standing
from hub.services import domains
from registry import catalogue
from registry.kinds import KINDS
from registry.views.lists import light
from registry.views.paging import page_or_404

PAGE_SIZE = 30


@require_safe
def namespace(request: HttpRequest, namespace: str) -> HttpResponse:
    """The packages of a namespace that the reader may see."""
    actor = actor_of(request)
    found, own = namespace_for(actor, namespace)
    search = catalogue.Search(namespace=found.slug, kind=request.GET.get("kind", ""), sort="name")
    page = page_or_404(request, light(catalogue.find(actor, search)), search.order, PAGE_SIZE)
    context = {
        "namespace": found,
        "page": page,
        "kinds": KINDS.values(),
        "asked_kind": search.kind,
        "belongs": own.belongs,
        "may_publish": bool(own.publish),
        "domains": domains.of_namespace(found),
    }
    return render(request, "registry/namespace_detail.html", context)


def namespace_for(actor: Actor, slug: str) -> tuple[Namespace, Standing]:
    """The namespace, for those who belong to it or may read something in it. To others it is not there."""
    rows = Namespace.objects.select_related("user", "organization")
    found = rows.filter(slug=slugs.normalize(slug)).first()
    if found is None:
        raise Http404
    own = standing(actor, found)
    if not own.belongs and not catalogue.find(actor, catalogue.Search(namespace=found.slug)).exists():
        raise Http404
    return found, own
