"""Teams of an organization: its members see them, those who manage make and fill them."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub import keyset
from hub.context import actor_of
from hub.domain import slugs
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Permission
from hub.forms.teams import TeamForm, TeamMemberForm
from hub.models import Organization, Team, TeamMembership
from hub.policies import organizations as policies
from hub.services import teams as services
from hub.views.organizations import about, visible_organization
from hub.views.personal import page_of, personal, require_or_403

BY_SLUG = keyset.Order("teams", ("slug", "id"))
BY_USERNAME = keyset.Order("team-members", ("username", "id"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def teams(request: HttpRequest, slug: str) -> HttpResponse:
    """The teams, and for those who manage the form that makes one."""
    organization, by = visible_organization(request, slug), actor_of(request)
    context = about(by, organization)
    form = TeamForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require_or_403(policies.may(by, organization, Permission.TEAMS_MANAGE))
        if form.is_valid():
            try:
                made = services.create(by=by, organization=organization, **form.cleaned_data)
            except (slugs.InvalidName, services.TeamExists) as error:
                form.add_error("slug", str(error))
            except (services.TooMany, PermissionRefused) as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The team “%(name)s” is there. Put people in.") % {"name": made.name})
                return redirect("team", organization.namespace.slug, made.slug)
    rows = organization.teams.annotate(member_count=Count("memberships"))
    context |= {"form": form, "listed": page_of(request, rows, BY_SLUG)}
    return render(request, "hub/team_list.html", context, status=422 if form.errors else 200)


@require_safe
@personal
def team(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """Who is in a team."""
    organization = visible_organization(request, slug)
    return _page(request, found(organization, team))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def edit(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """Name and describe a team anew."""
    organization, by = visible_organization(request, slug), actor_of(request)
    row = found(organization, team)
    require_or_403(policies.may(by, organization, Permission.TEAMS_MANAGE))
    initial = {"slug": row.slug, "name": row.name, "description": row.description}
    form = TeamForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            services.update(by=by, team=row, **form.cleaned_data)
        except (slugs.InvalidName, services.TeamExists) as error:
            form.add_error("slug", str(error))
        except (services.Gone, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("team", organization.namespace.slug, row.slug)
    context = {**about(by, organization), "team": row, "form": form}
    return render(request, "hub/team_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def delete(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """Ask, and then delete a team."""
    organization, by = visible_organization(request, slug), actor_of(request)
    row = found(organization, team)
    require_or_403(policies.may(by, organization, Permission.TEAMS_MANAGE))
    if request.method != "POST":
        context = {
            "title": _("Delete the team “%(name)s”?") % {"name": row.name},
            "body": _("Its members lose at once what only the team was given. They stay in the organization."),
            "submit": _("Delete it"),
            "cancel_url": reverse("team", args=[slug, row.slug]),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.delete(by=by, team=row)
    except (services.Gone, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The team “%(name)s” is deleted.") % {"name": row.name})
    return redirect("teams", organization.namespace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def add(request: HttpRequest, slug: str, team: str) -> HttpResponse:
    """Put a member into a team."""
    organization, by = visible_organization(request, slug), actor_of(request)
    row = found(organization, team)
    if request.method != "POST":
        return redirect("team", organization.namespace.slug, row.slug)
    require_or_403(policies.may(by, organization, Permission.TEAMS_MANAGE))
    form = TeamMemberForm(request.POST, organization=organization)
    if form.is_valid():
        user = form.cleaned_data["username"]
        try:
            services.add_member(by=by, team=row, user=user)
        except (services.AlreadyInTeam, services.NotInTeam) as error:
            form.add_error("username", str(error))
        except (services.Gone, PermissionRefused) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("%(name)s is in the team now.") % {"name": user.username})
            return redirect("team", organization.namespace.slug, row.slug)
    return _page(request, row, form)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def remove(request: HttpRequest, slug: str, team: str, username: str) -> HttpResponse:
    """Ask, and then take somebody out of a team."""
    organization, by = visible_organization(request, slug), actor_of(request)
    row = found(organization, team)
    require_or_403(policies.may(by, organization, Permission.TEAMS_MANAGE))
    place = get_object_or_404(
        row.memberships.select_related("membership__user"), membership__user__username=slugs.normalize(username)
    )
    user = place.membership.user
    if request.method != "POST":
        context = {
            "title": _("Take %(name)s out of “%(team)s”?") % {"name": user.username, "team": row.name},
            "body": _("They lose at once what only the team was given."),
            "submit": _("Take out"),
            "cancel_url": reverse("team", args=[slug, row.slug]),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.remove_member(by=by, team=row, user=user)
    except (services.NotInTeam, services.Gone, PermissionRefused) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s is out of the team.") % {"name": user.username})
    return redirect("team", organization.namespace.slug, row.slug)


def found(organization: Organization, team: str) -> Team:
    """The team of that name. Raises Http404."""
    rows = organization.teams.select_related("organization__namespace")
    return get_object_or_404(rows, slug=slugs.normalize(team))


def _page(request: HttpRequest, row: Team, form: TeamMemberForm | None = None) -> HttpResponse:
    rows = TeamMembership.objects.filter(team=row).select_related("membership__user")
    context = {
        **about(actor_of(request), row.organization),
        "team": row,
        "form": form or TeamMemberForm(organization=row.organization),
        "listed": page_of(request, rows.annotate(username=F("membership__user__username")), BY_USERNAME),
    }
    return render(request, "hub/team_detail.html", context, status=422 if form and form.errors else 200)
