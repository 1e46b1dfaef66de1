"""An organization's mirrors, for those who manage its packages."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub import keyset
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.models import Organization
from hub.views.organizations import about, visible_organization
from hub.views.personal import page_of, personal, require_or_403
from registry import policies
from registry.domain.mirrors import InvalidPatterns
from registry.forms.mirrors import MirrorForm
from registry.models import Mirror, MirroredPackage
from registry.services import mirrors as services

IN_ORDER = keyset.Order("mirrors", ("id",))
BY_NAME = keyset.Order("mirrored", ("upstream_name", "id"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def mirrors(request: HttpRequest, slug: str) -> HttpResponse:
    """List the mirrors, and set one up."""
    organization = _managed(request, slug)
    form = MirrorForm(request.POST if request.method == "POST" else None)
    made = _made(request, organization, form) if form.is_valid() else None
    if made is not None:
        messages.success(request, _("It is followed from now on; the first look at it comes within minutes."))
        return redirect("mirror", organization.namespace.slug, made.id)
    listed = page_of(request, Mirror.objects.filter(namespace=organization.namespace), IN_ORDER)
    context = {**about(actor_of(request), organization), "form": form, "listed": listed}
    return render(request, "registry/mirror_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD"])
@personal
def mirror(request: HttpRequest, slug: str, mirror_id: int) -> HttpResponse:
    """Show a mirror, what its last run did, and what it has brought."""
    organization = _managed(request, slug)
    found = _found(organization, mirror_id)
    rows = MirroredPackage.objects.filter(mirror=found, package__deleted_at=None).select_related("package__namespace")
    context = {
        **about(actor_of(request), organization),
        "mirror": found,
        "listed": page_of(request, rows, BY_NAME),
        "counts": sorted(found.report.get("counts", {}).items()),
        "notes": [one for one in found.report.get("notes", []) if one["why"]],
    }
    return render(request, "registry/mirror_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def run(request: HttpRequest, slug: str, mirror_id: int) -> HttpResponse:
    """Look for changes now, and lead to the page that shows how far that is."""
    found = _found(_managed(request, slug), mirror_id)
    if request.method == "POST":
        try:
            return redirect("job", services.run_now(by=actor_of(request), mirror=found).id)
        except (PermissionRefused, services.TooSoon, services.Gone) as error:
            messages.error(request, str(error))
    return redirect("mirror", found.namespace.slug, found.id)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def delete(request: HttpRequest, slug: str, mirror_id: int) -> HttpResponse:
    """Ask, and then follow no longer."""
    found = _found(_managed(request, slug), mirror_id)
    if request.method != "POST":
        context = {
            "title": _("Stop following “%(url)s”?") % {"url": found.base_url},
            "body": _("What was mirrored stays, and nothing changes it any more but you."),
            "submit": _("Stop following"),
            "cancel_url": reverse("mirror", args=[found.namespace.slug, found.id]),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.delete(by=actor_of(request), mirror=found)
    except (PermissionRefused, services.Gone) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is followed no longer."))
    return redirect("mirrors", found.namespace.slug)


def _managed(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request, slug)
    require_or_403(policies.may_mirror(actor_of(request), organization.namespace))
    return organization


def _found(organization: Organization, mirror_id: int) -> Mirror:
    rows = Mirror.objects.select_related("namespace__organization", "made_by", "job")
    return get_object_or_404(rows, id=mirror_id, namespace=organization.namespace)


def _made(request: HttpRequest, organization: Organization, form: MirrorForm) -> Mirror | None:
    """The mirror that the form asks for; None if it was refused, which is then an error of the form."""
    try:
        return services.create(by=actor_of(request), namespace=organization.namespace, setup=form.setup())
    except (services.InvalidUrl, services.MirrorExists) as error:
        form.add_error("base_url", str(error))
    except InvalidPatterns as error:
        form.add_error("patterns", str(error))
    except (services.InvalidMirror, services.TooMany, PermissionRefused) as error:
        form.add_error(None, str(error))
    return None
