"""An organization's service accounts and their tokens, for those who manage them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from hub import keyset
from hub.actors import Actor
from hub.context import actor_of
from hub.domain import slugs
from hub.domain import tokens as domain
from hub.domain.decisions import PermissionRefused
from hub.domain.roles import Role
from hub.forms.service_accounts import NewServiceAccountForm, ServiceAccountForm, ServiceTokenForm
from hub.forms.tokens import RotateForm
from hub.models import ApiToken, Membership, Organization, ServiceAccount
from hub.policies import service_accounts as policies
from hub.policies.memberships import role_of
from hub.services import service_accounts as services
from hub.services.tokens import NewToken
from hub.views import tokens as pages
from hub.views.organizations import about, roles_given_by, visible_organization
from hub.views.personal import page_of, personal, reauthenticated, require_or_403

BY_NAME = keyset.Order("service-accounts", ("name", "id"))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def service_accounts(request: HttpRequest, slug: str) -> HttpResponse:
    """List the service accounts, and make one."""
    organization, by = _managed(request, slug), actor_of(request)
    form = NewServiceAccountForm(request.POST if request.method == "POST" else None, roles=_roles(by, organization))
    if form.is_valid():
        wanted = form.cleaned_data
        made = _tried(form, lambda: services.create(by=by, organization=organization, **wanted))
        if isinstance(made, ServiceAccount):
            messages.success(request, _("“%(name)s” is there. Make a token for it below.") % {"name": made.name})
            return redirect("service-account", organization.namespace.slug, made.name)
    listed = page_of(request, accounts_of(organization), BY_NAME)
    context = {**about(by, organization), "form": form, "listed": listed}
    return render(request, "hub/service_account_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def service_account(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Show a service account and its tokens, and change what it is for and may do."""
    organization, by = _managed(request, slug), actor_of(request)
    account = _account(organization, name)
    form = _account_form(request, by, account)
    if form.is_valid():
        wanted = form.cleaned_data
        if _tried(form, lambda: services.update(by=by, account=account, **wanted)) is not False:
            messages.success(request, _("Saved."))
            return redirect("service-account", organization.namespace.slug, account.name)
    return _page(request, account, form, _token_form(None, organization))


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
def delete(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Ask, and then end a service account."""
    organization = _managed(request, slug)
    account = _account(organization, name)
    if request.method != "POST":
        context = {
            "title": _("Delete “%(name)s”?") % {"name": account.user.username},
            "body": _("Its tokens end at once, and no other account can have its name. What it did stays in the log."),
            "submit": _("Delete it"),
            "cancel_url": reverse("service-account", args=[organization.namespace.slug, account.name]),
        }
        return render(request, "ui/confirm_page.html", context)
    try:
        services.delete(by=actor_of(request), account=account)
    except (PermissionRefused, services.Gone) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("“%(name)s” is deleted.") % {"name": account.name})
    return redirect("service-accounts", organization.namespace.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
@sensitive_variables("made")
def make_token(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Make a token for the account."""
    organization, by = _managed(request, slug), actor_of(request)
    account = _account(organization, name)
    if request.method != "POST":
        return redirect("service-account", organization.namespace.slug, account.name)
    form = _token_form(request, organization)
    if form.is_valid():
        asked, ends = form.cleaned_data, form.expires_at()
        limits = {"scopes": asked["scopes"], "patterns": asked["patterns"], "expires_at": ends}
        made = pages.made_from(
            form, lambda: services.create_token(by=by, account=account, name=asked["name"], **limits)
        )
        if made is not None:
            return _shown_once(request, account, made)
    return _page(request, account, _account_form(None, by, account), form)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@reauthenticated
@sensitive_variables("made")
def rotate_token(request: HttpRequest, slug: str, name: str, token_id: int) -> HttpResponse:
    """Ask how long the old secret shall still work, and show the new one."""
    account = _account(_managed(request, slug), name)
    token, back = _token(account, token_id), _address(account)
    form = RotateForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = pages.rotated(request, token, form)
        return redirect(back) if made is None else _shown_once(request, account, made)
    return pages.rotation_page(request, token, form, back)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def revoke_token(request: HttpRequest, slug: str, name: str, token_id: int) -> HttpResponse:
    """Ask, and then end a token of the account."""
    account = _account(_managed(request, slug), name)
    return pages.revoked(request, _token(account, token_id), _address(account))


def accounts_of(organization: Organization) -> QuerySet[ServiceAccount]:
    """The accounts of `organization`, each with its `role`, how many tokens are in force, and when one was last used."""
    role = Membership.objects.filter(user=OuterRef("user"), organization=organization).values("role")
    unexpired = Q(user__tokens__expires_at=None) | Q(user__tokens__expires_at__gt=timezone.now())
    in_force = Q(user__tokens__isnull=False, user__tokens__revoked_at=None) & unexpired
    used = ApiToken.objects.filter(user=OuterRef("user")).exclude(last_used_at=None).order_by("-last_used_at")
    return ServiceAccount.objects.filter(organization=organization).annotate(
        role=Subquery(role),
        token_count=Count("user__tokens", filter=in_force),
        used_at=Subquery(used.values("last_used_at")[:1]),
    )


def _managed(request: HttpRequest, slug: str) -> Organization:
    organization = visible_organization(request, slug)
    require_or_403(policies.may_manage(actor_of(request), organization))
    return organization


def _account(organization: Organization, name: str) -> ServiceAccount:
    rows = accounts_of(organization).select_related("user", "organization__namespace", "created_by")
    return get_object_or_404(rows, name=slugs.normalize(name))


def _token(account: ServiceAccount, token_id: int) -> ApiToken:
    rows = ApiToken.objects.select_related("organization__namespace", "user")
    return get_object_or_404(rows, id=token_id, user=account.user)


def _address(account: ServiceAccount) -> str:
    return reverse("service-account", args=[account.organization.namespace.slug, account.name])


def _roles(by: Actor, organization: Organization) -> list[Role]:
    """The roles to choose from. The policy has the last word."""
    given = roles_given_by(role_of(by, organization))
    return [role for role in policies.ROLES if role in given]


def _account_form(request: HttpRequest | None, by: Actor, account: Any) -> ServiceAccountForm:
    data = request.POST if request is not None and request.method == "POST" else None
    initial = {"description": account.description, "role": account.role}
    return ServiceAccountForm(data, roles=_roles(by, account.organization), initial=initial)


def _token_form(request: HttpRequest | None, organization: Organization) -> ServiceTokenForm:
    # Two forms stand in one page, so each has its own ids.
    data = request.POST if request is not None else None
    return ServiceTokenForm(data, longest=organization.token_max_days, auto_id="id_token_%s")


def _tried(form: forms.Form, deed: Callable[[], object]) -> object:
    """What `deed` returns; False if it was refused, which is then an error of the form."""
    try:
        return deed()
    except (slugs.InvalidName, services.NameTaken) as error:
        form.add_error("name", str(error))
    except services.InvalidDescription as error:
        form.add_error("description", str(error))
    except (PermissionRefused, services.TooMany, services.Gone) as error:
        form.add_error(None, str(error))
    return False


def _page(request: HttpRequest, account: Any, form: ServiceAccountForm, token_form: ServiceTokenForm) -> HttpResponse:
    by, organization = actor_of(request), account.organization
    rows = pages.with_successors(ApiToken.objects.filter(user=account.user))
    listed = page_of(request, rows, pages.NEWEST)
    context = {
        **about(by, organization),
        "account": account,
        "form": form,
        "token_form": token_form,
        "listed": listed,
        "rows": [_row(account, token) for token in listed.items],
        "may_change": policies.may_change(by, organization, account.role),
    }
    failed = form.errors or token_form.errors
    return render(request, "hub/service_account_detail.html", context, status=422 if failed else 200)


def _row(account: ServiceAccount, token: ApiToken) -> pages.Row:
    state, successor = pages.state_of(token)
    where = [account.organization.namespace.slug, account.name, token.id]
    is_over = state in (domain.State.REVOKED, domain.State.EXPIRED)
    organization = account.organization
    outlives = not is_over and pages.obstacle_of(token, organization)
    return pages.Row(
        token=token,
        state=state,
        successor=successor,
        powerless=[(organization, outlives)] if outlives else [],
        rotate_url="" if is_over or successor is not None else reverse("service-token-rotate", args=where),
        revoke_url=reverse("service-token-revoke", args=where) if token.is_in_force() else "",
    )


@sensitive_variables("made", "context")
def _shown_once(request: HttpRequest, account: ServiceAccount, made: NewToken) -> HttpResponse:
    context = {
        **about(actor_of(request), account.organization),
        "frame": "hub/organization_base.html",
        "token": made.token,
        "secret": made.secret,
        "environment": pages.environment_of(made.secret),
        "assistant": settings.DEFAULT_ASSISTANT,
        "back_url": _address(account),
    }
    return render(request, "hub/token_created.html", context)
