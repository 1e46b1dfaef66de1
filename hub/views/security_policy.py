"""An organization's security policy, for those who manage it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Permission
from hub.forms.security import SecurityForm
from hub.models import Organization
from hub.policies import organizations as policies
from hub.services import security as services
from hub.views.organizations import about, visible_organization
from hub.views.personal import personal, reauthenticated, require_or_403

SHOWN_PEOPLE = 50
LIVES = (7, 30, 90, 365)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def security_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what the organization requires and whom more would lock out; change it."""
    organization, by = visible_organization(request, slug), actor_of(request)
    require_or_403(policies.may(by, organization, Permission.SECURITY_MANAGE))
    initial = vars(services.policy_of(organization))
    form = SecurityForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            changed = services.update(by=by, organization=organization, policy=form.policy())
        except (services.WouldLockOut, services.InvalidPolicy, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. It holds from now on.") if changed else _("Nothing was changed."))
            return redirect("organization-security", organization.namespace.slug)
    context = {**about(by, organization), **consequences(organization), "form": form}
    context |= {"has_factor": by.second_factor, "has_sso": organization.id in by.sso}
    return render(request, "hub/organization_security.html", context, status=422 if form.errors else 200)


def consequences(organization: Organization) -> dict[str, object]:
    """Whom each requirement would lock out: people without a second factor, and how many tokens by their life."""
    people = services.members_without_second_factor(organization)
    return {
        "without_factor": people[:SHOWN_PEOPLE],
        "without_factor_count": people.count(),
        "lives": [(days, services.tokens_living_longer(organization, days).count()) for days in LIVES],
    }
