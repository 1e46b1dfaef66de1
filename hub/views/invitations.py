"""Inviting people into an organization, and what the invited see.

The secret of a link is taken out of the address at once and kept in the session, so that no other page, log or referrer
gets to see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.context import actor_of
from hub.domain import invitations as domain
from hub.domain.decisions import PermissionRefused
from hub.forms.invitations import InvitationForm
from hub.models import Invitation, Organization, Role
from hub.policies import organizations as policies
from hub.services import invitations as services
from hub.views.organizations import about, roles_given_by, visible_organization
from hub.views.personal import page_of, personal, require_or_403, signed_in

NEWEST = keyset.Order("invitations", ("-created_at", "-id"))


@dataclass(frozen=True)
class Row:
    """An invitation and its state: `open`, `accepted`, `revoked` or `expired`."""

    invitation: Invitation
    state: str


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@sensitive_variables("sent", "context")
def invitations(request: HttpRequest, slug: str) -> HttpResponse:
    """The invitations of an organization, and the form that makes one."""
    organization, by = _managed(request, slug), actor_of(request)
    form = InvitationForm(
        request.POST if request.method == "POST" else None,
        organization=organization,
        roles=roles_given_by(policies.role_of(by, organization)),
        initial={"role": Role.MEMBER},
    )
    if form.is_valid():
        asked = form.cleaned_data
        try:
            sent = services.create(
                by=by, organization=organization, email=asked["email"], role=asked["role"], teams=asked.get("teams", [])
            )
        except (services.InvalidAddress, services.AlreadyInvited) as error:
            form.add_error("email", str(error))
        except (services.TooMany, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            return _sent(request, organization, sent)
    rows = organization.invitations.select_related("invited_by", "accepted_by").prefetch_related("teams")
    listed = page_of(request, rows, NEWEST)
    context = {
        **about(by, organization),
        "form": form,
        "listed": listed,
        "rows": [Row(row, services.state_of(row)) for row in listed.items],
        "has_mail": bool(settings.MAIL_HOST),
    }
    return render(request, "hub/invitation_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@sensitive_variables("sent")
def resend(request: HttpRequest, slug: str, invitation_id: int) -> HttpResponse:
    """Send an invitation with a new link."""
    organization = _managed(request, slug)
    invitation = _invitation(organization, invitation_id)
    if request.method != "POST":
        return redirect("invitations", organization.namespace.slug)
    try:
        sent = services.resend(by=actor_of(request), invitation=invitation)
    except (services.Over, services.TooSoon, PermissionRefused) as error:
        messages.error(request, str(error))
        return redirect("invitations", organization.namespace.slug)
    return _sent(request, organization, sent)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def revoke(request: HttpRequest, slug: str, invitation_id: int) -> HttpResponse:
    """Ask, and then end an invitation."""
    organization = _managed(request, slug)
    invitation = _invitation(organization, invitation_id)
    if request.method != "POST":
        context = {
            "title": _("Revoke the invitation to %(email)s?") % {"email": invitation.email},
            "body": _("Its link leads nowhere from then on."),
            "submit": _("Revoke"),
            "cancel_url": reverse("invitations", args=[slug]),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        ended = services.revoke(by=actor_of(request), invitation=invitation)
    except PermissionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.info(request, _("The invitation is revoked.") if ended else _("This invitation was over already."))
    return redirect("invitations", organization.namespace.slug)


@require_safe
@never_cache
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """The link of the mail: keep its secret aside and go on to the page that asks."""
    request.session[services.SESSION_KEY] = secret
    return redirect("invitation-accept")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("secret")
def accept(request: HttpRequest) -> HttpResponse:
    """Show what one is invited into, and let the person in who agrees."""
    secret = request.session.get(services.SESSION_KEY, "")
    invitation = services.find(secret) if secret else None
    if invitation is None:
        return render(request, "hub/invitation_accept.html", {"state": "unknown"}, status=404)
    organization = invitation.organization
    context: dict[str, object] = {
        "organization": organization,
        "invitation": invitation,
        "masked": domain.masked(invitation.email),
        "next": urlencode({"next": reverse("invitation-accept")}),
        "signup_open": settings.SIGNUP_OPEN,
    }
    reason = services.obstacle(invitation)
    if reason:
        return render(request, "hub/invitation_accept.html", {**context, "state": "over", "reason": reason}, status=410)
    if not request.user.is_authenticated:
        return render(request, "hub/invitation_accept.html", {**context, "state": "signed-out"})
    if not services.is_for(invitation, signed_in(request)):
        return render(request, "hub/invitation_accept.html", {**context, "state": "other"}, status=403)
    if request.method != "POST":
        return render(request, "hub/invitation_accept.html", {**context, "state": "open"})
    try:
        services.accept(by=actor_of(request), secret=secret)
    except (services.Over, services.NotYours, PermissionRefused) as error:
        context |= {"state": "over", "reason": str(error)}
        return render(request, "hub/invitation_accept.html", context, status=409)
    del request.session[services.SESSION_KEY]
    messages.success(request, _("Welcome to %(name)s.") % {"name": organization.name})
    return redirect("organization", organization.namespace.slug)


def _managed(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request, slug)
    require_or_403(policies.may_manage(actor_of(request), organization))
    return organization


def _invitation(organization: Organization, invitation_id: int) -> Invitation:
    return get_object_or_404(organization.invitations.select_related("organization__namespace"), id=invitation_id)


@sensitive_variables("sent", "context")
def _sent(request: HttpRequest, organization: Organization, sent: services.Sent) -> HttpResponse:
    """Say that it is sent; or show the link, once, where no mail server takes it."""
    if sent.is_mailed:
        messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": sent.invitation.email})
        return redirect("invitations", organization.namespace.slug)
    context = {
        **about(actor_of(request), organization),
        "invitation": sent.invitation,
        "link": sent.link,
        "has_mail": bool(settings.MAIL_HOST),
    }
    return render(request, "hub/invitation_link.html", context)
