"""Organizations as their members see them. To everybody else they are not there: 404."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset, lookups
from hub.actors import Actor
from hub.context import actor_of
from hub.domain import roles
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Permission
from hub.domain.slugs import InvalidName
from hub.forms.organizations import NewMemberForm, NewOrganizationForm, OrganizationForm
from hub.models import Membership, Organization, Role
from hub.policies import organizations as policies
from hub.policies.memberships import obstacle
from hub.services import organization_life as life
from hub.services import organizations as services
from hub.services.namespaces import NameTaken
from hub.views.personal import page_of, personal, require_or_403, signed_in

BY_SLUG = keyset.Order("organizations", ("slug", "id"))
PERMISSION_WORDS = {
    Permission.ORGANIZATION_READ: _lazy("See who belongs to it, and its teams"),
    Permission.ORGANIZATION_UPDATE: _lazy("Change how it presents itself"),
    Permission.ORGANIZATION_DELETE: _lazy("Rename, delete and restore it"),
    Permission.MEMBERS_MANAGE: _lazy("Let people in and out, invite, and give roles up to one's own"),
    Permission.OWNERS_MANAGE: _lazy("Make owners and auditors"),
    Permission.TEAMS_MANAGE: _lazy("Make teams and fill them"),
    Permission.SERVICE_ACCOUNTS_MANAGE: _lazy("Make service accounts and their tokens"),
    Permission.SECURITY_MANAGE: _lazy("Set single sign-on and what sign-ins must bring"),
    Permission.WEBHOOKS_MANAGE: _lazy("Have addresses outside told what happens to packages"),
    Permission.AUDIT_READ: _lazy("Read and export the audit log"),
    Permission.PACKAGE_READ_INTERNAL: _lazy("Read internal packages"),
    Permission.PACKAGE_READ: _lazy("Read private packages"),
    Permission.PACKAGE_PUBLISH: _lazy("Make packages, publish and yank releases"),
    Permission.PACKAGE_MANAGE: _lazy(
        "Describe, open and close, hand over and delete packages, and grant access to them"
    ),
}
BY_USERNAME = keyset.Order("members", ("username", "id"))


@require_safe
@personal
def organizations(request: HttpRequest) -> HttpResponse:
    """The organizations that the person belongs to."""
    rows = Membership.objects.filter(user=signed_in(request), organization__deleted_at=None)
    rows = rows.select_related("organization")
    listed = page_of(request, rows.annotate(slug=F("organization__namespace__slug")), BY_SLUG)
    by = actor_of(request)
    context = {
        "listed": listed,
        "entries": [(membership, obstacle(by, membership.organization)) for membership in listed.items],
        "deleted": [
            (found, life.restorable_until(found)) for found in policies.restorable_by(by).select_related("namespace")
        ],
    }
    return render(request, "hub/organization_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def new(request: HttpRequest) -> HttpResponse:
    """Make an organization."""
    form = NewOrganizationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = services.create(by=actor_of(request), **form.cleaned_data)
        except InvalidName as error:
            form.add_error("slug", str(error))
        except NameTaken:
            form.add_error("slug", _("This name is taken by a person or another organization."))
        else:
            messages.success(request, _("%(name)s is there. Let people in below.") % {"name": made.name})
            return redirect("organization", made.namespace.slug)
    return render(request, "hub/organization_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@personal
def organization(request: HttpRequest, slug: str) -> HttpResponse:
    """Who belongs to an organization."""
    return members_page(request, visible_organization(request, slug))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change how an organization presents itself."""
    found, by = visible_organization(request, slug), actor_of(request)
    require_or_403(policies.may(by, found, Permission.ORGANIZATION_UPDATE))
    initial = {"name": found.name, "description": found.description}
    form = OrganizationForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            services.update(by=by, organization=found, **form.cleaned_data)
        except PermissionRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect("organization", slug)
    context = {**about(by, found), "form": form}
    return render(request, "hub/organization_edit.html", context, status=422 if form.errors else 200)


@require_safe
@personal
def roles_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What each role may do."""
    found, by = visible_organization(request, slug), actor_of(request)
    definitions = list(roles.ROLES.values())
    table = [
        (PERMISSION_WORDS[permission], [(one.title, permission in one.permissions) for one in definitions])
        for permission in Permission
    ]
    context = {**about(by, found), "definitions": definitions, "table": table}
    return render(request, "hub/organization_roles.html", context)


def visible_organization(request: HttpRequest, slug: str) -> Organization:
    """The organization of that name, if the person belongs to it; else 404, or 403 with what the sign-in lacks."""
    return lookups.organization(actor_of(request), slug)


def about(by: Actor, found: Organization) -> dict[str, object]:
    """What every page of an organization shows and offers the viewer."""
    role = policies.role_of(by, found)
    return {
        "organization": found,
        "slug": found.namespace.slug,
        "role": role,
        "manages": roles.allows(role, Permission.MEMBERS_MANAGE),
        "owns": role == Role.OWNER,
        "manages_teams": roles.allows(role, Permission.TEAMS_MANAGE),
        "makes_packages": roles.allows(role, Permission.PACKAGE_PUBLISH),
        "reads_audit": roles.allows(role, Permission.AUDIT_READ),
    }


def members_page(request: HttpRequest, found: Organization, form: NewMemberForm | None = None) -> HttpResponse:
    """The members of `found`, with the form that lets people in (`form` if one failed) for those who may."""
    context = about(actor_of(request), found)
    rows = Membership.objects.filter(organization=found, user__is_service=False).select_related("user")
    listed = page_of(request, rows.annotate(username=F("user__username")), BY_USERNAME)
    if context["manages"]:
        context["form"] = form or NewMemberForm(roles=roles_given_by(context["role"]), initial={"role": Role.MEMBER})
    status = 422 if form and form.errors else 200
    return render(request, "hub/organization_members.html", {**context, "listed": listed}, status=status)


def roles_given_by(role: object) -> list[Role]:
    """The roles that somebody of `role` gives and takes, the least first. The policy has the last word."""
    own = roles.ROLES[str(role)].permissions
    return [Role(name) for name, definition in reversed(roles.ROLES.items()) if definition.permissions <= own]
