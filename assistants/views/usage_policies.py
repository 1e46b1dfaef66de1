"""What an organization lets its assistants be made of, for its owners and admins."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from assistants.forms.updates import UsagePolicyForm
from assistants.models import UsagePolicy
from assistants.services import usage_policies as services
from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Permission
from hub.policies import organizations as policies
from hub.views.organizations import about, visible_organization
from hub.views.personal import personal, require_or_403


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def usage_policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Show and change the policy."""
    organization, by = visible_organization(request, slug), actor_of(request)
    require_or_403(policies.may(by, organization, Permission.SECURITY_MANAGE))
    found = services.of(organization)
    form = UsagePolicyForm(request.POST if request.method == "POST" else None, initial=_initial(found))
    if form.is_valid():
        try:
            changed = services.configure(by=by, organization=organization, **form.policy())
        except (services.InvalidPolicy, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. It holds from now on.") if changed else _("Nothing was changed."))
            return redirect("organization-usage-policy", organization.namespace.slug)
    context = {**about(by, organization), "form": form, "policy": found}
    return render(request, "assistants/usage_policy.html", context, status=422 if form.errors else 200)


def _initial(found: UsagePolicy | None) -> dict[str, object]:
    if found is None:
        return {"min_age_hours": 0}
    return {
        "min_age_hours": found.min_age_hours,
        "allowed": "\n".join(found.allowed),
        "denied": "\n".join(found.denied),
        "reason": found.reason,
    }
