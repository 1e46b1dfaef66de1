"""Changing and deleting a package."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from registry import policies
from registry.forms.packages import DeleteForm, SettingsForm
from registry.forms.refusals import refusals_on
from registry.models import Package
from registry.services import packages
from registry.views.access import for_managers
from registry.views.forms import posted


@for_managers
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, package: Package) -> HttpResponse:
    """Summary and visibility; deleting is offered here."""
    initial = {"summary": package.summary, "visibility": package.visibility}
    form = SettingsForm(posted(request), initial=initial)
    if form.is_valid():
        with refusals_on(form):
            packages.update(by=actor_of(request), package=package, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("package-settings", package.namespace.slug, package.name)
    context = {
        "form": form,
        "delete_form": DeleteForm(package=package, auto_id="delete_%s"),
        "package": package,
        "may_quarantine": bool(policies.may_quarantine(actor_of(request), package)),
        "tab": "settings",
    }
    return render(request, "registry/settings.html", context, status=422 if form.is_bound else 200)


@for_managers
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, package: Package) -> HttpResponse:
    """Ask for the name, then delete for good."""
    form = DeleteForm(posted(request), package=package)
    if form.is_valid():
        with refusals_on(form):
            packages.delete(by=actor_of(request), package=package)
            messages.success(request, _("Deleted %(package)s.") % {"package": package})
            return redirect("namespace", package.namespace.slug)
    context = {
        "title": _("Delete %(package)s?") % {"package": package},
        "body": _("It disappears for good. Its versions can never be published again under this name."),
        "form": form,
        "submit": _("Delete for good"),
        "cancel_url": reverse("package-settings", args=[package.namespace.slug, package.name]),
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form.is_bound else 200)
