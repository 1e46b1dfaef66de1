"""Letting people into an organization, changing their roles, taking them out, and leaving."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.context import actor_of
from hub.domain.decisions import PermissionRefused
from hub.forms.organizations import NewMemberForm, RoleForm
from hub.models import Membership, Organization
from hub.policies import organizations as policies
from hub.services import organizations as services
from hub.views.organizations import about, members_page, roles_given_by, visible_organization
from hub.views.personal import personal, require_or_403, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Let somebody in."""
    organization, by = visible_organization(request, slug), actor_of(request)
    if request.method != "POST":
        return redirect("organization", slug)
    require_or_403(policies.may_manage(by, organization))
    form = NewMemberForm(request.POST, roles=roles_given_by(policies.role_of(by, organization)))
    if form.is_valid():
        user, role = form.cleaned_data["username"], form.cleaned_data["role"]
        try:
            services.add_member(by=by, organization=organization, user=user, role=role)
        except services.AlreadyMember:
            form.add_error("username", _("%(name)s is a member already.") % {"name": user.username})
        except PermissionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("%(name)s is a member now.") % {"name": user.username})
            return redirect("organization", slug)
    return members_page(request, organization, form)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def member(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Show a member to those who manage, and give another role."""
    organization, by = visible_organization(request, slug), actor_of(request)
    membership = _member(organization, username)
    require_or_403(policies.may_give_role(by, organization, membership.role))
    context = about(by, organization)
    data = request.POST if request.method == "POST" else None
    form = RoleForm(data, roles=roles_given_by(context["role"]), initial={"role": membership.role})
    if form.is_valid():
        try:
            services.change_role(by=by, organization=organization, user=membership.user, role=form.cleaned_data["role"])
        except services.LastOwner:
            form.add_error("role", _only_owner())
        except services.NotMember:
            form.add_error(None, _("%(name)s is not a member any more.") % {"name": username})
        except PermissionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The role of %(name)s is changed.") % {"name": username})
            return redirect("organization", slug)
    context |= {"form": form, "membership": membership}
    return render(request, "hub/member.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def remove(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Ask, and then take a member out."""
    organization, by = visible_organization(request, slug), actor_of(request)
    membership = _member(organization, username)
    if membership.user == signed_in(request):
        return redirect("organization-leave", slug)
    require_or_403(policies.may_give_role(by, organization, membership.role))
    if request.method == "POST":
        return _take_out(request, organization, membership, _("%(name)s is out.") % {"name": username})
    context = {
        "title": _("Remove %(name)s from %(organization)s?") % {"name": username, "organization": organization.name},
        "body": _("They lose at once what only members read. What they published stays."),
        "submit": _("Remove"),
        "cancel_url": reverse("member", args=[slug, username]),
    }
    return render(request, "ui/confirm_page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask, and then take oneself out."""
    organization = visible_organization(request, slug)
    if request.method == "POST":
        membership = _member(organization, signed_in(request).username)
        return _take_out(request, organization, membership, _("You have left %(name)s.") % {"name": organization.name})
    context = {
        "title": _("Leave %(name)s?") % {"name": organization.name},
        "body": _("You lose at once what only members read, and need somebody there to let you in again."),
        "submit": _("Leave"),
        "cancel_url": reverse("organization", args=[slug]),
    }
    return render(request, "ui/confirm_page.html", context)


def _member(organization: Organization, username: str) -> Membership:
    people = organization.memberships.filter(user__is_service=False).select_related("user")
    return get_object_or_404(people, user__username=username)


def _take_out(request: HttpRequest, organization: Organization, membership: Membership, done: str) -> HttpResponse:
    """Remove the membership and say so; lead to the list that the person still sees."""
    try:
        services.remove_member(by=actor_of(request), organization=organization, user=membership.user)
    except services.LastOwner:
        messages.error(request, _only_owner())
    except services.NotMember:
        messages.info(request, _("%(name)s is not a member any more.") % {"name": membership.user.username})
    except PermissionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    if policies.visible_to(actor_of(request)).filter(id=organization.id).exists():
        return redirect("organization", organization.namespace.slug)
    return redirect("organizations")


def _only_owner() -> str:
    return _("An organization needs an owner. Make somebody else owner first.")
