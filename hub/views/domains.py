"""The domains by which an organization's namespace is verified, for those who manage it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub import keyset
from hub.context import actor_of
from hub.domain import domain_names
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Permission
from hub.forms.domains import DomainForm
from hub.models import DomainProof, Organization
from hub.policies import organizations as policies
from hub.services import domains as services
from hub.views.organizations import about, visible_organization
from hub.views.personal import page_of, personal, require_or_403

BY_NAME = keyset.Order("domains", ("domain", "id"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def domains(request: HttpRequest, slug: str) -> HttpResponse:
    """List the domains with what each has to show, and claim one."""
    organization, by = _managed(request, slug), actor_of(request)
    form = DomainForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.claim(by=by, organization=organization, name=form.cleaned_data["domain"])
        except (services.InvalidDomain, services.Claimed) as error:
            form.add_error("domain", str(error))
        except (services.TooMany, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Now let the domain show the token, and have the hub look."))
            return redirect("organization-domains", organization.namespace.slug)
    listed = page_of(request, DomainProof.objects.filter(namespace=organization.namespace), BY_NAME)
    context = {
        **about(by, organization),
        "form": form,
        "listed": listed,
        "entries": [(one, *_to_show(one)) for one in listed.items],
        "grace_days": services.GRACE.days,
    }
    return render(request, "hub/organization_domains.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def check(request: HttpRequest, slug: str, domain_id: int) -> HttpResponse:
    """Look for the proof now; read, it leads back to the list."""
    organization = _managed(request, slug)
    proof = _proof(organization, domain_id)
    if request.method == "POST":
        try:
            found = services.check(by=actor_of(request), proof=proof)
        except (services.TooSoon, services.Gone, PermissionRefused) as error:
            messages.error(request, str(error))
        else:
            if found.last_error:
                messages.error(request, found.last_error)
            else:
                messages.success(request, _("%(domain)s is proved.") % {"domain": found.domain})
    return redirect("organization-domains", organization.namespace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def remove(request: HttpRequest, slug: str, domain_id: int) -> HttpResponse:
    """Ask, and then give the domain up."""
    organization = _managed(request, slug)
    proof = _proof(organization, domain_id)
    back = reverse("organization-domains", args=[organization.namespace.slug])
    if request.method != "POST":
        context = {
            "title": _("Remove %(domain)s?") % {"domain": proof.domain},
            "body": _("It verifies the namespace no more. To claim it again, it has to show another token."),
            "submit": _("Remove it"),
            "cancel_url": back,
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.release(by=actor_of(request), proof=proof)
    except (services.Gone, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(domain)s is removed.") % {"domain": proof.domain})
    return redirect(back)


def _managed(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request, slug)
    require_or_403(policies.may(actor_of(request), organization, Permission.ORGANIZATION_UPDATE))
    return organization


def _proof(organization: Organization, domain_id: int) -> DomainProof:
    rows = DomainProof.objects.select_related("namespace__organization")
    return get_object_or_404(rows, id=domain_id, namespace=organization.namespace)


def _to_show(proof: DomainProof) -> tuple[str, str, str]:
    """The record to make, the address of the file, and what is in it."""
    record = f'{domain_names.record_name(proof.domain)}. TXT "{domain_names.record_value(proof.token)}"'
    return record, domain_names.file_address(proof.domain), f'{{"{domain_names.FILE_KEY}": ["{proof.token}"]}}'
