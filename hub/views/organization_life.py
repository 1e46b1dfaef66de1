"""Another name for an organization, its end and its return: for owners."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from hub.forms.organizations import DeleteForm, RenameForm
from hub.policies import organizations as policies
from hub.services import organization_life as services
from hub.services.namespaces import NameTaken
from hub.views.organizations import about, visible_organization
from hub.views.personal import personal, reauthenticated, require_or_403


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def rename(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the organization another name."""
    organization, by = visible_organization(request, slug), actor_of(request)
    require_or_403(policies.may_rename(by, organization))
    form = RenameForm(request.POST if request.method == "POST" else None, present=organization.namespace.slug)
    if form.is_valid():
        try:
            services.rename(by=by, organization=organization, slug=form.cleaned_data["slug"])
        except slugs.InvalidName as error:
            form.add_error("slug", str(error))
        except NameTaken:
            form.add_error("slug", _("This name is, or once was, another person's or organization's."))
        except PermissionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("It is called “%(name)s” now.") % {"name": organization.namespace.slug})
            return redirect("organization", organization.namespace.slug)
    context = {**about(by, organization), "form": form}
    return render(request, "hub/organization_rename.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the name, and then close the organization."""
    organization, by = visible_organization(request, slug), actor_of(request)
    require_or_403(policies.may_delete(by, organization))
    form = DeleteForm(request.POST if request.method == "POST" else None, present=organization.namespace.slug)
    if form.is_valid():
        try:
            services.delete(by=by, organization=organization)
        except PermissionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("“%(name)s” is deleted. Restore it below.") % {"name": organization.name})
            return redirect("organizations")
    context = {**about(by, organization), "form": form, "until": services.grace_end()}
    return render(request, "hub/organization_delete.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    """Bring a deleted organization back. To those who may not, it is not there."""
    by = actor_of(request)
    rows = policies.restorable_by(by).select_related("namespace")
    organization = get_object_or_404(rows, namespace__slug=slugs.normalize(slug))
    if request.method != "POST":
        return redirect("organizations")
    try:
        services.restore(by=by, organization=organization)
    except (PermissionRefused, services.NotDeleted) as error:
        messages.error(request, str(error))
        return redirect("organizations")
    messages.success(request, _("“%(name)s” is back as it was.") % {"name": organization.name})
    return redirect("organization", organization.namespace.slug)
