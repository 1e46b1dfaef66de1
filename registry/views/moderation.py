"""What moderators of the hub see: reports that wait, and what is quarantined. To everybody else it is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.actors import Actor
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.policies.moderation import may_moderate
from hub.views.personal import Listed, page_of, personal
from registry.models import Package
from registry.services import quarantines, reports

OLDEST_FIRST = keyset.Order("reports", ("created_at", "id"))
NEWEST_PACKAGES = keyset.Order("quarantined-packages", ("-quarantined_at", "-id"))
NEWEST_RELEASES = keyset.Order("quarantined-releases", ("-quarantined_at", "-id"))


@require_safe
@personal
def moderation(request: HttpRequest) -> HttpResponse:
    """The reports that wait, the oldest first."""
    by = _moderator(request)
    return _page(request, by, "reports", page_of(request, reports.queue(by), OLDEST_FIRST))


@require_safe
@personal
def quarantined_packages(request: HttpRequest) -> HttpResponse:
    """The packages that are quarantined."""
    by = _moderator(request)
    return _page(request, by, "packages", page_of(request, quarantines.packages_seen_by(by), NEWEST_PACKAGES))


@require_safe
@personal
def quarantined_releases(request: HttpRequest) -> HttpResponse:
    """The single releases that are quarantined."""
    by = _moderator(request)
    return _page(request, by, "releases", page_of(request, quarantines.releases_seen_by(by), NEWEST_RELEASES))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def resolve(request: HttpRequest, report_id: int) -> HttpResponse:
    """Ask, and then note that something was done about a report."""
    title = _("Resolve the report on %(name)s?")
    body = _("It leaves the queue as right. Quarantine or tell the publisher first: this does neither.")
    return _decide(request, report_id, reports.resolve, title, body, _("Resolve"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def dismiss(request: HttpRequest, report_id: int) -> HttpResponse:
    """Ask, and then note that there is nothing to do about a report."""
    title = _("Dismiss the report on %(name)s?")
    return _decide(request, report_id, reports.dismiss, title, _("It leaves the queue as groundless."), _("Dismiss"))


def _decide(
    request: HttpRequest, report_id: int, deed: Callable[..., None], title: str, body: str, submit: str
) -> HttpResponse:
    by = _moderator(request)
    report = get_object_or_404(reports.queue(by), id=report_id)
    if request.method != "POST":
        context = {
            "title": title % {"name": report},
            "body": body,
            "submit": submit,
            "cancel_url": reverse("moderation"),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        deed(by=by, report=report)
    except (reports.Decided, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Done."))
    return redirect("moderation")


def _moderator(request: HttpRequest) -> Actor:
    """Who asks, if that is a moderator. Raises Http404."""
    by = actor_of(request)
    if not may_moderate(by):
        raise Http404
    return by


def _page(request: HttpRequest, by: Actor, tab: str, listed: Listed[Any]) -> HttpResponse:
    named: dict[Any, Package] = {one: one if isinstance(one, Package) else one.package for one in listed.items}
    readable = Package.objects.known_to(by).filter(id__in=[package.id for package in named.values()])
    ids = set(readable.values_list("id", flat=True))
    # Who moderates does not read everything: what is private is named here, and led to for those who may read it.
    rows = [(one, package, package.id in ids) for one, package in named.items()]
    context = {"tab": tab, "listed": listed, "rows": rows}
    return render(request, "registry/moderation.html", context)
