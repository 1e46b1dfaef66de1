"""Publishing: a new package with its first release, and further releases."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from registry.domain.versions import Version
from registry.forms.refusals import refusals_on
from registry.forms.releases import PackageForm, ReleaseForm
from registry.kinds import KINDS
from registry.models import Package, Release
from registry.services import publications, releases
from registry.views.access import for_publishers
from registry.views.forms import posted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest) -> HttpResponse:
    """Choose a kind (`?kind=`), then publish a new package with its first release."""
    if "kind" not in request.GET:
        return render(request, "registry/publish_kind.html", {"kinds": KINDS.values()})
    kind = KINDS.get(request.GET["kind"])
    if kind is None:
        raise Http404
    actor = actor_of(request)
    initial = {"namespace": request.GET.get("namespace", actor.label), "version": "1.0.0", "manifest": kind.example}
    form = PackageForm(posted(request), request.FILES or None, actor=actor, kind=kind, initial=initial)
    if form.is_valid():
        with refusals_on(form):
            release = publications.publish_new(by=actor, kind=kind.name, **form.content(), **form.package_values())
            return _published(request, release)
    context = {"form": form, "kind": kind}
    return render(request, "registry/publish.html", context, status=422 if form.is_bound else 200)


@for_publishers
@require_http_methods(["GET", "HEAD", "POST"])
def new_release(request: HttpRequest, package: Package) -> HttpResponse:
    """Publish the next release, starting from the latest one's texts."""
    form = ReleaseForm(posted(request), request.FILES or None, kind=KINDS[package.kind], initial=from_latest(package))
    if form.is_valid():
        with refusals_on(form):
            release = releases.publish(by=actor_of(request), package=package, fix=form.fix(), **form.content())
            return _published(request, release)
    context = {"form": form, "package": package, "kind": KINDS[package.kind]}
    return render(request, "registry/release_form.html", context, status=422 if form.is_bound else 200)


def _published(request: HttpRequest, release: Release) -> HttpResponse:
    messages.success(request, _("Published %(release)s.") % {"release": release})
    for warning in release.warnings:
        place = _("line %(line)s, column %(column)s") % {"line": warning["line"], "column": warning["column"]}
        messages.warning(request, f"{warning['message']} {warning['mend']} ({place})")
    found = sum(finding["severity"] == "warning" for finding in release.findings)
    if found:
        words = ngettext(
            "The checks warn of %(count)d thing. It is listed with the release.",
            "The checks warn of %(count)d things. They are listed with the release.",
            found,
        )
        messages.warning(request, words % {"count": found})
    return redirect("package", release.package.namespace.slug, release.package.name)


def from_latest(package: Package) -> dict[str, str]:
    """What the editor of the next release starts with: the latest one's texts, or the kind's example."""
    latest = package.latest_release
    if latest is None:
        return {"version": "1.0.0", "manifest": KINDS[package.kind].example}
    return {"version": _next(latest.parsed_version()), "manifest": latest.manifest, "readme": latest.readme}


def _next(version: Version) -> str:
    """The smallest version to propose: the patch after a stable one, or the stable one a prerelease leads to."""
    major, minor, patch = version.numbers
    return f"{major}.{minor}.{patch if version.is_prerelease else patch + 1}"
