"""The repositories that feed a namespace: an organization's, among its pages, or a person's own, among the settings.

Every view takes the organization's `slug`, or none for the person's own namespace.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.models import Namespace
from hub.views.organizations import about, visible_organization
from hub.views.personal import page_of, personal, reauthenticated, require_or_403, signed_in
from registry import policies
from registry.forms.git_sources import EntryFilterForm, GitSourceEditForm, GitSourceForm
from registry.models import GitSource, SyncEntry, SyncRun
from registry.services import git_sources as services
from registry.services import git_syncs
from registry.views.forms import posted

NEWEST = keyset.Order("sync-history", ("-id",))
BY_PATH = keyset.Order("sync-report", ("path", "id"))
REFUSALS = (services.Exists, services.TooMany, services.Gone, PermissionRefused)


class Place:
    """A namespace's pages: how they are framed, and where they are."""

    def __init__(self, request: HttpRequest, slug: str | None) -> None:
        self.by = actor_of(request)
        self.slug = slug
        self.namespace: Namespace
        if slug is None:
            self.namespace = signed_in(request).namespace
            self.context: dict[str, Any] = {"frame": "hub/settings_base.html"}
        else:
            organization = visible_organization(request, slug)
            self.namespace = organization.namespace
            self.context = {"frame": "hub/organization_base.html", **about(self.by, organization)}
        require_or_403(policies.may_see_sources(self.by, self.namespace))
        self.context |= {
            "namespace": self.namespace,
            "manages_sources": bool(policies.may_manage_sources(self.by, self.namespace)),
            "sources_url": self.url("sources"),
        }

    def url(self, name: str, *arguments: object) -> str:
        """The address of one of the pages."""
        route = f"my-{name}" if self.slug is None else name
        return reverse(route, args=[*([] if self.slug is None else [self.slug]), *arguments])

    def require_managing(self) -> None:
        """Answer 403 to who only looks."""
        require_or_403(policies.may_manage_sources(self.by, self.namespace))

    def source(self, source_id: int) -> GitSource:
        """One of the namespace's sources. Raises Http404."""
        found = get_object_or_404(self.namespace.git_sources.select_related("connected_by"), id=source_id)
        found.namespace = self.namespace
        return found

    def about(self, source: GitSource) -> dict[str, Any]:
        """What the pages about one source show, with the addresses that they lead to."""
        names = ("source", "source-edit", "source-sync", "source-rotate", "source-disconnect")
        urls = {name.replace("-", "_") + "_url": self.url(name, source.id) for name in names}
        return {**self.context, **urls, "source": source, "hook_url": services.hook_url(source)}


@require_safe
@personal
def sources(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """The connected repositories."""
    place = Place(request, slug)
    rows = place.namespace.git_sources.all()
    newest = {
        run.source_id: run
        for run in SyncRun.objects.filter(source__in=rows).order_by("source_id", "-id").distinct("source_id")
    }
    entries = [(source, newest.get(source.id), place.url("source", source.id)) for source in rows]
    context = {**place.context, "entries": entries, "new_url": place.url("source-new")}
    return render(request, "registry/source_list.html", context)


@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def new(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Connect a repository."""
    place = Place(request, slug)
    place.require_managing()
    form = GitSourceForm(posted(request))
    if form.is_valid():
        try:
            made = services.connect(
                by=place.by,
                namespace=place.namespace,
                url=form.cleaned_data["url"],
                setup=form.setup(),
                credential=form.credential(),
            )
            git_syncs.ask(by=place.by, source=made.source)
        except services.InvalidSource as error:
            form.add_error(error.field, str(error))
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            return _secret_page(request, place, made)
    context = {**place.context, "form": form}
    return render(request, "registry/source_new.html", context, status=422 if form.errors else 200)


@require_safe
@personal
def source(request: HttpRequest, source_id: int, slug: str | None = None) -> HttpResponse:
    """How a source is set, how far its sync is, and what the last one did."""
    place = Place(request, slug)
    found = place.source(source_id)
    run = found.runs.exclude(state=SyncRun.State.QUEUED).order_by("-id").first() or found.runs.order_by("-id").first()
    if request.GET.get("part") == "progress":
        return render(request, "registry/source_detail.html#progress", _progress(place, found))
    context = {**_progress(place, found), **place.about(found), "run": run}
    history = page_of(request, found.runs.all(), NEWEST)
    context |= {
        "listed": history,
        "history": [(one, place.url("source-run", found.id, one.id)) for one in history.items],
    }
    return render(request, "registry/source_detail.html", context)


@require_safe
@personal
def run(request: HttpRequest, source_id: int, run_id: int, slug: str | None = None) -> HttpResponse:
    """The report of one sync."""
    place = Place(request, slug)
    found = place.source(source_id)
    shown = get_object_or_404(found.runs, id=run_id)
    form = EntryFilterForm(request.GET)
    if not form.is_valid():
        raise BadRequest("There is no such outcome.")
    rows = SyncEntry.objects.filter(run=shown)
    outcome = form.cleaned_data["outcome"]
    listed = page_of(request, rows.filter(outcome=outcome) if outcome else rows, BY_PATH)
    if outcome:
        before, after = (url and f"{url}&outcome={outcome}" for url in (listed.previous_url, listed.next_url))
        listed = replace(listed, previous_url=before, next_url=after)
    context = {**place.about(found), "run": shown, "listed": listed, "form": form, "filtered": bool(outcome)}
    context |= {"run_url": place.url("source-run", found.id, shown.id)}
    return render(request, "registry/source_run.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def sync(request: HttpRequest, source_id: int, slug: str | None = None) -> HttpResponse:
    """Ask for a sync."""
    place = Place(request, slug)
    found = place.source(source_id)
    if request.method == "POST":
        git_syncs.ask(by=place.by, source=found)
        messages.success(request, _("A sync is queued."))
    return redirect(place.url("source", found.id))


@sensitive_post_parameters("token")
@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def edit(request: HttpRequest, source_id: int, slug: str | None = None) -> HttpResponse:
    """Change what is synced, when, and with which credential."""
    place = Place(request, slug)
    found = place.source(source_id)
    place.require_managing()
    initial = {name: getattr(found, name) for name in (*vars(services.Setup()), "username")}
    form = GitSourceEditForm(posted(request), initial=initial, has_credential=bool(found.credential))
    if form.is_valid():
        try:
            services.change(by=place.by, source=found, setup=form.setup(), credential=form.credential())
        except services.InvalidSource as error:
            form.add_error(error.field, str(error))
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. You answer for its syncs from now on."))
            return redirect(place.url("source", found.id))
    context = {**place.about(found), "form": form}
    return render(request, "registry/source_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def rotate(request: HttpRequest, source_id: int, slug: str | None = None) -> HttpResponse:
    """Ask, and then give the webhook another secret."""
    place = Place(request, slug)
    found = place.source(source_id)
    place.require_managing()
    if request.method != "POST":
        context = {
            "title": _("Make a new webhook secret?"),
            "body": _(
                "Deliveries with the old one are refused at once. Put the new one into the Git server's settings."
            ),
            "submit": _("Make a new one"),
            "cancel_url": place.url("source", found.id),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        made = services.rotate_secret(by=place.by, source=found)
    except REFUSALS as error:
        messages.error(request, str(error))
        return redirect(place.url("sources"))
    return _secret_page(request, place, made)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def disconnect(request: HttpRequest, source_id: int, slug: str | None = None) -> HttpResponse:
    """Ask, and then forget a source."""
    place = Place(request, slug)
    found = place.source(source_id)
    place.require_managing()
    if request.method != "POST":
        context = {
            "title": _("Disconnect %(url)s?") % {"url": found.url},
            "body": _("Its credential, its webhook and its history are forgotten. Packages and releases stay."),
            "submit": _("Disconnect"),
            "cancel_url": place.url("source", found.id),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.disconnect(by=place.by, source=found)
    except REFUSALS as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Disconnected. Its packages are still there."))
    return redirect(place.url("sources"))


def _progress(place: Place, found: GitSource) -> dict[str, Any]:
    open_runs = found.runs.filter(state__in=[SyncRun.State.QUEUED, SyncRun.State.RUNNING])
    return {"open_runs": list(open_runs.order_by("id")), "source_url": place.url("source", found.id)}


def _secret_page(request: HttpRequest, place: Place, made: services.Connected) -> HttpResponse:
    """Shows the webhook's secret, once."""
    context = {**place.about(made.source), "webhook_secret": made.webhook_secret}
    response = render(request, "registry/source_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response
