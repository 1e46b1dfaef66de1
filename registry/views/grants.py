"""Who may do what with one package, for those who manage it."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from hub import keyset
from hub.context import actor_of
from hub.domain import roles
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Permission
from hub.models import Membership
from hub.views.personal import page_of
from registry.forms.grants import GrantForm
from registry.models import Grant, Package, Visibility
from registry.services import grants as services
from registry.views.access import for_managers
from registry.views.forms import posted

OLDEST_FIRST = keyset.Order("grants", ("id",))


@never_cache
@for_managers
@require_http_methods(["GET", "HEAD", "POST"])
def access(request: HttpRequest, package: Package) -> HttpResponse:
    """Everybody who may read, publish or manage, and why; the form that grants."""
    form = GrantForm(posted(request), package=package)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            services.give(
                by=actor_of(request),
                package=package,
                permission=asked["permission"],
                user=form.user,
                team=asked.get("team"),
            )
        except services.NotGrantable as error:
            form.add_error("username" if form.user else None, str(error))
        except (services.TooMany, services.PackageGone, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Granted."))
            return redirect("package-access", package.namespace.slug, package.name)
    rows = package.grants.select_related("user", "team", "granted_by")
    context = {
        "package": package,
        "tab": "access",
        "form": form,
        "listed": page_of(request, rows, OLDEST_FIRST),
        "roles": roles_with_power(package),
    }
    return render(request, "registry/access.html", context, status=422 if form.errors else 200)


@never_cache
@for_managers
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, package: Package, grant_id: int) -> HttpResponse:
    """Ask, and then take a grant away."""
    rows = Grant.objects.select_related("user", "team", "package__namespace")
    grant = get_object_or_404(rows, id=grant_id, package=package)
    back = reverse("package-access", args=[package.namespace.slug, package.name])
    if request.method != "POST":
        context = {
            "title": _("Withdraw the grant of %(name)s?") % {"name": grant.team or grant.user},
            "body": _("What only this grant allowed ends at once. What they published stays."),
            "submit": _("Withdraw"),
            "cancel_url": back,
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.withdraw(by=actor_of(request), grant=grant)
    except (services.Gone, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Withdrawn."))
    return redirect(back)


def roles_with_power(package: Package) -> list[tuple[str, int, str]]:
    """Which roles of the package's organization may do what with it: title, how many have it, the widest permission."""
    organization = package.namespace.organization_id
    if organization is None:
        return []
    rows = Membership.objects.filter(organization=organization).values_list("role").annotate(count=Count("id"))
    counts = dict(rows)
    widest = [(one.title, counts.get(role, 0), _widest(role, package)) for role, one in roles.ROLES.items()]
    return [row for row in widest if row[2]]


def _widest(role: str, package: Package) -> str:
    if roles.allows(role, Permission.PACKAGE_MANAGE):
        return "manage"
    if roles.allows(role, Permission.PACKAGE_PUBLISH):
        return "publish"
    internal = package.visibility == Visibility.INTERNAL and roles.allows(role, Permission.PACKAGE_READ_INTERNAL)
    return "read" if internal or roles.allows(role, Permission.PACKAGE_READ) else ""
