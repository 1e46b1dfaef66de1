"""Handing packages over: offered by one side, accepted or declined by the other."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.views.personal import page_of, personal, reauthenticated
from registry.forms.transfers import TransferForm
from registry.models import Package
from registry.services import transfers as services
from registry.views.access import for_givers, for_managers
from registry.views.forms import posted

NEWEST = keyset.Order("transfers", ("-created_at", "-id"))


@never_cache
@for_givers
@reauthenticated
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, package: Package) -> HttpResponse:
    """Offer the package to another namespace, or see that it is offered."""
    by = actor_of(request)
    form = TransferForm(posted(request))
    if form.is_valid():
        try:
            made = services.request(by=by, package=package, destination=form.cleaned_data["destination"])
        except services.UnknownNamespace as error:
            form.add_error("destination", str(error))
        except (services.AlreadyOffered, services.PackageGone, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Offered to %(name)s.") % {"name": made.destination.slug})
            return redirect("package-transfer", package.namespace.slug, package.name)
    waiting = services.waiting().filter(package=package).first()
    context = {"package": package, "tab": "transfer", "form": form, "waiting": waiting}
    return render(request, "registry/transfer.html", context, status=422 if form.errors else 200)


@never_cache
@for_managers
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, package: Package) -> HttpResponse:
    """Ask, and then withdraw the offer."""
    back = reverse("package-transfer", args=[package.namespace.slug, package.name])
    waiting = get_object_or_404(services.waiting(), package=package)
    if request.method != "POST":
        context = {
            "title": _("Withdraw the offer of %(package)s?") % {"package": package},
            "body": _("The package stays where it is."),
            "submit": _("Withdraw"),
            "cancel_url": back,
        }
        return render(request, "ui/confirm_page.html", context)
    _tell(request, lambda: services.cancel(by=actor_of(request), transfer=waiting), _("The offer is withdrawn."))
    return redirect(back)


@require_safe
@personal
def transfers(request: HttpRequest) -> HttpResponse:
    """What waits for the person's answer."""
    listed = page_of(request, services.incoming(actor_of(request)), NEWEST)
    return render(request, "registry/transfer_list.html", {"listed": listed})


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def accept(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Ask, and then take the package."""
    row = get_object_or_404(services.incoming(actor_of(request)), id=transfer_id)
    if request.method != "POST":
        context = {
            "title": _("Take %(package)s into %(name)s?") % {"package": row.package, "name": row.destination.slug},
            "body": _(
                "All its releases come along, and those who manage %(name)s are answerable for it from then on. Access"
                " that the other side granted ends."
            )
            % {"name": row.destination.slug},
            "submit": _("Take it"),
            "cancel_url": reverse("transfers"),
        }
        return render(request, "ui/confirm_page.html", context)
    done = _("It is %(destination)s/%(name)s now.") % {"destination": row.destination.slug, "name": row.package.name}
    if _tell(request, lambda: services.accept(by=actor_of(request), transfer=row), done):
        return redirect("package", row.destination.slug, row.package.name)
    return redirect("transfers")


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def decline(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Ask, and then refuse the package."""
    row = get_object_or_404(services.incoming(actor_of(request)), id=transfer_id)
    if request.method != "POST":
        context = {
            "title": _("Decline %(package)s?") % {"package": row.package},
            "body": _("It stays where it is. It can be offered again."),
            "submit": _("Decline"),
            "cancel_url": reverse("transfers"),
        }
        return render(request, "ui/confirm_page.html", context)
    _tell(request, lambda: services.decline(by=actor_of(request), transfer=row), _("Declined."))
    return redirect("transfers")


def _tell(request: HttpRequest, deed: Callable[[], object], done: str) -> bool:
    """Do it and say so, or say why not."""
    try:
        deed()
    except (services.Over, services.NameTaken, PermissionRefused) as error:
        messages.error(request, str(error))
        return False
    messages.success(request, done)
    return True
