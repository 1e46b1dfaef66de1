"""Yanking a release, marking it as a fix, and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from registry.forms.refusals import refusals_on
from registry.forms.releases import FixForm, YankForm
from registry.models import Package, Release
from registry.services import releases
from registry.views.access import for_publishers
from registry.views.forms import posted


@for_publishers
@require_http_methods(["GET", "HEAD", "POST"])
def yank(request: HttpRequest, package: Package, version: str) -> HttpResponse:
    """Ask for a reason, then keep the release from being chosen again."""
    release = _release(package, version)
    form = YankForm(posted(request))
    if form.is_valid():
        with refusals_on(form):
            releases.yank(by=actor_of(request), release=release, reason=form.cleaned_data["reason"])
            messages.success(request, _("Yanked %(release)s. Existing locks keep it.") % {"release": release})
            return redirect(_address(release))
    context = {
        "title": _("Yank %(release)s?") % {"release": release},
        "body": _("Nobody gets it anew. What has it locked keeps it. You can take this back."),
        "form": form,
        "submit": _("Yank this release"),
        "cancel_url": _address(release),
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form.is_bound else 200)


@for_publishers
@require_http_methods(["GET", "HEAD", "POST"])
def unyank(request: HttpRequest, package: Package, version: str) -> HttpResponse:
    """Let a yanked release be chosen again."""
    release = _release(package, version)
    if request.method == "POST":
        releases.unyank(by=actor_of(request), release=release)
        messages.success(request, _("%(release)s can be chosen again.") % {"release": release})
        return redirect(_address(release))
    context = {
        "title": _("Let %(release)s be chosen again?") % {"release": release},
        "body": _("It was yanked: %(reason)s") % {"reason": release.yank_reason} if release.is_yanked else "",
        "submit": _("Take the yank back"),
        "cancel_url": _address(release),
    }
    return render(request, "ui/confirm_page.html", context)


@for_publishers
@require_http_methods(["GET", "HEAD", "POST"])
def mark_fix(request: HttpRequest, package: Package, version: str) -> HttpResponse:
    """Say what the release mends, or say it in other words."""
    release = _release(package, version)
    form = FixForm(posted(request), initial={"fixes": release.fix_note, "security": release.is_security_fix})
    if form.is_valid():
        with refusals_on(form):
            releases.mark_fix(by=actor_of(request), release=release, fix=form.fix())
            messages.success(request, _("%(release)s is marked as a fix.") % {"release": release})
            return redirect(_address(release))
    context = {
        "title": _("Mark %(release)s as a fix") % {"release": release},
        "body": _("Those who publish in forks that do not have it yet are told."),
        "form": form,
        "submit": _("Mark it"),
        "cancel_url": _address(release),
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form.is_bound else 200)


@for_publishers
@require_http_methods(["GET", "HEAD", "POST"])
def unmark_fix(request: HttpRequest, package: Package, version: str) -> HttpResponse:
    """Take back that the release mends something."""
    release = _release(package, version)
    if request.method == "POST":
        releases.unmark_fix(by=actor_of(request), release=release)
        messages.success(request, _("%(release)s is not marked any more.") % {"release": release})
        return redirect(_address(release))
    context = {
        "title": _("Take the mark of %(release)s back?") % {"release": release},
        "body": _("It says: %(note)s") % {"note": release.fix_note} if release.is_fix else "",
        "submit": _("Take the mark back"),
        "cancel_url": _address(release),
    }
    return render(request, "ui/confirm_page.html", context)


def _address(release: Release) -> str:
    return reverse("release", args=[release.package.namespace.slug, release.package.name, release.version])


def _release(package: Package, version: str) -> Release:
    """The release of exactly this version: what is changed is never chosen by a range."""
    release = get_object_or_404(Release.objects.select_related("yanked_by"), package=package, version=version)
    release.package = package
    return release
