"""The audit log as pages: an organization's, for those who may read it, and a person's own."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hub.actors import Actor
from hub.api.audit import download
from hub.context import actor_of
from hub.domain.actions import HubAction
from hub.forms.activity import ActivityForm
from hub.models import AuditEvent, Organization
from hub.policies import organizations as policies
from hub.services import audit, audit_seals
from hub.services.audit_reading import NEWEST, of_namespace, of_person
from hub.views import events
from hub.views.organizations import about, visible_organization
from hub.views.personal import Listed, page_of, personal, require_or_403, signed_in


@require_safe
@personal
def organization_activity(request: HttpRequest, slug: str) -> HttpResponse:
    """What happened in an organization's namespace, newest first. Looking is recorded too."""
    found, by = _readable(request, slug)
    form = ActivityForm(request.GET)
    context = {**about(by, found), "form": form, "status": audit_seals.status()}
    if not form.is_valid():
        return render(request, "hub/organization_activity.html", context, status=422)
    filters = form.filters()
    with transaction.atomic():
        listed = _page(request, of_namespace(found.namespace, filters))
        data = {"filters": filters.used()} if filters.used() else {}
        audit.record_read(by, HubAction.AUDIT_READ, found, namespace=found.namespace, data=data)
    query = urlencode(_asked(request))
    context |= {
        "listed": listed,
        "entries": events.entries(listed.items),
        "filtered": bool(filters.used()),
        "export_url": reverse("organization-activity-export", args=[slug]) + (f"?{query}" if query else ""),
    }
    return render(request, "hub/organization_activity.html", context)


@require_safe
@personal  # type: ignore[arg-type]  # a stream, which the decorators pass on like any answer
def export(request: HttpRequest, slug: str) -> HttpResponse | StreamingHttpResponse:
    """The same as a file of JSON Lines, with the seals by which it can be checked."""
    found, by = _readable(request, slug)
    form = ActivityForm(request.GET)
    if not form.is_valid():
        context = {**about(by, found), "form": form, "status": audit_seals.status()}
        return render(request, "hub/organization_activity.html", context, status=422)
    return download(by, found, form.filters())


@require_safe
@personal
def personal_activity(request: HttpRequest) -> HttpResponse:
    """What the person did and what happened to the account, newest first."""
    form = ActivityForm(request.GET)
    if not form.is_valid():
        return render(request, "hub/activity.html", {"form": form}, status=422)
    filters = form.filters()
    listed = _page(request, of_person(signed_in(request), filters))
    context = {
        "form": form,
        "listed": listed,
        "entries": events.entries(listed.items),
        "filtered": bool(filters.used()),
    }
    return render(request, "hub/activity.html", context)


def _readable(request: HttpRequest, slug: str) -> tuple[Organization, Actor]:
    found, by = visible_organization(request, slug), actor_of(request)
    require_or_403(policies.may_read_audit(by, found))
    return found, by


def _page(request: HttpRequest, rows: QuerySet[AuditEvent]) -> Listed[AuditEvent]:
    """A page of the rows whose links keep the filters."""
    listed = page_of(request, rows, NEWEST)
    more = urlencode(_asked(request))
    previous, following = (f"{url}&{more}" if url and more else url for url in (listed.previous_url, listed.next_url))
    return replace(listed, previous_url=previous, next_url=following)


def _asked(request: HttpRequest) -> dict[str, str]:
    """The filters as the address has them."""
    return {name: value for name in ActivityForm.base_fields if (value := request.GET.get(name))}
