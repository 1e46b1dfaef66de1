"""Deprecating, archiving, quarantining and reporting: pages that ask, and then do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from hub.domain.decisions import Denied, PermissionRefused
from registry import lookups, policies
from registry.forms.lifecycle import DeprecateForm, QuarantineForm, ReportForm
from registry.models import Package, Release
from registry.services import lifecycle, quarantines, reports
from registry.services.packages import PackageGone
from registry.views.access import for_managers, for_publishers
from registry.views.forms import posted

ASKING = ["GET", "HEAD", "POST"]


@dataclass(frozen=True)
class Question:
    """What a page asks before a deed."""

    title: str
    body: str
    submit: str
    done: str
    back: str


@for_managers
@require_http_methods(ASKING)
def deprecate(request: HttpRequest, package: Package) -> HttpResponse:
    """Ask why to use something else, and say so to everybody."""
    by = actor_of(request)
    form = DeprecateForm(posted(request), actor=by, initial=_said(request, package))
    return _ask(
        request,
        _deprecating(package, _settings(package)),
        lambda: lifecycle.deprecate(by=by, package=package, **form.cleaned_data),
        form,
    )


@for_managers
@require_http_methods(ASKING)
def undeprecate(request: HttpRequest, package: Package) -> HttpResponse:
    """Take a package's deprecation back."""
    question = _undeprecating(package, _settings(package))
    return _ask(request, question, lambda: lifecycle.undeprecate(by=actor_of(request), package=package))


@for_managers
@require_http_methods(ASKING)
def archive(request: HttpRequest, package: Package) -> HttpResponse:
    """Let a package take no more releases."""
    question = Question(
        _("Archive %(name)s?") % {"name": package},
        _("It is served as before, and takes no more releases. You can take this back."),
        _("Archive it"),
        _("%(name)s takes no more releases.") % {"name": package},
        _settings(package),
    )
    return _ask(request, question, lambda: lifecycle.archive(by=actor_of(request), package=package))


@for_managers
@require_http_methods(ASKING)
def unarchive(request: HttpRequest, package: Package) -> HttpResponse:
    """Let an archived package take releases again."""
    question = Question(
        _("Take %(name)s out of the archive?") % {"name": package},
        _("It takes releases again."),
        _("Unarchive it"),
        _("%(name)s takes releases again.") % {"name": package},
        _settings(package),
    )
    return _ask(request, question, lambda: lifecycle.unarchive(by=actor_of(request), package=package))


@for_publishers
@require_http_methods(ASKING)
def deprecate_release(request: HttpRequest, package: Package, version: str) -> HttpResponse:
    """As `deprecate`, for one release."""
    by, release = actor_of(request), _exactly(package, version)
    form = DeprecateForm(posted(request), actor=by, initial=_said(request, release))
    return _ask(
        request,
        _deprecating(release, _page(package, release)),
        lambda: lifecycle.deprecate_release(by=by, release=release, **form.cleaned_data),
        form,
    )


@for_publishers
@require_http_methods(ASKING)
def undeprecate_release(request: HttpRequest, package: Package, version: str) -> HttpResponse:
    """Take a release's deprecation back."""
    release = _exactly(package, version)
    question = _undeprecating(release, _page(package, release))
    return _ask(request, question, lambda: lifecycle.undeprecate_release(by=actor_of(request), release=release))


@never_cache
@login_required
@require_http_methods(ASKING)
def quarantine(request: HttpRequest, namespace: str, name: str, version: str = "") -> HttpResponse:
    """Ask for a reason, then refuse every use of the package, or of one release."""
    by, package = actor_of(request), _to_quarantine(request, namespace, name)
    release = _exactly(package, version) if version else None
    form = QuarantineForm(posted(request))
    thing = release or package
    question = Question(
        _("Quarantine %(name)s?") % {"name": thing},
        _("Within seconds nobody fetches it any more, also not inside of assistants that have it locked."),
        _("Quarantine it"),
        _("%(name)s is quarantined.") % {"name": thing},
        _back(request, package, release),
    )
    return _ask(
        request,
        question,
        lambda: quarantines.impose(by=by, package=package, release=release, **form.cleaned_data),
        form,
    )


@never_cache
@login_required
@require_http_methods(ASKING)
def unquarantine(request: HttpRequest, namespace: str, name: str, version: str = "") -> HttpResponse:
    """Let what is quarantined be used again."""
    by, package = actor_of(request), _to_quarantine(request, namespace, name)
    release = _exactly(package, version) if version else None
    thing = release or package
    question = Question(
        _("Lift the quarantine of %(name)s?") % {"name": thing},
        _("It was quarantined: %(reason)s") % {"reason": thing.quarantine_reason} if thing.is_quarantined else "",
        _("Lift it"),
        _("%(name)s can be used again.") % {"name": thing},
        _back(request, package, release),
    )
    return _ask(request, question, lambda: quarantines.lift(by=by, package=package, release=release))


@never_cache
@login_required
@require_http_methods(ASKING)
def report(request: HttpRequest, namespace: str, name: str, version: str = "") -> HttpResponse:
    """Tell the moderators what is wrong with the package, or with one release."""
    by = actor_of(request)
    package = lookups.package(by, namespace, name)
    release = lookups.release(package, _exactly(package, version).version) if version else None
    form = ReportForm(posted(request))
    question = Question(
        _("Report %(name)s") % {"name": release or package},
        _("For what is harmful or misleading. Tell whoever publishes it about ordinary faults."),
        _("Report it"),
        _("Thank you. The moderators will look at it."),
        _page(package, release),
    )
    return _ask(
        request, question, lambda: reports.file(by=by, package=package, release=release, **form.cleaned_data), form
    )


def _ask(
    request: HttpRequest, question: Question, deed: Callable[[], object], form: forms.Form | None = None
) -> HttpResponse:
    """The page that asks; once answered, the deed, or why it cannot be done."""
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            deed()
        except lifecycle.InvalidWords as error:
            _refuse(request, form, error.field, str(error))
        except lifecycle.InvalidSuccessor as error:
            _refuse(request, form, "successor", str(error))
        except (PackageGone, PermissionRefused, reports.AlreadyReported, reports.TooMany) as error:
            _refuse(request, form, None, str(error))
        else:
            messages.success(request, question.done)
        if form is None or not form.errors:
            return redirect(question.back)
    context = {
        "title": question.title,
        "body": question.body,
        "form": form,
        "submit": question.submit,
        "cancel_url": question.back,
    }
    return render(request, "ui/confirm_page.html", context, status=422 if form is not None and form.errors else 200)


def _refuse(request: HttpRequest, form: forms.Form | None, field: str | None, words: str) -> None:
    if form is None:
        messages.error(request, words)
    else:
        form.add_error(field, words)


def _to_quarantine(request: HttpRequest, namespace: str, name: str) -> Package:
    actor = actor_of(request)
    package = lookups.package_to_moderate(actor, namespace, name)
    decision = policies.may_quarantine(actor, package)
    if isinstance(decision, Denied):
        raise PermissionDenied(decision.reason)
    return package


def _exactly(package: Package, version: str) -> Release:
    """The release of exactly this version, quarantined or not: what is changed is never chosen by a range."""
    release = get_object_or_404(Release, package=package, version=version)
    release.package = package
    return release


def _said(request: HttpRequest, thing: Package | Release) -> dict[str, str]:
    """What the form begins with: the deprecation as it is."""
    successor = lookups.successor(actor_of(request), thing)
    return {"message": thing.deprecation_message, "successor": str(successor or "")}


def _deprecating(thing: Package | Release, back: str) -> Question:
    return Question(
        _("Deprecate %(name)s?") % {"name": thing},
        _("It works as before. Everybody who uses it is told to use something else. You can take this back."),
        _("Deprecate it"),
        _("%(name)s is deprecated.") % {"name": thing},
        back,
    )


def _undeprecating(thing: Package | Release, back: str) -> Question:
    return Question(
        _("Take the deprecation of %(name)s back?") % {"name": thing},
        _("Nobody is warned any more."),
        _("Take it back"),
        _("%(name)s is not deprecated any more.") % {"name": thing},
        back,
    )


def _settings(package: Package) -> str:
    return reverse("package-settings", args=[package.namespace.slug, package.name])


def _page(package: Package, release: Release | None) -> str:
    if release is None:
        return reverse("package", args=[package.namespace.slug, package.name])
    return reverse("release", args=[package.namespace.slug, package.name, release.version])


def _back(request: HttpRequest, package: Package, release: Release | None) -> str:
    """Where somebody goes on: a moderator who cannot read the package, among what moderators see."""
    readable = Package.objects.known_to(actor_of(request)).filter(id=package.id)
    return _page(package, release) if readable.exists() else reverse("moderation")
