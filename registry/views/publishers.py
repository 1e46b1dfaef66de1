"""Which CI jobs may publish in a package, for those who manage it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.views.personal import reauthenticated
from registry.forms.publishers import PublisherForm
from registry.models import Package, TrustedPublisher
from registry.services import publishers as services
from registry.views.access import for_managers
from registry.views.forms import posted


@never_cache
@for_managers
@reauthenticated
@require_http_methods(["GET", "HEAD", "POST"])
def publishing(request: HttpRequest, package: Package) -> HttpResponse:
    """The trusted jobs, the form that adds one, and what a workflow has to do."""
    form = PublisherForm(posted(request))
    if form.is_valid():
        try:
            services.add(by=actor_of(request), package=package, **form.cleaned_data)
        except services.InvalidPublisher as error:
            form.add_error(error.field, str(error))
        except (services.Exists, services.TooMany, services.PackageGone, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("This job may publish now."))
            return redirect("package-publishing", package.namespace.slug, package.name)
    context = {
        "package": package,
        "tab": "publishing",
        "form": form,
        "publishers": package.trusted_publishers.select_related("created_by"),
        "base_url": settings.BASE_URL,
    }
    return render(request, "registry/publishing.html", context, status=422 if form.errors else 200)


@never_cache
@for_managers
@reauthenticated
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, package: Package, publisher_id: int) -> HttpResponse:
    """Ask, and then trust a job no more."""
    rows = TrustedPublisher.objects.select_related("package__namespace")
    publisher = get_object_or_404(rows, id=publisher_id, package=package)
    back = reverse("package-publishing", args=[package.namespace.slug, package.name])
    if request.method != "POST":
        context = {
            "title": _("Trust %(name)s no more?") % {"name": publisher.repository},
            "body": _(
                "Its jobs get no tokens any more, and those that they hold end at once. What they published stays."
            ),
            "submit": _("Remove"),
            "cancel_url": back,
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.remove(by=actor_of(request), publisher=publisher)
    except (services.Gone, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Removed."))
    return redirect(back)
