"""What an organization and its teams lay over the assistants of their members: for those who manage it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assistants import policies
from assistants.forms.overlays import NewOverlayForm, OverlayChangeForm
from assistants.models import Overlay
from assistants.services import overlaying
from assistants.services import overlays as services
from hub import keyset
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.models import Organization
from hub.views.organizations import about, visible_organization
from hub.views.personal import page_of, personal, require_or_403
from registry import lookups
from registry.domain.versions import InvalidRange

IN_ORDER = keyset.Order("overlays", ("id",))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def overlays(request: HttpRequest, slug: str) -> HttpResponse:
    """The overlays, each with how it stands now, and the form that lays another."""
    organization = _managed(request, slug)
    posted = request.POST if request.method == "POST" else None
    form = NewOverlayForm(posted, organization=organization, initial={"team": request.GET.get("team")})
    made = _made(request, organization, form) if form.is_valid() else None
    if made is not None:
        messages.success(
            request,
            _("“%(package)s” lies over the assistants of “%(of)s” within seconds.")
            % {"package": made.package, "of": made.of},
        )
        return redirect("overlays", organization.namespace.slug)
    rows = Overlay.objects.filter(organization=organization)
    listed = page_of(request, rows.select_related("organization__namespace", "team", "package__namespace"), IN_ORDER)
    ids = [one.id for one in listed.items]
    states = {one.id: one for one in overlaying.judged_for(actor_of(request), rows.filter(id__in=ids))}
    context = {
        **about(actor_of(request), organization),
        "form": form,
        "listed": listed,
        "entries": [(one, states[one.id]) for one in listed.items],
        "most": services.MAX_OVERLAYS,
    }
    return render(request, "assistants/overlay_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def edit(request: HttpRequest, slug: str, overlay_id: int) -> HttpResponse:
    """Lay one otherwise."""
    organization = _managed(request, slug)
    found = _found(organization, overlay_id)
    stands = {"mode": found.mode, "version": found.range, "position": found.position, "is_enabled": found.is_enabled}
    form = OverlayChangeForm(request.POST if request.method == "POST" else None, initial=stands)
    if form.is_valid() and _changed(request, found, form):
        messages.success(request, _("Saved. Members get it so within seconds."))
        return redirect("overlays", organization.namespace.slug)
    context = {**about(actor_of(request), organization), "form": form, "overlay": found}
    return render(request, "assistants/overlay_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def remove(request: HttpRequest, slug: str, overlay_id: int) -> HttpResponse:
    """Ask, and then take it away."""
    organization = _managed(request, slug)
    found = _found(organization, overlay_id)
    if request.method != "POST":
        context = {
            "title": _("Take “%(package)s” away from “%(of)s”?") % {"package": found.package, "of": found.of},
            "body": _("Members get their assistants without it within seconds. The assistant itself stays."),
            "submit": _("Take it away"),
            "cancel_url": reverse("overlays", args=[organization.namespace.slug]),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.remove(by=actor_of(request), overlay=found)
    except (services.Gone, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It lies over nothing any more."))
    return redirect("overlays", organization.namespace.slug)


def _managed(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request, slug)
    require_or_403(policies.may_manage_overlays(actor_of(request), organization))
    return organization


def _found(organization: Organization, overlay_id: int) -> Overlay:
    rows = Overlay.objects.select_related(
        "organization__namespace", "team", "package__namespace", "package__latest_release"
    )
    return get_object_or_404(rows, id=overlay_id, organization=organization)


def _made(request: HttpRequest, organization: Organization, form: NewOverlayForm) -> Overlay | None:
    """The overlay that the form asks for; None if it was refused, which is then an error of the form."""
    by, values = actor_of(request), form.cleaned_data
    namespace, _slash, name = values["package"].partition("/")
    try:
        package = lookups.package(by, namespace, name)
        return services.add(by=by, organization=organization, package=package, setup=form.setup(), team=values["team"])
    except Http404:
        form.add_error("package", _("There is no such assistant that you may read."))
    except services.NotForAll as error:
        form.add_error("package", str(error))
    except InvalidRange as error:
        form.add_error("version", str(error))
    except (services.OverlayExists, services.InvalidOverlay, services.TooMany, PermissionRefused) as error:
        form.add_error(None, str(error))
    return None


def _changed(request: HttpRequest, overlay: Overlay, form: OverlayChangeForm) -> bool:
    setup = form.setup(is_enabled=form.cleaned_data["is_enabled"])
    try:
        services.change(by=actor_of(request), overlay=overlay, setup=setup)
    except InvalidRange as error:
        form.add_error("version", str(error))
    except (services.NotForAll, services.InvalidOverlay, services.Gone, PermissionRefused) as error:
        form.add_error(None, str(error))
    return not form.errors
